"""The status bar: what it tells of the age of the data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.task import Task
from jjm_tui.services.board import Board
from jjm_tui.tui.widgets.status_bar import StatusBar, oldest_data
from tests.tui.stage import stage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class _BarApp(App[None]):
    def compose(self) -> ComposeResult:
        yield StatusBar()


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "<5s"), (4.9, "<5s"), (5.1, "10s"), (10, "10s"), (11, "15s"), (61, "1m"), (-7200, "?")]
)
async def test_age_of_the_data_never_reads_younger_than_it_is(seconds: float, words: str) -> None:
    async with _BarApp().run_test(size=(60, 3)) as pilot:
        bar = pilot.app.query_one(StatusBar)
        bar.show_state(Board(), NOON - timedelta(seconds=seconds), [], NOON)
        assert bar.render_line(0).text.split("oldest data ")[1].split()[0] == words


async def test_age_that_is_no_longer_true_asks_to_be_told_anew() -> None:
    async with _BarApp().run_test(size=(60, 3)) as pilot:
        bar = pilot.app.query_one(StatusBar)
        bar.show_state(Board(), NOON, [], NOON + timedelta(seconds=3))
        overtaken = [bar.is_overtaken(NOON, NOON + timedelta(seconds=seconds)) for seconds in (3, 4, 5, 6)]
        assert overtaken == [False, False, True, True]


def test_age_of_the_data_is_that_of_tasks_that_the_server_still_has() -> None:
    here = [Task(str(minutes), synced_at=NOON - timedelta(minutes=minutes)) for minutes in (1, 3, 2)]
    gone = Task("gone", synced_at=NOON - timedelta(hours=9), on_server=False)
    assert oldest_data([*here, gone, Task("never read"), None], NOON) == NOON - timedelta(minutes=3)
    assert oldest_data([gone], NOON) is None


def test_data_of_an_unknown_age_counts_as_the_oldest() -> None:
    ahead = NOON + timedelta(hours=2)
    assert oldest_data([Task("1", synced_at=NOON), Task("2", synced_at=ahead)], NOON) == ahead


async def test_task_that_is_gone_makes_no_screen_look_older(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(90, 30)) as on:
        gone, *here = on.board.tasks.values()
        on.advance(600)
        on.board.apply({task.id: replace(task, synced_at=on.now) for task in here})
        on.board.apply({gone.id: replace(gone, on_server=False)})
        on.board.set_watched([gone.id, here[0].id])
        await on.shows("data <5s")
        await on.press("W")
        await on.shows("oldest data <5s")


async def test_narrow_line_gives_up_every_other_key_before_help_and_the_way_out() -> None:
    keys = ("approve", "message", "diff", "new task", "next", "filter", "mark", "archive", "help", "quit")
    hints = [(words[0], words, words) for words in keys]
    kept = ["help", "quit", "approve", "message", "diff", "new task", "next", "filter", "mark", "archive"]
    for width in range(120, 12, -1):
        async with _BarApp().run_test(size=(width, 3)) as pilot:
            bar = pilot.app.query_one(StatusBar)
            bar.show_state(Board(), None, hints, NOON)
            line = bar.render_line(0).text
        shown = [words for words in kept if words in line]
        assert shown == kept[: len(shown)], width


@pytest.mark.parametrize(
    ("states", "tellings"),
    [
        ("prepared sending not_sent not_sent", {90: "2 not sent, 2 sending", 47: "2 not sent, 2 more"}),
        (
            "prepared sending unconfirmed refused not_sent",
            {
                100: "1 not sent, 1 refused, 1 unconfirmed, 2 sending",
                74: "1 not sent, 1 refused, 1 unconfirmed, 2 more",
                60: "1 not sent, 1 refused, 3 more",
                40: "1 not sent, 1 refused, 3 more",
            },
        ),
        ("sending unconfirmed", {60: "1 unconfirmed, 1 sending", 42: "1 unconfirmed, 1 more"}),
    ],
)
async def test_outbox_is_told_in_its_own_words_and_on_a_narrow_line_what_needs_the_person(
    states: str, tellings: dict[int, str]
) -> None:
    board = Board()
    board.set_operations(
        Operation(str(number), OperationKind.MESSAGE, NOON, "test", OperationState(state), "t")
        for number, state in enumerate((*states.split(), "done", "discarded"))
    )
    for width, words in tellings.items():
        async with _BarApp().run_test(size=(width, 3)) as pilot:
            bar = pilot.app.query_one(StatusBar)
            bar.show_state(board, None, [("c", "new task", "task.create"), ("?", "help", "help")], NOON)
            line = bar.render_line(0).text
        assert f"outbox {words} " in line, width


async def test_lesser_keys_go_before_the_outbox_is_told_shortly() -> None:
    board = Board()
    states = (OperationState.NOT_SENT, OperationState.UNCONFIRMED, OperationState.SENDING)
    board.set_operations(
        Operation(str(number), OperationKind.MESSAGE, NOON, "test", state, "t") for number, state in enumerate(states)
    )
    keys = ("approve", "message", "diff", "new task", "next", "filter", "mark", "archive", "snooze", "help", "quit")
    async with _BarApp().run_test(size=(130, 3)) as pilot:
        bar = pilot.app.query_one(StatusBar)
        bar.show_state(board, None, [(words[0], words, words) for words in keys], NOON)
        line = bar.render_line(0).text
    assert "outbox 1 not sent, 1 unconfirmed, 1 sending " in line
    assert "n next" in line
    assert "s snooze" not in line


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
