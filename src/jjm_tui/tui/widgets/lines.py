"""The lines of a list: all of them, those that a filter lets through, and where a cursor can rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.content import Content


class Line(NamedTuple):
    """One line. ``content`` is clean. The cursor rests only on lines with a ``key``, which is what is chosen with them,
    such as a task's id."""

    content: Content
    key: str | None = None


LineTest = Callable[[Line], bool]


class Lines:
    """``shown`` are the lines that pass the filter, in order. ``most``: so many are kept, the newest; ``None`` all."""

    def __init__(self, most: int | None = None) -> None:
        self.shown: list[Line] = []
        self._all: list[Line] = []
        self._most = most
        self._test: LineTest | None = None

    @property
    def total(self) -> int:
        """How many lines there are, with those that the filter hides."""
        return len(self._all)

    def replace(self, lines: Sequence[Line]) -> list[int] | None:
        """Take these lines instead; answer the places that differ, or ``None`` when the order of places changed."""
        new = list(lines)[-self._most :] if self._most else list(lines)
        if self._test is not None or len(new) != len(self._all):
            self._all = new
            self.shown = self._passing(new)
            return None
        places = [
            place for place, (old, line) in enumerate(zip(self._all, new, strict=True)) if not _is_same(old, line)
        ]
        for place in places:
            self._all[place] = self.shown[place] = new[place]
        return places

    def add(self, lines: Sequence[Line]) -> tuple[int, int]:
        """Add lines at the end; answer how many are shown, and how many that were shown had to go."""
        added = self._passing(lines)
        self._all += lines
        self.shown += added
        excess = len(self._all) - (self._most or len(self._all))
        gone = len(self._passing(self._all[:excess])) if excess > 0 else 0
        if excess > 0:
            del self._all[:excess]
            del self.shown[:gone]
        return len(added), gone

    def filter(self, test: LineTest | None) -> None:
        """Show only lines that pass; ``None`` shows all."""
        self._test = test
        self.shown = self._passing(self._all)

    def _passing(self, lines: Sequence[Line]) -> list[Line]:
        return [line for line in lines if self._test is None or self._test(line)]

    # where a cursor can rest

    @property
    def last_stop(self) -> int:
        """The last line with a key; -1 if there is none."""
        return self.stop_near(len(self.shown) - 1, -1)

    def next_stop(self, place: int, step: int) -> int | None:
        """The next line with a key beyond ``place``."""
        beyond = range(place + 1, len(self.shown)) if step > 0 else range(place - 1, -1, -1)
        return next((at for at in beyond if self.shown[at].key is not None), None)

    def stop_near(self, place: int, step: int) -> int:
        """The nearest line with a key from ``place`` on in the direction of ``step``, else in the other; -1 if none."""
        if 0 <= place < len(self.shown) and self.shown[place].key is not None:
            return place
        found = self.next_stop(place, step)
        if found is None:
            found = self.next_stop(place, -step)
        return -1 if found is None else found

    def place_of(self, line: Line | None, place: int) -> int:
        """Where a line is now: its key nearest to ``place``, where it was; else the nearest line with a key."""
        if line is not None:
            same = [at for at, other in enumerate(self.shown) if other.key == line.key]
            if same:
                return min(same, key=lambda at: abs(at - place))
        return self.stop_near(max(0, min(place, len(self.shown) - 1)), 1)


def _is_same(one: Line, other: Line) -> bool:
    return one.key == other.key and one.content.is_same(other.content)
