"""The watch screen and the timeline: what happened, as lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.app import App, ComposeResult

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import heading
from jjm_tui.domain.times import format_time
from jjm_tui.tui.pages.event_lines import Feed, event_content
from jjm_tui.tui.screens.detail import DetailScreen
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.screens.watch import WatchScreen
from jjm_tui.tui.widgets.timeline import Timeline, timeline_lines
from tests.services.histories import START, at, event, found, moved
from tests.tui.stage import Stage, stage

EVIL = "evil\x1b]52;c;AAAA\x07 [/foo] [@click=app.quit]x\u202e"


def _running(on: Stage) -> Task:
    return next(task for task in on.board.tasks.values() if task.status is TaskStatus.IN_PROGRESS)


async def _happens(on: Stage, *events: TaskEvent) -> None:
    await on.context.events.append(events)


def _moved(task: Task, now: datetime, to: str) -> TaskEvent:
    return TaskEvent(EventType.STATUS_CHANGED, now, task.id, {"from": task.status.value, "to": to})


def test_feed_tells_days_in_headings_and_gives_the_room_of_dates_to_titles() -> None:
    feed = Feed(lambda _: "A title that is longer than a third of a line has")
    now, before = (TaskEvent(EventType.PLAN_READY, when, "1") for when in (START, START - timedelta(days=1)))
    told = [line.content.plain.partition("  plan")[0].rstrip() for line in feed.lines((before, now), 100)]
    entry = " 09:00:00  ? A title that is longer than a third of…"
    assert told == [" Thursday 19 November 2026", entry, " Friday 20 November 2026", entry]


def test_states_have_the_words_of_the_task_list_and_unknown_ones_their_own() -> None:
    def told(before: str | None, after: str) -> str:
        data = {"from": before, "to": after}
        return event_content(TaskEvent(EventType.STATUS_CHANGED, START, "1", data)).plain

    assert told("in_progress", "waiting_approval") == "working → plan"
    assert told("waiting_feedback", "completed") == "question → done"
    assert told(None, "half_baked") == "half_baked"


async def test_watch_shows_events_as_they_happen_and_follows_the_tail(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("W")
        await on.shows("plan ready: 5 steps")
        task = _running(on)
        await _happens(on, _moved(task, on.now, "waiting_approval"))
        await on.shows("working → plan")
        assert heading(task.title, None)[:20] in on.text
        assert "Friday 20 November 2026" in on.text
        assert "09:00:" in on.text


async def test_watch_without_any_history_says_what_will_be_here(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("W")
        await on.shows("Nothing has happened yet. What happens to a task from now on appears here")
        assert on.text.splitlines()[-1].split() == ["esc", "back", "t", "only", "watched", "?", "help"]
        await on.press("enter")
        await on.shows("There is no line under the cursor.")


async def test_watch_begins_with_the_past_and_leaves_out_what_is_no_change(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task = _running(on)
        await _happens(
            on,
            _moved(task, on.now - timedelta(days=1), "paused"),
            TaskEvent(EventType.SEEN, on.now, task.id),
            TaskEvent(EventType.MESSAGE_RECEIVED, on.now, task.id, {"author": "jules", "content": "Which branch?"}),
        )
        await on.press("W")
        await on.shows("Jules, seen 09:00: Which branch?")
        assert "enter go to task  t only watched  f follow" in on.text.splitlines()[-1]
        assert "working → paused" in on.text
        assert "Thursday 19 November 2026" in on.text
        assert "09:00:00  ‖" in on.text
        assert "· seen" not in on.text
        assert "discovered" not in on.text


def _written(task_id: str, read: datetime, written: datetime, content: str = "Which branch?") -> TaskEvent:
    """A message of Jules, maybe read only some time after it was written."""
    told = {"author": "jules", "content": content, "happened_at": format_time(written)}
    return TaskEvent(EventType.MESSAGE_RECEIVED, read, task_id, told)


async def test_watch_tells_a_message_under_the_time_it_was_written_and_sorts_by_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task = _running(on)
        await _happens(on, _moved(task, on.now - timedelta(minutes=1), "paused"))
        await on.press("W")
        await on.shows("→ paused")
        await _happens(on, _written(task.id, on.now, on.now - timedelta(minutes=3)))
        await on.shows("Jules: Which branch?")
        message, movement = (line for line in on.text.splitlines() if "Which branch?" in line or "→ paused" in line)
        assert "08:57:00" in message
        assert "08:59:00" in movement


async def test_watch_scrolled_up_stays_there_and_counts_what_is_new(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task = _running(on)
        await _happens(on, *[_moved(task, on.now - timedelta(seconds=60 - each), "paused") for each in range(60)])
        await on.press("W")
        await on.shows("working → paused")
        await on.press("k", "k")
        await _happens(on, _moved(task, on.now, "failed"), _moved(task, on.now, "completed"))
        await on.shows("▎ Finished")  # which may cover how many are new
        on.app.clear_notifications()
        await on.shows("▾ 2 new below")
        await on.press("G")
        await on.shows("working → done")
        assert "new below" not in on.text


async def _goes_from_its_line(on: Stage, task: Task) -> None:
    """On the watch screen: press enter on the line that tells that this task paused."""
    await _happens(on, _moved(task, on.now, "paused"))
    await on.press("W")
    await on.shows("working → paused")
    assert isinstance(on.app.screen, WatchScreen)
    await on.press("G", "enter")


async def test_watch_enter_goes_to_the_task_beside_the_list(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        task = _running(on)
        await _goes_from_its_line(on, task)
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        assert screen.tasks.highlighted == screen.detail.task_id == task.id


async def test_watch_enter_opens_the_task_where_only_the_list_has_room(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task = _running(on)
        await _goes_from_its_line(on, task)
        assert isinstance(on.app.screen, DetailScreen)
        assert on.app.screen.detail.task_id == task.id
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)
        assert on.app.screen.tasks.highlighted == task.id


async def test_watch_enter_looks_at_the_room_that_there_is_now(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task = _running(on)
        await _happens(on, _moved(task, on.now, "paused"))
        await on.press("W")
        await on.shows("working → paused")
        await on.pilot.resize_terminal(120, 30)
        await on.press("G", "enter")
        assert isinstance(on.app.screen, MainScreen)
        await on.press("W")
        await on.shows("working → paused")
        await on.pilot.resize_terminal(80, 24)
        await on.press("G", "enter")
        assert isinstance(on.app.screen, DetailScreen)


async def test_watch_enter_goes_to_a_task_that_a_filter_or_the_archive_hides(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        task = _running(on)
        await on.press("!")
        await _goes_from_its_line(on, task)
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        assert screen.tasks.highlighted == task.id
        assert "filter:" not in on.text
        await on.press("x")
        await on.until(lambda: screen.tasks.highlighted != task.id)
        await on.press("&", "W")
        await on.shows("working → paused")
        await on.press("G", "enter")
        await on.until(lambda: screen.tasks.highlighted == screen.detail.task_id == task.id)
        assert "with archived" in on.text


async def test_watch_enter_goes_to_a_task_that_came_meanwhile(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("&", "W")
        new = replace(_running(on), id="99990000", title="Came meanwhile")
        await on.context.store.apply({new.id: lambda _: new})
        await on.until(lambda: on.board.task(new.id) is not None)
        await _happens(on, _moved(new, on.now, "paused"))
        await on.shows("Came meanwhile")
        await on.press("G", "enter")
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        assert screen.tasks.highlighted == screen.detail.task_id == new.id
        assert "filter: group:running" in on.text


async def test_help_of_watch_says_what_enter_does_there(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 45)) as on:
        await on.press("W", "?")
        await on.shows("go to the task of this line")
        await on.shows("What happens to tasks, as it happens, newest at the bottom.")
        await on.shows("only watched tasks, or all")
        assert "or all that run" not in on.text


async def test_watch_names_a_task_that_is_only_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        payload = {"repository": "acme/webapp", "title": "A task that is not there yet", "description": "Do it."}
        asked = replace(_operation(OperationState.SENDING, OperationKind.CREATE), task_id=None, payload=payload)
        on.board.set_operations([asked])
        for each in (asked.id, "of-long-ago"):
            told = {"operation_id": each, "kind": "create"}
            await _happens(on, TaskEvent(EventType.OPERATION_REQUESTED, on.now, None, told))
        await on.press("W")
        await on.shows("↑ A task that is not there yet")
        assert "↑ a new task" in on.text


async def test_watch_of_a_task_that_is_not_stored_any_more_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await _happens(on, TaskEvent(EventType.TASK_VANISHED, on.now, "gone-task"))
        await on.press("W")
        await on.shows("gone-task")
        await on.press("enter")
        await on.shows("This task is not stored here any more.")
        assert isinstance(on.app.screen, WatchScreen)


async def test_watch_only_watched_hides_the_others_and_explains_itself(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task, other = list(on.board.tasks.values())[:2]
        await _happens(on, _moved(task, on.now, "paused"), _moved(other, on.now, "failed"))
        await on.press("W")
        await on.shows("→ paused")
        await on.press("t")
        await on.shows("You watch no task. w on a task in the list watches it")
        assert "t everything" in on.text.splitlines()[-1]
        on.board.set_watched([task.id])
        await on.shows("→ paused")
        assert "→ failed" not in on.text
        assert "only watched tasks" in on.text
        await on.press("t")
        await on.shows("→ failed")


async def test_watch_header_tells_how_many_run_and_how_old_the_data_is(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("W")
        running = sum(task.status in (TaskStatus.PENDING, TaskStatus.IN_PROGRESS) for task in on.board.tasks.values())
        await on.shows(f"{running} running")
        on.advance(90)
        await on.shows("oldest data 1m")


async def test_watch_with_a_history_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        (on.bench.folder / "events.jsonl").mkdir(parents=True)
        await on.press("W")
        await on.shows("it is a folder, not a file.")
        assert "Reading the history" not in on.text


async def test_watch_on_a_small_terminal_cuts_with_an_ellipsis(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 12)) as on:
        task = _running(on)
        await _happens(on, _written(task.id, on.now, on.now, "w " * 99))
        await on.press("W")
        await on.shows("Jules: ")
        assert "…" in on.text
        await on.pilot.resize_terminal(120, 30)
        await on.settle()
        assert "Jules: w w w w w w w w w w w w w w w w w w w" in on.text


async def test_foreign_text_in_a_feed_is_literal_and_harmless(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45)) as on:
        await _happens(
            on, TaskEvent(EventType.MESSAGE_RECEIVED, on.now, EVIL, {"author": EVIL, "content": f"{EVIL} end"})
        )
        await on.press("W")
        await on.shows("[/foo] [@click=app.quit]x")
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text


# the timeline


def _texts(events, operations=()) -> list[str]:
    return [line.content.plain.strip() for line in timeline_lines(events, operations, at(60), 120)]


def test_timeline_tells_the_time_spent_in_each_state_and_the_present_one():
    told = _texts([found(0, "pending", first_sync=True), moved(2, "in_progress"), moved(14, "waiting_approval")])
    assert told == [
        "Friday 20 November 2026",
        "09:00:00  ○ task discovered: queued · what was before is not known here",
        "09:02:00  ▸ working → working  after at least 2m",
        "09:14:00  ? working → plan  after 12m",
        "now       ? plan for 46m",
    ]


def test_timeline_of_a_task_that_was_only_just_found_tells_no_length():
    assert [line.content.plain.strip() for line in timeline_lines([found(0, "completed")], (), at(0), 120)] == [
        "Friday 20 November 2026",
        "09:00:00  ✓ task discovered: done",
        "now       ✓ done",
    ]


def test_timeline_tells_a_message_under_the_time_it_was_written_and_sorts_by_it():
    told = _texts([found(0, "in_progress"), moved(14, "waiting_feedback"), _written("1", at(16), at(13))])
    assert told[2] == "09:13:00  » Jules: Which branch?"
    assert told[3].startswith("09:14:00")


def test_timeline_of_a_plan_without_a_time_of_its_own_says_when_it_was_seen():
    told = _texts([event(16, EventType.PLAN_READY, steps=2, fingerprint="p")])
    assert told[1] == "09:16:00  ? plan ready, seen 09:16: 2 steps"


def _operation(state: OperationState, kind: OperationKind = OperationKind.MESSAGE, **changes) -> Operation:
    text = {"text": "Use the new API\nand say why."} if kind is OperationKind.MESSAGE else {}
    return Operation("op1", kind, at(5), "test", state, "1", text, finished_at=at(5.05), **changes)


def test_timeline_tells_operations_once_with_what_became_of_them():
    events = [
        found(0, "in_progress"),
        event(5, EventType.OPERATION_REQUESTED, operation_id="op1", kind="message"),
        event(5.05, EventType.OPERATION_DONE, operation_id="op1", kind="message", message="Sent."),
        event(7, EventType.OPERATION_DONE, operation_id="older", kind="approve", message="Approved."),
    ]
    told = _texts(events, [_operation(OperationState.DONE)])
    assert told[2] == "09:05:00  ✓ your message: Use the new API … · confirmed after 3s"
    assert told[3] == "09:07:00  ✓ operation done (approve): Approved."
    assert len(told) == 5


def test_timeline_tells_what_did_not_work():
    refused = _operation(OperationState.REFUSED, OperationKind.APPROVE, message="No plan waits.")
    open_one = _operation(OperationState.UNCONFIRMED)
    assert _texts([], [refused])[1] == "09:05:00  ✗ your approval · refused. No plan waits."
    assert _texts([], [open_one])[1] == "09:05:00  ? your message: Use the new API … · unconfirmed"


def test_timeline_in_a_narrow_pane_goes_on_below_its_words():
    long = event(1, EventType.MESSAGE_RECEIVED, author="jules", content="word " * 60)
    rows = [line.content.plain for line in timeline_lines([long], (), at(60), 40)]
    assert rows[1].startswith(" 09:01:00  » Jules, seen 09:01: word")
    assert all(row.startswith(" " * 13 + "word") for row in rows[2:])
    assert rows[-1].endswith("…")
    assert max(map(len, rows)) <= 40


class _TimelineApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Timeline(id="timeline")


async def test_timeline_widget_says_when_there_is_nothing_and_stays_at_the_newest_line():
    app = _TimelineApp()
    async with app.run_test(size=(60, 10)) as pilot:
        timeline = app.query_one(Timeline)
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "Nothing is recorded for this task yet." in text
        timeline.show([moved(minutes, "paused") for minutes in range(40)], (), datetime(2026, 11, 20, 10, tzinfo=UTC))
        await pilot.pause()
        lines = [strip.text for strip in app.screen._compositor.render_strips()]
        assert "now       ‖ paused for 21m" in lines[9]
