"""One message to many tasks: to all that are ticked, once, and the text is never lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jjm_tui.errors import Effect, OperationFailedError
from jjm_tui.tui.screens.bulk_message import DRAFT_KEY, BulkMessageScreen
from jjm_tui.tui.widgets.typing_area import TypingArea
from tests.services.workbench import lost
from tests.tui.stage import Stage, stage


async def open_sheet(on: Stage, count: int) -> tuple[BulkMessageScreen, list[Any]]:
    """Open the sheet for tasks that take messages; its answer comes into the list."""
    tasks = [task.id for task in on.board.tasks.values() if task.status.value != "failed"][:count]
    answers: list[Any] = []
    sheet = BulkMessageScreen(tasks)
    on.app.push_screen(sheet, answers.append)
    await on.settle()
    return sheet, answers


async def test_bulk_message_to_a_few_is_sent_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        sheet, answers = await open_sheet(on, 2)
        await on.press(*"Go on", "enter", *"please", "ctrl+s")
        await on.until(lambda: len(on.bench.effects("message")) == 2)
        await on.shows("2 sent.")
        assert on.bench.effects("message") == [(task_id, "Go on\nplease") for task_id in sheet.lines]
        await on.press("ctrl+s")
        assert "Nobody is ticked. Nothing was sent." in on.text
        assert len(on.bench.effects("message")) == 2
        await on.press("escape")
        assert answers == [frozenset(sheet.lines)]
        await on.app.drafts.flush()
        assert await on.context.drafts.get(DRAFT_KEY) is None


async def test_bulk_message_to_many_asks_for_their_number(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        sheet, _ = await open_sheet(on, 5)
        await on.press(*"Hello", "ctrl+s")
        assert "To send it to these 5 tasks, type how many (5):" in on.text
        await on.press("y", "enter")
        assert "That is not 5; nothing was sent. Type how many (5):" in on.text
        assert on.bench.effects("message") == []
        await on.press("5", "enter")
        await on.until(lambda: not sheet.is_sending and len(on.bench.effects("message")) == 5)


async def test_bulk_message_unticked_tasks_get_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        sheet, _ = await open_sheet(on, 3)
        await on.press(*"Hi", "tab", "space", "ctrl+s")
        await on.until(lambda: len(on.bench.effects("message")) == 2)
        await on.settle()
        assert [task_id for task_id, _ in on.bench.effects("message")] == list(sheet.lines)[1:]


async def test_bulk_message_without_text_or_recipients_is_not_sent(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_sheet(on, 2)
        await on.press("ctrl+s")
        assert "The message is empty." in on.text
        await on.press(*"Hi", "tab", "*", "ctrl+s")
        assert "Nobody is ticked. Nothing was sent." in on.text
        assert on.bench.effects("message") == []


async def test_bulk_message_a_failed_task_cannot_be_ticked(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.app.push_screen(BulkMessageScreen([on.bench.session_in("FAILED")]))
        await on.settle()
        assert "[-]" in on.text
        await on.press("tab", "space")
        assert "a failed task takes no message" in on.text


async def test_bulk_message_what_failed_stays_ticked_and_can_be_sent_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        sheet, answers = await open_sheet(on, 3)

        def die_at_the_second(tool: str, place: str) -> BaseException | None:
            if tool == "send_message" and place == "before write" and len(on.bench.effects("message")) == 1:
                return lost(Effect.NONE)
            return None

        on.caller.cut = die_at_the_second
        await on.press(*"Hi", "ctrl+s")
        await on.shows("Stopped: the others would meet the same trouble.")
        assert len(sheet.ticked) == 2
        assert "✗ not sent" in on.text
        on.caller.cut = lambda tool, place: None
        await on.press("ctrl+s")
        await on.until(lambda: len(on.bench.effects("message")) == 3)
        await on.shows("3 sent")
        assert {task_id for task_id, _ in on.bench.effects("message")} == set(sheet.lines)
        await on.press("escape")
        assert answers == [frozenset(sheet.lines)]


async def test_bulk_message_text_survives_leaving_the_sheet(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        _, answers = await open_sheet(on, 2)
        await on.press(*"Half a tho")
        await on.press("escape")
        await on.shows("The text is kept; M brings it back.")
        assert answers == [None]
        await on.until(lambda: on.app.drafts.state(DRAFT_KEY).is_kept)
        assert await on.context.drafts.get(DRAFT_KEY) == "Half a tho"
        await open_sheet(on, 2)
        await on.shows("Half a tho")
        assert on.bench.effects("message") == []


async def test_bulk_message_sent_text_is_what_was_seen_when_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_sheet(on, 4)
        await on.press(*"Seen", "ctrl+s", "shift+tab", *"xyz")
        assert "Seen" in on.text
        assert "xyz" not in on.text
        await on.press("tab", "4", "enter")
        await on.until(lambda: len(on.bench.effects("message")) == 4)
        assert {text for _, text in on.bench.effects("message")} == {"Seen"}


@pytest.mark.parametrize("kind", ["message", "resume"])
async def test_bulk_message_outcome_of_what_was_sent_before_to_one_of_them_is_told_outside(
    tmp_path: Path, kind: str
) -> None:
    async with stage(tmp_path) as on:
        assert on.app.engine is not None
        task_id, desk = on.bench.session_in("PAUSED"), on.app.engine.desk
        on_its_way = on.caller.hold("send_message", task_id)
        alone = desk.resume(task_id) if kind == "resume" else desk.send_message(task_id, "Alone")
        sheet = BulkMessageScreen([task_id])
        on.app.push_screen(sheet)
        await on.shows("1 recipient of 1")
        on.caller.cut = lambda tool, place: (
            OperationFailedError("Jules says no today.", effect=Effect.REFUSED)
            if (tool, place) == ("send_message", "written")
            else None
        )
        on_its_way.set()
        assert (await alone).outcome.value == "refused"
        assert on.app.screen is sheet
        (toast,) = on.app._notifications
        assert "Jules says no today." in toast.message
        assert sheet.lines[task_id].is_ticked
        await on.press(*"Hi", "ctrl+s")
        await on.shows("✗ refused. Jules says no today.")
        assert list(on.app._notifications) == [toast]


async def test_bulk_message_outcome_of_another_one_to_the_same_task_is_told_outside_while_this_one_is_sent(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        assert on.app.engine is not None
        task_id, reading = on.bench.session_in("AWAITING_USER_FEEDBACK"), []

        def hold_reading(tool: str, place: str) -> None:
            if (tool, place) == ("send_message", "answer") and not reading:
                reading.append(on.caller.hold("get_session", task_id))

        on.caller.cut = hold_reading
        first = on.app.engine.desk.send_message(task_id, "First")
        await on.until(lambda: any(each.state.value == "done" for each in on.board.operations))
        sheet = BulkMessageScreen([task_id])
        on.app.push_screen(sheet)
        await on.shows("1 recipient of 1")
        await on.pilot.press(*"Second", "ctrl+s")
        await on.until(lambda: sheet.is_sending and len(on.board.operations) == 2)
        assert not on.app._notifications
        reading[0].set()
        assert (await first).outcome.value == "done"
        await on.until(lambda: not sheet.is_sending)
        (toast,) = on.app._notifications
        assert "Message sent" in toast.message
        assert sheet.lines[task_id].note == "✓ sent"


@pytest.mark.parametrize(
    ("size", "count", "rows"), [((80, 24), 2, 15), ((80, 24), 30, 8), ((40, 12), 30, 2), ((160, 45), 2, 33)]
)
async def test_bulk_message_text_has_all_the_rows_that_its_recipients_leave(
    tmp_path: Path, size: tuple[int, int], count: int, rows: int
) -> None:
    async with stage(tmp_path, size=size, tasks=40) as on:
        sheet, _ = await open_sheet(on, count)
        assert sheet.query_one(TypingArea).size.height >= rows
        assert sheet.row_list.size.height >= min(len(sheet.lines), 3)
        below = max(0, len(sheet.lines) - sheet.row_list.size.height)
        assert (f"↓ {below} more rows below" in on.text) == bool(below)
        assert "[x]  …" not in on.text
        await on.press(*"Hello", "ctrl+s")
        assert "To send it to these" in on.text or count == 2


async def test_bulk_message_reason_is_whole_and_nothing_is_offered_once_nobody_is_left(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await on.press("asterisk", "M", *"Thanks!")
        assert "a failed task takes no message" in on.text
        assert "▸ working" in on.text
        assert "Strict types for the whole backend" in on.text
        assert "api.server" in on.text
        await on.press("ctrl+s", "1", "1", "enter")
        await on.shows("11 sent, 1 left out.")
        await on.shows("12 tasks · 11 sent")
        assert "tab text" not in on.text
        await on.shows("Nobody is left to write to")
        assert "space tick" not in on.text
        assert "* all" not in on.text


async def test_bulk_message_with_fewer_recipients_tells_how_many_are_below_now(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), tasks=30) as on:
        sheet, _ = await open_sheet(on, 20)
        below = sheet.row_list.max_scroll_y
        assert f"↓ {below} more rows below" in on.text
        sheet.lines.popitem()
        sheet.show_lines()
        await on.shows(f"↓ {below - 1} more rows below")
