"""What is asked before an operation is sent again or let go."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.pages.operation_words import KINDS, text_of


def _what_is_sent(operation: Operation) -> Iterator[Content]:
    """All of what is sent, as a person reads it before a send."""
    named = [f"{name}: {value}" for name in ("repository", "branch", "title") if (value := operation.payload.get(name))]
    text = text_of(operation)
    if named:
        yield Content("\n").join([literal_line(each) for each in named])
    if text:
        yield literal(text)


def about_resending(operation: Operation, key: str) -> list[Content]:
    """What it means to send it again with ``key``, and all of what is sent."""
    sent = list(_what_is_sent(operation))
    if (words := _resend_words(operation)) is None:
        return [Content(f"It did not arrive. {key} sends it again unchanged{':' if sent else '.'}"), *sent]
    return [Content(words), *([Content.styled("This is sent:", "$text-muted")] if sent else []), *sent]


def _resend_words(operation: Operation) -> str | None:
    """What to think of before it is sent again; ``None`` where it did not arrive and is sent as it was."""
    if operation.state is OperationState.UNCONFIRMED:
        what = "task" if operation.kind is OperationKind.CREATE else KINDS[operation.kind]
        return (
            f"It may have reached the server already: then this {what} will be there twice. "
            "Settling first finds out without sending anything."
        )
    if operation.state is OperationState.DISCARDED and operation.sent_at is not None:
        return "You let it go without knowing whether it arrived. If it did, it will be there twice."
    if operation.kind is OperationKind.APPROVE:
        return "It did not arrive. Only the plan that you read then is approved; nothing is sent when it is another."
    return None


def discard_words(operation: Operation) -> str:
    """What letting it go means."""
    kept = f"For seven days its text is shown by: {spell_command('jjm outbox show', operation.id)}"
    if operation.state is OperationState.UNCONFIRMED:
        return f"It may have arrived all the same; nothing will look for it any more. {kept}"
    return f"It is no longer offered for sending. {kept}"
