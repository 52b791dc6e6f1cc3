"""How operations are shown: the glyph of their state, what they are, their text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.text import clean_line, heading

if TYPE_CHECKING:
    from jjm_tui.services.board import Board


@dataclass(frozen=True, slots=True)
class StateLook:
    """``glyph``: one cell; ``role``: of a ``RowList`` cell."""

    glyph: str
    role: str


LOOKS: Final[Mapping[OperationState, StateLook]] = {
    OperationState.PREPARED: StateLook("↑", ""),
    OperationState.SENDING: StateLook("↑", ""),
    OperationState.DONE: StateLook("✓", "good"),
    OperationState.REFUSED: StateLook("✗", "bad"),
    OperationState.NOT_SENT: StateLook("✗", "bad"),
    OperationState.UNCONFIRMED: StateLook("?", "warning"),
    OperationState.DISCARDED: StateLook("·", "quiet"),
}

KINDS: Final[Mapping[OperationKind, str]] = {
    OperationKind.CREATE: "new task",
    OperationKind.MESSAGE: "message",
    OperationKind.APPROVE: "approval",
    OperationKind.RESUME: "resume",
}


def is_recorded(operation: Operation) -> bool:
    """Whether it is on disk already, and not only begun on the board."""
    return not operation.id.startswith("begun-")


def text_of(operation: Operation) -> str:
    """What was to be sent, as typed; empty for an approval."""
    payload = operation.payload
    return str(payload.get("text") or payload.get("description") or "")


def title_of(operation: Operation, board: Board) -> str:
    """The title of the task that it is about; for a new task the title it was to have, else the start of its text."""
    task = board.task(operation.task_id)
    if task is not None:
        return heading(task.title, task.description, task.id)
    if operation.task_id is not None:
        return clean_line(operation.task_id)
    title = operation.payload.get("title")
    return heading(title if isinstance(title, str) else None, text_of(operation)) or "a new task"
