"""Every decision is cut at every byte of its request and of its answer: it happens at most once, and is told truly.

All of the program takes part, from the decision to the bytes. The server is a simulated world in this process, and its
journal is the truth; that the pipes of real processes end like its wire is seen in ``tests/gateway``.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count as count_up

import anyio.to_thread
import pytest

from jjm_tui.gateway import transport
from jjm_tui.gateway.calls import CallerSettings, ServerSpec, SupervisedCaller
from jjm_tui.gateway.server import JulesServer
from jjm_tui.services.manager import JobManager
from jjm_tui.services.results import Outcome
from tests.kills.acts import at_once
from tests.services.cut_wire import CutWire
from tests.services.cutting import KINDS, count_effects, make_decision
from tests.services.workbench import HandClock, bench

TASKS = {"create": 1, "message": 12, "approve": 12, "resume": 12}
"""A list is read for a create only."""
LEAST = {"request": 100, "answer": 100}
"""Bytes that each of them has, and more."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No threads to wait for, and no disk: whoever reads the files afterwards is this process itself."""
    monkeypatch.setattr(anyio.to_thread, "run_sync", at_once)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
async def cut(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[CutWire, SupervisedCaller, HandClock]]:
    """A wire, who calls through it, and the clock of both."""
    wire, clock = CutWire(), HandClock()
    monkeypatch.setattr(transport, "ServerProcess", wire)
    caller = SupervisedCaller(ServerSpec("cut", ("in process",)), clock, CallerSettings(calls_per_minute=0))
    yield wire, caller, clock
    await caller.close()


@pytest.mark.slow
@pytest.mark.parametrize("way", LEAST)
@pytest.mark.parametrize("kind", KINDS)
async def test_cut_at_every_byte_happens_at_most_once_and_is_told_truly(tmp_path, cut, kind, way):
    wire, caller, clock = cut
    decide = await make_decision(bench(tmp_path / "before", tasks=TASKS[kind]), kind)
    for count in count_up():
        clock.advance(200.0)  # so that its ends are not too many within a time
        work = bench(tmp_path / str(count), tasks=TASKS[kind])
        work.settle_window = 0.0
        _, _, context = work.process()
        manager = JobManager(replace(context, server=JulesServer(caller, work.clock, "cut")))
        wire.cut_next(work.dialect, way, count)
        result = await decide(manager)
        arrived = way == "answer" or not wire.lost
        assert result.outcome is (Outcome.DONE if arrived else Outcome.NOT_SENT), (count, result)
        assert count_effects(work, kind) == int(arrived), count
        was_understood = not wire.lost or (way == "answer" and wire.lost == 1)  # an answer may lack its line break
        assert ("a re-read shows it" in result.message) is (arrived and not was_understood), (count, result)
        (operation,) = await manager.list_operations(open_only=False)
        assert operation.state.value == result.outcome.value, count
        context.outbox.close()
        if not wire.lost:
            break
    assert count > LEAST[way]
