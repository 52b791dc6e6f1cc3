"""Telling the person: transitions that matter, summed up, not in quiet hours, never the agent's own words."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.services.notifier import Announcer, QuietHours, is_worth_telling, summarise

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Listener:
    """Somebody who is told."""

    def __init__(self) -> None:
        self.told: list[list[str | None]] = []

    async def notify(self, events, tasks) -> None:
        self.told.append([event.task_id for event in events])


def _change(task_id: str, to: str) -> TaskEvent:
    return TaskEvent(EventType.STATUS_CHANGED, NOW, task_id, {"from": "in_progress", "to": to})


def _tasks(*ids: str, **marks: object) -> dict[str, Task]:
    return {task_id: Task(task_id, title=f"Title of {task_id}", **marks) for task_id in ids}


async def test_changes_that_need_a_person_are_told_together_once():
    listener = Listener()
    events = [_change("a", "waiting_approval"), _change("b", "completed"), _change("c", "in_progress")]
    await Announcer([listener]).announce(events, _tasks("a", "b", "c"), NOW)
    assert listener.told == [["a", "b"]]


async def test_nothing_worth_telling_disturbs_nobody():
    listener = Listener()
    await Announcer([listener]).announce([_change("a", "paused")], _tasks("a"), NOW)
    assert listener.told == []


async def test_quiet_hours_over_midnight_are_honoured():
    listener = Listener()
    local = NOW.astimezone()
    around = QuietHours((local - timedelta(hours=1)).time(), (local + timedelta(hours=1)).time())
    await Announcer([listener], around).announce([_change("a", "failed")], _tasks("a"), NOW)
    assert listener.told == []
    night = QuietHours(time(22, 0), time(7, 0))
    assert night.covers(datetime(2026, 11, 20, 23, 30).astimezone())
    assert night.covers(datetime(2026, 11, 20, 6, 59).astimezone())
    assert not night.covers(datetime(2026, 11, 20, 12, 0).astimezone())


def test_archived_snoozed_and_unknown_tasks_are_not_told():
    event = _change("a", "failed")
    assert is_worth_telling(event, _tasks("a"), NOW)
    assert not is_worth_telling(event, {}, NOW)
    assert not is_worth_telling(event, _tasks("a", archived=True), NOW)
    assert not is_worth_telling(event, _tasks("a", snoozed_until=NOW + timedelta(minutes=1)), NOW)
    assert is_worth_telling(event, _tasks("a", snoozed_until=NOW - timedelta(minutes=1)), NOW)


def test_task_that_is_new_and_waits_is_told_but_not_at_the_first_synchronisation():
    tasks = _tasks("a")
    new = TaskEvent(EventType.TASK_DISCOVERED, NOW, "a", {"status": "waiting_feedback", "first_sync": False})
    first = TaskEvent(EventType.TASK_DISCOVERED, NOW, "a", {"status": "waiting_feedback", "first_sync": True})
    assert is_worth_telling(new, tasks, NOW)
    assert not is_worth_telling(first, tasks, NOW)


def test_burst_is_summed_up():
    events = [_change(task_id, "completed") for task_id in "abcde"]
    announcement = summarise(events, _tasks(*"abcde"))
    assert announcement.title == "Jules: 5 tasks"
    assert announcement.body.splitlines()[0] == "Title of a is finished"
    assert announcement.body.splitlines()[-1] == "and 2 more"
    assert summarise(events[:1], _tasks("a")).title == "Jules: 1 task"


def test_only_the_chosen_reasons_are_told_and_of_each_task_the_newest():
    events = [_change("a", "waiting_feedback"), _change("b", "completed"), _change("a", "waiting_approval")]
    announcer = Announcer(reasons=("approval", "question"))
    assert [event.data["to"] for event in announcer.chosen(events, _tasks("a", "b"), NOW)] == ["waiting_approval"]


def test_quiet_hours_are_read_as_the_settings_write_them():
    assert QuietHours.parse("22:00-07:30") == QuietHours(time(22, 0), time(7, 30))


def test_words_of_jules_are_in_it_only_when_they_are_allowed():
    failed = {"a": Task("a", title="One", status=TaskStatus.FAILED, failure="npm\nexited with 1")}
    events = [_change("a", "failed")]
    assert summarise(events, failed).body == "One failed"
    assert summarise(events, failed, agent_text=True).body == "One failed: npm exited with 1"
