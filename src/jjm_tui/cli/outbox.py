"""``outbox``: operations without a clear answer - look at them, settle, send again, let go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from jjm_tui.cli.appearance import local_minute, task_heading
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode
from jjm_tui.cli.interruption import truth_after_interruption
from jjm_tui.cli.operating import declined, tell_results
from jjm_tui.cli.output import harmless
from jjm_tui.cli.progress import answer_awaited, waiting_for
from jjm_tui.domain.arrivals import Arrivals, arrived_meanwhile
from jjm_tui.domain.draft_keys import CREATE_KEY, MANY_KEY, task_of
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operation_words import doubt_about, nothing_to_resend, state_word, why_not_there
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.text import clean_line, relative_time
from jjm_tui.domain.times import format_time
from jjm_tui.errors import StorageError
from jjm_tui.services.results import OperationResult


async def list_operations(context: CommandContext) -> int:
    """Open operations and texts that did not go out, oldest first; with ``--all`` everything."""
    async with context.manager() as manager:
        operations = await manager.list_operations(open_only=False)
        unknown = await manager.what_is_unknown()
        drafts: Mapping[str, str] = {}
        with suppress(StorageError):  # it is told as unknown
            drafts = await manager.list_drafts()
        titles: Mapping[str | None, str] = {}
        with suppress(StorageError):  # then their ids do
            if context.out.terminal and not context.arguments.json:
                titles = {task.id: task_heading(task) for task in await manager.list_stored()}
    if not context.arguments.all:
        arrivals = Arrivals(operations)
        operations = tuple(each for each in operations if each.state.is_open or arrivals.leave_unsent(each))
    out, now = context.out, context.now()
    for error in unknown:
        out.warn(f"{error.message} {error.hint}")
    if context.arguments.json:
        aside = [path for error in unknown for path in harmless(error.context.get("damaged", []))]
        kept = [{"key": key, "task_id": task_of(key), "text": text} for key, text in drafts.items()]
        listed = [_document(operation) for operation in operations]
        out.document({"operations": listed, "set_aside": aside, "drafts": harmless(kept)})
        return ExitCode.DONE
    for operation in operations:
        if out.terminal:
            age, about = relative_time(operation.created_at, now), _about(operation, titles.get(operation.task_id))
            out.line(f"{operation.id}  {state_word(operation):<12} {operation.kind.value:<8} {age:<9} {about}")
        else:
            row = [operation.id, _state_field(operation), operation.kind.value, format_time(operation.created_at)]
            out.row([*row, operation.task_id or "", _about(operation, is_whole=True)])
    if not operations and not unknown:
        nothing = _NOTHING_AT_ALL if context.arguments.all else _NOTHING
        out.remark(f"{nothing}." if drafts else f"{nothing}, and no text of yours waits here.")
    if drafts:
        out.remark(f"{_kept_drafts(drafts)} Open the dashboard to see and send what is kept: {out.program}")
    return ExitCode.DONE


def _kept_drafts(keys: Iterable[str]) -> str:
    """``2 drafts are kept and not sent yet: for task 123; for a new task.``"""
    places = [f"for task {task}" if (task := task_of(key)) else _OTHER_DRAFTS.get(key, "elsewhere") for key in keys]
    count = "1 draft is" if len(places) == 1 else f"{len(places)} drafts are"
    return f"{count} kept and not sent yet: {'; '.join(places)}."


_OTHER_DRAFTS: Final = {CREATE_KEY: "for a new task", MANY_KEY: "for several tasks"}
_NOTHING: Final = "Nothing is open: everything that was sent has a clear answer"
_NOTHING_AT_ALL: Final = "Nothing is recorded of the last seven days"


def _document(operation: Operation) -> dict[str, Any]:
    made: dict[str, Any] = harmless(operation.to_dict())
    return made


def _state_field(operation: Operation) -> str:
    """How far it got, where nobody reads along: its state, and ``sent_again`` for what another one was sent for."""
    return operation.state.value if operation.sent_again_as is None else state_word(operation).replace(" ", "_")


def _about(operation: Operation, title: str | None = None, *, is_whole: bool = False) -> str:
    """Where, by the title of the task if there is one, and the start of the text or the whole of it."""
    payload = operation.payload
    text = str(payload.get("text") or payload.get("description") or payload.get("fingerprint") or "")
    where = operation.task_id or str(payload.get("repository") or "")
    if title is not None:
        where = f"{title}:" if text else title
    return f"{where} {text}" if is_whole else clean_line(f"{where} {text[:200]}")


async def show(context: CommandContext) -> int:
    """One operation with everything that is recorded of it."""
    async with context.manager() as manager:
        operation = await manager.get_operation(context.arguments.operation)
    out = context.out
    if context.arguments.json:
        out.document({"operation": _document(operation)})
        return ExitCode.DONE
    rows = [
        ("id", operation.id),
        ("kind", operation.kind.value),
        ("state", state_word(operation) if out.terminal else _state_field(operation)),
        ("task", operation.task_id or ""),
        ("created", _time(context, operation.created_at)),
        ("sent", "" if operation.sent_at is None else _time(context, operation.sent_at)),
        ("through", operation.origin),
        ("message", operation.message or ""),
        *((str(name), str(value)) for name, value in operation.payload.items() if value is not None),
    ]
    for name, value in rows:
        if not out.terminal:
            out.row([name, value])
        elif value:
            out.line(f"{name:<12} {value}")
    return ExitCode.DONE


def _time(context: CommandContext, moment: Any) -> str:
    return local_minute(moment) if context.out.terminal else format_time(moment)


async def settle(context: CommandContext) -> int:
    """Re-read to find out what became of each."""
    async with context.manager() as manager, waiting_for(context.out, "Re-reading what became of them"):
        results = await manager.settle_operations()
        under_way = sum(each.state.is_under_way for each in await manager.list_operations())
    if under_way:
        what = "1 operation is" if under_way == 1 else f"{under_way} operations are"
        context.out.warn(f"{what} being sent right now and cannot be settled yet. See how far: jjm outbox list")
    elif not results:
        context.out.remark("There was nothing to settle.")
    return tell_results(context, [_named(result) for result in results], many=True)


def _named(result: OperationResult) -> OperationResult:
    """The same with a message that says which operation it is about; a create that was not sent has no task."""
    return replace(result, message=f"{result.kind.value} {result.operation_id}: {result.message}")


async def resend(context: CommandContext) -> int:
    """Send again, because the person says so."""
    given = context.arguments
    command = spell_command("jjm outbox resend", given.operation, options="--yes")
    async with context.manager() as manager:
        operation = await manager.get_operation(given.operation)
        arrived = Arrivals(await manager.list_operations(open_only=False)).of_words_since(operation)
        if arrived is not None:
            raise arrived_meanwhile(operation, arrived)
        if (refusal := nothing_to_resend(operation)) is not None:
            raise refusal
        doubt = doubt_about(operation)
        known = doubt or why_not_there(operation)
        hint = f"If you are sure that it did not happen: {command}" if doubt else f"{known} Send it again: {command}"
        if not given.yes:
            context.prompts.require(hint)
        context.out.say(f"{operation.kind.value} {operation.id}: {state_word(operation)}. {_about(operation)}")
        if not given.yes and not await context.prompts.confirm(f"{known} Send it again?", hint=hint):
            return tell_results(context, [declined(operation.kind, operation.task_id)], many=False)
        async with (
            truth_after_interruption(context, manager, operation.kind, [operation.task_id]) as results,
            answer_awaited(context.out, manager, "Sending it again"),
        ):
            results.append(await manager.resend_operation(operation.id, seen=operation))
    return tell_results(context, results, many=False)


async def discard(context: CommandContext) -> int:
    """Let an operation go; it stays on record for some days."""
    async with context.manager() as manager:
        operation = await manager.get_operation(context.arguments.operation)
        gone = await manager.discard_operation(operation.id)
    out = context.out
    with out.telling_what_is_done():
        if context.arguments.json:
            out.document({"operation": _document(gone)})
        elif out.terminal:
            kept = f"see it for seven days: jjm outbox show {gone.id}"
            out.line(out.own(f"The {gone.kind.value} {gone.id} is discarded; {kept}"))
        else:
            out.row([gone.id, gone.state.value, gone.kind.value, gone.task_id or ""])
    return ExitCode.DONE
