"""A field for one line that leaves nothing pasted out without a word."""

from __future__ import annotations

from textual.events import Paste
from textual.message import Message
from textual.widgets import Input

from jjm_tui.domain.text import clean_line


class LineInput(Input):
    """An ``Input`` that takes the first line of a paste that has something in it, and says how many more there were."""

    class Shortened(Message):
        """Of a paste only the first line was taken; ``left_out`` more lines have something in them."""

        def __init__(self, field: LineInput, left_out: int) -> None:
            super().__init__()
            self.field = field
            self.left_out = left_out

        @property
        def control(self) -> LineInput:
            """The field."""
            return self.field

    def on_paste(self, event: Paste) -> None:
        """Take one line."""
        event.prevent_default()
        event.stop()
        first, *others = [line for line in event.text.splitlines() if line.strip()] or [""]
        self.replace(clean_line(first), *self.selection)
        if others:
            self.post_message(self.Shortened(self, len(others)))
