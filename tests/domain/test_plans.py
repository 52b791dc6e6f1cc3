"""Plans compared: the same plan is recognised, every change is shown, risky steps are marked with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.domain.plans import (
    RiskKind,
    diff_plans,
    file_risk_marks,
    fingerprint_chat,
    fingerprint_steps,
    is_chat_fingerprint,
    risk_marks,
)
from jjm_tui.domain.task import Plan, PlanStep, SourceFile
from tests.domain.strategies import plan

bounded = settings(max_examples=80, deadline=None)
raw_steps = st.lists(
    st.fixed_dictionaries({"title": st.text(max_size=5)}, optional={"description": st.text(max_size=5)}), max_size=5
)


def with_steps(*steps: tuple[str, str | None]) -> Plan:
    raw = [{"title": title, "description": description} for title, description in steps]
    return Plan(fingerprint_steps(raw), tuple(PlanStep(title, description) for title, description in steps))


# --- fingerprints


def test_fingerprint_is_short_hexadecimal_and_stable() -> None:
    assert (
        fingerprint_steps([{"title": "Pin SQLAlchemy 2.0", "description": "Update the lock file."}])
        == "13a63ce7fc887a07"
    )


@given(raw_steps)
@bounded
def test_fingerprint_ignores_ids_and_what_proto_json_leaves_out(steps: list[dict[str, Any]]) -> None:
    spelled_out = [{"description": "", **step, "id": f"s{n}", "index": n} for n, step in enumerate(steps)]
    left_out = [{**step, "index": n} if n else step for n, step in enumerate(steps)]

    assert fingerprint_steps(steps) == fingerprint_steps(spelled_out)
    assert fingerprint_steps(steps) == fingerprint_steps(list(reversed(left_out)))


@given(raw_steps, raw_steps)
@bounded
def test_fingerprint_differs_when_words_or_order_differ(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    def said(steps: list[dict[str, Any]]) -> list[tuple[str, str]]:
        return [(step["title"], step.get("description", "")) for step in steps]

    assert (fingerprint_steps(one) == fingerprint_steps(other)) is (said(one) == said(other))


def test_fingerprint_sees_characters_that_cleaning_hides() -> None:
    assert fingerprint_steps([{"title": "a\u202eb"}]) != fingerprint_steps([{"title": "a\u200bb"}])
    assert fingerprint_steps([{"title": "\ud800"}]) != fingerprint_steps([{"title": "\ud801"}])


def test_fingerprint_of_a_chat_is_never_that_of_a_plan() -> None:
    assert is_chat_fingerprint(fingerprint_chat(["a"]))
    assert not is_chat_fingerprint(fingerprint_steps([{"title": "a"}]))
    assert fingerprint_chat(["ab"]) != fingerprint_chat(["a", "b"])
    assert fingerprint_chat([]) != fingerprint_chat([""])


# --- differences


def test_diff_of_equal_plans_is_empty() -> None:
    difference = diff_plans(plan("a", "b"), plan("a", "b"))

    assert not difference
    assert difference.lines() == ()


def test_diff_shows_added_removed_changed_and_moved_steps() -> None:
    old = with_steps(
        ("Pin SQLAlchemy", "2.0"), ("Rewrite the queries", None), ("Run the tests", None), ("Delete x.py", None)
    )
    new = with_steps(
        ("Run the tests", None), ("Pin SQLAlchemy", "2.1"), ("Rewrite the queries", None), ("Deploy", "now\nreally")
    )

    assert diff_plans(old, new).lines() == (
        "- 4. Delete x.py",
        "> 1. Run the tests (was 3)",
        "~ 2. Pin SQLAlchemy (was 1)",
        "  - 2.0",
        "  + 2.1",
        "+ 4. Deploy",
        "+    now",
        "+    really",
    )


def test_diff_shows_a_reworded_title_as_a_change() -> None:
    assert diff_plans(plan("Update the lock file"), plan("Update the lock files")).lines() == (
        "~ 1. Update the lock files",
        "  - Update the lock file",
        "  + Update the lock files",
    )


def test_diff_without_an_old_or_new_plan_adds_or_removes_everything() -> None:
    assert diff_plans(None, plan("a")).lines() == ("+ 1. a",)
    assert diff_plans(plan("a"), None).lines() == ("- 1. a",)
    assert not diff_plans(None, None)


def test_diff_says_that_something_differs_when_it_cannot_be_seen() -> None:
    difference = diff_plans(Plan("one", (PlanStep("a"),)), Plan("other", (PlanStep("a"),)))

    assert difference
    assert difference.lines() == ("! The plans differ in a way that cannot be shown.",)


@given(st.lists(st.sampled_from("abcdef"), max_size=6), st.lists(st.sampled_from("abcdef"), max_size=6))
@bounded
def test_diff_accounts_for_every_step_once(old: list[str], new: list[str]) -> None:
    difference = diff_plans(plan(*old), plan(*new))

    kept = len(old) - len(difference.removed)
    assert kept == len(new) - len(difference.added)
    assert len(difference.moved) + len(difference.changed) <= kept
    assert bool(difference) is (old != new)


# --- risks


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Update requirements.txt and the lock file", RiskKind.LOCK_FILE),
        ("Regenerate package-lock.json", RiskKind.LOCK_FILE),
        ("Refresh `uv.lock`.", RiskKind.LOCK_FILE),
        ("Edit .github/workflows/test.yml", RiskKind.CI),
        ("Add a GitHub Action for linting", RiskKind.CI),
        ("Speed up the CI pipeline", RiskKind.CI),
        ("Delete the old handlers", RiskKind.DELETION),
        ("Remove old/legacy.py", RiskKind.DELETION),
        ("Run rm -rf build", RiskKind.DELETION),
        ("Add an Alembic migration", RiskKind.MIGRATION),
        ("ALTER TABLE users ADD COLUMN age", RiskKind.MIGRATION),
        ("Write the key into .env.", RiskKind.SECRET),
        ("Rotate the API key", RiskKind.SECRET),
        ("Read server.pem", RiskKind.SECRET),
    ],
)
def test_risk_marks_name_kind_step_and_words(title: str, kind: RiskKind) -> None:
    marks = risk_marks(plan("Look around", title))

    assert kind in {mark.kind for mark in marks}
    assert all(mark.where == "step 2" and mark.reason.startswith("Step 2 ") for mark in marks)


@pytest.mark.parametrize(
    "title",
    [
        "Add unit tests",
        "Remove the unused import",
        "Copy .env.example",
        "Call mutex.lock() first",
        "Fix the tokenizer",
        "Clocks",
    ],
)
def test_risk_marks_leave_harmless_steps_alone(title: str) -> None:
    assert risk_marks(plan(title)) == ()


def test_risk_marks_quote_the_place() -> None:
    marks = risk_marks(
        with_steps(
            ("Update", "Edit config/.env.production and\nmove on"),
        )
    )

    assert [mark.reason for mark in marks] == ["Step 1 may concern secrets ('config/.env.production')."]
    assert risk_marks(None) == ()


def test_risk_marks_whose_words_say_the_same_do_not_repeat_them() -> None:
    marks = risk_marks(plan("Update the lock file"))
    assert [mark.reason for mark in marks] == ["Step 1 names a lock file."]
    assert "('uv.lock')" in risk_marks(plan("Update uv.lock"))[0].reason


@pytest.mark.parametrize(
    "title",
    [
        "Read package-lock.json",
        "Do not delete old/legacy.py",
        "Leave the database schema alone",
        "Read .github/workflows",
    ],
)
def test_risk_marks_claim_nothing_that_a_step_only_names(title: str) -> None:
    (mark,) = risk_marks(plan(title))
    assert mark.reason.startswith(("Step 1 names ", "Step 1 may ")), mark.reason


def test_risk_marks_of_a_huge_hostile_step_end() -> None:
    for unit in ("remove-", "a.", "a/", ".env", "drop the ", "delete "):
        risk_marks(plan(unit * 20_000))


def test_file_risk_marks_go_by_name_and_deletion() -> None:
    files = [
        SourceFile("uv.lock"),
        SourceFile("src/a.py", "deleted"),
        "db/migrate/001.rb",
        "README.md",
        ".github/workflows/x.yml",
    ]

    assert [(mark.kind, mark.where) for mark in file_risk_marks(files)] == [
        (RiskKind.LOCK_FILE, "uv.lock"),
        (RiskKind.DELETION, "src/a.py"),
        (RiskKind.MIGRATION, "db/migrate/001.rb"),
        (RiskKind.CI, ".github/workflows/x.yml"),
    ]
