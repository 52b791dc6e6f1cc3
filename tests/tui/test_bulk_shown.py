"""Many plans on one sheet: approved is only what was on the screen, as it was there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jjm_tui.services.board import BoardChange
from tests.tui.stage import stage
from tests.tui.test_bulk_approval import PLANS, approve_ticked, approved, change_plan_elsewhere, open_sheet


async def test_bulk_approval_with_a_plan_that_changes_during_the_run_leaves_it_out(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        *others, changed = [line.task_id for line in sheet.ticked]

        def change_during_the_first(tool: str, place: str) -> None:
            if (tool, place) == ("approve_plan", "effect") and len(approved(on)) == 1:
                task = on.board.tasks[changed]
                assert task.plan is not None
                on.bench.world.change_plan(changed, "Delete everything")
                on.board.apply({changed: replace(task, plan=replace(task.plan, fingerprint="another"))})
                sheet.board_changed(BoardChange(task_ids=frozenset({changed})))

        on.caller.cut = change_during_the_first
        await approve_ticked(on, sheet)
        await on.shows("4 approved, 3 left out.")
        assert set(approved(on)) == set(others)
        await on.shows("! changed just now: look at it")
        assert not sheet.lines[changed].is_ticked


async def test_bulk_approval_goes_on_to_ticked_plans_that_were_not_on_the_screen(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 12), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        assert "y go to an unread plan" in on.text
        await on.press("y")
        assert not sheet.is_asking
        assert "2 ticked plans were not on screen" in on.text
        assert sheet.row_list.cursor_id == sheet.ticked[3].task_id
        assert "─ Split reports/totals into smalle…" in on.text
        await on.press("y")
        assert sheet.is_asking
        await on.press("5", "enter")
        await on.until(lambda: len(approved(on)) == 5)


async def test_bulk_approval_counts_rows_that_a_key_jumped_over_as_not_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 10), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        await on.press("G", "y")
        assert not sheet.is_asking
        last = len(sheet.lines)
        await on.press(*["y"] * last)
        assert sheet.is_asking


async def test_bulk_approval_asks_for_a_look_at_a_plan_that_changed_out_of_sight(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 12), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        await on.press("y", "g")
        assert "y approve the ticked" in on.text
        line = sheet.ticked[-1]
        on.bench.world.change_plan(line.task_id, "Delete everything")
        await on.press("ctrl+r")
        await on.until(lambda: not any(each.is_reading for each in sheet.lines.values()))
        assert not line.is_ticked
        line.is_ticked = True
        await on.press("y")
        assert not sheet.is_asking
        assert "more rows to read" in on.text
        assert sheet.row_list.cursor_id == line.task_id


async def test_bulk_approval_without_room_for_the_rows_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(30, 3), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        await on.press("y", "5", "enter")
        assert not sheet.is_asking
        assert on.bench.effects("approve") == []
        assert any("too little room" in str(each.message) for each in on.app._notifications)


async def test_bulk_approval_of_one_plan_shows_the_one_that_it_names(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        await on.press("*", "j", "j", "space", "g")
        (line,) = sheet.ticked
        assert sheet.row_list.cursor_id != line.task_id
        await on.press("y")
        title = on.board.tasks[line.task_id].title
        assert f"To approve the plan of {title}, type 1:" in on.text
        assert f"─ {title} · " in on.text
        await change_plan_elsewhere(on, line.task_id, "Delete everything")
        await on.shows("Nothing is ticked any more; nothing was sent.")
        assert not sheet.is_asking


async def test_bulk_sheet_key_for_all_says_what_it_ticks(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        assert "* untick all" in on.text
        await on.press("*")
        assert "* all without !" in on.text
        await on.press("*")
        assert len(sheet.ticked) == 5
