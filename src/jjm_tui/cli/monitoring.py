"""``monitor``: a live table on a terminal, one line per change elsewhere."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

import anyio

from jjm_tui.cli.appearance import task_heading
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode
from jjm_tui.cli.history import harmless_event
from jjm_tui.cli.loop import while_somebody_reads
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.session import expand_reference
from jjm_tui.domain.event_words import event_sentence
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.times import format_time
from jjm_tui.services.monitor import SHORTEST_LOOK
from jjm_tui.services.results import MonitorRequest, MonitorUpdate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jjm_tui.services.manager import JobManager

_WHY_STOPPED: Final = {
    "reached": "what it waited for is reached",
    "unreachable": "what it waited for can no longer be reached",
    "timeout": "the time is over",
}


async def run(context: CommandContext) -> int:
    """Watch tasks until something happens."""
    given = context.arguments
    statuses, needs_me = given.until or (frozenset(), False)
    async with context.manager() as manager:
        began, timeout = anyio.current_time(), given.timeout
        with anyio.move_on_after(math.inf if timeout is None else max(SHORTEST_LOOK, timeout)) as finding:
            ids = [await manager.resolve(expand_reference(context, reference)) for reference in given.tasks]
        if finding.cancelled_caught:
            context.out.warn("The server did not answer before the time was over.")
            context.out.remark(_stopped(_WHY_STOPPED["timeout"]))
            return ExitCode.TIMED_OUT
        request = MonitorRequest(
            task_ids=tuple(dict.fromkeys(ids)),
            interval=given.interval or context.load().settings.monitor.interval,
            until=statuses,
            until_needs_me=needs_me,
            timeout=None if timeout is None else max(0.0, timeout - (anyio.current_time() - began)),
        )
        return await watch(context, manager, request)


async def watch(context: CommandContext, manager: JobManager, request: MonitorRequest) -> int:
    """Show updates until the monitor ends by itself; answer the exit code."""
    last: MonitorUpdate | None = None
    live_wanted = context.out.terminal and not context.as_json
    try:
        with while_somebody_reads(context.out), _live_table(context) if live_wanted else _lines(context) as show:
            async with _first_look(context, manager, request) as updates:
                async for update in updates:
                    last = update
                    show(update)
                    if context.out.broken:
                        break
    finally:
        context.out.remark(stop_sentence(request, last, context.now()))
    return _exit_code(request, last)


def stop_sentence(request: MonitorRequest, last: MonitorUpdate | None, now: datetime) -> str:
    """That monitoring stopped, and where it ended by itself, why."""
    if last is None or last.finished is None:
        return "Monitoring stopped."
    needed = sum(needs_me(task, now) is not None for task in last.tasks)
    if last.finished == "reached" and request.until_needs_me and needed:
        why = "1 task needs you" if needed == 1 else f"{needed} tasks need you"
    elif last.finished == "final":
        why = "nothing more happens by itself" if last.tasks else "no task is active"
    else:
        why = _WHY_STOPPED[last.finished]
    return _stopped(why)


def _stopped(why: str) -> str:
    return f"Monitoring stopped: {why}."


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


@contextmanager
def _live_table(context: CommandContext) -> Iterator[Callable[[MonitorUpdate], None]]:
    from jjm_tui.cli.live_table import live_table

    with live_table(context) as show:
        yield show


def _exit_code(request: MonitorRequest, last: MonitorUpdate | None) -> int:
    """A failure needs a person, yet it is not what ``--until needs-me`` on one task is to let a script go on for."""
    if last is None or last.finished is None:
        return ExitCode.DONE
    failed = any(task.status is TaskStatus.FAILED for task in last.tasks)
    if last.finished == "reached":
        is_unwanted = len(request.task_ids) == 1 and TaskStatus.FAILED not in request.until
        return ExitCode.FAILED if failed and is_unwanted else ExitCode.DONE
    if last.finished == "timeout":
        return ExitCode.TIMED_OUT
    if last.finished == "unreachable":
        return ExitCode.FAILED
    watched_failed = request.task_ids and failed
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
        by_id = {task.id: task for task in update.tasks}
        for event in update.events:
            changed = by_id.get(event.task_id or "")
            status = "" if changed is None else changed.status.value
            out.row([format_time(event.at), event.task_id or "", status, event_sentence(event)])
        told = {event.task_id for event in update.events}
        for task in update.tasks:  # behind what happened before it came to this
            if known.get(task.id) is not task.status and (task.id not in known or task.id not in told):
                out.row(_task_row(update, task, "now"))
            known[task.id] = task.status

    yield show


def _task_row(update: MonitorUpdate, task: Task, word: str) -> list[str]:
    files = "" if task.source_files is None else f", {_count(len(task.source_files), 'file')}"
    return [format_time(update.at), task.id, task.status.value, f"{word}: {task_heading(task)}{files}"]


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
