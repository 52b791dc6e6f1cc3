"""Plots made of block characters: gauges, bars with their numbers, columns per day. Lines for a ``LineList``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from jjm_tui.domain.text import clean_line
from jjm_tui.tui.widgets.line_styles import ACCENT, MUTED
from jjm_tui.tui.widgets.lines import Line
from jjm_tui.tui.widgets.tasks.task_row import fit

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_STEPS: Final = " ▁▂▃▄▅▆▇█"
_FULL: Final = "█"
TRACK: Final = "░"
"""What of a gauge is not filled."""
UNKNOWN: Final = "·"
"""Stands where nothing is known, as opposed to nothing having happened."""


def bar(fraction: float, width: int) -> str:
    """A horizontal bar of ``width`` cells filled to ``fraction`` (0 to 1), to an eighth of a cell.

    What is more than nothing shows at least as the smallest piece.
    """
    if width <= 0:
        return ""
    eighths = round(max(0.0, min(1.0, fraction)) * width * 8)
    if fraction > 0:
        eighths = max(1, eighths)
    whole, rest = divmod(eighths, 8)
    return (_FULL * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


@dataclass(frozen=True, slots=True)
class BarRow:
    """One bar. ``name`` may be foreign. ``fraction``: 0 to 1. ``text``: its numbers, behind the bar."""

    name: str
    fraction: float
    text: str
    style: str = ACCENT


def bars(rows: Sequence[BarRow], width: int, name_cells: int, *, most: int = 30, indent: int = 2) -> list[Line]:
    """Horizontal bars below each other: name, bar, numbers. The bars are as long as there is room, ``most`` at most."""
    text_cells = max((len(row.text) for row in rows), default=0)
    room = max(4, min(most, width - indent - name_cells - text_cells - 4))
    return [
        Line(
            Content.assemble(
                " " * indent,
                fit(clean_line(row.name), name_cells),
                "  ",
                (bar(row.fraction, room), row.style),
                "  ",
                row.text,
            )
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Chart:
    """How columns stand: ``height`` rows, each column ``cells`` wide with ``gap`` cells behind it."""

    height: int
    cells: int = 1
    gap: int = 1

    @property
    def pitch(self) -> int:
        """Cells from one column to the next."""
        return self.cells + self.gap

    def draw(self, values: Sequence[int | None], style: str, head_cells: int, name: str = "") -> list[Line]:
        """Vertical columns; the highest fills the height. ``None``: nothing is known there.

        ``head_cells`` on the left are for ``name`` in the last row and the scale in the first.
        """
        top = max((value or 0 for value in values), default=0)
        lines = []
        for row in range(self.height, 0, -1):
            head = fit(f"{name if row == 1 else '':<{head_cells}}", head_cells)
            scale = str(top) if row == self.height else ""
            head = head[: head_cells - len(scale) - 1] + scale + " " if scale else head
            cells = [(self._cell(value, top, row) + " " * self.gap, _style(value, style)) for value in values]
            lines.append(Line(Content.assemble((head, MUTED), *cells)))
        return lines

    def numbers(self, values: Sequence[int | None], style: str, head_cells: int, name: str) -> Line:
        """The values themselves below wide columns; nothing is quiet."""
        cells = [
            (f"{UNKNOWN if value is None else value:<{self.pitch}}", _style(value or None, style)) for value in values
        ]
        return Line(Content.assemble((f"{name:<{head_cells}}", MUTED), *cells))

    def labels(self, texts: Sequence[str], head_cells: int) -> Line:
        """What stands below the columns; a text that does not fit below its own goes on below the next ones."""
        row = ""
        for number, text in enumerate(texts):
            place = number * self.pitch
            if text and place >= len(row):
                row = row.ljust(place) + text + " "
        return Line(Content.styled(" " * head_cells + row.rstrip(), MUTED))

    def _cell(self, value: int | None, top: int, row: int) -> str:
        if value is None:
            return (UNKNOWN if row == 1 else " ").ljust(self.cells)
        if top <= 0:
            return " " * self.cells
        eighths = round(value / top * self.height * 8)
        if value > 0:
            eighths = max(1, eighths)
        return _STEPS[max(0, min(8, eighths - (row - 1) * 8))] * self.cells


def _style(value: int | None, style: str) -> str:
    return MUTED if value is None else style
