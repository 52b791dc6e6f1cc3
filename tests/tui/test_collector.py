"""What closed screens leave is collected in a still moment, and at the latest when there is much of it."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual._styles_cache import StylesCache

from jjm_tui.tui.app import JulesApp
from jjm_tui.tui.collector import Collector
from tests.tui.stage import stage


class Ring:
    """Refers to itself, as a closed screen does."""

    def __init__(self) -> None:
        self.me = self
        self.load = [[] for _ in range(100)]  # type: ignore[var-annotated]


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    collector.settle()
    yield collector
    collector.stop()
    gc.unfreeze()


def grow(steps: int) -> list[list[int]]:
    """Make so much that as many larger steps happen."""
    kept: list[list[int]] = []
    while gc.get_count()[2] < steps:
        kept.append([0])
    return kept


def make_old_garbage() -> weakref.ref[Ring]:
    """A ring that is dropped only when it is no longer young."""
    ring = Ring()
    kept = grow(3)
    watched = weakref.ref(ring)
    del ring, kept
    return watched


def test_tick_in_a_still_moment_collects_what_closed_screens_left(collector: Collector) -> None:
    garbage = make_old_garbage()
    collector.screen_closed()
    collector.screen_closed()
    collector.tick(10.0, still_for=0.1)
    assert garbage() is not None
    collector.tick(11.0, still_for=3.0)
    assert garbage() is None


def test_tick_without_closed_screens_leaves_everything(collector: Collector) -> None:
    garbage = make_old_garbage()
    collector.tick(11.0, still_for=3.0)
    assert garbage() is not None


def test_tick_after_very_many_closed_screens_does_not_wait(collector: Collector) -> None:
    garbage = make_old_garbage()
    for _ in range(25):
        collector.screen_closed()
    collector.tick(10.0, still_for=0.0)
    assert garbage() is None


def test_tick_when_away_looks_at_everything(collector: Collector) -> None:
    ring = Ring()
    watched = weakref.ref(ring)
    collector.tick(0.0, still_for=0.0)
    gc.freeze()
    del ring
    collector.tick(700.0, still_for=30.0)
    assert watched() is None


def test_tick_after_much_survived_looks_at_everything(collector: Collector) -> None:
    ring = Ring()
    watched = weakref.ref(ring)
    collector.tick(0.0, still_for=0.0)
    gc.freeze()
    del ring

    def close_two() -> None:
        collector.screen_closed()
        collector.screen_closed()
        collector.tick(10.0, still_for=3.0)

    close_two()
    assert watched() is not None
    survivors = [[0] for _ in range(210_000)]
    close_two()
    assert watched() is not None
    close_two()
    assert watched() is None
    assert survivors


@pytest.mark.parametrize("key", ["?", "c", ":"])
async def test_what_closed_screens_showed_is_not_remembered(key: str, tmp_path: Path) -> None:
    def remembered() -> int:
        on.app._tick()
        gc.unfreeze()
        gc.collect()
        return sum(isinstance(each, StylesCache) for each in gc.get_objects())

    async def look_at_it(times: int) -> None:
        for _ in range(times):
            await on.press(key, "escape")
            await on.until(lambda: len(on.app.screen_stack) == 1)

    async with stage(tmp_path) as on:
        await look_at_it(3)
        before = remembered()
        await look_at_it(12)
        await on.until(lambda: remembered() < before + 12)  # one for every time would be the least


@pytest.mark.parametrize(("key", "words"), [("?", "Help"), ("c", "New task"), (":", "Go to anything")])
async def test_screen_that_is_closed_is_let_go(key: str, words: str, tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for _ in range(3):
            await on.press(key)
            await on.shows(words)
            watched = weakref.ref(on.app.screen)
            await on.press("escape")
            await on.until(lambda: len(on.app.screen_stack) == 1)
        on.app._tick()

        def is_gone() -> bool:
            gc.unfreeze()
            gc.collect()
            return watched() is None

        await on.until(is_gone)


def test_dashboard_that_is_closed_is_let_go(tmp_path: Path) -> None:
    async def look_at_it() -> weakref.ref[JulesApp]:
        async with stage(tmp_path) as on:
            await on.press("m", "h", "escape")
            return weakref.ref(on.app)

    asyncio.run(look_at_it())  # a library that is loaded with the first one keeps it as its stderr
    watched = asyncio.run(look_at_it())
    deadline = time.monotonic() + 60
    while watched() is not None and time.monotonic() < deadline:
        time.sleep(0.01)  # as threads do until they end
        gc.collect()
    assert watched() is None


def test_stop_hands_back_as_it_was() -> None:
    before = (gc.isenabled(), gc.get_threshold())
    collector = Collector()
    collector.settle()
    assert (gc.isenabled(), gc.get_threshold()) != before
    collector.stop()
    gc.unfreeze()
    assert (gc.isenabled(), gc.get_threshold()) == before
