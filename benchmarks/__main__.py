"""Runs every benchmark and prints a table: ``python -m benchmarks [--record] [--only PART …]``, or ``make bench``.

With ``--profile`` it measures nothing, and writes where the time goes; with ``--breaks`` it measures the program made
slow on purpose, and writes that.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks import breaks, commands, dashboard, looking, polling, profiles, promptness, rudeness, saving
from benchmarks.report import Figure, record, table

_COMMANDS = "commands"
PARTS: Mapping[str, Callable[[Path], list[Figure]]] = {
    "one-change": saving.measure_one_change,
    "many-changes": saving.measure_many_changes,
    "polling": polling.measure,
    "cleaning": promptness.measure_cleaning,
    "edits": promptness.measure_edits,
    "restarts": promptness.measure_restarts,
    "rude-calls": rudeness.measure_calls,
    "rude-commands": rudeness.measure_commands,
    "rude-dashboards": rudeness.measure_dashboards,
    "leaving": promptness.measure_leaving,
    "first-pages": dashboard.measure_first_pages,
    "keys": dashboard.measure_keys,
    "long-texts": dashboard.measure_long_texts,
    "pauses": dashboard.measure_blocking,
    "idle": dashboard.measure_idle,
    "memory": dashboard.measure_memory,
}
"""What can be measured by itself, in a folder of its own; the commands come before."""


def main() -> int:
    """Exit code 1 when a budget was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the figures into benchmarks/README.md")
    parser.add_argument("--profile", action="store_true", help="write where the time goes into benchmarks/PROFILES.md")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command is run (15)")
    parts = (_COMMANDS, *PARTS)
    parser.add_argument("--only", action="append", choices=parts, help="this part, without recording; may be repeated")
    parser.add_argument("--breaks", action="store_true", help="make it slow on purpose: every budget must be missed")
    given = parser.parse_args()
    if given.breaks:
        for kept in (still_kept := breaks.see(given.only or parts)):
            print(f"Kept in spite of its break: {kept}", file=sys.stderr)
        return 1 if still_kept else 0
    if given.profile:
        with profiles.Profiler() as profiler:
            looking.use(profiler)
            _measure(2, given.only)
        profiles.record(profiler.found)
        return 0
    figures = _measure(given.rounds, given.only)
    print(table(figures))
    if given.record and not given.only:
        record(figures)
    return 1 if any(figure.is_missed for figure in figures) else 0


def _measure(rounds: int, only: Sequence[str] | None) -> list[Figure]:
    figures: list[Figure] = []
    for name, measure in {_COMMANDS: partial(commands.measure, rounds=rounds), **PARTS}.items():
        if only and name not in only:
            continue
        print(f"Measuring {name} …", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="jjm-bench-") as folder:
            figures += measure(Path(folder))
    return figures


if __name__ == "__main__":
    sys.exit(main())
