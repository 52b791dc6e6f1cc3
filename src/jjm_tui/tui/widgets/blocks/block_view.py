"""A scrollable view over blocks of text of any number and size, with search and text selection.

Subclasses turn their data into blocks. Colours come from component classes, one per role of ``rows``.
"""

from __future__ import annotations

from typing import ClassVar, Final

from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from jjm_tui.domain.text import clean_line
from jjm_tui.tui.once import Once
from jjm_tui.tui.text.blocks import Block
from jjm_tui.tui.text.rows import Mark, Row, paint, row_text
from jjm_tui.tui.widgets.blocks.block_scroll import PAUSE, BlockScroll, time_limit
from jjm_tui.tui.widgets.blocks.block_search import BlockSearch
from jjm_tui.tui.widgets.blocks.block_selection import line_number, place_of, selected_text
from jjm_tui.tui.widgets.blocks.block_styles import PREFIX, RoleStyles

ROLES: Final = (
    *("heading", "heading-1", "strong", "em", "struck", "link", "muted", "bar", "bullet", "code", "code-inline"),
    *(f"code-{role}" for role in ("keyword", "string", "comment", "number", "name", "type")),
    *("diff-added", "diff-removed", "diff-place", "diff-file", "attention", "error", "success", "accent"),
    *("match", "match-current"),
)


class BlockView(BlockScroll):
    """Blocks one below the other, painted, searched and selected.

    | Component class | What it colours |
    | :- | :- |
    | `block--heading`, `block--heading-1` | headings, and the first level on top of that |
    | `block--strong`, `block--em`, `block--struck`, `block--link` | parts of a text |
    | `block--muted`, `block--bar`, `block--bullet` | what is said in passing; bars and rules; marks of list items |
    | `block--code`, `block--code-inline` | code |
    | `block--code-keyword`, `-string`, `-comment`, `-number`, `-name`, `-type` | parts of code |
    | `block--diff-added`, `-removed`, `-place`, `-file` | lines of a diff, which begin with a sign as well |
    | `block--attention`, `block--error`, `block--success`, `block--accent` | what the words beside it say |
    | `block--match`, `block--match-current` | matches of the search |
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {PREFIX + role for role in ROLES}
    DEFAULT_CSS = """
    BlockView {
        background: $surface;
        color: $foreground;
        & > .block--heading { text-style: bold; }
        & > .block--heading-1 { text-style: bold underline; }
        & > .block--strong { text-style: bold; }
        & > .block--em { text-style: italic; }
        & > .block--struck { text-style: strike; }
        & > .block--link { text-style: underline; }
        & > .block--muted { color: $text-muted; }
        & > .block--bar { color: $text-muted; }
        & > .block--bullet { color: $text-muted; }
        & > .block--code-inline { color: $text-secondary; }
        & > .block--code-keyword { color: $text-accent; }
        & > .block--code-string { color: $text-success; }
        & > .block--code-comment { color: $text-muted; text-style: italic; }
        & > .block--code-number { color: $text-warning; }
        & > .block--code-name { text-style: bold; }
        & > .block--code-type { color: $text-primary; }
        & > .block--diff-added { color: $text-success; }
        & > .block--diff-removed { color: $text-error; }
        & > .block--diff-place { color: $text-accent; }
        & > .block--diff-file { text-style: bold; }
        & > .block--attention { color: $text-warning; }
        & > .block--error { color: $text-error; }
        & > .block--success { color: $text-success; }
        & > .block--accent { color: $text-primary; }
        & > .block--match { text-style: bold underline; color: $text-warning; }
        & > .block--match-current { text-style: bold reverse; }
    }
    """

    class SearchChanged(Message):
        """Another match is current, or more were found. ``current`` counts from 1, 0 for none; while ``is_complete``
        is false, ``total`` is what was found so far."""

        def __init__(self, view: BlockView, term: str, current: int, total: int, is_complete: bool) -> None:
            super().__init__()
            self.view = view
            self.term = term
            self.current = current
            self.total = total
            self.is_complete = is_complete

        @property
        def control(self) -> BlockView:
            """The view."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, BlockView.SearchChanged) and message.view is self.view

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - as every widget
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._role_styles = RoleStyles(self)
        self._search: BlockSearch | None = None
        self._told_search: tuple[str, int, int, bool] = ("", 0, 0, True)
        self._searching = Once(self, self._go_on_searching)

    def redo(self, kind: type[Block]) -> None:
        """Make the rows of blocks of a kind again, which have as many rows as before but may say something else now.

        Only what changed on the screen is painted; rows that are not on it are made when they are next looked at.
        """
        visible = self.visible_blocks()
        remembered = [*self._rows.keys()]
        for block in remembered:
            if not isinstance(block, kind):
                continue
            before = self._rows[block]
            self._rows.discard(block)
            if block in visible:
                index = self._page.index(block)
                if self.rows_of(index) != before:
                    self.refresh_lines(self._page.top_of(index), len(before))

    def blocks_replaced(self, changed: int, *, fresh: bool) -> None:
        """Search the new blocks too, and forget a selection that reached into what is no longer there."""
        self._drop_selection(changed)
        if fresh:
            self.clear_search()
        elif self._search is not None:
            self._search.replace(self._page.blocks, self._page.find(self.scroll_offset.y)[0])
            self._go_on_searching()

    def width_changed(self) -> None:
        """Columns of a selection mean something else now."""
        self._drop_selection(0)

    # painting

    def notify_style_update(self) -> None:
        """Colours are asked for again."""
        super().notify_style_update()
        self._role_styles.forget()

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        page, width = self._page, self._columns
        line = self.scroll_offset.y + y
        base = self._role_styles(())
        if not page.has_rows or line >= page.total:
            return Strip.blank(width, base)
        index, number = page.find(line)
        rows = self.rows_of(index)
        row: Row = rows[number] if number < len(rows) else ()
        strip = Strip(paint(row, self._role_styles, self._marks(index, number, row)))
        return strip.adjust_cell_length(width, base).apply_offsets(0, line_number(index, number))

    def _marks(self, index: int, number: int, row: Row) -> list[Mark]:
        """Matches and the selection in a row."""
        marks: list[Mark] = []
        if self._search is not None:
            block = self._page.blocks[index]
            position = 0
            for run in row:
                for first, last, is_current in self._search.within(block, run.start, len(run.text)):
                    style = self._role_styles.overlay("match-current" if is_current else "match")
                    marks.append((position + first, position + last, style))
                position += len(run.text)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(line_number(index, number))) is not None:
            first, last = span
            marks.append((first, len(row_text(row)) if last < 0 else last, self._role_styles.selection()))
        return marks

    # selection

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text: whole blocks as they were written, parts as they are shown without our line breaks."""
        if not self._page.has_rows:
            return None
        return selected_text(selection, self._page.blocks, self.rows_of), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Paint it."""
        self.refresh()

    def _drop_selection(self, changed: int) -> None:
        if not self.is_attached or (selection := self.text_selection) is None:
            return
        if selection.end is None or place_of(selection.end).block >= changed:
            self.screen.selections = {
                widget: other for widget, other in self.screen.selections.items() if widget is not self
            }

    # search

    def search(self, term: str) -> int:
        """Find ``term`` in what is shown, in upper or lower case, from the upper edge of the screen, or from the
        match of the search before, on and round.

        Returns how many matches were found at once; in a long text the rest is told by ``SearchChanged``.
        """
        words = clean_line(term)
        if not words:
            self.clear_search()
            return 0
        place = None if self._search is None else self._search.place()
        start = self._page.find(self.scroll_offset.y)[0] if place is None else place[0]
        self._search = BlockSearch(words, self._page.blocks, start)
        self._go_on_searching()
        return self._search.total

    def next_match(self) -> None:
        """Go to the next match, round at the end."""
        self._step(1)

    def previous_match(self) -> None:
        """Go to the previous match, round at the beginning."""
        self._step(-1)

    def clear_search(self) -> None:
        """No more search."""
        if self._search is not None:
            self._search = None
            self._tell_search()
            self.refresh()

    def _step(self, direction: int) -> None:
        if self._search is not None:
            self._search.step(direction)
            self._show_match()
            self._tell_search()

    def _go_on_searching(self) -> None:
        """Search for a slice of time, and later further."""
        search = self._search
        if search is None:
            return
        had_match = search.current is not None
        search.scan(time_limit())
        if search.current is not None and not had_match:
            self._show_match()
        self._tell_search()
        self.refresh()
        if not search.is_complete:
            self._searching.start(PAUSE)

    def _show_match(self) -> None:
        place = None if self._search is None else self._search.place()
        if place is not None:
            self.show_position(*place)
        self.refresh()

    def _tell_search(self) -> None:
        search = self._search
        told = ("", 0, 0, True) if search is None else (search.term, search.position, search.total, search.is_complete)
        if told != self._told_search:
            self._told_search = told
            self.post_message(self.SearchChanged(self, *told))
