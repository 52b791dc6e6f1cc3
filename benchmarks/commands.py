"""Whole processes, from start to exit, against ``python -c pass``; each round runs every command once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.looking import measured, python
from benchmarks.report import Figure, median
from benchmarks.samples import fill_store, make_task

_BIG_ROUNDS = 5
_UNIT = "times `python -c pass`"


@dataclass(frozen=True)
class _Command:
    what: str
    arguments: tuple[str, ...]
    home: Path
    budget: float | None = None
    is_big: bool = False


def measure(folder: Path, rounds: int) -> list[Figure]:
    """The medians as ratios to the bare interpreter's of the same rounds."""
    small, big = folder / "small", folder / "big"
    fill_store(small / "data" / "default" / "tasks.json", 500)
    fill_store(big / "data" / "default" / "tasks.json", 10_000)
    listing = ("list", "--cached", "--json")
    get = ("get", make_task(250).id, "--cached", "--json")
    commands = (
        _Command("`jjm --version`", ("--version",), small, 6),
        _Command("`jjm --help`", ("--help",), small),
        _Command("`jjm list --cached --json`, 500 tasks", listing, small, 12),
        _Command("`jjm get TASK --cached --json`, 500 tasks", get, small),
        _Command("`jjm list --cached --json`, 10 000 tasks", listing, big, is_big=True),
    )
    return _measure(commands, rounds)


def _measure(commands: Sequence[_Command], rounds: int) -> list[Figure]:
    base: list[float] = []
    times: dict[str, list[float]] = {command.what: [] for command in commands}
    for turn in range(rounds + 1):
        bare = _seconds([sys.executable, "-c", "pass"], commands[0].home)
        for command in commands:
            if command.is_big and turn > _BIG_ROUNDS:
                continue
            with measured(command.what):
                seconds = _seconds(python("jjm_tui", *command.arguments), command.home)
            if turn > 0:  # the first round fills caches
                times[command.what].append(seconds)
        if turn > 0:
            base.append(bare)
    bare = median(base)
    return [
        Figure(
            command.what,
            median(times[command.what]) / bare,
            _UNIT,
            command.budget,
            f"{median(times[command.what]) * 1000:.0f} ms against {bare * 1000:.1f} ms",
        )
        for command in commands
    ]


def _seconds(argv: Sequence[str], home: Path) -> float:
    start = time.perf_counter()
    subprocess.run(argv, env=_environ(home), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def _environ(home: Path) -> Mapping[str, str]:
    """Without settings of this machine, and with compiled modules kept, as an installed program has them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JJM_", "PYTHON", "COV")) and name != "JULES_API_KEY"
    }
    return {**kept, "JJM_HOME": str(home)}
