"""Undoing local changes: what was done last, and how to take it back. Nothing that a server heard of is in here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change to these tasks is remembered. ``change`` is ``None`` when nothing was changed."""

    task_ids: tuple[str, ...]
    change: asyncio.Future[Change | None]

    @property
    def task_id(self) -> str:
        """The first task that was changed, or is being changed."""
        change = self.change.result() if self.change.done() else None
        return (self.task_ids if change is None else change.task_ids)[0]

    @property
    def is_empty(self) -> bool:
        """Whether it is known that nothing was changed."""
        return self.change.done() and self.change.result() is None


class UndoStack:
    """The last local changes of this run, newest on top. One that is not stored yet has its place already: who undoes
    it at once takes back that one, and not the one before it."""

    def __init__(self) -> None:
        self._places: list[Place] = []

    def begin(self, task_ids: Sequence[str]) -> Place:
        """The place of a change that is under way; who carries it out sets its result."""
        place = Place(tuple(task_ids), asyncio.get_running_loop().create_future())
        self._places = [*self._places, place][-_KEPT:]
        return place

    def pop(self) -> Place | None:
        """The place of the newest change, taken off; ``None`` when there is none."""
        while self._places:
            place = self._places.pop()
            if not place.is_empty:
                return place
        return None

    def __bool__(self) -> bool:
        return not all(place.is_empty for place in self._places)
