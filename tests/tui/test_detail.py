"""The detail as a person uses it: tabs, searching, diff, answering."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Plan
from jjm_tui.ports import ToolAnswer
from jjm_tui.tui.screens.detail import DetailScreen
from jjm_tui.tui.screens.detail_host import DetailHost
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.widgets.detail import TaskDetail
from tests.tui.scenes import read_to_the_end, server_down
from tests.tui.stage import Stage, stage

WIDE, NARROW = (140, 40), (80, 24)
_TIMES: Final = re.compile(r"\"\d{4}-\d{2}-\d{2}T[^\"]*Z\"")


def host(on: Stage) -> DetailHost:
    screen = on.app.screen
    assert isinstance(screen, DetailHost)
    return screen


def select(on: Stage, status: TaskStatus, *, with_files: bool = False) -> str:
    task_id = next(
        task.id for task in on.board.tasks.values() if task.status is status and (task.source_files or not with_files)
    )
    assert isinstance(on.app.screen, MainScreen)
    on.app.screen.select(task_id)
    return task_id


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_every_tab_shows_the_task(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        task_id = select(on, TaskStatus.COMPLETED, with_files=True)
        task = on.board.tasks[task_id]
        assert task.plan is not None
        assert task.source_files
        await on.press("enter")
        for words in (
            task.plan.steps[0].title,
            "Jules",
            task.source_files[0].filename.rpartition("/")[2],
            "discovered: done",
        ):
            await on.press("right_square_bracket")
            await on.shows(words)
        await on.press("right_square_bracket")
        await on.shows("is finished")


@pytest.mark.parametrize(("zone", "moment"), [("WEST8", "0001-01-01T00:00:00Z"), ("EAST-14", "9999-12-31T23:59:59Z")])
async def test_chat_and_overview_show_what_came_at_a_time_that_no_clock_here_can_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, moment: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()

    def answer_so(on: Stage) -> None:
        honest = on.caller.answer

        def answer(tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
            told = honest(tool, arguments)
            return replace(told, text=_TIMES.sub(f'"{moment}"', told.text), structured=None)

        on.caller.answer = answer  # type: ignore[method-assign]

    async with stage(tmp_path, size=WIDE, read=0) as on:
        answer_so(on)
        on.app.refresh_now()
        await on.settle()
        select(on, TaskStatus.COMPLETED)
        await on.press("enter", "right_square_bracket", "right_square_bracket")
        await on.shows("Jules")
        await on.press("left_square_bracket", "left_square_bracket")
        await on.shows("created")
        await on.shows("unknown")


async def test_overview_of_a_state_that_was_read_before_its_time_tells_no_time(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = select(on, TaskStatus.IN_PROGRESS)
        ahead = replace(on.board.tasks[task_id], synced_at=on.now + timedelta(hours=2), provenance={})
        on.board.apply({task_id: ahead})
        await on.shows("read at an unknown time")
        await on.shows("oldest data ?")


async def test_overview_says_once_what_was_asked_with_code_as_code(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = select(on, TaskStatus.IN_PROGRESS)
        asked = "Use `names.py` here."
        message = ChatMessage(asked, "user", on.now)
        on.board.apply({task_id: replace(on.board.tasks[task_id], description=asked, chat_history=(message,))})
        await on.shows("Use names.py here.")
        assert "What it was asked" in on.text
        assert "Newest message" not in on.text
        on.board.apply({task_id: replace(on.board.tasks[task_id], description="Something else.")})
        await on.shows("Newest message, from you")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_overview_has_the_last_states_with_their_times(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        task_id = select(on, TaskStatus.WAITING_FEEDBACK)
        on.advance(7200)
        moves = [(90, "in_progress"), (18, "waiting_feedback")]
        await on.context.events.append(
            [
                TaskEvent(EventType.STATUS_CHANGED, on.now - timedelta(minutes=ago), task_id, {"to": word})
                for ago, word in moves
            ]
        )
        await on.press("enter", "G")
        await on.shows("? question  at least 36m")
        await on.shows("▸ working   1h 12m")
        await on.shows("? question  18m so far")


async def test_search_in_the_chat_counts_matches_and_n_goes_through_them(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        select(on, TaskStatus.WAITING_FEEDBACK)
        await on.press("enter", "right_square_bracket", "right_square_bracket", "slash", *"the", "enter")
        await on.shows(" of 14")
        place = int(on.text.partition(" of 14")[0].rpartition(" ")[2])
        await on.press("n")
        await on.shows(f" {place + 1} of 14")
        await on.press("N")
        await on.shows(f" {place} of 14")
        await on.press("escape")
        assert not host(on).is_searching()


async def test_diff_key_shows_the_diff_and_hunk_keys_move_in_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        select(on, TaskStatus.COMPLETED, with_files=True)
        await on.press("right_curly_bracket")
        assert "There is no diff here; d shows it." in on.text
        await on.press("d")
        await on.shows("@@")
        await on.press("right_curly_bracket", "right_parenthesis", "left_parenthesis", "left_curly_bracket")
        assert "@@" in on.text


async def test_hunk_keys_say_where_there_is_no_diff_to_move_in(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        select(on, TaskStatus.WAITING_APPROVAL)
        await on.press("d")
        await on.shows("No changes")
        for key in ("right_curly_bracket", "right_parenthesis", "left_parenthesis", "left_curly_bracket"):
            await on.press(key)
            assert "There is no diff to move in." in on.text
            on.app.clear_notifications()
            await on.settle()


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_answering_sends_once_and_goes_on_to_the_next(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        task_id = select(on, TaskStatus.WAITING_FEEDBACK)
        await on.press("m")
        await on.press(*"Take the first way.", "ctrl+s")
        await on.until(lambda: bool(on.bench.effects("message")))
        await on.settle()
        assert on.bench.effects("message") == [(task_id, "Take the first way.")]
        assert isinstance(on.app.screen, MainScreen)
        assert on.app.screen.tasks.highlighted != task_id
        assert {op.state for op in on.board.operations_of(task_id)} == {OperationState.DONE}


@pytest.mark.parametrize("before", [(), ("enter",)], ids=["from-the-list", "from-the-detail"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_further_message_to_a_task_that_waits_for_nobody_goes_to_the_same_task(
    tmp_path: Path, size: tuple[int, int], before: tuple[str, ...]
) -> None:
    async with stage(tmp_path, size=size) as on:
        task_id = select(on, TaskStatus.IN_PROGRESS)
        await on.press(*before)
        start, pane = on.app.screen, type(on.app.focused)
        await on.press("m", *"first part", "ctrl+s")
        await on.until(lambda: on.app.screen is start)
        assert type(on.app.focused) is pane
        await on.press("m", *"second part", "ctrl+s")
        await on.until(lambda: len(on.bench.effects("message")) == 2)
        assert on.bench.effects("message") == [(task_id, "first part"), (task_id, "second part")]
        await on.until(lambda: on.app.screen is start)
        assert type(on.app.focused) is pane
        assert host(on).detail.task_id == task_id


async def test_text_of_a_message_that_was_not_sent_is_still_there(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = select(on, TaskStatus.WAITING_FEEDBACK)
        on.caller.is_down = True
        await on.press("m", *"My answer", "ctrl+s")
        await on.until(lambda: any(op.state is OperationState.NOT_SENT for op in on.board.operations_of(task_id)))
        assert on.bench.effects("message") == []
        await on.shows("not sent")
        host(on).select(task_id)  # type: ignore[attr-defined]
        await on.press("m")
        await on.shows("My answer")


async def test_message_under_way_is_shown_in_the_chat_with_its_word(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = select(on, TaskStatus.WAITING_FEEDBACK)
        on.caller.is_down = True
        await on.press("m", *"Something else", "ctrl+s")
        await on.until(lambda: bool(on.board.operations_of(task_id)))
        await on.settle()
        host(on).select(task_id)  # type: ignore[attr-defined]
        await on.press("2", "right_square_bracket", "right_square_bracket")
        await on.shows("Something else")
        await on.shows("not sent")


async def test_conversation_beyond_the_store_is_read_from_disk(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = select(on, TaskStatus.WAITING_FEEDBACK)
        for number in range(30):
            on.bench.world.send_message(task_id, f"remark number {number}")
        await on.press("enter", "right_square_bracket", "right_square_bracket")
        await on.until(lambda: host(on).detail.details is not None)
        await on.shows("remark number 29")
        await on.press("slash", *"number 0", "enter")
        await on.shows("remark number 0")


async def test_follow_says_where_it_works(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await on.press("f")
        assert "There is nothing to follow on this tab" in on.text
        await on.press("right_square_bracket", "right_square_bracket", "f")
        assert "ollowing" in on.text


@pytest.mark.parametrize("size", [(100, 20), (80, 18)])
async def test_opening_the_composer_keeps_the_end_of_the_question_in_view(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, size=size) as on:
        select(on, TaskStatus.WAITING_FEEDBACK)
        await on.settle()
        await on.press("m", *"one", "enter", *"two", "enter", *"three")
        await on.shows("three")
        await on.shows("do you want?")


async def test_reading_that_begins_after_its_screen_was_closed_reads_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task = next(iter(on.board.tasks.values()))
        closed = DetailScreen(task.id)
        await closed.reader._read(task, False, False)


async def test_tab_that_is_gone_to_while_the_detail_is_closed_is_not_made(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        detail = TaskDetail(on.app.read_plans)  # one that no screen looks for when its clock ticks
        await on.app.screen.mount(detail)
        closing = detail.remove()
        await detail.go_to("timeline")
        await closing
        assert detail.tab != "timeline"


def plan_of(on: Stage, task_id: str) -> Plan:
    plan = on.board.tasks[task_id].plan
    assert plan is not None
    return plan


async def change_plan(on: Stage, task_id: str, remark: str) -> None:
    """Jules plans anew, and another process reads it."""
    before = plan_of(on, task_id).fingerprint
    on.bench.world.change_plan(task_id, remark)
    manager, _, _ = on.bench.process()
    await manager.get_task(task_id)
    await on.until(lambda: plan_of(on, task_id).fingerprint != before)
    await on.settle()


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_plan_has_the_number_that_the_history_tells(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        task_id = select(on, TaskStatus.WAITING_APPROVAL)
        seen = ["first", "second", plan_of(on, task_id).fingerprint]
        await on.context.events.append(
            [
                TaskEvent(EventType.PLAN_READY, on.now, task_id, {"fingerprint": one, "replaces": before})
                for one, before in zip(seen, (None, *seen), strict=False)
            ]
        )
        await on.press("enter", "right_square_bracket")
        await on.shows("Plan 3 seen here · ")
        await on.press("a")
        await on.shows(" · read just now")
        await on.shows("Plan 3 seen here · ")


async def test_plan_has_no_number_where_the_history_begins_with_a_later_one(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = select(on, TaskStatus.WAITING_APPROVAL)
        await on.press("enter", "right_square_bracket")
        await change_plan(on, task_id, "Another way")
        await on.shows("Changed since it was last read here")
        assert "Plan · " in on.text
        assert "Plan 2" not in on.text


async def test_difference_of_a_plan_is_there_when_the_task_is_opened_again(tmp_path: Path) -> None:
    async with stage(tmp_path, size=NARROW) as on:
        task_id = select(on, TaskStatus.WAITING_APPROVAL)
        await on.press("enter", "right_square_bracket")
        await on.shows("1. ")
        await on.press("escape")
        await change_plan(on, task_id, "Another way")
        for _ in range(2):
            await on.press("enter", "right_square_bracket")
            await on.shows("Changed since it was last read here")
            await on.press("escape")


async def test_what_is_not_known_is_asked_for_when_the_server_is_back_and_not_before(tmp_path: Path) -> None:
    async with stage(tmp_path, size=NARROW, read=0) as on:
        select(on, TaskStatus.IN_PROGRESS)
        on.caller.is_down = True
        await on.press("enter", "right_square_bracket")
        await on.shows("None was read of this task so far. enter asks the server.")
        server_down(on)
        await on.shows("None was read of this task so far. enter asks the server when it is back.")
        await on.press("right_square_bracket")
        await on.shows("It is not known whether there are older messages. ↑ asks for them when the")
        on.board.change_connection(status="connected", trouble=None)
        await on.shows("↑ asks for them.")
        on.board.change_connection(status="none")
        await on.shows("It is not known whether there are older messages.")
        await on.until(lambda: "asks" not in on.text)


async def test_reason_that_the_line_of_trouble_tells_is_not_told_in_a_toast_as_well(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        on.caller.is_down = True
        await on.press("enter")
        await on.shows("What is shown is what is stored.")
        await on.press("escape")
        on.app.clear_notifications()
        server_down(on)
        await on.press("enter")
        await on.shows("! reconnecting")
        await read_to_the_end(on)
        assert "The server is down." in on.text
        assert "What is shown is what is stored." not in on.text
        assert not on.app._notifications
