"""Resuming a paused task, by the server's tool or by a message where it has none."""

from __future__ import annotations

from collections.abc import Callable

from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.ports import Answer
from jjm_tui.services.courses.base import Confirmation, NothingToDoError, Preparation, Sight, Verdict
from jjm_tui.services.courses.message import MessageCourse

_STOPPED = (TaskStatus.PAUSED, TaskStatus.FAILED)


class ResumeCourse(MessageCourse):
    """Resuming. The payload's ``text`` is what is sent where the server resumes by a message."""

    async def by_message(self) -> bool:
        """Whether this server resumes by a message."""
        return (await self._reader.server.connect()).resume_by_message

    async def check(self, task: Task) -> None:
        """Raise NothingToDoError unless the task can be resumed.

        A failed task is final for Jules; only a server with a resume tool of its own may know a way. A status that
        is not understood is left to such a server, which says itself when there was nothing to resume.
        """
        allowed = (TaskStatus.PAUSED,) if await self.by_message() else (*_STOPPED, TaskStatus.UNKNOWN)
        if task.status not in allowed:
            message = spell_command("jjm message", task.id, text="'TEXT'")
            raise NothingToDoError(
                f"The task {task.id} is not paused: it {task.status.sentence}.",
                hint=f"Only a paused task can be resumed. To give it something to do: {message}",
                context={"task_id": task.id, "status": task.status.value},
            )

    async def prepare(self, operation: Operation) -> Preparation:
        task, whole = await self._fresh_conversation(self._task_id(operation))
        await self.check(task)
        by_message = await self.by_message()
        return Preparation({**self._baseline(operation, task, whole=whole), "by_message": by_message})

    async def send(self, operation: Operation, written: Callable[[], None]) -> Answer:
        return await self._reader.server.resume_task(
            self._task_id(operation), str(operation.payload.get("text", "")), written=written
        )

    async def accept(self, operation: Operation, answer: Answer) -> str | None:
        if operation.baseline.get("by_message"):
            return await super().accept(operation, answer)
        await self._absorb(answer.facts)
        return self._task_id(operation)

    async def confirm(self, operation: Operation, task_id: str | None) -> Confirmation:
        task = await self._fresh_task(self._task_id(operation))
        return Confirmation(visible=task.status not in _STOPPED)

    async def inspect(self, operation: Operation) -> Verdict:
        if operation.baseline.get("by_message"):
            return await super().inspect(operation)
        task, reading = await self._fresh_reading(self._task_id(operation))
        if task.status is TaskStatus.UNKNOWN or not reading.tells_status:
            return Verdict(Sight.UNCLEAR, "The server does not tell whether the task goes on.", task.id)
        if task.status.value == operation.baseline.get("status"):
            return self._absent(operation, "The task is still stopped: the resume did not arrive.")
        if task.status in _STOPPED:
            went = f"The task {task.status.sentence} by now, and whether it went on before is not told."
            return Verdict(Sight.UNCLEAR, went, task.id)
        return Verdict(Sight.HAPPENED, f"The task goes on: it {task.status.sentence}.", task.id)

    def leaves_mark(self, operation: Operation) -> bool:
        return bool(operation.baseline.get("by_message"))

    def done_sentence(self, operation: Operation, task_id: str | None) -> str:
        return f"Task {task_id} resumed."
