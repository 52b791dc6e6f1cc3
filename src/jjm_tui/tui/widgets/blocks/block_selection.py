"""Selecting text in a view over blocks: positions that stay where they are while heights change, and what is copied.

Textual names a selected place by column and line. Our line is the number of the block and the row in it, so that a
selection does not slide when a block above it turns out to be taller than estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from textual.geometry import Offset
from textual.selection import Selection

from jjm_tui.tui.text.blocks import Block
from jjm_tui.tui.text.rows import Row, row_text

_ROWS_PER_BLOCK: Final = 1 << 20


class Place(NamedTuple):
    """A character of a row of a block."""

    block: int
    row: int
    column: int


def line_number(block: int, row: int) -> int:
    """The line by which a selection knows a row."""
    return block * _ROWS_PER_BLOCK + row


def place_of(offset: Offset) -> Place:
    """The row and column behind an end of a selection."""
    block, row = divmod(offset.y, _ROWS_PER_BLOCK)
    return Place(block, row, offset.x)


def selected_text(selection: Selection, blocks: Sequence[Block], rows_of: Callable[[int], Sequence[Row]]) -> str:
    """What is copied: of the first and the last block what is selected, as shown but without our line breaks; blocks
    between them as they were written."""
    first = None if selection.start is None else place_of(selection.start)
    last = None if selection.end is None else place_of(selection.end)
    begin = 0 if first is None else first.block
    end = len(blocks) - 1 if last is None else min(last.block, len(blocks) - 1)
    copied: list[str] = []
    for index in range(begin, end + 1):
        start = first if first is not None and first.block == index else None
        stop = last if last is not None and last.block == index else None
        if start is None and stop is None:
            copied.append(blocks[index].source)
        else:
            copied.append(_part(blocks[index], rows_of(index), start, stop))
    return "\n".join(copied)


def _part(block: Block, rows: Sequence[Row], start: Place | None, stop: Place | None) -> str:
    if not rows:
        return ""
    first = start or Place(0, 0, 0)
    last = stop or Place(0, len(rows) - 1, len(row_text(rows[-1])))
    if not block.text:
        return _as_shown(rows, first, last)
    left, right = _position(rows, first, 0), _position(rows, last, len(block.text))
    if block.text.count("`", left, right) % 2:  # one of a pair that is not shown is at the edge
        if block.text[right : right + 1] == "`":
            right += 1
        elif left and block.text[left - 1] == "`":
            left -= 1
    return block.text[left:right]


def _as_shown(rows: Sequence[Row], first: Place, last: Place) -> str:
    lines = [row_text(row) for row in rows[first.row : last.row + 1]]
    if last.row < len(rows) and lines:
        lines[-1] = lines[-1][: last.column]
    if lines:
        lines[0] = lines[0][first.column :]
    return "\n".join(lines)


def _position(rows: Sequence[Row], place: Place, otherwise: int) -> int:
    """Where in the text of the block a place is; a place on a margin or beyond the row is the text next to it."""
    for number in range(place.row, len(rows)):
        column = place.column if number == place.row else 0
        passed, beyond = 0, -1
        for run in rows[number]:
            if run.start >= 0:
                if column < passed + len(run.text):
                    return run.start + max(0, column - passed)
                beyond = run.start + len(run.text)
            passed += len(run.text)
        if beyond >= 0:
            return beyond
    return otherwise
