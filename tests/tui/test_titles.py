"""Titles in borders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import Static

from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.widgets.titles import show_subtitle, show_title
from tests.tui.stage import stage


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


async def test_titles_of_panes_stand_apart_from_the_line_in_both_densities(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        for _ in range(3):
            row = on.text.splitlines()[1]
            assert "─ Tasks · sort: needs me ─" in row
            assert "─ Split the CI build into two jobs · acme/webapp@main ─" in row
            on.app.toggle_density()
            await on.settle()
