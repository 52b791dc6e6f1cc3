"""Touched files as the rows of a tree: folders first, folders with a single folder in them joined into one row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from jjm_tui.domain.patch_names import name_key
from jjm_tui.domain.patches import PatchFile
from jjm_tui.domain.risks import RiskKind, file_risk_marks
from jjm_tui.domain.task import FileStatus, SourceFile
from jjm_tui.tui.text.cell_text import MINUS, shown

_LETTERS: Final[Mapping[str | None, str]] = {"created": "A", "modified": "M", "deleted": "D", "unchanged": "="}
RENAMED: Final = "R"
UNKNOWN: Final = "?"
NAMELESS: Final = "a file that is not named"
WORDS: Final[Mapping[str, str]] = {
    "A": "added",
    "M": "modified",
    "D": "deleted",
    RENAMED: "renamed",
    "=": "unchanged",
    UNKNOWN: "not told",
}
"""What each letter stands for, in the order in which it is explained."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row. ``depth``: how many rows of folders it is in; ``name``: as it is shown; a folder has no ``file``."""

    depth: int
    name: str
    file: SourceFile | None = None
    letter: str = ""

    @property
    def risks(self) -> tuple[RiskKind, ...]:
        """Why to look twice at the file; that it is deleted is told by its letter already."""
        if self.file is None:
            return ()
        kinds = {mark.kind for mark in file_risk_marks([self.file])}
        return tuple(kind for kind in reversed(RiskKind) if kind in kinds and kind is not RiskKind.DELETION)


@dataclass(slots=True)
class _Folder:
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: list[tuple[str, SourceFile]] = field(default_factory=list)


def arrange_files(files: Iterable[SourceFile], renamed: Collection[str] = ()) -> list[FileRow]:
    """The rows of a tree of files. ``renamed``: names of those that had another path before."""
    root = _Folder()
    for file in files:
        *path, name = file.filename.split("/")
        folder = root
        for part in path:
            folder = folder.folders.setdefault(part, _Folder())
        folder.files.append((name, file))
    rows: list[FileRow] = []
    waiting: list[tuple[int, str, _Folder]] = [(0, "", root)]
    while waiting:
        depth, name, folder = waiting.pop()
        while name and not folder.files and len(folder.folders) == 1:
            ((part, folder),) = folder.folders.items()
            name = f"{name}{part}/"
        if name:
            rows.append(FileRow(depth, shown(name)))
            depth += 1
        if not folder.folders:
            rows.extend(_file_rows(folder, depth, renamed))
            continue
        if folder.files:
            waiting.append((depth, "", _Folder(files=folder.files)))
        waiting += [(depth, f"{part}/", folder.folders[part]) for part in sorted(folder.folders, key=_order)[::-1]]
    return rows


def _file_rows(folder: _Folder, depth: int, renamed: Collection[str]) -> Iterable[FileRow]:
    for name, file in sorted(folder.files, key=lambda item: _order(item[0])):
        letter = RENAMED if file.filename in renamed else _LETTERS.get(file.status, UNKNOWN)
        yield FileRow(depth, shown(name or file.filename or NAMELESS), file, letter)


def _order(name: str) -> tuple[str, str]:
    return name.casefold(), name


@dataclass(frozen=True, slots=True)
class FileTotals:
    """Sums over files. ``uncounted``: how many of them have no line counts, so that the sums are of the others."""

    files: int
    additions: int
    deletions: int
    uncounted: int
    letters: frozenset[str]

    @property
    def legend(self) -> tuple[str, ...]:
        """What the letters that occur stand for."""
        return tuple(f"{letter} {word}" for letter, word in WORDS.items() if letter in self.letters)


def sum_files(rows: Sequence[FileRow]) -> FileTotals:
    """The sums of all files among the rows."""
    files = [row.file for row in rows if row.file is not None]
    uncounted = sum(1 for file in files if file.additions is None and file.deletions is None)
    return FileTotals(
        len(files),
        sum(file.additions or 0 for file in files),
        sum(file.deletions or 0 for file in files),
        uncounted,
        frozenset(row.letter for row in rows if row.file is not None),
    )


def count_texts(file: SourceFile) -> tuple[str, str]:
    """Added and removed lines, each as far as known."""
    return (
        "" if file.additions is None else f"+{file.additions}",
        "" if file.deletions is None else f"{MINUS}{file.deletions}",
    )


def files_of_patch(patch_files: Iterable[PatchFile], *, is_cut: bool = False) -> tuple[SourceFile, ...]:
    """The files of a diff that was looked at whole. ``is_cut``: it was cut short, so its last file is not counted."""
    found = [file for file in patch_files if file.name is not None]
    return tuple(_file_of_patch(file, is_counted=not (is_cut and file is found[-1])) for file in found)


def _file_of_patch(file: PatchFile, *, is_counted: bool) -> SourceFile:
    counts = (file.additions, file.deletions) if is_counted and not file.is_binary else (None, None)
    status: FileStatus = "created" if file.is_new else "deleted" if file.is_deleted else "modified"
    return SourceFile(file.name or "", status, *counts)


def fill_from_patch(files: Sequence[SourceFile], told: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    """``files`` with what a diff tells about them where nobody else did."""
    by_name = {name_key(file.filename): file for file in told}
    return tuple(_filled(file, by_name.get(name_key(file.filename))) for file in files)


def _filled(file: SourceFile, told: SourceFile | None) -> SourceFile:
    if told is None:
        return file
    is_uncounted = file.additions is None and file.deletions is None
    return replace(
        file,
        status=file.status or told.status,
        additions=told.additions if is_uncounted else file.additions,
        deletions=told.deletions if is_uncounted else file.deletions,
    )
