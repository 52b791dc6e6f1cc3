"""What an interruption left behind: told from what is recorded on disk, for each operation that was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.operating import tell_results
from jjm_tui.domain.operation_words import state_word
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import StorageError
from jjm_tui.services.results import OperationResult, Outcome

if TYPE_CHECKING:
    from jjm_tui.services.manager import JobManager

_MAYBE = (OperationState.SENDING, OperationState.UNCONFIRMED)


@asynccontextmanager
async def truth_after_interruption(
    context: CommandContext,
    manager: JobManager,
    kind: OperationKind,
    asked: Sequence[str | None],
    *,
    many: bool = False,
) -> AsyncIterator[list[OperationResult]]:
    """A list for the results of what the body does one after the other; told when the body is interrupted.

    Args:
        context: of the command.
        manager: with which the body carries operations out.
        kind: of all of them.
        asked: the task of each, in their order; what is in there when the body is interrupted counts.
        many: they are told as the answer for several tasks.
    """
    results: list[OperationResult] = []
    try:
        yield results
    except asyncio.CancelledError:
        told = [*results, *await _under_way(manager, kind, asked, results)]
        left = "Interrupted before its turn; nothing was sent." if told else "Interrupted; nothing was sent."
        told += [OperationResult(kind, Outcome.NOT_SENT, left, task_id) for task_id in asked[len(told) :]]
        context.out.say("")
        tell_results(context, told, many=many)
        if len(told) > 1:
            context.out.warn(f"Interrupted. Of {len(told)}, in their order: {_ranges(told)}.")
        raise


async def _under_way(
    manager: JobManager, kind: OperationKind, asked: Sequence[str | None], results: Sequence[OperationResult]
) -> list[OperationResult]:
    """The operation that was interrupted, if one had begun."""
    try:
        recorded = await manager.own_operations()
    except StorageError as error:
        sentence = f"Interrupted, and what is recorded cannot be read: {error.message}"
        maybe = asked[len(results) : len(results) + 1]
        return [OperationResult(kind, Outcome.UNCONFIRMED, sentence, each, error=error) for each in maybe]
    known = {result.operation_id for result in results}
    return [_what_was_recorded(operation) for operation in recorded if operation.id not in known]


def _what_was_recorded(operation: Operation) -> OperationResult:
    what, hint = f"{operation.kind.value} {operation.id}", None
    if operation.state in _MAYBE:
        outcome, sentence = Outcome.UNCONFIRMED, f"Interrupted: the {what} may have reached the server."
        hint = "Find out: jjm outbox settle"
    elif operation.state in (OperationState.DONE, OperationState.REFUSED):
        outcome = Outcome(operation.state.value)
        sentence = f"Interrupted after the {what} was {state_word(operation)}: {operation.message or ''}".rstrip(": ")
    else:
        outcome, sentence = Outcome.NOT_SENT, f"Interrupted: the {what} was not sent."
    return OperationResult(operation.kind, outcome, sentence, operation.task_id, operation.id, hint=hint)


def _ranges(results: Sequence[OperationResult]) -> str:
    """``1-2 done, 3 unconfirmed, 4-9 not sent``."""
    parts, first = [], 1
    for outcome, group in groupby(results, lambda result: result.outcome):
        last = first + len(list(group)) - 1
        numbers = str(first) if first == last else f"{first}-{last}"
        parts.append(f"{numbers} {outcome.value.replace('_', ' ')}")
        first = last + 1
    return ", ".join(parts)
