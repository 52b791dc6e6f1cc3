"""A line on standard error that says what is waited for, when it takes longer than a second and somebody looks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.output import Output
from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.text import clean_line, truncate
from jjm_tui.errors import StorageError

if TYPE_CHECKING:
    from jjm_tui.services.manager import JobManager

_FIRST_AFTER: Final = 1.0
_UNANSWERED_AFTER: Final = 5.0
_UNANSWERED: Final = "There is no clear answer from the server yet."
_ANSWERED: Final = "The server has answered; it is read again until it shows the change."
_SAFE: Final = "Ctrl+C is safe: what was sent is on record, never sent twice."
_EVERY: Final = 0.1
_FRAMES: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_FRAMES: Final = "|/-\\"


class Progress:
    """The line. ``update`` changes what it says."""

    def __init__(self, out: Output, text: str) -> None:
        self._out = out
        self._text = text
        self._shown = False

    def update(self, text: str) -> None:
        """Say something else from the next tick on."""
        self._text = text

    async def run(self) -> None:
        """Draw until cancelled."""
        frames = _FRAMES if self._out.look.unicode else _PLAIN_FRAMES
        started = asyncio.get_running_loop().time()
        await asyncio.sleep(_FIRST_AFTER)
        tick = 0
        while True:
            elapsed = int(asyncio.get_running_loop().time() - started)
            line = f"{frames[tick % len(frames)]} {clean_line(self._text)} ({elapsed} s)"
            self._out.raw_error("\r" + truncate(line, self._room()) + "\x1b[K")
            self._shown = True
            tick += 1
            await asyncio.sleep(_EVERY)

    def _room(self) -> int:
        """Cells that never wrap: the terminal may be narrower by now, or than ``COLUMNS`` says."""
        width = self._out.look.width
        with suppress(OSError):
            width = min(width, os.get_terminal_size(2).columns or width)
        return max(1, width - 1)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._out.raw_error("\r\x1b[K")
            self._shown = False


@asynccontextmanager
async def waiting_for(out: Output, text: str) -> AsyncIterator[Progress]:
    """Show ``text`` while the body takes longer than a second, only where standard error is a terminal."""
    progress = Progress(out, text)
    if not out.look.error_terminal or out.look.quiet:
        yield progress
        return
    drawing = asyncio.create_task(progress.run())
    out.before_writing(progress.clear)
    try:
        yield progress
    finally:
        drawing.cancel()
        await asyncio.wait([drawing])
        progress.clear()
        out.before_writing(None)


@asynccontextmanager
async def answer_awaited(out: Output, manager: JobManager, text: str) -> AsyncIterator[Progress]:
    """The same for something that was sent; when it takes a while, it says once how far that is, in a pipe too."""
    telling = asyncio.create_task(_tell_how_far(out, manager, datetime.now(UTC)))
    try:
        async with waiting_for(out, text) as progress:
            yield progress
    finally:
        telling.cancel()
        await asyncio.wait([telling])


async def _tell_how_far(out: Output, manager: JobManager, started: datetime) -> None:
    """What is recorded when patience ends: an operation that is done is only being re-read."""
    await asyncio.sleep(_UNANSWERED_AFTER)
    is_answered = False
    with suppress(StorageError):
        newest = [each for each in await manager.own_operations() if each.created_at >= started][-1:]
        is_answered = any(each.state is OperationState.DONE for each in newest)
    out.remark(f"{_ANSWERED if is_answered else _UNANSWERED} {_SAFE}")
