"""``diff``: the changes of a task, exact into files and pipes, harmless on a terminal, applied with git on demand."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jjm_tui.cli.context import CommandContext, what_is_stored_told
from jjm_tui.cli.exit_codes import DeclinedError, ExitCode
from jjm_tui.cli.operating import confirm_rows
from jjm_tui.cli.patches import FilePatch, line_style, split_patch
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.session import expand_reference
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.text import clean, clean_exactly
from jjm_tui.errors import OperationFailedError, ValidationError, WrongStateError

if TYPE_CHECKING:
    from jjm_tui.ports import DiffReading


async def run(context: CommandContext) -> int:
    """Show or apply the changes of a task."""
    given = context.arguments
    reference = expand_reference(context, given.task)
    async with context.manager() as manager:
        async with waiting_for(context.out, "Reading the diff"):
            with what_is_stored_told(context, spell_command("jjm diff", given.task, options="--cached")):
                task_id = await manager.resolve(reference, ask_server=not given.cached)
                reading = await manager.get_diff(task_id, cached=given.cached)
        for remark in reading.remarks:
            context.out.remark(remark)
        text = _chosen_text(reading, given.file)
        if given.apply is not None:
            top = await _checked_tree(context, reading, text, Path(given.apply))
            if top is None:
                return ExitCode.DONE
            if not await confirm_rows(context, manager, [given.task], [task_id], f"Apply its changes to {top}?"):
                raise DeclinedError("changed")
            await _apply(context, text, top)
            return ExitCode.DONE
    if reading.truncated:
        context.out.warn("The server cut this diff short; it is not the whole change.")
    if not text:
        context.out.remark("No changes yet.")
    _write(context, task_id, reading, text)
    return ExitCode.DONE


def _chosen_text(reading: DiffReading, name: str | None) -> str:
    if name is None:
        return reading.text
    files = split_patch(reading.text)
    found = [file for file in files if name in (file.name, file.old_name)]
    if not found:
        known = ", ".join(file.name for file in files) or "none"
        raise ValidationError(
            f"The diff has no file {name!r}.",
            hint=f"Its files: {known}",
            context={"field": "file", "files": [file.name for file in files]},
        )
    return "".join(file.text for file in found)


def _write(context: CommandContext, task_id: str, reading: DiffReading, text: str) -> None:
    out = context.out
    if context.arguments.json:
        files = [
            {
                "filename": file.name,
                "status": file.status,
                "additions": file.additions,
                "deletions": file.deletions,
            }
            for file in split_patch(text)
        ]
        body = {"task_id": task_id, "truncated": reading.truncated, "files": files}
        out.document(body if context.arguments.stat else {**body, "diff": clean(text)})
    elif context.arguments.stat:
        _write_stat(context, split_patch(text))
    elif out.terminal:
        out.styled((clean_exactly(line), line_style(line)) for line in text.removesuffix("\n").split("\n"))
    else:
        out.write_bytes(text.encode("utf-8", "surrogatepass"))


def _write_stat(context: CommandContext, files: Sequence[FilePatch]) -> None:
    out = context.out
    if not out.terminal:
        for file in files:
            counts = ["" if count is None else str(count) for count in (file.additions, file.deletions)]
            out.row([file.name, file.status, *counts])
        return
    widest = max((len(file.name) for file in files), default=0)
    for file in files:
        told = "" if file.additions is None else f"+{file.additions} -{file.deletions} "
        out.line(f" {file.name:<{widest}} | {told}{file.status}")
    added, deleted = sum(file.additions or 0 for file in files), sum(file.deletions or 0 for file in files)
    uncounted = sum(file.additions is None for file in files)
    out.line(f" {_count(files)}, +{added} -{deleted}{f', {uncounted} without line counts' if uncounted else ''}")


def _count(files: Sequence[FilePatch]) -> str:
    return "1 file" if len(files) == 1 else f"{len(files)} files"


async def _checked_tree(context: CommandContext, reading: DiffReading, text: str, folder: Path) -> Path | None:
    """The work tree to which the changes can be applied; ``None``: there are no changes, which is told.

    Raises:
        WrongStateError: the diff is not whole, or the work tree has changes.
        OperationFailedError: git cannot apply it.
        ValidationError: the folder is in no work tree.
    """
    if reading.truncated:
        raise WrongStateError(
            "The server cut this diff short, so it is not applied.",
            hint="Fetch the branch or the pull request instead.",
        )
    if not text.strip():
        context.out.remark("No changes yet; nothing was applied.")
        if context.arguments.json:
            context.out.document({"applied_to": None, "files": []})
        return None
    top = await _work_tree(folder)
    status = await _git(top, "status", "--porcelain", "--untracked-files=no")
    if status.returncode != 0:
        raise OperationFailedError(
            f"git cannot tell whether the work tree {top} has changes; nothing was applied.",
            hint=_words(status) or _look(top),
            context={"path": str(top)},
        )
    changed = status.stdout.decode("utf-8", "replace")
    if changed.strip():
        raise WrongStateError(
            f"The work tree {top} has changes that are not committed; nothing was applied.",
            hint="Commit or stash them first.",
            context={"path": str(top), "changed": [clean(line) for line in changed.splitlines()[:20]]},
        )
    checked = await _git(top, "apply", "--check", "-", patch=text)
    if checked.returncode != 0:
        raise OperationFailedError(
            f"git cannot apply this diff to {top}; nothing was changed.",
            hint=_words(checked) or "Is this the repository and the branch that the task works on?",
            context={"path": str(top)},
        )
    return top


async def _apply(context: CommandContext, text: str, top: Path) -> None:
    """Apply what was checked; an interruption waits until git has done so, as it would leave a part.

    Raises:
        OperationFailedError: git stopped on the way.
    """
    applying = asyncio.create_task(_git(top, "apply", "-", patch=text))
    try:
        applied = await asyncio.shield(applying)
    except asyncio.CancelledError:
        context.out.warn("Interrupted while git applies the diff; it is left to finish that.")
        await asyncio.wait([applying])
        try:
            _tell_applied(context, applying.result(), text, top)
        except OperationFailedError as error:
            context.out.tell_error(error, as_json=context.as_json)
        raise
    _tell_applied(context, applied, text, top)


def _tell_applied(context: CommandContext, applied: subprocess.CompletedProcess[bytes], text: str, top: Path) -> None:
    if applied.returncode != 0:
        raise OperationFailedError(
            f"git stopped while it applied this diff to {top}; a part of it may be applied.",
            hint="\n".join(
                (
                    *_words(applied).splitlines(),
                    _look(top),
                    f"Files that git tracks come back with: git -C {shlex.quote(str(top))} restore .",
                    "Others stay as they are now; remove by hand those that this diff made.",
                )
            ),
            context={"path": str(top)},
        )
    files = split_patch(text)
    with context.out.telling_what_is_done():
        if context.arguments.json:
            context.out.document({"applied_to": clean(str(top)), "files": [file.name for file in files]})
        else:
            context.out.line(f"Applied to {top}: {_count(files)}.")


async def _work_tree(folder: Path) -> Path:
    """The top of the work tree: inside a folder of it, git apply would silently leave out files elsewhere."""
    _refuse_missing(folder)
    answer = await _git(folder, "rev-parse", "--show-toplevel")
    top = answer.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
    if answer.returncode != 0 or not top:
        raise ValidationError(
            f"{folder} is not in a git work tree; nothing was applied.",
            hint="Go into a clone of the task's repository, or name it: --apply DIR",
            context={"field": "apply"},
        )
    return Path(top)


def _refuse_missing(folder: Path) -> None:
    try:
        why = None if folder.is_dir() else f"There is no folder {folder}."
    except OSError as error:
        why = f"{folder} cannot be looked at: {error.strerror}."
    if why is not None:
        raise ValidationError(why, hint="Name a git work tree.", context={"field": "apply"})


def _words(answer: subprocess.CompletedProcess[bytes]) -> str:
    """What git said of its failure, for people."""
    return clean(answer.stderr.decode("utf-8", "replace")).strip()


def _look(top: Path) -> str:
    return f"Look at it: git -C {shlex.quote(str(top))} status"


async def _git(folder: Path, *arguments: str, patch: str = "") -> subprocess.CompletedProcess[bytes]:
    """Run git to its end in a session of its own, so that Ctrl+C on the terminal never reaches it.

    Raises:
        OperationFailedError: it could not be started.
    """
    try:
        return await asyncio.to_thread(
            subprocess.run,
            ["git", "-C", str(folder), *arguments],
            input=patch.encode("utf-8", "surrogatepass"),
            capture_output=True,
            check=False,
            start_new_session=True,
        )
    except OSError as error:
        raise OperationFailedError(
            f"git could not be started: {error.strerror or error}.", hint="Install git, or save the diff into a file."
        ) from error
