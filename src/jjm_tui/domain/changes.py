"""What happened between two states of a task: the events of one merge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.plans import is_chat_fingerprint
from jjm_tui.domain.status import WAITING_STATUSES, TaskStatus
from jjm_tui.domain.task import ChatMessage, SourceFile, Task
from jjm_tui.domain.times import format_time

_PAST: Final = timedelta(minutes=10)
"""What is older than this before a task was discovered is its history, not news."""


def find_changes(
    old: Task | None, new: Task, at: datetime, arrived: Sequence[ChatMessage] = (), *, first_sync: bool = False
) -> tuple[TaskEvent, ...]:
    """The events that lead from ``old`` to ``new``, observed ``at``.

    A task that was already finished when it was discovered, and has not moved since, has a past but no news: reading
    its plan, files or conversation for the first time is not an event. Nor are messages from before the discovery.
    """

    def event(kind: EventType, **data: Any) -> TaskEvent:
        return TaskEvent(kind, at, new.id, data)

    if old is None:
        return tuple(event(kind, **data) for kind, data in _discovery(new, first_sync=first_sync))
    found = [event(kind, **data) for kind, data in _movements(old, new)]
    if not _is_history(old, new):
        found += [event(kind, **data) for kind, data in _news(old, new, arrived)]
    return tuple(found)


_Found = Iterator[tuple[EventType, Mapping[str, Any]]]


def _discovery(new: Task, *, first_sync: bool) -> _Found:
    if new.on_server is False:
        return
    data: dict[str, Any] = {"status": new.status.value, "detail": new.status_detail, "first_sync": first_sync}
    if new.status in WAITING_STATUSES and new.waiting_since is not None:
        data["since"] = format_time(new.waiting_since)
    yield EventType.TASK_DISCOVERED, data
    if new.status is TaskStatus.WAITING_APPROVAL and not first_sync:
        yield from _plan_news(None, new)


def _movements(old: Task, new: Task) -> _Found:
    if old.on_server is not False and new.on_server is False:
        yield EventType.TASK_VANISHED, {}
    if old.on_server is False and new.on_server is True:
        yield EventType.TASK_RETURNED, {}
    has_other_word = (
        new.status is TaskStatus.UNKNOWN
        and new.status_detail is not None
        and old.status_detail not in (None, new.status_detail)
    )
    if old.status is not new.status or has_other_word:
        yield (
            EventType.STATUS_CHANGED,
            {"from": old.status.value, "to": new.status.value, "detail": new.status_detail},
        )


def _is_history(old: Task, new: Task) -> bool:
    discovered = old.provenance.get("discovered")
    return (
        discovered is not None
        and old.status.is_final
        and new.status is old.status
        and old.waiting_since is not None
        and old.waiting_since <= discovered.observed_at
    )


def _news(old: Task, new: Task, arrived: Sequence[ChatMessage]) -> _Found:
    if not _is_past("plan", old, None if new.plan is None else new.plan.created_at):
        yield from _plan_news(old, new)
    yield from _message_news(old, arrived)
    is_past = _is_past("source_files", old, new.created_at)
    if not is_past and _differ(old.source_files or (), new.source_files or ()):
        files = new.source_files or ()
        yield (
            EventType.FILES_CHANGED,
            {
                "files": len(files),
                "additions": _total([file.additions for file in files]),
                "deletions": _total([file.deletions for file in files]),
                **_first_seen(old, "source_files"),
            },
        )
    if new.pull_request_url and new.pull_request_url != old.pull_request_url:
        yield (
            EventType.PULL_REQUEST_OPENED,
            {
                "url": new.pull_request_url,
                **_first_seen(old, "pull_request_url", "chat_history"),
            },
        )


def _is_past(name: str, old: Task, since: datetime | None) -> bool:
    """A field is read for the first time, and what it tells is clearly older than our knowledge of the task."""
    discovered = old.provenance.get("discovered")
    if name in old.provenance or discovered is None or since is None:
        return False
    return since < discovered.observed_at - _PAST


def _plan_news(old: Task | None, new: Task) -> _Found:
    plan = new.plan
    if plan is None or is_chat_fingerprint(plan.fingerprint):
        return
    before = None if old is None else old.plan
    is_new = before is None or before.fingerprint != plan.fingerprint
    seen = _first_seen(old, "plan", "chat_history")
    if is_new:
        yield (
            EventType.PLAN_READY,
            {
                "fingerprint": plan.fingerprint,
                "steps": len(plan.steps),
                "replaces": None if before is None else before.fingerprint,
                **_written(plan.created_at),
                **seen,
            },
        )
    if plan.approved and (is_new or before is None or not before.approved):
        yield EventType.PLAN_APPROVED, {"fingerprint": plan.fingerprint, **seen}


def _message_news(old: Task, arrived: Sequence[ChatMessage]) -> _Found:
    was_read = "chat_history" in old.provenance and "chat_excerpt" not in old.provenance
    discovered = old.provenance.get("discovered")
    for message in arrived:
        if message.type != "jules":
            continue
        if not was_read and not (
            discovered is not None and message.timestamp is not None and message.timestamp > discovered.observed_at
        ):
            continue
        yield (
            EventType.MESSAGE_RECEIVED,
            {
                "message_id": message.id,
                "author": message.type,
                "content": message.content,
                **_written(message.timestamp),
            },
        )


def _written(moment: datetime | None) -> dict[str, str]:
    """When the server says that something was written, where it says so."""
    return {} if moment is None else {"happened_at": format_time(moment)}


def _first_seen(old: Task | None, *names: str) -> dict[str, bool]:
    """Whether nobody had looked there before, so that it happened some time before it was observed."""
    return {} if old is not None and any(name in old.provenance for name in names) else {"first_seen": True}


def _differ(old: Sequence[SourceFile], new: Sequence[SourceFile]) -> bool:
    """Whether the files themselves differ; that a source knows less about them is no difference."""
    before = {file.filename: file for file in old}
    if before.keys() != {file.filename for file in new}:
        return True
    return any(
        known is not None and said is not None and known != said
        for file in new
        for known, said in (
            (before[file.filename].status, file.status),
            (before[file.filename].additions, file.additions),
            (before[file.filename].deletions, file.deletions),
        )
    )


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
