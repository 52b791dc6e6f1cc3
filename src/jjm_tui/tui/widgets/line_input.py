"""A field for one line that leaves nothing pasted out without a word."""

from __future__ import annotations

from textual.events import Paste
from textual.message import Message
from textual.widgets import Input

from jjm_tui.domain.text import clean


class LineInput(Input):
    """An ``Input`` that takes the first line of a paste that has something in it, and says what it left out."""

    class Shortened(Message):
        """Not all of a paste was taken: ``lines`` more have something in them, ``characters`` had no room."""

        def __init__(self, field: LineInput, lines: int, characters: int) -> None:
            super().__init__()
            self.field = field
            self.lines = lines
            self.characters = characters

        @property
        def control(self) -> LineInput:
            """The field."""
            return self.field

    def on_paste(self, event: Paste) -> None:
        """Take one line; without the white space around it where it is all that is in the field."""
        event.prevent_default()
        event.stop()
        first, *others = [line for line in event.text.splitlines() if line.strip()] or [""]
        line = clean(first).replace("\t", " ")
        start, end = sorted(self.selection)
        if end - start == len(self.value):
            line = line.strip()
        room = max(self.max_length - len(self.value) + end - start, 0) if self.max_length else len(line)
        self.replace(line[:room], start, end)
        if others or line[room:]:
            self.post_message(self.Shortened(self, len(others), len(line[room:])))
