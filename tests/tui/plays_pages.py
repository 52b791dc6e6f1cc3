"""The plays of the screens beside the list: watch, connection, insights, digest, log, help."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from jjm_tui.errors import ServerStartError
from jjm_tui.gateway.spec import CallerState
from jjm_tui.services.results import Check
from tests.tui.scenes import (
    away,
    home,
    scene,
    server_is,
    with_history,
)
from tests.tui.stage import Stage

LOG = (
    "2026-11-20T08:58:01Z info     gateway: call_done  call=list_sessions outcome=ok seconds=0.412",
    "2026-11-20T08:58:09Z warning  gateway: call_retry  call=get_session reason=timeout attempt=2",
    "2026-11-20T08:58:31Z debug    store: saved  tasks=40 bytes=120331",
    "2026-11-20T08:59:00Z error    live: live_feed_failed  reason=\"KeyError('x')\"",
    "    Traceback (most recent call last):",
    "    KeyError: 'x'",
    "2026-11-20T08:59:30Z info     operations: operation_done  operation=a1b2c3d4 kind=message",
)

CHECKS = (
    Check("settings", "warning", "There is no settings file; defaults are used.", "Run `jjm setup`."),
    Check("server", "ok", "google-jules-api-mcp-server 1.0.0 answered with 8 tools."),
    Check(
        "account", "failed", "Jules did not let us in.", "Look at the API key.", details=("HTTP 401", "API_KEY_INVALID")
    ),
    Check("store", "ok", "12 tasks."),
    Check("outbox", "warning", "2 operations are unconfirmed.", "Settle them: jjm outbox settle"),
)

_MEND = "Look at its last words, mend the cause, then restart it."
GAVE_UP = CallerState(
    "simulator",
    "gave_up",
    restarts=4,
    was_up=True,
    trouble="The server simulator ended 5 times within 3 minutes and is not started again; the last time: "
    "The server simulator ended with exit code 1.",
    last_words=(
        "Error: Cannot find module './activities.js'",
        "    at Module._resolveFilename (node:internal/modules/cjs/loader:1145:15)",
        "Node.js v20.11.1",
    ),
)


# screens of their own


@scene(
    "watch",
    "watch-nothing",
    "connection",
    "connection-checks",
    "connection-gave-up",
    screens=("WatchScreen", "ConnectionScreen"),
    prepare=with_history,
)
async def _live_screens(on: Stage) -> AsyncIterator[str]:
    await on.press("W")
    await on.shows("→ done")
    await on.press("k", "k", "k")
    yield "watch"
    await on.press("t")
    await on.shows("You watch no task")
    yield "watch-nothing"
    await home(on)
    await on.press("C")
    yield "connection"
    screen: Any = on.app.screen
    screen._checks = list(CHECKS)
    screen._show_state()
    yield "connection-checks"
    screen._checks = []
    answered = on.caller.state.recent  # type: ignore[attr-defined]
    server_is(on, replace(GAVE_UP, recent=answered), ServerStartError(GAVE_UP.trouble or "", hint=_MEND))
    await on.shows("gave up after")
    yield "connection-gave-up"


@scene(
    "insights",
    "digest",
    "log",
    "log-record",
    screens=("InsightsScreen", "DigestScreen", "LogScreen"),
    prepare=with_history,
    memory=away,
)
async def _pages(on: Stage) -> AsyncIterator[str]:
    await on.press("I")
    await on.shows("Time in each state")
    yield "insights"
    await home(on)
    await on.press("B")
    await on.shows("since 17 Nov 09:00")
    yield "digest"
    await home(on)
    object.__setattr__(on.app.launch.place.locations, "log_dir", Path("logs"))  # the header tells the path
    Path("logs").mkdir()
    Path("logs/jjm-2026-11-20.log").write_text("\n".join(LOG) + "\n")
    await on.press("L")
    await on.shows("operation_done")
    yield "log"
    await on.press("k", "enter")
    await on.settle()
    yield "log-record"


@scene("watch-empty", "insights-empty", "digest-empty", tasks=0, memory=away)
async def _empty_screens(on: Stage) -> AsyncIterator[str]:
    await on.press("W")
    await on.settle()
    yield "watch-empty"
    await home(on)
    await on.press("I")
    await on.settle()
    yield "insights-empty"
    await home(on)
    await on.press("B")
    await on.shows("Nothing happened")
    yield "digest-empty"


@scene("help-found", "themes", screens=("HelpScreen", "ThemePalette"))
async def _finding(on: Stage) -> AsyncIterator[str]:
    await on.press("question_mark", "slash", *"snooz")
    yield "help-found"
    await home(on)
    on.app.open_themes()
    await on.settle()
    yield "themes"
