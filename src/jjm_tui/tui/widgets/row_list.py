"""A list of rows made of cells, with a cursor that follows its row: for sheets and for the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.color import Color
from textual.events import Blur, Click, Focus, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from jjm_tui.domain.text import cell_width, clean_line, truncate
from jjm_tui.tui.look.contrast import readable

_GAP: Final = 2
"""Cells between two cells of a row."""
_LEAST_FLEXIBLE: Final = 12
"""Cells that a flexible cell keeps before cells of a higher rank are left out, where it does not say how many."""


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` may be foreign. ``role``: a component class without its prefix, empty for none. ``width``: cells that it
    always takes, ``None`` to share what is left, ``grow`` parts of it. ``rank``: the larger, the earlier it is left out
    when there is no room; 0 never is. ``right``: aligned to the right. For a cell without a width, ``least``: what it
    keeps before others are left out; ``enough``: it takes this much before the others share what is left."""

    text: str
    role: str = ""
    width: int | None = None
    rank: int = 0
    right: bool = False
    grow: int = 1
    least: int = _LEAST_FLEXIBLE
    enough: int | None = None


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row. The cursor passes over headings, which have no meaning of their own."""

    id: str
    cells: tuple[Cell, ...]
    is_heading: bool = False


class RowList(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a cursor. The screen's actions move it; it tells where it is.

    | component class | for |
    |---|---|
    | ``row-list--cursor``, ``row-list--cursor-blurred`` | the row under the cursor, with and without the focus |
    | ``row-list--bar`` | what marks that row on the left |
    | ``row-list--quiet``, ``row-list--strong`` | cells that matter less, or more |
    | ``row-list--good``, ``row-list--warning``, ``row-list--bad`` | cells that tell how something went |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-list--cursor",
        "row-list--cursor-blurred",
        "row-list--bar",
        "row-list--quiet",
        "row-list--strong",
        "row-list--good",
        "row-list--warning",
        "row-list--bad",
    }
    DEFAULT_CSS = """
    RowList {
        background: $surface;
        color: $foreground;
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .row-list--cursor { background: $primary-muted; text-style: bold; }
        & > .row-list--cursor-blurred { background: $foreground 10%; text-style: bold; }
        & > .row-list--bar { color: $primary; text-style: bold; }
        & > .row-list--quiet { color: $text-muted; }
        & > .row-list--strong { text-style: bold; }
        & > .row-list--good { color: $text-success; }
        & > .row-list--warning { color: $text-warning; }
        & > .row-list--bad { color: $text-error; text-style: bold; }

        &:ansi {
            & > .row-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
            & > .row-list--cursor-blurred { background: transparent; }
        }
    }
    """

    class Moved(Message):
        """The cursor is on another row; ``row_id`` is ``None`` where there is none."""

        def __init__(self, row_list: RowList, row_id: str | None) -> None:
            super().__init__()
            self.row_list = row_list
            self.row_id = row_id

        @property
        def control(self) -> RowList:
            """The list."""
            return self.row_list

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._rows: tuple[ListRow, ...] = ()
        self._cursor = 0
        self._strips: LRUCache[tuple[ListRow, int, bool, bool], Strip] = LRUCache(1024)

    # what is shown

    @property
    def cursor_id(self) -> str | None:
        """The row under the cursor."""
        if self._cursor < len(self._rows) and not self._rows[self._cursor].is_heading:
            return self._rows[self._cursor].id
        return None

    @property
    def row_count(self) -> int:
        """How many rows there are, headings counted."""
        return len(self._rows)

    @property
    def ids_on_screen(self) -> tuple[str, ...]:
        """The rows that can be seen, headings left out."""
        seen = self._places_on_screen
        return tuple(row.id for row in self._rows[seen.start : seen.stop] if not row.is_heading)

    @property
    def _places_on_screen(self) -> range:
        """Where there can be rows that are seen; not what the screen cuts off."""
        if not self.is_on_screen:
            return range(0)
        geometry = self.screen.find_widget(self)
        top = self.scroll_offset.y + geometry.visible_region.y - geometry.region.y
        return range(top, top + geometry.visible_region.height)

    def show(self, rows: Iterable[ListRow]) -> None:
        """Replace the rows; the cursor stays on its row, or where that was."""
        newest = tuple(rows)
        if newest == self._rows:
            return
        before, old, self._rows = self.cursor_id, self._rows, newest
        index = next((number for number, row in enumerate(newest) if row.id == before), None)
        self._cursor = self._nearest(self._cursor if index is None else index)
        if len(old) == len(newest) and [row.id for row in old] == [row.id for row in newest]:
            for number, (was, row) in enumerate(zip(old, newest, strict=True)):
                if was != row:
                    self.refresh_line(number)
        else:
            self._measure()
            self.refresh()
            self.call_after_refresh(self._scroll_to_cursor)
        if self.cursor_id != before:
            self.post_message(self.Moved(self, self.cursor_id))

    def _nearest(self, wanted: int) -> int:
        """The row at or after ``wanted`` that may have the cursor, else one before it."""
        last = max(0, len(self._rows) - 1)
        wanted = min(max(wanted, 0), last)
        order = [*range(wanted, len(self._rows)), *range(wanted - 1, -1, -1)]
        return next((number for number in order if not self._rows[number].is_heading), wanted)

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows))

    # moving

    def move(self, lines: int) -> None:
        """Move the cursor by rows, headings not counted; it stops at the ends."""
        step = 1 if lines > 0 else -1
        places = [number for number, row in enumerate(self._rows) if not row.is_heading]
        if not places:
            return
        here = places.index(self._cursor) if self._cursor in places else 0
        self._go_to(places[min(max(here + lines, 0), len(places) - 1)], step)

    def move_to_edge(self, *, end: bool) -> None:
        """To the first or the last row."""
        self.move(len(self._rows) if end else -len(self._rows))

    def move_to(self, row_id: str) -> None:
        """To this row, if there is one; where it is not on the screen, it comes to the top."""
        index = next((number for number, row in enumerate(self._rows) if row.id == row_id), None)
        if index is not None:
            self._put_cursor(index, at_top=row_id not in self.ids_on_screen)

    def _go_to(self, index: int, step: int) -> None:
        if index == self._cursor:
            self.scroll_relative(y=step, animate=False, immediate=True)
        else:
            self._put_cursor(index)

    def _put_cursor(self, index: int, *, at_top: bool = False) -> None:
        before, self._cursor = self._cursor, index
        self.refresh_line(before)
        self.refresh_line(index)
        self._scroll_to_cursor(at_top=at_top)
        if index != before:
            self.post_message(self.Moved(self, self.cursor_id))

    def _scroll_to_cursor(self, *, at_top: bool = False) -> None:
        """With the headings above the row, where there is room for both."""
        top, room = self._cursor, len(self._places_on_screen)
        while top > 0 and self._rows[top - 1].is_heading and self._cursor - top + 1 < room:
            top -= 1
        region = Region(0, top, 1, self._cursor - top + 1)
        self.scroll_to_region(region, animate=False, force=True, immediate=True, top=at_top)

    def on_click(self, event: Click) -> None:
        """Put the cursor there."""
        index = self.scroll_offset.y + event.y
        if index < len(self._rows) and not self._rows[index].is_heading:
            self._go_to(index, 0)

    # drawing

    def on_resize(self, event: Resize) -> None:
        """Rows are as wide as the list."""
        self._measure()

    def on_focus(self, event: Focus) -> None:
        """The cursor looks different."""
        self.refresh_line(self._cursor)

    def on_blur(self, event: Blur) -> None:
        """The cursor looks different."""
        self.refresh_line(self._cursor)

    def notify_style_update(self) -> None:
        """Other colours."""
        self._strips.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One row."""
        index = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if index >= len(self._rows) or width <= 0:
            return Strip.blank(max(width, 0), self.rich_style)
        row, has_cursor = self._rows[index], index == self._cursor and not self._rows[index].is_heading
        key = (row, width, has_cursor, self.has_focus)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._draw(row, width, has_cursor=has_cursor)
        return strip

    def _draw(self, row: ListRow, width: int, *, has_cursor: bool) -> Strip:
        style = self.rich_style
        if has_cursor:
            cursor = self.get_component_rich_style(f"row-list--cursor{'' if self.has_focus else '-blurred'}")
            style += Style(color=cursor.color, bgcolor=cursor.bgcolor, bold=cursor.bold)
        segments = [Segment("▌" if has_cursor else " ", style + self._letters("bar", style))]
        for number, cell in enumerate(fit(row.cells, width - 2)):
            if number:
                segments.append(Segment(" " * _GAP, style))
            segments.append(Segment(cell.text, style + self._letters(cell.role, style) if cell.role else style))
        return Strip(segments).adjust_cell_length(width, style)

    def _letters(self, role: str, ground: Style) -> Style:
        """Colour and weight of a role; the colour is one that can be read on this ground.

        Of 16 colours, none but its own can be read on the cursor's.
        """
        full = self.get_component_rich_style(f"row-list--{role}")
        color = full.color
        if self.app.current_theme.ansi and ground.bgcolor != self.rich_style.bgcolor:
            color = None
        elif color is not None and ground.bgcolor is not None and color.type is ColorType.TRUECOLOR:
            color = readable(Color.from_rich_color(color), Color.from_rich_color(ground.bgcolor)).rich_color
        return Style(color=color, bold=full.bold or None)


def fit(cells: Sequence[Cell], width: int) -> list[Cell]:
    """The cells that have room in ``width``, their texts one clean line each, cut or filled to their widths."""
    chosen = list(cells)
    for rank in sorted({cell.rank for cell in chosen if cell.rank}, reverse=True):
        if _needed(chosen) <= width:
            break
        chosen = [cell for cell in chosen if cell.rank != rank]
    chosen = _settle(chosen, width)
    fixed = sum(cell.width for cell in chosen if cell.width is not None)
    room = max(0, width - fixed - _GAP * (len(chosen) - 1))
    parts = sum(cell.grow for cell in chosen if cell.width is None)
    fitted = []
    for cell in chosen:
        share = cell.width
        if share is None:
            share = room * cell.grow // parts if parts else 0
            room, parts = room - share, parts - cell.grow
        text = truncate(clean_line(cell.text), share)
        space = " " * (share - cell_width(text))
        fitted.append(replace(cell, text=space + text if cell.right else text + space))
    return fitted


def _settle(cells: Sequence[Cell], width: int) -> list[Cell]:
    """The same with widths for those that say how much is enough: that, or what is left beside the least of the others,
    where that is not less than half of what they have together."""
    settled = list(cells)
    for at, cell in enumerate(cells):
        if cell.width is None and cell.enough is not None:
            others = _needed([*settled[:at], *settled[at + 1 :]]) + (_GAP if len(cells) > 1 else 0)
            kept = sum(_least(other) for other in settled if other.width is None and other is not cell)
            settled[at] = replace(
                cell, width=max(0, min(cell.enough, max(width - others, (width - others + kept) // 2)))
            )
    return settled


def _needed(cells: Sequence[Cell]) -> int:
    widths = sum(_least(cell) if cell.width is None else cell.width for cell in cells)
    return widths + _GAP * (len(cells) - 1)


def _least(cell: Cell) -> int:
    return cell.least if cell.enough is None else min(cell.least, cell.enough)
