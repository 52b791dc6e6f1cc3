"""Rows of a file tree as strips, and the totals above them, for any width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from jjm_tui.domain.risks import RiskKind
from jjm_tui.domain.task import SourceFile
from jjm_tui.domain.text import truncate
from jjm_tui.tui.patches.file_rows import FileRow, count_texts, sum_files
from jjm_tui.tui.text.cell_text import MINUS, keep_end
from jjm_tui.tui.widgets.diff.ground_styles import GroundStyles

Cursor = Literal["cursor", "cursor-blurred"]
"""The row is under the cursor, with the focus or without."""

_INDENT: Final = 2
_MARGIN: Final = 4
"""Cells before a name: cursor or place, a space, the letter, a space."""

_LEAST_NAME: Final = 12
"""Cells that a name keeps before counts, and then risks, are left out."""

_LEAST_HEIGHT_FOR_LEGEND: Final = 8
_LETTER_ROLES: Final = {"A": "added", "D": "deleted", "R": "modified", "M": "modified"}
_CURSOR: Final = "\u258c"
_PLACE: Final = "\u203a"

_Parts = list[tuple[str, str]]


class FilePainter:
    """Draws the rows of one tree."""

    def __init__(self, rows: Sequence[FileRow]) -> None:
        totals = sum_files(rows)
        self._legend = totals.legend
        self._whole_legend = "  ".join(self._legend)
        self._totals: _Parts = [(f" {totals.files} file{'' if totals.files == 1 else 's'}", "totals")]
        if totals.uncounted < totals.files:
            self._totals += [(f"  +{totals.additions}", "added"), (f" {MINUS}{totals.deletions}", "deleted")]
        if totals.uncounted:
            self._totals.append((f"  {totals.uncounted} not counted", "muted"))
        names = max((_MARGIN + _INDENT * row.depth + cell_len(row.name) for row in rows), default=0)
        counts = max((len("".join(count_texts(row.file))) + 4 for row in rows if row.file), default=0)
        self.natural_width = max(names + counts, cell_len(self._whole_legend) + 2, _cells(self._totals) + 1)
        """Cells in which names, counts and totals need not be cut; risks are looked for only where rows are drawn."""

    def head_height(self, width: int, height: int) -> int:
        """Rows of the head: one where the legend stands beside the totals, or there is little room."""
        if height < _LEAST_HEIGHT_FOR_LEGEND or self._is_legend_beside(width):
            return 1
        return 1 + len(self._legend_lines(width))

    def _is_legend_beside(self, width: int) -> bool:
        return _cells(self._totals) + cell_len(self._whole_legend) + 5 <= width

    def _legend_lines(self, width: int) -> list[str]:
        lines: list[str] = []
        for entry in self._legend:
            if lines and cell_len(lines[-1]) + cell_len(entry) + 4 <= width:
                lines[-1] += f"  {entry}"
            else:
                lines.append(entry)
        return lines

    def head(self, styles: GroundStyles, width: int, y: int) -> Strip:
        """A row of the head."""
        if y > 0:
            return _strip(styles, width, [(f" {truncate(self._legend_lines(width)[y - 1], width - 2)}", "muted")])
        beside = [(f"    {self._whole_legend}", "muted")] if self._is_legend_beside(width) else []
        return _strip(styles, width, [*self._totals, *beside])

    def row(self, styles: GroundStyles, width: int, row: FileRow, cursor: Cursor | None, *, is_place: bool) -> Strip:
        """A row of the tree."""
        left = _MARGIN + min(_INDENT * row.depth, width // 3)
        if row.file is None:
            return _strip(styles, width, [(" " * left, ""), (keep_end(row.name, max(1, width - left)), "folder")])
        right = _right(row, row.file, width - left - min(_LEAST_NAME, cell_len(row.name)))
        room = max(1, width - left - _cells(right))
        name = truncate(row.name, room)
        parts = [
            (_CURSOR if cursor else _PLACE if is_place else " ", "modified"),
            (f" {row.letter}", _LETTER_ROLES.get(row.letter, "muted")),
            (" " * (left - 3), ""),
            (name, "place" if is_place else ""),
            (" " * (room - cell_len(name)), ""),
            *right,
        ]
        return _strip(styles, width, parts, cursor or "")


def _right(row: FileRow, file: SourceFile, room: int) -> _Parts:
    """Risks and counts, as far as they leave room for the name; risks matter more."""
    risks: _Parts = [(f"  {kind}", "secret" if kind is RiskKind.SECRET else "risk") for kind in row.risks]
    added, removed = count_texts(file)
    counts: _Parts = [(f"  {added}" if added else "", "added"), (f" {removed}" if removed else "", "deleted")]
    for choice in ([*risks, *counts], risks, risks[:1], counts):
        if choice and _cells(choice) + 1 <= room:
            return [*choice, (" ", "")]
    return []


def _cells(parts: _Parts) -> int:
    return sum(cell_len(text) for text, _ in parts)


def _strip(styles: GroundStyles, width: int, parts: _Parts, ground: str = "") -> Strip:
    strip = Strip([Segment(text, styles.of(ground, role)) for text, role in parts if text])
    return strip.adjust_cell_length(width, styles.of(ground))
