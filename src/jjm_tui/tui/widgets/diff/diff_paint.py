"""Rows of a diff as strips: gutter, marks, syntax colours, changed parts, search matches, selected text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from jjm_tui.domain.patches import CODE_KINDS, LineKind, PatchFile
from jjm_tui.domain.text import ELLIPSIS, truncate
from jjm_tui.tui.patches.file_rows import NAMELESS
from jjm_tui.tui.patches.patch_colors import PatchColors
from jjm_tui.tui.patches.patch_lines import Patch
from jjm_tui.tui.patches.patch_rows import PatchRows, changed_part
from jjm_tui.tui.patches.patch_search import PatchSearch
from jjm_tui.tui.text.cell_text import MINUS, cut_cells, keep_end, shown
from jjm_tui.tui.widgets.diff.ground_styles import GroundStyles

_GROUNDS: Final[dict[int, str]] = {LineKind.ADDED: "added", LineKind.REMOVED: "removed", LineKind.HUNK: "hunk"}
_TEXTS: Final[dict[int, str]] = {
    LineKind.META: "meta",
    LineKind.NOTE: "meta",
    LineKind.HUNK: "hunk",
    LineKind.ADDED: "added",
    LineKind.REMOVED: "removed",
}
_CARRIAGE_RETURN: Final = "\u240d"
_SHIFTED: Final = "\u2039"
"""At the left edge of a line whose beginning is not in view."""
_CUT_SHORT: Final = "The server cut this diff short here: it is not the whole change."

_BOTH_NUMBERS_WIDTH: Final = 90
_ONE_NUMBER_WIDTH: Final = 60


@dataclass(slots=True)
class Lights:
    """What is drawn over the text: syntax colours, a search, and the line of the header of the hunk one stands at."""

    colors: PatchColors
    search: PatchSearch | None = None
    hunk: int | None = None


class DiffPainter:
    """Draws rows of one diff in one theme."""

    def __init__(self, rows: PatchRows, styles: GroundStyles, lights: Lights) -> None:
        self._rows = rows
        self._patch: Patch = rows.patch
        self._styles = styles
        self._lights = lights

    def gutter_width(self, width: int) -> int:
        """Cells of the line numbers in a view of ``width`` cells: of both, of one or of none."""
        digits = max(3, len(str(self._patch.highest_number)))
        if width >= _BOTH_NUMBERS_WIDTH:
            return 2 * digits + 3
        return digits + 2 if width >= _ONE_NUMBER_WIDTH else 0

    def paint(self, row: int, scroll_x: int, width: int, selected: tuple[int, int] | None = None) -> Strip:
        """One row, ``width`` cells wide; blank below the last one. ``selected``: characters, the end -1 for all."""
        if not 0 <= row < len(self._rows):
            return Strip.blank(width, self._styles.of(""))
        found = self._rows[row]
        if found.kind == "file":
            return self._file_header(self._patch.files[found.index], width)
        if found.kind == "end":
            return self._fill([("notice", f" {truncate(_CUT_SHORT, width - 1)}")], "", width)
        return self._line(found.index, row, scroll_x, width, selected)

    def _fill(self, parts: Iterable[tuple[str, str]], ground: str, width: int) -> Strip:
        strip = Strip([Segment(text, self._styles.of(ground, role)) for role, text in parts if text])
        return strip.adjust_cell_length(width, self._styles.of(ground))

    def _file_header(self, file: PatchFile, width: int) -> Strip:
        name = shown(file.name or NAMELESS)
        words = [shown(word) for word in file.words]
        if self._rows.is_cut and file is self._patch.files[-1]:
            words.append("cut short")
        counts: list[tuple[str, str]] = []
        if file.is_read and file.hunks:
            counts = [("mark-added", f"  +{file.additions}"), ("mark-removed", f" {MINUS}{file.deletions}")]
        counted = sum(len(text) for _, text in counts)
        told = truncate("".join(f"  {word}" for word in words), max(0, width - counted - 2 - min(cell_len(name), 24)))
        name = keep_end(name, max(1, width - counted - cell_len(told) - 1))
        return self._fill([("file", f" {name}"), *counts, ("", told)], "file", width)

    def _line(self, line: int, row: int, scroll_x: int, width: int, selected: tuple[int, int] | None) -> Strip:
        """Marks and numbers stay where they are while the text behind them is moved sideways."""
        kind = self._patch.kinds[line]
        ground = "hunk-current" if line == self._lights.hunk else _GROUNDS.get(kind, "")
        filler = self._styles.of(ground)
        gutter = self.gutter_width(width)
        room = max(1, width - gutter)
        text = self._patch.text(line)
        fixed = self.fixed_cells(line) if scroll_x and text else 0
        scroll_x = scroll_x if kind in CODE_KINDS else _within_end(text, scroll_x, room)
        if not scroll_x or fixed + 1 >= room:
            fixed = 0
        first, last, gap = cut_cells(text, scroll_x + fixed, room - fixed)
        if last < len(text) and room - fixed > 1:
            first, last, gap = cut_cells(text, scroll_x + fixed, room - fixed - 1)
        segments = list(self._drawn(line, ground, text, first, last, selected))
        cells = fixed + gap + sum(segment.cell_length for segment in segments)
        if gap:
            segments.insert(0, Segment(" " * gap, filler))
        is_cut = last < len(text)
        if (missing := room - is_cut - cells) > 0:
            segments.append(Segment(" " * missing, filler))
        if is_cut:
            segments.append(Segment(ELLIPSIS, self._styles.of(ground, "gutter")))
        if fixed:
            marks = list(self._drawn(line, ground, text, 0, cut_cells(text, 0, fixed - 1)[1], selected))
            hidden = _SHIFTED if len(text) >= fixed else ""
            edge = hidden.rjust(fixed - sum(segment.cell_length for segment in marks))
            segments[:0] = [*marks, Segment(edge, self._styles.of(ground, "gutter"))]
        if gutter:
            segments.insert(0, Segment(self._numbers(line, width, gutter), self._styles.of(ground, "gutter")))
        return Strip(segments, gutter + max(room, cells + is_cut)).apply_offsets(first - gap - fixed - gutter, row)

    def fixed_cells(self, line: int) -> int:
        """Cells that cover the beginning of a line in a view that is moved sideways: its marks, and a sign for that."""
        return 1 + (self._patch.mark_cells(line) if self._patch.kinds[line] in CODE_KINDS else 0)

    def _drawn(
        self, line: int, ground: str, text: str, first: int, last: int, selected: tuple[int, int] | None
    ) -> Iterator[Segment]:
        """The characters ``first`` to ``last`` of a line, the latter exclusive."""
        kind = self._patch.kinds[line]
        brush = _Brush(first, last, self._styles.of(ground, _TEXTS.get(kind, "")))
        if first < last and kind in CODE_KINDS:
            self._draw_code(brush, line, ground, text)
        self._draw_matches(brush, line)
        if selected is not None:
            brush.add(selected[0], last if selected[1] < 0 else selected[1], self._styles.selection)
        return brush.segments(text)

    def _numbers(self, line: int, width: int, gutter: int) -> str:
        if line == self._lights.hunk:
            return "▸".rjust(gutter - 1) + " "
        old, new = self._patch.old_numbers[line], self._patch.new_numbers[line]
        if width < _BOTH_NUMBERS_WIDTH:
            return f"{new or old or '':>{gutter - 2}}  "
        digits = (gutter - 3) // 2
        return f"{old or '':>{digits}} {new or '':>{digits}}  "

    def _draw_code(self, brush: _Brush, line: int, ground: str, text: str) -> None:
        of = self._styles.of
        marks = self._patch.mark_cells(line)
        part = changed_part(self._patch, line) if ground and brush.last > marks else None
        if part is not None:
            brush.put(*part, of(f"{ground}-part"))
        for start, end, role in self._lights.colors.spans.get(line, ()):
            brush.put(marks + start, marks + end, of(ground, role))
            if part is not None and start + marks < part[1] and part[0] < end + marks:
                brush.put(max(part[0], marks + start), min(part[1], marks + end), of(f"{ground}-part", role))
        if text.endswith(_CARRIAGE_RETURN):
            brush.put(len(text) - 1, len(text), of(ground, "meta"))
        if ground in ("added", "removed"):
            brush.put(0, marks, of(ground, f"mark-{ground}"))

    def _draw_matches(self, brush: _Brush, line: int) -> None:
        search = self._lights.search
        if search is None:
            return
        for start in search.in_line(line, brush.first, brush.last):
            role = "match-current" if search.match == (line, start) else "match"
            brush.put(start, start + search.length, self._styles.of(role))


def _within_end(text: str, scroll_x: int, room: int) -> int:
    """How far a heading is moved sideways: no further than to its end, so that it can always be read."""
    if not scroll_x or cut_cells(text, scroll_x, room)[1] < len(text):
        return scroll_x
    return min(scroll_x, max(0, cell_len(text) - room))


class _Brush:
    """The style of each character of a line that is in view: ``first`` to ``last``, the latter exclusive."""

    def __init__(self, first: int, last: int, style: Style) -> None:
        self.first = first
        self.last = last
        self._styles = [style] * (last - first)

    def _within(self, start: int, end: int) -> range:
        return range(max(start, self.first) - self.first, max(0, min(end, self.last) - self.first))

    def put(self, start: int, end: int, style: Style) -> None:
        """Draw some characters in a style."""
        for index in self._within(start, end):
            self._styles[index] = style

    def add(self, start: int, end: int, style: Style) -> None:
        """Lay a style over the styles of some characters."""
        for index in self._within(start, end):
            self._styles[index] = self._styles[index] + style

    def segments(self, text: str) -> Iterator[Segment]:
        """The characters in as few pieces as possible."""
        position = self.first
        for style, group in groupby(self._styles):
            length = len(list(group))
            yield Segment(text[position : position + length], style)
            position += length
