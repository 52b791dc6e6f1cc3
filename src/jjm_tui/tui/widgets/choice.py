"""One of a few words on one line: a small radio group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from jjm_tui.domain.text import cell_width
from jjm_tui.tui.look.ascii import shows_ascii_only


class Choice(Widget, can_focus=True):
    """Words side by side, one of them chosen: told by its mark, not by colour. What it means is told behind them.

    Only arrows and clicks choose. Letters and the space that were meant for another field do nothing, here or beyond.

    | key | does |
    |---|---|
    | left, right | the previous or next word |
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "previous", show=False),
        Binding("right", "step(1)", "next", show=False),
    ]
    DEFAULT_CSS = """
    Choice {
        height: 1;
        width: 1fr;
        padding: 0 1;
        color: $foreground;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus { background: $boost; }
    }
    """

    value: reactive[str] = reactive("")
    explains: reactive[bool] = reactive(True)
    """Whether the meaning of the chosen word holds, and is told."""

    class Changed(Message):
        """The person chose another word."""

        def __init__(self, choice: Choice, value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

        @property
        def control(self) -> Choice:
            """The choice."""
            return self.choice

    def __init__(self, meanings: Mapping[str, str]) -> None:
        """``meanings``: what each word stands for, perhaps nothing."""
        super().__init__()
        self.words = tuple(meanings)
        self._meanings = meanings
        self.set_reactive(Choice.value, self.words[0])

    def render(self) -> Content:
        """The words with their marks."""
        pieces: list[Content] = []
        for word in self.words:
            is_chosen = word == self.value
            style = ("bold reverse" if self.has_focus else "bold") if is_chosen else ""
            pieces.append(Content.styled(f" {self._marks[is_chosen]} {word} ", style))
        if self.explains and (meaning := self._meanings[self.value]):
            pieces.append(Content(f"— {meaning}"))
        return Content(" ").join(pieces)

    @property
    def _marks(self) -> tuple[str, str]:
        """Of a word that is not chosen, and of the one that is; dots alone differ too little in ASCII."""
        return ("( )", "(*)") if shows_ascii_only(self.app) else ("○", "●")

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Text is no command here, as in every other field of a form."""
        return character is not None and character.isprintable()

    def action_step(self, by: int) -> None:
        """Another word; it goes round."""
        self._choose(self.words[(self.words.index(self.value) + by) % len(self.words)])

    def on_click(self, event: Click) -> None:
        """The word that was clicked."""
        at = 1
        for word in self.words:
            width = cell_width(word) + cell_width(self._marks[0]) + 3
            if at <= event.x < at + width:
                self._choose(word)
            at += width + 1

    def _choose(self, word: str) -> None:
        if word != self.value:
            self.value = word
            self.post_message(self.Changed(self, word))

    def on_focus(self) -> None:
        """The mark of the chosen word differs."""
        self.refresh()

    def on_blur(self) -> None:
        """The same."""
        self.refresh()
