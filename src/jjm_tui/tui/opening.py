"""Opening the services behind the first frame: who needs them earlier waits until they are there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jjm_tui.tui.engine import Engine


class Opening:
    """The services, opened once, in a thread: importing them takes longer than a frame. ``open_engine`` does that."""

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        self._open_engine = open_engine
        self._task: asyncio.Task[Engine] | None = None
        self._waiting: list[Callable[[Engine], None]] = []
        self.engine: Engine | None = None

    def when_open(self, work_with: Callable[[Engine], None]) -> None:
        """Call ``work_with`` with the services, now or as soon as they are ready."""
        if self.engine is not None:
            work_with(self.engine)
        else:
            self._waiting.append(work_with)

    async def wait(self) -> Engine:
        """The services, opened now if that has not begun. Raises whatever opening them raised."""
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(self._open_engine))
        self.engine = await asyncio.shield(self._task)
        return self.engine

    def is_ready(self, engine: Engine) -> None:
        """The services have started: who waited goes on."""
        waiting, self._waiting = self._waiting, []
        for work_with in waiting:
            work_with(engine)
