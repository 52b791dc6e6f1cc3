"""A diff as a picture that scrolls: reads the diff in slices, draws the rows in view, colours what is near them."""

from __future__ import annotations

from typing import ClassVar, Final

import anyio.lowlevel
import anyio.to_thread
from textual import work
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import Visual

from jjm_tui.tui.patches.patch_colors import PatchColors
from jjm_tui.tui.patches.patch_lines import Patch
from jjm_tui.tui.patches.patch_rows import PatchRows
from jjm_tui.tui.text.code_colors import CODE_ROLES
from jjm_tui.tui.widgets.diff.diff_paint import DiffPainter, Lights
from jjm_tui.tui.widgets.diff.diff_styles import DIFF_VIEW_CLASSES, DIFF_VIEW_CSS
from jjm_tui.tui.widgets.diff.ground_styles import GroundStyles

SLICE: Final = 500
"""Lines that are looked at before others get their turn, one or two milliseconds of work."""

_KEPT_STRIPS: Final = 2000
_COLUMN_STEP: Final = 8


class DiffCanvas(ScrollView):
    """The rows of a diff, or a note why there is none. ``DiffView`` knows the way around in it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(DIFF_VIEW_CLASSES)
    """
    | Class | Description |
    | :- | :- |
    | `diff-view--added`, `--removed` | Lines that were added or removed: background, and colour in 16-colour themes. |
    | `diff-view--added-part`, `--removed-part` | What differs between a line and the one that replaced it. |
    | `diff-view--mark-added`, `--mark-removed` | The marks of such lines, and counts of them. |
    | `diff-view--file` | The header above a file. |
    | `diff-view--meta` | Header lines of the diff itself. |
    | `diff-view--hunk`, `--hunk-current` | Headers of hunks, and of the one where the person is. |
    | `diff-view--gutter` | Line numbers. |
    | `diff-view--notice` | That the diff is not whole. |
    | `diff-view--match`, `--match-current` | Places that a search found, and the one where the person is. |
    | `diff-view--keyword`, `--string`, `--comment`, `--number`, `--name`, `--type` | Code. |
    """

    DEFAULT_CSS = DIFF_VIEW_CSS

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._note: Content | None = None
        self._strips: dict[int, tuple[tuple[int, int], Strip]] = {}
        self._styles_now: GroundStyles | None = None
        self._is_coloring = False
        self._take(Patch(), is_cut=False)

    def _take(self, patch: Patch, *, is_cut: bool, note: Content | None = None) -> None:
        """Show another diff from its top, the first slice at once and the rest behind the first paint."""
        self._patch = patch
        self._note = note
        self._rows = PatchRows(patch, is_cut=is_cut)
        self._lights = Lights(PatchColors(patch))
        self._patch.scan(SLICE)
        self._forget_strips()
        if self.is_attached:
            self._update_size()
            self.scroll_to(0, 0, animate=False, force=True)
        if self.is_running:
            self._begin()

    @property
    def patch(self) -> Patch:
        """What is known of the diff so far."""
        return self._patch

    @property
    def has_diff(self) -> bool:
        """Whether there is a diff, and not a note."""
        return self._note is None and bool(self._patch.lines)

    def on_mount(self) -> None:
        """Go on with a diff that was given before there was a screen."""
        self._update_size()
        self._begin()

    def _begin(self) -> None:
        self._read_on(self._patch)
        self._want_colors()

    @work(group="read", exclusive=True)
    async def _read_on(self, patch: Patch) -> None:
        while not patch.is_read:
            await anyio.lowlevel.checkpoint()
            self._read_slice(patch)
        self._patch_read()
        self._want_colors()

    def _read_slice(self, patch: Patch) -> None:
        """Headers of files that are found above the rows in view move these, so the view goes with them."""
        top = self._rows.line_at(self.scroll_offset.y)
        before, seen = self._rows.of_line(top), patch.scanned
        changed = min(self._rows.of_line(seen), before)
        patch.scan(SLICE)
        self._update_size()
        for row in [row for row in self._strips if row >= changed]:
            del self._strips[row]
        if moved := self._rows.of_line(top) - before:
            self.scroll_to(y=self.scroll_offset.y + moved, animate=False, force=True)
        if self._rows.line_at(self.scroll_offset.y + self.size.height) >= seen:
            self.refresh()
        self._more_read()

    def _more_read(self) -> None:
        """Another slice was looked at."""

    def _patch_read(self) -> None:
        """Every line was looked at."""

    def _update_size(self) -> None:
        width = self.view_width
        if self._note is not None:
            self.virtual_size = Size(width, len(self._note_strips()))
        else:
            gutter = self._painter().gutter_width(width)
            self.virtual_size = Size(gutter + self._patch.longest, len(self._rows))

    # drawing

    def _painter(self) -> DiffPainter:
        if self._styles_now is None:
            self._styles_now = GroundStyles(self, "diff-view--", CODE_ROLES)
        return DiffPainter(self._rows, self._styles_now, self._lights)

    def _forget_strips(self) -> None:
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """The theme or the focus changed."""
        super().notify_style_update()
        self._styles_now = None
        self._strips.clear()

    def selection_updated(self, selection: Selection | None) -> None:
        """Other text is selected."""
        self._forget_strips()

    def on_resize(self) -> None:
        """Line numbers and notes depend on the width."""
        self._update_size()
        self._want_colors()

    def render_line(self, y: int) -> Strip:
        """A row of the view."""
        scroll_x, scroll_y = self.scroll_offset
        width = self.view_width
        if self._note is not None:
            strips = self._note_strips()
            row = scroll_y + y
            return strips[row] if row < len(strips) else Strip.blank(width, self.rich_style)
        return self._strip(scroll_y + y, scroll_x, width)

    @property
    def view_width(self) -> int:
        """Cells of a row, less the scrollbar."""
        return max(0, self.size.width - self.scrollbar_size_vertical)

    def _note_strips(self) -> list[Strip]:
        width = self.view_width
        if self._note is None or width < 3:
            return []
        lines = Visual.to_strips(self, self._note, width - 2, None, self.visual_style, pad=True)
        edge = Strip.blank(1, self.rich_style)
        return [Strip.join([edge, line, edge]) for line in lines]

    def _strip(self, row: int, scroll_x: int, width: int) -> Strip:
        kept = self._strips.get(row)
        if kept is not None and kept[0] == (scroll_x, width):
            return kept[1]
        if len(self._strips) >= _KEPT_STRIPS:
            self._strips.clear()
        strip = self.paint_row(row, scroll_x, width)
        self._strips[row] = (scroll_x, width), strip
        return strip

    def paint_row(self, row: int, scroll_x: int, width: int) -> Strip:
        """Draw one row of the diff, ``width`` cells from the column ``scroll_x`` on."""
        selection = self.text_selection
        selected = None if selection is None else selection.get_span(row)
        return self._painter().paint(row, scroll_x, width, selected)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text of the diff, as it is shown, without line numbers; for our headers the lines of the diff
        that they stand for."""
        first = 0 if selection.start is None else selection.start.y
        last = len(self._rows) - 1 if selection.end is None else selection.end.y
        texts: list[str] = []
        for row in range(max(0, first), min(last, len(self._rows) - 1) + 1):
            span, found = selection.get_span(row), self._rows[row]
            if span is not None and found.kind == "line":
                begin, end = max(0, span[0]), None if span[1] == -1 else max(0, span[1])
                texts.append(self._patch.text(found.index)[begin:end])
            elif span is not None and found.kind == "file":
                texts += map(self._patch.text, self._rows.behind_header(found.index))
        return ("\n".join(texts), "\n") if texts else None

    # syntax colours

    def _want_colors(self) -> None:
        if not self._is_coloring and self.is_running:
            self._is_coloring = True
            self._color()

    @work(group="color")
    async def _color(self) -> None:
        """Colour what is in view, then a page around it, until nothing near is left."""
        try:
            while (wanted := self._next_block()) is not None:
                colors, block = wanted
                spans = await anyio.to_thread.run_sync(colors.color, block, abandon_on_cancel=True)
                colors.keep(block, spans)
                if colors is self._lights.colors and spans:
                    self._redraw_lines(block.start, block.stop)
        finally:
            self._is_coloring = False

    def _next_block(self) -> tuple[PatchColors, range] | None:
        colors = self._lights.colors
        height = self.size.height
        top = self.scroll_offset.y
        for first, last in ((top, top + height), (top + height, top + 2 * height), (top - height, top)):
            block = colors.next_block(self._rows.line_at(first), self._rows.line_at(last))
            if block is not None:
                return colors, block
        return None

    def _redraw_lines(self, first: int, last: int) -> None:
        start, end = self._rows.of_line(first), self._rows.of_line(last - 1) + 1
        for row in range(start, end):
            self._strips.pop(row, None)
        self.refresh_lines(start, end - start)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows are in view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._want_colors()

    # scrolling, at once and without animation

    def _scroll_by(self, rows: int = 0, columns: int = 0) -> None:
        offset = self.scroll_offset
        self.scroll_to(offset.x + columns, offset.y + rows, animate=False, force=True)

    def move(self, lines: int) -> None:
        """Some rows down, or up when negative."""
        self._scroll_by(rows=lines)

    def page(self, share: float) -> None:
        """A share of the height down, or up when negative."""
        rows = round(share * self.size.height)
        self._scroll_by(rows=rows or (1 if share > 0 else -1))

    def move_to_edge(self, *, end: bool) -> None:
        """To the top, or to the end."""
        self.scroll_to(None if end else 0, self.max_scroll_y if end else 0, animate=False, force=True)

    def action_scroll_down(self) -> None:
        """A row down."""
        self.move(1)

    def action_scroll_up(self) -> None:
        """A row up."""
        self.move(-1)

    def action_page_down(self) -> None:
        """A page down."""
        self.page(1)

    def action_page_up(self) -> None:
        """A page up."""
        self.page(-1)

    def action_scroll_home(self) -> None:
        """To the top."""
        self.move_to_edge(end=False)

    def action_scroll_end(self) -> None:
        """To the end."""
        self.move_to_edge(end=True)

    def action_scroll_left(self) -> None:
        """Some columns to the left."""
        self._scroll_by(columns=-_COLUMN_STEP)

    def action_scroll_right(self) -> None:
        """Some columns to the right."""
        self._scroll_by(columns=_COLUMN_STEP)
