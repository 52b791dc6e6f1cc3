"""What can happen to a task: past-tense facts for the history, the monitor and the notifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from jjm_tui.domain.codec import NO_EXTRA, FieldReader
from jjm_tui.domain.times import format_time, parse_time


class EventType(StrEnum):
    """Kinds of events, as ``jjm events --type`` names them."""

    TASK_DISCOVERED = "task_discovered"
    STATUS_CHANGED = "status_changed"
    PLAN_READY = "plan_ready"
    PLAN_APPROVED = "plan_approved"
    MESSAGE_RECEIVED = "message_received"
    FILES_CHANGED = "files_changed"
    PULL_REQUEST_OPENED = "pull_request_opened"
    TASK_VANISHED = "task_vanished"
    TASK_RETURNED = "task_returned"
    OPERATION_REQUESTED = "operation_requested"
    OPERATION_DONE = "operation_done"
    OPERATION_REFUSED = "operation_refused"
    OPERATION_NOT_SENT = "operation_not_sent"
    OPERATION_UNCONFIRMED = "operation_unconfirmed"
    OPERATION_DISCARDED = "operation_discarded"
    PLAN_MISMATCH = "plan_mismatch"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    SNOOZED = "snoozed"
    SEEN = "seen"
    FORGOTTEN = "forgotten"
    REMEMBERED = "remembered"
    IMPORTED = "imported"


_WRITTEN: Final = frozenset({EventType.MESSAGE_RECEIVED, EventType.PLAN_READY})
"""What Jules writes on the server, and may be read here only later."""


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One thing that happened. ``data`` depends on the type.

    ``task_discovered``: ``status``, ``detail``, ``first_sync``, and ``since`` (RFC 3339) where the task waits for a
    person: when its server says that it last changed; ``status_changed``: ``from``, ``to``, ``detail``;
    ``plan_ready``: ``fingerprint``, ``steps`` (count), ``replaces``; ``message_received``: ``message_id``, ``author``,
    ``content``; both also ``happened_at`` (RFC 3339) where the server tells when it was written; ``files_changed``:
    ``files`` (count), ``additions``, ``deletions``; ``pull_request_opened``: ``url``; ``operation_*``:
    ``operation_id``, ``kind``, ``message``; ``seen`` and ``snoozed``: ``undone``, true where that mark was taken
    away. ``at`` is when it was observed. ``first_seen`` is true where this was found at the first look at that part of
    the task: then it happened some time before ``at``.
    """

    type: EventType
    at: datetime
    task_id: str | None
    data: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    @property
    def happened_at(self) -> datetime | None:
        """When its server says that it happened; ``None`` where only the time of the observation is known."""
        told = self.data.get("happened_at")
        try:
            return parse_time(told) if isinstance(told, str) else None
        except ValueError:
            return None

    @property
    def told_at(self) -> datetime:
        """The time to tell it under: when it happened, as far as that is known, else when it was observed."""
        return self.happened_at or self.at

    @property
    def is_first_seen(self) -> bool:
        """Found at a first look; it happened at ``happened_at`` or, where nobody told, some time before ``at``."""
        return self.data.get("first_seen") is True and self.happened_at is None

    @property
    def is_only_seen(self) -> bool:
        """Something written elsewhere, maybe long before ``at``; nobody told when."""
        return self.type in _WRITTEN and self.happened_at is None

    def to_dict(self) -> dict[str, Any]:
        return {
            "at": format_time(self.at),
            "type": self.type.value,
            "task_id": self.task_id,
            "data": dict(self.data),
        }

    @classmethod
    def from_dict(cls, data: object, where: str = "") -> Self:
        """Raises ValidationError naming the field."""
        read = FieldReader(data, where)
        moment = read.take_optional_time("at")
        if moment is None:
            raise read.wrong("at", "an RFC 3339 time", None)
        return cls(
            type=EventType(read.take_word("type", EventType)),
            at=moment,
            task_id=read.take_optional_text("task_id"),
            data=read.take_optional_object("data", lambda value, path: dict(FieldReader(value, path).take_rest()))
            or NO_EXTRA,
        )
