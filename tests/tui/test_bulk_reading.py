"""Risky and changed plans on the sheet of many: approved only when all of the plan was on the screen."""

from __future__ import annotations

from pathlib import Path

from jjm_tui.tui.bulk import Line
from jjm_tui.tui.screens.bulk_approval import BulkApprovalScreen
from jjm_tui.tui.widgets.blocks.plan_view import PlanView
from tests.tui.stage import Stage, stage
from tests.tui.test_bulk_approval import PLANS, approved, change_plan_elsewhere, open_sheet, plain

SMALL = (80, 24)


async def tick_risky(on: Stage) -> tuple[BulkApprovalScreen, Line]:
    """Open the sheet, tick nothing but a risky plan, and stay on its row."""
    sheet, _ = await open_sheet(on)
    line = next(line for line in sheet.lines.values() if not line.is_ticked)
    await on.press("*")
    sheet.row_list.move_to(line.task_id)
    await on.press("space")
    assert sheet.ticked == [line]
    return sheet, line


async def read_to_the_end(on: Stage, sheet: BulkApprovalScreen) -> int:
    """Press the key to approve until the number is asked for; tells how often that was."""
    for count in range(1, 60):
        on.advance(0.5)
        await on.press("y")
        if sheet.is_asking:
            return count
    raise AssertionError(on.text)


async def test_bulk_approval_of_a_risky_plan_pages_through_it_before_the_number_is_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path, size=SMALL, tasks=PLANS, read=PLANS) as on:
        sheet, line = await tick_risky(on)
        view = sheet.query_one(PlanView)
        assert view.max_scroll_y >= 2 * view.size.height
        await on.press("k")
        await on.shows("y go to an unread plan")
        await on.press("j")
        await on.shows("y read on")
        await on.press("y")
        top = view.scroll_y
        assert 0 < top < view.max_scroll_y
        await on.press("y", "y")
        assert view.scroll_y == top, "no key typed ahead turns a page"
        assert not sheet.is_asking
        await on.press("tab", "G")
        assert "y read on" in on.text, "a jump to the end reads nothing of what it passes"
        on.advance(0.5)
        await on.press("y")
        assert "more rows to read. Nothing was sent." in on.text
        assert await read_to_the_end(on, sheet) > 1
        assert approved(on) == []
        await on.press("1", "enter")
        await on.until(lambda: approved(on) == [line.task_id])


async def test_bulk_approval_of_a_risky_plan_says_when_it_is_all_read_and_goes_on_to_the_next(tmp_path: Path) -> None:
    async with stage(tmp_path, size=SMALL, tasks=PLANS, read=PLANS) as on:
        sheet, line = await tick_risky(on)
        (other,) = (each for each in sheet.lines.values() if not sheet.ticks_itself(each) and each is not line)
        sheet.row_list.move_to(other.task_id)
        await on.press("space", "g", "y")
        assert sheet.row_list.cursor_id == line.task_id
        assert "to read, then 1 more plan. Nothing was sent." in on.text
        while "That is all of it; y goes on." not in on.text:
            on.advance(0.5)
            await on.press("y")
        on.advance(0.5)
        await on.press("y")
        assert sheet.row_list.cursor_id == other.task_id
        assert not sheet.is_asking


async def test_bulk_approval_of_a_risky_plan_that_was_all_shown_in_the_look_at_it_asks_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 40), tasks=PLANS, read=PLANS) as on:
        sheet, line = await tick_risky(on)
        assert "y read on" in on.text
        await on.press("enter")
        await on.shows("y approve")
        await on.press("escape")
        await on.until(lambda: on.app.screen is sheet and not line.is_reading)
        await on.press("y")
        assert sheet.is_asking


async def test_bulk_approval_of_another_plan_than_the_one_that_was_read_reads_it_anew(tmp_path: Path) -> None:
    async with stage(tmp_path, size=SMALL, tasks=PLANS, read=PLANS) as on:
        sheet, line = await tick_risky(on)
        await read_to_the_end(on, sheet)
        await on.press("escape")
        assert "y approve the ticked" in on.text
        await change_plan_elsewhere(on, line.task_id, "Delete everything")
        await on.shows("! changed just now: look at it")
        await on.press("ctrl+r")
        await on.until(lambda: not any(each.is_reading for each in sheet.lines.values()))
        await on.press("*")
        assert not line.is_ticked
        await on.press("*", "space", "y")
        assert not sheet.is_asking
        assert "! changed" in plain(on)


async def test_bulk_approval_of_a_risky_plan_without_room_to_show_it_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 9), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await tick_risky(on)
        await on.press("y", "y", "1", "enter")
        assert not sheet.is_asking
        assert approved(on) == []
        assert any("too little room" in str(each.message) for each in on.app._notifications)


async def test_bulk_approval_of_a_risky_plan_takes_no_row_for_read_that_the_words_below_it_push_away(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, size=(130, 24), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await tick_risky(on)
        view = sheet.query_one(PlanView)
        await on.press("y")
        below = view.max_scroll_y - round(view.scroll_y)
        assert f"↓ {below} more rows to read. Nothing was sent." in on.text
        assert f"↓ {below} more rows below" in on.text
