"""How a task's state looks: a glyph, a word and a role for the colour, so that colour alone never tells anything.

Glyphs are one cell wide in every terminal; ``tui.ascii`` replaces them where only ASCII can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from jjm_tui.domain.counts import kind_of
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import NeedsMe, Task, needs_me

Role = Literal["attention", "question", "failed", "review", "running", "waiting", "paused", "done", "unknown"]
"""What a state means for the person; each widget has a component class ``state--<role>`` for it."""

ROLES: Final[tuple[Role, ...]] = (
    "attention",
    "question",
    "failed",
    "review",
    "running",
    "waiting",
    "paused",
    "done",
    "unknown",
)


@dataclass(frozen=True, slots=True)
class Appearance:
    """``glyph``: one cell; ``word``: eight cells at most; ``sentence``: for the detail, lower case, no full stop."""

    glyph: str
    word: str
    role: Role
    sentence: str


_NEEDING: Final[dict[NeedsMe, Appearance]] = {
    "approval": Appearance("?", "plan", "attention", "waits for your approval"),
    "question": Appearance("?", "question", "question", "asks you a question"),
    "failure": Appearance("!", "failed", "failed", "failed, and you have not looked at it yet"),
    "review": Appearance("✓", "review", "review", "is finished, and you have not looked at it yet"),
}
_STATUSES: Final[dict[TaskStatus, Appearance]] = {
    TaskStatus.PENDING: Appearance("○", "queued", "waiting", TaskStatus.PENDING.sentence),
    TaskStatus.IN_PROGRESS: Appearance("▸", "working", "running", TaskStatus.IN_PROGRESS.sentence),
    TaskStatus.WAITING_APPROVAL: Appearance("?", "plan", "waiting", TaskStatus.WAITING_APPROVAL.sentence),
    TaskStatus.WAITING_FEEDBACK: Appearance("?", "question", "waiting", TaskStatus.WAITING_FEEDBACK.sentence),
    TaskStatus.PAUSED: Appearance("‖", "paused", "paused", TaskStatus.PAUSED.sentence),
    TaskStatus.COMPLETED: Appearance("✓", "done", "done", TaskStatus.COMPLETED.sentence),
    TaskStatus.FAILED: Appearance("✗", "failed", "done", TaskStatus.FAILED.sentence),
    TaskStatus.UNKNOWN: Appearance("·", "unknown", "unknown", TaskStatus.UNKNOWN.sentence),
}
_GONE: Final = Appearance("∅", "gone", "unknown", "is no longer on the server")
_SNOOZED: Final = Appearance("z", "snoozed", "waiting", "is snoozed")


def appearance_of_status(status: TaskStatus) -> Appearance:
    """How a status by itself looks, whatever the task needs."""
    return _STATUSES[status]


def appearance_of(task: Task, now: datetime) -> Appearance:
    """How ``task`` looks at ``now``: what it needs from the person first, else its status."""
    if task.on_server is False:
        return _GONE
    if (reason := needs_me(task, now)) is not None:
        return _NEEDING[reason]
    if kind_of(task, now) == "snoozed":
        return _SNOOZED
    return _STATUSES[task.status]
