"""A whole manager over a simulated world in this process, with places where the exchange can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jjm_tui.assembly.demo import WorldCaller
from jjm_tui.errors import Effect, ServerConnectionError
from jjm_tui.gateway.server import JulesServer
from jjm_tui.gateway.wire import CallPolicy
from jjm_tui.ports import ToolAnswer
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.manager import JobManager
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

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
WRITES = frozenset(
    {
        "create_session",
        "send_message",
        "approve_plan",
        "jules_create_task",
        "jules_send_message",
        "jules_approve_plan",
        "jules_resume_task",
        "send_reply_to_session",
    }
)


class HandClock:
    """Time that moves when it is told to, or when somebody sleeps."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds

    def set_back(self, seconds: float) -> None:
        """Somebody corrects the clock, which was ahead."""
        self._now -= timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class Killed(BaseException):
    """The process was killed here: nothing of ours runs any more."""


Cut = Callable[[str, str], BaseException | None]
"""Asked at each place of a call (``before write``, ``written``, ``effect``, ``answer``): an exception to end it."""


class CuttingCaller(WorldCaller):
    """A caller whose exchanges can be held, and cut at every place; reads can be made to fail as well."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self.cut: Cut = lambda tool, place: None
        self.is_down = False
        self.calls: list[str] = []
        self._held: dict[tuple[str, str], asyncio.Event] = {}

    def hold(self, tool: str, session_id: str) -> asyncio.Event:
        """Calls of this tool for this session wait until the event is set, before anything is written."""
        return self._held.setdefault((tool, session_id), asyncio.Event())

    async def call(self, tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
        self.calls.append(tool)
        await self._wait(tool, arguments)
        self._check(tool, "before write", Effect.NONE)
        if policy.written is not None:
            policy.written()
        self._check(tool, "written", Effect.UNKNOWN)
        answer = self.answer(tool, arguments)
        self._check(tool, "effect", Effect.UNKNOWN)
        error = policy.judge(answer) if policy.judge is not None else None
        if error is not None:
            raise error
        self._check(tool, "answer", Effect.UNKNOWN)
        return answer

    async def _wait(self, tool: str, arguments: Mapping[str, Any]) -> None:
        held = self._held.get((tool, arguments.get("sessionId", "")))
        if held is None:
            return
        try:
            await held.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # a server over HTTP is told first that nobody waits any more
            raise

    def _check(self, tool: str, place: str, effect: Effect) -> None:
        if self.is_down:
            raise ServerConnectionError("The server is down.", effect=effect)
        failure = self.cut(tool, place)
        if failure is not None:
            raise failure


def lost(effect: Effect = Effect.UNKNOWN) -> ServerConnectionError:
    """The connection ended."""
    return ServerConnectionError("The connection ended.", effect=effect)


@dataclass
class Workbench:
    """One world, one folder of stores, and managers over them: one per simulated process."""

    folder: Path
    world: World
    clock: HandClock
    dialect: Dialect
    settle_window: float = 60.0

    def process(self) -> tuple[JobManager, CuttingCaller, ServiceContext]:
        """A new process with its own connection and its own view of the files."""
        caller = CuttingCaller(self.dialect)
        context = ServiceContext(
            server=JulesServer(caller, self.clock, "simulator"),
            store=JsonTaskStore(self.folder / "tasks.json", self.clock, gather_seconds=0),
            events=FileEventLog(self.folder / "events.jsonl", self.clock),
            outbox=FileOutbox(self.folder / "outbox.json", self.folder / "locks", self.clock),
            drafts=FileDrafts(self.folder / "drafts.json"),
            transcripts=FileTranscripts(self.folder / "activities"),
            leadership=FileLeadership(self.folder / "locks" / "poller.lock"),
            clock=self.clock,
            origin="test/simulator",
            settle_window=self.settle_window,
            confirm_for=1.0,
        )
        return JobManager(context), caller, context

    def effects(self, kind: str) -> list[tuple[str, str]]:
        """What the world really did: session id and text."""
        return [(entry.session_id, entry.text) for entry in self.world.journal if entry.kind == kind]

    def session_in(self, state: str) -> str:
        """An id of a session in this state."""
        for session_id in self.world.session_ids():
            if self.world.get_session(session_id).get("state") == state:
                return session_id
        raise AssertionError(f"no session is {state}")


DIALECTS: Mapping[str, Callable[[World], Dialect]] = {
    "rest": RestDialect,
    "official": OfficialDialect,
    "browser": BrowserDialect,
}


def bench(folder: Path, *, tasks: int = 12, seed: int = 1, dialect: str = "rest") -> Workbench:
    """A workbench over one dialect; its world stands still until it is stepped."""
    hand = HandClock()
    world = World(seed, tasks, 0.0, hand)
    return Workbench(folder, world, hand, DIALECTS[dialect](world))


def hide_plans(work: Workbench, task_id: str, *, but: int = 0) -> None:
    """From now on the server shows none of the plans of this task, ``but`` the first ones; the task goes on waiting."""
    session = work.world.session(task_id)
    plans = [record for record in session.activities if record.kind == "planGenerated"]
    gone = {record.id for record in plans[but:]}
    session.activities[:] = [record for record in session.activities if record.id not in gone]


def other_origin(context: ServiceContext) -> ServiceContext:
    """The same stores, reached through another server."""
    return replace(context, origin="test/other")
