"""The orders in which lists of tasks are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import heading
from jjm_tui.errors import ValidationError

_STATUS_ORDER: Final = {
    status: place
    for place, status in enumerate(
        (
            TaskStatus.WAITING_APPROVAL,
            TaskStatus.WAITING_FEEDBACK,
            TaskStatus.FAILED,
            TaskStatus.IN_PROGRESS,
            TaskStatus.PENDING,
            TaskStatus.PAUSED,
            TaskStatus.COMPLETED,
            TaskStatus.UNKNOWN,
        )
    )
}
_Key = Callable[[Task], Any]


def _newest(moment: datetime | None) -> float | None:
    return None if moment is None else -moment.timestamp()


_KEYS: Final[dict[str, _Key]] = {
    "updated_at": lambda task: _newest(task.updated_at or task.created_at),
    "created_at": lambda task: _newest(task.created_at),
    "status": lambda task: _STATUS_ORDER[task.status],
    "repository": lambda task: None if task.repository is None else task.repository.casefold(),
    "title": lambda task: heading(task.title, task.description).casefold() or None,
    "id": lambda task: task.id,
    "waiting": lambda task: None if task.waiting_since is None else task.waiting_since.timestamp(),
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


def sort_tasks(tasks: Iterable[Task], field: str = "updated_at", reverse: bool = False, *, now: datetime) -> list[Task]:
    """Sort tasks: times newest first, waiting and needs-me longest wait first, words from A to Z.

    What is not known comes last in either direction; a task never told to have been updated counts from its
    creation. ``needs-me``: tasks that need a person, then the others as by ``updated_at``.

    Raises:
        ValidationError: there is no such field; ``context["field"]`` is ``sort``.
    """
    name = check_sort_field(field)
    ordered = sorted(tasks, key=lambda task: task.id)
    if name != _NEEDS_ME:
        return _sorted_by(ordered, _KEYS[name], reverse=reverse)
    needed = [task for task in ordered if needs_me(task, now) is not None]
    others = [task for task in ordered if needs_me(task, now) is None]
    first = _sorted_by(needed, _KEYS["waiting"], reverse=reverse)
    rest = _sorted_by(others, _KEYS["updated_at"], reverse=reverse)
    return [*rest, *first] if reverse else [*first, *rest]


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


def _sorted_by(tasks: Iterable[Task], key: _Key, *, reverse: bool) -> list[Task]:
    keyed = [(key(task), task) for task in tasks]
    known = [entry for entry in keyed if entry[0] is not None]
    known.sort(key=lambda entry: entry[0], reverse=reverse)
    return [*(task for _, task in known), *(task for value, task in keyed if value is None)]
