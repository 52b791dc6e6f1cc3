"""Short ways to write a history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.times import format_time

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes after the start."""
    return START + timedelta(minutes=minutes)


def event(minutes: float, kind: EventType, task_id: str | None = "1", /, **data: Any) -> TaskEvent:
    """Something that happened."""
    return TaskEvent(kind, at(minutes), task_id, data)


def found(
    minutes: float, status: str, task_id: str = "1", *, first_sync: bool = False, since: datetime | None = None
) -> TaskEvent:
    """A task was discovered; ``since``: when the server says that its wait began."""
    told = {} if since is None else {"since": format_time(since)}
    return event(minutes, EventType.TASK_DISCOVERED, task_id, status=status, first_sync=first_sync, **told)


def moved(minutes: float, to: str, task_id: str = "1", came_from: str = "in_progress") -> TaskEvent:
    """A task changed its status."""
    return event(minutes, EventType.STATUS_CHANGED, task_id, **{"from": came_from, "to": to})
