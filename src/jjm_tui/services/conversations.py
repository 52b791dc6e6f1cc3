"""Whole conversations: kept beside the store, never replaced by a shorter reading, shown with what is under way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from jjm_tui.domain.facts import SILENT, ChatFacts, TaskFacts
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.task import ChatMessage, Delivery, Provenance, Task
from jjm_tui.logs import get_logger
from jjm_tui.ports import TaskReading, Transcript
from jjm_tui.services.context import ServiceContext

_log: Final = get_logger("conversations")

_DELIVERIES: Final[dict[OperationState, Delivery]] = {
    OperationState.PREPARED: "sending",
    OperationState.SENDING: "sending",
    OperationState.REFUSED: "failed",
    OperationState.NOT_SENT: "failed",
    OperationState.UNCONFIRMED: "unconfirmed",
}


class Conversations:
    """Keeps what readings told of conversations and diffs."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def keep(self, task: Task, reading: TaskReading) -> None:
        """Keep what a reading told that was merged into the task; what it is silent about stays as it was."""
        if is_silent(reading) or is_overtaken(task, reading):
            return
        saw_whole = shows_whole_chat(task, reading)
        told = tuple(message for message in task.chat_history if message.delivery is None)

        def with_reading(kept: Transcript) -> Transcript:
            messages = told if saw_whole else _united(kept.messages, told)
            return replace(
                kept,
                activities=reading.activities or kept.activities,
                messages=messages,
                whole=saw_whole or (kept.whole and messages == kept.messages),
            )

        def with_diff(kept: Transcript) -> Transcript:
            newest = with_reading(kept)
            if reading.patch is None or (reading.patch, reading.patch_cut) == (kept.patch, kept.patch_cut):
                return newest
            now = self._context.clock.now()
            return replace(newest, patch=reading.patch, patch_cut=reading.patch_cut, patch_read_at=now)

        await self._change(task.id, with_diff)

    async def keep_patch(self, task_id: str, patch: str, *, is_cut: bool, read_at: datetime) -> None:
        """Keep a diff that was read by itself, ``is_cut``: only a part of it."""
        await self._change(task_id, lambda kept: replace(kept, patch=patch, patch_cut=is_cut, patch_read_at=read_at))

    async def _change(self, task_id: str, change: Callable[[Transcript], Transcript]) -> None:
        def read_now(kept: Transcript) -> Transcript:
            newest = change(kept)
            return kept if newest == kept else replace(newest, read_at=self._context.clock.now())

        if (aside := await self._context.transcripts.update(task_id, read_now)) is not None:
            _log.warning("transcript_damaged", task=task_id, set_aside=str(aside))


def is_silent(reading: TaskReading) -> bool:
    """Whether a reading tells nothing of the conversation or the changes."""
    return not (reading.activities or reading.patch) and all(facts.chat is SILENT for facts in reading.facts)


def shows_whole_chat(task: Task, reading: TaskReading) -> bool:
    """Whether the conversation of the task, into which the reading was merged, is the whole one that it told."""
    told, known_from = _told_chat(reading), task.provenance.get("chat_history")
    if told is None or told.chat is SILENT or told.chat.coverage != "whole":
        return False
    return known_from == Provenance(int(told.origin.rank), told.origin.observed_at, told.origin.source)


def is_overtaken(task: Task, reading: TaskReading) -> bool:
    """Whether a later conversation was merged into the task before the one that the reading told."""
    told, known_from = _told_chat(reading), task.provenance.get("chat_history")
    return told is not None and known_from is not None and told.origin.observed_at < known_from.observed_at


def _told_chat(reading: TaskReading) -> TaskFacts | None:
    """The strongest facts of the reading that tell the conversation."""
    return next((facts for facts in reversed(reading.facts) if isinstance(facts.chat, ChatFacts)), None)


def _united(kept: Sequence[ChatMessage], told: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    """The kept messages with those that are new among the told ones."""
    known = {_identity(message) for message in kept}
    return (*kept, *(message for message in told if _identity(message) not in known))


def _identity(message: ChatMessage) -> object:
    return message.id or (message.type, message.content, message.timestamp)


def with_whole_chat(task: Task, transcript: Transcript) -> Task:
    """The task with its whole conversation instead of the newest messages that the store keeps."""
    if len(transcript.messages) <= len(task.chat_history):
        return task
    local = [message for message in task.chat_history if message.delivery is not None]
    told = [message for message in task.chat_history if message.delivery is None]
    chat = _united(transcript.messages, told)
    is_whole = transcript.whole and len(chat) == len(transcript.messages)
    return replace(task, chat_history=(*chat, *local), chat_truncated=not is_whole)


def with_operations(task: Task, operations: Sequence[Operation]) -> Task:
    """The task with messages that are under way, or did not go, shown in its conversation.

    A text that failed is not shown as failed once the same text went out later.
    """
    sent_later = {op.payload.get("text"): op.created_at for op in operations if op.state is OperationState.DONE}
    local: list[ChatMessage] = []
    for op in operations:
        text = op.payload.get("text")
        delivery = _DELIVERIES.get(op.state)
        if op.kind is not OperationKind.MESSAGE or delivery is None or not isinstance(text, str):
            continue
        if delivery == "failed" and sent_later.get(text, op.created_at) > op.created_at:
            continue
        local.append(
            ChatMessage(
                content=text,
                type="user",
                timestamp=op.sent_at or op.created_at,
                id=f"local:{op.id}",
                delivery=delivery,
            )
        )
    shown = {message.id for message in task.chat_history}
    chat = list(task.chat_history)
    for message in local:
        if message.id not in shown:
            chat.insert(_place(chat, message.timestamp), message)
    return replace(task, chat_history=tuple(chat))


def _place(chat: Sequence[ChatMessage], moment: datetime | None) -> int:
    """Where a message of this time belongs: behind everything that is not known to be later."""
    place = len(chat)
    while place > 0 and moment is not None:
        before = chat[place - 1].timestamp
        if before is None or before <= moment:
            break
        place -= 1
    return place
