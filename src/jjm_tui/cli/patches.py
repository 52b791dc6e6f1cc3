"""A unified diff cut into files without changing a byte, counted and painted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_GIT_HEADER: Final = "diff --git "
_HUNK: Final = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_NOWHERE: Final = "/dev/null"


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The part of a diff about one file: its exact text, its path before and after, counted lines."""

    text: str
    old: str | None
    new: str | None
    additions: int
    deletions: int

    @property
    def name(self) -> str:
        """The path after the change, or before it when the file is gone."""
        return self.new or self.old or "unknown"

    @property
    def status(self) -> str:
        """``created``, ``deleted``, ``renamed`` or ``modified``."""
        if self.old is None:
            return "created"
        if self.new is None:
            return "deleted"
        return "modified" if self.old == self.new else "renamed"


def split_patch(text: str) -> tuple[FilePatch, ...]:
    """The files of a diff, in order; joined, their texts are the diff again, less anything before the first file.

    Hunk headers say how many lines a hunk has, so a removed line that reads like a header is not taken for one.
    """
    lines = _split_at_line_feeds(text)
    starts = list(_file_starts(lines))
    ends = [*starts[1:], len(lines)] if starts else []
    return tuple(_read_file(lines[start:end]) for start, end in zip(starts, ends, strict=True))


def _split_at_line_feeds(text: str) -> list[str]:
    pieces = [piece + "\n" for piece in text.split("\n")]
    pieces[-1] = pieces[-1][:-1]
    return [piece for piece in pieces if piece]


def _file_starts(lines: list[str]) -> Iterator[int]:
    in_git_header = False
    position = 0
    while position < len(lines):
        line = lines[position]
        if line.startswith(_GIT_HEADER):
            in_git_header = True
            yield position
        elif line.startswith("--- ") and position + 1 < len(lines) and lines[position + 1].startswith("+++ "):
            if not in_git_header:
                yield position
            in_git_header = False
        elif match := _HUNK.match(line):
            position = _end_of_hunk(lines, position, match)
            continue
        position += 1


def _end_of_hunk(lines: list[str], position: int, match: re.Match[str]) -> int:
    old, new = (1 if count is None else int(count) for count in match.groups())
    position += 1
    while position < len(lines) and (old > 0 or new > 0):
        mark = lines[position][:1]
        if mark not in (" ", "+", "-", "\\", "\n", "\r"):
            break
        old -= mark in (" ", "-", "\n", "\r")
        new -= mark in (" ", "+", "\n", "\r")
        position += 1
    while position < len(lines) and lines[position].startswith("\\"):
        position += 1
    return position


def _read_file(lines: list[str]) -> FilePatch:
    old, new = _git_names(lines[0])
    additions = deletions = position = 0
    while position < len(lines):
        line = lines[position]
        match = _HUNK.match(line)
        if match:
            end = _end_of_hunk(lines, position, match)
            additions += sum(1 for each in lines[position + 1 : end] if each.startswith("+"))
            deletions += sum(1 for each in lines[position + 1 : end] if each.startswith("-"))
            position = end
            continue
        old, new = _names_of_line(line, old, new)
        position += 1
    return FilePatch("".join(lines), old, new, additions, deletions)


def _git_names(line: str) -> tuple[str | None, str | None]:
    match = re.fullmatch(r"diff --git a/(.+) b/(.+)", line.rstrip("\r\n"))
    return (match[1], match[2]) if match else (None, None)


def _names_of_line(line: str, old: str | None, new: str | None) -> tuple[str | None, str | None]:
    text = line.rstrip("\r\n")
    if text.startswith("--- "):
        return _path(text[4:], "a/"), new
    if text.startswith("+++ "):
        return old, _path(text[4:], "b/")
    if text.startswith("new file mode"):
        return None, new
    if text.startswith("deleted file mode"):
        return old, None
    return old, new


def _path(text: str, prefix: str) -> str | None:
    name = text.split("\t", 1)[0]
    return None if name == _NOWHERE else name.removeprefix(prefix)


def line_style(line: str) -> str:
    """The rich style of one line of a diff."""
    if line.startswith(("diff ", "index ", "--- ", "+++ ", "new file", "deleted file", "rename ", "similarity ")):
        return "bold"
    if line.startswith("@@"):
        return "cyan"
    if line.startswith("+"):
        return "green"
    return "red" if line.startswith("-") else ""
