"""Search in the shown text of a diff, in slices: where the matches are, and at which of them the person stands."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from jjm_tui.tui.patches.patch_lines import Patch, is_told_above
from jjm_tui.tui.text.cell_text import shown

_MOST_CHARACTERS: Final = 200_000
"""Characters that are searched before others get their turn."""


class PatchSearch:
    """All places of ``term`` in a diff, whatever the case of letters. ``origin``: the line to begin at."""

    def __init__(self, patch: Patch, term: str, origin: int) -> None:
        self.patch = patch
        self.term = term
        self.origin = origin
        self._wanted = _folded(shown(term))
        self.length = len(self._wanted)
        self.lines = array("q")
        self.starts = array("q")
        self.searched = 0
        self.at: int | None = None
        """Which match the person stands at, counted from zero."""

    @property
    def is_done(self) -> bool:
        """Whether the whole diff was searched."""
        return self.searched >= len(self.patch.lines)

    @property
    def match(self) -> tuple[int, int] | None:
        """Line and first character of the match that the person stands at."""
        return None if self.at is None else (self.lines[self.at], self.starts[self.at])

    def scan(self, count: int) -> None:
        """Search the next ``count`` lines, fewer where they are very long."""
        end = min(self.searched + count, len(self.patch.lines))
        room = _MOST_CHARACTERS
        while self.searched < end and room > 0:
            text = _folded(self._text(self.searched))
            room -= len(text)
            start = text.find(self._wanted)
            while start >= 0:
                self.lines.append(self.searched)
                self.starts.append(start)
                start = text.find(self._wanted, start + self.length)
            self.searched += 1

    def _text(self, line: int) -> str:
        """What is searched: of the header lines of a file its name, which stands above it."""
        if line >= self.patch.scanned or not is_told_above(self.patch, line):
            return self.patch.text(line)
        file = self.patch.file_at(line)
        return file.shown_name if file is not None and file.start == line else ""

    def in_line(self, line: int, first: int, last: int) -> Sequence[int]:
        """Where matches that touch the characters ``first`` to ``last`` of a line begin."""
        begin, end = bisect_left(self.lines, line), bisect_right(self.lines, line)
        starts = self.starts[begin:end]
        return starts[bisect_right(starts, first - self.length) : bisect_left(starts, last)]

    def start(self) -> bool:
        """Stand at the first match from the origin on, once the search came that far; whether that is so now."""
        if not self.lines or not (self.is_done or self.lines[-1] >= self.origin):
            return False
        self.at = bisect_left(self.lines, self.origin) % len(self.lines)
        return True

    def step(self, by: int) -> None:
        """Stand at the next (1) or the previous (-1) match; after the last one comes the first."""
        if self.lines:
            self.at = ((self.at or 0) + by) % len(self.lines) if self.at is not None else 0


def _folded(text: str) -> str:
    """``text`` in small letters, as long as before."""
    folded = text.lower()
    if len(folded) == len(text):
        return folded
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
