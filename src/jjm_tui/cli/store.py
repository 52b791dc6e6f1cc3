"""``store``: where tasks are kept on this machine - look at it, repair it, copy it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import DeclinedError, ExitCode, UsageError
from jjm_tui.cli.operating import may_overwrite
from jjm_tui.cli.output import harmless
from jjm_tui.cli.tables import pairs
from jjm_tui.domain.text import clean
from jjm_tui.errors import StorageError

if TYPE_CHECKING:
    from jjm_tui.store.inspection import RepairReport, StoreReport


def info(context: CommandContext) -> int:
    """Where it is and what is in it."""
    report, _ = _report(context)
    document = _document(report)
    if context.arguments.json:
        context.out.document({"store": harmless(document)})
    elif context.out.terminal and not report.exists:
        _write(context, {"path": document["path"], "tasks": "nothing is stored yet"})
    else:
        _write(context, document)
    return ExitCode.DONE


def check(context: CommandContext) -> int:
    """Look for damage; exit code 1 when the tasks are damaged."""
    report, unknown = _report(context, with_history=True)
    out = context.out
    problems = [*report.problems, *(f"{error.message} {error.hint}" for error in unknown)]
    if context.arguments.json:
        out.document(harmless({"store": _document(report), "damaged": report.damaged, "problems": problems}))
    else:
        out.line(str(report.path) if out.terminal else f"path\t{report.path}")
        for problem in problems:
            out.line(problem if out.terminal else f"problem\t{problem}")
        if not problems:
            state = f"ok, {report.tasks} tasks" if report.exists else "nothing is stored yet"
            out.line(state if out.terminal else f"state\t{state}")
    if report.damaged:
        out.warn("The store is damaged. Nothing was changed. Bring it back: jjm store repair")
    return ExitCode.FAILED if report.damaged else ExitCode.DONE


def _report(context: CommandContext, *, with_history: bool = False) -> tuple[StoreReport, tuple[StorageError, ...]]:
    """What is in the store, and what beside it cannot be read, or was damaged and nobody has looked at."""
    import anyio

    from jjm_tui import assembly
    from jjm_tui.services.recording import what_is_unknown
    from jjm_tui.store.backups import list_damaged
    from jjm_tui.store.draft_file import FileDrafts
    from jjm_tui.store.durable import whole_path
    from jjm_tui.store.inspection import check_history, check_store

    with assembly.open_workplace(context.options, context.environ) as place:
        assembly.fill_demo(place, context.environ)
        trouble = anyio.run(FileDrafts(place.store.drafts).find_trouble)
        outbox, drafts = (
            [str(each) for each in list_damaged(whole_path(path))] for path in (place.store.outbox, place.store.drafts)
        )
        unknown = what_is_unknown(outbox, drafts)
        history = check_history(place.store.events) if with_history else ()
        return check_store(place.store.tasks), (*unknown, *([trouble] if trouble is not None else ()), *history)


def _document(report: StoreReport) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "exists": report.exists,
        "size": report.size,
        "schema_version": report.schema_version,
        "tasks": report.tasks,
        "archived": report.archived,
        "forgotten": report.forgotten,
        "backups": [str(backup.path) for backup in report.backups],
        "damaged_files": [str(path) for path in report.damaged_files],
    }


def _write(context: CommandContext, document: Mapping[str, Any]) -> None:
    rows = [(name, text) for name, value in document.items() for text in _texts(value)]
    if context.out.terminal:
        for line in pairs(((name.replace("_", " "), text) for name, text in rows), context.out.look.width):
            context.out.line(line)
    else:
        for row in rows:
            context.out.row(row)


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return value or ["none"]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return ["unknown" if value is None else str(value)]


async def repair(context: CommandContext) -> int:
    """Set damaged files aside and bring back what is readable."""
    import anyio

    from jjm_tui import assembly
    from jjm_tui.assembly.clock import SystemClock
    from jjm_tui.store.inspection import check_store, repair_store

    hint = "Look first: jjm store check. Then: jjm store repair --yes"
    with assembly.open_workplace(context.options, context.environ) as place:
        await anyio.to_thread.run_sync(assembly.fill_demo, place, context.environ)
        path = place.store.tasks
        report = check_store(path)
        if not report.damaged:
            _tell_repair(context, None, path)
            return ExitCode.DONE
        if not context.arguments.yes:
            for problem in report.problems:
                context.out.say(problem)
            if not await context.prompts.confirm("Set it aside and bring back what is readable?", hint=hint):
                raise DeclinedError("changed")
        done = await anyio.to_thread.run_sync(repair_store, path, SystemClock())
        with context.out.telling_what_is_done():
            _tell_repair(context, done, path)
        return ExitCode.DONE


def _tell_repair(context: CommandContext, done: RepairReport | None, path: Path) -> None:
    document = {
        "path": str(path),
        "action": "nothing" if done is None else done.action,
        "set_aside": None if done is None or done.set_aside is None else str(done.set_aside),
        "backup": None if done is None or done.backup is None else str(done.backup),
        "tasks": None if done is None else done.tasks,
        "salvaged": 0 if done is None else done.salvaged,
        "lost_lines": 0 if done is None else done.lost_lines,
    }
    if context.arguments.json:
        context.out.document({"repair": harmless(document)})
    elif done is None or done.action == "nothing":
        context.out.line("The store is not damaged; nothing was changed.")
    else:
        _write(context, document)
    if done is not None and done.action != "nothing":
        for sentence in _missing(done):
            context.out.remark(sentence)


def _missing(done: RepairReport) -> list[str]:
    """What may be gone, and where it still is."""
    from jjm_tui.store.backups import list_damaged

    kept = done.set_aside or next(iter(list_damaged(done.path)), None)
    sentences = []
    if done.lost_lines:
        lines = "1 line" if done.lost_lines == 1 else f"{done.lost_lines} lines"
        sentences.append(f"{lines} of the damaged file could not be read, so tasks or changes may be missing.")
    elif kept is not None:
        sentences.append("What stood in the damaged file beyond its readable lines may be missing.")
    if kept is not None:
        sentences.append(f"The damaged file is kept as it was: {kept}")
    if done.backup is not None:
        sentences.append(f"Changes made after the backup {done.backup} that could not be read are missing.")
    if done.action == "emptied":
        sentences.append("Nothing could be read anywhere, so the store begins empty.")
    return [*sentences, "What the server still has comes back with: jjm list"]


async def copy(context: CommandContext) -> int:
    """Put every task into another store."""
    from jjm_tui.assembly.clock import SystemClock
    from jjm_tui.ports import TaskChange
    from jjm_tui.store.json_file import JsonTaskStore

    target = _target(context.arguments.to)
    await may_overwrite(context, target, f"jjm store copy --to {shlex.quote(context.arguments.to)} --force")
    _refuse_foreign(target)
    async with context.manager() as manager:
        tasks = await manager.list_stored()
    other = JsonTaskStore(target, SystemClock())
    kept = 0

    def keep_newer(task: Any) -> TaskChange:
        def change(stored: Any) -> Any:
            nonlocal kept
            newer = (
                stored is not None
                and stored.synced_at is not None
                and (task.synced_at is None or stored.synced_at > task.synced_at)
            )
            kept += newer
            return stored if newer else task

        return change

    try:
        await other.apply({task.id: keep_newer(task) for task in tasks})
        written = {task.id for task in await other.list_tasks()}
    finally:
        await other.close()
    missing = [task.id for task in tasks if task.id not in written]
    if missing:
        raise StorageError(
            f"{len(missing)} of {len(tasks)} tasks did not arrive in {target}.",
            hint="Run the command again.",
            context={"path": str(target)},
        )
    sentence = f"{len(tasks)} tasks are in {target}." if len(tasks) != 1 else f"1 task is in {target}."
    if kept:
        sentence += f" {kept} {'was' if kept == 1 else 'were'} newer there and stayed."
    with context.out.telling_what_is_done():
        if context.arguments.json:
            context.out.document({"copied": len(tasks) - kept, "kept": kept, "to": clean(str(target))})
        else:
            context.out.line(sentence)
    return ExitCode.DONE


def _refuse_foreign(target: Path) -> None:
    """Raise UsageError when a file is there that is no store: it is never written over, ``--force`` or not."""
    from jjm_tui.store.inspection import check_store

    report = check_store(target)
    if report.damage is not None:
        raise UsageError(
            f"{target} is there already and is no store: {report.damage}. Nothing was copied.",
            hint="Name another file.",
            context={"path": str(target)},
        )


def _target(address: str) -> Path:
    scheme, is_address, rest = address.partition("://")
    if not is_address:
        return Path(address).expanduser().absolute()
    host, _, path = rest.partition("/")
    if scheme.lower() != "file" or host not in ("", "localhost") or not path:
        raise UsageError(
            f"This version copies to JSON files only, not to {scheme or address!r} addresses.",
            hint="jjm store copy --to /backup/tasks.json",
        )
    return Path("/", unquote(path))
