"""Many plans on one sheet: each read, counted, approved one by one, and only the ones that were shown."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from filelock import FileLock

from jjm_tui.domain.text import cell_width
from jjm_tui.errors import Effect, OperationFailedError
from jjm_tui.store.locks import lock_path
from jjm_tui.tui.bulk import State
from jjm_tui.tui.screens.approval import ApprovalScreen
from jjm_tui.tui.screens.bulk_approval import BulkApprovalScreen
from jjm_tui.tui.widgets.blocks.plan_view import PlanView
from tests.services.workbench import Workbench, hide_plans, lost
from tests.tui.stage import Stage, stage

PLANS = 60
"""Tasks of a world in which seven plans wait: two alike, five without risks."""
HOSTILE = "x \x1b]0;title\x07 [/foo] [@click=app.quit]press[/] \u202egnihton"


def plain(on: Stage) -> str:
    """What the screen shows as running text, without frames."""
    return " ".join(on.text.replace("│", " ").split())


def waiting(on: Stage | Workbench) -> list[str]:
    world = on.bench.world if isinstance(on, Stage) else on.world
    return [each for each in world.session_ids() if world.get_session(each)["state"] == "AWAITING_PLAN_APPROVAL"]


def approved(on: Stage) -> list[str]:
    return [task_id for task_id, _ in on.bench.effects("approve")]


async def open_sheet(on: Stage, marked: tuple[str, ...] = ()) -> tuple[BulkApprovalScreen, list[Any]]:
    """Open the sheet and wait until every plan was read; its answer comes into the list."""
    answers: list[Any] = []
    sheet = BulkApprovalScreen(marked)
    on.app.push_screen(sheet, answers.append)
    await on.settle()
    await on.until(lambda: bool(sheet.lines) and not any(line.is_reading for line in sheet.lines.values()))
    await on.settle()
    return sheet, answers


async def change_plan_elsewhere(on: Stage, task_id: str, remark: str) -> None:
    """Jules plans anew, and another process reads it."""
    on.bench.world.change_plan(task_id, remark)
    manager, _, _ = on.bench.process()
    await manager.get_task(task_id)


def refuse_approvals(tool: str, place: str) -> BaseException | None:
    """The server says no to every approval."""
    if (tool, place) == ("approve_plan", "written"):
        return OperationFailedError("Jules says no today.", effect=Effect.REFUSED)
    return None


async def approve_ticked(on: Stage, sheet: BulkApprovalScreen) -> None:
    """Type the number of ticked plans and wait for all outcomes."""
    await on.press("y", *str(len(sheet.ticked)), "enter")
    await on.until(lambda: not sheet.is_sending)
    on.app.clear_notifications()
    await on.settle()


# what is shown and ticked


async def test_bulk_sheet_lists_every_waiting_plan_and_ticks_only_those_without_risks(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        assert set(sheet.lines) == set(waiting(on))
        assert "7 plans · 5 ticked" in on.text
        risky = [line for line in on.text.splitlines() if "! " in line]
        assert len(risky) == 2
        assert all("[ ]" in line for line in risky)
        assert on.text.count("[x]") == 5
        assert on.bench.effects("approve") == []


async def test_bulk_sheet_puts_look_alikes_together(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        await open_sheet(on)
        lines = on.text.splitlines()
        first = next(number for number, line in enumerate(lines) if "2 look alike: Read" in line)
        assert "each of its own kind" in lines[first + 3]
        top = next(line for line in lines if "╭─ Approve many plans" in line)
        assert (top[0], top[-1], len(top)) == ("╭", "╮", 100)


async def test_bulk_sheet_says_in_the_past_what_looked_alike_once_that_is_over(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        on.bench.world.change_plan(sheet.ticked[0].task_id, "Another way")
        await approve_ticked(on, sheet)
        await on.shows("2 looked alike when they were read: Read app/billing/invoice.py · Change")
        await on.shows("4 approved, 1 not sent, 2 left out.")


async def test_bulk_sheet_risky_plan_keeps_its_sign_and_its_columns_when_it_is_ticked(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        sheet.row_list.move_to(next(line.task_id for line in sheet.lines.values() if not line.is_ticked))
        await on.settle()
        before = next(line for line in on.text.splitlines() if "▌[ ]" in line)
        assert " ! " in before
        await on.press("space")
        assert before.replace("[ ]", "[x]") in on.text.splitlines()


async def test_bulk_sheet_cuts_no_reason_while_titles_have_room_and_keeps_away_from_the_plan(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), tasks=PLANS, read=PLANS) as on:
        await open_sheet(on)
        assert "! names lock file" in on.text
        assert "Log invoice failures in" in on.text
        await on.press("y")
        lines = on.text.splitlines()
        asked = next(number for number, line in enumerate(lines) if "type how many" in line)
        assert not lines[asked - 1].strip("│ ▁▂▃▄▅▆▇█")


async def test_bulk_sheet_reads_at_most_four_plans_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        on.caller.calls.clear()
        sheet = BulkApprovalScreen()
        with FileLock(lock_path(tmp_path / "store" / "tasks.json")):
            on.app.push_screen(sheet)
            await on.until(lambda: len(on.caller.calls) >= 4)
            await on.shows("reading, 0 of 7 read")
            asked = len(on.caller.calls)
        await on.until(lambda: not any(line.is_reading for line in sheet.lines.values()))
        assert asked / len(on.caller.calls) <= 4 / len(sheet.lines)


async def test_bulk_sheet_with_marks_shows_only_the_marked_and_counts_the_others(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        marked = (waiting(on)[0], on.bench.session_in("COMPLETED"))
        sheet, _ = await open_sheet(on, marked)
        assert list(sheet.lines) == [marked[0]]
        assert "1 marked without a plan that waits" in on.text


async def test_bulk_sheet_with_marks_says_why_a_risky_one_is_not_ticked_and_left_out_of_all(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(140, 30), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        risky = next(line.task_id for line in sheet.lines.values() if not line.is_ticked)
        plain_one = sheet.ticked[0].task_id
        await on.press("escape")
        sheet, _ = await open_sheet(on, (risky, plain_one))
        assert {line.task_id: line.is_ticked for line in sheet.lines.values()} == {risky: False, plain_one: True}
        (row,) = (line for line in on.text.splitlines() if "[ ]" in line)
        assert "[ ]" in row
        told = "1 is risky or changed: look, and tick it yourself."
        await on.press("*")
        assert not sheet.ticked
        assert told not in on.text
        await on.press("*")
        assert [line.task_id for line in sheet.ticked] == [plain_one]
        assert told in on.text
        await on.press("*")
        assert told not in on.text, "nothing is left out where all ticks are taken away"


async def test_bulk_sheet_of_risky_plans_only_says_why_none_is_ticked_together(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(140, 30), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        risky = next(line.task_id for line in sheet.lines.values() if not line.is_ticked)
        await on.press("escape")
        await open_sheet(on, (risky,))
        await on.press("*")
        assert "1 is risky or changed: look, and tick it yourself." in on.text


async def test_bulk_sheet_without_plans_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        on.app.push_screen(BulkApprovalScreen())
        await on.settle()
        assert "No plan waits for approval." in "".join(on.text.splitlines()[:5])
        assert "ctrl+r in the list asks the server for new ones." in on.text
        assert "read again" not in on.text
        await on.press("y", "enter", "space")
        assert on.bench.effects("approve") == []


async def test_bulk_sheet_cannot_tick_plans_that_are_not_known_to_be_whole(tmp_path: Path) -> None:
    async with stage(tmp_path, dialect="browser") as on:
        sheet, _ = await open_sheet(on)
        assert sheet.lines
        assert sheet.ticked == []
        await on.press("space")
        assert "It cannot be ticked: the server shows no plan; open it alone." in plain(on)
        await on.press("*", "y")
        assert "Nothing is ticked; nothing was sent." in on.text
        assert on.bench.effects("approve") == []


# the number, and the run


async def test_bulk_approval_asks_for_the_number_and_approves_the_ticked_ones(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, answers = await open_sheet(on)
        wanted = {line.task_id for line in sheet.ticked}
        await on.press("y")
        assert "To approve these 5 plans, type how many (5):" in on.text
        await on.press("enter")
        assert "No number was typed; nothing was sent. Type how many (5):" in on.text
        await on.press("4", "enter")
        assert "That is not 5; nothing was sent. Type how many (5):" in on.text
        assert on.bench.effects("approve") == []
        await on.press("5", "enter")
        await on.until(lambda: len(approved(on)) == 5)
        await on.until(lambda: not sheet.is_sending)
        await on.shows("5 approved, 2 left out.")
        assert on.text.count("✓ approved") >= 5
        assert set(approved(on)) == wanted
        await on.press("escape")
        assert answers == [frozenset(wanted)]


async def test_bulk_approval_number_is_that_of_the_ticks(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        await open_sheet(on)
        await on.press("*")
        assert "0 ticked" in on.text
        await on.press("space", "y")
        assert "To approve the plan of " in on.text
        assert ", type 1:" in on.text
        await on.press("escape", "j", "space", "y", "2", "enter")
        await on.until(lambda: len(approved(on)) == 2)


async def test_bulk_approval_with_one_changed_and_one_refused_sends_the_others(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, answers = await open_sheet(on)
        first, changed, refused, *rest = [line.task_id for line in sheet.ticked]
        on.bench.world.change_plan(changed, "Delete everything")

        def refuse(tool: str, place: str) -> BaseException | None:
            sending = [line.task_id for line in sheet.lines.values() if line.note == "sending…"]
            if (tool, place) == ("approve_plan", "written") and sending == [refused]:
                return OperationFailedError("Jules says no today.", effect=Effect.REFUSED)
            return None

        on.caller.cut = refuse
        await approve_ticked(on, sheet)
        assert set(approved(on)) == {first, *rest}
        assert "✗ not sent: the plan changed" in on.text
        assert "✗ refused. Jules says no today." in on.text
        await on.until(lambda: not sheet.lines[changed].is_reading)
        assert [line.task_id for line in sheet.ticked] == [refused]
        await on.press("escape")
        assert answers == [frozenset({first, *rest})]


async def test_bulk_approval_stops_when_the_server_dies_and_sends_nothing_twice(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)

        def die_at_the_third(tool: str, place: str) -> BaseException | None:
            if len(approved(on)) >= 2 and (tool, place) == ("approve_plan", "before write"):
                on.caller.is_down = True
                return lost(Effect.NONE)
            return None

        on.caller.cut = die_at_the_third
        await approve_ticked(on, sheet)
        assert "Stopped: the others would meet the same trouble." in on.text
        assert len(approved(on)) == 2
        assert len(sheet.ticked) == 3
        on.caller.is_down, on.caller.cut = False, lambda tool, place: None
        await approve_ticked(on, sheet)
        assert len(approved(on)) == len(set(approved(on))) == 5


async def test_bulk_approval_stops_at_an_alarm(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        first = sheet.ticked[0].task_id

        def change_at_the_last_moment(tool: str, place: str) -> None:
            if (tool, place) == ("approve_plan", "written") and not approved(on):
                on.bench.world.change_plan(first, "Too late to notice")

        on.caller.cut = change_at_the_last_moment
        await approve_ticked(on, sheet)
        assert approved(on) == [first]
        assert "! ALARM" in on.text
        assert "Stopped: look at the one with the doubtful outcome first." in on.text


async def test_bulk_approval_escape_stops_before_the_next_one(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, answers = await open_sheet(on)

        def leave_during_the_second(tool: str, place: str) -> None:
            if (tool, place) == ("approve_plan", "effect") and len(approved(on)) == 2:
                sheet.do_back()

        on.caller.cut = leave_during_the_second
        await approve_ticked(on, sheet)
        assert "Stopped by you." in on.text
        assert len(approved(on)) == 2
        assert len(sheet.ticked) == 3
        await on.press("escape")
        assert answers == [frozenset(approved(on))]


async def test_bulk_approval_left_while_sending_ends_the_one_on_its_way_and_begins_no_other(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, answers = await open_sheet(on)

        def leave_twice(tool: str, place: str) -> None:
            if (tool, place) == ("approve_plan", "written"):
                sheet.do_back()
                sheet.do_back()

        on.caller.cut = leave_twice
        await on.press("y", *"5", "enter")
        await on.until(lambda: bool(answers))
        await on.settle()
        assert len(approved(on)) == 1
        assert answers == [None]


# reading again


async def test_bulk_sheet_asks_for_no_plan_twice_that_is_still_being_read(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        held = [on.caller.hold("get_session", task_id) for task_id in waiting(on)]
        on.caller.calls.clear()
        sheet = BulkApprovalScreen()
        on.app.push_screen(sheet)
        await on.until(lambda: len(on.caller.calls) == 4)
        await on.press("ctrl+r", "ctrl+r", "space")
        assert "It is being read." in on.text
        assert "reading, 0 of 7 read" in on.text
        for each in held:
            each.set()
        await on.until(lambda: not any(line.is_reading for line in sheet.lines.values()))
        await on.shows("7 plans · 5 ticked")
        await on.shows("2 look alike: Read")
        assert on.caller.calls.count("get_session") == 7


# changes meanwhile


async def test_bulk_sheet_unticks_a_plan_that_polling_saw_changing(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        task_id = sheet.ticked[0].task_id
        order = list(sheet.lines)
        await change_plan_elsewhere(on, task_id, "Meanwhile")
        await on.shows("! changed just now: look at it")
        assert "4 ticked" in on.text
        assert list(sheet.lines) == order
        await on.press("y", "5", "enter")
        assert on.bench.effects("approve") == []
        assert "That is not 4; nothing was sent. Type how many (4):" in on.text


async def test_bulk_sheet_tells_when_somebody_else_approves(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        task_id = sheet.ticked[0].task_id
        on.bench.world.approve_plan(task_id)
        manager, _, _ = on.bench.process()
        await manager.get_task(task_id)
        await on.shows(" it is being worked on ")
        assert task_id not in on.text
        assert task_id not in {line.task_id for line in sheet.ticked}
        assert len(approved(on)) == 1


async def test_bulk_sheet_keeps_order_and_cursor_when_new_plans_wait(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        await on.press("j", "j")
        order, cursor = list(sheet.lines), sheet.row_list.cursor_id
        other = on.bench.session_in("IN_PROGRESS")
        on.bench.world.set_state(other, "AWAITING_PLAN_APPROVAL")
        manager, _, _ = on.bench.process()
        await manager.get_task(other)
        await on.until(lambda: on.board.tasks[other].status.value == "waiting_approval")
        await on.settle()
        assert (list(sheet.lines), sheet.row_list.cursor_id) == (order, cursor)


# one plan alone


async def test_bulk_sheet_opens_one_plan_alone_and_takes_over_its_outcome(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, answers = await open_sheet(on)
        await on.press("G", "enter")
        assert isinstance(on.app.screen, ApprovalScreen)
        await on.shows("y approve")
        await on.settle()
        on.advance(0.5)
        await on.press("y")
        await on.until(lambda: on.app.screen is sheet)
        await on.settle()
        assert len(approved(on)) == 1
        assert "1 approved" in on.text
        await on.press("escape")
        assert answers == [frozenset(approved(on))]


async def approve_alone(on: Stage, sheet: BulkApprovalScreen, task_id: str) -> asyncio.Event:
    """Approve a plan in the look at it, where it stays on its way until the event is set."""
    sheet.row_list.move_to(task_id)
    await on.press("enter")
    await on.shows("y approve")
    await on.settle()
    on.advance(0.5)
    on_its_way = on.caller.hold("approve_plan", task_id)
    await on.pilot.press("y")
    await on.shows("esc leave it to run")
    return on_its_way


async def test_bulk_sheet_tells_the_outcome_of_a_plan_approved_alone_while_others_are_sent(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        *others, alone = (line.task_id for line in sheet.ticked)
        on_its_way = await approve_alone(on, sheet, alone)
        await on.pilot.press("escape")
        await on.until(lambda: on.app.screen is sheet)
        run = on.caller.hold("approve_plan", others[0])
        await on.pilot.press("y", str(len(others)), "enter")
        await on.until(lambda: sheet.is_sending and sheet.lines[others[0]].note == "sending…")
        on.caller.cut = refuse_approvals
        on_its_way.set()
        await on.shows("✗ refused. Jules says no today.")
        assert sheet.is_sending
        on.caller.cut = lambda tool, place: None
        run.set()
        await on.until(lambda: not sheet.is_sending)
        await on.shows("4 approved · 1 refused")
        assert set(approved(on)) == set(others)
        assert not on.app._notifications


async def test_bulk_sheet_keeps_the_outcome_of_a_plan_approved_alone_that_comes_below_another_screen(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        alone = sheet.ticked[-1].task_id
        on_its_way = await approve_alone(on, sheet, alone)
        look = on.app.screen
        assert isinstance(look, ApprovalScreen)
        await on.pilot.press("?")
        await on.until(lambda: on.app.screen is not look)
        await on.until(lambda: look._leaving is not None)
        on.caller.cut = refuse_approvals
        on_its_way.set()
        await on.until(lambda: sheet.lines[alone].state is State.FAILED)
        await on.press("escape")
        await on.until(lambda: on.app.screen is sheet)
        await on.shows("✗ refused. Jules says no today.")


async def test_bulk_sheet_names_the_task_of_the_plan_and_how_much_of_it_is_below(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        task = on.board.tasks[str(sheet.row_list.cursor_id)]
        plan = sheet.query_one(PlanView)
        assert f"─ {task.title} · {task.repository}@{task.branch} ─" in on.text
        await on.shows(f"↓ {plan.max_scroll_y} more rows below")
        await on.press("tab", "G")
        await on.shows(f"↑ {plan.max_scroll_y} more rows above")
        assert "below" not in on.text


async def test_bulk_sheet_leaves_the_room_of_a_short_note_to_the_title(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), tasks=PLANS, read=PLANS) as on:
        await open_sheet(on)
        assert "Split billing/invoice into smaller" in on.text
        assert "! names lock file" in on.text
        assert " 18m " in on.text
        on.advance(60)
        on.app._tick()
        await on.shows(" 19m ")


async def test_bulk_sheet_hostile_plan_is_shown_literally(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 45), tasks=PLANS, read=PLANS) as on:
        for task_id in waiting(on):
            on.bench.world.change_plan(task_id, HOSTILE)
        await open_sheet(on)
        assert "changed" in on.text
        assert "[/foo] [@click=app.quit]press[/]" in plain(on)
        assert not {"\x1b", "\u202e"} & set(on.text)


async def test_bulk_sheet_fits_a_small_terminal(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 12), tasks=PLANS, read=PLANS) as on:
        await open_sheet(on)
        assert "7 plans" in on.text
        assert "y go to an unread plan" in on.text
        assert all(cell_width(line) <= 40 for line in on.text.splitlines())


async def test_bulk_plan_that_the_server_no_longer_shows_cannot_be_ticked(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS, size=(140, 40)) as on:
        hidden = waiting(on)[0]
        hide_plans(on.bench, hidden)
        sheet, _ = await open_sheet(on)
        assert not sheet.lines[hidden].is_ticked
        assert "The server shows no plan of task" in on.text
        sheet.row_list.move_to(hidden)
        await on.press("space")
        assert "It cannot be ticked: The server shows no plan of task" in plain(on)
        await approve_ticked(on, sheet)
        assert approved(on)
        assert hidden not in approved(on)


async def test_bulk_plan_that_the_server_stops_showing_after_it_was_ticked_is_not_sent(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=PLANS, read=PLANS) as on:
        sheet, _ = await open_sheet(on)
        hidden = sheet.ticked[0].task_id
        hide_plans(on.bench, hidden)
        await approve_ticked(on, sheet)
        await on.shows("4 approved, 1 not sent, 2 left out.")
        assert hidden not in approved(on)
