"""Plots made of block characters: gauges, bars with their numbers, columns per day. Lines for a ``LineList``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from jjm_tui.domain.text import clean_line
from jjm_tui.tui.task_row import fit
from jjm_tui.tui.widgets.line_styles import ACCENT, MUTED
from jjm_tui.tui.widgets.lines import Line

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_STEPS: Final = " ▁▂▃▄▅▆▇█"
_FULL: Final = "█"
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
class Column:
    """One column of a chart. ``value`` is ``None`` where nothing is known. ``label``: below it, one cell."""

    value: int | None
    label: str = " "


def columns(data: Sequence[Column], height: int, gap: int, style: str, *, indent: int = 2) -> list[Line]:
    """Vertical columns of ``height`` rows, each one cell wide with ``gap`` cells behind it; the highest fills the
    height. The scale stands on the left, the labels below."""
    top = max((column.value or 0 for column in data), default=0)
    scale = len(str(top))
    lines = []
    for row in range(height, 0, -1):
        cells = (" " * gap).join(_cell(column, top, height, row) for column in data)
        number = str(top) if row == height else "0" if row == 1 else ""
        head = f"{number:>{scale}} "
        lines.append(Line(Content.assemble(" " * indent, (head, MUTED), (cells, style))))
    labels = (" " * gap).join(column.label for column in data)
    lines.append(Line(Content.assemble(" " * (indent + scale + 1), (labels, MUTED))))
    return lines


def _cell(column: Column, top: int, height: int, row: int) -> str:
    if column.value is None:
        return UNKNOWN if row == 1 else " "
    if top <= 0:
        return " "
    eighths = round(column.value / top * height * 8)
    if column.value > 0:
        eighths = max(1, eighths)
    filled = max(0, min(8, eighths - (row - 1) * 8))
    return _STEPS[filled]
