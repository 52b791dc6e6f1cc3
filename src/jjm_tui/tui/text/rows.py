"""Rows of styled text: runs of characters with roles instead of colours, broken to a width, painted late.

A row knows nothing of the theme, so a change of colours lays nothing out again. All text in runs is clean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style

Roles = tuple[str, ...]
"""Names of what the text is, such as ``heading`` or ``code``; later ones are laid over earlier ones."""


class Run(NamedTuple):
    """Characters with the same roles.

    ``start`` is the offset of the first one in the text of the block, -1 for what only decorates (bars, margins).
    """

    text: str
    roles: Roles = ()
    start: int = -1


Row = tuple[Run, ...]
Mark = tuple[int, int, Style]
"""First character, the one after the last, and a style to lay over them."""

_CODE: Final = re.compile(r"(?<!`)`(?! *`)([^`\n]+)`(?!`)")

_LEAST_ROOM: Final = 2
"""Cells; one character may take two."""

_JOINING: Final = "\u200d"
_WIDENING: Final = "\ufe0f"
_WIDE: Final = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    "\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003fffd"
)
_CLOSING: Final = "\u3001\u3002\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\u300d\u300f\u3011\u300b\u3009\uff09"
_WORDS: Final = re.compile(rf"^( +)|([{_WIDE}][{_CLOSING}]*) *|([^ {_WIDE}]+) *")
"""A word and the spaces after it. Between wide characters a line may be broken, but not before closing punctuation."""


def code_runs(text: str, roles: Roles, start: int) -> Iterator[Run]:
    """A line in which words in single backticks are code. The backticks have no row; they stay in the text of the
    block, so that what is copied has them."""
    position = 0
    for found in _CODE.finditer(text):
        if found.start() > position:
            yield Run(text[position : found.start()], roles, start + position)
        yield Run(found[1], (*roles, "code-inline"), start + found.start(1))
        position = found.end()
    if position < len(text) or not text:
        yield Run(text[position:], roles, start + position)


def row_text(row: Row) -> str:
    """The characters of a row."""
    return "".join([run.text for run in row])


def row_cells(row: Row) -> int:
    """Terminal cells that a row takes."""
    return sum([cell_len(run.text) for run in row])


def wrap(runs: Row, width: int, first: Row = (), rest: Row = (), *, fold: bool = False) -> list[Row]:
    """Break one line of text into rows of at most ``width`` cells.

    Args:
        runs: The line.
        width: Cells, margins included.
        first: The margin of the first row; it may hold text, such as the number of a list item.
        rest: The margin of the other rows.
        fold: Break anywhere and keep every space, as code wants it; else between words.
    """
    first, rest, displaced = fit_margins(first, rest, width)
    runs = displaced + runs
    text = row_text(runs)
    room = max(_LEAST_ROOM, width - row_cells(first)), max(_LEAST_ROOM, width - row_cells(rest))
    if cell_len(text) <= room[0]:
        return [first + runs]
    cuts = _fold_cuts(text, *room) if fold else _word_cuts(text, *room)
    return [(first if index == 0 else rest) + row for index, row in enumerate(_slices(runs, cuts))]


def fit_margins(first: Row, rest: Row, width: int) -> tuple[Row, Row, Row]:
    """Both margins and nothing; or no margins where they would take more than half of the width, and their text."""
    if max(row_cells(first), row_cells(rest)) <= width // 2:
        return first, rest, ()
    return (), (), tuple(run for run in first if run.start >= 0)


def _word_cuts(text: str, room: int, next_room: int) -> list[tuple[int, int]]:
    """Where rows begin and end when broken between words; words that are too long are folded."""
    cuts: list[tuple[int, int]] = []
    start = end = used = 0
    for match in _WORDS.finditer(text):
        word_start, word_end = match.span(match.lastindex or 0)
        cells = cell_len(text[word_start:word_end])
        if word_start > start and used + cells > room:
            cuts.append((start, end))
            start, used, room = word_start, 0, next_room
        if cells > room:
            *folded, (start, end) = _fold_cuts(text[word_start:word_end], room, next_room)
            cuts += [(word_start + left, word_start + right) for left, right in folded]
            start, end = word_start + start, word_start + end
            used, room = cell_len(text[start:end]), next_room
        else:
            used += cells
        used += match.end() - word_end
        end = word_end
    cuts.append((start, end))
    return cuts


def _fold_cuts(text: str, room: int, next_room: int) -> list[tuple[int, int]]:
    """Where rows begin and end when broken anywhere, but not inside of what is drawn as one character.

    A joined emoji counts as its parts, which may leave a row shorter than it could be but never makes it too long.
    """
    if text.isascii():
        return [(0, room), *((start, start + next_room) for start in range(room, len(text), next_room))]
    cuts: list[tuple[int, int]] = []
    start = breakable = used = used_there = 0
    before = ""
    for index, character in enumerate(text):
        cells = 1 if character == _WIDENING else get_character_cell_size(character)
        if cells and character != _WIDENING and before != _JOINING:
            breakable, used_there = index, used
        if used + cells > room and index > start:
            cut, left = (breakable, used - used_there) if breakable > start else (index, 0)
            cuts.append((start, cut))
            start, used, room = cut, left, next_room
            used_there = 0
        used += cells
        before = character
    return [*cuts, (start, len(text))]


def _slices(runs: Row, cuts: Iterable[tuple[int, int]]) -> Iterator[Row]:
    """The parts of a line, which follow each other; every run is looked at once per part that it is in."""
    index = passed = 0
    for start, end in cuts:
        row: list[Run] = []
        while index < len(runs):
            text, roles, origin = runs[index]
            left, right = max(start - passed, 0), min(end - passed, len(text))
            if left < right:
                row.append(Run(text[left:right], roles, origin + left if origin >= 0 else -1))
            if passed + len(text) > end:
                break
            passed += len(text)
            index += 1
        yield tuple(row)


def row_at(rows: Sequence[Row], position: int) -> int:
    """The index of the row that shows the character at ``position`` of the block's text, or the next one shown."""
    best, distance = 0, -1
    for index, row in enumerate(rows):
        for run in row:
            if run.start < 0:
                continue
            if run.start <= position < run.start + len(run.text):
                return index
            if run.start > position and (distance < 0 or run.start - position < distance):
                best, distance = index, run.start - position
    return best


def paint(row: Row, style_of: Callable[[Roles], Style], marks: Sequence[Mark] = ()) -> list[Segment]:
    """A row as segments; ``marks`` count characters from the beginning of the row."""
    if not marks:
        return [Segment(run.text, style_of(run.roles)) for run in row]
    edges = sorted({edge for start, end, _ in marks for edge in (start, end)})
    segments: list[Segment] = []
    position = 0
    for run in row:
        end = position + len(run.text)
        points = [position, *(edge for edge in edges if position < edge < end), end]
        for left, right in pairwise(points):
            style = style_of(run.roles)
            for first, last, mark in marks:
                if first <= left < last:
                    style += mark
            segments.append(Segment(run.text[left - position : right - position], style))
        position = end
    return segments
