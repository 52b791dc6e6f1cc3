"""How operations are told to people: glyph and word of their state, what they are, their text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.text import clean_line, heading

if TYPE_CHECKING:
    from jjm_tui.services.board import Board


@dataclass(frozen=True, slots=True)
class StateWords:
    """``glyph``: one cell; ``word``: eleven at most; ``role``: of a ``RowList`` cell; ``sentence``: what it means."""

    glyph: str
    word: str
    role: str
    sentence: str


STATES: Final[Mapping[OperationState, StateWords]] = {
    OperationState.PREPARED: StateWords("↑", "preparing", "", "It is written down, and nothing was sent yet."),
    OperationState.SENDING: StateWords("↑", "sending", "", "It is on its way to the server."),
    OperationState.DONE: StateWords("✓", "done", "good", "It arrived."),
    OperationState.REFUSED: StateWords("✗", "refused", "bad", "The server said no, so nothing happened there."),
    OperationState.NOT_SENT: StateWords("✗", "not sent", "bad", "Nothing left this machine."),
    OperationState.UNCONFIRMED: StateWords(
        "?",
        "unconfirmed",
        "warning",
        "It may have arrived: no clear answer came. Settling finds out by reading; it never sends anything.",
    ),
    OperationState.DISCARDED: StateWords("·", "discarded", "quiet", "You stopped caring about it."),
}

KINDS: Final[Mapping[OperationKind, str]] = {
    OperationKind.CREATE: "new task",
    OperationKind.MESSAGE: "message",
    OperationKind.APPROVE: "approval",
    OperationKind.RESUME: "resume",
}


_DID_NOT_ARRIVE: Final = "It did not arrive: the server was read again and shows no sign of it."


def sentence_of(operation: Operation) -> str:
    """What its state means. *Not sent* is also what was written to the server and left no trace there."""
    if operation.state is OperationState.NOT_SENT and operation.sent_at is not None:
        return _DID_NOT_ARRIVE
    return STATES[operation.state].sentence


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
