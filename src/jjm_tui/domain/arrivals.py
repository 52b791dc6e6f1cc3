"""What arrived later in the same words: an earlier attempt that failed is then a thing of the past."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import WrongStateError

_WITH_WORDS: Final = (OperationKind.MESSAGE, OperationKind.CREATE)
_NOT_OUT: Final = (OperationState.NOT_SENT, OperationState.REFUSED)


class Arrivals:
    """The operations that arrived, by what they were to bring about."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        done = [each for each in operations if each.state is OperationState.DONE]
        self._newest = {_aim(each): each for each in sorted(done, key=lambda each: each.created_at)}

    def since(self, operation: Operation) -> Operation | None:
        """What was to bring about the same, was decided later and arrived."""
        arrived = self._newest.get(_aim(operation))
        return None if arrived is None or arrived.created_at <= operation.created_at else arrived

    def of_words_since(self, operation: Operation) -> Operation | None:
        """The same for what a person writes: sent again, it would be there twice."""
        return self.since(operation) if operation.kind in _WITH_WORDS else None

    def leave_unsent(self, operation: Operation) -> bool:
        """Whether what a person wrote did not go out, in this attempt or a later one, and was not discarded: then this
        record may be the only place where it is."""
        is_text = operation.kind in _WITH_WORDS and operation.state in _NOT_OUT
        return is_text and self.since(operation) is None


def arrived_meanwhile(operation: Operation, arrived: Operation) -> WrongStateError:
    """Why it is not sent again: the same text is there already."""
    return WrongStateError(
        f"The text of operation {operation.id} arrived since, as {arrived.id}; nothing was sent.",
        hint=f"To have it there twice, write it anew. See what arrived: {spell_command('jjm outbox show', arrived.id)}",
        context={"operation_id": operation.id, "arrived_as": arrived.id},
    )


def _aim(operation: Operation) -> tuple[object, ...]:
    """What an operation was to bring about. A new task has an id only once it is there."""
    payload = operation.payload
    if operation.kind is OperationKind.CREATE:
        return operation.kind, operation.origin, payload.get("repository"), payload.get("description")
    return operation.kind, operation.origin, operation.task_id, str(payload.get("text") or "").strip()
