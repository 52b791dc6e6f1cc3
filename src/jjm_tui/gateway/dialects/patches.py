"""Unified diffs: which files they touch and how many lines, also when the diff is broken or cut."""

from __future__ import annotations

from typing import Final

import anyio.to_thread

from jjm_tui.domain.patches import PatchFile, read_patch_files
from jjm_tui.domain.task import SourceFile

_BIG_PATCH: Final = 40_000
"""Characters from which a diff is counted in a worker thread (about 5 ms of work)."""


async def list_changed_files(patch: str) -> tuple[SourceFile, ...]:
    """The files of a unified diff; line counts are ``None`` where the diff cannot be read whole."""
    if len(patch) > _BIG_PATCH:
        return await anyio.to_thread.run_sync(decode_patch, patch)
    return decode_patch(patch)


def decode_patch(patch: str) -> tuple[SourceFile, ...]:
    """The same, blocking. Never raises, whatever the text is."""
    _, files = read_patch_files(patch)
    by_name: dict[str, SourceFile] = {}
    for file in filter(lambda file: file.name, files):
        found = _decode_file(file)
        before = by_name.get(found.filename)
        by_name[found.filename] = found if before is None else _add(before, found)
    return tuple(by_name.values())


def _decode_file(file: PatchFile) -> SourceFile:
    if file.is_binary or not file.is_whole:
        return SourceFile(file.shown_name, file.status)
    return SourceFile(file.shown_name, file.status, file.additions, file.deletions)


def _add(first: SourceFile, second: SourceFile) -> SourceFile:
    def both(one: int | None, other: int | None) -> int | None:
        return None if one is None or other is None else one + other

    status = first.status if first.status == second.status else "modified"
    additions = both(first.additions, second.additions)
    return SourceFile(first.filename, status, additions, both(first.deletions, second.deletions))


def split_files(patch: str) -> dict[str, str]:
    """The parts of a git diff by file; a diff of another form is one part."""
    read, files = read_patch_files(patch)
    if not files or not all(read.lines[file.start].startswith("diff --") for file in files):
        return {"": patch}
    if any(line.strip() for line in read.lines[: files[0].start]):
        return {"": patch}
    return {read.lines[file.start]: read.part(file) for file in files}
