"""What is read for the first time but is old is history, not news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jjm_tui.domain.events import EventType
from jjm_tui.domain.facts import ChatFacts, FactSource, Rank, TaskFacts
from jjm_tui.domain.merge import merge
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Plan, PlanStep, SourceFile, Task

DISCOVERED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LONG_AGO = DISCOVERED - timedelta(hours=5)


def _known() -> Task:
    facts = TaskFacts(
        "a", FactSource(Rank.LIVE, DISCOVERED, "list"), status=TaskStatus.IN_PROGRESS, created_at=LONG_AGO
    )
    return merge(None, facts, first_sync=True).task


def _read(task: Task, planned: datetime, minute: int = 1) -> tuple[Task, list[EventType]]:
    plan = Plan(f"fingerprint-{planned}", (PlanStep("One"),), complete=True, created_at=planned, approved=True)
    origin = FactSource(Rank.LIVE, DISCOVERED + timedelta(minutes=minute), "activities")
    files = (SourceFile(f"file-{minute}", additions=1),)
    result = merge(task, TaskFacts("a", origin, plan=plan, source_files=files))
    return result.task, [event.type for event in result.events]


def test_old_plan_and_files_read_for_the_first_time_are_no_news():
    _, events = _read(_known(), LONG_AGO)
    assert events == []


def test_plan_made_after_the_discovery_is_news():
    _, events = _read(_known(), DISCOVERED + timedelta(seconds=30))
    assert EventType.PLAN_READY in events


def test_what_the_first_reading_finds_is_labelled_as_first_seen_and_what_changes_later_is_not():
    new = FactSource(Rank.LIVE, DISCOVERED, "list")
    task = merge(None, TaskFacts("a", new, status=TaskStatus.IN_PROGRESS, created_at=DISCOVERED), first_sync=True).task
    told = []
    for minute in (1, 2):
        seen = FactSource(Rank.LIVE, DISCOVERED + timedelta(minutes=minute), "activities")
        plan = Plan(f"plan {minute}", (PlanStep("One"),), complete=True, approved=True)
        files = tuple(SourceFile(f"file-{number}", additions=1) for number in range(minute))
        result = merge(task, TaskFacts("a", seen, plan=plan, source_files=files))
        task = result.task
        told.append({event.type: event.is_first_seen for event in result.events})
    kinds = (EventType.PLAN_READY, EventType.PLAN_APPROVED, EventType.FILES_CHANGED)
    assert told == [dict.fromkeys(kinds, True), dict.fromkeys(kinds, False)]


def test_pull_request_of_a_task_that_was_read_before_is_opened_and_else_first_seen():
    link = "https://github.com/acme/webapp/pull/1"
    seen = FactSource(Rank.LIVE, DISCOVERED + timedelta(minutes=1), "activities")
    later = FactSource(Rank.LIVE, DISCOVERED + timedelta(minutes=2), "activities")
    read = merge(_known(), TaskFacts("a", seen, chat=ChatFacts((), "whole"))).task
    for task, is_first in ((_known(), True), (read, False)):
        (event,) = merge(task, TaskFacts("a", later, pull_request_url=link)).events
        assert (event.type, event.is_first_seen) == (EventType.PULL_REQUEST_OPENED, is_first)


def test_what_changes_after_the_first_reading_is_news():
    task, _ = _read(_known(), LONG_AGO)
    _, events = _read(task, DISCOVERED + timedelta(minutes=2), minute=3)
    assert {EventType.PLAN_READY, EventType.FILES_CHANGED} <= set(events)


def test_plan_and_message_tell_when_the_server_says_that_they_were_written():
    task, _ = _read(_known(), LONG_AGO)
    seen, written = DISCOVERED + timedelta(minutes=9), DISCOVERED + timedelta(minutes=6)
    message = ChatMessage("Which one?", "jules", written, "m1")
    chat = ChatFacts((message,), "whole")
    plan = Plan("new", (PlanStep("One"),), complete=True, created_at=written)
    facts = TaskFacts("a", FactSource(Rank.LIVE, seen, "activities"), plan=plan, chat=chat)
    told = {event.type: (event.at, event.told_at) for event in merge(task, facts).events}
    assert told[EventType.PLAN_READY] == (seen, written)
    assert told[EventType.MESSAGE_RECEIVED] == (seen, written)
