"""Coming back: what happened meanwhile is told once, on start and after a pause, and never in the way of a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from jjm_tui.errors import StorageError
from jjm_tui.logs import get_logger
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.once import Once

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp
    from jjm_tui.tui.engine import Engine

_log: Final = get_logger("returning")

_PAUSE: Final = 600.0
"""Seconds without a key after which the person was away (``dashboard.md``)."""

_PATIENCE: Final = 20.0
"""Seconds after the start for which a first reading of the server is waited for; then what is stored has to do."""


class Returning:
    """Notes when the person acts, and tells what happened since they last did."""

    def __init__(self, app: JulesApp) -> None:
        self._app = app
        self._acted_at = app.launch.clock.monotonic()
        self._has_acted = False

    @property
    def acted_at(self) -> float:
        """When the person last did something, by the monotonic clock."""
        return self._acted_at

    def acted(self) -> None:
        """The person pressed a key or clicked."""
        clock = self._app.launch.clock
        away = clock.monotonic() - self._acted_at
        self._acted_at, self._has_acted = clock.monotonic(), True
        if away >= _PAUSE and self._app.engine is not None:
            self._tell(self._app.engine, clock.now() - timedelta(seconds=away), in_the_way=True)

    def started(self, engine: Engine) -> None:
        """The services are open: tell about the time since the last start, once the server was asked."""
        since = self._app.launch.memory.last_seen
        if since is None:
            return
        board, begun = self._app.launch.board, self._app.launch.clock.now()
        is_told = False

        def tell() -> None:
            nonlocal is_told
            if not is_told:
                is_told = True
                stop()
                self._tell(engine, since, in_the_way=self._has_acted)

        def heard(change: BoardChange) -> None:
            synced = board.sync.synced_at
            if "sync" in change.aspects and synced is not None and synced >= begun:
                self._app.call_later(tell)

        stop = board.subscribe(heard)
        Once(self._app, tell).start(_PATIENCE)

    def _tell(self, engine: Engine, since: datetime, *, in_the_way: bool) -> None:
        self._app.run_worker(self._read_and_tell(engine, since, in_the_way), group="returning", exit_on_error=False)

    async def _read_and_tell(self, engine: Engine, since: datetime, in_the_way: bool) -> None:
        """A screen of its own for who only looks; who is at work already gets one sentence."""
        from jjm_tui.services.digest import should_show, summary_sentence
        from jjm_tui.tui.notices.key_here import key_here
        from jjm_tui.tui.screens.digest import DigestScreen, read_digest
        from jjm_tui.tui.screens.main import MainScreen

        app = self._app
        now = app.launch.clock.now()
        try:
            digest = await read_digest(engine.manager, app.launch.board.tasks, since, now)
        except StorageError as error:
            _log.warning("digest_unread", reason=error.message)
            return
        if not should_show(since, now, digest):
            return
        if in_the_way or self._has_acted or not isinstance(app.screen, MainScreen):
            app.tell(f"{summary_sentence(digest)} {key_here(app, 'digest')} has it all.")
        else:
            app.push_screen(DigestScreen(since))
