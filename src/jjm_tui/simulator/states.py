"""The states of a Jules session and which of them may follow which (``servers.md`` section 2)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """The state words of the REST API v1alpha."""

    QUEUED = "QUEUED"
    PLANNING = "PLANNING"
    AWAITING_PLAN_APPROVAL = "AWAITING_PLAN_APPROVAL"
    AWAITING_USER_FEEDBACK = "AWAITING_USER_FEEDBACK"
    IN_PROGRESS = "IN_PROGRESS"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


FOLLOWERS: Final[dict[State, frozenset[State]]] = {
    State.QUEUED: frozenset({State.PLANNING, State.FAILED}),
    State.PLANNING: frozenset({State.AWAITING_PLAN_APPROVAL, State.IN_PROGRESS, State.FAILED}),
    State.AWAITING_PLAN_APPROVAL: frozenset({State.IN_PROGRESS, State.PLANNING}),
    State.AWAITING_USER_FEEDBACK: frozenset({State.IN_PROGRESS}),
    State.IN_PROGRESS: frozenset({State.AWAITING_USER_FEEDBACK, State.PAUSED, State.COMPLETED, State.FAILED}),
    State.PAUSED: frozenset({State.IN_PROGRESS}),
    State.COMPLETED: frozenset({State.IN_PROGRESS}),
    State.FAILED: frozenset(),
}
"""What may come next without a tester's hand; a message to a waiting plan leads back to planning."""
