"""What the use cases answer: tasks with their source and age, operations with a true outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind
from jjm_tui.domain.plans import PlanDifference
from jjm_tui.domain.risks import RiskMark
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan, Task
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.selection import Source


class Outcome(StrEnum):
    """How an operation ended, as ``cli.md`` names it."""

    DONE = "done"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class GetResult:
    """One task with the operations that are under way for it, and how far it can be trusted.

    ``patch``: its changes as they were last read, where the task was taken from the store; ``patch_cut``: a part;
    ``patch_read_at``: when, ``None`` where that is unknown.
    """

    task: Task
    source: Source
    synced_at: datetime | None
    operations: tuple[Operation, ...] = ()
    remarks: tuple[str, ...] = ()
    failure: JulesManagerError | None = None
    patch: str | None = None
    patch_cut: bool = False
    patch_read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OperationResult:
    """How an operation ended.

    ``message`` is one sentence for people, ``hint`` what to do next, ``server_said`` the server's own cleaned words.
    ``task`` is the task afterwards, as far as known. ``error`` is the typed failure behind everything but ``done``.
    ``difference``: how the plan that was found differs from the one that was read, where it was not approved for that.
    """

    kind: OperationKind
    outcome: Outcome
    message: str
    task_id: str | None = None
    operation_id: str | None = None
    task: Task | None = None
    hint: str | None = None
    server_said: str | None = None
    remarks: tuple[str, ...] = ()
    error: JulesManagerError | None = None
    difference: PlanDifference | None = None


@dataclass(frozen=True, slots=True)
class ApprovalPreview:
    """What there is to approve, read from the server a moment ago.

    ``fingerprint`` is what must be handed to ``approve``. ``needs_extra_word``: the plan is not known to be whole and
    the latest, so approving it needs the explicit ``incomplete`` consent. ``difference`` compares with the plan that
    was stored before this reading.
    """

    task: Task
    plan: Plan
    fingerprint: str
    needs_extra_word: bool
    difference: PlanDifference | None
    risks: tuple[RiskMark, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResumePreview:
    """What resuming would do: ``message`` is the text that is sent where the server resumes by a message."""

    task: Task
    message: str | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MonitorUpdate:
    """One look of the monitor: the tasks as they are ``at`` its end, what changed since the last look, and whether the
    looking worked.

    ``finished`` is set on the last update: ``reached`` (the wanted status), ``final`` (nothing more can happen),
    ``unreachable`` (a task can no longer reach the wanted status) or ``timeout``.
    """

    at: datetime
    tasks: tuple[Task, ...]
    events: tuple[TaskEvent, ...] = ()
    source: Source = "server"
    synced_at: datetime | None = None
    failure: JulesManagerError | None = None
    next_in: float | None = None
    finished: Literal["reached", "final", "unreachable", "timeout"] | None = None


@dataclass(frozen=True, slots=True)
class MonitorRequest:
    """What to watch. No ids: every active task. ``until``: statuses, or ``needs_me``. Seconds.

    ``until_idle``: without these, end as well when Jules works on no task any more: each waits for a person or is over.
    """

    task_ids: tuple[str, ...] = ()
    interval: float = 30.0
    until: frozenset[TaskStatus] = frozenset()
    until_needs_me: bool = False
    until_idle: bool = False
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class MarkResult:
    """Local marks that were set: the tasks afterwards and the ids on which nothing had to change."""

    tasks: tuple[Task, ...]
    unchanged: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many tasks an import added, merged into known ones, or left alone because nothing was newer.

    ``forgotten``: the ids of those that were left out, as they are forgotten here.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    forgotten: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor. ``way_out``: what to do; ``details``: more lines, such as a server's last words."""

    name: str
    state: Literal["ok", "warning", "failed"]
    message: str
    way_out: str | None = None
    details: tuple[str, ...] = ()
    error: JulesManagerError | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
