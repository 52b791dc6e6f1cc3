"""Which tasks a list shows and in which order: the same for stored tasks and fresh ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from jjm_tui.domain.order import sort_tasks
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.errors import JulesManagerError

if TYPE_CHECKING:
    from jjm_tui.domain.query import Query

Source = Literal["server", "store"]


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Which tasks to list and in which order. ``limit`` ``None``: all."""

    statuses: frozenset[TaskStatus] = frozenset()
    repository: str | None = None
    query: Query | None = None
    sort: str = "updated_at"
    reverse: bool = False
    limit: int | None = None
    include_archived: bool = False


@dataclass(frozen=True, slots=True)
class ListResult:
    """Tasks and how far they can be trusted.

    ``source`` is ``store`` when no server was asked or it failed (``failure`` says why). ``synced_at``: when a
    server's list was last read. ``truncated``: the server has more than it can show. ``total``: how many matched
    before ``limit``. ``unreadable``: records of the server's list that could not be read. ``untold``: ids of tasks
    with a status that a server's answer left as it was; ``warnings`` say so, and how old it is.
    """

    tasks: tuple[Task, ...]
    source: Source
    synced_at: datetime | None
    truncated: bool
    total: int
    remarks: tuple[str, ...] = ()
    failure: JulesManagerError | None = None
    unreadable: int = 0
    untold: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


def select_tasks(tasks: Iterable[Task], request: ListRequest, now: datetime) -> tuple[Task, ...]:
    """The tasks that a list request asks for, in its order, before any limit."""
    chosen = [
        task
        for task in tasks
        if (request.include_archived or not (task.archived or task.archived_on_server))
        and (not request.statuses or task.status in request.statuses)
        and (request.repository is None or _is_in(task, request.repository))
        and (request.query is None or request.query.matches(task, now))
    ]
    return tuple(sort_tasks(chosen, request.sort, reverse=request.reverse, now=now))


def _is_in(task: Task, pattern: str) -> bool:
    from jjm_tui.domain.query import matches_repository

    return matches_repository(task, pattern)
