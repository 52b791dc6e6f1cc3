"""Where the time went."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.facts import FactSource, Rank, TaskFacts
from jjm_tui.domain.merge import merge
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.services.insights import Spread, compute_insights
from tests.services.histories import START, at, event, found, moved


def _tasks(**repositories: str) -> dict[str, Task]:
    return {task_id: Task(task_id, repository=name, created_at=START) for task_id, name in repositories.items()}


def test_time_in_states_has_shares_and_medians_of_what_ended():
    events = [
        found(0, "in_progress", "a"),
        found(0, "in_progress", "b"),
        moved(10, "waiting_approval", "a"),
        moved(30, "completed", "b"),
        moved(20, "completed", "a"),
    ]
    seen = compute_insights(sorted(events, key=lambda each: each.at), _tasks(a="o/x", b="o/y"), at(60), zone=UTC)
    states = {state.status: state for state in seen.states}
    assert states[TaskStatus.IN_PROGRESS].seconds == 40 * 60
    assert states[TaskStatus.IN_PROGRESS].share == 0.8
    assert states[TaskStatus.IN_PROGRESS].spread == Spread(2, 20 * 60.0, 30 * 60.0, "b")
    assert states[TaskStatus.WAITING_APPROVAL].spread == Spread(1, 600.0, 600.0, "a")
    assert TaskStatus.COMPLETED not in states


def test_waiting_for_a_person_counts_what_ended_and_tells_what_goes_on():
    events = [
        found(0, "in_progress", "a"),
        moved(5, "waiting_feedback", "a"),
        moved(25, "in_progress", "a"),
        found(0, "waiting_approval", "b", first_sync=True),
        moved(50, "in_progress", "b"),
    ]
    waits = Task("c", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(30), repository="o/z")
    since_when = Task("d", status=TaskStatus.WAITING_FEEDBACK)
    snoozed = replace(waits, id="e", waiting_since=at(1), snoozed_until=at(90))
    archived = replace(waits, id="f", waiting_since=at(1), archived=True)
    tasks = {**_tasks(a="o/x"), "c": waits, "d": since_when, "e": snoozed, "f": archived}
    seen = compute_insights(sorted(events, key=lambda each: each.at), tasks, at(60), zone=UTC)
    assert seen.waiting == Spread(1, 20 * 60.0, 20 * 60.0, "a")
    assert seen.waiting_at_least == Spread(1, 50 * 60.0, 50 * 60.0, "b"), "nobody saw when it began"
    assert seen.waiting_now == Spread(1, 30 * 60.0, 30 * 60.0, "c")
    assert seen.waiting_since_unknown == 1


def test_waits_are_counted_by_their_length_where_their_beginning_was_seen():
    lengths = (0, 9, 10, 59, 60, 479, 480, 3000)
    events = [found(0, "waiting_approval", "unseen", first_sync=True), moved(700, "in_progress", "unseen")]
    for number, minutes in enumerate(lengths):
        events += [moved(0, "waiting_feedback", str(number)), moved(minutes, "in_progress", str(number))]
    seen = compute_insights(sorted(events, key=lambda each: each.at), {}, at(3000), zone=UTC)
    assert seen.waits == (2, 2, 2, 2)
    assert seen.waiting.count == len(lengths)
    assert compute_insights(events, {}, at(60 * 24 * 30), zone=UTC).waits == (0, 0, 0, 0)


def test_wait_that_began_before_the_history_lasts_at_least_as_long_as_the_server_says():
    events = [found(0, "waiting_approval", "a", first_sync=True, since=at(-70)), moved(10, "in_progress", "a")]
    seen = compute_insights(events, {}, at(60), zone=UTC)
    assert seen.waiting == Spread()
    assert seen.waiting_at_least == Spread(1, 80 * 60.0, 80 * 60.0, "a")
    states = {state.status: state for state in seen.states}
    assert states[TaskStatus.WAITING_APPROVAL].seconds == 600, "shares compare what this machine saw of each state"


def test_days_count_each_task_once_and_know_what_they_do_not_know():
    events = [
        found(-1440, "pending", "a"),
        moved(-1430, "completed", "a"),
        moved(-1420, "in_progress", "a"),
        moved(-1410, "completed", "a"),
        moved(5, "failed", "a"),
        found(6, "completed", "b", first_sync=True),
    ]
    seen = compute_insights(events, {}, at(60), 3, UTC)
    assert [(day.date, day.created, day.finished, day.failed, day.is_known) for day in seen.days] == [
        (date(2026, 11, 18), 0, 0, 0, False),
        (date(2026, 11, 19), 1, 1, 0, True),
        (date(2026, 11, 20), 0, 0, 1, True),
    ]
    assert seen.is_short
    assert seen.history_since == at(-1440)


def test_task_that_vanished_or_was_forgotten_and_is_seen_again_was_created_and_finished_once():
    """The events are those that merging answers of a server makes."""
    day = 1440
    told = [
        (-2 * day, {"status": TaskStatus.IN_PROGRESS}),
        (-2 * day + 9, {"status": TaskStatus.COMPLETED}),
        (-day, {"on_server": False}),
        (0, {"status": TaskStatus.COMPLETED}),
    ]
    events: list[TaskEvent] = []
    task: Task | None = None
    for minutes, said in told:
        result = merge(task, TaskFacts("a", FactSource(Rank.LIVE, at(minutes), "get"), **said))
        task, events = result.task, [*events, *result.events]
    events += [event(1, EventType.FORGOTTEN, "a"), found(2, "completed", "a")]
    seen = compute_insights(events, {}, at(60), 3, UTC)
    assert [(day.created, day.finished) for day in seen.days] == [(1, 1), (0, 0), (0, 0)]
    today = compute_insights([*events, moved(3, "in_progress", "a"), moved(4, "completed", "a")], {}, at(60), 1, UTC)
    assert [(day.created, day.finished) for day in today.days] == [(0, 1)], "it was worked on, and finished anew"
    unseen = compute_insights([found(-day, "in_progress", "a"), *events[2:6]], {}, at(60), 1, UTC)
    assert [day.finished for day in unseen.days] == [0]


@pytest.mark.parametrize("begin", [moved(0, "waiting_approval"), found(0, "waiting_approval")])
def test_wait_does_not_end_with_forgetting_or_taking_back(begin: TaskEvent):
    told = [begin, event(4, EventType.FORGOTTEN), event(5, EventType.REMEMBERED), moved(9, "in_progress")]
    for count, ended in ((2, 0), (3, 0), (4, 1)):
        seen = compute_insights(told[:count], {}, at(60), 1, UTC)
        assert seen.waiting.count + seen.waiting_at_least.count == ended
    assert (seen.waiting.worst or seen.waiting_at_least.worst) == 9 * 60


def test_days_end_at_the_midnight_of_the_persons_zone():
    far_east = timezone(timedelta(hours=14))
    seen = compute_insights([moved(59, "completed")], {}, at(180), 1, far_east)
    assert [(day.date, day.finished) for day in seen.days] == [(date(2026, 11, 21), 0)]


def test_repositories_come_by_size_and_unknown_ones_are_named_so():
    events = [found(0, "pending", "a"), found(1, "pending", "b"), moved(9, "failed", "b"), found(2, "pending", "c")]
    tasks = _tasks(a="o/big", b="o/big", c="o/small") | {"d": Task("d")}
    events += [moved(10, "completed", "d"), moved(10, "completed", "forgotten")]
    seen = compute_insights(events, tasks, at(60), zone=UTC)
    assert [(each.name, each.tasks, each.created, each.finished, each.failed) for each in seen.repositories] == [
        ("o/big", 2, 2, 0, 1),
        (None, 2, 0, 2, 0),
        ("o/small", 1, 1, 0, 0),
    ]


def test_no_history_says_so():
    seen = compute_insights([], {}, at(0), None, UTC)
    assert seen.history_since is None
    assert seen.is_short
    assert seen.states == ()
    assert [day.is_known for day in seen.days] == [False]


def test_state_at_the_begin_of_the_period_comes_from_before_it():
    events = [found(-3 * 1440, "in_progress")]
    seen = compute_insights(events, {}, at(0), 1, UTC)
    assert [state.seconds for state in seen.states] == [9 * 3600.0], "since midnight"


@given(
    st.lists(st.builds(moved, st.integers(-20_000, 0), st.sampled_from(TaskStatus), st.sampled_from("abc"))),
    st.sampled_from([1, 7, 30, None]),
)
def test_shares_make_a_whole_and_no_number_is_negative(events, days):
    events = sorted([*events, event(-20_001, EventType.SEEN)], key=lambda each: each.at)
    seen = compute_insights(events, {}, at(0), days, UTC)
    assert not seen.states or abs(sum(state.share for state in seen.states) - 1) < 1e-9
    assert all(state.seconds > 0 for state in seen.states)
    assert len(seen.days) == days or days is None
    assert seen.days[-1].date == START.date()
