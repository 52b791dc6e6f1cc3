"""The table of ``list``: which columns fit, and what stands in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.appearance import local_minute, standing, task_heading
from jjm_tui.cli.output import Look
from jjm_tui.cli.tables import Cell, Column, grid, widths_of
from jjm_tui.cli.task_json import task_document
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import age, clean_line, relative_time, short_ids

if TYPE_CHECKING:
    from rich.table import Table

PLAIN_COLUMNS: Final = ("id", "status", "needs_me", "repository", "branch", "updated_at", "title")
"""The tab-separated columns of ``list`` when standard output is not a terminal."""

_UNKNOWN: Final = "unknown"

_OLD: Final = "~"
"""Before the age of a status that is not from now, as in the dashboard."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """What is shown. ``title``: with less room for the titles than this, the next layout is tried."""

    title: int
    branch: bool = False
    owner: bool = False
    date: bool = False
    needs: bool = False
    repository: bool = True
    updated: bool = True
    word: bool = True


_LAYOUTS: Final = (
    _Layout(30, branch=True, owner=True, date=True, needs=True),
    _Layout(30, owner=True, date=True, needs=True),
    _Layout(30, date=True, needs=True),
    _Layout(30, needs=True),
    _Layout(18),
    _Layout(10, repository=False),
    _Layout(6, repository=False, updated=False),
    _Layout(0, repository=False, updated=False, word=False),
)
"""From the widest terminal to the narrowest."""


def task_table(tasks: Sequence[Task], now: datetime, look: Look, untold: Collection[str] = ()) -> Table:
    """The table for people. Only titles and repositories are ever cut. ``untold``: ids of tasks whose status the server
    did not tell now; theirs is marked with its age.
    """
    maker = _Maker(tasks, now, look, untold)
    for layout in _LAYOUTS:
        columns = maker.columns(layout)
        place = next(number for number, column in enumerate(columns) if column.title == "TITLE")
        if widths_of(columns, look.width)[place] >= min(layout.title, columns[place].needed):
            break
    return grid(columns, look)


class _Maker:
    """Makes the columns of a layout; what two layouts share is made once."""

    def __init__(self, tasks: Sequence[Task], now: datetime, look: Look, untold: Collection[str]) -> None:
        self._tasks, self._now, self._unicode, self._untold = tasks, now, look.unicode, untold
        ids = short_ids(task.id for task in tasks)
        owners = _owners(tasks)
        self._makers: dict[str, Callable[[Task], Cell]] = {
            "id": lambda task: Cell(ids[task.id], "bold"),
            "status": lambda task: self._with_age(task, *standing(task, unicode=look.unicode)),
            "status and need": self._status_and_need,
            "glyph": self._glyph,
            "need": self._need,
            "title": lambda task: Cell(task_heading(task)),
            "repository": lambda task: Cell(clean_line(task.repository or _UNKNOWN)),
            "name": lambda task: Cell(_short_repository(task.repository, owners)),
            "branch": lambda task: Cell(clean_line(task.branch or _UNKNOWN)),
            "date": lambda task: Cell(_minute_and_age(task, now)),
            "age": lambda task: Cell(relative_time(task.updated_at, now)),
        }
        self._made: dict[str, list[Cell]] = {}

    def columns(self, layout: _Layout) -> list[Column]:
        """The columns of a layout, from left to right."""
        word = "status" if layout.needs else "status and need"
        columns = [
            Column("ID", self._cells("id")),
            Column("STATUS", self._cells(word)) if layout.word else Column("", self._cells("glyph")),
        ]
        if layout.needs and self.somebody_is_needed:
            columns.append(Column("NEEDS YOU", self._cells("need")))
        columns.append(Column("TITLE", self._cells("title"), share=2))
        if layout.repository:
            share = None if layout.needs else 1
            columns.append(Column("REPOSITORY", self._cells("repository" if layout.owner else "name"), share))
        if layout.branch:
            columns.append(Column("BRANCH", self._cells("branch")))
        if layout.updated:
            columns.append(Column("UPDATED", self._cells("date" if layout.date else "age")))
        return columns

    @property
    def somebody_is_needed(self) -> bool:
        """Whether the column of what a person is needed for has anything to say."""
        return any(cell.text for cell in self._cells("need"))

    def _cells(self, name: str) -> list[Cell]:
        if name not in self._made:
            self._made[name] = [self._makers[name](task) for task in self._tasks]
        return self._made[name]

    def _need(self, task: Task) -> Cell:
        """Why, and for how long."""
        reason = needs_me(task, self._now)
        if reason is None:
            return Cell("")
        if task.waiting_since is None:
            return Cell(reason, "bold")
        return Cell(f"{reason} {relative_time(task.waiting_since, self._now).removesuffix(' ago')}", "bold")

    def _glyph(self, task: Task) -> Cell:
        text, color = standing(task, unicode=self._unicode)
        return Cell(text.split()[0] + (_OLD if task.id in self._untold else ""), color)

    def _status_and_need(self, task: Task) -> Cell:
        """A waiting task says what it needs, and for how long; a finished one whether it was looked at."""
        text, color = standing(task, unicode=self._unicode)
        if needs_me(task, self._now) is None:
            return self._with_age(task, text, color)
        if task.status in (TaskStatus.FAILED, TaskStatus.COMPLETED):
            return self._with_age(task, f"{text}, new", f"bold {color}")
        return self._with_age(task, f"{text.split()[0]} {self._need(task).text}", f"bold {color}")

    def _with_age(self, task: Task, text: str, style: str) -> Cell:
        """An old status is not shown like one of now."""
        if task.id not in self._untold:
            return Cell(text, style)
        read_at = task.status_read_at
        return Cell(f"{text} {_OLD}{'?' if read_at is None else age((self._now - read_at).total_seconds())}", "dim")


def _owners(tasks: Sequence[Task]) -> dict[str, set[str]]:
    """Which owners have a repository of each name."""
    owners: dict[str, set[str]] = defaultdict(set)
    for task in tasks:
        owner, _, name = (task.repository or "").rpartition("/")
        owners[name].add(owner)
    return owners


def _short_repository(repository: str | None, owners: dict[str, set[str]]) -> str:
    """The name without its owner, unless two owners have one of that name."""
    if repository is None:
        return _UNKNOWN
    name = repository.rpartition("/")[2]
    return clean_line(repository if len(owners[name]) > 1 or not name else name)


def _minute_and_age(task: Task, now: datetime) -> str:
    if task.updated_at is None:
        return _UNKNOWN
    return f"{local_minute(task.updated_at)}  {relative_time(task.updated_at, now)}"


def plain_row(task: Task, now: datetime, fields: Sequence[str] | None) -> list[str]:
    """Full values, RFC 3339 times; unknown is empty."""
    document = task_document(task, now)
    if fields is None and not clean_line(task.title or ""):
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
