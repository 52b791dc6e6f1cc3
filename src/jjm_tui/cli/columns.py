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
from jjm_tui.domain.text import clean_line, relative_time, short_ids

if TYPE_CHECKING:
    from rich.table import Table

PLAIN_COLUMNS: Final = ("id", "status", "needs_me", "repository", "branch", "updated_at", "title")
"""The tab-separated columns of ``list`` when standard output is not a terminal."""

_WIDE: Final = 120
_MIDDLE: Final = 60


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

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    columns = _columns(tasks, now, look)
    for column in columns:
        table.add_column(
            Text(column.title),
            no_wrap=True,
            overflow="ellipsis" if look.unicode else "crop",
            ratio=column.flexible,
            min_width=4 if column.flexible else None,
        )
    for task in tasks:
        cells = (column.cell(task) for column in columns)
        table.add_row(*(Text(cell.text, style=cell.style, no_wrap=True) for cell in cells))
    return table


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
        columns.append(_Column("UPDATED", lambda task: _Cell(f"{local_minute(task.updated_at)} {_age(task, now)}")))
    else:
        columns.append(_Column("UPDATED", lambda task: _Cell(_age(task, now))))
    return columns


def _age(task: Task, now: datetime) -> str:
    return relative_time(task.updated_at, now)


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
