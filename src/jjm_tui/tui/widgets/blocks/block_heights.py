"""Where the blocks of a view begin: their heights, measured or estimated, summed up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Heights:
    """Rows per block. Sums are made when they are next needed: after many changes once, not once per change."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._tops: list[int] | None = None

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def __setitem__(self, index: int, height: int) -> None:
        if self._heights[index] != height:
            self._heights[index] = height
            self._tops = None

    @property
    def total(self) -> int:
        """Rows of all blocks."""
        return self._sums()[-1]

    def top(self, index: int) -> int:
        """The row at which a block begins."""
        return self._sums()[index]

    def find(self, row: int) -> tuple[int, int]:
        """The block that ``row`` is in and which of its rows it is; the last row for what is beyond.

        Raises:
            IndexError: there are no blocks.
        """
        sums = self._sums()
        if not self._heights:
            raise IndexError("no blocks")
        row = max(0, min(row, sums[-1] - 1))
        index = min(bisect_right(sums, row) - 1, len(self._heights) - 1)
        return index, row - sums[index]

    def _sums(self) -> list[int]:
        if self._tops is None:
            self._tops = [0, *accumulate(self._heights)]
        return self._tops
