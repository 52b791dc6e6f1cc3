"""Undoing local changes: what was done last, and how to take it back. Nothing that a server heard of is in here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

_KEPT: Final = 50

Undoing = Callable[[], Awaitable[object]]


class Change(NamedTuple):
    """``what`` was done, a phrase such as *archived 3 tasks*, to which tasks, and how to take it back. ``told``: the
    toast that says so, which is no longer true then."""

    what: str
    task_ids: tuple[str, ...]
    undoing: Undoing
    told: str = ""


class UndoStack:
    """The last local changes of this run, newest on top."""

    def __init__(self) -> None:
        self._changes: list[Change] = []

    def push(self, change: Change) -> None:
        """Remember how to take this back."""
        self._changes = [*self._changes, change][-_KEPT:]

    def pop(self) -> Change | None:
        """The newest change, taken off; ``None`` when there is none."""
        return self._changes.pop() if self._changes else None

    def __bool__(self) -> bool:
        return bool(self._changes)
