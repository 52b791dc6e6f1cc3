"""What is being taken away, held in the middle: its own parts are gone, and it has not heard yet that it goes, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tests.tui.stage import Stage

_PATIENCE: Final = 30.0
"""Seconds."""


class Last(Static):
    """What goes last of its screen: it is alone when all others are gone, and holds what it is in until it may go."""

    def __init__(self) -> None:
        super().__init__()
        self._is_alone = asyncio.Event()
        self.may_go = asyncio.Event()

    async def on_unmount(self) -> None:
        around = [node for node in self.ancestors if isinstance(node, Widget)]
        while any(len(node.children) > 1 for node in around):  # noqa: ASYNC110 - they tell nobody
            await asyncio.sleep(0)
        self._is_alone.set()
        await self.may_go.wait()

    async def alone(self) -> None:
        """Wait until it is."""
        with anyio.fail_after(_PATIENCE):
            await self._is_alone.wait()


@asynccontextmanager
async def half_closed(on: Stage, around: Widget) -> AsyncIterator[None]:
    """The screen on top is being closed, and of what was in it nothing is left but ``around``."""
    screen, last = on.app.screen, Last()
    await around.mount(last)
    on.app.pop_screen()
    try:
        await last.alone()
        yield
    finally:
        last.may_go.set()
    await on.until(lambda: not screen.is_attached)


@asynccontextmanager
async def gone_before_the_next_frame(on: Stage, going: Widget, drawn_by: Screen[object]) -> AsyncIterator[None]:
    """What is to be called in here after the next frame is called by ``drawn_by`` when ``going`` is gone."""
    drawn = asyncio.Event()
    drawn_by._invoke_later(drawn.wait, drawn_by)
    try:
        await _until(lambda: not drawn_by._callbacks)
        yield
        if isinstance(going, Screen):
            on.app.pop_screen()
        await _until(lambda: bool(drawn_by._callbacks))
        if not isinstance(going, Screen):
            going.remove()
        await _until(lambda: not going.is_attached)
    finally:
        drawn.set()
    await on.settle()


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, also while the screens do not answer."""
    with anyio.fail_after(_PATIENCE):
        while not condition():  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0)
