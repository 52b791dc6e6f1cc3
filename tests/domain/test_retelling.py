"""Facts that are told again give what merging them gives."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.domain.facts import SILENT, FactSource, Rank, TaskFacts
from jjm_tui.domain.merge import merge
from jjm_tui.domain.retelling import tell_again
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from tests.domain.strategies import any_facts, at, facts, minutes


def of_a_list(told: TaskFacts) -> TaskFacts:
    """Without conversation, plan and files, and believed, as nearly all entries of lists."""
    origin = replace(told.origin, rank=max(told.origin.rank, Rank.CACHE))
    return replace(told, origin=origin, description_cut=False, chat=SILENT, plan=SILENT, source_files=SILENT)


def later(told: TaskFacts, by: int) -> TaskFacts:
    moment = at((told.origin.observed_at - at(0)).total_seconds() / 60 + by)
    return replace(told, origin=FactSource(told.origin.rank, moment, told.origin.source))


def merged(*several: TaskFacts) -> Task:
    task: Task | None = None
    for one in several:
        task = merge(task, one).task
    assert task is not None
    return task


@given(st.lists(any_facts, max_size=3), any_facts.map(of_a_list), minutes)
@settings(max_examples=200, deadline=None)
def test_tell_again_any_history_is_what_merging_gives(history: list[TaskFacts], last: TaskFacts, by: int) -> None:
    task, again = merged(*history, last), later(last, by)

    told = tell_again(task, last, again)

    if told is not None:
        for now in (None, again.origin.observed_at):
            result = merge(task, again, now=now)
            assert told == result.task
            assert (result.changed, result.events) == (False, ())


def test_tell_again_list_entry_moves_all_its_marks() -> None:
    entry = facts(1, title="Fix it", status=TaskStatus.IN_PROGRESS, on_server=True)
    task = merged(facts(0, Rank.LIVE, "page", branch="main"), entry)

    told = tell_again(task, entry, later(entry, 5))

    assert told is not None
    assert told.synced_at == at(6)
    assert told.provenance["title"].observed_at == told.provenance["status"].observed_at == at(6)
    assert told.provenance["branch"].observed_at == at(0)


def test_tell_again_other_words_must_be_merged() -> None:
    entry = facts(1, title="Fix it")

    assert tell_again(merged(entry), entry, facts(2, title="Mend it")) is None


def test_tell_again_weaker_facts_that_may_count_now_must_be_merged() -> None:
    entry = facts(1, title="Fix it", updated_at=at(0))
    other = facts(3, title="Mend it", updated_at=at(5), source="page")
    task = merged(other, entry)

    assert tell_again(task, entry, later(entry, 9)) is None
