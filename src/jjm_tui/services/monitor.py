"""Watching tasks at an interval until the wanted status, a final one, or a time-out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

import anyio

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.facts import Rank
from jjm_tui.domain.status import WAITING_STATUSES, TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.errors import AuthenticationError, JulesManagerError, OperationTimeoutError, TaskNotFoundError
from jjm_tui.ports import Priority
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.poller import Poller, PollReport
from jjm_tui.services.reading import TaskReader
from jjm_tui.services.results import MonitorRequest, MonitorUpdate

Finish = Literal["reached", "final", "unreachable", "timeout"]

_SHORTEST_LOOK: Final = 2.0
"""Seconds that a look may take at least, so that even the shortest time-out sees the server once."""

_OVERLAP: Final = timedelta(minutes=5)
"""Another process writes an event down later than it observed it, so looks overlap; no event is shown twice."""

_IDLE: Final = WAITING_STATUSES | {TaskStatus.PAUSED}
"""Jules goes on only after a person did something."""


@dataclass(slots=True)
class _Watch:
    """What one monitor remembers between looks."""

    request: MonitorRequest
    began: datetime
    deadline: float | None
    seen_events: set[tuple[str, str, str | None]] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)


class Monitor:
    """Looks again and again; one process polls the server, the others follow the store.

    Nothing ends the watching that no server told since it began.
    """

    def __init__(self, context: ServiceContext, reader: TaskReader) -> None:
        self._context = context
        self._reader = reader

    async def watch(self, request: MonitorRequest) -> AsyncIterator[MonitorUpdate]:
        """Yield one update per look, the last one with ``finished``.

        Raises:
            TaskNotFoundError: a named task does not exist.
            AuthenticationError, ConfigurationError: the first look showed that waiting is pointless.
        """
        clock = self._context.clock
        start = clock.monotonic()
        watch = _Watch(request, clock.now(), None if request.timeout is None else start + request.timeout)
        poller = Poller.for_interval(self._context, self._reader, request.interval, request.task_ids)
        since = clock.now() - _OVERLAP
        watch.seen_events.update(_key(event) for event in await self._context.events.query(since=since))
        first = True
        while True:
            report = await self._look(poller, watch)
            if not report.led:
                report = await self._ask_before_the_end(watch, report)
            if first:
                await self._check_first_look(request, report.failure)
            events = await self._context.events.query(since=since)  # of tasks that are stored by now
            tasks = await self._tasks(request)
            at = clock.now()
            since = report.at - _OVERLAP
            is_known = report.failure is None  # what is stored may have been true long ago
            finished = self._finish(watch, tasks) if is_known else None
            if finished is None and watch.deadline is not None and clock.monotonic() >= watch.deadline:
                finished = "timeout"
            pause = self._pause(watch)
            sync = await self._context.store.get_sync_state(self._context.origin)
            yield MonitorUpdate(
                at=at,
                tasks=tasks,
                events=self._fresh(watch, events, tasks),
                source="server" if report.led and report.failure is None else "store",
                synced_at=sync.synced_at,
                failure=report.failure,
                next_in=None if finished else pause,
                finished=finished,
            )
            if finished is not None:
                return
            first = False
            await clock.sleep(pause)

    async def _look(self, poller: Poller, watch: _Watch) -> PollReport:
        """One look, cut short when the time-out comes first; reading may be given up at any time."""
        at = self._context.clock.now()
        with self._in_time(watch):
            return await poller.tick()
        return PollReport(led=True, at=at, failure=_late())

    def _in_time(self, watch: _Watch) -> anyio.CancelScope:
        if watch.deadline is None:
            return anyio.CancelScope()
        return anyio.move_on_after(max(_SHORTEST_LOOK, watch.deadline - self._context.clock.monotonic()))

    async def _ask_before_the_end(self, watch: _Watch, report: PollReport) -> PollReport:
        """Where another process polls, ask as well for what would end the watching, unless that was told meanwhile.

        The server of that process may be down, and what it stored long over. The report says then that we asked.
        """
        tasks = await self._tasks(watch.request)
        doubtful = [task.id for task in tasks if self._counts(watch, task) and not self._was_told(watch, task)]
        if not doubtful and (tasks or watch.request.task_ids or await self._was_list_read(watch)):
            return report
        failure: JulesManagerError | None = _late()
        with self._in_time(watch):
            try:
                await self._ask(watch, doubtful)
                failure = None
            except JulesManagerError as error:
                failure = error
        return replace(report, led=True, failure=failure)

    async def _ask(self, watch: _Watch, doubtful: Sequence[str]) -> None:
        """Read the list and of these tasks those of which it told nothing; of any task, until one counts indeed."""
        await self._reader.refresh_list(priority=Priority.POLL)
        for task_id in doubtful:
            task = await self._context.store.get_task(task_id)
            if task is not None and not self._was_told(watch, task):
                try:
                    await self._reader.refresh_task(task_id, priority=Priority.POLL)
                except TaskNotFoundError:
                    await self._reader.mark_vanished(task_id)
                task = await self._context.store.get_task(task_id)
            if task is not None and not watch.request.task_ids and self._counts(watch, task):
                return

    async def _was_list_read(self, watch: _Watch) -> bool:
        synced_at = (await self._context.store.get_sync_state(self._context.origin)).synced_at
        return synced_at is not None and self._is_since(watch, synced_at)

    def _was_told(self, watch: _Watch, task: Task) -> bool:
        """Whether a server that asks Jules has told anything of the task since the watching began."""
        mark = task.provenance.get("synced_at")
        return mark is not None and mark.rank >= Rank.CACHE and self._is_since(watch, mark.observed_at)

    def _is_since(self, watch: _Watch, moment: datetime) -> bool:
        """Since it began; what lies ahead of now was told by a clock that has been set back."""
        return watch.began <= moment <= self._context.clock.now()

    def _counts(self, watch: _Watch, task: Task) -> bool:
        """Whether a task in this state can end the watching."""
        request = watch.request
        is_wanted = request.until_needs_me and needs_me(task, self._context.clock.now()) is not None
        return is_wanted or task.status in request.until or _rests(request, task)

    async def _check_first_look(self, request: MonitorRequest, failure: JulesManagerError | None) -> None:
        if isinstance(failure, AuthenticationError):
            raise failure
        for task_id in request.task_ids:
            if await self._context.store.get_task(task_id) is None:
                if failure is not None:
                    raise failure
                if not (await self._reader.refresh_task(task_id)).tasks:
                    raise TaskNotFoundError(
                        f"There is no task {task_id} to watch.", hint="Run `jjm list --all` to see the ids."
                    )

    def _pause(self, watch: _Watch) -> float:
        pause = watch.request.interval
        if watch.deadline is not None:
            pause = min(pause, max(0.0, watch.deadline - self._context.clock.monotonic()))
        return pause

    async def _tasks(self, request: MonitorRequest) -> tuple[Task, ...]:
        if request.task_ids:
            found = [await self._context.store.get_task(task_id) for task_id in request.task_ids]
            return tuple(task for task in found if task is not None)
        stored = await self._context.store.list_tasks()
        active = [task for task in stored if not task.archived and task.on_server is not False]
        return tuple(
            sorted(
                (task for task in active if task.status.is_active), key=lambda task: (task.created_at is None, task.id)
            )
        )

    def _fresh(self, watch: _Watch, events: Sequence[TaskEvent], tasks: Sequence[Task]) -> tuple[TaskEvent, ...]:
        """Events that were not shown yet and belong to what is watched."""
        wanted, shown = set(watch.request.task_ids), {task.id for task in tasks}
        fresh = []
        for event in events:
            key = _key(event)
            if key in watch.seen_events or (wanted and event.task_id not in wanted):
                continue
            if event.data.get("first_sync") and event.task_id not in shown:  # it was over before anybody watched
                continue
            watch.seen_events.add(key)
            fresh.append(event)
        return tuple(fresh)

    def _finish(self, watch: _Watch, tasks: Sequence[Task]) -> Finish | None:
        request = watch.request
        if request.until_needs_me:
            now = self._context.clock.now()
            if any(needs_me(task, now) is not None for task in tasks):
                return "reached"
        if request.until:
            return self._finish_until(watch, tasks)
        if all(_rests(request, task) for task in tasks):
            return "unreachable" if request.until_needs_me else "final"
        return None

    def _finish_until(self, watch: _Watch, tasks: Sequence[Task]) -> Finish | None:
        until = watch.request.until
        watch.reached.update(task.id for task in tasks if task.status in until)
        if not watch.request.task_ids:
            if watch.reached:
                return "reached"
            return "unreachable" if not tasks else None
        waiting = [task for task in tasks if task.id not in watch.reached]
        if not waiting:
            return "reached"
        if all(_is_over(task) for task in waiting):
            return "unreachable"
        return None


def _key(event: TaskEvent) -> tuple[str, str, str | None]:
    return event.at.isoformat(), event.type.value, event.task_id


def _late() -> OperationTimeoutError:
    return OperationTimeoutError("The server did not answer before the time was over.")


def _rests(request: MonitorRequest, task: Task) -> bool:
    """Whether the watching need not go on for this task."""
    return _is_over(task) or (request.until_idle and task.status in _IDLE)


def _is_over(task: Task) -> bool:
    """Nothing more happens by itself."""
    return task.status.is_final or task.on_server is False
