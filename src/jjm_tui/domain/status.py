"""Task statuses: the eight words of the product and how foreign words become one of them."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class TaskStatus(StrEnum):
    """The neutral status of a task (requirement JJM-002)."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    WAITING_APPROVAL = "waiting_approval"
    WAITING_FEEDBACK = "waiting_feedback"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Nothing more happens by itself. A message may re-open a completed task; a failed one stays failed."""
        return self in FINAL_STATUSES

    @property
    def is_active(self) -> bool:
        """The task is under way or waits for somebody: neither final nor unknown."""
        return self in ACTIVE_STATUSES

    @property
    def sentence(self) -> str:
        """What a task of this status does, to follow its name in a sentence: ``waits for approval``."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    TaskStatus.PENDING: "waits in Jules's queue",
    TaskStatus.IN_PROGRESS: "is being worked on",
    TaskStatus.WAITING_APPROVAL: "waits for approval",
    TaskStatus.WAITING_FEEDBACK: "waits for your answer",
    TaskStatus.PAUSED: "is paused",
    TaskStatus.COMPLETED: "is finished",
    TaskStatus.FAILED: "failed",
    TaskStatus.UNKNOWN: "is in a state that is not known",
}
FINAL_STATUSES: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED})
WAITING_STATUSES: Final = frozenset({TaskStatus.WAITING_APPROVAL, TaskStatus.WAITING_FEEDBACK})
ACTIVE_STATUSES: Final = frozenset(
    {
        TaskStatus.PENDING,
        TaskStatus.IN_PROGRESS,
        TaskStatus.WAITING_APPROVAL,
        TaskStatus.WAITING_FEEDBACK,
        TaskStatus.PAUSED,
    }
)

_WORDS: Final[dict[str, TaskStatus]] = {
    "queued": TaskStatus.PENDING,
    "pending": TaskStatus.PENDING,
    "planning": TaskStatus.IN_PROGRESS,
    "inprogress": TaskStatus.IN_PROGRESS,
    "running": TaskStatus.IN_PROGRESS,
    "working": TaskStatus.IN_PROGRESS,
    "awaitingplanapproval": TaskStatus.WAITING_APPROVAL,
    "waitingforplanapproval": TaskStatus.WAITING_APPROVAL,
    "waitingforapproval": TaskStatus.WAITING_APPROVAL,
    "waitingapproval": TaskStatus.WAITING_APPROVAL,
    "awaitingapproval": TaskStatus.WAITING_APPROVAL,
    "awaitinguserfeedback": TaskStatus.WAITING_FEEDBACK,
    "waitingforuserfeedback": TaskStatus.WAITING_FEEDBACK,
    "waitingforfeedback": TaskStatus.WAITING_FEEDBACK,
    "waitingfeedback": TaskStatus.WAITING_FEEDBACK,
    "awaitingfeedback": TaskStatus.WAITING_FEEDBACK,
    "waitingforuser": TaskStatus.WAITING_FEEDBACK,
    "paused": TaskStatus.PAUSED,
    "completed": TaskStatus.COMPLETED,
    "complete": TaskStatus.COMPLETED,
    "failed": TaskStatus.FAILED,
}

_NOT_A_LETTER: Final = re.compile(r"[^A-Za-z]")


def normalise_status(word: object) -> TaskStatus:
    """The neutral status of a server's own word; ``UNKNOWN`` for anything not understood, never an error.

    Letters only, lower-cased, then looked up: covers ``AWAITING_PLAN_APPROVAL``, ``inProgress`` and
    ``Waiting for approval`` (rule of ``servers.md`` section 2). An unknown word is never taken as final.
    """
    if not isinstance(word, str):
        return TaskStatus.UNKNOWN
    return _WORDS.get(_NOT_A_LETTER.sub("", word).lower(), TaskStatus.UNKNOWN)
