"""Which plans look alike, which may be ticked together, and the how-manieth a plan is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.plans import diff_plans, fingerprint_chat, fingerprint_steps, risk_marks
from jjm_tui.domain.task import Plan, PlanStep, Task
from jjm_tui.services.approving import cluster, look_alike, revision_of, why_not_in_bulk, why_not_ticked
from jjm_tui.services.results import ApprovalPreview

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def plan(*titles: str) -> Plan:
    return Plan(fingerprint_steps([{"title": title} for title in titles]), tuple(map(PlanStep, titles)), complete=True)


def preview(task_id: str, shown: Plan, *, repository: str = "acme/web", whole: bool = True) -> ApprovalPreview:
    return ApprovalPreview(
        Task(task_id, repository=repository), shown, shown.fingerprint, not whole, None, risk_marks(shown)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Update 3 files", "update 14 files"),
        ("Bump web to 2.0", "Bump api-server to 3.1"),
        ("Tidy acme/web, then test", "Tidy acme/api-server then test."),
    ],
)
def test_plans_that_differ_in_case_numbers_and_repository_look_alike(one: str, other: str) -> None:
    assert look_alike(plan(one), "acme/web") == look_alike(plan(other), "acme/api-server")


def test_plans_whose_steps_are_described_differently_do_not_look_alike() -> None:
    one, other = (Plan("f", (PlanStep("Update 1 records", words),)) for words in ("do it", "drop the table"))
    assert look_alike(one, None) != look_alike(other, None)
    assert look_alike(one, None) == look_alike(Plan("g", (PlanStep("Update 2 records", "Do it"),)), None)


def test_plans_that_differ_in_words_or_length_do_not_look_alike() -> None:
    assert look_alike(plan("Add tests"), None) != look_alike(plan("Delete tests"), None)
    assert look_alike(plan("Add tests"), None) != look_alike(plan("Add tests", "Submit"), None)
    assert look_alike(plan("Improve webapp"), "acme/web") != look_alike(plan("Improve app"), "acme/web")


def test_cluster_puts_the_largest_group_first_and_keeps_order_inside() -> None:
    previews = [preview("a", plan("One of a kind")), preview("b", plan("Fix 1")), preview("c", plan("fix 2"))]
    assert [[each.task.id for each in group] for group in cluster(previews)] == [["b", "c"], ["a"]]


def test_plans_without_steps_look_like_no_other() -> None:
    empty = Plan(fingerprint_chat(["hello"]))
    assert look_alike(empty, "acme/web") is None
    assert [len(group) for group in cluster([preview("a", empty), preview("b", empty)])] == [1, 1]


@given(st.lists(st.lists(st.text(max_size=8), max_size=3), max_size=8))
def test_cluster_keeps_every_plan_once(titles: list[list[str]]) -> None:
    previews = [preview(str(number), plan(*each)) for number, each in enumerate(titles)]
    found = [each.task.id for group in cluster(previews) for each in group]
    assert sorted(found) == sorted(each.task.id for each in previews)


def test_risky_and_changed_plans_are_not_ticked_by_themselves() -> None:
    assert why_not_ticked(preview("a", plan("Add tests"))) is None
    assert why_not_ticked(preview("a", plan("Delete the users table"))) == "may delete"
    changed = preview("a", plan("Add tests"))
    difference = diff_plans(plan("Add docs"), plan("Add tests"))
    changed = ApprovalPreview(changed.task, changed.plan, changed.fingerprint, False, difference, ())
    assert why_not_ticked(changed) == "changed since it was last read here"


def test_plans_that_are_not_whole_are_never_approved_in_bulk() -> None:
    assert why_not_in_bulk(preview("a", plan("Add tests"))) is None
    assert "whole" in str(why_not_in_bulk(preview("a", plan("Add tests"), whole=False)))
    assert "no plan" in str(why_not_in_bulk(preview("a", Plan(fingerprint_chat(["hello"])), whole=False)))


def ready(fingerprint: str, replaces: str | None = None) -> TaskEvent:
    return TaskEvent(EventType.PLAN_READY, NOW, "a", {"fingerprint": fingerprint, "steps": 1, "replaces": replaces})


def test_revision_is_told_only_where_the_history_has_every_plan() -> None:
    assert revision_of([ready("1"), ready("2", "1")], "2") == 2
    assert revision_of([ready("1"), ready("2", "1")], "3") is None
    assert revision_of([ready("1"), ready("2", "1"), ready("1", "2")], "1") == 3
    assert revision_of([ready("2", "1")], "2") is None
    assert revision_of([], "1") is None


def test_revision_is_not_told_of_a_task_that_was_forgotten_or_written_down_twice() -> None:
    assert revision_of([ready("1"), ready("1")], "1") is None
    assert revision_of([ready("1"), ready("2")], "2") is None
    assert revision_of([ready("1"), ready("2", "1"), ready("2", "1")], "2") is None
    assert revision_of([ready("1"), ready("3", "2")], "3") is None
