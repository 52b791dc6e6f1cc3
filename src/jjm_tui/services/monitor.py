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
from jjm_tui.errors import (
    AuthenticationError,
    JulesManagerError,
    OperationFailedError,
    OperationTimeoutError,
    TaskNotFoundError,
)
from jjm_tui.ports import Priority
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.poller import Poller, PollReport
from jjm_tui.services.reading import TaskReader
from jjm_tui.services.results import MonitorRequest, MonitorUpdate

Finish = Literal["reached", "final", "unreachable", "timeout"]

SHORTEST_LOOK: Final = 2.0
"""Seconds that a look may take at least, so that even the shortest time-out sees the server once."""

_OVERLAP: Final = timedelta(minutes=5)
"""Another process writes an event down later than it observed it, so looks overlap; no event is shown twice."""

_IDLE: Final = WAITING_STATUSES | {TaskStatus.PAUSED}
"""Jules goes on only after a person did something."""


@dataclass(slots=True)
class _Watch:
    """What one monitor remembers between looks.

    ``watched``: the tasks that a look has found, or that were active when it began; how they end is told as well.
    """

    request: MonitorRequest
    began: datetime
    deadline: float | None
    seen_events: set[tuple[str, str, str | None]] = field(default_factory=set)
    watched: set[str] = field(default_factory=set)
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
        await self._tasks(watch)  # what the first look finds over was active until then
        first = True
        while True:
            report = await self._ask_before_the_end(watch, await self._look(poller, watch))
            if first:
                await self._check_first_look(watch, report.failure)
            events = await self._context.events.query(since=since)  # of tasks that are stored by now
            tasks = await self._tasks(watch)
            at = clock.now()
            since = report.at - _OVERLAP
            finished = await self._finish(watch, tasks)
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
        return anyio.move_on_after(max(SHORTEST_LOOK, watch.deadline - self._context.clock.monotonic()))

    async def _ask_before_the_end(self, watch: _Watch, report: PollReport) -> PollReport:
        """Ask as well for what would end the watching, unless a server told it meanwhile.

        The list may not tell of a task; where another process polls, its server may be down, and what it stored long
        over. The report says then that we asked, and why something could not be read.
        """
        if report.failure is not None:
            return report
        tasks = await self._tasks(watch)
        doubtful = [
            task.id
            for task in tasks
            if task.origin == self._context.origin and self._counts(watch, task) and not self._was_told(watch, task)
        ]
        if not doubtful and (report.led or tasks or watch.request.task_ids or await self._was_list_read(watch)):
            return report
        failure: JulesManagerError | None = _late()
        with self._in_time(watch):
            try:
                if not report.led:
                    await self._reader.refresh_list(priority=Priority.POLL)
                await self._ask(watch, doubtful, only_one=report.led and not watch.request.task_ids)
                failure = None
            except JulesManagerError as error:
                failure = error
        return replace(report, led=True, failure=failure)

    async def _ask(self, watch: _Watch, doubtful: Sequence[str], *, only_one: bool) -> None:
        """Read those of these tasks of which nothing was told yet; of any task, until one counts indeed.

        ``only_one``: beside what is polled anyway, read one more.

        Raises:
            JulesManagerError: one of them cannot be read, or could not and is left alone for a while.
        """
        store, troubles = self._context.store, self._context.read_troubles
        unread: JulesManagerError | None = None
        for task_id in doubtful:
            task = await store.get_task(task_id)
            if task is None:
                continue
            if not self._was_told(watch, task):
                trouble = troubles.of(task_id)
                if trouble is not None and troubles.rests(task_id, self._context.clock.now()):
                    unread = unread or OperationFailedError(trouble.message, hint=trouble.hint)
                    continue
                try:
                    await self._reader.refresh_task(task_id, priority=Priority.POLL)
                except TaskNotFoundError:
                    await self._reader.mark_vanished(task_id)
                if only_one:
                    break
                task = await store.get_task(task_id)
            if task is not None and not watch.request.task_ids and self._counts(watch, task):
                return
        if unread is not None:
            raise unread

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

    async def _check_first_look(self, watch: _Watch, failure: JulesManagerError | None) -> None:
        """That this server has the named tasks, unless the time is over before it tells."""
        if isinstance(failure, AuthenticationError):
            raise failure
        for task_id in watch.request.task_ids:
            task = await self._context.store.get_task(task_id)
            if task is not None and task.origin == self._context.origin:
                continue
            if isinstance(failure, _OutOfTimeError):
                return
            if failure is not None:
                raise failure
            with self._in_time(watch):
                if not (await self._reader.refresh_task(task_id)).tasks:
                    raise TaskNotFoundError(
                        f"There is no task {task_id} to watch.", hint="Run `jjm list --all` to see the ids."
                    )

    def _pause(self, watch: _Watch) -> float:
        pause = watch.request.interval
        if watch.deadline is not None:
            pause = min(pause, max(0.0, watch.deadline - self._context.clock.monotonic()))
        return pause

    async def _tasks(self, watch: _Watch) -> tuple[Task, ...]:
        """What is watched, as it is stored now: the named tasks, or of this server what was active in the meantime."""
        if watch.request.task_ids:
            found = [await self._context.store.get_task(task_id) for task_id in watch.request.task_ids]
            tasks = [task for task in found if task is not None]
            watch.watched.update(task.id for task in tasks)
            return tuple(tasks)
        own = [
            task
            for task in await self._context.store.list_tasks()
            if task.origin == self._context.origin and not task.archived and task.on_server is not False
        ]
        watch.watched.update(task.id for task in own if task.status.is_active or _is_made_since(watch, task))
        tasks = [task for task in own if task.id in watch.watched]
        return tuple(sorted(tasks, key=lambda task: (task.created_at is None, task.id)))

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

    async def _finish(self, watch: _Watch, tasks: Sequence[Task]) -> Finish | None:
        """How the watching ends, by what was told since it began: what is stored may have been true long ago."""
        request = watch.request
        told = [task for task in tasks if self._was_told(watch, task)]
        now = self._context.clock.now()
        if request.until_needs_me and any(needs_me(task, now) is not None for task in told):
            return "reached"
        watch.reached.update(task.id for task in told if task.status in request.until)
        wanted = set(request.task_ids)
        if watch.reached and wanted <= watch.reached:
            return "reached"
        rests = watch.reached | {task.id for task in told if _rests(request, task)}
        if not rests.issuperset(task.id for task in tasks) or not wanted <= watch.watched:
            return None
        if not tasks and not wanted and not await self._was_list_read(watch):
            return None
        is_forgotten = not wanted <= {task.id for task in tasks}
        return "unreachable" if request.until or request.until_needs_me or is_forgotten else "final"


class _OutOfTimeError(OperationTimeoutError):
    """The time-out of the watching came before the answer."""


def _key(event: TaskEvent) -> tuple[str, str, str | None]:
    return event.at.isoformat(), event.type.value, event.task_id


def _late() -> _OutOfTimeError:
    return _OutOfTimeError("The server did not answer before the time was over.")


def _is_made_since(watch: _Watch, task: Task) -> bool:
    """Made since the watching began, so that it counts even where it was over before the next look."""
    return task.created_at is not None and task.created_at >= watch.began


def _rests(request: MonitorRequest, task: Task) -> bool:
    """Whether the watching need not go on for this task."""
    return _is_over(task) or (request.until_idle and task.status in _IDLE)


def _is_over(task: Task) -> bool:
    """Nothing more happens by itself."""
    return task.status.is_final or task.on_server is False
