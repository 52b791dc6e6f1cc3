"""The files that a task touched, as a tree: what happened to each, how much of it, and why to look twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from jjm_tui.domain.patch_names import name_key
from jjm_tui.domain.task import SourceFile
from jjm_tui.tui.patches.file_rows import FileRow, arrange_files
from jjm_tui.tui.widgets.diff.file_paint import Cursor, FilePainter
from jjm_tui.tui.widgets.diff.ground_styles import GroundStyles

_KEPT_STRIPS: Final = 1000


class FileTree(ScrollView, can_focus=True):
    """A tree of touched files under a cursor that stays on its file, whatever is shown next. Folders are never closed.

    The first row or two stay in place: how many files and lines there are, and what the letters stand for.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home", "edge(False)", "First", show=False),
        Binding("end", "edge(True)", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | down, up | The next or the previous file. |
    | pagedown, pageup | A page further, or back. |
    | home, end | The first or the last file. |
    | enter | Choose the file. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "file-tree--added",
        "file-tree--cursor",
        "file-tree--cursor-blurred",
        "file-tree--deleted",
        "file-tree--folder",
        "file-tree--modified",
        "file-tree--muted",
        "file-tree--place",
        "file-tree--risk",
        "file-tree--secret",
        "file-tree--totals",
    }
    """
    | Class | Description |
    | :- | :- |
    | `file-tree--totals` | The first row. |
    | `file-tree--folder` | Folders. |
    | `file-tree--added`, `--deleted`, `--modified` | Letters and counts. |
    | `file-tree--risk`, `--secret` | Words that say why to look twice. |
    | `file-tree--cursor`, `--cursor-blurred` | The row under the cursor, with and without the focus. |
    | `file-tree--place` | The file that the diff shows. |
    | `file-tree--muted` | What matters less. |
    """

    DEFAULT_CSS = """
    FileTree {
        background: $surface;
        color: $foreground;
        overflow: hidden auto;
        scrollbar-size-vertical: 1;

        & > .file-tree--totals { text-style: bold; }
        & > .file-tree--folder { color: $text-muted; }
        & > .file-tree--muted { color: $text-muted; }
        & > .file-tree--added { color: $text-success; }
        & > .file-tree--deleted { color: $text-error; }
        & > .file-tree--modified { color: $text-primary; }
        & > .file-tree--risk { color: $text-warning; }
        & > .file-tree--secret { color: $text-error; text-style: bold; }
        & > .file-tree--place { text-style: bold; }
        & > .file-tree--cursor { background: $primary-muted; text-style: bold; }
        & > .file-tree--cursor-blurred { background: $foreground 10%; }

        &:ansi {
            & > .file-tree--folder, & > .file-tree--muted { text-style: dim; }
            & > .file-tree--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
            & > .file-tree--cursor-blurred { background: transparent; text-style: bold; }
        }
    }
    """

    class FileMessage(Message):
        """About the file ``filename`` of this tree."""

        def __init__(self, file_tree: FileTree, filename: str) -> None:
            super().__init__()
            self.file_tree = file_tree
            self.filename = filename

        @property
        def control(self) -> FileTree:
            """The tree that sent it."""
            return self.file_tree

    class FileChosen(FileMessage):
        """The person wants to see this file."""

    class FileHighlighted(FileMessage):
        """The cursor is on this file now."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._files: tuple[tuple[SourceFile, ...], frozenset[str]] = ((), frozenset())
        self._rows: list[FileRow] = []
        self._painter = FilePainter(())
        self._row_numbers: dict[str, int] = {}
        self._cursor: int | None = None
        self._place: str | None = None
        self._styles: GroundStyles | None = None
        self._strips: dict[int, Strip] = {}

    # what is shown

    def show(self, files: Sequence[SourceFile], renamed: Collection[str] = ()) -> None:
        """Show these files; the cursor stays on its file where that is still there. ``renamed``: by their new names."""
        given = tuple(files), frozenset(renamed)
        if given == self._files:
            return
        before, index = self.cursor_file, self._cursor or 0
        self._files = given
        self._rows = arrange_files(*given)
        self._painter = FilePainter(self._rows)
        numbered = ((row.file, index) for index, row in enumerate(self._rows))
        self._row_numbers = {name_key(file.filename): index for file, index in numbered if file is not None}
        self._cursor = self._row_of(before)
        if self._cursor is None:
            self._cursor = self._nearest(min(index, len(self._rows) - 1), 1)
        self._strips.clear()
        if self.is_attached:
            self._update_size()
            self._keep_cursor_in_view()
            self.refresh()
            self._tell(before)

    def show_place(self, filename: str | None) -> None:
        """Mark the file that the diff shows; the cursor goes along unless the person moves it."""
        if filename != self._place:
            before, self._place = self._place, filename
            for row in (self._row_of(before), self._row_of(filename)):
                self._redraw(row)
            if not self.has_focus and (row := self._row_of(filename)) is not None:
                self._put_cursor(row)

    @property
    def cursor_file(self) -> str | None:
        """The name of the file under the cursor."""
        if self._cursor is None or self._cursor >= len(self._rows):
            return None
        file = self._rows[self._cursor].file
        return None if file is None else file.filename

    def on_mount(self) -> None:
        """Now there is a width."""
        self._update_size()
        self._tell(None)

    def on_resize(self) -> None:
        """Rows depend on the width."""
        self._strips.clear()
        self._update_size()
        self._keep_cursor_in_view()

    def on_focus(self) -> None:
        """The cursor looks different."""
        self._redraw(self._cursor)

    def on_blur(self) -> None:
        """The cursor looks different."""
        self._redraw(self._cursor)

    def notify_style_update(self) -> None:
        """The theme changed."""
        super().notify_style_update()
        self._styles = None
        self._strips.clear()

    def _row_of(self, filename: str | None) -> int | None:
        return None if filename is None else self._row_numbers.get(name_key(filename))

    def _update_size(self) -> None:
        self.virtual_size = Size(self._painter.natural_width, len(self._rows) + self._head_height)

    # moving

    def move(self, lines: int) -> None:
        """Some files further, or back when negative."""
        step = 1 if lines > 0 else -1
        target = self._cursor
        for _ in range(abs(lines)):
            following = None if target is None else self._next_file(target + step, step)
            if following is None:
                break
            target = following
        self._put_cursor(target)

    def page(self, share: float) -> None:
        """A share of the height further, or back when negative."""
        rows = round(share * self._body_height) or (1 if share > 0 else -1)
        if self._cursor is not None:
            self._put_cursor(self._nearest(self._cursor + rows, 1 if rows > 0 else -1))

    def move_to_edge(self, *, end: bool) -> None:
        """To the first file, or to the last."""
        self._put_cursor(self._nearest(len(self._rows) - 1 if end else 0, -1 if end else 1))

    def choose(self) -> None:
        """Choose the file under the cursor."""
        if (name := self.cursor_file) is not None:
            self.post_message(self.FileChosen(self, name))

    def action_move(self, lines: int) -> None:
        """Move the cursor."""
        self.move(lines)

    def action_page(self, share: float) -> None:
        """Move the cursor by pages."""
        self.page(share)

    def action_edge(self, end: bool) -> None:
        """Move the cursor to an end."""
        self.move_to_edge(end=end)

    def action_choose(self) -> None:
        """Choose the file under the cursor."""
        self.choose()

    def on_click(self, event: Click) -> None:
        """A file was clicked."""
        index = event.y - self._head_height + self.scroll_offset.y
        if event.y >= self._head_height and index < len(self._rows) and self._rows[index].file is not None:
            self._put_cursor(index)
            self.choose()

    def _next_file(self, index: int, step: int) -> int | None:
        while 0 <= index < len(self._rows):
            if self._rows[index].file is not None:
                return index
            index += step
        return None

    def _nearest(self, index: int, step: int) -> int | None:
        index = max(0, min(index, len(self._rows) - 1))
        found = self._next_file(index, step)
        return self._next_file(index, -step) if found is None else found

    def _put_cursor(self, index: int | None) -> None:
        if index == self._cursor:
            return
        before, name = self._cursor, self.cursor_file
        self._cursor = index
        self._redraw(before)
        self._redraw(index)
        self._keep_cursor_in_view()
        self._tell(name)

    def _tell(self, before: str | None) -> None:
        name = self.cursor_file
        if name is not None and name != before:
            self.post_message(self.FileHighlighted(self, name))

    def _keep_cursor_in_view(self) -> None:
        if self._cursor is None:
            return
        top, height = self.scroll_offset.y, self._body_height
        first = self._cursor
        while first > 0 and first > self._cursor - height + 1 and self._rows[first - 1].file is None:
            first -= 1
        if first < top:
            self.scroll_to(y=first, animate=False, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)

    # drawing

    @property
    def _width(self) -> int:
        return max(0, self.size.width - self.scrollbar_size_vertical)

    @property
    def _head_height(self) -> int:
        return self._painter.head_height(self._width, self.size.height)

    @property
    def _body_height(self) -> int:
        return max(1, self.size.height - self._head_height)

    def _redraw(self, index: int | None) -> None:
        if index is not None:
            self._strips.pop(index, None)
            self.refresh_lines(index + self._head_height)

    def render_line(self, y: int) -> Strip:
        """A row of the view; the head stays where it is."""
        if self._styles is None:
            self._styles = GroundStyles(self, "file-tree--")
        index = y - self._head_height + self.scroll_offset.y
        if not self._rows or index >= len(self._rows):
            return Strip.blank(self._width, self._styles.of(""))
        if y < self._head_height:
            return self._painter.head(self._styles, self._width, y)
        if index not in self._strips:
            if len(self._strips) >= _KEPT_STRIPS:
                self._strips.clear()
            self._strips[index] = self.paint_row(index, self._styles)
        return self._strips[index]

    def paint_row(self, index: int, styles: GroundStyles) -> Strip:
        """Draw one row."""
        row = self._rows[index]
        is_place = index == self._row_of(self._place)
        cursor: Cursor | None = None
        if index == self._cursor:
            cursor = "cursor" if self.has_focus else "cursor-blurred"
        return self._painter.row(styles, self._width, row, cursor, is_place=is_place)
