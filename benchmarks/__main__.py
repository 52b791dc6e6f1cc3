"""Runs every benchmark and prints a table: ``python -m benchmarks [--record] [--only PART]``, or ``make bench``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks import commands, dashboard, polling, promptness, saving
from benchmarks.report import Figure, record, table

PARTS = ("commands", "saving", "polling", "promptness", "dashboard")


def main() -> int:
    """Exit code 1 when a budget was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the figures into benchmarks/README.md")
    parser.add_argument("--rounds", type=int, default=15, help="how often each command is run (15)")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part, without recording; may be repeated")
    given = parser.parse_args()
    figures: list[Figure] = []
    measures: dict[str, Callable[[], list[Figure]]] = {
        "commands": lambda: commands.measure(given.rounds),
        "saving": saving.measure,
        "polling": polling.measure,
        "promptness": promptness.measure,
        "dashboard": dashboard.measure,
    }
    for name, measure in measures.items():
        if given.only and name not in given.only:
            continue
        print(f"Measuring {name} …", file=sys.stderr)
        figures += measure()
    print(table(figures))
    if given.record and not given.only:
        record(figures)
    return 1 if any(figure.is_missed for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
