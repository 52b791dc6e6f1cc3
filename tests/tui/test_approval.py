"""Approving a plan: only the one that was read, only once it can have been read, and never twice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from filelock import FileLock
from textual.content import Content

from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.text import cell_width
from jjm_tui.store.locks import lock_path
from jjm_tui.tui.screens.approval import ApprovalScreen
from jjm_tui.tui.screens.approval_phase import Phase
from jjm_tui.tui.screens.confirm import ConfirmDialog
from jjm_tui.tui.widgets.blocks.plan_view import PlanView
from tests.services.workbench import Cut, hide_plans, lost
from tests.tui.scenes import select
from tests.tui.stage import Stage, stage

HOSTILE = "x \x1b]52;c;aGVsbG8=\x07 [/foo] [x] [@click=app.quit]press[/] \u202egnihton\u202c \x9b31m end"


def plain(on: Stage) -> str:
    """What the screen shows as running text, without frames and scrollbars."""
    return " ".join("".join(" " if each in "│┃▅▃▂▁▆▇█▄" else each for each in on.text).split())


async def open_plan(on: Stage, task_id: str | None = None, **options: Any) -> tuple[str, list[Any]]:
    """Open the plan of a task that waits; the sheet's answer comes into the list."""
    task_id = task_id or on.bench.session_in("AWAITING_PLAN_APPROVAL")
    answers: list[Any] = []
    on.app.push_screen(ApprovalScreen(task_id, **options), answers.append)
    await on.settle()
    return task_id, answers


async def read_plan(on: Stage, **options: Any) -> tuple[str, list[Any]]:
    """Open a plan and look at it long enough."""
    task_id, answers = await open_plan(on, **options)
    await on.until(lambda: "y approve" in on.text or "y read on" in on.text)
    await on.settle()
    on.advance(0.5)
    return task_id, answers


async def poll_elsewhere(on: Stage, task_id: str) -> None:
    """Another process of the same profile asks the server and records what it says."""
    manager, _, _ = on.bench.process()
    await manager.get_task(task_id)


def approved_plans(on: Stage, task_id: str) -> list[str]:
    return [plan for session, plan in on.bench.effects("approve") if session == task_id]


def newest_plan(on: Stage, task_id: str) -> str:
    plan = on.bench.world.session(task_id).latest_plan
    assert plan is not None
    return plan.id


# reading, then approving


async def test_approval_shows_the_plan_and_approves_it_after_reading(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on)
        task = on.board.tasks[task_id]
        assert str(task.title) in on.text
        assert f"{task.repository}@{task.branch}" in on.text
        assert "waits for 18m" in on.text
        assert "names lock file" in on.text
        assert task.plan is not None
        assert f"1. {task.plan.steps[0].title}" in on.text
        await on.press("y")
        await on.until(lambda: bool(answers))
        assert answers == [True]
        assert approved_plans(on, task_id) == [newest_plan(on, task_id)]


async def test_approval_tells_how_much_is_below_whatever_becomes_of_the_room(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 18)) as on:
        await read_plan(on)
        sheet: Any = on.app.screen
        told = set()
        for rows in (18, 20, 19, 21, 22):
            await on.pilot.resize_terminal(80, rows)
            await on.settle()
            below = sheet.query_one(PlanView).max_scroll_y
            assert (f"↓ {below} more row{'' if below == 1 else 's'} below" if below else "y approve") in on.text
            assert ("y read on" in on.text) == bool(below)
            told.add(below)
        sheet._tell("One line more above the plan")
        await on.settle()
        assert f"↓ {sheet.query_one(PlanView).max_scroll_y} more row" in on.text
        assert len(told) > 2


async def test_approval_typed_ahead_keys_approve_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id = on.bench.session_in("AWAITING_PLAN_APPROVAL")
        answers: list[Any] = []
        on.app.push_screen(ApprovalScreen(task_id), answers.append)
        await on.pilot.press("y", "y", "enter", "y")
        await on.shows("Press y again.")
        await on.press("y", "y")
        assert on.bench.effects("approve") == []
        assert answers == []


async def test_approval_from_the_list_with_keys_in_one_burst_approves_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.pilot.press("#", "a", "y")
        await on.until(lambda: isinstance(on.app.screen, ApprovalScreen))
        await on.shows("y read on")
        await on.press("y")
        assert on.bench.effects("approve") == []
        on.advance(0.39)
        await on.press("y")
        assert on.bench.effects("approve") == []
        on.advance(0.02)
        await on.press("y")
        assert "That is all; y approves. Nothing was sent." in on.text
        assert on.bench.effects("approve") == []
        on.advance(0.41)
        await on.press("y")
        await on.until(lambda: len(on.bench.effects("approve")) == 1)


async def test_approval_twice_in_a_row_is_sent_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on)
        await on.pilot.press("y", "y", "y")
        await on.until(lambda: bool(answers))
        await on.settle()
        assert len(approved_plans(on, task_id)) == 1
        assert answers == [True]


async def test_approval_time_under_another_dialog_does_not_count(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id = on.bench.session_in("AWAITING_PLAN_APPROVAL")
        sheet = ApprovalScreen(task_id)
        on.app.push_screen(sheet)
        on.app.push_screen(ConfirmDialog("Something else", Content("on top")))
        await on.until(lambda: sheet._phase is Phase.READY)
        await on.settle()
        on.advance(5)
        await on.pilot.press("escape", "y")
        await on.shows("Press y again.")
        assert on.bench.effects("approve") == []
        on.advance(0.5)
        await on.press("y")
        await on.until(lambda: len(on.bench.effects("approve")) == 1)


async def test_approval_escape_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        _, answers = await read_plan(on)
        await on.press("escape")
        assert answers == [None]
        assert on.bench.effects("approve") == []


async def test_approval_goes_to_answering_or_the_diff_instead(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        _, answers = await read_plan(on)
        await on.press("d")
        await on.shows("It has changed no files so far.")
        await on.press("m")
        assert answers == ["message"]
        assert on.bench.effects("approve") == []


# the plan changes meanwhile


async def test_approval_of_a_plan_that_changed_is_not_sent_and_the_difference_shown(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on)
        on.bench.world.change_plan(task_id, "Drop the users table")
        await on.press("y")
        await on.shows("Nothing was sent; read it")
        await on.shows("y read on")
        assert "Changed since it was last read here" in on.text
        assert "+ You wrote: Drop the users table" in plain(on)
        assert on.bench.effects("approve") == []
        await on.press("y")
        await on.shows("Press y again.")
        assert on.bench.effects("approve") == []
        assert answers == []
        await on.press("G")
        on.advance(0.5)
        await on.press("y")
        await on.until(lambda: bool(answers))
        assert approved_plans(on, task_id) == [newest_plan(on, task_id)]


async def test_approval_is_told_when_polling_sees_another_plan(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, _ = await read_plan(on)
        on.bench.world.change_plan(task_id, "A better way")
        await poll_elsewhere(on, task_id)
        await on.shows("The plan changed while you read it.")
        await on.shows("You wrote: A better way")
        await on.press("y")
        await on.shows("Press y again.")
        assert on.bench.effects("approve") == []


async def test_approval_is_told_when_somebody_else_approves(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, _ = await read_plan(on)
        on.bench.world.approve_plan(task_id)
        await poll_elsewhere(on, task_id)
        await on.shows("Nothing to approve")
        assert "not approved" not in on.text
        await on.press("y")
        assert "Read it again first: ctrl+r." in on.text
        assert len(on.bench.effects("approve")) == 1


async def test_approval_of_a_plan_approved_elsewhere_unseen_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on)
        on.bench.world.approve_plan(task_id)
        await on.press("y")
        await on.shows("Not sent: Nothing to approve")
        assert "not approved" not in on.text
        assert answers == []
        assert len(on.bench.effects("approve")) == 1


async def test_approval_of_another_plan_than_the_one_read_raises_the_alarm_and_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on)

        def change_at_the_last_moment(tool: str, place: str) -> None:
            if (tool, place) == ("approve_plan", "written"):
                on.bench.world.change_plan(task_id, "Too late to notice")

        on.caller.cut = change_at_the_last_moment
        await on.press("y")
        await on.shows("ALARM: another plan than the one you read was approved.")
        assert answers == []
        assert "You wrote: Too late to notice" in plain(on)
        assert "waits for" not in on.text
        assert "more rows below" in on.text
        assert "m writes to Jules" in plain(on)
        assert "jjm get" not in on.text
        await on.press("y")
        assert len(approved_plans(on, task_id)) == 1
        await on.press("escape")
        assert answers == [True]


async def test_alarm_is_answered_with_a_message_from_where_it_stands(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on)

        def change_at_the_last_moment(tool: str, place: str) -> None:
            if (tool, place) == ("approve_plan", "written"):
                on.bench.world.change_plan(task_id, "Too late to notice")

        on.caller.cut = change_at_the_last_moment
        await on.press("y")
        await on.shows("ALARM")
        await on.shows("m message")
        await on.press("m")
        assert answers == ["message"]


async def test_approval_tells_the_difference_to_what_was_stored_before(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id = on.bench.session_in("AWAITING_PLAN_APPROVAL")
        on.bench.world.change_plan(task_id, "Meanwhile")
        await read_plan(on)
        assert "Changed since it was last read here" in on.text
        assert "Plan 2" not in on.text


# trouble


async def test_approval_without_a_server_shows_the_stored_plan_with_its_age_and_approves_nothing(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        on.advance(900)
        on.caller.is_down = True
        task_id, answers = await open_plan(on)
        await on.shows("The server is down.")
        assert "as it is stored, last heard of 15m ago. It can be approved once it is read again (ctrl+r)." in plain(on)
        await on.pilot.resize_terminal(80, 14)
        await on.shows("rows below")
        await on.pilot.resize_terminal(100, 30)
        await on.settle()
        on.advance(1)
        await on.press("y")
        assert "Read it again first: ctrl+r." in on.text
        on.caller.is_down = False
        await on.press("ctrl+r")
        await on.shows("y approve")
        await on.settle()
        on.advance(0.5)
        await on.press("y")
        await on.until(lambda: bool(answers))
        assert len(approved_plans(on, task_id)) == 1


async def test_approval_whose_answer_is_lost_is_told_as_not_confirmed_and_not_sent_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on)
        on.caller.cut = _lost_after("approve_plan", on)
        await on.press("y")
        await on.shows("Not confirmed:")
        await on.press("y", "y")
        assert len(approved_plans(on, task_id)) == 1
        assert [op.state for op in on.board.operations] == [OperationState.UNCONFIRMED]
        await on.press("escape")
        assert answers == [None]


def _lost_after(tool: str, on: Stage) -> Cut:
    """The call arrives, its answer is lost, and nothing can be read afterwards."""
    before = len(on.bench.effects("approve"))

    def cut(called: str, place: str) -> BaseException | None:
        has_arrived = len(on.bench.effects("approve")) > before
        return lost() if has_arrived and (called != tool or place == "effect") else None

    return cut


async def test_approval_of_a_task_that_is_not_waiting_says_what_it_is(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_plan(on, on.bench.session_in("COMPLETED"))
        await on.shows("Nothing to approve")
        assert "y approve" not in on.text


async def test_approval_that_takes_long_goes_on_behind_the_screen(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on, patience=0.02)
        lock = FileLock(lock_path(tmp_path / "store" / "outbox.json"))
        with lock:
            await on.pilot.press("y")
            await on.until(lambda: bool(answers))
            assert answers == [True]
            assert on.bench.effects("approve") == []
        await on.until(lambda: len(approved_plans(on, task_id)) == 1)


async def test_approval_that_takes_long_and_finds_another_plan_is_told_by_a_toast(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id, answers = await read_plan(on, patience=0.02)
        with FileLock(lock_path(tmp_path / "store" / "outbox.json")):
            await on.pilot.press("y")
            await on.until(lambda: bool(answers))
            on.bench.world.change_plan(task_id, "Meanwhile")
        await on.shows("Not sent")
        assert on.bench.effects("approve") == []


# servers that show less


async def test_approval_of_a_plan_not_known_to_be_whole_asks_for_the_extra_word(tmp_path: Path) -> None:
    async with stage(tmp_path, dialect="browser") as on:
        task_id, answers = await read_plan(on)
        assert "not known to be whole" in plain(on)
        assert "seen waiting since " in on.text
        await on.press("G", "y")
        await on.shows("To approve, type “incomplete”:")
        assert "type incomplete" not in on.text
        assert on.bench.effects("approve") == []
        await on.press(*"yes", "enter")
        assert "Not the word; nothing was sent." in on.text
        await on.press(*["backspace"] * 3, *"incomplete", "escape")
        await on.shows("y approve")
        assert on.bench.effects("approve") == []
        assert answers == []
        await on.press("y", *"incomplete", "enter")
        await on.until(lambda: bool(approved_plans(on, task_id)))
        assert len(approved_plans(on, task_id)) == 1


async def test_approval_of_a_conversation_begins_with_who_speaks_and_says_that_no_risk_is_judged(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, size=(80, 24), dialect="browser") as on:
        await read_plan(on)
        lines = [line.strip("│ ▁▂▃▄▅▆▇█") for line in on.text.splitlines()]
        assert "! Its risks are not judged here." in lines
        above = next(number for number, line in enumerate(lines) if line.endswith("more rows above"))
        assert lines[above + 1] == "system · time unknown"
        below = next(number for number, line in enumerate(lines) if line.endswith("below"))
        assert above < below
        assert "y read on" in on.text
        await on.press("y")
        await on.shows("y approve")
        on.advance(0.5)
        await on.press("y")
        await on.shows("To approve, type “incomplete”:")
        assert "more rows above" in on.text


async def test_approval_where_a_server_has_no_plan_shows_the_conversation(tmp_path: Path) -> None:
    async with stage(tmp_path, dialect="browser") as on:
        task_id, _ = await read_plan(on)
        assert "This server shows no plan" in plain(on)
        last = on.board.tasks[task_id].chat_history[-1].content.split()[:3]
        assert " ".join(last) in plain(on)


# hostile text and small terminals


async def test_approval_hostile_plan_is_shown_literally(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45)) as on:
        task_id = on.bench.session_in("AWAITING_PLAN_APPROVAL")
        on.bench.world.change_plan(task_id, HOSTILE)
        await read_plan(on)
        assert "[/foo] [x] [@click=app.quit]press[/]" in on.text
        assert not {"\x1b", "\x9b", "\u202e"} & set(on.text)


async def test_approval_fits_a_small_terminal_and_tells_what_is_below(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 12)) as on:
        await read_plan(on)
        assert "more rows below" in on.text
        assert "y read on" in on.text
        assert all(cell_width(line) <= 40 for line in on.text.splitlines())
        await on.press("G")
        assert "more rows below" not in on.text
        await on.press("g")
        assert "more rows below" in on.text


# plans that are longer than the sheet


async def read_long_plan(on: Stage) -> str:
    """Open a plan of which only the beginning fits, and look at it long enough."""
    task_id = on.bench.session_in("AWAITING_PLAN_APPROVAL")
    on.bench.world.change_plan(task_id, "\n".join(f"Line {number} of what I want" for number in range(60)))
    await read_plan(on)
    assert "more rows below" in on.text
    return task_id


async def test_approval_key_reads_on_and_says_so_until_everything_was_on_the_screen(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(60, 20)) as on:
        task_id = await read_long_plan(on)
        paper: Any = on.app.screen.query_one(PlanView)
        for _ in range(50):
            below = paper.max_scroll_y - round(paper.scroll_y)
            if not below:
                break
            assert "y read on" in on.text
            assert "y approve" not in on.text
            on.advance(0.5)
            await on.press("y")
            await on.settle()
            left = paper.max_scroll_y - round(paper.scroll_y)
            assert left < below
            words = f"↓ {left} more row{'' if left == 1 else 's'} to read" if left else "That is all; y approves"
            assert f"{words}. Nothing was sent." in on.text
        assert "y approve" in on.text
        assert "y read on" not in on.text
        await on.press("y")
        assert "It has just appeared; nothing was sent. Press y again." in on.text
        assert on.bench.effects("approve") == []
        on.advance(0.5)
        await on.press("y")
        await on.until(lambda: approved_plans(on, task_id) == [newest_plan(on, task_id)])


async def test_approval_of_a_plan_whose_middle_was_jumped_over_reads_on_where_reading_stopped(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(60, 12)) as on:
        task_id = await read_long_plan(on)
        paper: Any = on.app.screen.query_one(PlanView)
        seen = set(paper.rows_on_screen)
        await on.press("G")
        assert "y read on" in on.text
        await on.press("y")
        assert paper.rows_on_screen.start == len(seen) - 1
        on.advance(0.5)
        await on.pilot.resize_terminal(60, 5)
        await on.press("y")
        await on.shows("too little room to show the plan; nothing was")
        await on.pilot.resize_terminal(60, 12)
        await on.settle()
        while "y read on" in on.text:
            seen |= set(paper.rows_on_screen)
            on.advance(0.5)
            await on.press("y")
        assert seen | set(paper.rows_on_screen) == set(range(paper.virtual_size.height))
        assert on.bench.effects("approve") == []
        await on.press("g")
        on.advance(0.5)
        await on.press("y")
        await on.until(lambda: len(approved_plans(on, task_id)) == 1)


async def test_approval_of_a_plan_that_was_half_read_goes_on_there_at_another_width(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(60, 16)) as on:
        await read_long_plan(on)
        await on.press("y")
        last = numbers(on)[-1]
        for size in ((40, 12), (100, 14)):
            await on.press("g")
            await on.pilot.resize_terminal(*size)
            await on.settle()
            assert "y read on" in on.text
            on.advance(0.5)
            await on.press("y")
            shown = numbers(on)
            assert shown[0] <= last + 1 <= shown[-1]
            last = shown[-1]
        assert shown[0] > 0


def numbers(on: Stage) -> list[int]:
    """Of the lines of the long plan that are on the screen, which is read as its beginning while it shows none."""
    return [int(each) for each in re.findall(r"Line (\d+)", on.text)] or [0]


async def test_approval_of_a_conversation_whose_middle_was_jumped_over_reads_on(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 12), dialect="browser") as on:
        await read_plan(on)
        await on.press("G")
        assert "y read on" in on.text
        on.advance(0.5)
        await on.press("y")
        assert "more rows to read. Nothing wa…" in on.text
        while "y read on" in on.text:
            on.advance(0.5)
            await on.press("y")
        on.advance(0.5)
        await on.press("y")
        await on.shows("the word, then enter")


async def test_approval_after_reading_to_the_end_takes_one_key_from_anywhere(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task_id = await read_long_plan(on)
        await on.press("G", "g", "y")
        await on.until(lambda: len(approved_plans(on, task_id)) == 1)


async def test_approval_reading_on_after_the_first_key_says_when_that_is_all(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await read_long_plan(on)
        await on.press("y", "G")
        assert "That is all; y approves. Nothing was sent." in on.text
        assert on.bench.effects("approve") == []


async def test_approval_of_another_long_plan_begins_anew_with_what_was_not_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task_id = await read_long_plan(on)
        await on.press("y", "G")
        on.bench.world.change_plan(task_id, "\n".join(f"Row {number} of something else" for number in range(60)))
        await poll_elsewhere(on, task_id)
        await on.shows("The plan changed while you read it.")
        await on.shows("y read on")
        await on.settle()
        on.advance(0.5)
        await on.press("y")
        await on.shows("to read. Nothing was sent.")
        assert on.bench.effects("approve") == []


async def test_rows_below_are_counted_anew_when_the_terminal_grows(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 16)) as on:
        await select(on, TaskStatus.WAITING_APPROVAL)
        await on.press("a")
        await on.shows("rows below")
        await on.pilot.resize_terminal(160, 45)
        await on.until(lambda: "below" not in on.text)
        await on.pilot.resize_terminal(80, 16)
        await on.shows("rows below")


async def test_approval_of_a_plan_that_the_server_no_longer_shows_tells_its_own_age_and_sends_nothing(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        task_id = on.bench.session_in("AWAITING_PLAN_APPROVAL")
        hide_plans(on.bench, task_id)
        on.advance(900)
        await poll_elsewhere(on, task_id)
        _, answers = await open_plan(on, task_id)
        await on.shows("! The server shows no plan of task")
        shown = plain(on)
        assert "as it is stored, last heard of 15m ago; the server does not show it now." in shown
        assert "read 0s ago" not in shown
        await on.press("y", "y")
        assert "Read it again first: ctrl+r." in plain(on)
        assert on.bench.effects("approve") == []
        assert answers == []


async def test_approval_of_a_plan_that_the_server_stops_showing_while_it_is_read_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 60)) as on:
        task_id, answers = await read_plan(on)
        hide_plans(on.bench, task_id)
        await on.press("y")
        await on.shows("! Not sent: The server shows no plan of task")
        await on.press("y", "y")
        assert on.bench.effects("approve") == []
        assert answers == []
