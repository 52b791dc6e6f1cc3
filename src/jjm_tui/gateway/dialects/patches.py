"""Unified diffs: which files they touch and how many lines, also when the diff is broken or cut."""

from __future__ import annotations

import re
from typing import Final

import anyio.to_thread

from jjm_tui.domain.task import FileStatus, SourceFile
from jjm_tui.domain.text import clean_line

_BIG_PATCH: Final = 40_000
"""Characters from which a diff is counted in a worker thread (about 5 ms of work)."""
_HUNK: Final = re.compile(r"^@@", re.MULTILINE)
_FILE: Final = re.compile(r"^diff --git ", re.MULTILINE)
_HEADER: Final = re.compile(r"^diff --git (?:\"?a/)?(.*?)\"? \"?b/(.*?)\"?$")


async def list_changed_files(patch: str) -> tuple[SourceFile, ...]:
    """The files of a unified diff; line counts are ``None`` where the diff cannot be read whole."""
    if len(patch) > _BIG_PATCH:
        return await anyio.to_thread.run_sync(decode_patch, patch)
    return decode_patch(patch)


def decode_patch(patch: str) -> tuple[SourceFile, ...]:
    """The same, blocking. Never raises, whatever the text is."""
    if not patch.strip():
        return ()
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    try:
        parsed = PatchSet(patch)
        files = [_decode_file(item) for item in parsed]
        is_whole = sum(len(item) for item in parsed) == len(_HUNK.findall(patch))
    except (UnidiffParseError, ValueError, AttributeError, IndexError, TypeError, RecursionError):
        files, is_whole = [], False
    if not is_whole or len({file.filename for file in files}) < len(_FILE.findall(patch)):
        files = _scan_headers(patch)
    by_name: dict[str, SourceFile] = {}
    for file in files:
        before = by_name.get(file.filename)
        by_name[file.filename] = file if before is None else _add(before, file)
    return tuple(by_name.values())


def _decode_file(item: object) -> SourceFile:
    added = getattr(item, "is_added_file", False)
    removed = getattr(item, "is_removed_file", False)
    status: FileStatus = "created" if added else "deleted" if removed else "modified"
    binary = bool(getattr(item, "is_binary_file", False))
    return SourceFile(
        filename=clean_line(str(getattr(item, "path", ""))),
        status=status,
        additions=None if binary else int(getattr(item, "added", 0)),
        deletions=None if binary else int(getattr(item, "removed", 0)),
    )


def _add(first: SourceFile, second: SourceFile) -> SourceFile:
    def both(one: int | None, other: int | None) -> int | None:
        return None if one is None or other is None else one + other

    status = first.status if first.status == second.status else "modified"
    additions = both(first.additions, second.additions)
    return SourceFile(first.filename, status, additions, both(first.deletions, second.deletions))


def _scan_headers(patch: str) -> list[SourceFile]:
    """Names and kinds from the header lines alone, for diffs whose hunks are broken or cut."""
    files: list[SourceFile] = []
    name, status = "", "modified"

    def end() -> None:
        if name:
            files.append(SourceFile(clean_line(name), _status(status)))

    for line in patch.splitlines():
        header = _HEADER.match(line)
        if header is not None:
            end()
            name, status = header[2], "modified"
        elif line.startswith("new file mode"):
            status = "created"
        elif line.startswith("deleted file mode"):
            status = "deleted"
    end()
    return files


def _status(word: str) -> FileStatus:
    return "created" if word == "created" else "deleted" if word == "deleted" else "modified"


def split_files(patch: str) -> dict[str, str]:
    """The parts of a git diff by file; a diff of another form is one part."""
    starts = [match.start() for match in _FILE.finditer(patch)]
    if not starts or patch[: starts[0]].strip():
        return {"": patch}
    ends = [*starts[1:], len(patch)]
    parts = [patch[start:end] for start, end in zip(starts, ends, strict=True)]
    return {part.partition("\n")[0]: part for part in parts}
