"""``get`` and ``open``: one task, whole; its page in the browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.appearance import (
    file_counts,
    file_mark,
    moment_with_age,
    needs_text,
    status_color,
    status_text,
    task_heading,
)
from jjm_tui.cli.columns import plain_value
from jjm_tui.cli.context import CommandContext, what_is_stored_told
from jjm_tui.cli.exit_codes import ExitCode, code_for_error
from jjm_tui.cli.plan_view import StyledLine, step_lines
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.selection import chosen_fields
from jjm_tui.cli.session import expand_reference
from jjm_tui.cli.task_json import TASK_FIELDS, task_document, time_or_null
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Plan, Task
from jjm_tui.domain.text import age, clean, relative_time
from jjm_tui.errors import OperationFailedError, StorageError, TaskNotFoundError

if TYPE_CHECKING:
    from jjm_tui.services.manager import JobManager
    from jjm_tui.services.results import GetResult

_LATEST: Final = 5
_BREAK: Final[StyledLine] = ("", "")
_SHORT_DESCRIPTION: Final = 12
"""Lines."""
_SPEAKER_STYLES: Final = {"user": "cyan", "jules": "green", "system": "bright_black"}


async def get(context: CommandContext) -> int:
    """Show one task."""
    given = context.arguments
    fields = chosen_fields(given.fields, TASK_FIELDS)
    reference = expand_reference(context, given.task)
    looks = context.out.terminal and not context.as_json
    async with context.manager() as manager, waiting_for(context.out, "Reading the task"):
        with what_is_stored_told(context, spell_command("jjm get", given.task, options="--cached")):
            result = await manager.get_task(reference, cached=given.cached)
        unmarked = await _mark_seen(manager, result.task.id) if looks else None
    now = context.now()
    if given.json:
        context.out.document(
            {
                "source": result.source,
                "synced_at": time_or_null(result.synced_at),
                "task": task_document(result.task, now, fields),
            }
        )
    elif looks and fields is None:
        _show(context, result, now)
    else:
        _plain(context, result.task, now, fields)
    code = _remark(context, result, now)
    if unmarked is not None:
        context.out.warn(f"That you saw this task is not noted: {unmarked.message}")
        if unmarked.hint:
            context.out.remark(f"  {unmarked.hint}")
    return code


async def _mark_seen(manager: JobManager, task_id: str) -> StorageError | None:
    """Note that a person sees the task; a store that cannot be written keeps nobody from reading it."""
    try:
        await manager.mark_seen([task_id])
    except StorageError as error:
        return error
    return None


def _remark(context: CommandContext, result: GetResult, now: datetime) -> int:
    out = context.out
    for remark in result.remarks:
        out.remark(remark)
    if result.failure is None:
        return ExitCode.DONE
    age = "at an unknown time" if result.synced_at is None else relative_time(result.synced_at, now)
    out.warn(f"This is what is stored, read {age}. {result.failure.message}")
    if result.failure.hint and not isinstance(result.failure, TaskNotFoundError):
        out.remark(f"  {result.failure.hint}")
    code = code_for_error(result.failure)
    return code if code is ExitCode.NOT_SIGNED_IN else ExitCode.DONE


def _plain(context: CommandContext, task: Task, now: datetime, fields: Sequence[str] | None) -> None:
    document = task_document(task, now)
    for name in fields or TASK_FIELDS:
        if name == "chat_history" and fields is None:
            for message in chosen_messages(context, task):
                when = time_or_null(message.timestamp) or ""
                context.out.row(["chat", when, message.type, message.delivery or "", message.content])
        elif name == "chat_truncated" and fields is None:
            left_out = len(chosen_messages(context, task)) < len(task.chat_history)
            context.out.row([name, plain_value(left_out or task.chat_truncated)])
        elif name == "source_files" and fields is None:
            for file in task.source_files or ():
                counts = [plain_value(file.additions), plain_value(file.deletions)]
                context.out.row(["file", file.status or "", *counts, file.filename])
        elif name == "plan" and fields is None and task.plan is not None:
            context.out.row(["plan", task.plan.fingerprint, plain_value(task.plan.complete)])
            for number, step in enumerate(task.plan.steps, 1):
                context.out.row(["step", str(number), step.title, step.description or ""])
        else:
            context.out.row([name, plain_value(document[name])])


def chosen_messages(context: CommandContext, task: Task) -> Sequence[ChatMessage]:
    """The latest messages: five, or as many as ``--chat`` says, or all with ``--full``."""
    given = context.arguments
    if given.full and given.chat is None:
        return task.chat_history
    count = _LATEST if given.chat is None else given.chat
    return task.chat_history[-count:] if count else ()


def _show(context: CommandContext, result: GetResult, now: datetime) -> None:
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    task, look = result.task, context.out.look
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value, style in _facts(task, result, now, look.unicode):
        grid.add_row(Text(name, style="bold"), Text(clean(value), style=style))
    title = Text(task_heading(task), style="bold", no_wrap=True, overflow="ellipsis")
    context.out.render(Panel(grid, title=title, title_align="left", expand=True, safe_box=not look.unicode))
    lines = list(_sections(context, result))
    context.out.styled([_BREAK, *(lines[:-1] if lines and lines[-1] == _BREAK else lines)])


def _facts(task: Task, result: GetResult, now: datetime, unicode: bool) -> Iterator[tuple[str, str, str]]:
    detail = f" ({task.status_detail})" if task.status_detail else ""
    yield "ID", task.id, ""
    yield "Title", task.title or "unknown", ""
    yield "Repository", task.repository or "unknown", ""
    yield "Branch", task.branch or "unknown", ""
    yield "Status", status_text(task.status, unicode=unicode) + detail, status_color(task.status)
    if needs := needs_text(task, now):
        since = task.waiting_since
        waiting = "" if since is None else f", has waited for {age((now - since).total_seconds())}"
        yield "Needs you", needs + waiting, "bold"
    if task.failure:
        yield "Failure", task.failure, "red"
    yield "Created", moment_with_age(task.created_at, now), ""
    yield "Updated", moment_with_age(task.updated_at, now), ""
    yield "Read", f"{relative_time(result.synced_at, now)} from the {result.source}", ""
    yield "URL", task.url or "unknown", ""
    if task.pull_request_url:
        yield "Pull request", task.pull_request_url, ""
    if task.on_server is False:
        yield "On server", "no longer", "bold"
    if task.archived:
        yield "Archived", "here", ""
    if task.snoozed_until is not None and task.snoozed_until > now:
        yield "Snoozed", f"until {moment_with_age(task.snoozed_until, now)}", ""
    for operation in result.operations:
        yield "Under way", f"{operation.kind.value} {operation.id}: {operation.state.value}", "bold yellow"


def _sections(context: CommandContext, result: GetResult) -> Iterator[StyledLine]:
    """Description, plan, files, chat and what to do next, with an empty line between them."""
    task, unicode = result.task, context.out.look.unicode
    if task.description:
        yield "Description", "bold underline"
        yield from _description(task.description, full=context.arguments.full)
        yield _BREAK
    if task.plan is not None:
        yield f"Plan {task.plan.fingerprint} · {plan_state(task, task.plan)}", "bold underline"
        yield from step_lines(task.plan)
        yield _BREAK
    if task.source_files:
        yield f"Files ({len(task.source_files)})", "bold underline"
        for file in task.source_files:
            counts = file_counts(file, unicode=unicode)
            yield f"  {file_mark(file, unicode=unicode)} {file.filename}  {counts}".rstrip(), ""
        yield _BREAK
    yield from _chat(context, task)
    if next_step := next_command(result):
        yield f"Next: {context.out.own(next_step)}", "bold"


def _chat(context: CommandContext, task: Task) -> Iterator[StyledLine]:
    """The latest messages; the prompt stands above as the description and is not shown twice."""
    history = task.chat_history
    has_prompt = bool(history) and history[0].type == "user" and _same(history[0].content, task.description)
    messages = [message for message in chosen_messages(context, task) if not (has_prompt and message is history[0])]
    if not messages:
        return
    total = len(history) - has_prompt
    count = str(total) if len(messages) == total else f"{len(messages)} of {total}"
    after = " after the description" if has_prompt else ""
    more = "" if len(messages) == total else ", all with --full"
    cut = " · older ones are not stored" if task.chat_truncated else ""
    yield f"Chat ({count}{after}{more}{cut})", "bold underline"
    for message in messages:
        yield from _message(message)
    yield _BREAK


def _same(one: str, other: str | None) -> bool:
    return other is not None and one.split() == other.split()


def plan_state(task: Task, plan: Plan) -> str:
    """Approved, waiting, or neither as far as is known; and whether it is known to be the whole and latest plan."""
    if plan.approved:
        state = "approved"
    elif task.status is TaskStatus.WAITING_APPROVAL:
        state = "waiting for approval"
    else:
        state = "not approved" if plan.approved is False else "not known whether it was approved"
    return state if plan.complete else f"{state} · not known to be complete"


_NEXT_COMMANDS: Final = {
    TaskStatus.PAUSED: "jjm resume",
    TaskStatus.COMPLETED: "jjm diff",
    TaskStatus.FAILED: "jjm open",
    TaskStatus.PENDING: "jjm monitor",
    TaskStatus.IN_PROGRESS: "jjm monitor",
}


def next_command(result: GetResult) -> str | None:
    """The command for what the task needs now; what is under way or unsettled comes first."""
    task = result.task
    if any(operation.state is OperationState.UNCONFIRMED for operation in result.operations):
        return "jjm outbox settle"
    if result.operations or task.on_server is False:
        return None
    if task.status is TaskStatus.WAITING_APPROVAL:
        return spell_command("jjm approve", task.id)
    if task.status is TaskStatus.COMPLETED and task.pull_request_url:
        return spell_command("jjm open", task.id, options="--pr")
    if task.status is TaskStatus.WAITING_FEEDBACK:
        return spell_command("jjm message", task.id, text="'YOUR ANSWER'")
    command = _NEXT_COMMANDS.get(task.status)
    return None if command is None else spell_command(command, task.id)


def _description(text: str, *, full: bool) -> Iterator[StyledLine]:
    lines = text.splitlines()
    shown = lines if full or len(lines) <= _SHORT_DESCRIPTION else lines[:_SHORT_DESCRIPTION]
    for line in shown:
        yield f"  {line}", ""
    if len(shown) < len(lines):
        yield f"  … {len(lines) - len(shown)} more lines with --full", "bright_black"


def _message(message: ChatMessage) -> Iterator[StyledLine]:
    when = "" if message.timestamp is None else message.timestamp.astimezone().strftime(" · %Y-%m-%d %H:%M")
    delivery = f" · {message.delivery}" if message.delivery else ""
    yield f"  {message.type}{when}{delivery}", _SPEAKER_STYLES[message.type]
    for line in message.content.splitlines():
        yield f"    {line}", ""


async def open_page(context: CommandContext) -> int:
    """Open the task's page, or its pull request, in the browser; only on http and https."""
    given = context.arguments
    reference = expand_reference(context, given.task)
    async with context.manager() as manager:
        try:
            task_id = await manager.resolve(reference, ask_server=False)
            task = (await manager.get_task(task_id, cached=True)).task
        except TaskNotFoundError:
            async with waiting_for(context.out, "Reading the task"):
                task = (await manager.get_task(reference)).task
    url = task.pull_request_url if given.pr else task.url
    if url is None:
        what = "pull request" if given.pr else "page"
        raise TaskNotFoundError(
            f"No {what} of the task {task.id} is known.",
            hint=f"Ask the server for it: {spell_command('jjm get', task.id)}",
            context={"task_id": task.id},
        )
    if url.partition("://")[0].lower() not in ("http", "https"):
        raise OperationFailedError("The address that the server gave is not a web page, so it is not opened.")
    context.out.line(url)
    return ExitCode.DONE if given.print else _browse(context, url)


def _browse(context: CommandContext, url: str) -> int:
    import webbrowser

    if webbrowser.open(url):
        return ExitCode.DONE
    context.out.warn("No browser could be started; open the address yourself.")
    return ExitCode.FAILED
