"""Searching inside a text: the term, and which match of how many."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from jjm_tui.tui.widgets.line_input import LineInput


class SearchBar(Horizontal):
    """A line to type a term into; hidden unless open."""

    DEFAULT_CSS = """
    SearchBar {
        height: 1;
        display: none;
        background: $surface;
        &.-open { display: block; }
        & > Input { border: none; height: 1; width: 1fr; padding: 0 1; background: $surface; }
        & > Input:focus { border: none; background: $boost; }
        & > Static { width: auto; padding: 0 0 0 1; color: $foreground; }
        & > #search-place { min-width: 12; padding: 0 1; content-align: right middle; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "End searching", show=False)]

    class Changed(Message):
        """The term as it is typed."""

        def __init__(self, bar: SearchBar, term: str) -> None:
            super().__init__()
            self.bar = bar
            self.term = term

        @property
        def control(self) -> SearchBar:
            """The search bar."""
            return self.bar

    class Closed(Message):
        """Typing ended. ``keeps``: the matches stay, to go through them."""

        def __init__(self, bar: SearchBar, *, keeps: bool) -> None:
            super().__init__()
            self.bar = bar
            self.keeps = keeps

        @property
        def control(self) -> SearchBar:
            """The search bar."""
            return self.bar

    def compose(self) -> ComposeResult:
        yield Static("search:")
        yield LineInput(placeholder="a word or more")
        yield Static(id="search-place")

    def open(self) -> None:
        """Begin to type a new term."""
        self.add_class("-open")
        field = self.query_one(Input)
        field.value = ""
        self.screen.set_focus(field)  # at once, as keys typed ahead would be commands
        self.show_place(0, 0)

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    @property
    def is_open(self) -> bool:
        """Whether it can be seen."""
        return self.has_class("-open")

    def show_place(self, current: int, total: int) -> None:
        """Which match is looked at; ``current`` counts from 1, 0 is none."""
        words = f"{current} of {total}" if total else ("no match" if self.query_one(Input).value else "")
        self.query_one("#search-place", Static).update(Content(words))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(self, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Closed(self, keeps=bool(event.value)))

    def action_cancel(self) -> None:
        """End searching."""
        self.close()
        self.post_message(self.Closed(self, keeps=False))
