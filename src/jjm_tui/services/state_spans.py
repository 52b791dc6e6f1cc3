"""How long tasks were in each state, read from the history: spans with a beginning and an end as this machine saw them.

Pure: no store, no clock. A change that happened while nobody looked is in the history at the time it was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus, normalise_status
from jjm_tui.domain.times import parse_time

SPAN_TYPES: Final = frozenset(
    {
        EventType.TASK_DISCOVERED,
        EventType.STATUS_CHANGED,
        EventType.TASK_VANISHED,
        EventType.TASK_RETURNED,
        EventType.FORGOTTEN,
        EventType.REMEMBERED,
    }
)
"""The events that spans are made from."""

_NEW: Final = timedelta(minutes=2)
"""A task discovered this soon after it was created was in its first state since its creation."""

_NOBODY: Final[Mapping[str, datetime]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StateSpan:
    """One task in one state. ``until`` is ``None`` while it lasts.

    ``saw_start``: the change into the state was seen. Without it the state may have begun before ``since``, which is
    then when the task was first seen, or the last change before that of which the server told. ``is_cut``: the task
    was forgotten at ``until``; the state did not end with that.
    """

    task_id: str
    status: TaskStatus
    since: datetime
    until: datetime | None = None
    saw_start: bool = True
    is_cut: bool = False

    def seconds(self, now: datetime) -> float:
        """How long it lasted, or has lasted until ``now``; never negative."""
        return max(0.0, ((self.until or now) - self.since).total_seconds())

    def seconds_within(self, start: datetime, end: datetime) -> float:
        """How much of it lies between two times."""
        return max(0.0, (min(self.until or end, end) - max(self.since, start)).total_seconds())


def state_spans(events: Iterable[TaskEvent], created: Mapping[str, datetime] = _NOBODY) -> tuple[StateSpan, ...]:
    """The spans of all tasks among ``events``, in the order in which they began.

    ``created``: when tasks were created, as far as known; it tells how long a task that was just discovered has been
    in its state. A task that vanished from the server or was forgotten here has no state until it is seen again; one
    that was taken back was in its state all the time.
    """
    spans: list[StateSpan] = []
    lasting: dict[str, int] = {}
    cut: dict[str, int] = {}
    gone: set[str] = set()

    def end(task_id: str, at: datetime, *, cuts: bool = False) -> None:
        cut.pop(task_id, None)
        index = lasting.pop(task_id, None)
        if index is not None:
            spans[index] = replace(spans[index], until=max(at, spans[index].since), is_cut=cuts)
            if cuts:
                cut[task_id] = index

    for event in sorted(events, key=_when):
        task_id = event.task_id
        if task_id is None or event.type not in SPAN_TYPES:
            continue
        if event.type in (EventType.TASK_VANISHED, EventType.FORGOTTEN):
            end(task_id, event.at, cuts=event.type is EventType.FORGOTTEN)
            gone.add(task_id)
            continue
        if event.type is EventType.REMEMBERED:
            if task_id in cut:
                lasting[task_id] = index = cut.pop(task_id)
                spans[index] = replace(spans[index], until=None, is_cut=False)
                gone.discard(task_id)
            continue
        if event.type is EventType.TASK_RETURNED:
            gone.discard(task_id)
            continue
        span = _begun(event, task_id, created.get(task_id))
        if task_id in gone and span.status is TaskStatus.UNKNOWN:
            continue
        gone.discard(task_id)
        end(task_id, event.at)
        lasting[task_id] = len(spans)
        spans.append(span)
    return tuple(spans)


def _when(event: TaskEvent) -> datetime:
    """Processes write down what they saw a little later, and not in the order in which it happened."""
    return event.at


def _begun(event: TaskEvent, task_id: str, created: datetime | None) -> StateSpan:
    """The span that a discovery or a change of status begins."""
    if event.type is EventType.STATUS_CHANGED:
        return StateSpan(task_id, normalise_status(event.data.get("to")), event.at)
    status = normalise_status(event.data.get("status"))
    if created is not None and timedelta() <= event.at - created <= _NEW:
        return StateSpan(task_id, status, created)
    return StateSpan(task_id, status, min(_told_since(event), event.at), saw_start=False)


def _told_since(event: TaskEvent) -> datetime:
    """Since when the server said that a discovered task had waited; older histories do not have it."""
    since = event.data.get("since")
    try:
        return parse_time(since) if isinstance(since, str) else event.at
    except ValueError:
        return event.at
