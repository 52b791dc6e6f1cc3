"""The status bar: what it tells of the age of the data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App, ComposeResult

from jjm_tui.services.board import Board
from jjm_tui.tui.widgets.status_bar import StatusBar

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class _BarApp(App[None]):
    def compose(self) -> ComposeResult:
        yield StatusBar()


@pytest.mark.parametrize(("seconds", "words"), [(0, "0s"), (0.2, "5s"), (10, "10s"), (11, "15s"), (61, "1m")])
async def test_age_of_the_data_never_reads_younger_than_it_is(seconds: float, words: str) -> None:
    async with _BarApp().run_test(size=(60, 3)) as pilot:
        bar = pilot.app.query_one(StatusBar)
        bar.show_state(Board(), NOON - timedelta(seconds=seconds), [], NOON)
        assert bar.render_line(0).text.split("oldest data ")[1].split()[0] == words


async def test_narrow_line_gives_up_the_lesser_keys_before_the_way_home() -> None:
    keys = ("approve", "message", "diff", "new task", "next", "filter", "mark", "archive", "help", "quit")
    hints = [(words[0], words, words) for words in keys]
    kept = ["help", "approve", "message", "diff", "new task", "next", "quit", "filter", "mark", "archive"]
    for width in range(120, 12, -1):
        async with _BarApp().run_test(size=(width, 3)) as pilot:
            bar = pilot.app.query_one(StatusBar)
            bar.show_state(Board(), None, hints, NOON)
            line = bar.render_line(0).text
        shown = [words for words in kept if words in line]
        assert shown == kept[: len(shown)], width
