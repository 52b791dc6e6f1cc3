"""What a text block is made of: paragraphs, code and tables, each of which becomes rows for a width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, Literal, Protocol

from rich.cells import cell_len

from jjm_tui.tui.text.code_colors import color_lines
from jjm_tui.tui.text.rows import Row, Run, fit_margins, row_cells, row_text, wrap

Align = Literal["left", "center", "right"]

CODE_BAR: Final = Run("│ ", ("bar",))
CODE_WRAPPED_BAR: Final = Run("┊ ", ("bar",))
_COLUMN_GAP: Final = Run(" │ ", ("bar",))
_LEAST_COLUMN: Final = 8
"""Cells; a table whose columns would be narrower is shown as one line per cell."""


class Item(Protocol):
    """Something with rows. ``colored``: with the colours of code, which cost time and change no height."""

    def rows(self, width: int, *, colored: bool) -> list[Row]: ...


@dataclass(frozen=True, slots=True)
class Document:
    """A text that has been read: ``text`` is what is shown, unwrapped and without margins."""

    text: str
    items: tuple[Item, ...]

    def rows(self, width: int, *, colored: bool) -> list[Row]:
        """All rows for a width of so many cells."""
        return [row for item in self.items for row in item.rows(width, colored=colored)]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of text, broken between words. Without runs it is an empty row."""

    runs: Row
    first: Row = ()
    rest: Row = ()

    def rows(self, width: int, *, colored: bool) -> list[Row]:
        return wrap(self.runs, width, self.first, self.rest)


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code behind a bar, broken anywhere; a row that continues a line has a dashed bar.

    ``file_name`` tells the language as ``code_colors`` understands it, empty for none; ``diff`` marks changed lines.
    """

    lines: tuple[str, ...]
    start: int
    file_name: str = ""
    is_diff: bool = False
    first: Row = ()
    rest: Row = ()

    def rows(self, width: int, *, colored: bool) -> list[Row]:
        rows: list[Row] = []
        spans = color_lines(self.file_name, self.lines) if colored and self.file_name else [()] * len(self.lines)
        start, margin = self.start, self.first
        for line, colors in zip(self.lines, spans, strict=True):
            runs = self._runs(line, colors, start)
            rows += wrap(runs, width, (*margin, CODE_BAR), (*self.rest, CODE_WRAPPED_BAR), fold=True)
            start, margin = start + len(line) + 1, self.rest
        return rows

    def _runs(self, line: str, colors: Sequence[tuple[int, int, str]], start: int) -> Row:
        if self.is_diff:
            return (Run(line, ("code", *_diff_role(line)), start),)
        runs: list[Run] = []
        position = 0
        for left, right, role in colors:
            if left > position:
                runs.append(Run(line[position:left], ("code",), start + position))
            runs.append(Run(line[left:right], ("code", f"code-{role}"), start + left))
            position = right
        if position < len(line) or not runs:
            runs.append(Run(line[position:], ("code",), start + position))
        return tuple(runs)


def _diff_role(line: str) -> tuple[str, ...]:
    if line.startswith("@@"):
        return ("diff-place",)
    if line.startswith(("+++", "---", "diff ", "index ")):
        return ("diff-file",)
    return {"+": ("diff-added",), "-": ("diff-removed",)}.get(line[:1], ())


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first one the heading; columns shrink to the width, and become lines where it is too small."""

    cells: tuple[tuple[Row, ...], ...]
    aligns: tuple[Align, ...]
    first: Row = ()
    rest: Row = ()

    def rows(self, width: int, *, colored: bool) -> list[Row]:
        first, rest, displaced = fit_margins(self.first, self.rest, width)
        room = width - max(row_cells(first), row_cells(rest))
        widths = self._widths(room)
        lines = self._lines(room) if widths is None else self._columns(widths)
        margined = [(first if index == 0 else rest) + row for index, row in enumerate(lines)]
        return [displaced, *margined] if displaced else margined

    def _widths(self, room: int) -> list[int] | None:
        """The cells of each column: what it needs, the widest ones cut down to what there is."""
        left = room - cell_len(_COLUMN_GAP.text) * (len(self.aligns) - 1)
        widths = [max(1, *(min(room, row_cells(cell)) for cell in column)) for column in zip(*self.cells, strict=True)]
        if sum(min(width, _LEAST_COLUMN) for width in widths) > left:
            return None
        while sum(widths) > left:
            widths[max(range(len(widths)), key=widths.__getitem__)] -= 1
        return widths

    def _columns(self, widths: Sequence[int]) -> list[Row]:
        rows: list[Row] = []
        for number, cells in enumerate(self.cells):
            wrapped = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
            for parts in zip_longest(*wrapped, fillvalue=()):
                row: list[Run] = []
                for index, (part, width, align) in enumerate(zip(parts, widths, self.aligns, strict=True)):
                    if index:
                        row.append(_COLUMN_GAP)
                    row += _aligned(part, width, align)
                rows.append(tuple(row))
            if number == 0:
                rows.append((Run("─┼─".join("─" * width for width in widths), ("bar",)),))
        return rows

    def _lines(self, width: int) -> list[Row]:
        """Every cell on a line of its own behind the name of its column."""
        heading, *body = self.cells
        if not body:
            return [row for cell in heading for row in wrap(cell, width)]
        rows: list[Row] = []
        for number, cells in enumerate(body):
            if number:
                rows.append(())
            for name, cell in zip(heading, cells, strict=True):
                shown = name if number == 0 else tuple(Run(run.text, run.roles) for run in name)
                colon = (Run(": ", ("muted",)),) if row_text(name).strip() else ()
                rows += wrap((*shown, *colon, *cell), width, (), (Run("  "),))
        return rows


def _aligned(part: Row, width: int, align: Align) -> list[Run]:
    space = max(0, width - row_cells(part))
    before = {"left": 0, "center": space // 2, "right": space}[align]
    padded = [Run(" " * before), *part, Run(" " * (space - before))]
    return [run for run in padded if run.text]
