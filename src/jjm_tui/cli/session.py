"""``@N``: the rows of the last ``list`` of this terminal session, kept in the state folder."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import orjson

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.errors import TaskNotFoundError
from jjm_tui.files import read_file

_KEPT_FOR: Final = 7 * 86_400
"""Seconds; older files of terminals that are gone are removed."""


def remember_rows(context: CommandContext, task_ids: Sequence[str]) -> None:
    """Keep the ids of the rows just listed; a folder that cannot be written costs only the convenience."""
    path = _path(context)
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove_old(path.parent)
        temporary = path.with_name(f".rows-{os.getpid()}")
        temporary.write_bytes(orjson.dumps(list(task_ids)))
        temporary.replace(path)


def expand_reference(context: CommandContext, reference: str) -> str:
    """A task reference with ``@N`` replaced by the id of that row.

    Raises:
        TaskNotFoundError: there was no list in this terminal, or it has fewer rows.
        ValidationError: it is not a task reference.
    """
    from jjm_tui.domain.ids import parse_task_reference

    parsed = parse_task_reference(reference)
    if parsed.kind != "row" or parsed.row is None:
        return reference
    rows = _rows(context)
    if not rows:
        raise TaskNotFoundError(
            f"{reference} means row {parsed.row} of the last list of this terminal, and there was none.",
            hint="Run `jjm list` first.",
            context={"reference": reference},
        )
    if parsed.row > len(rows):
        had = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
        raise TaskNotFoundError(
            f"{reference} is not there: the last list of this terminal had {had}.",
            hint="Run `jjm list` again.",
            context={"reference": reference, "rows": len(rows)},
        )
    return rows[parsed.row - 1]


def is_row(reference: str) -> bool:
    """Whether it is written as ``@N``."""
    return reference.strip().startswith("@")


def refuse_rows_with_yes(references: Sequence[str], *, yes: bool) -> None:
    """Rows move between lists; nothing is changed through them without somebody looking. Raises UsageError."""
    rows = [reference for reference in references if is_row(reference)]
    if yes and rows:
        raise UsageError(
            f"{rows[0]} and --yes do not go together: a row may be another task by now.",
            hint="Give the id of the task, or leave --yes out and look at the title.",
        )


def _rows(context: CommandContext) -> list[str]:
    path = _path(context)
    if path is None:
        return []
    try:
        data = orjson.loads(read_file(path))
    except (OSError, ValueError):
        return []
    return [row for row in data if isinstance(row, str)] if isinstance(data, list) else []


def _path(context: CommandContext) -> Path | None:
    key = _session_key()
    if key is None:
        return None
    from jjm_tui.settings.locations import Locations

    return Locations.find(context.environ).terminals / f"{key}.json"


def _session_key() -> str | None:
    """This terminal session: the session id with the start time of its leader, as process ids are used again."""
    try:
        session = os.getsid(0)
    except OSError:
        return None
    try:
        fields = Path(f"/proc/{session}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        started = fields[19]
    except (OSError, IndexError):
        started = ""
    return f"{session}-{started or 0}"


def _remove_old(folder: Path) -> None:
    oldest = time.time() - _KEPT_FOR
    for path in folder.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
