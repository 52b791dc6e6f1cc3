"""Searching the texts of blocks: found a slice at a time, kept per block, so that new blocks cost only themselves."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter

from jjm_tui.tui.text.blocks import Block

Found = tuple[tuple[int, int], ...]
"""First character and the one after the last of each match in a block's text, in order."""


class BlockSearch:
    """One search, not case-sensitive. A match is known by its block and its place among the block's matches.

    Attributes:
        term: What is searched.
        current: The match that the person is at.
    """

    def __init__(self, term: str, blocks: Sequence[Block], start: int) -> None:
        self.term = term
        self.current: tuple[Block, int] | None = None
        self._pattern = re.compile(re.escape(term), re.IGNORECASE)
        self._found: dict[Block, Found] = {}
        self._blocks: Sequence[Block] = ()
        self._index: dict[Block, int] = {}
        self._with_matches: list[int] = []
        self._pending: Iterator[int] = iter(())
        self.is_complete = False
        self.replace(blocks, start)

    def replace(self, blocks: Sequence[Block], start: int = 0) -> None:
        """Search other blocks from now on, from block ``start`` on and round; those already searched stay so."""
        self._blocks = blocks
        self._index = {block: index for index, block in enumerate(blocks)}
        self._found = {block: found for block, found in self._found.items() if block in self._index}
        self._with_matches = sorted(self._index[block] for block, found in self._found.items() if found)
        if self.current is not None and self.current[0] not in self._index:
            self.current = None
        self._pending = chain(range(start, len(blocks)), range(start))
        self.is_complete = False

    def scan(self, is_time_up: Callable[[], bool]) -> None:
        """Look through the next blocks; the first match that is found becomes the current one."""
        for index in self._pending:
            block = self._blocks[index]
            if block not in self._found:
                found = tuple(match.span() for match in self._pattern.finditer(block.text))
                self._found[block] = found
                if found:
                    self._with_matches.insert(bisect_left(self._with_matches, index), index)
                    self.current = self.current or (block, 0)
                if is_time_up():
                    return
        self.is_complete = True

    @property
    def total(self) -> int:
        """How many matches have been found so far."""
        return sum(len(self._found[self._blocks[index]]) for index in self._with_matches)

    @property
    def position(self) -> int:
        """The number of the current match, from 1; 0 without one."""
        if self.current is None:
            return 0
        block, place = self.current
        before = bisect_left(self._with_matches, self._index[block])
        return sum(len(self._found[self._blocks[index]]) for index in self._with_matches[:before]) + place + 1

    def within(self, block: Block, start: int, length: int) -> Iterator[tuple[int, int, bool]]:
        """The matches in ``length`` characters of a block's text from ``start`` on, counted from there, cut to them;
        and whether each is the current one."""
        found = self._found.get(block, ())
        if start < 0 or not found:
            return
        for place in range(bisect_right(found, start, key=itemgetter(1)), len(found)):
            first, last = found[place]
            if first >= start + length:
                return
            yield max(0, first - start), min(length, last - start), self.current == (block, place)

    def place(self) -> tuple[int, int] | None:
        """The index of the block of the current match, and where it begins in the block's text."""
        if self.current is None:
            return None
        block, place = self.current
        return self._index[block], self._found[block][place][0]

    def step(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) match, round at the ends."""
        if self.current is None:
            return
        block, place = self.current
        if 0 <= place + direction < len(self._found[block]):
            self.current = block, place + direction
            return
        at = bisect_left(self._with_matches, self._index[block])
        following = self._blocks[self._with_matches[(at + direction) % len(self._with_matches)]]
        self.current = following, 0 if direction > 0 else len(self._found[following]) - 1
