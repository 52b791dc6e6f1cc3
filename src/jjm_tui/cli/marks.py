"""``archive``, ``unarchive``, ``snooze``, ``seen``, ``forget``: marks on this machine, all reversible."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.cli.appearance import task_heading
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, UsageError
from jjm_tui.cli.operating import confirm_rows, resolve_all
from jjm_tui.cli.session import refuse_rows_with_yes
from jjm_tui.cli.task_json import task_document
from jjm_tui.cli.values import moment_after

if TYPE_CHECKING:
    from jjm_tui.services.manager import JobManager
    from jjm_tui.services.results import MarkResult

_SNOOZE: Final = 4 * 3600.0
"""Seconds."""

Marking = Callable[["JobManager", Sequence[str]], "Awaitable[MarkResult]"]


async def archive(context: CommandContext) -> int:
    """Hide tasks here."""
    return await _mark(context, "archive", "archived", lambda manager, ids: manager.archive(ids))


async def unarchive(context: CommandContext) -> int:
    """Show them again."""
    return await _mark(context, "unarchive", "no longer archived", lambda manager, ids: manager.unarchive(ids))


async def seen(context: CommandContext) -> int:
    """A person has looked at them."""
    return await _mark(context, "seen", "seen", lambda manager, ids: manager.mark_seen(ids))


async def snooze(context: CommandContext) -> int:
    """Let them need nobody for a while."""
    until = _until(context)
    words = "awake" if until is None else f"snoozed until {until.astimezone().strftime('%Y-%m-%d %H:%M')}"
    return await _mark(context, "snooze", words, lambda manager, ids: manager.snooze(ids, until))


def _until(context: CommandContext) -> datetime | None:
    given, now = context.arguments, context.now()
    if given.wake:
        return None
    if given.until is None:
        return now + timedelta(seconds=given.span or _SNOOZE)
    try:
        until = moment_after(now, given.until)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"--until {error}.", hint="Example: jjm snooze TASK --for 2h") from error
    if until <= now:
        raise UsageError(f"--until {given.until} has passed already.", hint="Give a time that lies ahead, or --wake.")
    return until


async def forget(context: CommandContext) -> int:
    """Remove them from the store, or bring them back."""
    given = context.arguments
    if not given.undo:
        return await _mark(
            context, "forget", "forgotten here; bring it back with `jjm forget --undo`", lambda m, ids: m.forget(ids)
        )
    if any(reference.startswith("@") for reference in given.tasks):
        raise UsageError("A forgotten task has no row in a list.", hint="Give its id, see: jjm events --type forgotten")
    async with context.manager() as manager:
        result = await manager.remember(given.tasks)
    return _tell(context, "remember", "back", result)


async def _mark(context: CommandContext, word: str, done: str, mark: Marking) -> int:
    given = context.arguments
    refuse_rows_with_yes(given.tasks, yes=given.yes)
    async with context.manager() as manager:
        ids = await resolve_all(context, manager, given.tasks, ask_server=False)
        if not await confirm_rows(context, manager, given.tasks, ids, f"Go on with {word}?"):
            context.out.warn("You did not say yes, so nothing was changed.")
            return ExitCode.FAILED
        result = await mark(manager, ids)
    return _tell(context, word, done, result)


def _tell(context: CommandContext, word: str, done: str, result: MarkResult) -> int:
    out, now = context.out, context.now()
    documents: list[dict[str, Any]] = []
    for task in result.tasks:
        same = task.id in result.unchanged
        message = f"{task.id} was like that already" if same else f"{task.id} is {done}"
        if context.arguments.json:
            documents.append(
                {
                    "operation": word,
                    "task_id": task.id,
                    "outcome": "done",
                    "message": f"{message}.",
                    "task": task_document(task, now),
                }
            )
        elif out.terminal:
            out.line(f"{message}.  {task_heading(task)}")
        else:
            out.row([task.id, word, "unchanged" if same else "done"])
    if context.arguments.json:
        out.document(documents[0] if len(documents) == 1 else {"operations": documents})
    return ExitCode.DONE
