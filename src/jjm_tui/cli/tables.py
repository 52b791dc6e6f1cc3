"""Tables for people: columns as wide as their content, and flexible ones that share what is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.text import cell_width, truncate

if TYPE_CHECKING:
    from rich.table import Table

    from jjm_tui.cli.output import Look

GAP: Final = 2
"""Columns between two columns of a table."""


_NARROW: Final = 20
"""Columns: with less room than this, text goes on at the left."""
_BETWEEN: Final = " · "
_SHORTEST_TITLE: Final = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """One clean line with a rich style."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``share`` of the room that is left, cut with an ellipsis; ``None``: as wide as its content."""

    title: str
    cells: Sequence[Cell]
    share: int | None = None
    right: bool = False

    @property
    def needed(self) -> int:
        """Terminal cells of its widest line."""
        return max([len(self.title), *(cell_width(cell.text) for cell in self.cells)])


def widths_of(columns: Sequence[Column], width: int) -> list[int]:
    """Fixed columns get what they need; flexible ones share the rest, none more than it needs."""
    widths = [column.needed for column in columns]
    flexible = [number for number, column in enumerate(columns) if column.share is not None]
    room = width - GAP * (len(columns) - 1) - sum(widths) + sum(widths[number] for number in flexible)
    while flexible:
        shares = sum(columns[number].share or 0 for number in flexible)
        offered = {number: max(0, room * (columns[number].share or 0) // shares) for number in flexible}
        modest = [number for number in flexible if widths[number] <= offered[number]]
        if not modest:
            for number in flexible:
                widths[number] = max(1, offered[number])
            break
        room -= sum(widths[number] for number in modest)
        flexible = [number for number in flexible if number not in modest]
    return widths


def cut(text: str, width: int, *, unicode: bool = True) -> str:
    """Cut to so many terminal cells; what was cut ends with an ellipsis."""
    if cell_width(text) <= width:
        return text
    if unicode or width < 4:
        return truncate(text, width)
    return truncate(text, width - 2)[:-1] + "..."


def grid(columns: Sequence[Column], look: Look, *, header: bool = True) -> Table:
    """The table, never wider than the terminal as long as its fixed columns are not."""
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", expand=False, show_header=header
    )
    widths = widths_of(columns, look.width)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            Text(column.title),
            no_wrap=True,
            overflow="crop",
            width=width,
            justify="right" if column.right else "left",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(
            *(
                Text(cut(cell.text, width, unicode=look.unicode), style=cell.style, no_wrap=True)
                for cell, width in zip(row, widths, strict=True)
            )
        )
    return table


def with_title(text: str, title: str | None, room: int, *, unicode: bool = True) -> str:
    """``text`` whole, and as much of the title as still has room on the line."""
    left = room - cell_width(text) - len(_BETWEEN)
    return text if not title or left < _SHORTEST_TITLE else text + _BETWEEN + cut(title, left, unicode=unicode)


def hanging(head: str, text: str, width: int) -> str:
    """``head`` and ``text``, wrapped so that the text goes on under its own beginning."""
    import textwrap

    indent = " " * len(head)
    if width - len(head) < _NARROW:
        whole = textwrap.wrap(
            head + text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        return "\n".join(whole)
    lines = textwrap.wrap(text, width - len(head), break_long_words=False, break_on_hyphens=False) or [""]
    return "\n".join([head + lines[0], *(indent + line for line in lines[1:])])


def pairs(rows: Iterable[tuple[str, str]], width: int) -> list[str]:
    """Names and values, the values under each other."""
    found = list(rows)
    room = max((len(name) for name, _ in found), default=0) + GAP
    return [hanging(f"{name:<{room}}", value, width) for name, value in found]
