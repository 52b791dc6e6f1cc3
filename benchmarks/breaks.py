"""Makes the program slow on purpose (``breaks.toml``), and sees which figures miss their budgets then."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import make_copy
from tests.reliability import Mutant

from benchmarks.report import README, write_between

LISTED = Path(__file__).with_name("breaks.toml")
_BEGIN = "<!-- breaks: written by `make bench ARGS=--breaks` -->"
_END = "<!-- end of breaks -->"
_ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \| (kept|missed)\b", re.MULTILINE)


@dataclass(frozen=True)
class Break(Mutant):
    """One row of ``breaks.toml``, whose head tells what the fields are."""

    parts: tuple[str, ...]
    figures: tuple[str, ...]


def read_breaks() -> list[Break]:
    """All that are listed."""
    rows = tomllib.loads(LISTED.read_text(encoding="utf-8"))["break"]
    return [Break(**{**row, "parts": tuple(row["parts"]), "figures": tuple(row["figures"])}) for row in rows]


def see(parts: Sequence[str]) -> list[str]:
    """Measure these parts in broken copies, and write what was measured into the README. Answer the figures that kept
    their budgets all the same."""
    breaks = read_breaks()
    told = _read_rows()
    kept: list[str] = []
    for each in breaks:
        if not set(each.parts) & set(parts):
            continue
        found = _figures_of(each, _measure(each))
        told[each.words] = [
            f"| {each.words} | {name} | {value} | {budget} | {verdict} |"
            for name, (value, budget, verdict) in found.items()
        ]
        kept += [f"{name} ({each.words})" for name, (_, _, verdict) in found.items() if verdict != "missed"]
    rows = [row for each in breaks for row in told.get(each.words, ())]
    table = "\n".join(["| break | what | measured | budget | |", "|---|---|---|---|---|", *rows])
    print(table)
    write_between(README, _BEGIN, _END, table)
    return kept


def _read_rows() -> dict[str, list[str]]:
    """What the README tells already, by the words of the break."""
    rows: dict[str, list[str]] = {}
    for row in README.read_text(encoding="utf-8").partition(_BEGIN)[2].partition(_END)[0].splitlines():
        rows.setdefault(row.removeprefix("| ").partition(" | ")[0], []).append(row)
    return rows


def _figures_of(made: Break, measured: Mapping[str, tuple[str, str, str]]) -> dict[str, tuple[str, str, str]]:
    for figure in made.figures:
        if not any(name.startswith(figure) for name in measured):
            raise RuntimeError(f"There is no figure {figure!r} with a budget.")
    return {name: found for name, found in measured.items() if name.startswith(made.figures)}


def _measure(made: Break) -> dict[str, tuple[str, str, str]]:
    """Value, budget and verdict of each figure of its parts with a budget, by name, in a copy with this break alone."""
    with tempfile.TemporaryDirectory(prefix="jjm-broken-") as name:
        folder = Path(name)
        python = make_copy(folder)
        made.apply(folder)
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [python, "-m", "benchmarks", *(f"--only={part}" for part in made.parts)]
        ran = subprocess.run(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True, check=False)
    measured = {name: (value, budget, verdict) for name, value, budget, verdict in _ROW.findall(ran.stdout)}
    if ran.returncode not in (0, 1) or not measured:  # a traceback exits with 1 as well, like a missed budget
        raise RuntimeError(f"{', '.join(made.parts)} could not be measured.")
    return measured
