"""The connection screen: how the server is doing, what it can do, what went wrong, and starting it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final

from jjm_tui.domain.text import ago
from jjm_tui.services.board import BoardChange
from jjm_tui.services.results import Check
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.engine import Engine
from jjm_tui.tui.pages.connection_page import ConnectionView, connection_lines, shown_target
from jjm_tui.tui.screens.page import PageScreen
from jjm_tui.tui.widgets.bar import Piece
from jjm_tui.tui.widgets.header import connection_look

_SURE_FOR: Final = 10.0
"""Seconds in which a second press of the key restarts although something is being sent."""


class ConnectionScreen(PageScreen):
    """Everything about the server; works without one, too."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "connection"})
    NAME = "Connection"
    KEYS = ("connection.check", "connection.restart", "connection.setup", "refresh")

    def __init__(self) -> None:
        super().__init__()
        self._checks: list[Check] = []
        self._is_checking = False
        self._is_restarting = False
        self._asked_at: float | None = None

    def on_mount(self) -> None:
        """Show what is known, and again once the services are there."""
        self._show_state()
        self.dashboard.when_open(lambda engine: self._show_state())

    # what is shown

    def fill(self, width: int) -> None:
        """The page anew."""
        self.lines.set_lines(connection_lines(self._view(), width))

    def _view(self) -> ConnectionView:
        launch, engine = self.dashboard.launch, self.engine
        server = None if engine is None else engine.context.server
        return ConnectionView(
            connection=self.board.connection,
            info=None if server is None else server.info(),
            sync=self.board.sync,
            target=shown_target(launch.settings),
            profile=launch.profile,
            checks=tuple(self._checks),
            is_checking=self._is_checking,
            now=self.now(),
            monotonic=launch.clock.monotonic(),
            restart_key=launch.keymap.first("connection.restart"),
            check_key=launch.keymap.first("connection.check"),
            setup_key=launch.keymap.first("connection.setup") or launch.keymap.first("setup"),
            palette_key=launch.keymap.first("palette"),
            store_trouble=self.board.store_trouble,
            refresh_key=launch.keymap.first("refresh"),
        )

    def _show_state(self) -> None:
        if self.is_running:
            self.show_header(self._pieces())
            self.refill(anew=True)

    def _pieces(self) -> Iterator[Piece]:
        connection = self.board.connection
        if connection.label:
            yield Piece(connection.label, "quiet", rank=3)
        _, word, role = connection_look(connection, self.now())
        yield Piece(word, role if role in ("good", "quiet") else "trouble", rank=1)
        if self._is_restarting:
            yield Piece("restarting…", "trouble", rank=2)
        synced_at = self.board.sync.synced_at
        if synced_at is not None:
            which = "list" if connection.status == "connected" else "stored list"
            yield Piece(f"{which} read {ago((self.now() - synced_at).total_seconds())}", "quiet", rank=4)

    def board_changed(self, change: BoardChange) -> None:
        """The connection, the last reading of the list, or the local files."""
        if change.aspects & {"connection", "sync", "store"}:
            self._show_state()

    def clock_ticked(self, now: datetime) -> None:
        """Ages, the budget and the newest calls."""
        self._show_state()

    # actions

    def unavailable(self, action_id: str) -> str | None:
        """Why not now."""
        if action_id not in ("connection.restart", "connection.check", "refresh"):
            return super().unavailable(action_id)
        if action_id == "refresh" and self.board.store_trouble is not None:
            return None
        if self.engine is None:
            return "Still opening; try again in a moment."
        if action_id == "connection.check":
            return "The checks are being made." if self._is_checking else None
        if self.engine.context.server is None:
            return self._why_no_server(self.engine, "ask" if action_id == "refresh" else "restart")
        if action_id == "refresh":
            return None
        if self._is_restarting or self.board.connection.status == "starting":
            return "It is being started."
        return None

    def _why_no_server(self, engine: Engine, verb: str) -> str:
        why = engine.context.no_server
        if why is None:
            return f"There is no server to {verb}. Set one up first."
        return f"The server cannot be used yet: {why.message} Mend that, then open jjm anew."

    def _why_not_sure(self, engine: Engine) -> str | None:
        """A restart ends calls that are under way: what is being sent would be unconfirmed. Told once."""
        count, clock = engine.desk.under_way, self.dashboard.launch.clock
        if not count:
            return None
        if self._asked_at is not None and clock.monotonic() - self._asked_at <= _SURE_FOR:
            self._asked_at = None
            return None
        self._asked_at = clock.monotonic()
        what = "1 decision is being sent and" if count == 1 else f"{count} decisions are being sent and"
        key = self.dashboard.launch.keymap.first("connection.restart")
        return f"{what} may be left unconfirmed. {key} again restarts all the same."

    def do_connection_restart(self) -> None:
        """End the server and start it again. It goes on when this screen is left meanwhile."""
        engine = self.engine
        if engine is None:
            return
        if (why := self._why_not_sure(engine)) is not None:
            self.dashboard.tell(why, severity="warning")
        else:
            self._is_restarting = True
            self._show_state()
            self.dashboard.run_worker(self._restart(engine), exit_on_error=False)

    async def _restart(self, engine: Engine) -> None:
        server = engine.context.server
        try:
            if server is not None:
                await server.restart()
                self.dashboard.tell("The server runs again.")
                engine.live.refresh()
        except Exception as error:  # noqa: BLE001 - whatever it is, the person must hear that it does not run
            self.tell_failure(error)
        finally:
            self._is_restarting = False
            self._show_state()

    def do_connection_setup(self) -> None:
        """Choose and test a server."""
        self.do_setup()

    def do_connection_check(self) -> None:
        """Make the doctor's checks, with the server that runs."""
        engine = self.engine
        if engine is not None:
            self._is_checking = True
            self._checks = []
            self._show_state()
            self.lines.move_first()
            self.run_worker(self._check(engine), exit_on_error=False)

    async def _check(self, engine: Engine) -> None:
        from jjm_tui.assembly.running import check_running

        launch, context = self.dashboard.launch, engine.context
        try:
            async for check in check_running(launch.place, launch.environ, context.server, context.no_server):
                self._checks.append(check)
                self._show_state()
        finally:
            self._is_checking = False
            self._show_state()
