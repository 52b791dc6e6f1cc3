"""While you were away: who needs the person now, and what changed and is still so.

Pure: the tasks say who waits, whether or not the history knows how that came about. The history says what happened; of
that, only what the tasks confirm is told.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    is in one; ``created`` holds new tasks that are nowhere else, ``created_count`` counts all new.
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
    created_count: int = 0

    @property
    def is_empty(self) -> bool:
        """Nothing happened, and no wait began. Tasks may wait all the same."""
        return not any(self.group(name) for name in DIGEST_GROUPS)

    def group(self, name: DigestGroup) -> tuple[DigestEntry, ...]:
        """The entries of one group."""
        entries: tuple[DigestEntry, ...] = getattr(self, name)
        return entries

    def others(self, name: DigestGroup) -> tuple[DigestEntry, ...]:
        """The entries of one group that are not among ``waiting``."""
        waiting = {entry.task_id for entry in self.waiting}
        return tuple(entry for entry in self.group(name) if entry.task_id not in waiting)


def make_digest(events: Iterable[TaskEvent], tasks: Mapping[str, Task], since: datetime, now: datetime) -> Digest:
    """Who needs the person at ``now``, and what happened after ``since`` and still holds.

    Args:
        events: Events, oldest first; those up to ``since`` are passed over.
        tasks: The tasks as they are now. Archived and forgotten ones are left out.
        since: When the person last looked. What was before the history begins is not known, so it is no news.
        now: Until when.
    """
    events = list(events)
    begins = _begins(events, since)
    asked, since = since, begins or since
    new: dict[str, datetime] = {}
    moved: dict[tuple[str, TaskStatus], datetime] = {}
    gone: dict[str, datetime] = {}
    for event in events:
        task_id = event.task_id
        if task_id is None or event.at <= since:
            continue
        if event.type is EventType.TASK_DISCOVERED and not event.data.get("first_sync"):
            new[task_id] = event.at
            moved[task_id, normalise_status(event.data.get("status"))] = event.at
        elif event.type is EventType.STATUS_CHANGED:
            moved[task_id, normalise_status(event.data.get("to"))] = event.at
        elif event.type is EventType.TASK_VANISHED:
            gone[task_id] = event.at
    groups = _groups(new, moved, gone, tasks)
    listed = {entry.task_id for entries in groups.values() for entry in entries}
    waiting = _waiting(tasks.values(), since, now, listed)
    for entry in waiting:
        group = _BY_STATUS.get(tasks[entry.task_id].status)
        if entry.is_news and entry.at is not None and group is not None and entry.task_id not in listed:
            groups[group].append(DigestEntry(entry.task_id, entry.at))
    sorted_groups = {name: tuple(sorted(found, key=lambda entry: entry.at)) for name, found in groups.items()}
    count = sum(entry.is_new for entries in sorted_groups.values() for entry in entries)
    return Digest(since, now, since != asked, waiting, created_count=count, **sorted_groups)


def _groups(
    new: Mapping[str, datetime],
    moved: Mapping[tuple[str, TaskStatus], datetime],
    gone: Mapping[str, datetime],
    tasks: Mapping[str, Task],
) -> dict[DigestGroup, list[DigestEntry]]:
    """What happened and still holds, by what it is; no task is in two groups."""
    groups: dict[DigestGroup, list[DigestEntry]] = {name: [] for name in DIGEST_GROUPS}
    for task_id in dict.fromkeys((*(task_id for task_id, _ in moved), *gone)):
        task = tasks.get(task_id)
        if task is None or task.archived:
            continue
        if task.on_server is False:
            if task_id in gone:
                groups["gone"].append(DigestEntry(task_id, gone[task_id], task_id in new))
            continue
        at = moved.get((task_id, task.status), new.get(task_id))
        group = _BY_STATUS.get(task.status)
        if group is not None and at is not None:
            groups[group].append(DigestEntry(task_id, at, task_id in new))
        elif task_id in new:
            groups["created"].append(DigestEntry(task_id, new[task_id], is_new=True))
    return groups


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
    """Whether the digest opens by itself: after a pause, and only when something happened."""
    return last_seen is not None and now - last_seen >= PAUSE and not digest.is_empty


def summary_parts(digest: Digest) -> tuple[str, ...]:
    """What happened: ``3 finished``, ``1 failed`` and so on; groups without tasks are left out."""
    words = (
        (len(digest.plans), "plan was made", "plans were made"),
        (len(digest.questions), "question was asked", "questions were asked"),
        (len(digest.failed), "failed", "failed"),
        (len(digest.finished), "finished", "finished"),
        (len(digest.gone), "is gone from the server", "are gone from the server"),
        (digest.created_count, "was created", "were created"),
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
