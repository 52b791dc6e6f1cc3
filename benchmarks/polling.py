"""One poll of 500 tasks of which 20 changed: time of the event loop, and calls against the fewest possible.

The server is the simulator in a process of its own, over stdio, as any other: reading its lines, decoding, merging and
handing over to the store are all on the event loop; the store's threads do not count. Between two polls 20 tasks that
are under way get a message, which every family's list or page can tell; a poll that did not notice all of them ends the
benchmark. Garbage is collected as the dashboard does it.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.looking import measured
from benchmarks.report import Figure
from jjm_tui.assembly.clock import SystemClock
from jjm_tui.domain.task import Task
from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.server import JulesServer
from jjm_tui.gateway.spec import CallerSettings, ServerSpec
from jjm_tui.gateway.wire import CallPolicy
from jjm_tui.ports import ToolAnswer
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.poller import Poller
from jjm_tui.services.reading import TaskReader
from jjm_tui.store.draft_file import FileDrafts
from jjm_tui.store.event_file import FileEventLog
from jjm_tui.store.json_file import JsonTaskStore
from jjm_tui.store.leadership import FileLeadership
from jjm_tui.store.outbox_file import FileOutbox
from jjm_tui.store.transcripts import FileTranscripts
from jjm_tui.tui.collector import Collector

_TASKS = 500
_CHANGED = 20
_TURNS = 5
_BUDGET_MS = 60
_CONTROL = "simulator_control"
_INTERVAL = 15.0
"""Seconds between two polls of the dashboard, unless the settings say otherwise."""


@dataclass(frozen=True)
class _Family:
    """A dialect, and the fewest calls that can tell everything, by how many tasks are under way."""

    name: str
    ideal: Callable[[int], int]
    why: str


_REST = _Family("rest", lambda _: math.ceil(_TASKS / 100) + _CHANGED, "5 pages of the list, 1 call per change")
_OFFICIAL = _Family("official", lambda _: 1 + 2 * _CHANGED, "the list, state and cache per change")
_BROWSER = _Family(
    "browser",
    lambda active: 2 + active + _CHANGED,
    "the list, the stored state, the page of each active task, the stored state again per change",
)


class _CountingCaller(SupervisedCaller):
    """Counts what is asked, but for what moves the simulated world."""

    calls: int = 0

    async def call(self, tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
        self.calls += tool != _CONTROL
        return await super().call(tool, arguments, policy)

    async def read_resource(self, uri: str, policy: CallPolicy) -> str:
        self.calls += 1
        return await super().read_resource(uri, policy)


def measure(folder: Path) -> list[Figure]:
    """Two figures for each family of servers. One that tells nothing of changes in its list makes hundreds of calls a
    poll, which the budget of calls a minute forbids: its time is that of a poll within this budget."""
    figures = []
    for family in (_REST, _OFFICIAL, _BROWSER):
        figures += asyncio.run(_measure(family, folder / family.name))
    return figures


@dataclass
class _Bench:
    """A poller before a simulated server that can be told what happens."""

    family: _Family
    caller: _CountingCaller
    context: ServiceContext
    reader: TaskReader

    async def make_news(self, turn: int) -> list[Task]:
        """The same tasks that are under way get a message each."""
        tasks = [task for task in await self.context.store.list_tasks() if not task.status.is_final]
        changed = sorted(tasks, key=lambda task: task.id)[:_CHANGED]
        await self._act(action="step", seconds=1)
        for task in changed:
            await self._act(action="say", sessionId=task.id, text=_news(turn))
        self.caller.calls = 0
        return changed

    async def poll(self, poller: Poller, what: str | None = None) -> float:
        """Milliseconds of the event loop."""
        if what is None:
            return await self._tick(poller)
        with measured(what):
            return await self._tick(poller)

    async def _tick(self, poller: Poller) -> float:
        start = time.thread_time()
        report = await poller.tick()
        milliseconds = (time.thread_time() - start) * 1000
        if report.failure is not None:
            raise report.failure
        return milliseconds

    async def expect_news(self, changed: list[Task], turn: int) -> None:
        """Each of these tasks is known to have its message."""
        for task in changed:
            known = await self.context.store.get_task(task.id)
            if known is None or not any(message.content == _news(turn) for message in known.chat_history):
                raise RuntimeError(f"A poll of the {self.family.name} family did not notice a message.")

    async def _act(self, **arguments: Any) -> Any:
        return json.loads((await self.caller.call(_CONTROL, arguments, CallPolicy())).text)


def _news(turn: int) -> str:
    return f"News of turn {turn}."


async def _measure(family: _Family, folder: Path) -> list[Figure]:
    what = f"poll of {_TASKS} tasks, {_CHANGED} changed, {family.name}"
    bench = _open(family, folder)
    whole = Poller(bench.context, bench.reader, calls_per_tick=10 * _TASKS)
    for _ in range(2):
        await bench.poll(whole)
    collector = Collector()
    collector.settle()
    times, calls, rationed = [], [], []
    for turn in range(_TURNS):
        changed = await bench.make_news(turn)
        times.append(await bench.poll(whole, None if family is _BROWSER else what))
        calls.append(bench.caller.calls)
        await bench.expect_news(changed, turn)
        if family is _BROWSER:
            await bench.make_news(_TURNS + turn)
            few = Poller.for_interval(bench.context, bench.reader, _INTERVAL)
            rationed.append(await bench.poll(few, what))
    collector.stop()
    active = sum(not task.status.is_final for task in await bench.context.store.list_tasks())
    await bench.context.store.close()
    await bench.caller.close()
    shown = rationed or times
    detail = f"the middle of {_TURNS}, the slowest {max(shown):.0f} ms"
    if rationed:
        detail += f", with the calls that {_INTERVAL:.0f} s allow; {median(times):.0f} ms for all {max(calls)}"
    ideal, most = family.ideal(active), max(calls)
    return [
        Figure(f"{what}: event loop", median(shown), "ms", _BUDGET_MS, detail),
        Figure(f"{what}: calls", most / ideal, "of the ideal", 1.1, f"{most} calls, ideal {ideal}: {family.why}"),
    ]


def _open(family: _Family, folder: Path) -> _Bench:
    clock = SystemClock()
    command = (sys.executable, "-m", "jjm_tui", "simulator", "--tasks", str(_TASKS), "--speed", "0", "--control")
    spec = ServerSpec("simulator", (*command, "--dialect", family.name))
    caller = _CountingCaller(spec, clock, CallerSettings(calls_per_minute=0))
    context = ServiceContext(
        server=JulesServer(caller, clock, "simulator"),
        store=JsonTaskStore(folder / "tasks.json", clock),
        events=FileEventLog(folder / "events.jsonl", clock),
        outbox=FileOutbox(folder / "outbox.json", folder / "locks", clock),
        drafts=FileDrafts(folder / "drafts.json"),
        transcripts=FileTranscripts(folder / "activities"),
        leadership=FileLeadership(folder / "locks" / "poller.lock"),
        clock=clock,
        origin="benchmark/simulator",
    )
    return _Bench(family, caller, context, TaskReader(context))
