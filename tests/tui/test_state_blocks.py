"""The states in the overview: how long each lasted, and what of that is not known."""

from __future__ import annotations

from datetime import datetime

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.tui.text.state_blocks import state_blocks
from tests.services.histories import at, event, found, moved

WORKING = Task("1", status=TaskStatus.IN_PROGRESS)


def lines(task: Task, *events: TaskEvent, now: datetime) -> list[str]:
    return [block.text.rstrip() for block in state_blocks(task, events, now)]


def test_states_have_the_time_that_was_spent_in_each() -> None:
    new = Task("1", status=TaskStatus.WAITING_APPROVAL, created_at=at(0))
    history = found(1, "pending"), moved(3, "in_progress"), moved(75, "waiting_approval")
    assert lines(new, *history, now=at(93)) == [
        "○ queued    3m",
        "▸ working   1h 12m",
        "? plan      18m so far",
    ]


def test_state_whose_beginning_or_end_was_not_seen_took_at_least_as_long_as_told() -> None:
    known = found(0, "in_progress", first_sync=True)
    assert lines(WORKING, known, now=at(0)) == ["▸ working"]
    assert lines(WORKING, known, now=at(7)) == ["▸ working   at least 7m so far"]
    forgotten = [moved(0, "in_progress"), event(4, EventType.FORGOTTEN), found(60, "in_progress")]
    assert lines(WORKING, *forgotten, now=at(62)) == ["▸ working   at least 4m", "▸ working   at least 2m so far"]


def test_end_that_lasts_is_told_by_how_long_ago_it_was() -> None:
    done = Task("1", status=TaskStatus.COMPLETED)
    assert lines(done, moved(0, "completed"), now=at(125)) == ["✓ done      2h 05m ago"]
    assert lines(done, found(0, "completed", first_sync=True), now=at(125)) == ["✓ done      at least 2h 05m ago"]


def test_state_that_is_over_before_the_history_says_so_is_not_told_to_last() -> None:
    history = moved(0, "pending"), moved(5, "in_progress")
    for task in (Task("1", status=TaskStatus.PAUSED), Task("1", status=TaskStatus.IN_PROGRESS, on_server=False)):
        assert lines(task, *history, now=at(9)) == ["○ queued    5m", "▸ working"]


def test_only_the_last_states_are_told_and_that_there_were_others() -> None:
    words = ("in_progress", "paused") * 4
    history = [moved(minute, word) for minute, word in enumerate(words)]
    told = lines(Task("1", status=TaskStatus.PAUSED), *history, now=at(9))
    assert told[0] == "earlier ones are in the timeline"
    assert told[1:] == ["‖ paused    1m", "▸ working   1m", "‖ paused    1m", "▸ working   1m", "‖ paused    2m so far"]
    assert lines(WORKING, now=at(9)) == []
