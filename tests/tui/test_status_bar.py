"""The status bar: what it tells of the age of the data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App, ComposeResult

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.services.board import Board
from jjm_tui.tui.widgets.status_bar import StatusBar

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class _BarApp(App[None]):
    def compose(self) -> ComposeResult:
        yield StatusBar()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "<5s"), (4.9, "<5s"), (5.1, "10s"), (10, "10s"), (11, "15s"), (61, "1m")]
)
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


async def test_outbox_is_told_in_its_own_words_and_shortly_before_a_key_goes() -> None:
    board = Board()
    states = (OperationState.PREPARED, OperationState.SENDING, OperationState.NOT_SENT, OperationState.NOT_SENT)
    board.set_operations(
        Operation(str(number), OperationKind.MESSAGE, NOON, "test", state, "t")
        for number, state in enumerate((*states, OperationState.DONE, OperationState.DISCARDED))
    )
    for width, words in ((90, "outbox 1 preparing, 1 sending, 2 not sent "), (60, "outbox 2 not sent, 2 more ")):
        async with _BarApp().run_test(size=(width, 3)) as pilot:
            bar = pilot.app.query_one(StatusBar)
            bar.show_state(board, None, [("c", "new task", "task.create"), ("?", "help", "help")], NOON)
            line = bar.render_line(0).text
        assert words in line
        assert "c new task" in line


async def test_spent_calls_are_never_told_as_bare_numbers() -> None:
    board = Board()
    board.change_connection(status="connected", budget_used=38, budget_limit=120)
    for width in range(60, 8, -1):
        async with _BarApp().run_test(size=(width, 3)) as pilot:
            bar = pilot.app.query_one(StatusBar)
            bar.show_state(board, NOON, [("?", "help", "help")], NOON)
            line = bar.render_line(0).text
        assert "38/120" not in line.replace("calls 38/120", ""), line


async def test_age_of_the_data_and_the_keys_stand_two_cells_apart_or_more() -> None:
    hints = [("a", "approve", "task.approve"), ("m", "message", "task.message"), ("?", "help", "help")]
    for width in range(20, 70):
        async with _BarApp().run_test(size=(width, 3)) as pilot:
            bar = pilot.app.query_one(StatusBar)
            bar.show_state(Board(), NOON, hints, NOON)
            before, age, after = bar.render_line(0).text.partition("data <5s")
        assert not age or after.startswith("  "), (width, before, after)
