"""Runs every benchmark and prints a table: ``python -m benchmarks [--record] [--only PART]``, or ``make bench``.

With ``--profile`` it measures nothing, and writes where the time goes; with ``--breaks`` it measures the program made
slow on purpose, and writes that.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from benchmarks import breaks, commands, dashboard, looking, polling, profiles, promptness, saving
from benchmarks.report import Figure, record, table

PARTS = ("commands", "saving", "polling", "promptness", "dashboard")


def main() -> int:
    """Exit code 1 when a budget was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the figures into benchmarks/README.md")
    parser.add_argument("--profile", action="store_true", help="write where the time goes into benchmarks/PROFILES.md")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command is run (15)")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part, without recording; may be repeated")
    parser.add_argument("--breaks", action="store_true", help="make it slow on purpose: every budget must be missed")
    given = parser.parse_args()
    if given.breaks:
        for kept in (still_kept := breaks.see(given.only or PARTS)):
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
    measures: dict[str, Callable[[], list[Figure]]] = {
        "commands": lambda: commands.measure(rounds),
        "saving": saving.measure,
        "polling": polling.measure,
        "promptness": promptness.measure,
        "dashboard": dashboard.measure,
    }
    for name, measure in measures.items():
        if only and name not in only:
            continue
        print(f"Measuring {name} …", file=sys.stderr)
        figures += measure()
    return figures


if __name__ == "__main__":
    sys.exit(main())
