"""Sending a message, and resuming by one: settled by counting equal messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jjm_tui.domain.operations import Operation
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Task
from jjm_tui.domain.text import clean
from jjm_tui.ports import Answer
from jjm_tui.services.courses.base import Confirmation, CourseBase, Preparation, Sight, Verdict, count_equal


class MessageCourse(CourseBase):
    """A message to a task."""

    async def prepare(self, operation: Operation) -> Preparation:
        task, whole = await self._fresh_conversation(self._task_id(operation))
        return Preparation(self._baseline(operation, task, whole=whole), self._remarks(task, whole=whole))

    def _baseline(self, operation: Operation, task: Task, *, whole: bool) -> dict[str, object]:
        return {
            "equal_messages": count_equal(task.chat_history, self._text(operation)),
            "saw_whole_chat": whole,
            "status": task.status.value,
        }

    def _remarks(self, task: Task, *, whole: bool) -> tuple[str, ...]:
        if task.status is TaskStatus.FAILED:
            return ("The task has failed, and a failed task takes no messages in Jules: create a new one.",)
        if not whole:
            return ("The server shows only a part of this conversation, so the message may not be visible in it.",)
        return ()

    def _text(self, operation: Operation) -> str:
        """What the server will show of the text: cleaned as every foreign text is."""
        return clean(str(operation.payload.get("text", "")))

    async def send(self, operation: Operation, written: Callable[[], None]) -> Answer:
        return await self._reader.server.send_message(
            self._task_id(operation), str(operation.payload["text"]), written=written
        )

    async def accept(self, operation: Operation, answer: Answer) -> str | None:
        await self._absorb(answer.facts)
        task_id = self._task_id(operation)
        own = ChatMessage(
            content=self._text(operation),
            type="user",
            timestamp=operation.sent_at or self._context.clock.now(),
            id=f"local:{operation.id}",
            delivery="sent",
        )
        before = int(operation.baseline.get("equal_messages", 0))

        def change(stored: Task | None) -> Task | None:
            if stored is None or any(message.id == own.id for message in stored.chat_history):
                return stored
            if count_equal(stored.chat_history, own.content) > before:
                return stored
            return replace(stored, chat_history=(*stored.chat_history, own))

        await self._context.store.apply({task_id: change})
        return task_id

    async def confirm(self, operation: Operation, task_id: str | None) -> Confirmation:
        task, whole = await self._fresh_conversation(self._task_id(operation))
        before = int(operation.baseline.get("equal_messages", 0))
        visible = count_equal(task.chat_history, self._text(operation)) > before
        return Confirmation(visible=visible or not whole)

    async def inspect(self, operation: Operation) -> Verdict:
        """Count again. Only whole conversations before and after can prove anything."""
        task, whole = await self._fresh_conversation(self._task_id(operation))
        before = operation.baseline.get("equal_messages")
        if not isinstance(before, int):
            return Verdict(Sight.UNCLEAR, "It was not recorded what the conversation held before.", task.id)
        has_more = count_equal(task.chat_history, self._text(operation)) > before
        if has_more and operation.baseline.get("saw_whole_chat"):
            return Verdict(Sight.HAPPENED, "The message is in the conversation on the server.", task.id)
        if has_more:
            sentence = "There is a message like it, but it may be an earlier one."
            return Verdict(Sight.UNCLEAR, sentence, task.id, has_trace=True)
        if not whole:
            return Verdict(
                Sight.UNCLEAR, "The server shows only a part of the conversation, so it cannot be told.", task.id
            )
        return self._absent(operation, "The message did not arrive: the whole conversation shows no sign of it.")

    def done_sentence(self, operation: Operation, task_id: str | None) -> str:
        return f"Message sent to task {task_id}."
