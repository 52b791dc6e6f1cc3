"""Scrolling over blocks of text: only what is near the screen is ever measured, and what is on it stays where it is.

Heights of blocks that nobody has looked at are estimated, and measured behind the screen a slice at a time. What a row
looks like is the business of ``block_view``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, ClassVar, Final

from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.widget import Widget

from jjm_tui.tui.once import Once
from jjm_tui.tui.text.blocks import Block
from jjm_tui.tui.text.rows import Row, row_at
from jjm_tui.tui.widgets.blocks.block_layout import BlockLayout, Place

_SLICE: Final = 0.008
"""Seconds of work behind the screen per turn of the event loop (``promises.md``: never blocked for 30 ms)."""
PAUSE: Final = 0.015
"""Seconds between two slices, in which keys and frames have their turn."""
_GUTTER: Final = 1
"""Cells between the text and the scrollbar."""
_REMEMBERED: Final = 256
"""Blocks whose rows are kept; a screen shows a few dozen."""


def time_limit() -> Callable[[], bool]:
    """Whether the slice that begins now is over."""
    end = perf_counter() + _SLICE
    return lambda: perf_counter() > end


class BlockScroll(ScrollView, can_focus=True):
    """Places blocks one below the other, follows the end, and counts what is new below.

    Scrolling never glides: a target in rows would be wrong as soon as another height becomes known.
    """

    AUTO_FOLLOW: ClassVar[bool] = False
    """Whether being at the end means staying there when more comes."""

    DEFAULT_CSS = """
    BlockScroll {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    """

    follow: var[bool] = var(False)
    """Whether the view stays at the end when more comes. Setting it goes to the end; scrolling up ends it, and with
    ``AUTO_FOLLOW`` reaching the end begins it."""

    class TailChanged(Message, namespace="block_view"):
        """Whether the end is followed changed, or how many new things are below that were not scrolled to yet."""

        def __init__(self, view: BlockScroll, following: bool, new_below: int) -> None:
            super().__init__()
            self.view = view
            self.following = following
            self.new_below = new_below

        @property
        def control(self) -> BlockScroll:
            """The view."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, BlockScroll.TailChanged) and message.view is self.view

    class ExtentChanged(Message, namespace="block_view"):
        """Another number of rows than before exists, as far as they are measured, or fits on the screen."""

        def __init__(self, view: BlockScroll) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> BlockScroll:
            """The view."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, BlockScroll.ExtentChanged) and message.view is self.view

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - as every widget
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.laid_out = 0
        """How many blocks have been laid out to be shown so far; for tests and measurements."""
        self._page = BlockLayout()
        self._rows: LRUCache[Block, tuple[Row, ...]] = LRUCache(_REMEMBERED)
        self._columns = 0
        self._height = 0
        self._is_placing = False
        self._unseen: list[Block] = []
        self._told_tail = (self.AUTO_FOLLOW, 0)
        self._told_extent = (0, 0)
        self._measuring = Once(self, self._measure_more)
        self.set_reactive(BlockScroll.follow, self.AUTO_FOLLOW)

    # blocks

    @property
    def blocks(self) -> Sequence[Block]:
        """What is shown, in order."""
        return self._page.blocks

    @property
    def new_below(self) -> int:
        """How many new things came below the screen that the person has not scrolled to."""
        return len(self._unseen)

    def set_blocks(self, blocks: Sequence[Block], *, fresh: bool = False) -> None:
        """Show these blocks; each at most once.

        What is on the screen stays there, or the end does while it is followed. ``fresh``: it is something else now,
        shown from its beginning, or from its end with ``AUTO_FOLLOW``; a search ends.
        """
        page, top, height = self._page, self.scroll_offset.y, self._height
        changed = 0 if fresh else page.first_change(blocks)
        if not fresh and changed == len(blocks) == len(page.blocks):
            return
        kept = None if fresh else page.place_kept(blocks, top, height)
        news = [] if fresh else page.news(blocks, top, height)
        page.replace(blocks)
        if fresh:
            self._set_follow(self.AUTO_FOLLOW)
            self._unseen = []
        self._unseen = self._still_unseen(news)
        self._place_again(kept, at_top=fresh)
        self.blocks_replaced(changed, fresh=fresh)
        if fresh or self.scroll_offset.y != top:
            self.refresh()
        else:
            self.refresh_lines(page.top_of(changed), max(1, top + height - page.top_of(changed)))
        self._note_seen()

    def _still_unseen(self, news: Sequence[Block]) -> list[Block]:
        """What is new below: what just came, and what stands now for what was new before."""
        keys = {block.key for block in (*self._unseen, *news)}
        return [block for block in self._page.blocks if block.key in keys and block.key is not None] if keys else []

    def visible_blocks(self) -> Sequence[Block]:
        """The blocks on the screen."""
        page, top = self._page, self.scroll_offset.y
        if not page.has_rows or not self._height:
            return ()
        return page.blocks[page.find(top)[0] : page.find(top + self._height - 1)[0] + 1]

    @property
    def rows_on_screen(self) -> range:
        """The rows that can be seen; none while the view is cut off, or not laid out for its size."""
        page, size = self._page, self.scrollable_content_region.size
        is_laid_out = size == (self._columns, self._height) and page.width == self._columns - _GUTTER
        if not (is_laid_out and page.has_rows and self.is_on_screen):
            return range(0)
        geometry = self.screen.find_widget(self)
        top = self.scroll_offset.y
        return range(top, min(top + self._height, page.total) if geometry.visible_region == geometry.region else top)

    def place_of(self, row: int) -> Place:
        """Where a row begins; below the last row, the end."""
        page = self._page
        if row >= page.total:
            return Place(len(page.blocks), 0, 0, page.width)
        index, inside = page.find(row)
        return Place(index, inside, self._position_of(index, inside) if inside else 0, page.width)

    def _place_with_text(self, row: int) -> Place:
        """The place of the first row from there on that can be found again at another width."""
        place = self.place_of(row)
        while place.row and place.position < 0:
            row += 1
            place = self.place_of(row)
        return place

    def row_of(self, place: Place) -> int:
        """The row in which a place is now; where that cannot be told, the first one of its block."""
        return self._page.top_of(place.block) + self._row_inside(place)

    def _row_inside(self, place: Place) -> int:
        if place.row and place.width != self._page.width:
            return row_at(self.rows_of(place.block), place.position) if place.position >= 0 else 0
        return place.row

    def blocks_replaced(self, changed: int, *, fresh: bool) -> None:
        """A hook: there are other blocks from index ``changed`` on, or everything is another matter (``fresh``)."""

    # places

    @property
    def allow_vertical_scroll(self) -> bool:
        """Whether there is more than fits; known before Textual has made the scrollbar."""
        return not self.disabled and self._page.total > self._height > 0

    def scroll_to_end(self) -> None:
        """Go to the end, and stay there with ``AUTO_FOLLOW``."""
        if self._page.has_rows:
            self._commit(self._page.place_end(self._height))
        self._moved()

    def scroll_to(self, x: float | None = None, y: float | None = None, **how: Any) -> None:
        """As ``Widget.scroll_to``, at once."""
        super().scroll_to(x, y, **{**how, "animate": False})

    def scroll_end(self, **_: Any) -> None:
        """As ``Widget.scroll_end``, at once."""
        self.scroll_to_end()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The person has moved, unless it was us."""
        super().watch_scroll_y(old_value, new_value)
        if not self._is_placing and round(old_value) != round(new_value):
            self._moved()

    def watch_follow(self, follow: bool) -> None:
        """Go to the end and tell."""
        if follow and not self._is_placing and self._page.has_rows:
            self._commit(self._page.place_end(self._height))
            self._note_seen()
        self._tell_tail()

    def on_resize(self) -> None:
        """Lay out for the new size; the upper edge of the screen keeps its text."""
        page = self._page
        self._columns, height = self.scrollable_content_region.size
        width = self._columns - _GUTTER
        if width <= 0 or not height:
            return
        self._height = height
        is_other = page.width != width and page.has_rows
        kept = self._place_with_text(self.scroll_offset.y) if page.width and is_other else None
        if page.width != width:
            self._rows.clear()
            page.resize(width)
            self.width_changed()
        if kept is not None and not self.follow:
            self._commit(page.place(kept.block, self._row_inside(kept), 0, self._height))
        else:
            self._place_again(None, at_top=False)
        self.refresh()

    def width_changed(self) -> None:
        """A hook: all rows are other ones now."""

    def _position_of(self, index: int, row: int) -> int:
        """Where in its block's text a row begins, -1 where it shows none."""
        rows = self.rows_of(index)
        return next((run.start for run in rows[row] if run.start >= 0), -1) if row < len(rows) else -1

    def _place_again(self, kept: tuple[Block, int] | None, *, at_top: bool) -> None:
        """Scroll to where we should be after a change."""
        page, height = self._page, self._height
        if not page.has_rows:
            self._commit(0)
        elif self.follow:
            self._commit(self.place_followed())
        elif at_top:
            self._commit(page.place(0, 0, 0, height))
        elif kept is not None:
            block, screen_row = kept
            self._commit(page.place(page.index(block), max(0, -screen_row), max(0, screen_row), height))
        else:
            self._commit(page.place(*page.find(self.scroll_offset.y), 0, height))

    def place_followed(self) -> int:
        """A hook: the top while the end is followed."""
        return self._page.place_end(self._height)

    def _moved(self) -> None:
        """The person scrolled: measure what has come into view and see whether that was the end."""
        page = self._page
        is_end = self.scroll_y >= self.max_scroll_y
        if page.has_rows:
            index, row = page.find(self.scroll_offset.y)
            place = page.place_end(self._height) if is_end else page.place(index, row, 0, self._height)
            self._commit(place)
        self._set_follow(is_end if self.AUTO_FOLLOW else self.follow and is_end)
        self._note_seen()
        self.person_moved()

    def person_moved(self) -> None:
        """A hook: the person scrolled."""

    def _commit(self, top: int) -> None:
        """Tell Textual the size of everything and where we are in it, and measure the rest later.

        The size is set past its watcher, which would lay out the whole screen and paint the whole view for every height
        that becomes known.
        """
        page = self._page
        with self._placing():
            size = Size(self._columns, page.total)
            if size != self.virtual_size:
                self.set_reactive(Widget.virtual_size, size)
                self._scroll_update(size)
                if self.styles.auto_dimensions:
                    self.refresh(repaint=False, layout=True)
            if round(self.scroll_y) != top:
                self.scroll_target_y = self.scroll_y = top
        extent = (page.total, self._height)
        if extent != self._told_extent:
            self._told_extent = extent
            self.post_message(self.ExtentChanged(self))
        if not self._measuring.is_waiting and page.has_rows and not page.is_measured:
            self._measuring.start(PAUSE)

    def _measure_more(self) -> None:
        page, height = self._page, self._height
        if not page.has_rows or not height:
            return
        index, row = page.find(self.scroll_offset.y)
        page.measure_some(index, time_limit())
        self._commit(self.place_followed() if self.follow else page.place(index, row, 0, height))

    @contextmanager
    def _placing(self) -> Iterator[None]:
        """While we scroll ourselves, nobody has moved."""
        before, self._is_placing = self._is_placing, True
        try:
            yield
        finally:
            self._is_placing = before

    def rows_of(self, index: int) -> tuple[Row, ...]:
        """The rows of a block for the present width, laid out once."""
        block = self._page.blocks[index]
        rows = self._rows.get(block)
        if rows is None:
            self.laid_out += 1
            rows = block.rows(self._page.width)
            self._rows.set(block, rows)
        return rows

    def show_position(self, index: int, position: int) -> None:
        """Scroll so that the character at ``position`` of a block's text can be seen; not at all where it can."""
        page, height = self._page, self._height
        if not page.has_rows or not height:
            return
        page.measure(index)
        row = row_at(self.rows_of(index), position)
        top, place = self.scroll_offset.y, page.top_of(index) + row
        if not top <= place < top + height:
            self._commit(page.place(index, row, height // 3, height))
            self._moved()

    def show_end_of(self, index: int) -> None:
        """Scroll down as far as needed to see the last row of a block; not at all where it can be seen."""
        page, height = self._page, self._height
        if not page.has_rows or not height:
            return
        last = page.measure(index) - 1
        if page.top_of(index) + last >= self.scroll_offset.y + height:
            self._commit(page.place(index, last, height - 1, height))
            self._note_seen()

    # the tail

    def _set_follow(self, follow: bool) -> None:
        with self._placing():
            self.follow = follow

    def _note_seen(self) -> None:
        """What is on the screen or above it is new no more."""
        if self._unseen:
            visible = self.visible_blocks()
            last = self._page.index(visible[-1]) if visible else -1
            self._unseen = [block for block in self._unseen if self._page.index(block) > last]
        self._tell_tail()

    def _tell_tail(self) -> None:
        told = (self.follow, len(self._unseen))
        if told != self._told_tail:
            self._told_tail = told
            self.post_message(self.TailChanged(self, *told))
