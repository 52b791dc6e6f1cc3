"""What servers that misbehave cost: how long the event loop pauses, and how much later than promised an answer comes.

The ways of misbehaving and what must come of them are those of the tests; another outcome ends the benchmark.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.gateway import rude_modes as modes
from tests.rude import table
from tests.rude.ground import RudeGround

from benchmarks.dashboard import KEYS, ROOT, open_dashboard, shows
from benchmarks.looking import measured
from benchmarks.report import Figure, median
from benchmarks.terminal import Screen
from jjm_tui.assembly.clock import SystemClock
from jjm_tui.errors import JulesManagerError
from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.spec import CallerSettings, ServerSpec
from jjm_tui.gateway.wire import CallPolicy
from jjm_tui.simulator.world import World
from jjm_tui.tui.loop_probe import LoopProbe

RUDE = ROOT / "tests" / "gateway" / "rude_server.py"
_PAUSE = "event loop paused by a rude server"
_START = 20.0
_CALL = 20.0
_IMPATIENT = 0.5
_COMMAND_PATIENCE = 3.0
_COMMANDS = {"list": "list_sessions", "message": "send_message"}
"""With the tool at which the server misbehaves."""
_SESSIONS = 12
_ASKED_WITHIN = 10.0
"""Seconds until a dashboard asks a rude server once more; one that died is started again first."""
_PAUSE_BUDGET = 100
_LATE_BUDGET = 1


def measure_calls(folder: Path) -> list[Figure]:
    """One call of each rude server through the connection."""
    return asyncio.run(_calls(folder))


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


def measure_commands(folder: Path) -> list[Figure]:
    """A command that reads and one that changes something, until they tell what went wrong. Their own start, and that
    of a polite server, does not count."""
    late, latest = -_COMMAND_PATIENCE, ""
    for command, tool in _COMMANDS.items():
        own = median([_tell_seconds("line_1", folder / f"{command}-polite-{turn}", command, tool) for turn in range(3)])
        for mode in table.REFUSED:
            seconds = _tell_seconds(mode, folder / f"{command}-{mode}", command, tool)
            patience = float(next(iter(table.SETTINGS.get(mode, {}).values()), _COMMAND_PATIENCE))
            if (later := seconds - own - patience) > late:
                late, latest = later, f"{command}, {mode}"
    detail = f"{len(table.REFUSED)} ways of being rude, {len(_COMMANDS)} commands · {latest}"
    return [Figure("rude servers, commands: told after the deadline", late, "s", _LATE_BUDGET, detail)]


def _tell_seconds(mode: str, folder: Path, command: str, tool: str) -> float:
    """From the start of the command until it tells how it went."""
    ground = RudeGround(folder, mode, (tool,))
    folder.mkdir()
    world = World(1, _SESSIONS, 0.0, state_path=folder / "world.json")
    task_id = next(each for each in world.session_ids() if world.get_session(each)["state"] == "AWAITING_USER_FEEDBACK")
    words = {"list": (), "message": (task_id, "Go on.")}[command]
    patience = {"JJM_SERVER__CALL_TIMEOUT": str(_COMMAND_PATIENCE)}
    environ = {**ground.program.environ, **patience, **table.SETTINGS.get(mode, {})}
    argv = ground.program.plain_argv("--server", ground.server, command, *words, "--json")
    start = time.perf_counter()
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(argv, env=environ, **streams) as process:
        assert process.stdout is not None
        told = process.stdout.read(1)
        seconds = time.perf_counter() - start
        rest = process.stdout.read()
    if command == "list" and (process.returncode != 0) is not (mode in table.REFUSED):
        raise RuntimeError(f"{mode} ended otherwise than the tests have it: {(told + rest)[:500]!r}")
    return seconds


def measure_dashboards(folder: Path) -> list[Figure]:
    """Each way is met twice on its own; the second time counts, as the first one imports and paints much besides."""
    ways = [*table.ANSWERED, *table.REFUSED]
    what = f"{_PAUSE}, dashboard"
    pauses = {mode: _meet_twice(mode, folder / mode, what) for mode in ways}
    slowest_first = max(ways, key=lambda mode: pauses[mode][0])
    slowest = max(ways, key=lambda mode: pauses[mode][1])
    detail = f"{len(ways)} ways of being rude"
    return [
        Figure(what, pauses[slowest][1], "ms", _PAUSE_BUDGET, f"{detail} · {slowest}"),
        Figure(f"{_PAUSE}, dashboard, from its start", pauses[slowest_first][0], "ms", None, slowest_first),
    ]


def _meet_twice(mode: str, home: Path, what: str) -> tuple[float, float]:
    """The longest pauses, in milliseconds: of all, and when the server was met for the second time."""
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
        began, before = SystemClock().now().timestamp(), _asked(heard)
        with measured(what, terminal.pid):
            terminal.send("R" if mode in table.REFUSED else KEYS.refresh)
            until = time.monotonic() + _ASKED_WITHIN
            while before and _asked(heard) == before:
                if time.monotonic() > until:
                    raise RuntimeError(f"{mode}: the server was not asked again.")
                terminal.watch(0.1)
            terminal.watch(2.0 if mode in modes.IMPATIENT else 1.0)
        if mode in table.REFUSED:
            terminal.press(KEYS.back, shows("Tasks"))
        if terminal.end(KEYS.quit) is None:
            raise RuntimeError(f"{mode}: the dashboard does not end.")
    return _longest_pause(probe, 0.0), _longest_pause(probe, began)


def _asked(heard: Path) -> int:
    """How often a server was asked for something of tasks; where it is never, how much it heard at all."""
    lines = heard.read_bytes()
    return lines.count(b'"tools/call"') or len(lines)


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
