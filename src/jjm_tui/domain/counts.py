"""Which group a task belongs to for people, and how many tasks there are of each: one definition for every face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, cast, get_args

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import NeedsMe, Task, needs_me

REASONS: Final = cast("tuple[NeedsMe, ...]", get_args(NeedsMe))

Kind = Literal["needs-me", "running", "queued", "paused", "snoozed", "failed", "done", "unknown", "archived"]
"""Every task is of exactly one kind at a time. ``needs-me``: a person must act. ``queued``: waits for Jules, not for a
person. ``snoozed``: somebody decided that it needs nobody for now, else it would be of another kind or need a person
already. ``failed`` and ``done``: ended and looked at. ``unknown``: the state is not known, or the server no longer has
it. ``archived``: here or on the server, whatever else it is."""

KINDS: Final = cast("tuple[Kind, ...]", get_args(Kind))
"""In the order in which people are told of them."""

_BY_STATUS: Final[Mapping[TaskStatus, Kind]] = {
    TaskStatus.PENDING: "queued",
    TaskStatus.IN_PROGRESS: "running",
    TaskStatus.WAITING_APPROVAL: "needs-me",
    TaskStatus.WAITING_FEEDBACK: "needs-me",
    TaskStatus.PAUSED: "paused",
    TaskStatus.COMPLETED: "done",
    TaskStatus.FAILED: "failed",
    TaskStatus.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many tasks are of each kind, zeros too; together they are all tasks.

    ``needs`` tells why those need a person, with every reason: together they are ``kinds["needs-me"]``.
    """

    needs: Mapping[NeedsMe, int]
    kinds: Mapping[Kind, int]

    @property
    def total(self) -> int:
        """All that are not archived."""
        return sum(self.kinds.values()) - self.archived

    @property
    def needs_me(self) -> int:
        return self.kinds["needs-me"]

    @property
    def archived(self) -> int:
        return self.kinds["archived"]

    def __add__(self, other: TaskCounts) -> TaskCounts:
        return TaskCounts(
            {reason: self.needs[reason] + other.needs[reason] for reason in REASONS},
            {kind: self.kinds[kind] + other.kinds[kind] for kind in KINDS},
        )


def is_archived(task: Task) -> bool:
    """Whether lists hide the task: archived here or on the server."""
    return task.archived or bool(task.archived_on_server)


def is_snoozed(task: Task, now: datetime) -> bool:
    """Whether somebody put the task off until later than ``now``."""
    return task.snoozed_until is not None and task.snoozed_until > now


def kind_of(task: Task, now: datetime) -> Kind:
    """What the task is for people at ``now``: the group it stands in, and the count it is part of."""
    if is_archived(task):
        return "archived"
    if needs_me(task, now) is not None:
        return "needs-me"
    if task.on_server is False:
        return "unknown"
    if is_snoozed(task, now) and (task.status.is_active or _needs_later(task, now)):
        return "snoozed"
    return _BY_STATUS[task.status]


def _needs_later(task: Task, now: datetime) -> bool:
    """Whether it needs a person as soon as its snooze is over."""
    return needs_me(replace(task, snoozed_until=None), now) is not None


def count_tasks(tasks: Iterable[Task], now: datetime) -> TaskCounts:
    """Count tasks as they are at ``now``: a snooze that ends makes a task need somebody."""
    needs = dict.fromkeys(REASONS, 0)
    kinds = dict.fromkeys(KINDS, 0)
    for task in tasks:
        kinds[kind_of(task, now)] += 1
        reason = needs_me(task, now)
        if reason is not None:
            needs[reason] += 1
    return TaskCounts(needs, kinds)
