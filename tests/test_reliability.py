"""What ``docs/reliability.md`` says of proofs: every promise has tests that exist, and the tables are the script's."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from benchmarks.breaks import Break, read_breaks

from tests.reliability import (
    BEGIN,
    BENCHMARKS,
    DOCUMENT,
    ROOT,
    SOURCE,
    Promise,
    Results,
    TriedMutant,
    is_proof,
    read_budgets,
    read_caught,
    read_promises,
    read_reports,
    read_results,
    renew,
    report_name,
    sum_up,
)

ROWS = [promise for promises in read_promises().values() for promise in promises]
MUTANTS = [mutant for row in ROWS for mutant in row.mutants]
CENTRAL = (
    *("services/test_cut_places", "services/test_cut_bytes", "gateway/test_cut_exchange", "services/test_never_twice"),
    *(
        "kills/test_real_kills",
        "kills/test_system_calls",
        "tui/test_survival",
        "tui/test_signalled",
        "tui/test_together",
    ),
    *("store/test_processes", "store/test_state_machine", "store/test_power_cut", "store/test_power_cut_drafts"),
    *("store/test_faults", "store/test_full_disk", "store/test_damage", "store/test_draft_exchange"),
    *("rude/test_commands", "rude/test_dashboard", "gateway/test_restart", "tui/test_quitting", "soak/test_an_hour"),
    *("tui/test_canary", "tui/test_model_canary", "tui/test_terminal_canary", "tui/test_only_on_a_key"),
    *("cli/test_command_canary", "tui/test_markup_lint", "tui/test_secret_canary", "cli/test_unknown_fields"),
    *("real_server/test_jjm", "real_server/test_dashboard", "fuzz/test_fuzz"),
    *("partners/test_conformance", "partners/test_everything", "partners/test_lines"),
)
"""The proofs of whole programs and of all that may happen: each needs a break of its own, whatever else catches it."""
REPORT = """<testsuites><testsuite timestamp="2026-11-21T08:00:00+00:00">
<testcase classname="tests.store.test_damage" name="test_one[truncate]" time="1.5" />
<testcase classname="tests.store.test_damage" name="test_one[flip]" time="1.5"><failure>no</failure></testcase>
<testcase classname="tests.store.test_json_contract.TestJsonTaskStore" name="test_list" time="1.5" />
<testcase classname="tests.store.test_damage" name="test_two"><skipped /></testcase>
</testsuite></testsuites>"""


@cache
def names_in(module: Path) -> frozenset[str]:
    """The names of its tests; a class of tests may have inherited them."""
    nodes = ast.parse(module.read_text(encoding="utf-8")).body
    named = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    return frozenset(node.name for node in named if node.name.startswith(("test_", "Test")))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.words)
def test_promise_has_tests_or_measurements_and_all_of_them_exist(row: Promise) -> None:
    assert row.tests or row.figures
    for test in row.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        found = names_in(ROOT / path)
        assert name in found if name else found, test
    for figure in row.figures:
        assert any(name.startswith(figure) for name in read_budgets()), figure


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.words)
def test_break_of_the_program_fits_the_program(mutant: TriedMutant) -> None:
    assert (ROOT / SOURCE / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    assert mutant.new != mutant.old


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.words)
def test_every_promise_has_breaks_for_tests_of_its_own(row: Promise) -> None:
    assert row.mutants or not row.tests
    for test in (test for mutant in row.mutants for test in mutant.caught_by):
        path, _, name = test.partition("[")[0].partition("::")
        assert name in names_in(ROOT / path), test
        assert {path, f"{path}::{name}"} & set(row.tests), test


@pytest.mark.parametrize("module", CENTRAL)
def test_proof_that_tries_the_whole_program_was_seen_to_fail(module: str) -> None:
    assert any(test.startswith(f"tests/{module}.py::") for mutant in MUTANTS for test in mutant.caught_by)


@pytest.mark.parametrize("made", read_breaks(), ids=lambda made: made.words)
def test_break_of_the_speed_fits_the_program_and_was_seen_to_miss_each_budget(made: Break) -> None:
    assert (ROOT / SOURCE / made.file).read_text(encoding="utf-8").count(made.old) == 1
    rows = [row.split(" | ") for row in BENCHMARKS.read_text(encoding="utf-8").splitlines()]
    seen = {row[1]: row[-1] for row in rows if row[0] == f"| {made.words}"}
    for figure in made.figures:
        assert {verdict for name, verdict in seen.items() if name.startswith(figure)} == {"missed |"}, figure


def test_every_budget_has_a_break_that_was_seen_to_miss_it() -> None:
    beginnings = tuple(figure for made in read_breaks() for figure in made.figures)
    assert [name for name in read_budgets() if not name.startswith(beginnings)] == []


def test_promises_are_told_once_and_without_what_breaks_a_table() -> None:
    assert len({row.words for row in ROWS}) == len(ROWS)
    assert len({mutant.words for mutant in MUTANTS}) == len(MUTANTS)
    told = [text for row in ROWS for text in (row.words, row.tried, *(mutant.words for mutant in row.mutants))]
    assert [text for text in told if "|" in text or "\n" in text or text.endswith(".")] == []
    assert [mutant.words for mutant in MUTANTS if "; " in mutant.words] == []


def test_every_budget_of_the_benchmarks_belongs_to_a_promise() -> None:
    beginnings = tuple(figure for row in ROWS for figure in row.figures)
    assert [name for name in read_budgets() if not name.startswith(beginnings)] == []


def test_document_is_what_the_script_makes_of_its_own_figures() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert renew(text, read_results(text)) == text, "Call it once more: python -m tests.reliability"


def test_document_leads_only_to_files_that_exist() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    links = [part.partition(")")[0].partition("#")[0] for part in text.split("](")[1:]]
    assert [link for link in links if not (DOCUMENT.parent / link).exists()] == []


def test_every_break_was_tried_as_it_is_and_caught_by_the_tests_it_names() -> None:
    assert read_caught() == {mutant.words: mutant.caught for mutant in MUTANTS}, "Try them: make mutants ARGS=--new"


def test_report_gives_the_worst_verdict_of_each_test_and_the_day(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    verdicts, days = read_reports([report, report])
    assert days == ["2026-11-21"]
    assert sorted(verdicts.values()) == ["failed", "passed", "passed", "skipped"]
    assert sum_up(verdicts, days, {}).summary == "Last run: 2026-11-21. Of all tests: 1 failed, 1 skipped, 2 passed."


@pytest.mark.parametrize(
    ("test", "count"),
    [
        ("tests/store/test_damage.py", 3),
        ("tests/store/test_damage.py::test_one", 2),
        ("tests/store/test_dam.py", 0),
        ("tests/store/test_damage.py::test_on", 0),
        ("tests/store/test_json_contract.py", 1),
    ],
)
def test_named_tests_are_found_in_a_report(test: str, count: int, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    assert sum(is_proof(test, *name) for name in read_reports([report])[0]) == count


def test_tests_that_were_not_run_are_told_and_failed_ones_counted(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    there = dict.fromkeys(read_reports([report])[0], False) | {
        report_name("tests/store/test_document.py::test_one"): False,
        report_name("tests/store/test_damage.py::test_one[all::of them]"): True,
        report_name("tests/tui/test_quitting.py::test_one"): False,
    }
    results = sum_up(*read_reports([report]), there)
    damage = next(row for row in ROWS if "tests/store/test_damage.py" in row.tests)
    quitting = next(row for row in ROWS if "tests/tui/test_quitting.py" in row.tests)
    assert (
        results.of(damage) == "1 failed, 1 skipped, 1 passed; not all run: store/document, 1 of the long ones missing"
    )
    assert results.of(quitting) == "not run"
    text = DOCUMENT.read_text(encoding="utf-8")
    assert read_results(renew(text, results)).cells.items() >= {damage.words: results.of(damage)}.items()


def test_tests_are_named_as_in_a_report() -> None:
    assert report_name("tests/a/test_b.py::TestC::test_d[x::[y]") == ("tests.a.test_b.TestC", "test_d[x::[y]")


def test_document_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has lost the lines"):
        renew(DOCUMENT.read_text(encoding="utf-8").replace(BEGIN, ""), Results())
