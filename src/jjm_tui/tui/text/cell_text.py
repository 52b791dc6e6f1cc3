"""One line of foreign text as terminal cells: everything in it visible, tabs expanded, cut by cells, not characters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rich.cells import cell_len, split_graphemes

from jjm_tui.domain.text import ELLIPSIS, clean_exactly

TAB_CELLS: Final = 4
MINUS: Final = "\u2212"
"""The sign before counts of removed lines, as wide as a plus."""
_LINE_FEED: Final = "\u240a"
"""As ``domain.text.clean`` draws the others."""

_PIECE: Final = 256
"""Characters that are measured at once on the way into a long line."""

_LONG_LINE: Final = 4096
_MOST_CHARACTERS: Final = 16_384
"""Characters of one line that are drawn at once; only piles of combining ones need more than a few hundred."""


def shown(line: str) -> str:
    """``line`` as it can be shown: harmless, one line, nothing left out, tabs up to the next multiple of four cells.

    ``clean`` drops whole escape sequences, which would hide them where people review code. It finds nothing left to
    change in the result.
    """
    if line.isascii() and line.isprintable():
        return line
    return _make_visible(line) if len(line) < _LONG_LINE else _make_long_visible(line)


def _make_visible(line: str) -> str:
    return _expand_tabs(clean_exactly(line.replace("\n", _LINE_FEED)))


_make_long_visible = lru_cache(64)(_make_visible)


def _expand_tabs(line: str) -> str:
    if "\t" not in line:
        return line
    if line.isascii():
        return line.expandtabs(TAB_CELLS)
    *pieces, last = line.split("\t")
    return "".join(piece + " " * (TAB_CELLS - _measure(piece) % TAB_CELLS) for piece in pieces) + last


def _measure(text: str) -> int:
    """Cells of a text of any length; plain parts of it cost hardly anything."""
    pieces = (text[position : position + _PIECE] for position in range(0, len(text), _PIECE))
    return sum(len(piece) if piece.isascii() else cell_len(piece) for piece in pieces)


def cut_cells(text: str, start: int, width: int) -> tuple[int, int, int]:
    """Which characters stand in the cells ``start`` to ``start + width``: the first, and the one after the last.

    The third number is how many cells stay free before the first one, where half a wide character is cut off.
    """
    if text.isascii():
        return min(start, len(text)), min(start + width, len(text)), 0
    begin, cell = _pass_over(text, start)
    first: int | None = None
    gap = 0
    end = begin
    for grapheme_start, grapheme_end, cells in _graphemes(text, begin, start - cell + width):
        if cell + cells > start + width:
            break
        if first is None and cell >= start:
            first, gap = grapheme_start, cell - start
        cell += cells
        end = grapheme_end
    return (end, end, 0) if first is None else (first, end, gap)


def _pass_over(text: str, start: int) -> tuple[int, int]:
    """A place not after the cell ``start``, and its cell; measured by pieces, so that megabytes can be scrolled."""
    position = cell = 0
    while position + _PIECE < len(text):
        following = cell + cell_len(text[position : position + _PIECE])
        if following > start:
            break
        position, cell = position + _PIECE, following
    return position, cell


def _graphemes(text: str, begin: int, cells: int) -> Iterator[tuple[int, int, int]]:
    """What the terminal draws as one, from ``begin`` on, enough for ``cells``; combining characters take no cells."""
    for position in range(begin, min(len(text), begin + _MOST_CHARACTERS), _PIECE):
        for first, last, width in split_graphemes(text[position : position + _PIECE])[0]:
            yield position + first, position + last, width
            cells -= width
        if cells < 0:
            return


def keep_end(text: str, width: int) -> str:
    """One line of shown text cut to ``width`` cells at its beginning, where paths say least."""
    if cell_len(text) <= width:
        return text
    kept = 0
    first = len(text)
    for start, _, cells in reversed(split_graphemes(text[-4 * _PIECE :])[0]):
        if kept + cells > width - 1:
            break
        kept, first = kept + cells, start + max(0, len(text) - 4 * _PIECE)
    return ELLIPSIS[: max(0, width)] + text[first:] if width > 0 else ""
