"""What the tests of the gateway share: clocks, callers of the rude server, and a look at what is left running."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel

from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.spec import CallerSettings, ServerSpec
from jjm_tui.gateway.wire import CallPolicy

RUDE = Path(__file__).with_name("rude_server.py")
MARK = "JJM_TEST_MARK"
READ = CallPolicy()


class RealClock:
    """The machine's."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class FakeClock:
    """Moves when somebody sleeps, and when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await anyio.lowlevel.checkpoint()


class Stand:
    """Makes callers of rude servers that all carry one mark, and closes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.logged: list[tuple[str, Mapping[str, Any]]] = []
        self._callers: list[SupervisedCaller] = []

    def spec(self, mode: str = "polite", **more: Any) -> ServerSpec:
        env = {MARK: self.mark, **more.pop("env", {})}
        return ServerSpec("rude", (sys.executable, "-I", "-S", str(RUDE), mode), env=env, **more)

    def caller(self, mode: str = "polite", clock: Any = None, **settings: Any) -> SupervisedCaller:
        spec = settings.pop("spec", None) or self.spec(mode)
        settings.setdefault("start_timeout", 20.0)
        settings.setdefault("call_timeout", 20.0)
        settings.setdefault("retry_min", 0.01)
        limits = CallerSettings(**settings)
        caller = SupervisedCaller(spec, clock or RealClock(), limits, lambda *entry: self.logged.append(entry))
        self._callers.append(caller)
        return caller

    def events(self, name: str) -> list[Mapping[str, Any]]:
        return [facts for event, facts in self.logged if event == name]

    def left_running(self) -> list[str]:
        """Processes with our mark, wherever they hide."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                environment = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"{MARK}={self.mark}".encode() in environment:
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        return found

    async def close(self) -> None:
        for caller in self._callers:
            await caller.close()


def guards_running() -> list[int]:
    """The guard shells among our children. (The list of children in ``/proc`` is not reliable while threads end.)"""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == str(os.getpid()) and b"kill -s KILL" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (OSError, IndexError):
            continue
    return found


async def wait_until(question: Any, patience: float = 60.0) -> None:
    """Ask until the answer is yes."""
    with anyio.fail_after(patience):
        while not question():  # noqa: ASYNC110 - other processes set no event
            await anyio.sleep(0.005)
