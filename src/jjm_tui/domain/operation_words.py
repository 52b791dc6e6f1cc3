"""What becomes of an operation, in words: the same in the outbox, the history and on the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from jjm_tui.domain.operations import SENT_AGAIN, Operation, OperationState
from jjm_tui.errors import WrongStateError

_WORDS: Final[Mapping[OperationState, tuple[str, str]]] = {
    OperationState.PREPARED: ("sending", "It is being sent; nothing has left this machine yet."),
    OperationState.SENDING: ("sending", "It is on its way to the server."),
    OperationState.DONE: ("done", "It arrived."),
    OperationState.REFUSED: ("refused", "The server said no, and nothing was seen of it there."),
    OperationState.NOT_SENT: (
        "not sent",
        "It did not arrive: nothing left this machine, or the server shows no sign of it.",
    ),
    OperationState.UNCONFIRMED: (
        "unconfirmed",
        "It may have arrived: no clear answer came. Settling finds out by reading; it never sends anything.",
    ),
    OperationState.DISCARDED: ("discarded", "You let it go: nothing looks for it any more."),
}
_LEFT: Final = (
    OperationState.NOT_SENT,
    OperationState.REFUSED,
    OperationState.UNCONFIRMED,
    OperationState.SENDING,
    OperationState.PREPARED,
)
_NEVER_LEFT: Final = "Nothing left this machine."
_LEFT_NO_TRACE: Final = "It did not arrive: the server was read again and shows no sign of it."
_SENT_AGAIN: Final = ("sent again", "You sent it again; the newer one tells what became of that.")


def state_word(operation: Operation) -> str:
    """How far it got: eleven characters at most, lower case."""
    return _SENT_AGAIN[0] if operation.sent_again_as is not None else word_of_state(operation.state)


def word_of_state(state: OperationState) -> str:
    """The word for a state as such: ``not sent``."""
    return _WORDS[state][0]


def sentence_of_state(state: OperationState) -> str:
    """What a state as such means, whatever the operation."""
    return _WORDS[state][1]


def count_left(operations: Iterable[Operation]) -> dict[str, int]:
    """How many there are of what is not over, by word: what needs the person comes first, what is under way last."""
    states = Counter(operation.state for operation in operations)
    words: Counter[str] = Counter()
    for state in _LEFT:
        words[word_of_state(state)] += states[state]
    return {word: count for word, count in words.items() if count}


def state_sentence(operation: Operation) -> str:
    """What that means. *Not sent* is also what was written to the server and left no trace there."""
    if operation.sent_again_as is not None:
        return _SENT_AGAIN[1]
    if operation.state is OperationState.NOT_SENT:
        return _NEVER_LEFT if operation.sent_at is None else _LEFT_NO_TRACE
    return sentence_of_state(operation.state)


def doubt_about(operation: Operation) -> str | None:
    """Why it may be there twice when it is sent again; ``None`` where it did not arrive."""
    if operation.state is OperationState.UNCONFIRMED:
        return "It may have reached the server already."
    if operation.state is OperationState.DISCARDED and operation.sent_at is not None:
        return "You let it go without knowing whether it arrived."
    return None


def why_not_there(operation: Operation) -> str:
    """Why one that leaves no doubt did not arrive."""
    if operation.state is OperationState.DISCARDED:
        return _NEVER_LEFT
    return state_sentence(operation)


def nothing_to_resend(operation: Operation) -> WrongStateError | None:
    """Why it cannot be sent again: it was already, it is done, or it is under way."""
    if operation.sent_again_as is not None:
        return WrongStateError(
            f"The operation {operation.id} was sent again already, as {operation.sent_again_as}; nothing was sent.",
            hint=f"See what became of that: jjm outbox show {operation.sent_again_as}",
        )
    if operation.state is OperationState.DONE or operation.state.is_under_way:
        return WrongStateError(
            f"The operation {operation.id} is {operation.state.value}; there is nothing to send again.",
            hint="See what is open: jjm outbox list",
        )
    return None


def changed_meanwhile(operation: Operation) -> WrongStateError:
    """Why nothing is done: what the person decided on is something else by now."""
    return WrongStateError(
        f"The operation {operation.id} has changed meanwhile: it is {state_word(operation)} now. Nothing was sent.",
        hint=f"See what became of it: jjm outbox show {operation.id}",
        context={"operation_id": operation.id, "state": operation.state.value},
    )


def sent_again_message(operation: Operation, new_id: str) -> str:
    """The message of an operation that is replaced by ``new_id``: what it had been stays known."""
    had_been = f"This one was {word_of_state(operation.state)}"
    doubt = ": it may have arrived as well" if operation.state is OperationState.UNCONFIRMED else ""
    return f"{SENT_AGAIN}{new_id}. {had_been}{doubt}."
