"""Polling: what to ask the server next, under a budget, by one process at a time.

State comes from the list; details only for tasks that are looked at, whose list entry changed, or that need a person.
Where the list never changes a status (browser dialect), the pages of active tasks are read in turn instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.errors import AuthenticationError, JulesManagerError, TaskNotFoundError
from jjm_tui.ports import Priority
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.reading import Absorbed, TaskReader

_BUDGET_SHARE: Final = 0.8
"""The part of the call budget that polling may use; the rest is left to the person."""


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
    """Asks the server for news once per ``tick``. ``calls_per_tick``: the most calls one tick may make."""

    context: ServiceContext
    reader: TaskReader
    calls_per_tick: int = 20
    _last_page: dict[str, float] = field(default_factory=dict)
    _updated: dict[str, datetime | None] = field(default_factory=dict)

    @classmethod
    def for_budget(
        cls, context: ServiceContext, reader: TaskReader, *, calls_per_minute: int, interval: float
    ) -> Poller:
        """A poller that keeps to its share of the budget at this interval in seconds."""
        return cls(context, reader, max(1, int(calls_per_minute * _BUDGET_SHARE * interval / 60)))

    async def tick(self, watched: Iterable[str] = ()) -> PollReport:
        """Ask once, if this process leads. A failure changes no status: it is reported, and rows get older."""
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
            for task_id in await self._worth_reading(before, set(watched)):
                if calls >= self.calls_per_tick:
                    break
                events.extend((await self._read(task_id)).events)
                calls += 1
        except JulesManagerError as error:
            return PollReport(led=True, at=at, events=tuple(events), failure=error, calls=calls)
        return PollReport(led=True, at=at, events=tuple(events), calls=calls)

    async def _read(self, task_id: str) -> Absorbed:
        self._last_page[task_id] = self.context.clock.monotonic()
        try:
            return await self.reader.refresh_task(task_id, priority=Priority.POLL)
        except TaskNotFoundError:
            return await self.reader.mark_vanished(task_id)
        except AuthenticationError:
            raise
        except JulesManagerError:
            if not (await self.reader.server.connect()).list_has_status:
                raise
            return Absorbed({}, ())

    async def _worth_reading(self, before: dict[str, Task], watched: set[str]) -> list[str]:
        """Ids worth a call of their own, the most urgent first."""
        capabilities = await self.reader.server.connect()
        tasks = [
            task
            for task in await self.context.store.list_tasks()
            if task.origin == self.context.origin and task.on_server is not False and not task.archived
        ]
        now = self.context.clock.now()
        if not capabilities.list_has_status:
            sync = await self.context.store.get_sync_state(self.context.origin)
            if sync.polling_stopped is not None:
                return []
            active = [task for task in tasks if not task.status.is_final or task.id in watched]
            return [task.id for task in sorted(active, key=lambda task: self._turn(task, watched, now))]
        wanted = []
        for task in tasks:
            old = before.get(task.id)
            moved = old is None or old.updated_at != task.updated_at or old.status is not task.status
            first_look = task.id not in self._updated and (task.id in watched or needs_me(task, now) is not None)
            if (moved and (old is not None or task.status.is_active)) or first_look:
                wanted.append(task)
            self._updated[task.id] = task.updated_at
        return [task.id for task in sorted(wanted, key=lambda task: self._turn(task, watched, now))]

    def _turn(self, task: Task, watched: set[str], now: datetime) -> tuple[int, float]:
        urgency = 0 if task.id in watched else 1 if needs_me(task, now) is not None else 2
        return urgency, self._last_page.get(task.id, 0.0)
