"""While you were away: who needs the person now, what happened, and what of that is still so.

Pure: the tasks say who waits, whether or not the history knows how that came about. The history says what happened, and
that is counted whatever came of it; listed is only what the tasks confirm.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, get_args

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.order import sort_tasks
from jjm_tui.domain.status import TaskStatus, normalise_status
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import age

DigestGroup = Literal["plans", "questions", "failed", "finished", "gone", "created"]
DIGEST_GROUPS: Final[tuple[DigestGroup, ...]] = get_args(DigestGroup)
"""What can have happened, in the order in which it is shown."""

PAUSE: Final = timedelta(minutes=10)
"""Who was away for less than this needs no digest (``dashboard.md``, What is on the screen)."""

_BY_STATUS: Final[Mapping[TaskStatus, DigestGroup]] = {
    TaskStatus.WAITING_APPROVAL: "plans",
    TaskStatus.WAITING_FEEDBACK: "questions",
    TaskStatus.FAILED: "failed",
    TaskStatus.COMPLETED: "finished",
}

_NONE: Final[Mapping[DigestGroup, int]] = MappingProxyType({})

_OBSERVED: Final = frozenset({EventType.TASK_DISCOVERED, EventType.STATUS_CHANGED, EventType.TASK_VANISHED})


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One task and when it came to where it is; of a new one at least when it was found. ``is_new``: it was created
    meanwhile as well."""

    task_id: str
    at: datetime
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class WaitingEntry:
    """One task that needs the person, since ``at`` (``None``: not known). ``is_news``: that began meanwhile, or
    the task was found meanwhile."""

    task_id: str
    at: datetime | None
    is_news: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """Who needs the person at ``until``, and what happened since ``since``. Entries are oldest first: who waits longest
    comes first.

    ``since`` is when the history begins where that is later than what was asked for; then ``is_cut``. ``waiting``: all
    who need the person, whenever that began; where that is news, they are in a group as well. Of the groups every task
    is in one, by how it is now; ``created`` holds new tasks that are nowhere else. ``counts``: how many tasks each
    thing happened to, also those that have moved on or are archived by now; a task may count for several.
    """

    since: datetime
    until: datetime
    is_cut: bool = False
    waiting: tuple[WaitingEntry, ...] = ()
    plans: tuple[DigestEntry, ...] = ()
    questions: tuple[DigestEntry, ...] = ()
    failed: tuple[DigestEntry, ...] = ()
    finished: tuple[DigestEntry, ...] = ()
    gone: tuple[DigestEntry, ...] = ()
    created: tuple[DigestEntry, ...] = ()
    counts: Mapping[DigestGroup, int] = field(default_factory=lambda: _NONE)

    @property
    def is_empty(self) -> bool:
        """Nothing happened, and no wait began. Tasks may wait all the same."""
        return not any(self.counts.values())

    @property
    def lists_anything(self) -> bool:
        """Whether something that happened is still so."""
        return any(self.group(name) for name in DIGEST_GROUPS)

    def count(self, name: DigestGroup) -> int:
        """How many tasks this happened to."""
        return self.counts.get(name, 0)

    def group(self, name: DigestGroup) -> tuple[DigestEntry, ...]:
        """The entries of one group."""
        entries: tuple[DigestEntry, ...] = getattr(self, name)
        return entries

    def others(self, name: DigestGroup) -> tuple[DigestEntry, ...]:
        """The entries of one group that are not among ``waiting``."""
        waiting = {entry.task_id for entry in self.waiting}
        return tuple(entry for entry in self.group(name) if entry.task_id not in waiting)


@dataclass(slots=True)
class _History:
    """What the events say: tasks that were found, came into a status, vanished, or got a plan, and when last."""

    new: dict[str, datetime] = field(default_factory=dict)
    moved: dict[tuple[str, TaskStatus], datetime] = field(default_factory=dict)
    gone: dict[str, datetime] = field(default_factory=dict)
    planned: set[str] = field(default_factory=set)


def make_digest(events: Iterable[TaskEvent], tasks: Mapping[str, Task], since: datetime, now: datetime) -> Digest:
    """Who needs the person at ``now``, what happened after ``since``, and what of that still holds.

    Args:
        events: Events, oldest first; those up to ``since`` are passed over.
        tasks: The tasks as they are now. Archived ones are counted and not listed; forgotten ones are left out.
        since: When the person last looked. What was before the history begins is not known, so it is no news.
        now: Until when.
    """
    events = list(events)
    begins = _begins(events, since)
    asked, since = since, begins or since
    history = _read(events, since)
    groups = _groups(history, tasks)
    listed = {entry.task_id for entries in groups.values() for entry in entries}
    waiting = _waiting(tasks.values(), since, now, listed)
    for entry in waiting:
        group = _BY_STATUS.get(tasks[entry.task_id].status)
        if entry.is_news and entry.at is not None and group is not None and entry.task_id not in listed:
            groups[group].append(DigestEntry(entry.task_id, entry.at))
    sorted_groups = {name: tuple(sorted(found, key=lambda entry: entry.at)) for name, found in groups.items()}
    return Digest(since, now, since != asked, waiting, counts=_counts(history, groups, tasks), **sorted_groups)


def _read(events: Iterable[TaskEvent], since: datetime) -> _History:
    """What happened after ``since``. Who is in the same status again after one that was not known has not moved."""
    history = _History()
    known: dict[str, TaskStatus] = {}
    for event in events:
        task_id = event.task_id
        if task_id is None or event.at <= since:
            continue
        if event.type is EventType.TASK_DISCOVERED and not event.data.get("first_sync"):
            history.new[task_id] = event.at
            history.moved[task_id, normalise_status(event.data.get("status"))] = event.at
        elif event.type is EventType.STATUS_CHANGED:
            status, before = (normalise_status(event.data.get(name)) for name in ("to", "from"))
            before = known.get(task_id, before) if before is TaskStatus.UNKNOWN else before
            known[task_id] = before if status is TaskStatus.UNKNOWN else status
            if status is not before:
                history.moved[task_id, status] = event.at
        elif event.type is EventType.TASK_VANISHED:
            history.gone[task_id] = event.at
        elif _is_new_plan(event, since) or (event.type is EventType.PLAN_READY and task_id in history.new):
            history.planned.add(task_id)
    return history


def _is_new_plan(event: TaskEvent, since: datetime) -> bool:
    """A plan that was made after ``since``, and not only seen."""
    return event.type is EventType.PLAN_READY and not event.is_first_seen and event.told_at > since


def _groups(history: _History, tasks: Mapping[str, Task]) -> dict[DigestGroup, list[DigestEntry]]:
    """What happened and still holds, by what it is; no task is in two groups."""
    groups: dict[DigestGroup, list[DigestEntry]] = {name: [] for name in DIGEST_GROUPS}
    new, gone = history.new, history.gone
    for task_id in dict.fromkeys((*(task_id for task_id, _ in history.moved), *gone)):
        task = tasks.get(task_id)
        if task is None or task.archived:
            continue
        if task.on_server is False:
            if task_id in gone:
                groups["gone"].append(DigestEntry(task_id, gone[task_id], task_id in new))
            continue
        at = history.moved.get((task_id, task.status), new.get(task_id))
        group = _BY_STATUS.get(task.status)
        if group is not None and at is not None:
            groups[group].append(DigestEntry(task_id, at, task_id in new))
        elif task_id in new:
            groups["created"].append(DigestEntry(task_id, new[task_id], is_new=True))
    return groups


def _counts(
    history: _History, groups: Mapping[DigestGroup, Iterable[DigestEntry]], tasks: Mapping[str, Task]
) -> dict[DigestGroup, int]:
    """How many tasks each thing happened to: by the history, and by what is listed without it."""
    happened = {name: {entry.task_id for entry in entries} for name, entries in groups.items()}
    for task_id, status in history.moved:
        if (group := _BY_STATUS.get(status)) is not None:
            happened[group].add(task_id)
    happened["plans"] |= history.planned
    happened["gone"] |= {task_id for task_id in history.gone if task_id in tasks and tasks[task_id].on_server is False}
    happened["created"] = set(history.new)
    return {name: len(task_ids & tasks.keys()) for name, task_ids in happened.items()}


def _begins(events: Iterable[TaskEvent], since: datetime) -> datetime | None:
    """When the history begins, if that is after ``since``: the oldest observation is the very first reading."""
    seen = [event for event in events if event.type in _OBSERVED and event.at > since]
    first = min((event.at for event in seen), default=None)
    is_first_sight = any(event.at == first and event.data.get("first_sync") for event in seen)
    return first if is_first_sight else None


def _waiting(tasks: Iterable[Task], since: datetime, now: datetime, news: Container[str]) -> tuple[WaitingEntry, ...]:
    needing = (task for task in tasks if needs_me(task, now) is not None)
    return tuple(
        WaitingEntry(task.id, task.waiting_since, task.id in news or _is_after(task.waiting_since, since))
        for task in sort_tasks(needing, "waiting", now=now)
    )


def _is_after(moment: datetime | None, since: datetime) -> bool:
    return moment is not None and moment > since


def should_show(last_seen: datetime | None, now: datetime, digest: Digest) -> bool:
    """Whether the digest opens by itself: after a pause, and only when something happened that is still so."""
    return last_seen is not None and now - last_seen >= PAUSE and digest.lists_anything


def summary_parts(digest: Digest) -> tuple[str, ...]:
    """To how many tasks things happened: ``3 finished``, ``1 failed`` and so on, whatever came of it; what happened to
    none is left out."""
    words = (
        (digest.count("plans"), "task got a plan", "tasks got a plan"),
        (digest.count("questions"), "asked a question", "asked a question"),
        (digest.count("failed"), "failed", "failed"),
        (digest.count("finished"), "finished", "finished"),
        (digest.count("gone"), "is gone from the server", "are gone from the server"),
        (digest.count("created"), "was created", "were created"),
    )
    return tuple(f"{count} {one if count == 1 else more}" for count, one, more in words if count)


def summary_sentence(digest: Digest) -> str:
    """The digest in a sentence or two, for a toast."""
    away = age((digest.until - digest.since).total_seconds())
    count = len(digest.waiting)
    told = [f"{', '.join(summary_parts(digest))}."] if summary_parts(digest) else []
    told += ["nothing happened."] if digest.is_empty else []
    told += [f"{count} {'task needs' if count == 1 else 'tasks need'} you now."] if count else []
    return f"While you were away ({away}): {' '.join(told)}"
