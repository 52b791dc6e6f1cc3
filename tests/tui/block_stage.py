"""A view over blocks on a screen of its own, and blocks that count what is done with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from jjm_tui.tui.text.blocks import Block
from jjm_tui.tui.text.rows import Row, Run
from jjm_tui.tui.widgets.blocks.block_view import BlockView


class CountedBlock(Block):
    """So many rows, of which a wrong number is estimated; counts how often it was laid out."""

    def __init__(self, name: str, height: int, estimate: int = 1) -> None:
        super().__init__(name)
        self.name = name
        self.height = height
        self.estimated = estimate
        self.laid_out = 0
        self.measured = 0

    @property
    def text(self) -> str:
        return "\n".join(f"{self.name}.{number}" for number in range(self.height))

    def rows(self, width: int) -> tuple[Row, ...]:
        self.laid_out += 1
        rows: list[Row] = []
        position = 0
        for line in self.text.split("\n") if self.height else []:
            rows.append((Run("| "), Run(line, (), position)))
            position += len(line) + 1
        return tuple(rows)

    def measure(self, width: int) -> int:
        self.measured += 1
        return self.height

    def estimate(self, width: int) -> int:
        return self.estimated


class Watched(BlockView):
    """Writes down which rows of the screen are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: set[int] = set()

    def render_line(self, y: int) -> Strip:
        self.painted.add(y)
        return super().render_line(y)


class Follower(BlockView):
    """A view that follows its end."""

    AUTO_FOLLOW = True


class Stage(App[None]):
    """One view, and what it told."""

    CSS = "BlockView { height: 1fr; }"

    def __init__(self, view: BlockView) -> None:
        super().__init__()
        self.view = view
        self.searches: list[tuple[str, int, int, bool]] = []
        self.tails: list[tuple[bool, int]] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_block_view_search_changed(self, message: BlockView.SearchChanged) -> None:
        self.searches.append((message.term, message.current, message.total, message.is_complete))

    def on_block_view_tail_changed(self, message: BlockView.TailChanged) -> None:
        self.tails.append((message.following, message.new_below))


@asynccontextmanager
async def staged(view: BlockView, size: tuple[int, int] = (40, 10)) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    app = Stage(view)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield app, pilot


def screen(view: BlockView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not condition():
            await pilot.pause(0.01)


async def measured(pilot: Pilot[Any], view: BlockView) -> None:
    await until(pilot, lambda: view._page.is_measured)
    await pilot.pause()


def counted(number: int, height: int = 3, estimate: int = 1) -> list[CountedBlock]:
    return [CountedBlock(f"b{index}", height, estimate) for index in range(number)]
