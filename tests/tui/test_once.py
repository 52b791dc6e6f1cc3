"""A call after some seconds comes, whatever the machine was busy with, and only once."""

from __future__ import annotations

import asyncio
import time
from functools import partial

from textual.app import App
from textual.containers import Container
from textual.widgets import Static

from jjm_tui.tui.once import Once


async def test_call_comes_although_its_time_passed_before_anything_could_wait_for_it() -> None:
    app = App[None]()
    called = asyncio.Event()
    async with app.run_test():
        once = Once(app, called.set)
        once.start(0.001)
        time.sleep(0.02)  # noqa: ASYNC251 - the machine is busy
        assert once.is_waiting
        await called.wait()
        assert not once.is_waiting


async def test_call_that_is_started_again_comes_once_and_a_stopped_one_never() -> None:
    app = App[None]()
    calls: list[str] = []
    last = asyncio.Event()
    async with app.run_test() as pilot:
        again, stopped, due = (
            Once(app, lambda: calls.append("again")),
            Once(app, lambda: calls.append("stopped")),
            Once(app, last.set),
        )
        for _ in range(3):
            again.start(0.01)
            stopped.start(0.01)
        stopped.stop()
        due.start(0.1)
        await last.wait()
        await pilot.pause()
    assert calls == ["again"]


class Slow(Static):
    """It takes a while to go."""

    async def on_unmount(self) -> None:
        await asyncio.sleep(0.05)


async def test_owner_that_is_being_taken_down_is_not_called() -> None:
    app = App[None]()
    calls: list[str] = []
    async with app.run_test() as pilot:
        staying, going = Container(Slow()), Container(Slow())
        await app.mount(staying, going)
        for owner, name in ((staying, "staying"), (going, "going")):
            Once(owner, partial(calls.append, name)).start(0.01)
        await going.remove()
        await pilot.pause()
    assert calls == ["staying"]
