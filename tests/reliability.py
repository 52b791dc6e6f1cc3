"""Writes what the last test runs proved into ``docs/reliability.md``: ``python -m tests.reliability REPORT.xml …``.

The reports are what ``pytest --junitxml`` writes; those of ``make test``, ``make proof`` and ``make soak`` together
hold every test. Without a report the figures of the tests stay, and what ``benchmarks/README.md`` says by now is taken
over.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = Path("src") / "jjm_tui"
PROMISES = Path(__file__).with_name("promises.toml")
CAUGHT = Path(__file__).with_name("caught.toml")
DOCUMENT = ROOT / "docs" / "reliability.md"
BENCHMARKS = ROOT / "benchmarks" / "README.md"
BEGIN = "<!-- proofs: written by `python -m tests.reliability` -->"
END = "<!-- end of proofs -->"

_BAD = {"failure": "failed", "error": "failed", "skipped": "skipped"}
_WORST = ("failed", "skipped", "passed")
_NEVER_RUN = "not run"
_NOT_ALL = "not all run"
_HEADS = ("promise", "how it is tried", "by", "breaks that they caught", "last run")
_PROVED = re.compile(r"\d+ passed")


@dataclass(frozen=True)
class Mutant:
    """A break of the program, in ``words``: in a file of ``SOURCE`` the text ``old``, there once, becomes ``new``."""

    words: str
    file: str
    old: str
    new: str

    def apply(self, copy: Path) -> None:
        """Break the copy of the project in this folder."""
        file = copy / SOURCE / self.file
        file.write_text(file.read_text(encoding="utf-8").replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class TriedMutant(Mutant):
    """A break that each of these tests must catch by itself, all others left out."""

    caught_by: tuple[str, ...]

    @property
    def caught(self) -> Caught:
        """What is kept of it once they did."""
        change = f"{self.file}\x00{self.old}\x00{self.new}"
        return Caught(hashlib.sha256(change.encode()).hexdigest()[:12], self.caught_by)


@dataclass(frozen=True)
class Caught:
    """Which tests caught a break, and what the break was then: ``change`` is another as soon as that is another."""

    change: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """One row of ``promises.toml``, whose head tells what the fields are."""

    words: str
    tried: str
    tests: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    mutants: tuple[TriedMutant, ...] = ()


@dataclass(frozen=True)
class Results:
    """What is told of a run. ``summary``: of all tests; ``cells``: of the tests of one promise, by its words."""

    summary: str = "No run is recorded yet."
    cells: Mapping[str, str] = field(default_factory=dict)

    def of(self, promise: Promise) -> str:
        """What its tests said."""
        return self.cells.get(promise.words, _NEVER_RUN)


def read_promises() -> dict[str, list[Promise]]:
    """All rows, by the titles of their chapters."""
    chapters = tomllib.loads(PROMISES.read_text(encoding="utf-8"))["chapter"]
    return {chapter["title"]: [_make_promise(row) for row in chapter["promise"]] for chapter in chapters}


def _make_promise(row: Mapping[str, Any]) -> Promise:
    fields = _with_tuples(row)
    mutants = tuple(TriedMutant(**_with_tuples(mutant)) for mutant in fields.pop("mutants", ()))
    return Promise(**fields, mutants=mutants)


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def read_reports(paths: Iterable[Path]) -> tuple[dict[tuple[str, str], str], list[str]]:
    """The verdict of each test by class name and name, and the days of the runs."""
    verdicts: dict[tuple[str, str], str] = {}
    days = set()
    for path in paths:
        root = ET.parse(path).getroot()  # noqa: S314 - our own test runner wrote it
        days |= {suite.get("timestamp", "")[:10] for suite in root.iter("testsuite")}
        for case in root.iter("testcase"):
            name = (case.get("classname", ""), case.get("name", ""))
            found = [verdicts.get(name, "passed"), *(_BAD[part.tag] for part in case if part.tag in _BAD)]
            verdicts[name] = min(found, key=_WORST.index)
    return verdicts, sorted(days - {""})


class _Collector:
    """What pytest finds: the class name and name of each test, and whether it is a soak."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], bool] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            self.found[report_name(item.nodeid)] = item.get_closest_marker("soak") is not None


def report_name(node_id: str) -> tuple[str, str]:
    """The class name and name by which a report knows a test."""
    path, bracket, values = node_id.partition("[")
    module, *classes, name = path.split("::")
    return ".".join([module.removesuffix(".py").replace("/", "."), *classes]), name + bracket + values


def collect() -> dict[tuple[str, str], bool]:
    """All tests there are, as a report names them; ``True``: of the long ones, which only ``make soak`` runs.

    Raises:
        RuntimeError: they cannot be collected.
    """
    collector = _Collector()
    with redirect_stdout(io.StringIO()) as said:
        code = pytest.main(["--collect-only", "-qq", "-m", "", str(ROOT / "tests")], plugins=[collector])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(f"pytest could not collect the tests: {said.getvalue()[-2000:]}")
    return collector.found


def is_proof(test: str, class_name: str, name: str) -> bool:
    """Whether a test of a report is one of those that a promise names with ``test``."""
    path, _, wanted = test.partition("::")
    module = path.removesuffix(".py").replace("/", ".")
    return f"{class_name}.".startswith(f"{module}.") and (not wanted or name.partition("[")[0] == wanted)


def sum_up(
    verdicts: Mapping[tuple[str, str], str], days: Sequence[str], collected: Mapping[tuple[str, str], bool]
) -> Results:
    """What is to be told of these verdicts, and of each promise also which of the tests there are were not run."""
    cells = {}
    for promise in _all_promises():
        names = {name for name in verdicts for test in promise.tests if is_proof(test, *name)}
        missing = {name: test for name in collected.keys() - names for test in promise.tests if is_proof(test, *name)}
        left_out = sorted({_short(test) for name, test in missing.items() if not collected[name]})
        if longer := sum(collected[name] for name in missing):
            left_out.append(f"{longer} of the long ones")
        told = [_count([verdicts[name] for name in names])] if names else [_NEVER_RUN]
        if names and left_out:
            told.append(f"{_NOT_ALL}: {', '.join(left_out)} missing")
        cells[promise.words] = "; ".join(told)
    return Results(f"Last run: {', '.join(days)}. Of all tests: {_count(list(verdicts.values()))}.", cells)


def _count(verdicts: Sequence[str]) -> str:
    """For example ``12 passed``, or ``1 failed, 11 passed``."""
    numbers = Counter(verdicts)
    return ", ".join(f"{numbers[word]} {word}" for word in _WORST if numbers[word])


def read_budgets() -> dict[str, str]:
    """Whether each figure with a budget ``kept`` or ``missed`` it, by its name in ``benchmarks/README.md``."""
    text = BENCHMARKS.read_text(encoding="utf-8").partition("<!-- figures")[2].partition("<!-- end of figures")[0]
    return dict(re.findall(r"^\| (.+?) \|.*\| (kept|missed)\b", text, re.MULTILINE))


def _told_budgets(promise: Promise, budgets: Mapping[str, str]) -> str:
    """For example ``4 of 4 budgets kept``."""
    found = [verdict for name, verdict in budgets.items() if name.startswith(promise.figures)]
    return f"{found.count('kept')} of {len(found)} budget{'s' * (len(found) > 1)} kept"


def read_caught() -> dict[str, Caught]:
    """What caught each break when it was tried last, by the words of the break."""
    kept = tomllib.loads(CAUGHT.read_text(encoding="utf-8")) if CAUGHT.exists() else {}
    return {words: Caught(each["change"], tuple(each["by"])) for words, each in kept.items()}


def write_caught(caught: Mapping[str, Caught]) -> None:
    """Keep what caught which break; only of breaks that are still listed."""
    head = "# What caught each break of promises.toml when it was tried last; written by `make mutants`.\n"
    tables = [
        f"\n[{json.dumps(mutant.words)}]\nchange = {json.dumps(found.change)}\nby = {json.dumps(found.by)}\n"
        for promise in _all_promises()
        for mutant in promise.mutants
        if (found := caught.get(mutant.words)) is not None
    ]
    CAUGHT.write_text(head + "".join(tables), encoding="utf-8")


def _told_breaks(promise: Promise, caught: Mapping[str, Caught]) -> str:
    """For example ``2: files are written in place; the folder is not synced``, or of one only its words."""
    seen = [mutant.words for mutant in promise.mutants if caught.get(mutant.words) == mutant.caught]
    count = f"{len(seen)}: " if len(seen) > 1 else ""
    unseen = len(promise.mutants) - len(seen)
    return f"{count}{'; '.join(seen)}" + (f" ({unseen} not tried yet)" if unseen else "")


def make_proofs(results: Results) -> str:
    """All tables, as Markdown."""
    budgets, caught = read_budgets(), read_caught()
    lines = [results.summary]
    for title, promises in read_promises().items():
        lines += ["", f"### {title}", "", f"| {' | '.join(_HEADS)} |", "|---" * len(_HEADS) + "|"]
        for promise in promises:
            paths = dict.fromkeys(test.partition("::")[0] for test in promise.tests)
            links = [f"[{_short(path)}](../{path})" for path in paths]
            told = [results.of(promise)] if promise.tests else []
            if promise.figures:
                links.append("[benchmarks](../benchmarks/README.md#figures)")
                told.append(_told_budgets(promise, budgets))
            cells = (promise.words, promise.tried, ", ".join(links), _told_breaks(promise, caught), " · ".join(told))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def read_results(text: str) -> Results:
    """The results that the document tells already."""
    proofs = text.partition(BEGIN)[2].partition(END)[0].strip()
    rows = [line.removesuffix(" |").split(" | ") for line in proofs.splitlines() if line.startswith("| ")]
    cells = {row[0].removeprefix("| "): row[-1].partition(" · ")[0] for row in rows}
    told = {promise.words: cells[promise.words] for promise in _all_promises() if promise.words in cells}
    return Results(proofs.partition("\n")[0] or Results.summary, told)


def renew(text: str, results: Results) -> str:
    """The document with these results in place of the last ones.

    Raises:
        ValueError: it has lost the lines between which they stand.
    """
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT.name} has lost the lines between which the proofs stand.")
    return f"{head}{BEGIN}\n\n{make_proofs(results)}\n\n{END}{tail}"


def _short(test: str) -> str:
    """A module without what is the same in all of them."""
    return test.partition("::")[0].removeprefix("tests/").removesuffix(".py").replace("test_", "")


def _all_promises() -> list[Promise]:
    return [promise for promises in read_promises().values() for promise in promises]


def main() -> int:
    """Exit code 1 when a promise has tests that failed or were not run."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("reports", nargs="*", type=Path, help="what pytest --junitxml wrote")
    given = parser.parse_args()
    text = DOCUMENT.read_text(encoding="utf-8")
    results = sum_up(*read_reports(given.reports), collect()) if given.reports else read_results(text)
    DOCUMENT.write_text(renew(text, results), encoding="utf-8")
    open_ones = [each for each in _all_promises() if each.tests and not _PROVED.fullmatch(results.of(each))]
    for promise in open_ones:
        print(f"Not proved ({results.of(promise)}): {promise.words}", file=sys.stderr)
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
