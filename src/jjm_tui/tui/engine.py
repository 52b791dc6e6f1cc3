"""What runs behind the screens once the first frame is there: services, live feed, and the person's decisions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from jjm_tui.tui.desk import Desk

if TYPE_CHECKING:
    from jjm_tui.assembly.workplace import Workplace
    from jjm_tui.ports import Clock, Leadership
    from jjm_tui.services.board import Board
    from jjm_tui.services.context import ServiceContext
    from jjm_tui.services.live import LiveFeed
    from jjm_tui.services.manager import JobManager


@dataclass(slots=True)
class Engine:
    """The services of one dashboard. ``announcing``: held by the one dashboard that tells the world outside.
    ``warm_up``: called in a thread once everything is on the screen."""

    context: ServiceContext
    manager: JobManager
    live: LiveFeed
    desk: Desk
    announcing: Leadership | None = None
    warm_up: Callable[[], None] = lambda: None
    _running: asyncio.Task[None] | None = None

    def start(self, on_failure: Callable[[BaseException], None]) -> None:
        """Begin to follow store and server in the background; ``on_failure``: called with a mistake that ended it."""
        self._running = asyncio.create_task(_supervised(self.live, on_failure))

    def pause(self) -> None:
        """Give away what only one process does; it is taken again at the next occasion, if it is still to be had."""
        self.context.leadership.resign()
        if self.announcing is not None:
            self.announcing.resign()

    async def close(self) -> None:
        """Stop following, record what was being sent, end the server, write what is pending."""
        await self.desk.close()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if self.announcing is not None:
            self.announcing.resign()
        await self.manager.close()


async def _supervised(live: LiveFeed, on_failure: Callable[[BaseException], None]) -> None:
    """Follow until cancelled; what a mistake of ours ended begins again when the person asks for it."""
    while True:
        try:
            await live.run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the person must hear that nothing is followed now
            on_failure(error)
        await live.wait_after_mistake()


def open_engine(place: Workplace, environ: Mapping[str, str], clock: Clock, board: Board) -> Engine:
    """Build the services of a workplace; imports much, so it is called in a thread behind the first frame."""
    from jjm_tui.assembly.graph import build_context
    from jjm_tui.services.live import LiveFeed, Pace
    from jjm_tui.services.manager import JobManager
    from jjm_tui.services.reading import TaskReader
    from jjm_tui.store.leadership import FileLeadership

    polling = place.loaded.settings.polling
    context = build_context(place, environ, clock)
    manager = JobManager(context)
    live = LiveFeed(context, TaskReader(context), board, Pace(polling.interval, polling.unfocused_interval))
    return Engine(
        context=context,
        manager=manager,
        live=live,
        desk=Desk(manager, board, live, clock),
        announcing=FileLeadership(place.store.locks / "announcer.lock"),
        warm_up=_warm_up,
    )


def _warm_up() -> None:
    """Load what the first log record, the first Markdown and code, and each tab would wait for."""
    from jjm_tui import logs
    from jjm_tui.tui.text import blocks

    logs.warm_up()
    blocks.warm_up()
    for pane in ("blocks.plan_view", "blocks.transcript", "diff.files_pane", "timeline"):
        import_module(f"jjm_tui.tui.widgets.{pane}")
