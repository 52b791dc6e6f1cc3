"""The plays of the list: its layouts, filters, what it says of the server, decisions under way."""

from __future__ import annotations

from collections.abc import AsyncIterator

from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.sync import SyncState
from jjm_tui.errors import StoreDamagedError
from jjm_tui.services.store_troubles import StoreTroubles
from tests.tui.scenes import (
    home,
    in_every_state,
    operation,
    scene,
)
from tests.tui.stage import Stage

# the list


@scene(
    "main",
    "main-preview-below",
    "main-marks",
    "main-range-and-hidden",
    screens=("MainScreen",),
    in_all_looks=True,
    tasks=40,
)
async def _list(on: Stage) -> AsyncIterator[str]:
    yield "main"
    await on.press("P")
    yield "main-preview-below"
    await on.press("P", "space", "space", "j", "space")
    yield "main-marks"
    await on.press("v", "j", "j", "exclamation_mark")
    yield "main-range-and-hidden"


@scene("main-filter", "main-filter-wrong", "main-filter-no-match", "main-grouped", "main-flat-old", tasks=40)
async def _filter(on: Stage) -> AsyncIterator[str]:
    await on.press("/", *"state:")
    await on.press(*"failed")
    yield "main-filter"
    await on.press("space", *"age:soon")
    yield "main-filter-wrong"
    await on.press("escape", "/", *"repo:nobody/nothing", "enter")
    yield "main-filter-no-match"
    await on.press("0", "t")
    yield "main-grouped"
    on.advance(7200)
    on.app._tick()
    await on.press("t", "s")
    yield "main-flat-old"


@scene(
    "main-views",
    "save-view",
    screens=("MainScreen", "SaveViewDialog"),
    settings={"views": {"mine": "repo:acme/*", "ci": "text:CI", "Everything that failed": "state:failed"}},
)
async def _views(on: Stage) -> AsyncIterator[str]:
    await on.press("V")
    yield "main-views"
    await on.press("!", "colon", *"save", "space", *"view", "enter", *"mine", "enter")
    await on.shows("There is a view mine")
    yield "save-view"


@scene("main-empty", tasks=0)
async def _empty(on: Stage) -> AsyncIterator[str]:
    on.board.set_sync(SyncState("test/simulator", on.now, complete=True))
    await on.shows("no tasks yet")
    yield "main-empty"


@scene("main-damaged-store", tasks=0)
async def _damaged_store(on: Stage) -> AsyncIterator[str]:
    error = StoreDamagedError(
        "/srv/jjm/default/tasks.json is damaged: it is not valid JSON (Unterminated string "
        "starting at: line 5 column 1060 (char 2977)).",
        hint="It was left as it is. The newest good backup is tasks.json.backup-20261120T080403.252229Z. "
        "Run `jjm store repair` to restore what can be restored.",
    )
    troubles = StoreTroubles()
    troubles.note("tasks", error)
    on.board.is_whole = False
    on.board.set_store_trouble(troubles.gravest and troubles.gravest[0])
    await on.shows("The stored tasks cannot be read.")
    yield "main-damaged-store"


@scene("main-no-server-empty", tasks=0, server=False)
async def _no_server_empty(on: Stage) -> AsyncIterator[str]:
    await on.shows("Press C")
    yield "main-no-server-empty"


@scene("main-no-server", "connection-no-server", screens=("MainScreen", "ConnectionScreen"), server=False)
async def _no_server(on: Stage) -> AsyncIterator[str]:
    yield "main-no-server"
    await on.press("C")
    yield "connection-no-server"


@scene(
    "main-first-page",
    "main-trouble",
    "main-offline",
    "main-could-not-start",
    "main-gave-up",
    "main-list-cut",
    tasks=40,
)
async def _server_states(on: Stage) -> AsyncIterator[str]:
    on.board.change_connection(status="starting", label="google-jules-mcp")
    await on.shows("starting")
    yield "main-first-page"
    on.board.change_connection(
        status="reconnecting",
        trouble="The server does not answer.",
        way_out="It is asked again in 20 seconds.",
    )
    await on.shows("It is asked again")
    yield "main-trouble"
    on.board.change_connection(status="offline", trouble="No connection to the network.", way_out="ctrl+r tries again.")
    await on.shows("No connection")
    yield "main-offline"
    on.board.change_connection(
        status="could not start", trouble="npx was not found.", way_out="Install Node.js, or name its path: jjm setup"
    )
    await on.shows("npx was not found")
    yield "main-could-not-start"
    on.board.change_connection(
        status="gave up",
        trouble="The server ended 5 times within 3 minutes.",
        way_out="Look at its last words, mend the cause, then restart it.",
    )
    await on.shows("The server ended 5 times")
    yield "main-gave-up"
    on.board.change_connection(status="connected", trouble=None, way_out=None, budget_used=38, budget_limit=120)
    on.board.set_sync(SyncState("test/simulator", on.now, truncated=True))
    await on.shows("cut")
    await on.shows("connected" if on.app.size.width >= 100 else "cut")
    yield "main-list-cut"


@scene(
    "main-deliveries",
    "quit",
    "outbox",
    "outbox-not-sent",
    "outbox-resend",
    "outbox-discard",
    "quit-many",
    screens=("MainScreen", "QuitDialog", "OutboxScreen", "ConfirmDialog"),
)
async def _operations(on: Stage) -> AsyncIterator[str]:
    on.board.set_operations(in_every_state(on))
    await on.shows("not sent")
    yield "main-deliveries"
    await on.press("q")
    yield "quit"
    await on.press("escape", "O")
    yield "outbox"
    await on.press("j", "j", "j")
    yield "outbox-not-sent"
    await on.press("r")
    await on.shows("Send it again?")
    yield "outbox-resend"
    await on.press("escape", "x")
    await on.shows("Discard it?")
    yield "outbox-discard"
    await home(on)
    on.board.set_operations([operation(on, number, OperationState.UNCONFIRMED) for number in range(11)])
    await on.shows("11 unconfirmed")
    await on.press("q")
    yield "quit-many"


@scene("toasts", "outbox-empty", screens=("MainScreen", "OutboxScreen"))
async def _toasts(on: Stage) -> AsyncIterator[str]:
    on.app.tell("Message sent: Why does the nightly job fail?")
    on.app.tell(
        "Not sent: the server could not be reached. The text is still in the composer.",
        severity="warning",
        title="Why does the nightly job fail?",
    )
    on.app.tell("The store cannot be written: no space left on the disk.", severity="error", title="Upgrade the ORM")
    yield "toasts"
    await home(on)
    await on.press("O")
    yield "outbox-empty"


@scene("detail-alone-below-list", "main-compact", "main-list-alone", "main-full-detail", tasks=40)
async def _layouts(on: Stage) -> AsyncIterator[str]:
    await on.press("P", "j", "j")
    await on.settle()
    yield "detail-alone-below-list"
    await on.press("P")
    on.app.toggle_density()
    on.app.clear_notifications()
    await on.settle()
    yield "main-compact"
    on.app.toggle_density()
    await on.press("p")
    await on.settle()
    yield "main-list-alone"
    await on.press("p", "2", "F")
    await on.settle()
    yield "main-full-detail"
