"""A field for many lines of a person's text, with nothing in it that is not shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.events import Paste
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from jjm_tui.domain.text import clean

_STEPS: Final = 1000
"""How many words or deletions can be taken back."""


def typed_text(text: str) -> str:
    """Text from a clipboard, a file or an editor as it may stand in a field: every line break a line feed, and no
    escape sequences or invisible characters, because what is sent is what was seen."""
    return clean(_with_line_feeds(text))


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class TypingArea(TextArea):
    """A ``TextArea`` for prose: soft wrap, no line numbers, no frame of its own; tab goes on to the next field.

    ``on_edit`` is called at every change that the person makes, before anything else can happen: ``Changed`` comes
    later, and in between a draft could be replaced under a key just typed. ``ctrl+z`` takes back a word at a time of
    what was typed here, never the text that was there before; ``ctrl+y`` makes it again.
    """

    DEFAULT_CSS = """
    TypingArea {
        height: auto;
        border: none;
        padding: 0 1;
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        & > .text-area--placeholder { color: $text-muted; }
        &:focus { border: none; }
    }
    """

    class Altered(Message):
        """Something of a paste is not shown, and so would not be sent, as it came."""

    def __init__(
        self,
        on_edit: Callable[[], None],
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder=placeholder,
            tab_behavior="focus",
            max_checkpoints=_STEPS,
        )
        self.match_cursor_bracket = False
        self._on_edit = on_edit
        self._is_showing = False

    def edit(self, edit: Edit) -> EditResult:
        """Change the text. A space begins a word, and with it a new step of undoing."""
        if edit.text == " ":
            self.history.checkpoint()
        result = super().edit(edit)
        if not self._is_showing:
            self._on_edit()
        return result

    def undo(self) -> None:
        """Take changes back."""
        super().undo()
        self._on_edit()

    def redo(self) -> None:
        """Make them again."""
        super().redo()
        self._on_edit()

    def _refresh_size(self) -> None:
        """A text that became shorter has another size. Textual 8.2.8 then shows the cursor before it has moved it, and
        ends with an error where that row is gone; so it stands at the end of the text until it is moved."""
        end = self.document.end
        if max(self.selection) > end:
            self.set_reactive(TextArea.selection, Selection(*(min(each, end) for each in self.selection)))
        super()._refresh_size()

    def render_line(self, y: int) -> Strip:
        """Textual 8.2.8 wraps the placeholder to the width that is left, and ends with an error where none is."""
        return super().render_line(y) if self.content_size.width > 0 else Strip.blank(self.size.width)

    def show_text(self, text: str) -> None:
        """Put another text into the field, the cursor at its end."""
        self.load_text(typed_text(text))
        self.move_cursor(self.document.end)

    def replace_all(self, text: str) -> None:
        """The same as an edit that can be undone."""
        self.replace(typed_text(text), self.document.start, self.document.end)
        self.move_cursor(self.document.end)

    def put_in(self, text: str) -> None:
        """Insert at the cursor, over what is selected."""
        start, end = self.selection
        result = self.replace(typed_text(text), start, end, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def change_to(self, text: str) -> None:
        """Make it this text by changing only what differs; the cursor stays at the words it is at, or at the end.

        Nobody typed that here, so it cannot be undone, and nothing from before it.
        """
        before, after = self.text, typed_text(text)
        if not before:
            self.show_text(after)
            return
        start = _shared(before, after)
        same = _shared(before[start:][::-1], after[start:][::-1])
        end, grown = len(before) - same, len(after) - len(before)
        cursors = [_index(before, place) for place in self.selection]
        self._is_showing = True
        self.replace(after[start : end + grown], _place(before, start), _place(before, end))
        self._is_showing = False
        self.history.clear()
        moved = [at if at <= start else max(at + grown, start) if at >= end else end + grown for at in cursors]
        if cursors == [len(before)] * 2:
            moved = [len(after)] * 2
        self.selection = Selection(*(_place(after, at) for at in moved))

    def on_paste(self, event: Paste) -> None:
        """A paste is cleaned before it goes in."""
        event.prevent_default()
        event.stop()
        if not self.read_only:
            self.put_in(event.text)
            if typed_text(event.text) != _with_line_feeds(event.text):
                self.post_message(self.Altered())

    def action_paste(self) -> None:
        """The same for what was copied in this program."""
        if not self.read_only:
            self.put_in(self.app.clipboard)


def _place(text: str, index: int) -> tuple[int, int]:
    """Row and column of a character."""
    rows = text[:index].split("\n")
    return len(rows) - 1, len(rows[-1])


def _index(text: str, place: tuple[int, int]) -> int:
    row, column = place
    return sum(len(line) + 1 for line in text.split("\n")[:row]) + column


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    shortest = min(len(one), len(other))
    return next((at for at in range(shortest) if one[at] != other[at]), shortest)
