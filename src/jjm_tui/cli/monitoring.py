"""``monitor``: a live table on a terminal, one line per change elsewhere; also the overview without a command."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.cli.appearance import local_second, status_color, status_text, task_heading
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode
from jjm_tui.cli.history import event_sentence, harmless_event
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.session import expand_reference
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import age, clean_line, relative_time, short_ids
from jjm_tui.domain.times import format_time
from jjm_tui.services.results import MonitorRequest, MonitorUpdate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Group
    from rich.live import Live

    from jjm_tui.services.manager import JobManager

_REFRESHES: Final = 4
"""Per second: the clock and the ages move, nothing else."""


@dataclass(slots=True)
class _Picture:
    """What the live table shows now."""

    update: MonitorUpdate
    news: list[str]


async def run(context: CommandContext) -> int:
    """Watch tasks until something happens."""
    given = context.arguments
    statuses, needs_me = given.until or (frozenset(), False)
    async with context.manager() as manager:
        ids = [await manager.resolve(expand_reference(context, reference)) for reference in given.tasks]
        request = MonitorRequest(
            task_ids=tuple(dict.fromkeys(ids)),
            interval=given.interval or context.load().settings.monitor.interval,
            until=statuses,
            until_needs_me=needs_me,
            timeout=given.timeout,
        )
        return await watch(context, manager, request)


async def overview(context: CommandContext) -> int:
    """What the program shows without a command: every active task, live."""
    async with context.manager() as manager:
        interval = context.load().settings.polling.interval
        return await watch(context, manager, MonitorRequest(interval=interval))


async def watch(context: CommandContext, manager: JobManager, request: MonitorRequest) -> int:
    """Show updates until the monitor ends by itself; answer the exit code."""
    last: MonitorUpdate | None = None
    live_wanted = context.out.terminal and not context.as_json
    try:
        with _live(context) if live_wanted else _lines(context) as show:
            async with _first_look(context, manager, request) as updates:
                async for update in updates:
                    last = update
                    show(update)
                    if context.out.broken:
                        break
    finally:
        _farewell(context, last)
    return _exit_code(request, last)


@asynccontextmanager
async def _first_look(
    context: CommandContext, manager: JobManager, request: MonitorRequest
) -> AsyncIterator[AsyncIterator[MonitorUpdate]]:
    """The updates; a line says what is waited for until the first one is there."""
    source = manager.monitor(request)
    async with waiting_for(context.out, "Looking at the tasks"):
        first = await anext(source, None)

    async def updates() -> AsyncIterator[MonitorUpdate]:
        if first is not None:
            yield first
            async for update in source:
                yield update

    stream = updates()
    try:
        yield stream
    finally:
        for each in (stream, source):
            close = getattr(each, "aclose", None)
            if close is not None:
                await close()


def _farewell(context: CommandContext, last: MonitorUpdate | None) -> None:
    if last is not None and context.out.terminal and not context.as_json:
        for task in last.tasks:
            status = status_text(task.status, unicode=context.out.look.unicode)
            context.out.remark(f"{task.id}  {status}  {task_heading(task)}")
    context.out.remark("Monitoring stopped")


def _exit_code(request: MonitorRequest, last: MonitorUpdate | None) -> int:
    if last is None or last.finished is None or last.finished == "reached":
        return ExitCode.DONE
    if last.finished == "timeout":
        return ExitCode.TIMED_OUT
    if last.finished == "unreachable":
        return ExitCode.FAILED
    watched_failed = request.task_ids and any(task.status is TaskStatus.FAILED for task in last.tasks)
    gone = request.task_ids and any(task.on_server is False for task in last.tasks)
    return ExitCode.FAILED if watched_failed or gone else ExitCode.DONE


# one line per change


@contextmanager
def _lines(context: CommandContext) -> Iterator[Callable[[MonitorUpdate], None]]:
    known: dict[str, TaskStatus] = {}
    failing = False

    def show(update: MonitorUpdate) -> None:
        nonlocal failing
        out = context.out
        if update.failure is not None and not failing:
            out.warn(update.failure.message)
        failing = update.failure is not None
        if context.arguments.jsonl:
            for event in update.events:
                out.json_line(harmless_event(event))
            return
        told = {event.task_id for event in update.events}
        for task in update.tasks:
            if known.get(task.id) is not task.status and (task.id not in known or task.id not in told):
                out.row(_task_row(update, task, "now"))
            known[task.id] = task.status
        by_id = {task.id: task for task in update.tasks}
        for event in update.events:
            changed = by_id.get(event.task_id or "")
            status = "" if changed is None else changed.status.value
            out.row([format_time(event.at), event.task_id or "", status, event_sentence(event)])

    yield show


def _task_row(update: MonitorUpdate, task: Task, word: str) -> list[str]:
    files = "" if task.source_files is None else f", {_count(len(task.source_files), 'file')}"
    return [format_time(update.at), task.id, task.status.value, f"{word}: {task_heading(task)}{files}"]


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


# the live table


@contextmanager
def _live(context: CommandContext) -> Iterator[Callable[[MonitorUpdate], None]]:
    from rich.live import Live
    from rich.text import Text

    picture: list[_Picture] = []

    def draw() -> Any:
        return _table(context, picture[-1]) if picture else Text("")

    with Live(
        get_renderable=draw,
        console=context.out.console,
        refresh_per_second=_REFRESHES,
        transient=False,
        redirect_stdout=False,
        redirect_stderr=False,
        vertical_overflow="ellipsis",
    ) as live:
        yield lambda update: _take(picture, update, live)


def _take(picture: list[_Picture], update: MonitorUpdate, live: Live) -> None:
    news = picture[-1].news if picture else []
    news = [
        *news,
        *(f"{local_second(event.at)}  {event.task_id or ''}  {event_sentence(event)}" for event in update.events),
    ]
    picture[:] = [_Picture(update, news[-5:])]
    live.refresh()


def _table(context: CommandContext, picture: _Picture) -> Group:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    update, look, now = picture.update, context.out.look, context.now()
    ids = short_ids(task.id for task in update.tasks)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=True)
    table.add_column(Text("ID"), no_wrap=True)
    table.add_column(Text("STATUS"), no_wrap=True)
    table.add_column(Text("ELAPSED"), no_wrap=True)
    wide = look.width >= 100
    if wide:
        table.add_column(Text("UPDATED"), no_wrap=True)
    table.add_column(Text("FILES"), no_wrap=True, justify="right")
    table.add_column(Text("TITLE"), no_wrap=True, overflow="ellipsis", ratio=2)
    if wide:
        table.add_column(Text("LATEST MESSAGE"), no_wrap=True, overflow="ellipsis", ratio=3)
    room = max(1, context.out.console.height - len(picture.news) - 4)
    for task in update.tasks[:room]:
        cells = [Text(cell, style=style) for cell, style in _cells(task, ids, now, look.unicode, wide)]
        table.add_row(*cells)
    hidden = len(update.tasks) - room
    more = [Text(f"… {hidden} more tasks")] if hidden > 0 else []
    news = [Text(clean_line(line), no_wrap=True, overflow="ellipsis") for line in picture.news]
    return Group(table, *more, *news, Text(_status_line(update, now), style="bold", no_wrap=True, overflow="ellipsis"))


def _cells(task: Task, ids: dict[str, str], now: datetime, unicode: bool, wide: bool) -> Sequence[tuple[str, str]]:
    files = "?" if task.source_files is None else str(len(task.source_files))
    message = clean_line(task.chat_history[-1].content[:400]) if task.chat_history else ""
    elapsed = "unknown" if task.created_at is None else age((now - task.created_at).total_seconds())
    cells = [
        (ids[task.id], "bold"),
        (status_text(task.status, unicode=unicode), status_color(task.status)),
        (elapsed, ""),
        (files, ""),
        (task_heading(task), ""),
    ]
    if wide:
        cells.insert(3, (relative_time(task.updated_at, now), ""))
        cells.append((message, ""))
    return cells


def _status_line(update: MonitorUpdate, now: datetime) -> str:
    if not update.tasks:
        text = "No active task."
    else:
        text = "1 task" if len(update.tasks) == 1 else f"{len(update.tasks)} tasks"
    looked = f"{text} · looked at {local_second(update.at)}, read {relative_time(update.synced_at, now)}"
    if update.failure is not None:
        return f"{looked} · the server did not answer: {clean_line(update.failure.message)}"
    return f"{looked} · Ctrl+C stops"
