"""The rows that a diff is shown in: every line of it, a header above each file, and a word at its end."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final, Literal

from jjm_tui.domain.patches import LineKind, PatchFile
from jjm_tui.tui.patches.patch_lines import Patch, is_told_above

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
    """Rows of a diff by number, as far as it was looked at; what follows is lines only.

    The header above a file stands for the header lines that the diff itself has there: it tells what they tell.
    """

    def __init__(self, patch: Patch, *, is_cut: bool = False) -> None:
        self.patch = patch
        self.is_cut = is_cut
        self._known = -1
        self._tops: list[int] = []
        self._folded: list[int] = []

    def __len__(self) -> int:
        self._follow()
        count = len(self.patch.lines)
        if self._tops:
            count += self._tops[-1] + 1 - self.patch.files[-1].start - self._folded[-1]
        return count + self.is_cut

    def __getitem__(self, row: int) -> Row:
        """Raises IndexError."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        index = bisect_right(self._tops, row) - 1
        line = row
        if index >= 0:
            if self._tops[index] == row:
                return Row("file", index)
            line = self.patch.files[index].start + self._folded[index] + row - self._tops[index] - 1
        return Row("line", line) if line < len(self.patch.lines) else Row("end")

    def of_file(self, index: int) -> int:
        """The row of the header of a file."""
        self._follow()
        return self._tops[index]

    def behind_header(self, index: int) -> range:
        """The lines that the header of a file stands for."""
        self._follow()
        start = self.patch.files[index].start
        return range(start, start + self._folded[index])

    def of_line(self, line: int) -> int:
        """The row of a line; that of the header above the file, where that stands for it."""
        self._follow()
        index = bisect_right(self.patch.files, line, key=_start) - 1
        if index < 0:
            return line
        return self._tops[index] + max(0, line - self.patch.files[index].start - self._folded[index] + 1)

    def line_at(self, row: int) -> int:
        """The line shown in a row; the first of the file in that of its header; one more than the last one in the row
        at the end."""
        row = max(0, row)
        if row >= len(self):
            return len(self.patch.lines)
        found = self[row]
        if found.kind == "file":
            return self.patch.files[found.index].start
        return found.index if found.kind == "line" else len(self.patch.lines)

    def _follow(self) -> None:
        """More was looked at: there are more files, and the header of the last one may be longer."""
        patch = self.patch
        if self._known == patch.scanned:
            return
        self._known = patch.scanned
        known = max(0, len(self._tops) - 1)
        del self._tops[known:], self._folded[known:]
        for file in patch.files[known:]:
            if not self._tops:
                top = file.start
            else:
                before = patch.files[len(self._tops) - 1]
                top = self._tops[-1] + 1 + file.start - before.start - self._folded[-1]
            self._tops.append(top)
            self._folded.append(_header_lines(patch, file))


def _header_lines(patch: Patch, file: PatchFile) -> int:
    """How many lines at the beginning of a file its header stands for."""
    line = file.start
    while line < min(file.end, patch.scanned) and is_told_above(patch, line):
        line += 1
    return line - file.start


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
