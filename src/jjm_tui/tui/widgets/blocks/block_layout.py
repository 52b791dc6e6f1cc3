"""Which block stands where in a view of blocks: heights measured where it matters, estimated elsewhere.

Knows blocks, a width and rows, nothing of Textual. A ``top`` is the row of everything that is at the upper edge of the
screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, zip_longest
from operator import is_not
from typing import NamedTuple

from jjm_tui.tui.text.blocks import Block
from jjm_tui.tui.widgets.blocks.block_heights import Heights


class Place(NamedTuple):
    """The beginning of a row, which is found again when the text has another width.

    ``row`` of block number ``block`` while the text is ``width`` cells wide, and where in the block's text that row
    begins, -1 where it shows none.
    """

    block: int
    row: int
    position: int
    width: int


class BlockLayout:
    """The blocks of a view, laid out for a width in cells. Before a width is known there are no rows.

    Attributes:
        blocks: In order; each at most once.
        width: In cells, 0 until it is known.
    """

    def __init__(self) -> None:
        self.blocks: Sequence[Block] = ()
        self.width = 0
        self._index: dict[Block, int] = {}
        self._heights = Heights()
        self._measured: dict[Block, int] = {}
        self._unmeasured: Iterator[int] | None = None

    def replace(self, blocks: Sequence[Block]) -> None:
        """Other blocks; what was measured of those that stay is kept."""
        self.blocks = tuple(blocks)
        self._index = {block: index for index, block in enumerate(self.blocks)}
        self._measured = {block: height for block, height in self._measured.items() if block in self._index}
        self._estimate()

    def resize(self, width: int) -> None:
        """Another width: nothing is measured any more."""
        self.width = width
        self._measured.clear()
        self._estimate()

    def _estimate(self) -> None:
        measured, width = self._measured, self.width
        if width:
            self._heights = Heights(
                measured[block] if block in measured else block.estimate(width) for block in self.blocks
            )
        self._unmeasured = None

    def __contains__(self, block: Block) -> bool:
        return block in self._index

    def index(self, block: Block) -> int:
        """Where a block stands in the order.

        Raises:
            KeyError: it is not here.
        """
        return self._index[block]

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to place."""
        return bool(self.blocks) and self.width > 0

    @property
    def total(self) -> int:
        """Rows of everything, as far as known."""
        return self._heights.total if self.width else 0

    def top_of(self, index: int) -> int:
        """The row at which a block begins."""
        return self._heights.top(index) if self.width else 0

    def find(self, row: int) -> tuple[int, int]:
        """The block that a row is in and which of its rows it is; the nearest one for a row that is not there."""
        return self._heights.find(row) if self.has_rows else (0, 0)

    # measuring

    def measure(self, index: int) -> int:
        """The true height of a block."""
        block = self.blocks[index]
        height = self._measured.get(block)
        if height is None:
            height = self._measured[block] = block.measure(self.width)
            self._heights[index] = height
        return height

    @property
    def is_measured(self) -> bool:
        """Whether all heights are true."""
        return len(self._measured) == len(self.blocks)

    def measure_some(self, near: int, is_time_up: Callable[[], bool]) -> None:
        """Measure further blocks, from block ``near`` outwards, until the time is up."""
        if self._unmeasured is None:
            ways = zip_longest(range(near, len(self.blocks)), range(near - 1, -1, -1))
            self._unmeasured = (index for index in chain.from_iterable(ways) if index is not None)
        for index in self._unmeasured:
            if self.blocks[index] not in self._measured:
                self.measure(index)
                if is_time_up():
                    return

    # places

    def place(self, index: int, row: int, screen_row: int, height: int) -> int:
        """The top at which a row of a block stands at a row of the screen; everything on the screen is measured.

        ``height``: rows of the screen. Near the ends the screen is filled instead.
        """
        row = min(row, max(0, self.measure(index) - 1)) - screen_row
        while row < 0 and index > 0:
            index -= 1
            row += self.measure(index)
        row = max(0, row)
        filled, following = -row, index
        while filled < height and following < len(self.blocks):
            filled += self.measure(following)
            following += 1
        while filled < height and (row > 0 or index > 0):
            if row == 0:
                index -= 1
                row = self.measure(index)
            step = min(row, height - filled)
            row, filled = row - step, filled + step
        return self._heights.top(index) + row

    def place_end(self, height: int) -> int:
        """The top at which the last row stands at the lower edge of the screen."""
        last = len(self.blocks) - 1
        return self.place(last, max(0, self.measure(last) - 1), max(0, height - 1), height)

    # comparing with what comes next

    def first_change(self, blocks: Sequence[Block]) -> int:
        """The index of the first block that is another one, or their number when all are the same."""
        changed = map(is_not, self.blocks, blocks)
        return next((index for index, is_other in enumerate(changed) if is_other), min(len(self.blocks), len(blocks)))

    def place_kept(self, blocks: Sequence[Block], top: int, height: int) -> tuple[Block, int] | None:
        """Of what is on the screen, the first block that ``blocks`` still has, or what stands for the same there, and
        the screen row at which it begins (negative: above the screen)."""
        if not self.has_rows:
            return None
        still = set(blocks)
        by_key = {block.key: block for block in blocks if block.key is not None}
        for index in range(self.find(top)[0], self.find(top + height - 1)[0] + 1):
            block = self.blocks[index]
            kept = block if block in still else None if block.key is None else by_key.get(block.key)
            if kept is not None and block.holds_place:
                return kept, self.top_of(index) - top
        return None

    def news(self, blocks: Sequence[Block], top: int, height: int) -> list[Block]:
        """Blocks that stand for something that was not there, below what is on the screen."""
        known = {block.key for block in self.blocks}
        news = [block for block in blocks if block.key is not None and block.key not in known]
        if not news or not self.has_rows:
            return []
        places = {block: index for index, block in enumerate(blocks)}
        seen = self.blocks[: self.find(top + height - 1)[0] + 1]
        last_seen = next((places[block] for block in reversed(seen) if block in places), -1)
        return [block for block in news if places[block] > last_seen]
