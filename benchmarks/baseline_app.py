"""The baseline of the dashboard's figures: the smallest Textual program, one Static that shows how often it was hit."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

FIRST_WORDS = "one static, hit 0 times"


class BaselineApp(App[None]):
    """Any key but ``q`` counts."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "Quit")]
    hits = 0

    def compose(self) -> ComposeResult:
        """The only widget."""
        yield Static(FIRST_WORDS, id="words", markup=False)

    def on_key(self) -> None:
        """Count and show."""
        self.hits += 1
        self.query_one("#words", Static).update(f"one static, hit {self.hits} times")


if __name__ == "__main__":
    BaselineApp().run()
