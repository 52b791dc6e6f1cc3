"""A call after some seconds comes, whatever the machine was busy with, and only once."""

from __future__ import annotations

import asyncio
import time

from textual.app import App

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
