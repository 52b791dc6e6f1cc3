"""While you were away: what changed and is still so, grouped by what it asks of the person.

Pure: the history says what happened, the tasks say what is true now; a task is listed only where both agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus, normalise_status
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import age

DigestGroup = Literal["plans", "questions", "failed", "finished", "gone", "created"]
DIGEST_GROUPS: Final[tuple[DigestGroup, ...]] = get_args(DigestGroup)
"""In the order in which they are shown: what waits for the person first."""

PAUSE: Final = timedelta(minutes=10)
"""Who was away for less than this needs no digest (``dashboard.md``, What is on the screen)."""

_BY_STATUS: Final[Mapping[TaskStatus, DigestGroup]] = {
    TaskStatus.WAITING_APPROVAL: "plans",
    TaskStatus.WAITING_FEEDBACK: "questions",
    TaskStatus.FAILED: "failed",
    TaskStatus.COMPLETED: "finished",
}


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One task and when it came to where it is. ``is_new``: it was created meanwhile as well."""

    task_id: str
    at: datetime
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened between ``since`` and ``until``. Entries are oldest first: who waits longest comes first.

    Every task is in one group. ``created`` holds new tasks that are nowhere else; ``created_count`` counts all new.
    """

    since: datetime
    until: datetime
    plans: tuple[DigestEntry, ...] = ()
    questions: tuple[DigestEntry, ...] = ()
    failed: tuple[DigestEntry, ...] = ()
    finished: tuple[DigestEntry, ...] = ()
    gone: tuple[DigestEntry, ...] = ()
    created: tuple[DigestEntry, ...] = ()
    created_count: int = 0

    @property
    def is_empty(self) -> bool:
        """Nothing to tell."""
        return not any(self.group(name) for name in DIGEST_GROUPS)

    def group(self, name: DigestGroup) -> tuple[DigestEntry, ...]:
        """The entries of one group."""
        entries: tuple[DigestEntry, ...] = getattr(self, name)
        return entries


def make_digest(events: Iterable[TaskEvent], tasks: Mapping[str, Task], since: datetime, now: datetime) -> Digest:
    """What happened after ``since`` and still holds at ``now``.

    Args:
        events: Events, oldest first; those up to ``since`` are passed over.
        tasks: The tasks as they are now. Archived and forgotten ones are left out.
        since: When the person last looked.
        now: Until when.
    """
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
    groups: dict[DigestGroup, list[DigestEntry]] = {name: [] for name in DIGEST_GROUPS}
    for task_id in dict.fromkeys((*(task_id for task_id, _ in moved), *gone)):
        task = tasks.get(task_id)
        if task is None or task.archived:
            continue
        if task.on_server is False:
            if task_id in gone:
                groups["gone"].append(DigestEntry(task_id, gone[task_id], task_id in new))
            continue
        at = moved.get((task_id, task.status))
        group = _BY_STATUS.get(task.status)
        if group is not None and at is not None:
            groups[group].append(DigestEntry(task_id, at, task_id in new))
        elif task_id in new:
            groups["created"].append(DigestEntry(task_id, new[task_id], is_new=True))
    sorted_groups = {name: tuple(sorted(found, key=lambda entry: entry.at)) for name, found in groups.items()}
    count = sum(entry.is_new for entries in sorted_groups.values() for entry in entries)
    return Digest(since, now, created_count=count, **sorted_groups)


def should_show(last_seen: datetime | None, now: datetime, digest: Digest) -> bool:
    """Whether the digest opens by itself: after a pause, and only when something happened."""
    return last_seen is not None and now - last_seen >= PAUSE and not digest.is_empty


def summary_parts(digest: Digest) -> tuple[str, ...]:
    """``3 finished``, ``1 failed`` and so on; groups without tasks are left out."""
    words = (
        (len(digest.plans), "plan waits for your approval", "plans wait for your approval"),
        (len(digest.questions), "asks you a question", "ask you a question"),
        (len(digest.failed), "failed", "failed"),
        (len(digest.finished), "finished", "finished"),
        (len(digest.gone), "is gone from the server", "are gone from the server"),
        (digest.created_count, "was created", "were created"),
    )
    return tuple(f"{count} {one if count == 1 else more}" for count, one, more in words if count)


def summary_sentence(digest: Digest) -> str:
    """The digest in one sentence, for a toast."""
    away = age((digest.until - digest.since).total_seconds())
    parts = summary_parts(digest)
    return f"While you were away ({away}): {', '.join(parts) if parts else 'nothing happened'}."
