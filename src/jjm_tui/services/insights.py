"""Where the time went: states, waiting for a person, throughput per day and repository, computed from the history.

Pure, and fit for a worker thread. Numbers say what this machine saw, and each comes with how many cases it is made of.
"""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import WAITING_STATUSES, TaskStatus, normalise_status
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.services.state_spans import SPAN_TYPES, StateSpan, state_spans

INSIGHT_TYPES: Final = SPAN_TYPES
"""The events that are needed."""

_STATES: Final = (
    TaskStatus.PENDING,
    TaskStatus.IN_PROGRESS,
    TaskStatus.WAITING_APPROVAL,
    TaskStatus.WAITING_FEEDBACK,
    TaskStatus.PAUSED,
    TaskStatus.UNKNOWN,
)
"""Those in which time passes: a final state lasts for ever, and that tells nothing."""


WAIT_LIMITS: Final = (600, 3600, 8 * 3600)
"""Seconds at which the next longer kind of wait begins: an answer at once, within the hour, within a working day."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Lengths of ``count`` cases, in seconds. ``worst_task``: whose the longest was. ``None`` without any case."""

    count: int = 0
    median: float | None = None
    worst: float | None = None
    worst_task: str | None = None


@dataclass(frozen=True, slots=True)
class StateTime:
    """The time of all tasks in one state.

    ``seconds``: in the period, also of spans that go on or began before it; ``share``: of all such time, 0 to 1.
    ``spread``: of the spans that ended in the period and whose beginning was seen.
    """

    status: TaskStatus
    seconds: float
    share: float
    spread: Spread


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one local day. ``is_known`` is false before the history begins: then the zeros mean nothing."""

    date: date
    created: int = 0
    finished: int = 0
    failed: int = 0
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class RepositoryTimes:
    """One repository in the period. ``name`` is ``None`` for tasks whose repository was not told. ``tasks``: how many
    did anything, each once in ``created``, ``finished`` and ``failed`` if it was that; ``waiting``: waits for a person
    that ended."""

    name: str | None
    tasks: int
    created: int
    finished: int
    failed: int
    waiting: Spread


@dataclass(frozen=True, slots=True)
class Insights:
    """Everything that the screen shows.

    ``since``: begin of the period; ``history_since``: the oldest event there is, ``None`` without any history.
    ``waiting``: waits for an approval or an answer that ended in the period; ``waiting_at_least``: those of them whose
    beginning was not seen, so that they were at least this long. ``waits``: how many of ``waiting`` were below the
    first of ``WAIT_LIMITS``, from each of them to the next, and from the last on. ``waiting_now``: those that go on;
    ``waiting_since_unknown``: how many more do, nobody knows since when. Snoozed and archived tasks wait for nobody.
    """

    at: datetime
    since: datetime
    history_since: datetime | None
    states: tuple[StateTime, ...] = ()
    waiting: Spread = field(default_factory=Spread)
    waiting_at_least: Spread = field(default_factory=Spread)
    waits: tuple[int, ...] = (0,) * (len(WAIT_LIMITS) + 1)
    waiting_now: Spread = field(default_factory=Spread)
    waiting_since_unknown: int = 0
    days: tuple[Day, ...] = ()
    repositories: tuple[RepositoryTimes, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether the history begins after the period does."""
        return self.history_since is None or self.history_since > self.since


def compute_insights(
    events: Sequence[TaskEvent],
    tasks: Mapping[str, Task],
    now: datetime,
    days: int | None = 7,
    zone: tzinfo | None = None,
) -> Insights:
    """Compute the insights of the last ``days`` local days, today included, or of all history.

    Args:
        events: The whole history, at least ``INSIGHT_TYPES``: older events tell in which state a task entered the
            period.
        tasks: What is known of the tasks now, for repositories and creation times.
        now: The time, aware.
        days: How many; ``None``: from the first event on.
        zone: Whose midnight ends a day; the machine's when ``None``.
    """
    history_since = min((event.at for event in events), default=None)
    today = now.astimezone(zone).date()
    first = _first_day(today, days, history_since, zone)
    since = _midnight(first, zone)
    if days is None and history_since is not None:
        since = history_since
    created = {task_id: task.created_at for task_id, task in tasks.items() if task.created_at is not None}
    spans = state_spans(events, created)
    milestones = [mark for mark in _milestones(events) if mark.at >= since]
    waits = [span for span in spans if span.status in WAITING_STATUSES]
    waiting = [task for task in tasks.values() if _is_waiting(task, now)]
    return Insights(
        at=now,
        since=since,
        history_since=history_since,
        states=_state_times(spans, max(since, history_since or since), now),
        waiting=_spread(_ended(waits, since), now),
        waiting_at_least=_spread(_ended(waits, since, saw_start=False), now),
        waits=_by_length(_ended(waits, since), now),
        waiting_now=_waiting_now(waiting, now),
        waiting_since_unknown=sum(task.waiting_since is None for task in waiting),
        days=_days(milestones, first, today, history_since, zone),
        repositories=_repositories(milestones, waits, tasks, since, now),
    )


def _first_day(today: date, days: int | None, history_since: datetime | None, zone: tzinfo | None) -> date:
    if days is not None:
        return today - timedelta(days=days - 1)
    return today if history_since is None else min(today, history_since.astimezone(zone).date())


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    if zone is not None:
        return datetime.combine(day, time(), zone)
    return datetime.combine(day, time()).astimezone()


# spreads


def _ended(spans: Iterable[StateSpan], since: datetime, *, saw_start: bool = True) -> list[StateSpan]:
    """Those with an end in the period whose beginning was seen, or those where it was not."""
    return [
        span
        for span in spans
        if span.saw_start is saw_start and span.until is not None and span.until >= since and not span.is_cut
    ]


def _spread(spans: Sequence[StateSpan], now: datetime) -> Spread:
    if not spans:
        return Spread()
    worst = max(spans, key=lambda span: span.seconds(now))
    median = statistics.median(span.seconds(now) for span in spans)
    return Spread(len(spans), median, worst.seconds(now), worst.task_id)


def _by_length(spans: Iterable[StateSpan], now: datetime) -> tuple[int, ...]:
    counts = [0] * (len(WAIT_LIMITS) + 1)
    for span in spans:
        counts[bisect_right(WAIT_LIMITS, span.seconds(now))] += 1
    return tuple(counts)


def _is_waiting(task: Task, now: datetime) -> bool:
    return task.status in WAITING_STATUSES and needs_me(task, now) is not None


def _waiting_now(waiting: Iterable[Task], now: datetime) -> Spread:
    """How long the tasks that wait now have waited, as the board knows it."""
    spans = [StateSpan(task.id, task.status, task.waiting_since) for task in waiting if task.waiting_since is not None]
    return _spread(spans, now)


def _state_times(spans: Sequence[StateSpan], since: datetime, now: datetime) -> tuple[StateTime, ...]:
    by_status: dict[TaskStatus, list[StateSpan]] = defaultdict(list)
    for span in spans:
        by_status[span.status].append(span)
    seconds = {
        status: sum(span.seconds_within(since, now) for span in by_status[status])
        for status in _STATES
        if status in by_status
    }
    total = sum(seconds.values())
    return tuple(
        StateTime(status, spent, spent / total, _spread(_ended(by_status[status], since), now))
        for status, spent in seconds.items()
        if spent > 0
    )


# milestones: what happened to which task, when


_ENDS: Final = {TaskStatus.COMPLETED: "finished", TaskStatus.FAILED: "failed"}


@dataclass(frozen=True, slots=True)
class _Milestone:
    task_id: str
    at: datetime
    word: str


def _milestones(events: Iterable[TaskEvent]) -> Iterator[_Milestone]:
    """Created, finished, failed, when that was seen to happen.

    What was found at the very first synchronisation is no news. Nor is a task that is seen again, after it vanished or
    was forgotten, in the state in which it was last known.
    """
    known: dict[str, TaskStatus] = {}
    for event in sorted(events, key=lambda each: each.at):
        task_id = event.task_id
        if task_id is None or event.type not in (EventType.TASK_DISCOVERED, EventType.STATUS_CHANGED):
            continue
        is_discovery = event.type is EventType.TASK_DISCOVERED
        is_news = not (is_discovery and event.data.get("first_sync"))
        status = normalise_status(event.data.get("status" if is_discovery else "to"))
        before = normalise_status(event.data.get("from"))
        if before is TaskStatus.UNKNOWN:
            before = known.get(task_id, TaskStatus.UNKNOWN)
        if is_news and is_discovery and task_id not in known:
            yield _Milestone(task_id, event.at, "created")
        if is_news and status is not before and status in _ENDS:
            yield _Milestone(task_id, event.at, _ENDS[status])
        known[task_id] = before if status is TaskStatus.UNKNOWN else status


def _days(
    milestones: Iterable[_Milestone], first: date, today: date, history_since: datetime | None, zone: tzinfo | None
) -> tuple[Day, ...]:
    """Every day of the period; a task counts once a day for each thing that happened to it."""
    seen: dict[tuple[date, str], set[str]] = defaultdict(set)
    for mark in milestones:
        seen[mark.at.astimezone(zone).date(), mark.word].add(mark.task_id)
    known_from = None if history_since is None else history_since.astimezone(zone).date()
    return tuple(
        Day(
            day,
            created=len(seen[day, "created"]),
            finished=len(seen[day, "finished"]),
            failed=len(seen[day, "failed"]),
            is_known=known_from is not None and day >= known_from,
        )
        for day in (first + timedelta(days=number) for number in range((today - first).days + 1))
    )


def _repositories(
    milestones: Iterable[_Milestone],
    waits: Iterable[StateSpan],
    tasks: Mapping[str, Task],
    since: datetime,
    now: datetime,
) -> tuple[RepositoryTimes, ...]:
    """Repositories in which something happened, those with the most tasks first."""

    def repository(task_id: str) -> str | None:
        task = tasks.get(task_id)
        return None if task is None else task.repository

    moved: dict[str | None, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    waited: dict[str | None, list[StateSpan]] = defaultdict(list)
    for mark in milestones:
        moved[repository(mark.task_id)][mark.word].add(mark.task_id)
    for span in _ended(waits, since):
        waited[repository(span.task_id)].append(span)
    found = [
        RepositoryTimes(
            name,
            tasks=len(set().union(*moved[name].values(), (span.task_id for span in waited[name]))),
            created=len(moved[name]["created"]),
            finished=len(moved[name]["finished"]),
            failed=len(moved[name]["failed"]),
            waiting=_spread(waited[name], now),
        )
        for name in moved.keys() | waited.keys()
    ]
    return tuple(sorted(found, key=lambda each: (-each.tasks, each.name is None, each.name or "")))
