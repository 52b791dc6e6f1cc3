"""Kinds of tasks: every task is of exactly one, whoever asks, and the counts add up to all tasks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.counts import KINDS, count_tasks, is_archived, kind_of
from jjm_tui.domain.query import parse_query
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from tests.domain.strategies import NOON, at, tasks

lists_of_tasks = st.lists(tasks, max_size=20, unique_by=lambda task: task.id)


@given(lists_of_tasks)
def test_counts_of_all_kinds_add_up_to_the_number_of_tasks(found):
    counts = count_tasks(found, NOON)
    assert sum(counts.kinds.values()) == len(found)
    assert counts.total == sum(not is_archived(task) for task in found)
    assert dict(counts.kinds) == {kind: Counter(kind_of(task, NOON) for task in found)[kind] for kind in KINDS}
    assert sum(counts.needs.values()) == counts.needs_me == sum(needs_me(task, NOON) is not None for task in found)


@given(lists_of_tasks)
def test_filter_by_group_finds_exactly_what_is_counted(found):
    counts = count_tasks(found, NOON)
    for kind in KINDS:
        query = parse_query(f"group:{kind}")
        assert sum(query.matches(task, NOON) for task in found) == counts.kinds[kind]


@given(lists_of_tasks, lists_of_tasks)
def test_counts_can_be_added(found, others):
    assert count_tasks(found, NOON) + count_tasks(others, NOON) == count_tasks([*found, *others], NOON)


@pytest.mark.parametrize("status", TaskStatus)
def test_only_what_waits_for_nobody_is_called_queued(status):
    task = Task("1", status=status, seen_at=NOON)
    assert (kind_of(task, NOON) == "queued") is (status is TaskStatus.PENDING)


@pytest.mark.parametrize("status", [TaskStatus.IN_PROGRESS, TaskStatus.WAITING_APPROVAL, TaskStatus.PAUSED])
def test_snoozed_task_under_way_is_snoozed_until_the_snooze_ends(status):
    task = Task("1", status=status, snoozed_until=at(5))
    assert kind_of(task, at(4)) == "snoozed"
    assert kind_of(task, at(5)) != "snoozed"


@pytest.mark.parametrize(("status", "seen"), [(TaskStatus.COMPLETED, "done"), (TaskStatus.FAILED, "failed")])
def test_ended_task_is_snoozed_only_while_it_would_need_somebody_afterwards(status, seen):
    unseen = Task("1", status=status, waiting_since=at(-9), snoozed_until=at(5))
    assert kind_of(unseen, NOON) == "snoozed"
    assert kind_of(unseen, at(6)) == "needs-me"
    assert kind_of(replace(unseen, seen_at=NOON), NOON) == seen


def test_failure_needs_the_person_until_it_was_looked_at_and_is_counted_once():
    failed = Task("1", status=TaskStatus.FAILED, waiting_since=at(-9))
    seen = replace(failed, id="2", seen_at=NOON)
    counts = count_tasks([failed, seen], NOON)
    assert (counts.needs_me, counts.kinds["failed"], counts.kinds["done"], counts.total) == (1, 1, 0, 2)


def test_archived_is_archived_whatever_else_it_is():
    assert kind_of(Task("1", status=TaskStatus.WAITING_APPROVAL, archived=True), NOON) == "archived"
    assert kind_of(Task("1", status=TaskStatus.IN_PROGRESS, archived_on_server=True), NOON) == "archived"
