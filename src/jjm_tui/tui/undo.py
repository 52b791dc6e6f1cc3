"""Undoing local changes: what was done last, and how to take it back. Nothing that a server heard of is in here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

_KEPT: Final = 50

Undoing = Callable[[], Awaitable[object]]


class UndoStack:
    """The last local changes of this run, newest on top."""

    def __init__(self) -> None:
        self._changes: list[tuple[str, Undoing]] = []

    def push(self, what: str, undoing: Undoing) -> None:
        """Remember how to take back ``what``, a phrase such as *archived 3 tasks*."""
        self._changes = [*self._changes, (what, undoing)][-_KEPT:]

    def pop(self) -> tuple[str, Undoing] | None:
        """The newest change, taken off; ``None`` when there is none."""
        return self._changes.pop() if self._changes else None

    def __bool__(self) -> bool:
        return bool(self._changes)
