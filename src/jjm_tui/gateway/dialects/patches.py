"""Unified diffs: which files they touch and how many lines, also when the diff is broken or cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import anyio.to_thread

from jjm_tui.domain.patches import PatchFile, read_patch_files
from jjm_tui.domain.task import SourceFile

_BIG_PATCH: Final = 40_000
"""Characters from which diffs are read in a worker thread (about 3 ms of work)."""

_SMALL_PATCH: Final = 8_000
_REMEMBERED: Final = 512
"""So many diffs up to so many characters are read only once: each look at a conversation tells all its diffs again."""


class Changes(NamedTuple):
    """A unified diff and the files that it touches; their line counts are ``None`` where it cannot be read whole."""

    patch: str
    files: tuple[SourceFile, ...]


class _Reading(NamedTuple):
    """The files of a diff, and its parts by their first lines; a diff that is no git diff is one part."""

    files: tuple[SourceFile, ...]
    parts: Mapping[str, Changes]


async def list_changed_files(patch: str) -> tuple[SourceFile, ...]:
    """The files that a unified diff touches."""
    if len(patch) > _BIG_PATCH:
        return await anyio.to_thread.run_sync(decode_patch, patch)
    return decode_patch(patch)


def decode_patch(patch: str) -> tuple[SourceFile, ...]:
    """The same, blocking. Never raises, whatever the text is."""
    return _read(patch).files


async def unite_patches(patches: Sequence[str]) -> Changes:
    """One diff with the newest part of each file, oldest diff first, in the order in which the files came up."""
    if sum(map(len, patches)) > _BIG_PATCH:
        return await anyio.to_thread.run_sync(_unite, patches)
    return _unite(patches)


def _unite(patches: Sequence[str]) -> Changes:
    newest: dict[str, Changes] = {}
    for patch in patches:
        newest.update(_read(patch).parts)
    parts = newest.values()
    return Changes(join_patches([part.patch for part in parts]), _sum(file for part in parts for file in part.files))


def join_patches(patches: Sequence[str]) -> str:
    """Several diffs as one; a single one stays exactly as it is."""
    if len(patches) == 1:
        return patches[0]
    return "".join(patch if patch.endswith("\n") else patch + "\n" for patch in patches)


def _read(patch: str) -> _Reading:
    return _read_once(patch) if len(patch) <= _SMALL_PATCH else _read_anew(patch)


def _read_anew(patch: str) -> _Reading:
    read, found = read_patch_files(patch)
    files = _sum(_decode_file(file) for file in found if file.name)
    if not found or not all(read.lines[file.start].startswith("diff --") for file in found):
        return _Reading(files, {"": Changes(patch, files)})
    if any(line.strip() for line in read.lines[: found[0].start]):
        return _Reading(files, {"": Changes(patch, files)})
    told = [(file, (_decode_file(file),) if file.name else ()) for file in found]
    return _Reading(files, {read.lines[file.start]: Changes(read.part(file), files) for file, files in told})


_read_once = lru_cache(maxsize=_REMEMBERED)(_read_anew)


def _sum(files: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    """Each file once, with all that was changed in it."""
    by_name: dict[str, SourceFile] = {}
    for file in files:
        before = by_name.get(file.filename)
        by_name[file.filename] = file if before is None else _add(before, file)
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
