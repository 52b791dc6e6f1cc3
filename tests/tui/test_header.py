"""The header of the list where the line is narrow: what goes first, and what never goes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from jjm_tui.domain.counts import KINDS, REASONS, TaskCounts
from jjm_tui.services.board import Connection, ConnectionStatus
from jjm_tui.tui.screens.detail import DetailScreen
from jjm_tui.tui.widgets.header import HeaderBar
from tests.tui.stage import stage

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
COUNTS = {"needs-me": 48, "running": 112, "queued": 3, "paused": 20, "snoozed": 12, "failed": 15, "done": 340}


class _HeaderApp(App[None]):
    def __init__(self, status: ConnectionStatus) -> None:
        super().__init__()
        self._status = status

    def compose(self) -> ComposeResult:
        yield HeaderBar()

    def on_mount(self) -> None:
        counts = TaskCounts(
            dict.fromkeys(REASONS, 0) | {REASONS[0]: COUNTS["needs-me"]},
            dict.fromkeys(KINDS, 0) | COUNTS,  # type: ignore[arg-type]
        )
        connection = Connection(status=self._status, label="google-jules-mcp")
        self.query_one(HeaderBar).show_state("work", connection, counts, NOON, is_cut=True)

    @property
    def line(self) -> str:
        return self.query_one(HeaderBar).render_line(0).text


async def test_header_of_80_columns_tells_the_counts_before_everything_else():
    async with _HeaderApp("connected").run_test(size=(80, 3)) as pilot:
        line = pilot.app.line
        for words in ("48 need you", "112 running", "3 queued", "20 paused", "15 failed", "●", "list cut"):
            assert words in line
        assert "connected" not in line
        assert "google-jules-mcp" not in line


async def test_server_that_is_called_like_the_profile_is_named_once():
    async with _HeaderApp("connected").run_test(size=(200, 3)) as pilot:
        assert "work · google-jules-mcp ● connected" in pilot.app.line
        bar = pilot.app.query_one(HeaderBar)
        bar.show_state("demo", Connection(status="connected", label="demo"), None, NOON, is_cut=False)
        assert pilot.app.line.split()[:3] == ["jjm", "demo", "●"]


async def test_gap_gets_closer_before_a_word_is_given_up():
    async with _HeaderApp("connected").run_test(size=(80, 3)) as pilot:
        bar = pilot.app.query_one(HeaderBar)
        kinds = dict.fromkeys(KINDS, 0) | {"needs-me": 8, "running": 10, "paused": 2, "failed": 5, "done": 15}
        counts = TaskCounts(dict.fromkeys(REASONS, 0) | {REASONS[0]: 8}, kinds)
        bar.show_state("default", Connection(status="connected"), counts, NOON, is_cut=True)
        assert pilot.app.line.rstrip() == (
            " jjm ● connected  list cut  8 need you  10 running  2 paused  5 failed  15 done"
        )


async def test_header_tells_trouble_with_the_connection_before_the_lesser_counts():
    async with _HeaderApp("could not start").run_test(size=(80, 3)) as pilot:
        assert "could not start  list cut   48 need you  112 running  15 failed" in pilot.app.line


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (160, 30)])
async def test_simulated_data_is_told_on_every_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, tasks=40, size=size, settings={"server.preset": "demo"}) as on:
        assert "DEMO" in on.text.splitlines()[0]
        for screen in ("watch", "outbox", "connection", "log", "insights", "digest"):
            on.app.open_screen(screen)
            await on.settle()
            assert "DEMO" in on.text, screen
            await on.press("escape")
        await on.press("c")
        await on.shows("DEMO · New task")
        await on.press("escape")
        on.app.push_screen(DetailScreen(next(iter(on.board.tasks))))
        await on.shows("DEMO")
        await on.press("m")
        await on.shows("DEMO")


async def test_data_of_a_server_is_not_called_simulated(tmp_path: Path) -> None:
    async with stage(tmp_path, settings={"server.preset": "rest"}) as on:
        assert "DEMO" not in on.text


@pytest.mark.parametrize("status", ["connected", "could not start"])
async def test_header_gives_up_the_less_important_first_and_who_needs_somebody_never(status: ConnectionStatus):
    order = ["48 need you", "112 run", "15 failed", "20 paused", "3 queued", "340 done", "12 snoozed", "google-jules"]
    kept: list[str] = order
    for width in range(200, 19, -3):
        async with _HeaderApp(status).run_test(size=(width, 3)) as pilot:
            now = [words for words in order if words in pilot.app.line]
        assert now == order[: len(now)], width
        assert len(now) <= len(kept)
        assert now, width
        kept = now
    assert kept == ["48 need you"]
