"""A unified diff line by line: what each line is, its numbers, and which files and hunks there are.

The one reader of diffs: the server's answers, the command line and the dashboard take files, counts and lines from it.
Works through a diff in slices, so that the first page of a long one can be shown before the rest was looked at. Any
text is taken: what is broken, cut or of no known form keeps all its lines, as plain text. Hunk headers say how many
lines a hunk has, so a removed line that reads like a header is not taken for one.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from jjm_tui.domain.patch_names import names_of_git_header, path_of_marker, unquote
from jjm_tui.domain.task import FileStatus
from jjm_tui.domain.text import clean_line


class LineKind(IntEnum):
    """What a line of a diff is. ``TEXT``: outside of everything; ``META``: a header of a file; ``NOTE``: about the
    line before it, as ``\\ No newline at end of file``."""

    TEXT = 0
    META = 1
    HUNK = 2
    CONTEXT = 3
    ADDED = 4
    REMOVED = 5
    NOTE = 6


CODE_KINDS: Final = frozenset({LineKind.CONTEXT, LineKind.ADDED, LineKind.REMOVED})

_HUNK: Final = re.compile(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@")
_COMBINED_HUNK: Final = re.compile(
    r"(@{3,9})((?: -[0-9]{1,9}(?:,[0-9]{1,9})?){2,8}) \+([0-9]{1,9})(?:,([0-9]{1,9}))? @{3,9}"
)
_USUAL_MODE: Final = "100644"
_MARKERS: Final = ("--- ", "+++ ")
_NEVER_ENDS: Final = ("+", " ")
"""How lines begin that belong to a hunk as long as its counts want more."""
_FILE_STARTS: Final = ("diff --git ", "diff --cc ", "diff --combined ")


@dataclass(slots=True)
class PatchFile:
    """One file of a diff. ``start`` and ``end``: its lines, ``end`` exclusive; ``hunks``: the lines of their headers.

    ``old`` and ``new``: its path before and after, ``None`` where there is none or it is not told; as git has it, so
    neither quoted nor clean. Counts are of the lines of the diff and final once ``is_read``; ``is_whole``: no hunk was
    cut or has other lines than its header tells of.
    """

    start: int
    old: str | None = None
    new: str | None = None
    end: int = 0
    is_new: bool = False
    is_deleted: bool = False
    is_binary: bool = False
    is_read: bool = False
    is_whole: bool = True
    change: str | None = None
    new_mode: str | None = None
    additions: int = 0
    deletions: int = 0
    mark_cells: int = 1
    hunks: list[int] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        """Its path after the change, or before it when the file is gone."""
        return self.old if self.is_deleted and self.old is not None else self.new or self.old

    @property
    def shown_name(self) -> str:
        """Its name on one line, harmless; ``unknown`` where it is not told."""
        return clean_line(self.name or "") or "unknown"

    @property
    def status(self) -> FileStatus:
        """What became of it; a file with another name is a modified one."""
        return "created" if self.is_new else "deleted" if self.is_deleted else "modified"

    @property
    def is_renamed(self) -> bool:
        """Whether its path changed."""
        return self.change == "renamed"

    @property
    def words(self) -> tuple[str, ...]:
        """What happened to it apart from its lines."""
        told = (
            (self.is_new, "new"),
            (self.is_deleted, "deleted"),
            (self.change is not None, f"{self.change} from {self.old}"),
            (self.new_mode is not None, f"mode {self.new_mode}"),
            (self.is_binary, "binary"),
        )
        return tuple(word for holds, word in told if holds)


@dataclass(slots=True)
class _OpenHunk:
    """What is still to come of a hunk, and the numbers of its next lines; ``step`` is 0 where they are not known."""

    old_left: int
    new_left: int
    old_number: int
    new_number: int
    step: int = 1
    parents: int = 1

    @property
    def is_complete(self) -> bool:
        return self.old_left <= 0 and self.new_left <= 0

    @property
    def is_whole(self) -> bool:
        """Whether its header could be read, and it had exactly the lines that the header tells of."""
        return self.step > 0 and self.new_left == 0 and (self.old_left == 0 or self.parents > 1)


class Patch:
    """The lines of a diff and what is known of them so far: of the first ``scanned`` ones."""

    def __init__(self, text: str = "") -> None:
        self.lines: list[str] = text.split("\n")
        self._is_ended = self.lines[-1] == ""
        if self._is_ended:
            self.lines.pop()
        count = len(self.lines)
        self.kinds = bytearray(count)
        self.old_numbers = array("i", bytes(4 * count))
        self.new_numbers = array("i", bytes(4 * count))
        self.files: list[PatchFile] = []
        self.hunks: list[int] = []
        self.scanned = 0
        self.highest_number = 0
        """The highest line number so far, or a little more."""
        self.is_crlf = False
        """Whether the diff itself, and not only the files in it, has carriage returns at the line ends."""
        self._hunk: _OpenHunk | None = None
        self._is_in_header = False

    @property
    def is_read(self) -> bool:
        """Whether every line was looked at."""
        return self.scanned >= len(self.lines)

    def part(self, file: PatchFile) -> str:
        """The text of one file, byte for byte; those of all files are the diff from the first file on."""
        is_ended = file.end < len(self.lines) or self._is_ended
        return "\n".join(self.lines[file.start : file.end]) + ("\n" if is_ended and file.end > file.start else "")

    def file_at(self, line: int) -> PatchFile | None:
        """The file that a line belongs to."""
        index = bisect_right(self.files, line, key=lambda file: file.start) - 1
        return self.files[index] if index >= 0 else None

    def mark_cells(self, line: int) -> int:
        """How many marks stand before the text of a line of code: one, more where several versions were merged."""
        file = self.file_at(line)
        return 1 if file is None else file.mark_cells

    def scan(self, count: int) -> None:
        """Look at the next ``count`` lines."""
        end = min(self.scanned + count, len(self.lines))
        while self.scanned < end:
            if self._hunk is not None:
                self._scan_hunk(self._hunk, end)
            else:
                self._scan_other(self.scanned)
                self.scanned += 1
        if self.is_read:
            self._close_hunk()
        if self.files:
            self.files[-1].end = self.scanned
            self.files[-1].is_read = self.is_read

    def _scan_other(self, position: int) -> None:
        line = self.lines[position]
        if line.startswith(_FILE_STARTS):
            file = self._open_file(position)
            file.old, file.new = names_of_git_header(line)
        elif self._has_markers(position):
            if not self._is_in_header:
                self._open_file(position)
            self._read_meta(position, line)
        elif line.startswith("@@"):
            self._open_hunk(position, line)
        elif self._is_in_header and (line.startswith(_MARKERS) or line[:1] not in "+- "):
            self._read_meta(position, line)

    def _has_markers(self, position: int) -> bool:
        lines = self.lines
        return (
            lines[position].startswith("--- ") and position + 1 < len(lines) and lines[position + 1].startswith("+++ ")
        )

    def _open_file(self, position: int) -> PatchFile:
        if self.files:
            self.files[-1].end = position
            self.files[-1].is_read = True
        self.files.append(PatchFile(position))
        self._is_in_header = True
        self.kinds[position] = LineKind.META
        return self.files[-1]

    def _read_meta(self, position: int, line: str) -> None:
        self.kinds[position] = LineKind.META
        file = self.files[-1]
        text = line.rstrip("\r")
        match text.split(" ", 2):
            case ["---", *_]:
                file.old, file.is_new = path_of_marker(text), path_of_marker(text) is None or file.is_new
            case ["+++", *_]:
                file.new, file.is_deleted = path_of_marker(text), path_of_marker(text) is None or file.is_deleted
            case ["new", "file", *rest]:
                mode = " ".join(rest).removeprefix("mode ")
                file.is_new, file.new_mode = True, clean_line(mode) if mode not in ("", _USUAL_MODE) else None
            case ["deleted", "file", *_]:
                file.is_deleted = True
            case ["rename" | "copy" as verb, "from", name]:
                file.old, file.change = unquote(name), "renamed" if verb == "rename" else "copied"
            case ["rename" | "copy", "to", name]:
                file.new = unquote(name)
            case ["new", "mode", mode]:
                file.new_mode = clean_line(mode)
            case ["Binary", "files", *_] | ["GIT", "binary", *_]:
                file.is_binary = True

    def _open_hunk(self, position: int, line: str) -> None:
        if not self.files:
            self._open_file(position)
        file = self.files[-1]
        if not self.hunks:
            self.is_crlf = line.endswith("\r")
        self._is_in_header = False
        self.kinds[position] = LineKind.HUNK
        self.hunks.append(position)
        file.hunks.append(position)
        self._hunk = hunk = _read_hunk_header(line)
        file.mark_cells = hunk.parents
        highest = max(hunk.old_number + hunk.old_left, hunk.new_number + hunk.new_left)
        self.highest_number = max(self.highest_number, highest)

    def _scan_hunk(self, hunk: _OpenHunk, end: int) -> None:
        """The lines of the open hunk; one with wrong counts goes on as long as lines look like it."""
        lines, kinds, file = self.lines, self.kinds, self.files[-1]
        take = _take_line if hunk.parents == 1 else _take_combined_line
        position = self.scanned
        while position < end:
            line = lines[position]
            is_inside = line.startswith(_NEVER_ENDS) and (hunk.old_left > 0 or hunk.new_left > 0)
            if not is_inside and self._ends_hunk(hunk, position, line):
                self._close_hunk()
                break
            kind = LineKind.NOTE if line[:1] == "\\" else take(hunk, line)
            kinds[position] = kind
            if kind is LineKind.ADDED:
                file.additions += 1
            elif kind is LineKind.REMOVED:
                file.deletions += 1
            if kind is not LineKind.NOTE:
                self._number(position, kind, hunk)
            position += 1
        self.scanned = position

    def _close_hunk(self) -> None:
        """The open hunk is over; a file with one that is cut or too long has no counts that one may believe."""
        if self._hunk is not None and not self._hunk.is_whole:
            self.files[-1].is_whole = False
        self._hunk = None

    def _ends_hunk(self, hunk: _OpenHunk, position: int, line: str) -> bool:
        """Whether ``line`` is no longer of the hunk: by its mark where counts are wrong, else by the counts."""
        mark = line[:1]
        if mark not in " +-\\\r":
            return True
        if hunk.is_complete:
            return mark in ("", "\r") or line.rstrip("\r") == "-- " or (mark == "-" and self._has_markers(position))
        if mark == "-" and self._has_markers(position) and not hunk.old_left == hunk.new_left == 1:
            return any(following.startswith("@@") for following in self.lines[position + 2 : position + 3])
        return False

    def _number(self, position: int, kind: LineKind, hunk: _OpenHunk) -> None:
        if kind is not LineKind.ADDED and hunk.parents == 1:
            self.old_numbers[position] = hunk.old_number
            hunk.old_number += hunk.step
        if kind is not LineKind.REMOVED:
            self.new_numbers[position] = hunk.new_number
            hunk.new_number += hunk.step


def _take_line(hunk: _OpenHunk, line: str) -> LineKind:
    mark = line[:1]
    if mark == "+":
        hunk.new_left -= 1
        return LineKind.ADDED
    hunk.old_left -= 1
    if mark == "-":
        return LineKind.REMOVED
    hunk.new_left -= 1
    return LineKind.CONTEXT


def _take_combined_line(hunk: _OpenHunk, line: str) -> LineKind:
    marks = line[: hunk.parents]
    if "-" in marks:
        hunk.old_left -= 1
        return LineKind.REMOVED
    hunk.new_left -= 1
    return LineKind.ADDED if "+" in marks else LineKind.CONTEXT


def _read_hunk_header(line: str) -> _OpenHunk:
    found = _HUNK.match(line)
    if found is not None:
        old, old_count, new, new_count = found.groups()
        return _OpenHunk(_count(old_count), _count(new_count), int(old), int(new))
    combined = _COMBINED_HUNK.match(line)
    if combined is not None:
        return _OpenHunk(0, _count(combined[4]), 0, int(combined[3]), parents=len(combined[1]) - 1)
    return _OpenHunk(0, 0, 0, 0, step=0)


def _count(text: str | None) -> int:
    return 1 if text is None else int(text)


def read_patch_files(text: str) -> tuple[Patch, tuple[PatchFile, ...]]:
    """A whole diff and its files, in order. Never raises, whatever the text is; blocking."""
    patch = Patch(text)
    patch.scan(len(patch.lines))
    return patch, tuple(patch.files)
