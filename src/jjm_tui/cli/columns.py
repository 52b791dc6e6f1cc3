"""The table of ``list``: which columns fit, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.appearance import local_minute, status_color, status_text, task_heading
from jjm_tui.cli.output import Look
from jjm_tui.cli.task_json import task_document
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import cell_width, clean_line, relative_time, short_ids

if TYPE_CHECKING:
    from rich.table import Table

PLAIN_COLUMNS: Final = ("id", "status", "needs_me", "repository", "branch", "updated_at", "title")
"""The tab-separated columns of ``list`` when standard output is not a terminal."""

_WIDE: Final = 120
_MIDDLE: Final = 60
_GAP: Final = 2
_NARROWEST: Final = 4


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    cell: Callable[[Task], _Cell]
    flexible: int | None = None
    """Share of the room that is left; ``None``: as wide as its content."""


def task_table(tasks: Sequence[Task], now: datetime, look: Look) -> Table:
    """The table for people: ID, Status, Title, Repository, Updated; more where there is room."""
    from rich.table import Table
    from rich.text import Text

    columns = _columns(tasks, now, look)
    rows = [[column.cell(task) for column in columns] for task in tasks]
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", expand=False)
    for column, width in zip(columns, _widths(columns, rows, look.width), strict=True):
        table.add_column(Text(column.title), no_wrap=True, overflow="ellipsis" if look.unicode else "crop", width=width)
    for row in rows:
        table.add_row(*(Text(cell.text, style=cell.style, no_wrap=True) for cell in row))
    return table


def _widths(columns: Sequence[_Column], rows: Sequence[Sequence[_Cell]], width: int) -> list[int]:
    """Fixed columns get what they need; flexible ones share the rest, none more than it needs."""
    needed = [
        max([len(column.title), *(cell_width(row[number].text) for row in rows)])
        for number, column in enumerate(columns)
    ]
    room = width - _GAP * (len(columns) - 1)
    room -= sum(need for need, column in zip(needed, columns, strict=True) if column.flexible is None)
    widths = list(needed)
    flexible = [number for number, column in enumerate(columns) if column.flexible is not None]
    while flexible:
        shares = sum(columns[number].flexible or 0 for number in flexible)
        modest = [n for n in flexible if needed[n] <= room * (columns[n].flexible or 0) // shares]
        for number in modest or flexible:
            widths[number] = max(_NARROWEST, min(needed[number], room * (columns[number].flexible or 0) // shares))
        if not modest:
            break
        room -= sum(widths[number] for number in modest)
        flexible = [number for number in flexible if number not in modest]
    return widths


def _columns(tasks: Sequence[Task], now: datetime, look: Look) -> list[_Column]:
    ids = short_ids(task.id for task in tasks)
    columns = [
        _Column("ID", lambda task: _Cell(ids[task.id], "bold")),
        _Column(
            "STATUS",
            lambda task: _Cell(status_text(task.status, unicode=look.unicode), status_color(task.status)),
        ),
        _Column("TITLE", lambda task: _Cell(task_heading(task)), flexible=3),
    ]
    if look.width >= _MIDDLE:
        columns.append(_Column("REPOSITORY", lambda task: _Cell(clean_line(task.repository or "unknown")), flexible=2))
    if look.width >= _WIDE:
        columns.append(_Column("BRANCH", lambda task: _Cell(clean_line(task.branch or "")), flexible=1))
        columns.append(_Column("NEEDS ME", lambda task: _Cell(needs_me(task, now) or "", "bold")))
        columns.append(_Column("WAITING", lambda task: _Cell(_waiting(task, now))))
        columns.append(_Column("UPDATED", lambda task: _Cell(_minute_and_age(task, now))))
    elif look.width >= _MIDDLE:
        columns.append(_Column("UPDATED", lambda task: _Cell(_age(task, now))))
    else:
        columns.append(_Column("AGE", lambda task: _Cell(_age(task, now).removesuffix(" ago"))))
    return columns


def _age(task: Task, now: datetime) -> str:
    return relative_time(task.updated_at, now)


def _minute_and_age(task: Task, now: datetime) -> str:
    return "unknown" if task.updated_at is None else f"{local_minute(task.updated_at)} {_age(task, now)}"


def _waiting(task: Task, now: datetime) -> str:
    if needs_me(task, now) is None or task.waiting_since is None:
        return ""
    return relative_time(task.waiting_since, now).removesuffix(" ago")


def plain_row(task: Task, now: datetime, fields: Sequence[str] | None) -> list[str]:
    """Full values, RFC 3339 times; unknown is empty."""
    document = task_document(task, now)
    if fields is None:
        document["title"] = task_heading(task)
    return [plain_value(document[name]) for name in fields or PLAIN_COLUMNS]


def plain_value(value: object) -> str:
    """A JSON value as text: unknown is empty, lists and objects stay JSON."""
    import json

    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
