"""What every course offers to the runner and the settler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from jjm_tui.domain.facts import TaskFacts
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.task import ChatMessage, Task
from jjm_tui.errors import JulesManagerError, WrongStateError
from jjm_tui.ports import Answer, Priority
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.reading import Absorbed, TaskReader

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the server's clock may be from ours when times are compared."""


class Sight(StrEnum):
    """What a re-read showed."""

    HAPPENED = "happened"
    ABSENT = "absent"
    """A complete reading shows no sign of it."""
    UNCLEAR = "unclear"
    """The reading cannot show it either way."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a re-read says about an operation, in a sentence for people.

    ``has_trace``: something is there that may be its effect, though the sight is unclear.
    """

    sight: Sight
    message: str
    task_id: str | None = None
    remarks: tuple[str, ...] = ()
    has_trace: bool = False


class NothingToDoError(WrongStateError):
    """The task is in a state in which the operation makes no sense; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was read before sending: the baseline to compare with, and remarks for the person."""

    baseline: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the re-read after an accepted change showed. ``visible``: the change shows there."""

    visible: bool
    remarks: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


class Course(Protocol):
    """How one kind of operation goes."""

    async def prepare(self, operation: Operation) -> Preparation:
        """Read what the outcome will be compared with. Any error raised here means that nothing was sent."""

    async def send(self, operation: Operation, written: Callable[[], None]) -> Answer:
        """Make the one call that changes something."""

    async def accept(self, operation: Operation, answer: Answer) -> str | None:
        """Record locally what an accepted answer tells; answer the task id. Asks no server."""

    async def confirm(self, operation: Operation, task_id: str | None) -> Confirmation:
        """Re-read once after an accepted answer."""

    async def inspect(self, operation: Operation) -> Verdict:
        """Re-read to find out what became of an operation without an answer."""

    def leaves_mark(self, operation: Operation) -> bool:
        """Whether a re-read can tell its effect from that of others: a text of ours is found, a changed status not."""

    def done_sentence(self, operation: Operation, task_id: str | None) -> str:
        """The confirmation for people."""


class CourseBase:
    """What the courses share."""

    def __init__(self, context: ServiceContext, reader: TaskReader) -> None:
        self._context = context
        self._reader = reader

    def _task_id(self, operation: Operation) -> str:
        if operation.task_id is None:
            raise WrongStateError(f"The operation {operation.id} names no task.", hint="Discard it.")
        return operation.task_id

    async def _read(self, task_id: str, priority: Priority = Priority.USER) -> Absorbed:
        return await self._reader.refresh_task(task_id, priority=priority)

    async def _fresh_task(self, task_id: str) -> Task:
        return (await self._fresh_conversation(task_id))[0]

    async def _fresh_conversation(self, task_id: str) -> tuple[Task, bool]:
        """The task as the server shows it now, and whether that showed its whole conversation."""
        task, absorbed = await self._fresh_reading(task_id)
        return task, absorbed.saw_whole_chat

    async def _fresh_reading(self, task_id: str) -> tuple[Task, Absorbed]:
        """The task after asking the server, and what this very reading told."""
        absorbed = await self._read(task_id)
        if absorbed.is_overtaken:  # what another reading told since may be all that is stored, and proves nothing
            absorbed = await self._read(task_id)
        task = absorbed.tasks.get(task_id) or await self._context.store.get_task(task_id)
        if task is None:
            raise JulesManagerError(
                f"The task {task_id} was forgotten here.",
                hint=f"Bring it back: {spell_command('jjm forget --undo', task_id)}",
            )
        return task, absorbed

    async def _absorb(self, facts: tuple[TaskFacts, ...]) -> None:
        if facts:
            await self._reader.absorb(facts)

    def _window_has_passed(self, operation: Operation, now: datetime) -> bool:
        """Whether *nothing is visible* may be taken as *it did not happen*."""
        if operation.sent_at is None:
            return True
        seconds = self._context.settle_window
        if seconds is None:
            info = self._reader.server.info()
            seconds = info.capabilities.settle_window if info.capabilities is not None else 60.0
        return now - operation.sent_at >= timedelta(seconds=seconds)

    def leaves_mark(self, operation: Operation) -> bool:
        return True

    def _absent(self, operation: Operation, message: str) -> Verdict:
        if self._window_has_passed(operation, self._context.clock.now()):
            return Verdict(Sight.ABSENT, message, operation.task_id)
        return Verdict(
            Sight.UNCLEAR,
            "There is no sign of it on the server yet, but it is too early to be sure.",
            operation.task_id,
        )


def count_equal(messages: tuple[ChatMessage, ...], text: str) -> int:
    """How many messages that the server told equal ``text`` and may be a person's.

    The task's prompt is not one of them. White space at line ends is not compared: servers trim it.
    """
    wanted = _comparable(text)
    return sum(
        1
        for message in messages
        if message.delivery is None
        and message.id != "prompt"
        and message.type in ("user", "system")
        and _comparable(message.content) == wanted
    )


def _comparable(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
