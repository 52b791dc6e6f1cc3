"""The rows that a diff is shown in: every line of it, a header above each file, and a word at its end."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final, Literal

from jjm_tui.domain.patches import LineKind, PatchFile
from jjm_tui.tui.patches.patch_lines import Patch

_PAIRED_LINES: Final = 40
"""Lines of a change that are compared one by one; in longer changes hardly any pair belongs together."""
_COMPARED_CHARACTERS: Final = 400
_LEAST_COMMON: Final = 0.4
"""How much of a line must have stayed for its changed part to tell more than the whole line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``index`` is that of a file for ``file``, of a line for ``line``; ``end`` has none."""

    kind: Literal["file", "line", "end"]
    index: int = 0


class PatchRows:
    """Rows of a diff by number, as far as it was looked at; what follows is lines only."""

    def __init__(self, patch: Patch, *, is_cut: bool = False) -> None:
        self.patch = patch
        self.is_cut = is_cut

    def __len__(self) -> int:
        return len(self.patch.lines) + len(self.patch.files) + self.is_cut

    def __getitem__(self, row: int) -> Row:
        """Raises IndexError."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        files = self.patch.files
        before = bisect_right(range(len(files)), row, key=self.of_file)
        if before and self.of_file(before - 1) == row:
            return Row("file", before - 1)
        line = row - before
        return Row("line", line) if line < len(self.patch.lines) else Row("end")

    def of_file(self, index: int) -> int:
        """The row of the header of a file."""
        return self.patch.files[index].start + index

    def of_line(self, line: int) -> int:
        """The row of a line."""
        return line + bisect_right(self.patch.files, line, key=_start)

    def line_at(self, row: int) -> int:
        """The line shown in a row; that below a header; one more than the last one in the row at the end."""
        row = max(0, row)
        if row >= len(self):
            return len(self.patch.lines)
        found = self[row]
        if found.kind == "file":
            return self.patch.files[found.index].start
        return found.index if found.kind == "line" else len(self.patch.lines)


def _start(file: PatchFile) -> int:
    return file.start


def changed_part(patch: Patch, line: int) -> tuple[int, int] | None:
    """Which characters of an added or removed line differ from the line that it replaces or that replaces it.

    Only where as many lines were added as removed; ``None`` where the two have little in common. Counted in the text
    as it is shown, marks included.
    """
    twin = _twin(patch, line)
    if twin is None or max(len(patch.lines[line]), len(patch.lines[twin])) > _COMPARED_CHARACTERS:
        return None
    marks = patch.mark_cells(line)
    text, other = patch.text(line)[marks:], patch.text(twin)[marks:]
    shorter = min(len(text), len(other))
    prefix = next((index for index in range(shorter) if text[index] != other[index]), shorter)
    rest = shorter - prefix
    suffix = next((index for index in range(rest) if text[-1 - index] != other[-1 - index]), rest)
    start, end = _whole_words(text, prefix, len(text) - suffix)
    common = len(text[:start].strip()) + len(text[end:].strip())
    if start >= end or common < _LEAST_COMMON * len(text.strip()):
        return None
    return marks + start, marks + end


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    if start >= end:
        return start, end
    while start > 0 and _is_word(text[start]) and _is_word(text[start - 1]):
        start -= 1
    while end < len(text) and _is_word(text[end - 1]) and _is_word(text[end]):
        end += 1
    return start, end


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _twin(patch: Patch, line: int) -> int | None:
    """The line in the same place among those added for the removed ones, or the other way round."""
    kinds = patch.kinds
    first_added = line
    if kinds[line] == LineKind.ADDED:
        first_added = _run_start(kinds, line, LineKind.ADDED)
        last_removed = first_added - 1
        if last_removed > 0 and kinds[last_removed] == LineKind.NOTE:
            last_removed -= 1
    else:
        last_removed = _run_end(kinds, line, LineKind.REMOVED) - 1
        first_added = last_removed + 1
        if first_added < len(kinds) and kinds[first_added] == LineKind.NOTE:
            first_added += 1
    first_removed = _run_start(kinds, last_removed, LineKind.REMOVED)
    count = last_removed - first_removed + 1
    if not 0 < count <= _PAIRED_LINES or _run_end(kinds, first_added, LineKind.ADDED) - first_added != count:
        return None
    return first_removed + line - first_added if line >= first_added else first_added + line - first_removed


def _run_start(kinds: bytearray, line: int, kind: LineKind) -> int:
    """The first of the lines of a kind that end with ``line``; no further away than it matters."""
    stop = max(-1, line - _PAIRED_LINES - 1)
    while line > stop and kinds[line] == kind:
        line -= 1
    return line + 1


def _run_end(kinds: bytearray, line: int, kind: LineKind) -> int:
    stop = min(len(kinds), line + _PAIRED_LINES + 1)
    while line < stop and kinds[line] == kind:
        line += 1
    return line
