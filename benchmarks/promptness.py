"""How soon what is promised happens: text is clean, others' changes are seen, servers are back, the program is gone.

These are times of this machine and no ratios; each is the budget of a promise in ``docs/reliability.md``.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from tests.domain.worst_texts import WORST_TEXTS

from benchmarks import homes, rudeness
from benchmarks.dashboard import KEYS, ROOT, leave, open_dashboard, p95, shows, wait_for_page
from benchmarks.looking import measured
from benchmarks.report import Figure, median
from benchmarks.samples import fill_store
from jjm_tui.assembly.clock import SystemClock
from jjm_tui.domain.text import clean
from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.connection import CRASH_WINDOW
from jjm_tui.gateway.spec import CallerSettings, ServerSpec
from jjm_tui.gateway.wire import CallPolicy

_KILLS = 40
_STARTS = 7
_EDITS = 30
_CLOSED = "closed terminal"
_WAYS_OUT = {KEYS.quit: 0, signal.SIGTERM: 130, signal.SIGHUP: 130, _CLOSED: 130}
"""With the exit codes."""


def measure_cleaning(_folder: Path) -> list[Figure]:
    """Processor time, as a busy machine must not count."""
    what, slowest = "cleaning 1 MB of the worst text", 0.0
    for unit in WORST_TEXTS:
        text = unit * (1_000_000 // len(unit.encode()))
        times = []
        for turn in range(3):
            with measured(what) if turn == 0 else nullcontext():  # the same again would only take longer
                start = time.thread_time()
                clean(text)
                times.append(time.thread_time() - start)
        slowest = max(slowest, median(times))
    return [Figure(what, slowest * 1000, "ms", 100, f"of UTF-8, the slowest of {len(WORST_TEXTS)}")]


def measure_edits(folder: Path) -> list[Figure]:
    """Another program replaces the file, writes it in place or saves it as editors do, until the dashboard shows it."""
    home = homes.prepare_sample_home(folder, 500)
    order = homes.list_order(home)
    what, times = "another program's change seen, 500 tasks, p95", []
    with open_dashboard(home) as terminal:
        wait_for_page(terminal, order)
        terminal.watch(3)
        with measured(what, terminal.pid):
            for turn in range(_EDITS):
                title = f"Edited in turn {turn}"
                terminal.settle(0.1)
                _edit(home / "data" / "default" / "tasks.json", order[turn].id, title, turn % 3)
                edited = time.perf_counter()
                times.append(terminal.wait_for(shows(title)) - edited)
        leave(terminal)
    return [Figure(what, p95(times) * 1000, "ms", 300, f"{_middle(times)} · longest {max(times) * 1000:.0f} ms")]


def _edit(path: Path, task_id: str, title: str, way: int) -> None:
    data = json.loads(path.read_bytes())
    (task,) = (task for task in data["tasks"] if task["id"] == task_id)
    task["title"] = title
    text = json.dumps(data, indent=2)
    fresh = path.with_name("fresh")
    if way == 0:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
        return
    if way == 1:
        path.rename(path.with_name("tasks.json~"))
    path.write_text(text, encoding="utf-8")


class _SkewedClock(SystemClock):
    """The machine's, moved on between two kills, so that they count as rare."""

    skew = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.skew


def measure_restarts(folder: Path) -> list[Figure]:
    """The server is killed; how long until it is connected again, without the time that its own start takes."""
    return [asyncio.run(_restart_often(folder))]


async def _restart_often(folder: Path) -> Figure:
    starts = []
    for _ in range(_STARTS + 1):
        caller = _caller("polite", folder)
        start = time.perf_counter()
        await caller.connect()
        starts.append(time.perf_counter() - start)
        await caller.close()
    own = median(starts[1:])  # the first one imports
    clock = _SkewedClock()
    caller = _caller("polite", folder, clock)
    what, times = "a killed server connected again, p95", []
    for _ in range(_KILLS):
        pid = int((await caller.call("pid", {}, CallPolicy())).text)
        back = asyncio.Event()
        stop = caller.watch(_when_back(back))
        clock.skew += CRASH_WINDOW
        with measured(what):
            start = time.perf_counter()
            os.kill(pid, signal.SIGKILL)
            await back.wait()
        times.append(time.perf_counter() - start - own)
        stop()
    await caller.close()
    detail = f"{_middle(times)} · without its own start, {own * 1000:.0f} ms · {_KILLS} kills"
    return Figure(what, p95(times) * 1000, "ms", 500, detail)


def _when_back(back: asyncio.Event) -> Callable[[object], None]:
    seen: list[str] = []

    def note(state: object) -> None:
        seen.append(getattr(state, "status", ""))
        if seen[-1] == "connected" and "down" in seen:
            back.set()

    return note


def _caller(mode: str, folder: Path, clock: SystemClock | None = None) -> SupervisedCaller:
    spec = ServerSpec("rude", (sys.executable, "-I", "-S", str(rudeness.RUDE), mode))
    settings = CallerSettings(start_timeout=20.0, call_timeout=20.0, retry_attempts=1, stderr_log=folder / "server.log")
    return SupervisedCaller(spec, clock or SystemClock(), settings, lambda *_: None)


def measure_leaving(home: Path) -> list[Figure]:
    """The dashboard is left while its server ignores every request to end."""
    arguments = json.dumps(["-m", "tests.rude.jules_server", "ignores_sigterm", str(home / "world.json")])
    (home / "jjm.toml").write_text(
        f'[server]\nlabel = "deaf"\ncommand = "{sys.executable}"\nargs = {arguments}\npass_env = ["PYTHONPATH"]\n',
        encoding="utf-8",
    )
    fill_store(home / "data" / "default" / "tasks.json", 1)
    what, times = "leaving a server that ignores SIGTERM", []
    for way, wanted in _WAYS_OUT.items():
        with open_dashboard(home, PYTHONPATH=f"{ROOT}{os.pathsep}{ROOT / 'src'}") as terminal:
            terminal.wait_for(shows("connected"))
            start = time.perf_counter()
            with measured(what, terminal.pid):
                if way is _CLOSED:
                    terminal.hang_up()
                    code = terminal.end(patience=30.0)
                elif isinstance(way, signal.Signals):
                    os.kill(terminal.pid, way)
                    code = terminal.end(patience=30.0)
                else:
                    code = terminal.end(way, patience=30.0)
            if code != wanted:
                raise RuntimeError(f"The dashboard does not end in order: {code}.")
            times.append(time.perf_counter() - start)
    return [Figure(what, max(times), "s", 5, "the slowest of Ctrl+C, SIGTERM, SIGHUP and a closed terminal")]


def _middle(times: list[float]) -> str:
    return f"p50 {median(times) * 1000:.0f} ms"
