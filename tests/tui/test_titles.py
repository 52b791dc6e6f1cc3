"""Titles in borders."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import Static

from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.widgets.titles import show_subtitle, show_title


class Counting(Static):
    """Counts how often it is to be drawn anew."""

    drawn = 0

    def refresh(self, *regions: Any, **how: Any) -> Counting:
        self.drawn += 1
        super().refresh(*regions, **how)
        return self


class Bordered(App[None]):
    CSS = "Counting { border: round red; height: 5; }"

    def compose(self) -> ComposeResult:
        yield Counting("inside")


async def test_title_that_reads_the_same_is_not_drawn_again() -> None:
    app = Bordered()
    async with app.run_test(size=(40, 5)):
        widget = app.query_one(Counting)
        show_title(widget, literal_line("[x] one · a/b@main"))
        show_subtitle(widget, literal_line("3 new below"))
        drawn = widget.drawn
        show_title(widget, literal_line("[x] one · a/b@main"))
        show_subtitle(widget, literal_line("3 new below"))
        assert widget.drawn == drawn
        show_title(widget, literal_line("[x] two · a/b@main"))
        show_subtitle(widget, None)
        assert widget.drawn == drawn + 2
        assert "[x] two" in app.export_screenshot().replace("&#160;", " ")
        assert widget.border_subtitle is None
