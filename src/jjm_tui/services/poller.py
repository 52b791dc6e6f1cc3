"""Polling: what to ask the server next, under a budget, by one process at a time.

State comes from the list; details only for tasks that are looked at, whose list entry changed, or that need a person.
Where the list never changes a status (browser dialect), the pages of active tasks are read in turn instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.facts import TaskFacts
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.errors import JulesManagerError, TaskNotFoundError
from jjm_tui.ports import Priority
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.read_troubles import is_of_the_task, may_be_the_way
from jjm_tui.services.reading import Absorbed, TaskReader

_BUDGET_SHARE: Final = 0.8
"""The part of the call budget that polling may use; the rest is left to the person."""

_TOLD_AGAIN_EVERY: Final = 5.0
"""Seconds after which what was told again without news is saved: rows may seem that much older than they are."""

_CALLS_PER_TASK: Final = 2
"""Reading one task whole: the task itself and its conversation."""


@dataclass(frozen=True, slots=True)
class PollReport:
    """What one tick did. ``led`` is false when another process polls and this one only reads the store."""

    led: bool
    at: datetime
    events: tuple[TaskEvent, ...] = ()
    failure: JulesManagerError | None = None
    calls: int = 0


@dataclass(slots=True)
class Poller:
    """Asks the server for news once per ``tick``.

    ``calls_per_tick``: the most calls one tick may make; what is worth reading beyond that waits for the next one.
    ``only``: read the details of these tasks alone; without it of everything that moved or needs a person.
    ``open_tasks``: whose details somebody looks at right now or has asked to watch; they are read in every tick while
    they are not final. ``visible``: tasks on the screen, which go before others of the same urgency.
    """

    context: ServiceContext
    reader: TaskReader
    calls_per_tick: int = 20
    only: frozenset[str] = frozenset()
    open_tasks: frozenset[str] = frozenset()
    visible: frozenset[str] = frozenset()
    _last_page: dict[str, float] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _waiting: set[str] = field(default_factory=set)
    _told_again: list[TaskFacts] = field(default_factory=list)

    @classmethod
    def for_interval(
        cls, context: ServiceContext, reader: TaskReader, interval: float, only: Iterable[str] = ()
    ) -> Poller:
        """A poller that keeps to its share of the call budget at this interval in seconds."""
        calls = max(2, int(context.calls_per_minute * _BUDGET_SHARE * interval / 60))
        return cls(context, reader, calls, frozenset(only))

    async def tick(self) -> PollReport:
        """Ask once, if this process leads. A failure changes no status: it is reported, and rows get older.

        Raises:
            StorageError: the lock of the leader cannot be made, so that nobody knows who leads.
        """
        at = self.context.clock.now()
        if not self.context.leadership.try_lead():
            return PollReport(led=False, at=at)
        events: list[TaskEvent] = []
        calls = 0
        try:
            before = {task.id: task for task in await self.context.store.list_tasks()}
            reading = await self.reader.refresh_list(priority=Priority.POLL)
            calls += 1
            events.extend(reading.absorbed.events)
            saved_at = self.context.clock.monotonic()
            for task_id in await self._worth_reading(before):
                if calls >= self.calls_per_tick:
                    break
                read = await self._read(task_id)
                calls += _CALLS_PER_TASK
                if read is None:
                    break
                events.extend(read.events)
                if self.context.clock.monotonic() - saved_at >= _TOLD_AGAIN_EVERY:
                    saved_at = self.context.clock.monotonic()
                    events.extend(await self._save_told_again())
            events.extend(await self._save_told_again())
        except JulesManagerError as error:
            return PollReport(led=True, at=at, events=tuple(events), failure=error, calls=calls)
        return PollReport(led=True, at=at, events=tuple(events), calls=calls)

    async def _read(self, task_id: str) -> Absorbed | None:
        """Read one task. ``None``: the list should be read again before the next one, as the server may be gone.

        A failure of this task alone is noted on it, and it stays among those that are worth reading.
        """
        self._last_page[task_id] = self.context.clock.monotonic()
        try:
            absorbed = await self.reader.refresh_task(task_id, priority=Priority.POLL, told_again=self._told_again)
        except TaskNotFoundError:
            absorbed = await self.reader.mark_vanished(task_id)
        except JulesManagerError as error:
            if not is_of_the_task(error):
                raise
            return None if may_be_the_way(error) else Absorbed({}, ())
        self._waiting.discard(task_id)
        return absorbed

    async def _save_told_again(self) -> tuple[TaskEvent, ...]:
        facts, self._told_again = self._told_again, []
        return (await self.reader.absorb(facts)).events

    async def _worth_reading(self, before: Mapping[str, Task]) -> list[str]:
        """Ids worth a call of their own, the most urgent first; last, one that could not be read before.

        Never more than one of those: failures in a row would pause the calls for all.
        """
        capabilities = await self.reader.server.connect()
        tasks = [
            task
            for task in await self.context.store.list_tasks()
            if task.origin == self.context.origin
            and task.on_server is not False
            and (task.id in self.only if self.only else not task.archived)
        ]
        now = self.context.clock.now()
        if capabilities.list_has_status:
            self._note_movements(tasks, before, now)
            wanted = [task for task in tasks if task.id in self._waiting or self._is_followed(task)]
        elif (await self.context.store.get_sync_state(self.context.origin)).polling_stopped is not None:
            wanted = []
        else:
            wanted = [task for task in tasks if not task.status.is_final or task.id in self.only]
        turns = [task.id for task in sorted(wanted, key=lambda task: self._turn(task, now))]
        troubles = self.context.read_troubles
        failed = [task_id for task_id in turns if troubles.of(task_id) is not None]
        again = next((task_id for task_id in failed if not troubles.rests(task_id, now)), None)
        return [task_id for task_id in turns if task_id not in failed] + ([] if again is None else [again])

    def _note_movements(self, tasks: Iterable[Task], before: Mapping[str, Task], now: datetime) -> None:
        """Remember what the list says has moved, until it was read; at first also what needs a person."""
        for task in tasks:
            old = before.get(task.id)
            moved = old is None or old.updated_at != task.updated_at or old.status is not task.status
            is_new_here = task.id not in self._known
            looked_at = task.id in self.only or needs_me(task, now) is not None
            if (moved and (task.status.is_active or old is not None)) or (is_new_here and looked_at):
                self._waiting.add(task.id)
            self._known.add(task.id)

    def _is_followed(self, task: Task) -> bool:
        return task.id in self.open_tasks and not task.status.is_final

    def _turn(self, task: Task, now: datetime) -> tuple[int, int, float]:
        urgency = 0 if task.id in self.open_tasks else 1 if needs_me(task, now) is not None else 2
        return urgency, task.id not in self.visible, self._last_page.get(task.id, 0.0)
