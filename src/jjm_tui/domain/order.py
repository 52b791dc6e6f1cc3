"""The orders in which lists of tasks are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import heading
from jjm_tui.errors import ValidationError


def _places(*statuses: TaskStatus) -> dict[TaskStatus, int]:
    return {status: place for place, status in enumerate(statuses)}


_STATUS_ORDER: Final = _places(
    TaskStatus.WAITING_APPROVAL,
    TaskStatus.WAITING_FEEDBACK,
    TaskStatus.FAILED,
    TaskStatus.IN_PROGRESS,
    TaskStatus.PENDING,
    TaskStatus.PAUSED,
    TaskStatus.COMPLETED,
    TaskStatus.UNKNOWN,
)
_CALM_ORDER: Final = _places(
    TaskStatus.IN_PROGRESS,
    TaskStatus.PENDING,
    TaskStatus.PAUSED,
    TaskStatus.WAITING_APPROVAL,
    TaskStatus.WAITING_FEEDBACK,
    TaskStatus.FAILED,
    TaskStatus.COMPLETED,
    TaskStatus.UNKNOWN,
)
"""Tasks that need nobody now: what is under way, what rests or was put off, what has ended, what is gone."""

_Key = Callable[[Task], float | str | None]
_WAITING: Final = "waiting"


def _newest(moment: datetime | None) -> float | None:
    return None if moment is None else -moment.timestamp()


def _calm(task: Task) -> float | None:
    """A time that stays the same as long as the status does."""
    return _newest(task.created_at if task.status.is_active else task.updated_at or task.created_at)


_KEYS: Final[dict[str, _Key]] = {
    "updated_at": lambda task: _newest(task.updated_at or task.created_at),
    "created_at": lambda task: _newest(task.created_at),
    "status": lambda task: _STATUS_ORDER[task.status],
    "repository": lambda task: None if task.repository is None else task.repository.casefold(),
    "title": lambda task: heading(task.title, task.description).casefold() or None,
    "id": lambda task: task.id,
    _WAITING: lambda task: None if task.waiting_since is None else task.waiting_since.timestamp(),
}
_NEEDS_ME: Final = "needs-me"
SORT_FIELDS: Final[tuple[str, ...]] = (*_KEYS, _NEEDS_ME)
"""What lists can be sorted by; the first is the default."""

_ALIASES: Final = {
    "updated": "updated_at",
    "created": "created_at",
    "age": "created_at",
    "state": "status",
    "repo": "repository",
    "name": "title",
    "needs_me": _NEEDS_ME,
    "waiting_since": "waiting",
}


Place = tuple[int, Any, str]
"""Where a task stands: section, value within it, id. Places of one order can be compared and are never equal for two
tasks, so a sorted list of them can be searched by bisection."""


def sort_tasks(tasks: Iterable[Task], field: str = "updated_at", reverse: bool = False, *, now: datetime) -> list[Task]:
    """Sort tasks: times newest first, waiting and needs-me longest wait first, words from A to Z.

    ``waiting``: what waited once and needs nobody any more comes behind what still does.
    What is not known comes last in either direction; a task never told to have been updated counts from its
    creation. ``needs-me``: tasks that need a person, then the others by status, from what is under way to what has
    ended, and as by ``updated_at``; those under way as by ``created_at``, since their last change is never long ago,
    and rows that change places all the time cannot be read.

    Raises:
        ValidationError: there is no such field; ``context["field"]`` is ``sort``.
    """
    place_of = place_by(field, reverse=reverse)
    return sorted(tasks, key=lambda task: place_of(task, needs_me(task, now) is not None))


def place_by(field: str, *, reverse: bool = False) -> Callable[[Task, bool], Place]:
    """The order of ``sort_tasks`` as a key: called with a task and whether it needs a person now.

    Raises:
        ValidationError: there is no such field; ``context["field"]`` is ``sort``.
    """
    name = check_sort_field(field)
    waiting = _directed(_KEYS[_WAITING], reverse=reverse)
    if name == _WAITING:
        return lambda task, is_needing: _place(waiting(task), task.id, 0 if is_needing else 2)
    if name != _NEEDS_ME:
        key = _directed(_KEYS[name], reverse=reverse)
        return lambda task, _is_needing: _place(key(task), task.id)
    others = _directed(_calm, reverse=reverse)
    direction = -2 if reverse else 2

    def place(task: Task, is_needing: bool) -> Place:
        if is_needing:
            return _place(waiting(task), task.id)
        status = TaskStatus.UNKNOWN if task.on_server is False else task.status
        return _place(others(task), task.id, direction * (1 + _CALM_ORDER[status]))

    return place


def check_sort_field(field: str) -> str:
    """The field as ``SORT_FIELDS`` names it; raises ValidationError."""
    name = field.strip().lower()
    for candidate in (name, name.replace("-", "_"), name.replace("_", "-")):
        known = _ALIASES.get(candidate, candidate)
        if known in SORT_FIELDS:
            return known
    from difflib import get_close_matches

    close = get_close_matches(name, [*SORT_FIELDS, *_ALIASES], n=1, cutoff=0.5)
    raise ValidationError(
        f"Tasks cannot be sorted by '{field}'.",
        hint=f"Did you mean {close[0]}?" if close else "Sort by one of " + ", ".join(SORT_FIELDS) + ".",
        context={"field": "sort", "value": field},
    )


def _place(value: Any, task_id: str, section: int = 0) -> Place:
    return (section + 1, 0, task_id) if value is None else (section, value, task_id)


@dataclass(frozen=True, slots=True)
class _Backwards:
    """Words from Z to A."""

    word: str

    def __lt__(self, other: _Backwards) -> bool:
        return other.word < self.word


def _directed(key: _Key, *, reverse: bool) -> Callable[[Task], Any]:
    if not reverse:
        return key

    def turned(task: Task) -> Any:
        value = key(task)
        if isinstance(value, str):
            return _Backwards(value)
        return None if value is None else -value

    return turned
