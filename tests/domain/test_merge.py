"""What people see of a task when answers of different worth arrive."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jjm_tui.domain.events import EventType
from jjm_tui.domain.facts import Rank, TaskFacts
from jjm_tui.domain.merge import NOT_ON_SERVER, MergeResult, merge
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import SourceFile, Task, needs_me
from jjm_tui.domain.times import format_time
from tests.domain.strategies import TASK_ID, at, facts, plan, sent, told, whole

S = TaskStatus


def after(*several: TaskFacts, start: Task | None = None) -> Task:
    task = start
    for one in several:
        task = merge(task, one).task
    assert task is not None
    return task


def kinds(result: MergeResult) -> list[str]:
    return [event.type.value for event in result.events]


# --- provenance


def test_lower_rank_fills_what_nobody_told() -> None:
    task = after(facts(title="From the list"), facts(1, Rank.OWN_STORE, branch="main", title="stale"))

    assert (task.title, task.branch) == ("From the list", "main")


def test_lower_rank_with_later_server_time_wins() -> None:
    task = after(facts(0, status=S.IN_PROGRESS), facts(5, Rank.CACHE, status=S.PAUSED, updated_at=at(3)))

    assert task.status is S.PAUSED
    assert task.provenance["status"].rank == Rank.CACHE


def test_lower_rank_with_earlier_server_time_loses() -> None:
    task = after(facts(2, status=S.IN_PROGRESS), facts(5, Rank.CACHE, status=S.PAUSED, updated_at=at(1)))

    assert task.status is S.IN_PROGRESS


def test_observation_that_lies_ahead_of_now_keeps_nothing_out() -> None:
    ahead = facts(120, status=S.IN_PROGRESS, title="old", chat=whole(told("1", "old", 0)), on_server=True)
    before = replace(after(ahead), seen_at=at(120))
    said = facts(1, status=S.COMPLETED, title="new", chat=whole(told("2", "new", 1)), on_server=True)

    result = merge(before, said, now=at(1))

    task = result.task
    assert (task.status, task.title, task.synced_at) == (S.COMPLETED, "new", at(1))
    assert [message.content for message in task.chat_history] == ["new"]
    assert needs_me(task, at(1)) == "review"
    assert "status_changed" in kinds(result)
    assert merge(task, facts(0, status=S.IN_PROGRESS), now=at(2)).task.status is S.COMPLETED


def test_observation_that_lies_ahead_of_now_does_not_yield_to_the_servers_own_store() -> None:
    before = after(facts(120, status=S.IN_PROGRESS, title="told"))

    task = merge(before, facts(1, Rank.OWN_STORE, status=S.PENDING, title="stale"), now=at(1)).task

    assert (task.status, task.title) == (S.IN_PROGRESS, "told")


def test_own_store_with_later_server_time_still_loses() -> None:
    task = after(facts(0, status=S.IN_PROGRESS), facts(5, Rank.OWN_STORE, status=S.PENDING, updated_at=at(4)))

    assert task.status is S.IN_PROGRESS


def test_own_store_with_later_server_time_does_not_rename_a_task_either() -> None:
    task = after(facts(0, title="Live"), facts(5, Rank.OWN_STORE, title="stale", updated_at=at(4)))

    assert task.title == "Live"


def test_late_live_answer_replaces_the_servers_own_store_whatever_time_that_claims() -> None:
    stored = after(facts(5, Rank.OWN_STORE, status=S.PENDING, title="stale", updated_at=at(4)))

    task = after(facts(3, status=S.PAUSED, title="Live"), start=stored)

    assert (task.status, task.title) == (S.PAUSED, "Live")


def test_late_answer_of_higher_rank_replaces_a_guess_but_not_proven_news() -> None:
    guessed = after(facts(5, Rank.GUESS, status=S.WAITING_FEEDBACK))
    proven = after(facts(5, Rank.CACHE, status=S.PAUSED, updated_at=at(4)))
    late = facts(3, status=S.IN_PROGRESS)

    assert after(late, start=guessed).status is S.IN_PROGRESS
    assert after(late, start=proven).status is S.PAUSED


def test_imported_value_without_provenance_yields_to_a_server_but_not_to_its_own_store() -> None:
    imported = Task(TASK_ID, title="Imported", status=S.PAUSED)

    assert after(facts(title="Live"), start=imported).title == "Live"
    assert after(facts(0, Rank.OWN_STORE, title="stale"), start=imported).title == "Imported"


def test_told_none_erases_from_a_good_source_only() -> None:
    task = after(facts(title="A", branch="main"))

    assert after(facts(1, title=None), start=task).title is None
    assert after(facts(1, Rank.GUESS, title=None), start=task).title == "A"
    assert after(facts(1, Rank.CACHE, title=None, updated_at=at(9)), start=task).title == "A"


def test_told_none_and_a_weaker_title_do_not_take_turns() -> None:
    page = facts(1, Rank.CACHE, title="From the cache")
    task = after(facts(0, title=None), page)

    assert task.title is None
    assert not merge(task, facts(2, title=None)).changed


def test_ages_move_although_nothing_visible_changed() -> None:
    result = merge(after(facts(0, title="A")), facts(5, title="A"))

    assert not result.changed
    assert result.task.synced_at == at(5)
    assert result.task.provenance["title"].observed_at == at(5)


def test_synced_at_of_a_weak_source_gives_way_to_a_good_one_even_if_earlier() -> None:
    weak = after(facts(5, Rank.OWN_STORE, title="A"))

    assert weak.synced_at == at(5)
    assert weak.provenance["synced_at"].rank == Rank.OWN_STORE
    assert after(facts(3, title="A"), start=weak).synced_at == at(3)
    assert after(facts(3, title="A"), facts(9, Rank.GUESS, title="A")).synced_at == at(3)


# --- description


def test_cut_description_never_replaces_the_whole_one() -> None:
    task = after(facts(description="Fix the login bug in Firefox"))

    task = after(facts(1, description="Fix the login...", description_cut=True), start=task)

    assert task.description == "Fix the login bug in Firefox"
    assert task.chat_history[0].content == "Fix the login bug in Firefox"


def test_whole_description_completes_a_cut_one_from_any_source() -> None:
    cut = after(facts(1, description="Fix the login…", description_cut=True))
    assert cut.chat_history == ()

    task = after(facts(0, Rank.OWN_STORE, description="Fix the login bug"), start=cut)

    assert task.description == "Fix the login bug"
    assert [message.content for message in task.chat_history] == ["Fix the login bug"]


def test_longer_cut_description_replaces_a_shorter_cut_one() -> None:
    task = after(
        facts(description="Fix the...", description_cut=True),
        facts(1, description="Fix the log...", description_cut=True),
    )

    assert task.description == "Fix the log..."


def test_prompt_is_first_chat_entry_once_the_description_is_known() -> None:
    task = after(facts(description="Fix it", created_at=at(-9)), facts(1, chat=whole(told("1", "I will.", 0))))

    assert [(message.id, message.type, message.timestamp) for message in task.chat_history] == [
        ("prompt", "user", at(-9)),
        ("1", "jules", at(0)),
    ]


# --- status


def test_word_that_is_not_understood_is_news() -> None:
    result = merge(after(facts(status=S.IN_PROGRESS)), facts(1, status=S.UNKNOWN, status_detail="DREAMING"))

    assert (result.task.status, result.task.status_detail) == (S.UNKNOWN, "DREAMING")
    assert [dict(event.data) for event in result.events] == [
        {"from": "in_progress", "to": "unknown", "detail": "DREAMING"}
    ]


def test_unknown_without_a_word_is_news_and_leaves_no_word_of_before() -> None:
    task = after(facts(status=S.PAUSED), facts(1, status=S.UNKNOWN, status_detail="DREAMING"))

    result = merge(task, facts(2, status=S.UNKNOWN))

    assert (result.task.status, result.task.status_detail) == (S.UNKNOWN, None)
    assert after(facts(status=S.PAUSED), facts(1, status=S.UNKNOWN)).status is S.UNKNOWN


def test_task_that_returns_without_a_state_is_not_called_gone() -> None:
    task = after(facts(status=S.PAUSED), facts(1, on_server=False), facts(2, on_server=True, status=S.UNKNOWN))

    assert (task.on_server, task.status, task.status_detail) == (True, S.UNKNOWN, None)


@pytest.mark.parametrize("rank", [Rank.OWN_STORE, Rank.GUESS])
def test_weak_unknown_without_a_word_is_silence(rank: Rank) -> None:
    assert merge(None, facts(0, rank, status=S.UNKNOWN)).task.provenance.get("status") is None


@pytest.mark.parametrize("rank", [Rank.OWN_STORE, Rank.GUESS])
def test_weak_unknown_never_erases_a_status(rank: Rank) -> None:
    task = after(facts(0, rank, status=S.PAUSED), facts(1, rank, status=S.UNKNOWN, status_detail="undefined"))

    assert (task.status, task.status_detail) == (S.PAUSED, None)


def test_status_that_could_not_be_read_is_not_filled_from_the_servers_own_store() -> None:
    task = after(facts(status=S.UNKNOWN, status_detail="thinking hard"), facts(1, Rank.OWN_STORE, status=S.PENDING))

    assert (task.status, task.status_detail) == (S.UNKNOWN, "thinking hard")


def test_finer_word_for_the_same_status_changes_without_an_event() -> None:
    result = merge(
        after(facts(status=S.IN_PROGRESS, status_detail="PLANNING")),
        facts(1, status=S.IN_PROGRESS, status_detail="IN_PROGRESS"),
    )

    assert result.changed
    assert result.events == ()


def test_failure_is_dropped_when_the_task_goes_on() -> None:
    task = after(facts(status=S.FAILED, failure="Out of memory"), facts(1, status=S.IN_PROGRESS))

    assert task.failure is None
    assert after(facts(0, failure="Out of memory"), start=task).failure is None


# --- waiting, seen, snoozed


def test_waiting_since_is_the_servers_time_when_it_says_one() -> None:
    task = after(facts(status=S.IN_PROGRESS), facts(10, status=S.WAITING_APPROVAL, updated_at=at(7)))

    assert task.waiting_since == at(7)
    assert after(facts(11, status=S.WAITING_APPROVAL, updated_at=at(10.5)), start=task).waiting_since == at(7)


def test_waiting_since_is_the_observation_when_the_servers_time_cannot_be() -> None:
    waiting = after(facts(10, status=S.WAITING_APPROVAL, updated_at=at(7)))

    assert after(facts(12, status=S.COMPLETED, updated_at=at(7)), start=waiting).waiting_since == at(12)
    assert after(facts(12, status=S.COMPLETED, updated_at=at(600)), start=waiting).waiting_since == at(12)
    assert after(facts(12, status=S.COMPLETED), start=waiting).waiting_since == at(12)


def test_waiting_since_ends_when_the_task_goes_on() -> None:
    assert after(facts(status=S.WAITING_FEEDBACK), facts(1, status=S.IN_PROGRESS)).waiting_since is None


def test_final_tasks_of_the_first_synchronisation_count_as_seen() -> None:
    task = merge(None, facts(5, status=S.COMPLETED, updated_at=at(600)), first_sync=True).task

    assert needs_me(task, at(601)) is None
    assert task.seen_at is not None


def test_discovery_of_a_task_that_waits_tells_since_when() -> None:
    waiting = facts(1, status=TaskStatus.WAITING_APPROVAL, updated_at=at(-40))
    (event,) = (each for each in merge(None, waiting, first_sync=True).events if each.type == "task_discovered")
    assert event.data["since"] == format_time(at(-40))
    (event,) = merge(None, facts(1, status=TaskStatus.IN_PROGRESS, updated_at=at(-40)), first_sync=True).events
    assert "since" not in event.data


def test_final_task_discovered_later_needs_a_review() -> None:
    assert needs_me(after(facts(5, status=S.COMPLETED)), at(6)) == "review"
    assert needs_me(after(facts(5, status=S.FAILED)), at(6)) == "failure"


def test_page_read_in_the_first_synchronisation_counts_as_found_final() -> None:
    listed = merge(None, facts(0, Rank.OWN_STORE, status=S.PENDING), first_sync=True).task

    task = merge(listed, facts(1, status=S.COMPLETED), first_sync=True).task

    assert needs_me(task, at(2)) is None


def test_task_that_finishes_during_a_slow_first_synchronisation_needs_a_review() -> None:
    running = merge(None, facts(0, status=S.IN_PROGRESS), first_sync=True).task

    task = merge(running, facts(1, status=S.COMPLETED), first_sync=True).task

    assert needs_me(task, at(2)) == "review"


def test_seen_task_that_finishes_again_needs_another_review() -> None:
    seen = replace(after(facts(0, status=S.COMPLETED)), seen_at=at(1))

    task = after(facts(2, status=S.IN_PROGRESS), facts(3, status=S.COMPLETED), start=seen)

    assert needs_me(task, at(4)) == "review"


def test_snooze_ends_when_the_task_begins_to_wait() -> None:
    snoozed = replace(after(facts(status=S.IN_PROGRESS)), snoozed_until=at(999))

    assert after(facts(1, status=S.PAUSED), start=snoozed).snoozed_until == at(999)
    assert needs_me(after(facts(1, status=S.WAITING_FEEDBACK), start=snoozed), at(2)) == "question"


def test_snooze_holds_while_the_task_goes_on_waiting() -> None:
    snoozed = replace(after(facts(status=S.WAITING_APPROVAL)), snoozed_until=at(999))

    assert needs_me(after(facts(1, status=S.WAITING_APPROVAL), start=snoozed), at(2)) is None


# --- vanishing


def test_task_not_found_on_the_server_is_unknown_and_needs_nobody() -> None:
    result = merge(after(facts(status=S.WAITING_APPROVAL)), facts(1, on_server=False))

    assert (result.task.on_server, result.task.status, result.task.status_detail) == (False, S.UNKNOWN, NOT_ON_SERVER)
    assert result.task.waiting_since is None
    assert needs_me(result.task, at(2)) is None
    assert kinds(result) == ["task_vanished", "status_changed"]
    assert kinds(merge(result.task, facts(2, on_server=False))) == []


def test_task_that_returns_says_so_and_has_its_status_again() -> None:
    gone = after(facts(status=S.PAUSED), facts(1, on_server=False))

    result = merge(gone, facts(2, status=S.PAUSED))

    assert (result.task.on_server, result.task.status) == (True, S.PAUSED)
    assert kinds(result) == ["task_returned", "status_changed"]
    assert after(facts(2), start=gone).status_detail is None


def test_vanished_task_does_not_return_by_the_servers_own_store_or_an_older_answer() -> None:
    gone = after(facts(status=S.PAUSED), facts(5, on_server=False))

    for stale in (facts(9, Rank.OWN_STORE, status=S.PENDING), facts(3, status=S.PAUSED)):
        result = merge(gone, stale)
        assert (result.task.on_server, result.task.status) == (False, S.UNKNOWN)
        assert result.events == ()


# --- plan


def test_new_plan_is_ready_and_names_the_one_it_replaces() -> None:
    first, second = plan("a"), plan("a", "b")

    result = merge(after(facts(), facts(1, plan=first)), facts(2, plan=second))

    assert result.task.plan == second
    assert [dict(event.data) for event in result.events] == [
        {"fingerprint": second.fingerprint, "steps": 2, "replaces": first.fingerprint}
    ]


def test_plan_is_not_erased_by_a_server_that_shows_none_any_more() -> None:
    assert after(facts(plan=plan("a")), facts(1, plan=None)).plan == plan("a")


def test_same_plan_learns_that_it_was_approved() -> None:
    result = merge(after(facts(plan=plan("a", complete=True, id="p"))), facts(1, plan=plan("a", approved=True)))

    assert result.task.plan == plan("a", approved=True, id="p")
    assert kinds(result) == ["plan_approved"]
    assert after(facts(2, plan=plan("a")), start=result.task).plan == plan("a", approved=True, id="p")


def test_older_plan_on_a_page_of_the_past_does_not_replace_the_newer_one() -> None:
    newer, older = plan("b", created_at=at(5)), plan("a", created_at=at(1))

    assert after(facts(6, plan=newer), facts(7, plan=older)).plan == newer


# --- files, pull request, discovery


def test_files_changed_counts_files_and_lines() -> None:
    before = after(facts(), facts(1, source_files=(SourceFile("a.py", "modified", 1, 0),)))

    result = merge(
        before, facts(2, source_files=(SourceFile("a.py", "modified", 3, 1), SourceFile("b.py", "created", 2, 0)))
    )

    assert [(event.type, dict(event.data)) for event in result.events] == [
        (EventType.FILES_CHANGED, {"files": 2, "additions": 5, "deletions": 1})
    ]


def test_files_without_line_counts_are_no_change_of_files() -> None:
    before = after(facts(source_files=(SourceFile("a.py", "modified", 1, 0, "https://x.test", {"x_y": 1}),)))

    result = merge(before, facts(1, source_files=(SourceFile("a.py"),)))

    assert result.events == ()
    assert result.task.source_files == (SourceFile("a.py", url="https://x.test", extra={"x_y": 1}),)


def test_empty_file_list_of_a_guess_keeps_the_files() -> None:
    known = (SourceFile("a.py"),)

    assert after(facts(source_files=known), facts(1, Rank.GUESS, source_files=())).source_files == known
    assert after(facts(source_files=known), facts(1, source_files=())).source_files == ()


def test_pull_request_is_told_once() -> None:
    before = after(facts(status=S.IN_PROGRESS))
    opened = merge(before, facts(1, status=S.COMPLETED, pull_request_url="https://github.com/acme/webapp/pull/1"))

    assert kinds(opened) == ["status_changed", "pull_request_opened"]
    assert kinds(merge(opened.task, facts(2, pull_request_url="https://github.com/acme/webapp/pull/1"))) == []


def test_discovery_is_one_event() -> None:
    result = merge(
        None, facts(status=S.IN_PROGRESS, status_detail="PLANNING", chat=whole(told("1", "Hello", 0)), plan=plan("a"))
    )

    assert [(event.type.value, event.at, event.task_id) for event in result.events] == [
        ("task_discovered", at(0), TASK_ID)
    ]
    assert result.changed


def test_discovery_of_a_task_that_waits_tells_its_plan_too() -> None:
    found = facts(status=S.WAITING_APPROVAL, plan=plan("a"))

    assert kinds(merge(None, found)) == ["task_discovered", "plan_ready"]
    assert kinds(merge(None, found, first_sync=True)) == ["task_discovered"]


def test_first_look_into_a_task_finished_long_ago_is_no_news() -> None:
    old = merge(None, facts(status=S.COMPLETED, updated_at=at(-900)), first_sync=True).task

    result = merge(
        old,
        facts(
            1,
            plan=plan("a", approved=True),
            source_files=(SourceFile("a.py"),),
            pull_request_url="https://github.com/a/b/pull/1",
            chat=whole(told("1", "Done.", -901)),
        ),
    )

    assert result.events == ()
    assert result.changed


def test_events_of_a_conversation_name_new_messages_of_jules_only() -> None:
    first = merge(after(facts()), facts(1, chat=whole(told("1", "Old", -5), told("2", "New", 0.5))))
    again = merge(
        first.task, facts(2, chat=whole(told("1", "Old", -5), told("2", "New", 0.5), told("3", "Me", 1, "user")))
    )

    assert [event.data["content"] for event in first.events] == ["New"]
    assert again.events == ()


def test_message_settled_by_the_server_is_reported_with_the_task() -> None:
    before = merge(None, facts(), local_messages=[sent("op1", "Go on", 1, "sending")])
    assert before.task.chat_history[-1].delivery == "sending"

    result = merge(before.task, facts(2, chat=whole(told("9", "Go on", 1.1, "user"))))

    assert result.settled == ("local:op1",)
    assert [(message.id, message.delivery) for message in result.task.chat_history] == [("9", None)]
