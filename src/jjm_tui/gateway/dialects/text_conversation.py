"""From the text server's activities to a conversation, a plan and the reason of a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from jjm_tui.domain.facts import SILENT, ChatFacts, FactSource, Said, TaskFacts
from jjm_tui.domain.plans import fingerprint_steps
from jjm_tui.domain.task import ChatMessage, MessageType, Plan
from jjm_tui.domain.text import clean
from jjm_tui.gateway.dialects.activities import decode_step
from jjm_tui.gateway.dialects.sessions import said_time
from jjm_tui.gateway.dialects.text_grammar import Entry, parse_plan

_ROLES: Final[Mapping[str, MessageType]] = {"agent": "jules", "user": "user"}
_MESSAGE_STARTS: Final = ("Message sent: ", "Message received: ")
_SILENT_STARTS: Final = ("Generated execution plan", "Plan approved", "Progress update", "Session completed")
_FAILURE_START: Final = "Session failed: "


@dataclass(frozen=True, slots=True)
class TextConversation:
    """What the activities tell, and the activities themselves as plain objects for the transcript."""

    facts: TaskFacts
    raw: tuple[Mapping[str, Any], ...]


def decode_conversation(
    task_id: str, entries: Sequence[Entry], origin: FactSource, *, whole: bool, trustworthy: bool
) -> TextConversation:
    """Facts of a task's activities, sorted by time.

    ``whole``: no page was cut and all were read. ``trustworthy``: no message holds lines like the server's own; if
    one does, nobody's role is told and no plan is called complete.
    """
    ordered = sorted(entries, key=_moment)
    messages = tuple(message for entry in ordered if (message := _decode_message(entry, trustworthy)) is not None)
    uncut = whole and trustworthy and not any(entry.is_cut for entry in ordered if _is_message(entry))
    facts = TaskFacts(
        task_id,
        origin,
        chat=ChatFacts(messages, "whole" if uncut else "excerpt"),
        plan=_find_plan(ordered, certain=whole and trustworthy),
        failure=_find_failure(ordered),
    )
    raw = tuple({"createTime": entry.created, "originator": entry.role, "text": entry.text} for entry in ordered)
    return TextConversation(facts, raw)


def _moment(entry: Entry) -> datetime:
    when = said_time(entry.created)
    return when if isinstance(when, datetime) else datetime.max.replace(tzinfo=UTC)


def _is_message(entry: Entry) -> bool:
    return entry.text.startswith(_MESSAGE_STARTS)


def _decode_message(entry: Entry, trustworthy: bool) -> ChatMessage | None:
    """A message by the role in brackets: *sent* is the agent's word for its own, *received* for the user's."""
    when = said_time(entry.created)
    timestamp = None if when is SILENT else when
    if _is_message(entry):
        content = entry.text.split(": ", 1)[1]
        author: MessageType = _ROLES.get(entry.role, "system") if trustworthy else "system"
        return ChatMessage(clean(content), author, timestamp) if content.strip() else None
    if entry.text.startswith((*_SILENT_STARTS, _FAILURE_START)) or not entry.text.strip():
        return None
    return ChatMessage(clean(entry.text), "system", timestamp)


def _find_plan(entries: Sequence[Entry], *, certain: bool) -> Said[Plan | None]:
    latest = next((entry for entry in reversed(entries) if parse_plan(entry.text) is not None), None)
    if latest is None:
        return None if certain else SILENT
    steps = parse_plan(latest.text) or []
    later = entries[list(entries).index(latest) + 1 :]
    approved = any(entry.text.startswith("Plan approved") for entry in later)
    created = said_time(latest.created)
    return Plan(
        fingerprint=fingerprint_steps(steps),
        steps=tuple(decode_step(step) for step in steps),
        complete=certain and bool(steps) and not latest.is_cut,
        created_at=None if created is SILENT else created,
        approved=True if approved else False if certain else None,
    )


def _find_failure(entries: Sequence[Entry]) -> Said[str]:
    reason: Said[str] = SILENT
    for entry in entries:
        if entry.text.startswith(_FAILURE_START):
            reason = clean(entry.text.removeprefix(_FAILURE_START)) or SILENT
        elif entry.text.startswith("Session completed"):
            reason = SILENT
    return reason
