"""Where a person reads in a diff, in words that still hold when the diff is read again with more in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from jjm_tui.domain.patches import PatchFile
from jjm_tui.tui.patches.patch_lines import Patch

_OLD_START: Final = re.compile(r"@@+ -([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class KeptPlace:
    """A line of a file, and where in the view it stands. Lines of the old file have the same numbers in every reading.

    ``hunk_index``, ``hunk_start``: its hunk, counted from zero, and the old line that this begins at; ``None`` above
    the first one. ``old_number``: the last line of the old file up to there, 0 for the header; ``rest``: lines below
    that. ``below``: rows below the top of the view; ``top`` and ``column``: how far that is scrolled. ``is_followed``:
    nobody went there, it is only what is in view.
    """

    name: str
    hunk_index: int
    hunk_start: int | None
    old_number: int
    rest: int
    below: int
    top: int
    column: int
    is_followed: bool

    def line_in(self, patch: Patch, file: PatchFile) -> int:
        """The line of ``file``, which was read to its end, that is meant."""
        if self.hunk_start is None or not file.hunks:
            above = file.hunks[0] if file.hunks else file.end
            return max(file.start, min(file.start + self.rest, above - 1))
        index = self._hunk_in(patch, file)
        begin, end = file.hunks[index], (*file.hunks, file.end)[index + 1]
        numbers = patch.old_numbers[begin:end]
        if self.old_number and self.old_number in numbers:
            begin += numbers.index(self.old_number)
        return min(begin + self.rest, end - 1)

    def _hunk_in(self, patch: Patch, file: PatchFile) -> int:
        """The hunk that begins at the same line, else the one that may have taken it in."""
        starts = [_old_start(patch, hunk) for hunk in file.hunks]
        if self.hunk_index < len(starts) and starts[self.hunk_index] == self.hunk_start:
            return self.hunk_index
        return max((index for index, start in enumerate(starts) if start <= (self.hunk_start or 0)), default=0)


def hunk_and_number(patch: Patch, file: PatchFile, line: int) -> tuple[int, int | None, int, int]:
    """``hunk_index``, ``hunk_start``, ``old_number`` and ``rest`` of a line."""
    index = sum(hunk <= line for hunk in file.hunks) - 1
    if index < 0:
        return 0, None, 0, line - file.start
    hunk = file.hunks[index]
    near = next((each for each in range(line, hunk, -1) if patch.old_numbers[each]), hunk)
    return index, _old_start(patch, hunk), patch.old_numbers[near], line - near


def _old_start(patch: Patch, hunk: int) -> int:
    found = _OLD_START.match(patch.lines[hunk])
    return 0 if found is None else int(found[1])
