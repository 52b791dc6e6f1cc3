"""The arrangement against what a person would expect, and against doing it all anew each time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.domain.counts import KINDS, count_tasks, is_archived, kind_of
from jjm_tui.domain.order import SORT_FIELDS, sort_tasks
from jjm_tui.domain.query import parse_query
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.errors import ValidationError
from jjm_tui.services.arrangement import Arrangement, Grouping, Position, View
from tests.domain.strategies import NOON, at

PLAN = Task("plan", title="Plan", repository="acme/api", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(-18))
ASKS = Task("asks", title="Asks", repository="acme/web", status=TaskStatus.WAITING_FEEDBACK, waiting_since=at(-40))
RUNS = Task("runs", title="Runs", repository="acme/web", status=TaskStatus.IN_PROGRESS, created_at=at(-1))
QUEUED = Task("queued", title="Queued", repository="Beta/api", status=TaskStatus.PENDING, created_at=at(-2))
PAUSED = Task("paused", title="Paused", status=TaskStatus.PAUSED, created_at=at(-3))
DONE = Task("done", title="Done", status=TaskStatus.COMPLETED, updated_at=at(-9), waiting_since=at(-9), seen_at=NOON)
FAILED = Task("failed", title="Failed", status=TaskStatus.FAILED, waiting_since=at(-60))
GONE = Task("gone", title="Gone", status=TaskStatus.IN_PROGRESS, on_server=False)
HIDDEN = Task("hidden", title="Hidden", status=TaskStatus.WAITING_APPROVAL, archived=True)
ALL = (DONE, GONE, HIDDEN, PAUSED, QUEUED, RUNS, ASKS, PLAN, FAILED)


moments = st.none() | st.integers(-5, 5).map(at)
random_tasks = st.builds(
    Task,
    id=st.sampled_from("abcdefgh"),
    title=st.none() | st.sampled_from(["x", "Y", "z"]),
    repository=st.none() | st.sampled_from(["acme/api", "Acme/api", "acme/web", ""]),
    status=st.sampled_from(TaskStatus),
    created_at=moments,
    updated_at=moments,
    waiting_since=moments,
    seen_at=moments,
    snoozed_until=moments,
    archived=st.booleans(),
    archived_on_server=st.none() | st.booleans(),
    on_server=st.none() | st.booleans(),
)


def arranged(tasks: Iterable[Task] = ALL, **view) -> Arrangement:
    arrangement = Arrangement(View(**view))
    arrangement.load({task.id: task for task in tasks}, NOON)
    return arrangement


def shown(arrangement: Arrangement) -> dict[str, list[str]]:
    return {group.title: list(group.task_ids) for group in arrangement.groups}


# --- groups and order


def test_groups_by_need_have_the_longest_wait_first():
    assert shown(arranged()) == {
        "NEEDS YOU": ["failed", "asks", "plan"],
        "RUNNING": ["runs"],
        "QUEUED": ["queued"],
        "PAUSED": ["paused"],
        "DONE": ["done"],
        "GONE OR UNKNOWN": ["gone"],
    }


def test_groups_without_tasks_are_not_shown():
    assert list(shown(arranged([RUNS]))) == ["RUNNING"]
    assert shown(arranged([])) == {}


def test_groups_by_repository_are_from_a_to_z_and_the_unknown_one_is_last():
    assert shown(arranged(grouping="repository")) == {
        "acme/api": ["plan"],
        "acme/web": ["asks", "runs"],
        "Beta/api": ["queued"],
        "REPOSITORY UNKNOWN": ["failed", "paused", "done", "gone"],
    }


def test_flat_list_has_one_group_without_a_title():
    assert shown(arranged(grouping="none")) == {
        "": ["failed", "asks", "plan", "runs", "queued", "paused", "done", "gone"]
    }


@pytest.mark.parametrize("status", [TaskStatus.IN_PROGRESS, TaskStatus.WAITING_APPROVAL, TaskStatus.PAUSED])
def test_snoozed_task_stands_apart_until_its_snooze_ends(status):
    task = Task("1", status=status, waiting_since=at(-5), snoozed_until=at(10))
    arrangement = arranged([task])
    assert list(shown(arrangement)) == ["SNOOZED"]
    assert arrangement.next_change(NOON) == at(10)
    assert not arrangement.refresh(at(9))
    assert arrangement.refresh(at(10))
    assert list(shown(arrangement)) != ["SNOOZED"]
    assert arrangement.next_change(at(10)) is None


def test_snooze_that_ends_makes_the_task_need_somebody_and_count():
    arrangement = arranged([replace(PLAN, snoozed_until=at(10)), ASKS])
    assert (arrangement.needing, arrangement.counts.needs_me) == (("asks",), 1)
    arrangement.refresh(at(11))
    assert (arrangement.needing, arrangement.counts.needs_me) == (("asks", "plan"), 2)


def test_unknown_sort_field_is_refused_and_changes_nothing():
    arrangement = arranged()
    before = arrangement.groups
    with pytest.raises(ValidationError):
        arrangement.set_view(sort="colour", now=NOON)
    assert arrangement.groups == before
    assert arrangement.view.sort == "needs-me"


def test_set_view_keeps_what_is_not_named_and_ends_filtering_with_none():
    arrangement = arranged(grouping="none")
    arrangement.set_view(query=parse_query("repo:acme/*"), now=NOON)
    arrangement.set_view(sort="title", reverse=True, now=NOON)
    assert shown(arrangement) == {"": ["runs", "plan", "asks"]}
    arrangement.set_view(query=None, now=NOON)
    assert len(arrangement.groups[0].task_ids) == 8


def test_archived_tasks_are_shown_only_when_asked_for():
    on_server = replace(RUNS, id="there", archived_on_server=True)
    arrangement = arranged([RUNS, HIDDEN, on_server], grouping="none")
    assert shown(arrangement) == {"": ["runs"]}
    assert arrangement.set_view(show_archived=True, now=NOON)
    assert set(arrangement.groups[0].task_ids) == {"runs", "hidden", "there"}


# --- counts, positions


def test_counts_are_over_all_unarchived_tasks_whatever_the_filter():
    arrangement = arranged(query=parse_query("nothing-has-this-word"))
    counts = arrangement.counts
    assert arrangement.groups == ()
    assert {kind: count for kind, count in counts.kinds.items() if count} == {
        "needs-me": 3,
        "running": 1,
        "queued": 1,
        "paused": 1,
        "done": 1,
        "unknown": 1,
        "archived": 1,
    }
    assert (counts.total, counts.archived) == (8, 1)


@settings(max_examples=100)
@given(st.lists(random_tasks, max_size=12, unique_by=lambda task: task.id))
def test_counts_of_the_header_are_the_sizes_of_the_groups(found):
    arrangement = arranged(found, show_archived=True)
    sizes = {group.key: len(group.task_ids) for group in arrangement.groups}
    assert sizes == {kind: count for kind, count in arrangement.counts.kinds.items() if count}
    assert sum(sizes.values()) == len(found)


def test_position_is_where_the_groups_have_the_task():
    arrangement = arranged()
    for number, group in enumerate(arrangement.groups):
        for place, task_id in enumerate(group.task_ids):
            assert arrangement.position(task_id) == Position(number, place)
    assert arrangement.position("hidden") is None
    assert arrangement.position("never heard of") is None


def test_needing_is_in_the_order_of_the_list():
    assert arranged().needing == ("failed", "asks", "plan")
    assert arranged(grouping="repository").needing == ("plan", "asks", "failed")
    assert arranged(query=parse_query("repo:acme/*")).needing == ("asks", "plan")


# --- changes


def test_update_in_place_is_no_new_order():
    arrangement = arranged()
    before = arrangement.groups
    assert not arrangement.update({"runs": replace(RUNS, title="Runs faster", updated_at=NOON)}, NOON)
    assert arrangement.groups is before


def test_update_that_passes_a_neighbour_is_a_new_order():
    other = replace(RUNS, id="other", updated_at=at(-5))
    arrangement = arranged([RUNS, other], sort="updated_at")
    assert shown(arrangement) == {"RUNNING": ["runs", "other"]}
    assert arrangement.update({"other": replace(other, updated_at=NOON)}, NOON)
    assert shown(arrangement) == {"RUNNING": ["other", "runs"]}


def test_running_task_that_changes_keeps_its_place_until_its_state_is_another():
    older = replace(RUNS, id="older", created_at=at(-90), updated_at=at(-5))
    newer = replace(RUNS, id="newer", created_at=at(-30), updated_at=at(-20))
    arrangement = arranged([older, newer])
    assert shown(arrangement) == {"RUNNING": ["newer", "older"]}
    assert not arrangement.update({"older": replace(older, updated_at=NOON)}, NOON)
    assert arrangement.update({"newer": replace(newer, status=TaskStatus.PAUSED)}, NOON)
    assert shown(arrangement) == {"RUNNING": ["older"], "PAUSED": ["newer"]}


def test_groups_given_out_never_change_afterwards():
    arrangement = arranged()
    kept = arrangement.groups
    copy = [tuple(group.task_ids) for group in kept]
    arrangement.update({"plan": None, "runs": replace(RUNS, status=TaskStatus.PAUSED)}, NOON)
    assert [group.task_ids for group in kept] == copy


def test_task_that_leaves_the_filter_loses_its_row_and_comes_back_to_it():
    arrangement = arranged([RUNS, PAUSED], query=parse_query("state:running"))
    assert arrangement.update({"runs": replace(RUNS, status=TaskStatus.PAUSED)}, NOON)
    assert arrangement.groups == ()
    assert not arrangement.is_shown("runs")
    assert arrangement.update({"runs": RUNS}, NOON)
    assert shown(arrangement) == {"RUNNING": ["runs"]}


def test_filter_by_age_follows_the_time():
    arrangement = arranged([QUEUED], query=parse_query("age:>10m"))
    assert arrangement.groups == ()
    due = arrangement.next_change(NOON)
    assert due is not None
    assert not arrangement.refresh(due)
    assert arrangement.refresh(at(9))
    assert shown(arrangement) == {"QUEUED": ["queued"]}


def test_filter_without_ages_waits_for_nothing():
    assert arranged(query=parse_query("repo:acme/*")).next_change(NOON) is None


def test_filter_by_age_of_many_tasks_is_matched_again_more_rarely():
    tasks = [Task(str(number)) for number in range(5_000)]
    assert arranged(tasks, query=parse_query("age:>10m")).next_change(NOON) == NOON + timedelta(seconds=5)


def test_first_page_of_a_big_store_is_told_as_incomplete_until_the_rest_is_there():
    arrangement = Arrangement()
    arrangement.load({"runs": RUNS}, NOON, is_whole=False)
    assert not arrangement.is_whole
    assert arrangement.load({"runs": RUNS}, NOON)
    assert arrangement.is_whole


# --- holding still


def test_frozen_order_stays_while_counts_stay_true():
    arrangement = arranged([PLAN, ASKS, RUNS])
    before = arrangement.groups
    arrangement.freeze()
    changes = {"plan": replace(PLAN, status=TaskStatus.IN_PROGRESS), "asks": None, "new": replace(PLAN, id="new")}
    assert not arrangement.update(changes, NOON)
    assert arrangement.groups == before
    assert arrangement.position("asks") == Position(0, 0)
    assert arrangement.is_shown("asks")
    assert not arrangement.is_shown("new")
    assert arrangement.needing == ()
    assert (arrangement.counts.needs_me, arrangement.counts.kinds["running"]) == (1, 2)


def test_thaw_takes_over_what_was_held_back():
    arrangement = arranged([PLAN, ASKS])
    arrangement.freeze()
    arrangement.update({"asks": None, "new": replace(PLAN, id="new", waiting_since=at(-90))}, NOON)
    assert arrangement.thaw()
    assert shown(arrangement) == {"NEEDS YOU": ["new", "plan"]}
    arrangement.freeze()
    assert not arrangement.thaw()


def test_view_chosen_while_frozen_is_taken_at_thaw():
    arrangement = arranged([PLAN, ASKS])
    arrangement.freeze()
    assert not arrangement.set_view(grouping="none", reverse=True, now=NOON)
    assert list(shown(arrangement)) == ["NEEDS YOU"]
    assert arrangement.thaw()
    assert shown(arrangement) == {"": ["plan", "asks"]}


# --- against doing it all anew

groupings: st.SearchStrategy[Grouping] = st.sampled_from(["needs", "repository", "none"])
queries = st.sampled_from(["", "state:paused,running", "repo:acme/*", "is:needs-me", "-is:snoozed", "x"]).map(
    parse_query
)
changes = (
    st.tuples(st.just("update"), st.dictionaries(st.sampled_from("abcdefgh"), st.none() | random_tasks, max_size=4))
    | st.tuples(st.just("load"), st.lists(random_tasks, max_size=6))
    | st.tuples(
        st.just("view"),
        st.fixed_dictionaries(
            {},
            optional={
                "query": queries,
                "sort": st.sampled_from(SORT_FIELDS),
                "reverse": st.booleans(),
                "grouping": groupings,
                "show_archived": st.booleans(),
            },
        ),
    )
    | st.tuples(st.just("wait"), st.integers(1, 3))
)


def anew(tasks: Iterable[Task], view: View, now: datetime) -> list[list[str]]:
    """The groups, done the slow and obvious way."""
    wanted = [
        task
        for task in tasks
        if (view.show_archived or not is_archived(task)) and (view.query is None or view.query.matches(task, now))
    ]
    found: dict[object, list[str]] = {}
    for task in sort_tasks(wanted, view.sort, reverse=view.reverse, now=now):
        found.setdefault(_obvious_group(task, view.grouping, now), []).append(task.id)
    return [found[key] for key in sorted(found, key=str)]


def _obvious_group(task: Task, grouping: Grouping, now: datetime) -> object:
    if grouping == "none":
        return ""
    if grouping == "repository":
        name = task.repository or ""
        return (int(not name), name.casefold(), name)
    return KINDS.index(kind_of(task, now))


@settings(max_examples=300)
@given(st.lists(changes, max_size=12))
def test_changes_one_by_one_are_the_same_as_all_anew(found):
    arrangement, tasks, now = Arrangement(), dict[str, Task](), NOON
    for kind, what in found:
        before = arrangement.groups
        if kind == "update":
            said = {task_id: task and replace(task, id=task_id) for task_id, task in what.items()}
            tasks = {key: task for key, task in {**tasks, **said}.items() if task is not None}
            has_changed = arrangement.update(said, now)
        elif kind == "load":
            tasks = {task.id: task for task in what}
            has_changed = arrangement.load(tasks, now)
        elif kind == "view":
            has_changed = arrangement.set_view(now=now, **what)
        else:
            now += timedelta(minutes=what)
            has_changed = arrangement.refresh(now)
        assert [list(group.task_ids) for group in arrangement.groups] == anew(tasks.values(), arrangement.view, now)
        assert has_changed or arrangement.groups == before
        assert arrangement.counts == count_tasks(tasks.values(), now)
        assert set(arrangement.needing) == {
            task_id for task_id in tasks if needs_me(tasks[task_id], now) and arrangement.is_shown(task_id)
        }
