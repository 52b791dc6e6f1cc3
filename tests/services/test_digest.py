"""While you were away."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.events import EventType
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.times import format_time
from jjm_tui.services.digest import DIGEST_GROUPS, make_digest, should_show, summary_parts, summary_sentence
from tests.services.histories import START, at, event, found, moved


def _tasks(**statuses: str) -> dict[str, Task]:
    return {task_id: Task(task_id, status=TaskStatus(status)) for task_id, status in statuses.items()}


def test_digest_groups_tasks_by_what_they_ask_now():
    events = [
        found(1, "pending", "new"),
        moved(2, "waiting_approval", "plan"),
        moved(3, "waiting_feedback", "ask"),
        moved(4, "failed", "bad"),
        moved(5, "completed", "good"),
        found(6, "completed", "fast"),
        event(7, EventType.TASK_VANISHED, "lost"),
        found(8, "completed", "old", first_sync=True),
    ]
    tasks = _tasks(
        new="in_progress",
        plan="waiting_approval",
        ask="waiting_feedback",
        bad="failed",
        good="completed",
        fast="completed",
        old="completed",
    ) | {"lost": Task("lost", on_server=False)}
    made = make_digest(events, tasks, START, at(60))
    assert {name: [entry.task_id for entry in made.group(name)] for name in DIGEST_GROUPS} == {
        "plans": ["plan"],
        "questions": ["ask"],
        "failed": ["bad"],
        "finished": ["good", "fast"],
        "gone": ["lost"],
        "created": ["new"],
    }
    assert made.count("created") == 2
    assert made.finished[1].is_new


def test_new_task_is_listed_by_where_it_is_although_nobody_saw_how_it_came_there():
    made = make_digest([found(1, "in_progress", "bad")], _tasks(bad="failed"), START, at(60))
    assert [entry.task_id for entry in made.failed] == ["bad"]
    assert made.failed[0].is_new
    assert made.created == ()
    assert made.count("created") == 1


def test_new_task_that_waits_is_among_plans_or_questions_and_counted_as_new():
    events = [found(1, "waiting_approval", "plan"), found(2, "in_progress", "ask"), moved(3, "waiting_feedback", "ask")]
    tasks = _tasks(plan="waiting_approval", ask="waiting_feedback")
    made = make_digest(events, tasks, START, at(60))
    assert [entry.task_id for entry in (*made.plans, *made.questions) if entry.is_new] == ["plan", "ask"]
    assert [(entry.task_id, entry.is_news) for entry in made.waiting] == [("ask", True), ("plan", True)]
    assert summary_sentence(made) == (
        "While you were away (1h): 1 task got a plan, 1 asked a question, 2 were created. 2 tasks need you now."
    )


def test_digest_of_a_task_that_was_answered_meanwhile_lists_how_it_ended_and_counts_both():
    events = [moved(1, "waiting_approval"), moved(5, "in_progress"), moved(9, "completed")]
    made = make_digest(events, _tasks(**{"1": "completed"}), START, at(60))
    assert made.plans == ()
    assert [entry.at for entry in made.finished] == [at(9)]
    assert summary_parts(made) == ("1 task got a plan", "1 finished")


def test_digest_counts_what_happened_whatever_came_of_it():
    plan = event(3, EventType.PLAN_READY, "quick", steps=2)
    events = [
        moved(1, "completed", "told-more"),
        moved(2, "in_progress", "told-more", "completed"),
        moved(2, "waiting_approval", "approved"),
        *(plan, plan, moved(4, "completed", "quick")),
        moved(5, "in_progress", "approved", "waiting_approval"),
        moved(6, "waiting_approval", "waits"),
        moved(7, "waiting_feedback", "answered"),
        moved(8, "in_progress", "answered", "waiting_feedback"),
        event(9, EventType.TASK_VANISHED, "answered"),
    ]
    tasks = _tasks(
        **{"told-more": "in_progress", "approved": "in_progress", "quick": "completed"},
        waits="waiting_approval",
        answered="in_progress",
    )
    made = make_digest(events, tasks, START, at(60))
    assert made.count("plans") == 3, "a task that planned twice is counted once"
    assert summary_parts(made) == ("3 tasks got a plan", "1 asked a question", "2 finished")
    assert ([each.task_id for each in made.plans], [each.task_id for each in made.finished]) == (["waits"], ["quick"])


def test_digest_counts_no_plan_that_was_only_seen_meanwhile_and_no_end_that_was_only_seen_again():
    events = [
        event(3, EventType.PLAN_READY, "old", happened_at=format_time(at(-90))),
        event(3, EventType.PLAN_READY, "when?", first_seen=True),
        moved(4, "unknown", "done", "completed"),
        moved(5, "completed", "done", "unknown"),
    ]
    tasks = _tasks(**{"old": "in_progress", "when?": "in_progress", "done": "completed"})
    assert summary_parts(make_digest(events, tasks, START, at(60))) == ()


def test_digest_leaves_out_what_was_before_and_forgotten_tasks_and_only_counts_archived_ones():
    events = [moved(-5, "completed", "before"), moved(1, "failed", "archived"), moved(1, "failed", "forgotten")]
    tasks = _tasks(before="completed") | {"archived": Task("archived", status=TaskStatus.FAILED, archived=True)}
    made = make_digest(events, tasks, START, at(60))
    assert summary_parts(made) == ("1 failed",)
    assert not any(made.group(name) for name in DIGEST_GROUPS)
    assert not should_show(START, at(60), made)


def test_digest_lists_whoever_needs_the_person_now_also_without_any_history():
    tasks = {
        "plan": Task("plan", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(-300)),
        "ask": Task("ask", status=TaskStatus.WAITING_FEEDBACK, waiting_since=at(-900)),
        "since?": Task("since?", status=TaskStatus.WAITING_FEEDBACK),
        "bad": Task("bad", status=TaskStatus.FAILED, waiting_since=at(30)),
        "seen": Task("seen", status=TaskStatus.COMPLETED, waiting_since=at(-60), seen_at=at(-50)),
        "snoozed": Task("snoozed", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(1), snoozed_until=at(500)),
        "works": Task("works", status=TaskStatus.IN_PROGRESS),
    }
    made = make_digest([moved(30, "failed", "bad")], tasks, START, at(60))
    assert [(entry.task_id, entry.at, entry.is_news) for entry in made.waiting] == [
        ("ask", at(-900), False),
        ("plan", at(-300), False),
        ("bad", at(30), True),
        ("since?", None, False),
    ]
    assert made.plans == made.questions == ()
    assert [entry.task_id for entry in made.failed] == ["bad"]
    assert made.others("failed") == ()


def test_digest_in_which_nothing_happened_still_has_who_waits():
    tasks = {"plan": Task("plan", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(-300))}
    made = make_digest([], tasks, START, at(60))
    assert made.is_empty
    assert [entry.task_id for entry in made.waiting] == ["plan"]
    assert summary_sentence(made) == "While you were away (1h): nothing happened. 1 task needs you now."


def test_wait_that_began_meanwhile_is_something_that_happened_also_without_history():
    tasks = {"plan": Task("plan", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(10))}
    made = make_digest([], tasks, START, at(60))
    assert not made.is_empty
    assert should_show(START, at(60), made)
    assert summary_sentence(made) == "While you were away (1h): 1 task got a plan. 1 task needs you now."


def test_first_reading_in_the_time_away_begins_the_history_and_what_was_before_is_no_news():
    begun = found(30, "waiting_approval", "plan", first_sync=True)
    tasks = {
        "plan": Task("plan", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(10)),
        "ask": Task("ask", status=TaskStatus.WAITING_FEEDBACK, waiting_since=at(40)),
    }
    made = make_digest([begun, moved(40, "waiting_feedback", "ask")], tasks, START, at(60))
    assert (made.since, made.is_cut) == (at(30), True)
    assert [(entry.task_id, entry.is_news) for entry in made.waiting] == [("plan", False), ("ask", True)]
    assert (len(made.plans), len(made.questions)) == (0, 1)
    earlier = make_digest([moved(5, "in_progress", "ask"), begun], tasks, START, at(60))
    assert (earlier.since, earlier.is_cut) == (START, False)


@given(
    st.lists(st.builds(moved, st.integers(-50, 50), st.sampled_from(TaskStatus), st.sampled_from("abc"))),
    st.fixed_dictionaries({name: st.sampled_from(TaskStatus) for name in "abc"}),
    st.fixed_dictionaries({name: st.none() | st.integers(-50, 50).map(at) for name in "abc"}),
)
def test_digest_counts_exactly_the_news_that_it_lists(events, statuses, waits):
    tasks = {name: Task(name, status=status, waiting_since=waits[name]) for name, status in statuses.items()}
    made = make_digest(sorted(events, key=lambda each: each.at), tasks, START, at(60))
    news = {entry.task_id for entry in made.waiting if entry.is_news}
    below = {entry.task_id for name in DIGEST_GROUPS for entry in made.others(name)}
    assert {entry.task_id for name in DIGEST_GROUPS for entry in made.group(name)} == news | below


def test_summary_sentence_counts_in_words():
    events = [moved(1, "waiting_approval", "a"), moved(2, "waiting_approval", "b"), moved(3, "failed", "c")]
    tasks = _tasks(a="waiting_approval", b="waiting_approval", c="failed", d="waiting_feedback")
    made = make_digest(events, tasks, START, at(180))
    assert summary_sentence(made) == "While you were away (3h): 2 tasks got a plan, 1 failed. 4 tasks need you now."
    assert summary_sentence(make_digest([], {}, START, at(5))) == "While you were away (5m): nothing happened."


def test_should_show_only_after_a_pause_in_which_something_happened():
    made = make_digest([moved(1, "failed")], _tasks(**{"1": "failed"}), START, at(60))
    nothing = make_digest([], {}, START, at(60))
    assert should_show(START, at(10), made)
    assert not should_show(START, START + timedelta(minutes=9, seconds=59), made)
    assert not should_show(START, at(60), nothing)
    assert not should_show(None, at(60), made)


@given(
    st.lists(st.builds(moved, st.integers(-50, 50), st.sampled_from(TaskStatus), st.sampled_from("abc"))),
    st.fixed_dictionaries({name: st.sampled_from(TaskStatus) for name in "abc"}),
)
def test_digest_never_lists_a_task_twice_nor_in_a_state_that_it_has_left(events, statuses):
    tasks = {task_id: Task(task_id, status=status) for task_id, status in statuses.items()}
    made = make_digest(sorted(events, key=lambda each: each.at), tasks, START, at(60))
    listed = [entry.task_id for name in DIGEST_GROUPS for entry in made.group(name)]
    assert len(listed) == len(set(listed))
    assert all(tasks[entry.task_id].status is TaskStatus.FAILED for entry in made.failed)
    assert all(tasks[entry.task_id].status is TaskStatus.WAITING_APPROVAL for entry in made.plans)
