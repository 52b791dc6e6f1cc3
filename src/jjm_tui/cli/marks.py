"""``archive``, ``unarchive``, ``snooze``, ``seen``, ``forget``: marks on this machine, all reversible."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.cli.appearance import local_minute, task_heading
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import DeclinedError, ExitCode, UsageError
from jjm_tui.cli.operating import confirm_rows, resolve_all
from jjm_tui.cli.session import refuse_rows_with_yes
from jjm_tui.cli.tables import hanging
from jjm_tui.cli.task_json import task_document, time_or_null
from jjm_tui.cli.values import moment_after
from jjm_tui.domain.ids import spell_command
from jjm_tui.errors import TaskNotFoundError

if TYPE_CHECKING:
    from jjm_tui.domain.task import Task
    from jjm_tui.services.manager import JobManager
    from jjm_tui.services.results import MarkResult

_SNOOZE: Final = 4 * 3600.0
"""Seconds."""

_SHOWN_IDS: Final = 5

Marking = Callable[["JobManager", Sequence[str]], "Awaitable[MarkResult]"]


async def archive(context: CommandContext) -> int:
    """Hide tasks here."""
    return await _mark(context, "archive", "archived", lambda manager, ids: manager.archive(ids))


async def unarchive(context: CommandContext) -> int:
    """Show them again."""
    return await _mark(context, "unarchive", "no longer archived", lambda manager, ids: manager.unarchive(ids))


async def seen(context: CommandContext) -> int:
    """A person has looked at them, or has not after all."""
    if context.arguments.undo:
        return await _mark(context, "unseen", "no longer seen", lambda manager, ids: manager.mark_unseen(ids))
    return await _mark(context, "seen", "seen", lambda manager, ids: manager.mark_seen(ids))


async def snooze(context: CommandContext) -> int:
    """Let them need nobody for a while."""
    until = _until(context)
    words = "awake" if until is None else f"snoozed until {local_minute(until)}"
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
    if given.undo:
        return await _remember(context)
    if not given.tasks:
        raise UsageError("Which task? Name one.", hint="See the ids: jjm list --all")
    refuse_rows_with_yes(given.tasks, yes=given.yes)
    async with context.manager() as manager:
        ids = await resolve_all(context, manager, given.tasks, ask_server=False)
        if not given.yes:
            context.prompts.require(f"Say so: {spell_command('jjm forget', *given.tasks, options='--yes')}")
            if not await _really_forget(context, manager, ids):
                raise DeclinedError("changed")
        result = await manager.forget(ids)
    _tell(context, "forget", "forgotten here", result, way_back="" if given.demo else "jjm forget --undo")
    return ExitCode.DONE


async def _really_forget(context: CommandContext, manager: JobManager, ids: Sequence[str]) -> bool:
    """Say what would go from the store, and ask."""
    wanted, width = set(ids), context.out.look.width
    for task in await manager.list_stored():
        if task.id in wanted:
            context.out.say(hanging("", f"{task.id}  {task_heading(task)}", width))
            context.out.say(hanging("  ", f"would go from here: {', '.join(_kept_of(task, context.now()))}.", width))
    what = "this task" if len(ids) == 1 else f"these {len(ids)} tasks"
    return await context.prompts.confirm(f"Forget {what}?", hint="Add --yes to say so beforehand.")


def _kept_of(task: Task, now: datetime) -> list[str]:
    """What the store has of a task, in words."""
    parts = ["its title and description" if task.title else "its description"]
    if messages := len(task.chat_history):
        parts.append("1 message" if messages == 1 else f"{messages} messages")
    if task.plan is not None:
        parts.append("its plan")
    if files := len(task.source_files or ()):
        parts.append("its list of 1 file" if files == 1 else f"its list of {files} files")
    marks = [
        *(["archived"] if task.archived else []),
        *(["snoozed"] if task.snoozed_until is not None and task.snoozed_until > now else []),
        *(["seen"] if task.seen_at is not None else []),
    ]
    return [*parts, f"its marks ({', '.join(marks)})"] if marks else parts


async def _remember(context: CommandContext) -> int:
    """Bring forgotten tasks back: the named ones, else those that were forgotten last."""
    given = context.arguments
    if any(reference.startswith("@") for reference in given.tasks):
        raise UsageError("A forgotten task has no row in a list.", hint="Give its id, see: jjm events --type forgotten")
    async with context.manager() as manager:
        forgotten = dict(sorted((await manager.forgotten()).items(), key=_moment))
        if given.tasks:
            try:
                result = await manager.remember(given.tasks)
            except TaskNotFoundError as error:
                raise TaskNotFoundError(error.message, hint=_can_come_back(forgotten), context=error.context) from error
        elif forgotten:
            last = list(forgotten.values())[-1]
            result = await manager.remember([task_id for task_id, at in forgotten.items() if at == last])
        else:
            raise TaskNotFoundError("No task is forgotten here, so there is nothing to bring back.")
    _tell(context, "remember", "back", result)
    return ExitCode.DONE


def _moment(mark: tuple[str, datetime | None]) -> datetime:
    """When a task was forgotten; before all others where that is not known."""
    return mark[1] or datetime.min.replace(tzinfo=UTC)


def _can_come_back(forgotten: Mapping[str, datetime | None]) -> str:
    """The tasks that were forgotten last, in words; ``forgotten`` has the latest last."""
    if not forgotten:
        return "No task is forgotten here."
    shown = list(forgotten)[: -_SHOWN_IDS - 1 : -1]
    more = "" if len(shown) == len(forgotten) else f" and {len(forgotten) - len(shown)} more"
    return f"These can come back: {', '.join(shown)}{more}"


async def _mark(context: CommandContext, word: str, done: str, mark: Marking) -> int:
    given = context.arguments
    async with context.manager() as manager:
        ids = await resolve_all(context, manager, given.tasks, ask_server=False)
        if not await confirm_rows(context, manager, given.tasks, ids, f"Go on with {word}?"):
            raise DeclinedError("changed")
        result = await mark(manager, ids)
    _tell(context, word, done, result)
    return ExitCode.DONE


def _tell(context: CommandContext, word: str, done: str, result: MarkResult, *, way_back: str = "") -> None:
    """Tell of each task what became of it; ``way_back``: the command that undoes it."""
    with context.out.telling_what_is_done():
        _write(context, word, done, result, way_back)


def _write(context: CommandContext, word: str, done: str, result: MarkResult, way_back: str) -> None:
    out, now = context.out, context.now()
    for remark in result.remarks:
        out.remark(remark)
    documents: list[dict[str, Any]] = []
    for task in result.tasks:
        same = task.id in result.unchanged
        message = f"{task.id} {_why_unchanged(word, task)}" if same else f"{task.id} is {done}"
        if way_back and not same:
            message += f"; bring it back: {out.own(spell_command(way_back, task.id))}"
        if context.arguments.json:
            documents.append(
                {
                    "operation": word,
                    "task_id": task.id,
                    "outcome": "done",
                    "message": " ".join((f"{message}.", *([] if same else result.remarks))),
                    "task": task_document(task, now),
                }
            )
        elif out.terminal:
            out.line(hanging("", f"{message}.  {task_heading(task)}", out.look.width))
        else:
            until = [] if word != "snooze" else [time_or_null(task.snoozed_until) or ""]
            out.row([task.id, word, "unchanged" if same else "done", *until])
    if context.arguments.json:
        out.document(documents[0] if len(documents) == 1 else {"operations": documents})


def _why_unchanged(word: str, task: Task) -> str:
    """Only what is finished can be looked at."""
    return "is not finished yet" if word in ("seen", "unseen") and not task.status.is_final else "was like that already"
