"""``list``: tasks as a table, as tab-separated lines, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jjm_tui.cli.context import CommandContext, what_is_stored_told
from jjm_tui.cli.exit_codes import ExitCode, code_for_error
from jjm_tui.cli.selection import chosen_fields, list_request
from jjm_tui.cli.session import remember_rows
from jjm_tui.cli.task_json import TASK_FIELDS, task_document, time_or_null
from jjm_tui.domain.sync import tell_unreadable
from jjm_tui.domain.text import relative_time
from jjm_tui.services.selection import ListRequest, ListResult, select_tasks


def run(context: CommandContext) -> int:
    """List tasks; ``--cached`` takes the short way without an event loop."""
    request = list_request(context.arguments)
    fields = chosen_fields(context.arguments.fields, TASK_FIELDS)
    if context.arguments.cached:
        return _run_cached(context, request, fields)
    from jjm_tui.cli.loop import run_async

    async def ask_server(context: CommandContext) -> int:
        return _show(context, await _read_server(context, request), request, fields)

    return run_async(ask_server, context)


def _run_cached(context: CommandContext, request: ListRequest, fields: Sequence[str] | None) -> int:
    """Everything made here lives until the program ends in a moment: nobody looks for garbage in it then."""
    import gc

    result = _read_store(context, request)
    code = _show(context, result, request, fields)
    gc.freeze()
    return code


def _read_store(context: CommandContext, request: ListRequest) -> ListResult:
    from jjm_tui import assembly

    cached = assembly.read_cached(context.options, context.environ)
    tasks = select_tasks(cached.tasks, request, context.now())
    shown = tasks if request.limit is None else tasks[: request.limit]
    return ListResult(shown, "store", cached.synced_at, cached.truncated, len(tasks), unreadable=cached.unreadable)


async def _read_server(context: CommandContext, request: ListRequest) -> ListResult:
    from jjm_tui.cli.progress import waiting_for

    async with context.manager() as manager, waiting_for(context.out, "Asking the server for its tasks") as progress:
        with what_is_stored_told(context, "jjm list --cached"):
            return await manager.list_tasks(
                request, on_page=lambda count: progress.update(f"Reading the server's list: {count} tasks so far")
            )


def _show(context: CommandContext, result: ListResult, request: ListRequest, fields: Sequence[str] | None) -> int:
    if result.failure is not None and not result.tasks and result.synced_at is None:
        raise result.failure
    now = context.now()
    remember_rows(context, [task.id for task in result.tasks])
    _write(context, result, fields, now)
    _remark(context, result, request, now)
    return ExitCode.DONE if result.failure is None else _code_of_fallback(result)


def _code_of_fallback(result: ListResult) -> int:
    """A server that is away is no failure of ``list``; being signed out is, as nothing will get better by waiting."""
    code = ExitCode.DONE if result.failure is None else code_for_error(result.failure)
    return code if code is ExitCode.NOT_SIGNED_IN else ExitCode.DONE


def _write(context: CommandContext, result: ListResult, fields: Sequence[str] | None, now: datetime) -> None:
    out = context.out
    if context.arguments.json:
        out.document(
            {
                "source": result.source,
                "synced_at": time_or_null(result.synced_at),
                "truncated": result.truncated or result.unreadable > 0,
                "tasks": [task_document(task, now, fields) for task in result.tasks],
            }
        )
        return
    from jjm_tui.cli.columns import plain_row

    if out.terminal and fields is None:
        if result.tasks:
            _write_table(context, result, now)
        return
    for task in result.tasks:
        out.row(plain_row(task, now, fields))


def _write_table(context: CommandContext, result: ListResult, now: datetime) -> None:
    from jjm_tui.cli.columns import task_table

    context.out.render(task_table(result.tasks, now, context.out.look, result.untold))


def _remark(context: CommandContext, result: ListResult, request: ListRequest, now: datetime) -> None:
    out = context.out
    if result.failure is not None:
        out.warn(f"{_age_of_store(result, now)} {result.failure.message}")
        if result.failure.hint:
            out.remark(f"  {result.failure.hint}")
    elif context.arguments.cached and out.terminal:
        out.remark(_age_of_store(result, now))
    if result.truncated:
        out.warn("The server shows only a part of its tasks; there are more than these.")
    if result.unreadable:
        out.warn(tell_unreadable(result.unreadable))
        out.remark("  `jjm doctor` says so, too; `jjm server call` shows the server's whole answer.")
    for warning in result.warnings:
        out.warn(warning)
    for remark in result.remarks:
        out.remark(remark)
    if len(result.tasks) < result.total:
        out.remark(f"{len(result.tasks)} of {result.total} tasks; --limit cut the rest.")
    if not result.tasks:
        out.remark(_nothing(result, request))


def _age_of_store(result: ListResult, now: datetime) -> str:
    if result.synced_at is None:
        return "This is what is stored; no server was read yet."
    listed = relative_time(result.synced_at, now)
    oldest = min((task.status_read_at for task in result.tasks if task.status_read_at), default=result.synced_at)
    older = relative_time(oldest, now)
    some = "" if oldest >= result.synced_at or older == listed else f", some of it {older}"
    return f"This is what is stored, read from the server {listed}{some}."


def _nothing(result: ListResult, request: ListRequest) -> str:
    if request.statuses or request.repository or request.query is not None:
        return "No task matches. Everything: jjm list --all"
    if result.synced_at is None:
        return "Nothing is stored yet. Ask the server: jjm list; or try: jjm --demo list"
    return "No tasks yet. Create one: jjm create --repo OWNER/NAME --description 'What Jules is to do'"
