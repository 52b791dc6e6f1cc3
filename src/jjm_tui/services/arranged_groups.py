"""Groups of tasks held in order: sorted lists that are changed in place and given out as pictures that never change."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from jjm_tui.domain.order import Place


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks under one heading, in order. ``title`` is foreign text where grouped by repository; a flat list has none.

    ``key``: a kind of ``domain.counts``, the repository (``""``: not known), or ``all``.
    """

    title: str
    key: str
    task_ids: tuple[str, ...]


class Position(NamedTuple):
    """Where a task is shown: the number of its group and its place in it, both from 0."""

    group: int
    place: int


class Slot(NamedTuple):
    """Where a task belongs: the key of its group, ``None`` while it is not shown, and its place in the order."""

    group: str | None
    place: Place


class OrderedGroups:
    """All groups that have tasks. One task moves at the cost of two bisections."""

    def __init__(self, title_of: Callable[[str], str], rank_of: Callable[[str], Any]) -> None:
        """``title_of`` gives the heading for a group's key; ``rank_of`` what the groups themselves are sorted by."""
        self._title_of = title_of
        self._rank_of = rank_of
        self._buckets: dict[str, _Bucket] = {}
        self._groups: tuple[Group, ...] | None = ()

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups in order, as they are now."""
        if self._groups is None:
            keys = sorted((key for key, bucket in self._buckets.items() if bucket.task_ids), key=self._rank_of)
            self._groups = tuple(self._buckets[key].picture() for key in keys)
        return self._groups

    def fill(self, slots: Iterable[Slot]) -> None:
        """Replace everything; a slot that is not shown is left out."""
        places: dict[str, list[Place]] = {}
        for group, place in slots:
            if group is not None:
                places.setdefault(group, []).append(place)
        self._buckets = {key: _Bucket(self._title_of(key), key, found) for key, found in places.items()}
        self._groups = None

    def move(self, old: Slot | None, new: Slot | None) -> bool:
        """Take one task from its slot to another; ``None``: it was or is not there. False: no row moves."""
        left = old if old is not None and old.group is not None else None
        joined = new if new is not None and new.group is not None else None
        if left == joined:
            return False
        if left is not None and joined is not None and left.group == joined.group:
            has_moved = self._bucket(left).move(left.place, joined.place)
        else:
            if left is not None:
                self._bucket(left).remove(left.place)
            if joined is not None:
                self._bucket(joined).insert(joined.place)
            has_moved = True
        if has_moved:
            self._groups = None
        return has_moved

    def position(self, slot: Slot) -> Position | None:
        """Where the task of this slot is shown."""
        if slot.group is None:
            return None
        number = next(number for number, group in enumerate(self.groups) if group.key == slot.group)
        return Position(number, bisect_left(self._buckets[slot.group].places, slot.place))

    def _bucket(self, slot: Slot) -> _Bucket:
        key = slot.group or ""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._title_of(key), key, [])
        return bucket


class _Bucket:
    """One group as two parallel lists, and the last picture of it that was given out."""

    __slots__ = ("_picture", "key", "places", "task_ids", "title")

    def __init__(self, title: str, key: str, places: list[Place]) -> None:
        places.sort()
        self.title = title
        self.key = key
        self.places = places
        self.task_ids = [place[-1] for place in places]
        self._picture: Group | None = None

    def insert(self, place: Place) -> None:
        index = bisect_left(self.places, place)
        self.places.insert(index, place)
        self.task_ids.insert(index, place[-1])
        self._picture = None

    def remove(self, place: Place) -> None:
        index = bisect_left(self.places, place)
        del self.places[index], self.task_ids[index]
        self._picture = None

    def move(self, old: Place, new: Place) -> bool:
        before = bisect_left(self.places, old)
        del self.places[before]
        after = bisect_left(self.places, new)
        self.places.insert(after, new)
        if before == after:
            return False
        self.task_ids.insert(after, self.task_ids.pop(before))
        self._picture = None
        return True

    def picture(self) -> Group:
        if self._picture is None:
            self._picture = Group(self.title, self.key, tuple(self.task_ids))
        return self._picture
