"""The connection screen: the server as it is, checks, restart; with a server, without one, and when it gave up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from jjm_tui.assembly.clock import SystemClock
from jjm_tui.domain.sync import SyncState
from jjm_tui.errors import ConfigurationError
from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.server import JulesServer
from jjm_tui.gateway.spec import CallerSettings, ServerSpec
from jjm_tui.ports import Capabilities, RecentCall, ServerInfo
from jjm_tui.services.board import Connection, ConnectionStatus
from jjm_tui.services.live import LiveFeed, Pace
from jjm_tui.services.reading import TaskReader
from jjm_tui.services.results import Check
from jjm_tui.settings import load_settings
from jjm_tui.tui.pages.connection_page import ConnectionView, connection_lines, shown_target
from jjm_tui.tui.screens.connection import ConnectionScreen
from jjm_tui.tui.widgets.header import CONNECTION_LOOKS
from tests.tui.stage import Stage, stage

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EVIL = "evil\x1b]52;c;AAAA\x07 [/foo] [@click=app.quit]x\u202e"
SIMULATOR = (sys.executable, "-P", "-m", "jjm_tui.simulator")
BROKEN = (sys.executable, "-c", "import sys; sys.exit('Error: the disk is full of bees')")


@contextlib.asynccontextmanager
async def _real(on: Stage, *command: str) -> AsyncIterator[JulesServer]:
    """A real process behind the screen."""
    clock = SystemClock()
    limits = CallerSettings(start_timeout=30.0, retry_attempts=1)
    spec = ServerSpec("sim", command=command, env=dict(os.environ))
    server = JulesServer(SupervisedCaller(spec, clock, limits), clock, "sim")
    assert on.app.engine is not None
    on.app.engine.context = replace(on.app.engine.context, server=server)
    try:
        yield server
    finally:
        await server.close()


async def _open(on: Stage) -> None:
    await on.press("C")
    assert isinstance(on.app.screen, ConnectionScreen)


async def test_connection_without_a_server_says_so_and_how_to_get_one(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), server=False) as on:
        await _open(on)
        await on.shows("no server is set up")
        assert "No Jules MCP server is configured." in on.text
        assert "s (set-up), or `jjm setup`" in on.text
        assert "s set up" in on.text.splitlines()[-1]
        assert "R restart" not in on.text
        assert "ctrl+r" not in on.text
        assert "runs  " not in on.text
        await on.press("ctrl+r")
        await on.shows("There is no server to ask.")
        await on.press("R")
        await on.shows("There is no server to restart.")
        await on.press("t")
        await on.shows("✓ ok         outbox: Nothing is open.")
        assert "✗ failed     server: No Jules MCP server is configured." in on.text


async def test_server_that_lacks_its_key_is_told_as_that_in_header_and_page(tmp_path: Path) -> None:
    why = ConfigurationError("The rest server needs your Jules API key.", hint="Get a key, then: export it.")
    async with stage(tmp_path, size=(120, 30), server=False, no_server=why, settings={"server.preset": "rest"}) as on:
        assert "✗ server not ready" in on.text.splitlines()[0]
        await on.shows("! not ready: The rest server needs your Jules API key. Get")
        assert "C what the server needs" in on.text.splitlines()[-1]
        await _open(on)
        await on.shows("✗ server not ready: one is chosen, but it cannot be used yet")
        assert "The rest server needs your Jules API key." in on.text
        assert "Get a key, then: export it." in on.text
        assert "would run    npx" in on.text
        assert "no server is set up" not in on.text
        assert "server not ready" in on.text.splitlines()[0]
        assert isinstance(on.app.screen, ConnectionScreen)
        told = "The server cannot be used yet: The rest server needs your Jules API key. Mend that, then open jjm anew."
        assert on.app.screen.unavailable("connection.restart") == told


@pytest.mark.parametrize(("lacks", "name"), [("server.api_key", "key"), ("server.script", "server")])
async def test_checks_name_what_the_server_lacks_as_the_doctor_does(tmp_path: Path, lacks: str, name: str) -> None:
    why = ConfigurationError("It is not there.", hint="Put it there.", context={"key": lacks})
    async with stage(tmp_path, size=(120, 40), server=False, no_server=why, settings={"server.preset": "rest"}) as on:
        await _open(on)
        await on.press("t")
        await on.shows("✓ ok         outbox: Nothing is open.")
        assert f"✗ failed     {name}: It is not there." in on.text


async def test_set_up_is_reached_again_from_the_board_by_the_connection_page(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 30), tasks=0, server=False) as on:
        await on.shows("No Jules MCP server is configured.")
        assert "is configured. Press C, then s, to set up a server." in on.text
        assert "C then s: set up a server" in on.text.splitlines()[-1]
        await on.press("C", "s")
        await on.shows("Which server?")
        await on.press("escape")
        assert isinstance(on.app.screen, ConnectionScreen)


async def test_checks_use_the_server_that_runs_and_start_no_second_one(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 40)) as on:
        await _open(on)
        await on.shows("t checks settings, server, account, store and outbox.")
        on.caller.calls.clear()
        await on.press("t")
        await on.shows("✓ ok         outbox: Nothing is open.")
        assert "Jules let us in: 12 tasks listed." in on.text
        assert "dialect rest · every operation on tasks is available" in on.text
        assert set(on.caller.calls) == {"list_sessions"}
        assert "! warning    settings" in on.text


async def test_checks_on_a_small_terminal_end_with_their_verdict_and_the_first_trouble_in_sight(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(60, 20)) as on:
        await _open(on)
        on.caller.is_down = True
        await on.press("G", "t")
        await on.shows("made: 1 failed, ")
        assert "✗ failed     account: The server is down." in on.text
        assert on.text.index("✗ failed") < on.text.index("! warning")


def test_verdict_of_the_checks_counts_every_state() -> None:
    ok, warning = Check("store", "ok", "fine"), Check("settings", "warning", "odd")
    assert "Checks  1 made: all ok" in _texts(checks=(ok,))
    assert "Checks  3 made: 2 warnings" in _texts(checks=(ok, warning, warning))
    assert "Checks  2 made: 1 failed, 1 warning" in _texts(140, checks=(warning, Check("server", "failed", "gone")))


async def test_checks_of_a_failing_server_tell_the_way_out(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 40)) as on:
        await _open(on)
        on.caller.is_down = True
        await on.press("t")
        await on.shows("✗ failed     account: The server is down.")
        await on.shows("outbox: Nothing is open.")


async def test_restart_starts_a_real_server_and_shows_its_calls(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45)) as on, _real(on, *SIMULATOR) as server:
        await _open(on)
        await on.press("R")
        await on.shows("The server runs again.")
        await server.list_tasks()
        await on.shows("list_sessions")
        await on.shows("of 120 spent, 120 come back every minute")
        assert "google-jules-api-mcp-server 1.0.0" in on.text
        assert "approve_plan" in on.text


async def test_restart_of_a_broken_server_tells_why_and_its_last_words(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45)) as on, _real(on, *BROKEN):
        await _open(on)
        await on.press("R")
        await on.shows("Error: the disk is full of bees")
        await on.until(lambda: any(each.severity == "error" for each in on.app._notifications))


async def test_program_that_does_not_exist_is_told_as_that_and_never_as_reconnecting(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 40)) as on, _real(on, "no-such-program-here") as server:
        assert on.app.engine is not None
        live = LiveFeed(on.app.engine.context, TaskReader(on.app.engine.context), on.board, Pace(0.01, 0.01))
        seen: set[str] = set()
        on.board.subscribe(lambda change: seen.add(on.board.connection.status))
        following = asyncio.create_task(live.run())
        await on.until(lambda: server.info().status == "cannot_start")
        await on.until(lambda: on.board.connection.way_out is not None)
        await _open(on)
        await on.shows("✗ could not start")
        assert "The program no-such-program-here of the server sim is not there." in on.text
        assert "Install it, or correct the command in the settings." in on.text
        assert "R tries again" in on.text
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert "reconnecting" not in seen
        assert server.info().restarts == 0


async def test_restart_while_something_is_sent_is_asked_twice(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 30)) as on:
        await _open(on)
        screen = on.app.screen
        assert isinstance(screen, ConnectionScreen)
        assert on.app.engine is not None
        desk = on.app.engine.desk
        task = desk.send_message("unknown-task", "hello")
        assert screen.unavailable("connection.restart") is None
        screen.do_connection_restart()
        assert screen.unavailable("connection.restart") is None
        await on.shows("1 decision is being sent and")
        assert "restarting…" not in on.text
        await task
        task = desk.send_message("unknown-task", "hello")
        screen.do_connection_restart()
        assert screen._is_restarting
        await task


async def test_connection_follows_the_board(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await _open(on)
        on.board.set_connection(Connection("gave up", "sim", trouble="The server ended 5 times within 3 minutes."))
        await on.shows("✗ gave up after too many failures")
        assert "The server ended 5 times within 3 minutes." in on.text
        assert "t makes the doctor's checks; R restarts it." in on.text


# the page by itself


def _info(**changes) -> ServerInfo:
    usual = ServerInfo(
        label="work",
        name="jules",
        version="1.2",
        protocol="2025-06-18",
        dialect="text",
        capabilities=Capabilities("text", unavailable={"resume": "It has no such tool."}, list_limit=30),
        tools=("list_sessions", "get_session"),
        last_words=("listening",),
        restarts=2,
        status="connected",
        budget_used=38,
        budget_limit=120,
        recent=(
            RecentCall("list_sessions", NOW - timedelta(seconds=20), 0.25, 1, "ok"),
            RecentCall("get_session", NOW - timedelta(seconds=10), 31.0, 3, "timeout"),
        ),
    )
    return replace(usual, **changes)


def _texts(width: int = 100, checks: tuple[Check, ...] = (), info: ServerInfo | None = None, **connection) -> str:
    view = ConnectionView(
        connection=replace(Connection("connected", "work"), **connection),
        info=info or _info(),
        sync=SyncState("x", synced_at=NOW - timedelta(seconds=14)),
        target="npx -y server",
        profile="default",
        checks=checks,
        is_checking=False,
        now=NOW,
        monotonic=100.0,
        restart_key="R",
        check_key="t",
        setup_key="s",
        palette_key=":",
    )
    return "\n".join(line.content.plain for line in connection_lines(view, width))


def test_page_tells_status_age_budget_restarts_and_next_look() -> None:
    text = _texts(next_poll_at=109.5)
    for words in (
        "● connected",
        "work (jules 1.2, protocol 2025-06-18)",
        "last answer  19s ago (list_sessions)",
        "38 of 120 spent, 120 come back every minute",
        "restarts     2 since this program started",
        "list read    14s ago",
        "next look    in 9s",
        "not offered: resume",
        "· resume: It has no such tool.",
        "· Its list shows 30 tasks at most.",
        "08:59:40   250 ms  list_sessions           ok",
        "08:59:50   31.0 s  get_session             timeout  3 tries",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"polls_elsewhere": True}, "another copy of this program asks the server"),
        ({"is_polling": True}, "next look    under way"),
        ({"next_poll_at": 90.0}, "next look    now"),
        ({}, "next look    not planned"),
    ],
)
def test_page_tells_who_looks_and_when(changes, words) -> None:
    assert words in _texts(**changes)


@pytest.mark.parametrize(
    ("status", "info", "words", "absent"),
    [
        (
            "reconnecting",
            {"status": "down", "was_up": True, "next_start_at": 104.2},
            ("◌ reconnecting in 4s", "calls        wait until the server runs", "next look    in 9s"),
            (),
        ),
        ("reconnecting", {"status": "connecting", "was_up": True}, ("◌ reconnecting\n",), ("reconnecting in",)),
        ("starting", {"status": "connecting"}, ("◌ starting", "calls        wait until the server runs"), ("reconn",)),
        (
            "could not start",
            {"status": "cannot_start", "restarts": 0},
            (
                "✗ could not start",
                "R tries again",
                "never ran; one try",
                "calls        none until the server runs again",
                "next look    none until the server runs again; R starts it",
            ),
            ("reconnecting", "in 9s", "go through"),
        ),
        (
            "could not start",
            {"status": "down", "restarts": 2},
            ("✗ could not start", "never ran; 3 tries", "next look    in 9s, and tries to start it again"),
            ("reconnecting", "go through"),
        ),
        (
            "gave up",
            {"status": "gave_up", "was_up": True},
            (
                "✗ gave up after too many failures",
                "R restarts it",
                "calls        none until the server runs again",
                "next look    none until the server runs again; R starts it",
            ),
            ("in 9s", "go through"),
        ),
        ("connected", {"status": "connected"}, ("● connected", "calls        go through", "next look    in 9s"), ()),
    ],
)
def test_page_words_are_true_for_each_state(status, info, words, absent) -> None:
    text = _texts(info=_info(**info), status=status, next_poll_at=109.5, trouble=None)
    for each in words:
        assert each in text, each
    for each in absent:
        assert each not in text, each


def test_page_of_a_server_that_does_not_run_tells_what_it_could_do_as_of_the_last_connection() -> None:
    text = _texts(width=120, status="gave up", info=_info(status="gave_up", was_up=True))
    for words in (
        "work (jules 1.2, protocol 2025-06-18; when last connected)",
        "list read    14s ago; what is shown is stored here",
        "What it can do  when last connected",
        "Tools  2, when last connected",
        "Its last words",
    ):
        assert words in text, words
    assert "last connected" not in _texts()


@pytest.mark.parametrize("status", get_args(ConnectionStatus))
async def test_one_state_of_the_connection_has_one_word_everywhere(tmp_path: Path, status: ConnectionStatus) -> None:
    async with stage(tmp_path, size=(120, 30), tasks=0) as on:
        on.board.change_connection(status=status)
        on.app._tick()
        word = CONNECTION_LOOKS[status][1]
        await on.shows(f" {word} ")
        await on.press("C")
        await on.shows("Recent calls")
        assert f"  {word}" in on.text.splitlines()[0]
        row = next(row for row in on.text.splitlines() if row.startswith("  status "))
        assert row.split(maxsplit=2)[2].startswith(word)


def test_page_of_a_server_in_trouble_shows_its_last_words_before_the_rest() -> None:
    text = _texts(info=_info(last_words=("it broke",)), status="gave up", trouble="It ended.", way_out="Restart it.")
    assert text.index("it broke") < text.index("Checks")
    assert "Restart it." in text
    calm = _texts(info=_info(last_words=("listening",)))
    assert calm.index("listening") > calm.index("Tools")


@pytest.mark.parametrize("width", [40, 80, 160])
def test_page_with_foreign_text_everywhere_is_literal_and_fits(width) -> None:
    evil = _info(
        label=EVIL,
        name=EVIL,
        version=EVIL,
        protocol=EVIL,
        tools=(EVIL, EVIL),
        last_words=(EVIL * 9,),
        capabilities=Capabilities(EVIL, unavailable={"plan": EVIL}),
        recent=(RecentCall(EVIL, NOW, 1.0, 1, EVIL),),
    )
    check = Check("account", "failed", EVIL, way_out=EVIL, details=(EVIL,))
    text = _texts(width, (check,), evil, label=EVIL, trouble=EVIL, way_out=EVIL)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[/foo]" in text
    wrapped = [line for line in text.splitlines() if line.startswith("  ") and "09:00:00" not in line]
    assert max(map(len, wrapped)) <= width


@pytest.mark.parametrize(
    ("overrides", "shown"),
    [
        ({}, ""),
        ({"server.preset": "rest"}, "npx -y @amitdeshmukh/google-jules-mcp@0.1.6"),
        (
            {
                "server.preset": "custom",
                "server.command": "run it",
                "server.args": ("--token", "abc123", "--api-key=xyz", "-v"),
            },
            "'run it' --token '********' '--api-key=********' -v",
        ),
        (
            {"server.preset": "custom", "server.url": "https://me:secret@host:8443/mcp?token=abc"},
            "https://host:8443/mcp?…",
        ),
    ],
)
def test_target_is_shown_without_secrets(tmp_path: Path, overrides, shown) -> None:
    settings = load_settings(environ={"JJM_HOME": str(tmp_path)}, overrides=overrides).settings
    assert shown_target(settings) == shown


@pytest.mark.parametrize("size", [(100, 30), (160, 45)])
async def test_header_does_not_say_connected_while_a_server_that_was_asked_is_silent(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, size=size) as on:
        on.board.change_connection(status="connected", silent_since=on.now)
        await on.shows("● connected")
        on.advance(42)
        on.app._tick()
        await on.shows("◌ no answer for 40s")
        assert "connected" not in on.text.splitlines()[0]
        on.board.change_connection(silent_since=None)
        await on.shows("● connected")


def test_page_tells_for_how_long_the_server_has_been_silent() -> None:
    assert "◌ no answer for 2m, although it was asked" in _texts(silent_since=NOW - timedelta(seconds=125))
    assert "although it was asked" not in _texts(silent_since=NOW - timedelta(seconds=2))
