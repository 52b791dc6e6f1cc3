"""What servers that misbehave cost: how long the event loop pauses, and how much later than promised an answer comes.

The ways of misbehaving and what must come of them are those of the tests; another outcome ends the benchmark.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.gateway import rude_modes as modes
from tests.rude import table

from benchmarks.dashboard import KEYS, ROOT, open_dashboard, shows
from benchmarks.looking import measured
from benchmarks.report import Figure
from benchmarks.terminal import Screen
from jjm_tui.assembly.clock import SystemClock
from jjm_tui.errors import JulesManagerError
from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.spec import CallerSettings, ServerSpec
from jjm_tui.gateway.wire import CallPolicy
from jjm_tui.tui.loop_probe import LoopProbe

RUDE = ROOT / "tests" / "gateway" / "rude_server.py"
_PAUSE = "event loop paused by a rude server"
_START = 20.0
_CALL = 20.0
_IMPATIENT = 0.5
_ASKED_WITHIN = 10.0
"""Seconds until a dashboard asks a rude server once more; one that died is started again first."""
_PAUSE_BUDGET = 100
_LATE_BUDGET = 1


def measure(folder: Path) -> list[Figure]:
    """All figures about rude servers."""
    return [*asyncio.run(_calls(folder)), _dashboards(folder)]


async def _calls(folder: Path) -> list[Figure]:
    await _call("polite", folder)  # it imports
    probe, late, latest = LoopProbe(folder / "gaps.json"), -_START, ""
    ways = [*modes.ANSWERED, *modes.FAILED_START, *modes.FAILED_CALL]
    with measured(_PAUSE):
        for mode in ways:
            later = await _call(mode, folder)
            if later > late:
                late, latest = later, mode
    probe.write()
    detail = f"{len(ways)} ways of being rude"
    return [
        Figure(_PAUSE, _longest_pause(folder / "gaps.json", 0.0), "ms", _PAUSE_BUDGET, detail),
        Figure("rude servers: answered or told after the deadline", late, "s", _LATE_BUDGET, f"{detail} · {latest}"),
    ]


async def _call(mode: str, folder: Path) -> float:
    """Meet a server once; answer by how many seconds the deadline was missed, less than zero when it was not."""
    patience = _IMPATIENT if mode in modes.IMPATIENT else _CALL
    starting = mode in modes.FAILED_START
    settings = CallerSettings(
        start_timeout=patience if starting else _START,
        max_line_bytes=modes.LIMITS.get(mode, 8 * modes.MB),
        retry_min=0.01,
        stderr_log=folder / "server.log",
    )
    spec = ServerSpec("rude", (sys.executable, "-I", "-S", str(RUDE), mode))
    caller = SupervisedCaller(spec, SystemClock(), settings, lambda *_: None)
    told: JulesManagerError | str
    try:
        if not starting:
            await caller.connect()
        began = asyncio.get_running_loop().time()
        try:
            told = (await caller.call("echo", {"text": "hi"}, CallPolicy(timeout=patience))).text
        except JulesManagerError as error:
            told = error
        took = asyncio.get_running_loop().time() - began
    finally:
        await caller.close()
    _expect(mode, told)
    return took - patience


def _expect(mode: str, told: JulesManagerError | str) -> None:
    if isinstance(told, str):
        as_told = told == modes.ANSWERED.get(mode)
    else:
        kind, words = {**modes.FAILED_START, **modes.FAILED_CALL}.get(mode, (None, ""))
        as_told = type(told) is kind and words.replace("\\", "") in told.message
    if not as_told:
        raise RuntimeError(f"{mode} ended otherwise than the tests have it: {str(told)[:200]}")


def _dashboards(folder: Path) -> Figure:
    """Each way is met twice on its own; the second time counts, as the first one imports and paints much besides."""
    what, longest, slowest = f"{_PAUSE}, dashboard", 0.0, ""
    ways = [*table.ANSWERED, *table.REFUSED]
    for mode in ways:
        pause = _meet_twice(mode, folder / mode, what)
        if pause >= longest:
            longest, slowest = pause, mode
    return Figure(what, longest, "ms", _PAUSE_BUDGET, f"{len(ways)} ways of being rude · {slowest}")


def _meet_twice(mode: str, home: Path, what: str) -> float:
    _prepare_home(home, mode)
    probe, heard = home / "gaps.json", home / "heard"
    heard.touch()
    variables = {"JJM_LOOP_PROBE": str(probe), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    with open_dashboard(home, RUDE_HEARD=str(heard), **variables, **table.SETTINGS.get(mode, {})) as terminal:
        terminal.wait_for(shows("Tasks"))
        if mode in table.REFUSED:
            terminal.send("C")
        terminal.wait_for(_tells(mode))
        terminal.settle()
        began, before = SystemClock().now().timestamp(), heard.stat().st_size
        with measured(what, terminal.pid):
            terminal.send("R" if mode in table.REFUSED else KEYS.refresh)
            until = time.monotonic() + _ASKED_WITHIN
            while before and heard.stat().st_size == before:
                if time.monotonic() > until:
                    raise RuntimeError(f"{mode}: the server was not asked again.")
                terminal.watch(0.1)
            terminal.watch(2.0 if mode in modes.IMPATIENT else 1.0)
        if mode in table.REFUSED:
            terminal.press(KEYS.back, shows("Tasks"))
        if terminal.end(KEYS.quit) is None:
            raise RuntimeError(f"{mode}: the dashboard does not end.")
    return _longest_pause(probe, began)


def _tells(mode: str) -> Callable[[Screen], bool]:
    """The list; or, on the connection screen, the error's sentence, wherever its lines are broken, and the way to ask
    again, which is not there before a server that does not get ready is left."""
    if mode in table.ANSWERED:
        return lambda screen: "NEEDS YOU (3)" in screen.text and "DONE (3)" in screen.text
    words = table.REFUSED[mode].words
    return lambda screen: words in " ".join(screen.text.split()) and "R restart" in screen.text


def _prepare_home(home: Path, mode: str) -> None:
    home.mkdir()
    arguments = json.dumps(["-m", "tests.rude.jules_server", mode, str(home / "world.json")])
    (home / "jjm.toml").write_text(
        f'[server]\nlabel = "rude"\ncommand = "{sys.executable}"\nargs = {arguments}\n'
        'pass_env = ["PYTHONPATH", "RUDE_HEARD"]\n',
        encoding="utf-8",
    )


def _longest_pause(path: Path, began: float) -> float:
    """The program's own part of it, in milliseconds, since this moment."""
    gaps = json.loads(path.read_text(encoding="utf-8"))["gaps"]
    return max((float(gap["own_ms"]) for gap in gaps if gap["wall"] >= began), default=0.0)
