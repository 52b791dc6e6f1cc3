"""``export`` and ``import``: tasks out of the store and into it, without any server."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, UsageError
from jjm_tui.cli.interchange import exported_task, read_tasks, to_csv, to_markdown
from jjm_tui.cli.loop import run_async
from jjm_tui.cli.operating import may_overwrite, read_standard_input, read_text_file, resolve_all
from jjm_tui.cli.output import SCHEMA
from jjm_tui.cli.selection import chosen_query, chosen_statuses
from jjm_tui.cli.task_json import time_or_null
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.text import clean
from jjm_tui.errors import StorageError
from jjm_tui.services.selection import ListRequest, select_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jjm_tui.domain.sync import SyncState
    from jjm_tui.domain.task import Task
    from jjm_tui.services.manager import JobManager
    from jjm_tui.services.results import ImportResult

_BY_NAME = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
}
_STANDARD_OUTPUT: Final = (None, "-")
"""What ``--output`` is where no file is written."""

_NAMED: Final = 5
"""How many of the tasks that were left out are told by id."""

_READS = "It reads JSON, JSON lines and CSV."


def export(context: CommandContext) -> int:
    """Write stored tasks: a file on the event loop, where no signal ends the writing halfway; else after it, as a pipe
    may wait for its reader, and Ctrl+C is to end that.
    """
    given = context.arguments
    _check_ending(context)
    found: list[tuple[Sequence[Task], SyncState]] = []

    async def read(context: CommandContext) -> int:
        tasks, sync = await _read(context)
        if given.output not in _STANDARD_OUTPUT and _is_file(given.output):
            _write(context, tasks, sync)
        else:
            found.append((tasks, sync))
        return ExitCode.DONE

    code = run_async(read, context)
    for tasks, sync in found:
        _write(context, tasks, sync)
    return code


def _is_file(name: str) -> bool:
    """Whether a file is there or will be made, and not a pipe or a device."""
    path = Path(name).expanduser()
    return path.is_file() or not path.exists()


def _write(context: CommandContext, tasks: Sequence[Task], sync: SyncState) -> None:
    output, text = context.arguments.output, _text(context, tasks, sync)
    if output in _STANDARD_OUTPUT:
        context.out.write(text)
    else:
        _write_file(output, text)
        context.out.remark(f"{len(tasks)} task{'' if len(tasks) == 1 else 's'} written to {output}.")


async def _read(context: CommandContext) -> tuple[Sequence[Task], SyncState]:
    given = context.arguments
    if given.output not in _STANDARD_OUTPUT:
        await may_overwrite(context, Path(given.output), f"jjm export --output {shlex.quote(given.output)} --force")
    request = ListRequest(
        statuses=chosen_statuses(given.status),
        repository=given.repo,
        query=chosen_query(given.filter),
        include_archived=True,
    )
    async with context.manager() as manager:
        return await _chosen(context, manager, request), await manager.sync_state()


def _check_ending(context: CommandContext) -> None:
    """Raise UsageError where the name of the file does not say how to write it. No ending at all is JSON."""
    given = context.arguments
    suffix = "" if given.output is None else Path(given.output).suffix.lower()
    if given.format is None and suffix and suffix not in _BY_NAME:
        raise UsageError(
            f"How is {given.output} to be written? The ending {suffix} says nothing.",
            hint=f"Use {', '.join(_BY_NAME)}, or add --format json, jsonl, csv or markdown.",
        )


async def _chosen(context: CommandContext, manager: JobManager, request: ListRequest) -> tuple[Task, ...]:
    tasks = select_tasks(await manager.list_stored(), request, context.now())
    if not context.arguments.tasks:
        return tasks
    wanted = await resolve_all(context, manager, context.arguments.tasks, ask_server=False)
    return tuple(task for task in tasks if task.id in wanted)


def _text(context: CommandContext, tasks: Sequence[Task], sync: SyncState) -> str:
    given, now = context.arguments, context.now()
    suffix = "" if given.output is None else Path(given.output).suffix.lower()
    shape = given.format or _BY_NAME.get(suffix, "json")
    if shape == "csv":
        return clean(to_csv(tasks, now))
    if shape in ("markdown", "md"):
        return clean(to_markdown(tasks, now))
    ascii_only = context.out.terminal and given.output in _STANDARD_OUTPUT
    documents: list[dict[str, Any]] = [exported_task(task, now) for task in tasks]
    if shape == "jsonl":
        return "".join(json.dumps(document, ensure_ascii=ascii_only) + "\n" for document in documents)
    head = {
        "schema": SCHEMA,
        "source": "store",
        "synced_at": time_or_null(sync.synced_at),
        "truncated": sync.is_part,
        "tasks": documents,
    }
    return json.dumps(head, ensure_ascii=ascii_only, indent=2) + "\n"


def _write_file(name: str, text: str) -> None:
    """Replace the file whole, so that a full disk leaves the old one; pipes and devices are written as they are."""
    path = Path(name).expanduser()
    data = text.encode("utf-8")
    try:
        if not _is_file(name):
            path.write_bytes(data)
            return
        path = path.resolve()
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            f"{path} could not be written: {error.strerror or error}.",
            hint="Check the folder, its permissions and the free space; an old file is untouched.",
            context={"path": str(path)},
        ) from error


def import_tasks(context: CommandContext) -> int:
    """Read tasks into the store."""
    given = context.arguments
    name = "standard input" if given.file == "-" else given.file
    text = read_standard_input("tasks") if given.file == "-" else read_text_file(given.file, hint=_READS)
    tasks = read_tasks(text, name)

    async def put(context: CommandContext) -> int:
        async with context.manager() as manager:
            result = await manager.import_tasks(tasks, dry_run=given.dry_run)
        with nullcontext() if given.dry_run else context.out.telling_what_is_done():
            _tell_import(context, result)
        return ExitCode.DONE

    return run_async(put, context)


def _tell_import(context: CommandContext, result: ImportResult) -> None:
    given = context.arguments
    counts = {
        "added": result.added,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "forgotten": len(result.forgotten),
    }
    for remark in (*result.remarks, *_left_out(result.forgotten)):
        context.out.remark(remark)
    if given.json:
        context.out.document({"dry_run": given.dry_run, **counts})
    elif context.out.terminal:
        would = "Would be " if given.dry_run else ""
        context.out.line(f"{would}{result.added} added, {result.updated} updated, {result.unchanged} left as they are.")
    else:
        for word, count in counts.items():
            context.out.row([word, str(count)])


def _left_out(forgotten: Sequence[str]) -> list[str]:
    """What is said of tasks that were not imported, as they are forgotten here."""
    if not forgotten:
        return []
    shown = forgotten[:_NAMED]
    tasks, them = (f"{len(forgotten)} tasks are", "them") if len(forgotten) > 1 else ("1 task is", "it")
    if len(shown) < len(forgotten):
        them = f"the first {len(shown)}"
    way_back = spell_command("jjm forget --undo", *shown)
    return [f"{tasks} forgotten here and left out. Bring {them} back, then import again: {way_back}"]
