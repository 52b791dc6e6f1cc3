"""How many tasks there are of each kind, as headers tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast, get_args

from jjm_tui.domain.status import WAITING_STATUSES, TaskStatus
from jjm_tui.domain.task import NeedsMe, Task, needs_me

REASONS: Final = cast("tuple[NeedsMe, ...]", get_args(NeedsMe))


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """Counts of the tasks that are not archived, here or on the server; ``archived`` counts the others.

    ``needs`` has every reason and ``statuses`` every status, zeros too. A task that needs a person counts in both.
    """

    needs: Mapping[NeedsMe, int]
    statuses: Mapping[TaskStatus, int]
    archived: int = 0

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def needs_me(self) -> int:
        return sum(self.needs.values())

    @property
    def running(self) -> int:
        """Under way or about to be, as ``state:running`` has it."""
        return self.statuses[TaskStatus.PENDING] + self.statuses[TaskStatus.IN_PROGRESS]

    @property
    def waiting(self) -> int:
        """Waiting for a person by status, snoozed ones too, as ``state:waiting`` has it."""
        return sum(self.statuses[status] for status in WAITING_STATUSES)

    @property
    def paused(self) -> int:
        return self.statuses[TaskStatus.PAUSED]

    @property
    def done(self) -> int:
        return self.statuses[TaskStatus.COMPLETED]

    @property
    def failed(self) -> int:
        return self.statuses[TaskStatus.FAILED]

    @property
    def unknown(self) -> int:
        return self.statuses[TaskStatus.UNKNOWN]


def is_archived(task: Task) -> bool:
    """Whether lists hide the task: archived here or on the server."""
    return task.archived or bool(task.archived_on_server)


def count_tasks(tasks: Iterable[Task], now: datetime) -> TaskCounts:
    """Count tasks as they are at ``now``: a snooze that ends makes a task need somebody."""
    needs = dict.fromkeys(REASONS, 0)
    statuses = dict.fromkeys(TaskStatus, 0)
    archived = 0
    for task in tasks:
        if is_archived(task):
            archived += 1
            continue
        statuses[task.status] += 1
        reason = needs_me(task, now)
        if reason is not None:
            needs[reason] += 1
    return TaskCounts(needs, statuses, archived)
