"""One poll of 500 tasks of which 20 changed: time of the event loop, and calls against the fewest possible.

The server is the simulator in this process; its own time is taken out. What is left is choosing, decoding, merging
and handing over to the store, on the event loop; the store's threads do not count. Garbage is collected as the
dashboard does it.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.looking import aside, measured
from benchmarks.report import Figure
from jjm_tui.assembly.clock import SystemClock
from jjm_tui.assembly.demo import WorldCaller
from jjm_tui.gateway.server import JulesServer
from jjm_tui.gateway.wire import CallPolicy, Handshake
from jjm_tui.ports import ToolAnswer
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.poller import Poller
from jjm_tui.services.reading import TaskReader
from jjm_tui.simulator.browser_dialect import BrowserDialect
from jjm_tui.simulator.dialect import Dialect
from jjm_tui.simulator.official_dialect import OfficialDialect
from jjm_tui.simulator.rest_dialect import RestDialect
from jjm_tui.simulator.world import World
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


@dataclass(frozen=True)
class _Family:
    """A dialect, and the fewest calls that can tell everything: of the list, and of the details."""

    name: str
    make: Callable[[World], Dialect]
    ideal: Callable[[int], int]
    why: str


_FAMILIES = (
    _Family(
        "rest", RestDialect, lambda _: math.ceil(_TASKS / 100) + _CHANGED, "5 pages of the list, 1 call per change"
    ),
    _Family("official", OfficialDialect, lambda _: 1 + 2 * _CHANGED, "the list, state and cache per change"),
    _Family(
        "browser",
        BrowserDialect,
        lambda active: 2 + active + _CHANGED,
        "the list, the stored state, the page of each active task, the stored state again per change",
    ),
)


class _TimedCaller(WorldCaller):
    """Counts calls, and the time that the simulated server itself takes of the event loop's thread."""

    calls: int = 0
    seconds: float = 0.0
    shaken: Handshake | None = None

    async def connect(self) -> Handshake:
        """What the server told at the start, as a connection keeps it."""
        if self.shaken is None:
            self.shaken = await super().connect()
        return self.shaken

    def answer(self, tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        with self._timed():
            return super().answer(tool, arguments)

    async def read_resource(self, uri: str, policy: CallPolicy) -> str:
        with self._timed():
            return await super().read_resource(uri, policy)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.thread_time()
        try:
            with aside():
                yield
        finally:
            self.calls += 1
            self.seconds += time.thread_time() - start


def measure() -> list[Figure]:
    """Two figures for each family of servers."""
    return [figure for family in _FAMILIES for figure in asyncio.run(_measure(family))]


async def _measure(family: _Family) -> list[Figure]:
    what = f"poll of {_TASKS} tasks, {_CHANGED} changed, {family.name}"
    with tempfile.TemporaryDirectory(prefix="jjm-bench-") as folder:
        world = World(1, _TASKS, 0.0)
        caller = _TimedCaller(family.make(world))
        context = _context(Path(folder), caller)
        poller = Poller(context, TaskReader(context), calls_per_tick=10 * _TASKS)
        for _ in range(2):
            await poller.tick()
        collector = Collector()
        collector.settle()
        loop_times, calls = [], []
        for turn in range(_TURNS):
            for task_id in _chosen(world):
                world.say(task_id, f"News of turn {turn}.")
            caller.calls, caller.seconds = 0, 0.0
            with measured(what):
                start = time.thread_time()
                report = await poller.tick()
            loop_times.append(time.thread_time() - start - caller.seconds)
            calls.append(caller.calls)
            if report.failure is not None:
                raise report.failure
        collector.stop()
        active = sum(not task.status.is_final for task in await context.store.list_tasks())
        await context.store.close()
    ideal, most = family.ideal(active), max(calls)
    return [
        Figure(f"{what}: event loop", max(loop_times) * 1000, "ms", 60, f"the slowest of {_TURNS}"),
        Figure(f"{what}: calls", most / ideal, "of the ideal", 1.1, f"{most} calls, ideal {ideal}: {family.why}"),
    ]


def _chosen(world: World) -> list[str]:
    """The newest tasks, which every family's list shows."""
    sessions = world.list_sessions(page_size=100)["sessions"]
    return [str(session["id"]) for session in sessions[:_CHANGED]]


def _context(folder: Path, caller: _TimedCaller) -> ServiceContext:
    clock = SystemClock()
    return ServiceContext(
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
