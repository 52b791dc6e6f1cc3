"""A list of styled lines: feeds, logs, timelines, pages. One row per line, an optional cursor, a tail to follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.cache import LRUCache
from textual.content import Content
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from jjm_tui.tui.widgets.line_styles import LineStyles
from jjm_tui.tui.widgets.lines import Line, Lines, LineTest

_STRIPS_KEPT: Final = 512
_NOTHING: Final = Content("")
_BAR: Final = Content.styled("▌", "bold $primary")
"""Marks the line under the cursor, as in all lists."""


def _with_bar(content: Content) -> Content:
    """The line under the cursor, marked where it leaves room for that."""
    return _BAR + content[1:] if content.plain.startswith(" ") else content


class _LineListMessage(Message):
    def __init__(self, line_list: LineList, line: Line | None) -> None:
        super().__init__()
        self.line_list = line_list
        self.line = line

    @property
    def control(self) -> LineList:
        """The list."""
        return self.line_list


class LineList(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines from top to bottom; what does not fit is cut with an ellipsis.

    It has no keys of its own: a screen calls ``move``, ``page`` and the others from its actions. A list that follows
    its tail stays at the newest line until the person moves away, and then counts what is new below.

    | component class | for |
    |---|---|
    | ``line-list--cursor``, ``line-list--cursor-blurred`` | the line under the cursor, with and without the focus |
    | ``line-list--news`` | how many new lines are below |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-list--cursor", "line-list--cursor-blurred", "line-list--news"}
    DEFAULT_CSS = """
    LineList {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;

        & > .line-list--cursor { background: $primary-muted; text-style: bold; }
        & > .line-list--cursor-blurred { background: $foreground 10%; }
        & > .line-list--news { background: $accent-muted; color: $text-accent; text-style: bold; }

        &:ansi {
            & > .line-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
            & > .line-list--cursor-blurred { text-style: bold; }
            & > .line-list--news { background: transparent; text-style: bold reverse; }
        }
    }
    """

    class Chosen(_LineListMessage):
        """The person wants what is behind this line."""

    class Highlighted(_LineListMessage):
        """The cursor is on another line, or on none."""

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor came to rest matters."""
            return isinstance(message, LineList.Highlighted) and message.control is self.control

    def __init__(
        self,
        *,
        has_cursor: bool = False,
        has_tail: bool = False,
        most: int | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        """``has_tail``: new lines come at the end and are followed. ``most``: so many lines are kept, the newest."""
        super().__init__(id=id, classes=classes)
        self.has_cursor = has_cursor
        self.has_tail = has_tail
        self.follows = has_tail
        """Whether the list stays at its newest line."""
        self._lines = Lines(most)
        self._cursor = -1
        self._news = 0
        self._scrolls_itself = False
        self._empty = _NOTHING
        self._strips: LRUCache[tuple[int, int, str], tuple[Content, Strip]] = LRUCache(_STRIPS_KEPT)
        self._styles = LineStyles(self)

    # lines

    @property
    def lines(self) -> Sequence[Line]:
        """The lines that pass the filter."""
        return self._lines.shown

    @property
    def total(self) -> int:
        """How many lines there are, with those that the filter hides."""
        return self._lines.total

    @property
    def highlighted(self) -> Line | None:
        """The line under the cursor."""
        return self.lines[self._cursor] if 0 <= self._cursor < len(self.lines) else None

    @property
    def new_below(self) -> int:
        """How many lines came below what can be seen since the tail is not followed any more."""
        below = len(self.lines) - (self.scroll_offset.y + self.scrollable_content_region.height)
        return max(0, min(self._news, below))

    def set_lines(self, lines: Iterable[Line], *, news: int = 0) -> None:
        """Replace all lines. The cursor stays on its key, the view where it is; what is the same is not drawn again.

        ``news``: how many of them are new, wherever they stand.
        """
        self._news += 0 if self.follows else news
        before = self.highlighted
        changed = self._lines.replace(list(lines))
        if changed is not None and (before is None or before.key == getattr(self.highlighted, "key", None)):
            for place in changed:
                self.refresh_line(place)
            return
        if self.has_cursor:
            self._cursor = self._lines.place_of(before, self._cursor)
        self._settle(before)

    def add_lines(self, lines: Iterable[Line]) -> None:
        """Add lines at the end; the oldest go when there are too many."""
        before = self.highlighted
        added, gone = self._lines.add(list(lines))
        self._cursor -= gone
        if not self.follows:
            self._news += added
            self._scroll(self.scroll_offset.y - gone)
        self._settle(before)

    def set_filter(self, test: LineTest | None) -> None:
        """Show only lines that pass ``test``; ``None`` shows all."""
        before = self.highlighted
        self._lines.filter(test)
        self._news = 0
        if before is None:
            self.follows = self.has_tail
        if self.has_cursor:
            self._cursor = self._lines.place_of(before, self._cursor)
        self._settle(before)
        self._scroll_to_cursor()

    def show_empty(self, content: Content) -> None:
        """What to say while there is no line to show."""
        if not content.is_same(self._empty):
            self._empty = content
            self.refresh()

    def _settle(self, before: Line | None) -> None:
        """The lines have changed: take over their number, stay at the tail, keep the cursor on a line."""
        self.virtual_size = Size(0, len(self.lines))
        if self.has_cursor:
            last = len(self.lines) - 1
            self._cursor = self._lines.stop_near(last if self.follows else max(0, min(self._cursor, last)), -1)
        if self.follows:
            self._news = 0
            self._scroll(len(self.lines))
        self.refresh()
        self._tell_highlighted(before)

    def _tell_highlighted(self, before: Line | None) -> None:
        if self.has_cursor and self.highlighted is not before:
            self.post_message(self.Highlighted(self, self.highlighted))

    # moving

    def move(self, lines: int) -> None:
        """Move the cursor by lines that can be chosen, or scroll."""
        if not self.has_cursor or self._cursor < 0:
            self._scroll(self.scroll_offset.y + lines)
            self._note_tail()
            return
        step = 1 if lines > 0 else -1
        place = self._cursor
        for _ in range(abs(lines)):
            following = self._lines.next_stop(place, step)
            if following is None:
                self._scroll(0 if step < 0 else len(self.lines))
                break
            place = following
        self._go_to(place)

    def page(self, share: float) -> None:
        """Move by a share of what can be seen; negative is up."""
        lines = round(share * self.scrollable_content_region.height) or (1 if share > 0 else -1)
        self._scroll(self.scroll_offset.y + lines)
        wanted = max(0, min(self._cursor + lines, len(self.lines) - 1))
        self._go_to(self._lines.stop_near(wanted, 1 if lines > 0 else -1))

    def move_first(self) -> None:
        """Move to the top."""
        self._scroll(0)
        self._go_to(self._lines.stop_near(0, 1))

    def move_last(self) -> None:
        """Move to the bottom; a tail is followed again."""
        self._scroll(len(self.lines))
        self._go_to(self._lines.last_stop)

    def toggle_follow(self) -> None:
        """Stay at the newest line, or stop doing so."""
        if self.follows:
            self.follows = False
        elif self.has_tail:
            self.move_last()

    def choose(self) -> None:
        """Tell that the person wants what is behind the line under the cursor."""
        if self.highlighted is not None:
            self.post_message(self.Chosen(self, self.highlighted))

    def _go_to(self, place: int) -> None:
        before, old = self.highlighted, self._cursor
        if self.has_cursor and place >= 0:
            self._cursor = place
            self._scroll_to_cursor()
            self.refresh_line(old)
            self.refresh_line(place)
        self._note_tail()
        self._tell_highlighted(before)

    def _note_tail(self) -> None:
        """Follow the tail exactly while the view, and the cursor where there is one, are at it."""
        if self.has_tail:
            is_at_end = self.scroll_offset.y >= self.max_scroll_y
            self.follows = is_at_end and (not self.has_cursor or self._cursor == self._lines.last_stop)
            self._news = 0 if self.follows else self._news
            self.refresh_line(self.scroll_offset.y + self.scrollable_content_region.height - 1)

    def _scroll_to_cursor(self) -> None:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if not height or self._cursor < 0:
            return
        if self._cursor < top:
            has_heading = self._cursor > 0 and self.lines[self._cursor - 1].key is None
            self._scroll(self._cursor - 1 if has_heading else self._cursor)
        elif self._cursor >= top + height:
            self._scroll(self._cursor - height + 1)

    def _scroll(self, row: int) -> None:
        self._scrolls_itself = True
        self.scroll_to(y=max(0, min(row, self.max_scroll_y)), animate=False, force=True, immediate=True)
        self._scrolls_itself = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A person who scrolls with the mouse takes the cursor along only to the end."""
        super().watch_scroll_y(old_value, new_value)
        if self._scrolls_itself:
            return
        before = self.highlighted
        if self.has_tail and self.has_cursor and old_value < new_value >= self.max_scroll_y:
            self._cursor = self._lines.last_stop
        self._note_tail()
        self._tell_highlighted(before)

    def watch_show_vertical_scrollbar(self, is_shown: bool) -> None:
        """A bar that comes with the lines comes after they were scrolled, which it was not told."""
        if is_shown:
            self.vertical_scrollbar.position = self.scroll_y

    # drawing

    def render_line(self, y: int) -> Strip:
        """One row."""
        region = self.scrollable_content_region
        if not self.lines:
            return self._empty_line(y, region.width)
        index = y + self.scroll_offset.y
        if index >= len(self.lines):
            return Strip.blank(region.width, self._styles.ground())
        strip = self._strip(index, region.width).apply_offsets(0, index)
        if y == region.height - 1 and (count := self.new_below):
            return self._with_news(strip, count, region.width)
        return strip

    def _strip(self, index: int, width: int) -> Strip:
        content = self.lines[index].content
        look = ""
        if index == self._cursor:
            look = "line-list--cursor" if self.has_focus else "line-list--cursor-blurred"
        span = None if self.text_selection is None else self.text_selection.get_span(index)
        if span is not None:
            first, last = span
            content = content.stylize("reverse", first, len(content) if last < 0 else last)
        key = id(self.lines[index].content), width, look
        kept = self._strips.get(key)
        if span is None and kept is not None and kept[0] is content:
            return kept[1]
        strip = self._styles.draw(_with_bar(content) if look else content, width, look)
        if span is None:
            self._strips.discard(key)  # setting a key that is there would leave its old value
            self._strips[key] = content, strip
        return strip

    def _empty_line(self, y: int, width: int) -> Strip:
        lines = self._empty.wrap(max(1, width - 2)) if self._empty and width > 2 else []
        if not 1 <= y <= len(lines):
            return Strip.blank(width, self._styles.ground())
        return self._styles.draw(Content(" ") + lines[y - 1], width)

    def _with_news(self, strip: Strip, count: int, width: int) -> Strip:
        text = f" ▾ {count} new below "
        room = width - cell_len(text)
        if room < 0:
            return strip
        return Strip.join([strip.crop(0, room), Strip([Segment(text, self._styles.ground("line-list--news"))])])

    def notify_style_update(self) -> None:
        """The theme or the style sheet has changed."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    # events

    def on_resize(self, event: Resize) -> None:
        """Stay at the tail, or with the cursor."""
        if self.follows:
            self._scroll(len(self.lines))
        self._scroll_to_cursor()

    def on_click(self, event: Click) -> None:
        """Put the cursor there; twice chooses."""
        offset = event.get_content_offset(self)
        place = -1 if offset is None else offset.y + self.scroll_offset.y
        if self.has_cursor and 0 <= place < len(self.lines) and self.lines[place].key is not None:
            event.stop()
            self._go_to(place)
            if event.chain == 2:
                self.choose()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, whole where lines are cut on the screen."""
        return selection.extract("\n".join(line.content.plain for line in self.lines)), "\n"
