"""Promises of merging that hold for every answer, in every order."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from jjm_tui.domain.facts import SILENT, ChatFacts, FactSource, Rank, TaskFacts
from jjm_tui.domain.merge import keep_newest, merge
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from tests.domain.strategies import (
    TASK_ID,
    any_facts,
    at,
    facts,
    known_statuses,
    messages,
    minutes,
    sent,
    server_messages,
    sources,
    texts,
    unknown_fields,
)

bounded = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def merged(*several: TaskFacts, start: Task | None = None) -> Task:
    task = start
    for one in several:
        task = merge(task, one).task
    assert task is not None
    return task


def without_ages(task: Task) -> Task:
    return replace(task, synced_at=None, provenance={})


histories = st.lists(any_facts, min_size=1, max_size=4)


@given(histories, sources)
@bounded
def test_merge_silent_facts_keep_everything(history: list[TaskFacts], source: FactSource) -> None:
    task = merged(*history)
    assume(task.on_server is True)

    result = merge(task, TaskFacts(TASK_ID, source))

    assert without_ages(result.task) == without_ages(task)
    assert not result.changed
    assert result.events == ()


@given(histories, any_facts)
@bounded
def test_merge_same_facts_twice_changes_nothing_more(history: list[TaskFacts], last: TaskFacts) -> None:
    once = merged(*history, last)

    again = merge(once, last)

    assert again.task == once
    assert not again.changed
    assert again.events == ()


@given(histories, any_facts)
@bounded
def test_merge_local_marks_survive(history: list[TaskFacts], more: TaskFacts) -> None:
    task = replace(
        merged(*history),
        archived=True,
        seen_at=at(5),
        origin="work/server",
        extra={"x_mark": [1]},
        snoozed_until=at(99),
    )

    result = merge(task, more).task

    assert (result.archived, result.seen_at, result.origin, result.extra) == (True, at(5), "work/server", task.extra)
    if result.status is task.status:
        assert result.snoozed_until == at(99)


@given(histories, any_facts)
@bounded
def test_merge_older_facts_of_the_same_rank_never_win(history: list[TaskFacts], late: TaskFacts) -> None:
    rank = late.origin.rank
    task = merged(*history, replace(late, on_server=SILENT))
    late = replace(late, origin=replace(late.origin, observed_at=at(-1)), updated_at=SILENT, on_server=SILENT)

    result = merge(task, late).task

    for name in ("title", "repository", "branch", "status", "url", "pull_request_url", "plan", "source_files"):
        known_from = task.provenance.get(name)
        if known_from is not None and known_from.rank == rank:
            assert getattr(result, name) == getattr(task, name)


@given(histories, any_facts)
@bounded
def test_merge_own_store_never_changes_a_known_status(history: list[TaskFacts], stale: TaskFacts) -> None:
    task = merged(*history)
    assume(task.status is not TaskStatus.UNKNOWN)
    stale = replace(stale, origin=replace(stale.origin, rank=Rank.OWN_STORE), on_server=SILENT)

    assert merge(task, stale).task.status is task.status


@given(histories, any_facts)
@bounded
def test_merge_own_store_and_guesses_never_erase_what_is_known(history: list[TaskFacts], weak: TaskFacts) -> None:
    task = merged(*history)
    weak = replace(weak, origin=replace(weak.origin, rank=Rank.GUESS), on_server=SILENT)

    result = merge(task, weak).task

    for name in ("title", "repository", "branch", "plan", "chat_history", "source_files"):
        if getattr(task, name):
            assert getattr(result, name)
    if task.status is not TaskStatus.UNKNOWN:
        assert result.status is not TaskStatus.UNKNOWN


@st.composite
def readings(draw: st.DrawFn) -> list[TaskFacts]:
    """Lists and pages at different moments, none with a word about when the task was last updated."""
    moments = draw(st.lists(minutes, min_size=2, max_size=5, unique=True))
    ranks = st.sampled_from([Rank.OWN_STORE, Rank.GUESS, Rank.CACHE, Rank.LIVE])
    return [facts(moment, draw(ranks), status=draw(known_statuses)) for moment in moments]


@given(readings(), st.randoms(use_true_random=False))
@bounded
def test_merge_any_interleaving_ends_with_the_newest_best_status(several: list[TaskFacts], random) -> None:  # type: ignore[no-untyped-def]
    best = max(several, key=lambda one: (one.origin.rank, one.origin.observed_at))
    assume(best.origin.rank > Rank.OWN_STORE)
    shuffled = list(several)
    random.shuffle(shuffled)

    assert merged(*shuffled).status is best.status


@given(histories, st.sampled_from(["excerpt", "oldest", "newest", "whole"]), st.sampled_from(Rank))
@bounded
def test_merge_empty_chat_erases_only_when_live_and_whole(history: list[TaskFacts], coverage, rank: Rank) -> None:  # type: ignore[no-untyped-def]
    task = merged(*history)
    assume(coverage != "whole" or rank is not Rank.LIVE)

    result = merge(task, facts(99, rank, chat=ChatFacts((), coverage))).task

    assert result.chat_history == task.chat_history


@given(st.lists(any_facts, min_size=1, max_size=6))
@bounded
def test_merge_chat_has_no_duplicates_and_is_in_order(history: list[TaskFacts]) -> None:
    chat = merged(*history).chat_history
    ids = [message.id for message in chat]
    moments = [message.timestamp for message in chat if message.id != "prompt" and message.timestamp is not None]

    assert len(ids) == len(set(ids))
    assert all(first <= second for first, second in pairwise(moments))
    assert "prompt" not in ids[1:]


@given(st.lists(server_messages, max_size=5), st.lists(any_facts, max_size=3))
@bounded
def test_merge_unsettled_message_of_ours_is_never_lost(shown, more: list[TaskFacts]) -> None:  # type: ignore[no-untyped-def]
    ours = sent("op1", "Something nobody else says", 3, "unconfirmed")
    task = merge(None, facts(), local_messages=[ours]).task

    for one in (facts(1, chat=ChatFacts(tuple(shown), "whole")), *more):
        result = merge(task, one)
        task = result.task
        assert ours in task.chat_history
        assert result.settled == ()


@given(histories)
@bounded
def test_merge_events_tell_every_change_of_status(history: list[TaskFacts]) -> None:
    task: Task | None = None
    for one in history:
        result = merge(task, one)
        before = None if task is None else task.status
        changes = [event for event in result.events if event.type == "status_changed"]
        if before is not None and before is not result.task.status:
            assert [change.data["to"] for change in changes] == [result.task.status]
        assert result.changed or not result.events
        task = result.task


@given(histories)
@bounded
def test_merge_synced_at_never_goes_back_between_good_sources(history: list[TaskFacts]) -> None:
    seen = [one.origin.observed_at for one in history if one.origin.rank >= Rank.CACHE]
    task = merged(*history)

    assert task.synced_at == (max(seen) if seen else max(one.origin.observed_at for one in history))


@given(histories)
@bounded
def test_merge_waiting_since_is_known_exactly_while_it_matters(history: list[TaskFacts]) -> None:
    task = merged(*history)
    waits = task.status in (TaskStatus.WAITING_APPROVAL, TaskStatus.WAITING_FEEDBACK) or task.status.is_final

    assert (task.waiting_since is not None) is waits


@given(histories)
@bounded
def test_merge_result_survives_the_store(history: list[TaskFacts]) -> None:
    task = merged(*history)

    assert Task.from_dict(task.to_dict()) == task


@given(st.lists(messages, max_size=30), st.integers(1, 25))
@bounded
def test_keep_newest_never_drops_prompt_or_unsent_messages(chat, limit: int) -> None:  # type: ignore[no-untyped-def]
    task = Task(TASK_ID, chat_history=tuple(chat))

    kept = keep_newest(task, limit)

    ours = [message for message in chat if message.delivery is not None]
    assert [message for message in kept.chat_history if message.delivery is not None] == ours
    assert len(kept.chat_history) - len(ours) <= max(limit, 2)
    if kept is not task:
        assert kept.chat_truncated is True
        assert kept.chat_history[-1] == chat[-1]
        assert kept.chat_history[0] == chat[0] or chat[0].id != "prompt"


@given(unknown_fields, texts)
@bounded
def test_merge_unknown_fields_of_messages_survive_a_new_reading(extra, content: str) -> None:  # type: ignore[no-untyped-def]
    first = merge(None, facts(chat=ChatFacts((replace(sent("x", content), id="7", delivery=None),), "whole"))).task
    marked = replace(first, chat_history=tuple(replace(message, extra=extra) for message in first.chat_history))

    again = merge(marked, facts(1, chat=ChatFacts(first.chat_history, "whole"))).task

    assert [message.extra for message in again.chat_history] == [extra]


def test_strategies_cover_every_field_of_facts() -> None:
    said = {field.name for field in fields(TaskFacts)}

    assert said >= {"title", "status", "plan", "chat", "on_server"}
