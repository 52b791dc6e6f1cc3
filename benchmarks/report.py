"""Figures, their budgets, and the Markdown table that both are told in."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).with_name("README.md")
_BEGIN = "<!-- figures: written by `make bench ARGS=--record` -->"
_END = "<!-- end of figures -->"


@dataclass(frozen=True)
class Figure:
    """One measured value. ``budget``: the most that is promised; ``None``: nothing is promised."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    detail: str = ""

    @property
    def is_missed(self) -> bool:
        return self.budget is not None and self.value > self.budget


def median(values: Sequence[float]) -> float:
    """The middle one; a machine that was busy for a moment does not move it."""
    return statistics.median(values)


def table(figures: Sequence[Figure]) -> str:
    """The figures as Markdown, with what they were measured on."""
    lines = [_machine(), "", "| what | measured | budget | |", "|---|---|---|---|"]
    for figure in figures:
        verdict = "" if figure.budget is None else "missed" if figure.is_missed else "kept"
        budget = "" if figure.budget is None else f"≤ {_number(figure.budget)} {figure.unit}"
        words = " · ".join(part for part in (verdict, figure.detail) if part)
        lines.append(f"| {figure.what} | {_number(figure.value)} {figure.unit} | {budget} | {words} |")
    return "\n".join(lines)


def record(figures: Sequence[Figure]) -> None:
    """Put the table into the README, in place of the last one."""
    write_between(README, _BEGIN, _END, table(figures))


def write_between(path: Path, begin: str, end: str, words: str) -> None:
    """Put these words between the two marks of a file, in place of what stands there."""
    head, _, rest = path.read_text(encoding="utf-8").partition(begin)
    tail = rest.partition(end)[2]
    path.write_text(f"{head}{begin}\n\n{words}\n\n{end}{tail}", encoding="utf-8")


def _machine() -> str:
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors."
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}" if value < 10 else f"{value:.1f}"
