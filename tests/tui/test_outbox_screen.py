"""The outbox: every operation with a true state, to settle, send again or let go."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from jjm_tui.domain.draft_keys import CREATE_KEY, MANY_KEY, message_key
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.text import cell_width, heading
from jjm_tui.services.board import Board
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.store.locks import lock_path
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.screens.outbox import OutboxScreen, describe
from jjm_tui.tui.widgets.row_list import RowList
from tests.services.workbench import START, Cut, Workbench, lost
from tests.tui.stage import Stage, stage

WRITTEN = ("send_message", "written", True)
HOSTILE = "first \x1b]52;c;aGVsbG8=\x07line [/foo] [x] [@click=app.quit]click[/]\nsecond"


def cut_before_arriving(on: Stage) -> None:
    """The next message is written, and does not arrive."""
    pending = [lost()]
    on.caller.cut = lambda tool, place: pending.pop() if (tool, place, bool(pending)) == WRITTEN else None


async def message(on: Stage, text: str, number: int = 0) -> str:
    """Send a message to a task that takes one; answer the task's id."""
    task_id = [each for each in on.board.tasks if each not in _failed(on)][number]
    assert on.app.engine is not None
    result = await on.app.engine.desk.send_message(task_id, text)
    await on.until(lambda: any(op.id == result.operation_id for op in on.board.operations))
    await on.until(lambda: not any(op.state.is_under_way for op in on.board.operations))
    return task_id


def _failed(on: Stage) -> set[str]:
    return {task.id for task in on.board.tasks.values() if task.status.value == "failed"}


def plain(on: Stage) -> str:
    """What the screen shows as running text, without frames."""
    return " ".join(on.text.replace("│", " ").split())


async def open_outbox(on: Stage) -> None:
    on.app.clear_notifications()
    await on.app.push_screen(OutboxScreen())
    await on.settle()


async def test_outbox_empty_says_what_will_be_here(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_outbox(on)
        assert "Nothing is recorded from the last seven days." in on.text
        assert re.search(r"Outbox +empty", on.text)
        assert "everything has a clear answer" not in on.text
        assert "esc back" in on.text


async def test_outbox_tells_which_drafts_wait_and_where(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        first, *_ = on.board.tasks.values()
        await open_outbox(on)
        assert "draft" not in on.text
        drafts = on.app.drafts
        drafts.put(CREATE_KEY, NewTask(description="Mend it").write())
        await on.shows("✎ 1 draft is not sent yet; in the list: c new task")
        drafts.put(message_key(first.id), "Take the first way.")
        drafts.put(message_key("forgotten"), "Is this still needed?")
        drafts.put(MANY_KEY, "Add tests, please.")
        await on.settle()
        told = "✎ 4 drafts are not sent yet; in the list: c new task · M marked tasks · m "
        assert told + heading(first.title, first.description, first.id)[:29] in plain(on)
        assert "· 1 to a task that is not here" in plain(on)
        assert "Nothing is recorded from the last seven days." in on.text
        for key in (CREATE_KEY, MANY_KEY, message_key("forgotten")):
            drafts.put(key, "")
        await on.shows("1 draft is not sent yet; in the list: m ")
        await message(on, "Go on with it.")
        await on.shows("Go on with it.")
        assert "1 draft is not sent yet; in the list: m " in on.text
        drafts.put(message_key(first.id), "")
        await on.settle()
        assert "draft" not in on.text


async def test_outbox_names_no_more_drafts_than_it_has_room_for(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await open_outbox(on)
        for task_id in list(on.board.tasks)[:5]:
            on.app.drafts.put(message_key(task_id), "Please go on.")
        await on.settle()
        assert "✎ 5 drafts are not sent yet; in the list: m " in plain(on)
        assert "· 2 more with ✎" in plain(on)


async def test_outbox_that_was_damaged_is_not_said_to_be_clear(tmp_path: Path) -> None:
    def leave_a_damaged_one(workbench: Workbench, context: ServiceContext) -> None:
        (tmp_path / "store" / "outbox.json.damaged-20261120T080000.000000Z").write_text("{")

    async with stage(tmp_path, prepare=leave_a_damaged_one) as on:
        await open_outbox(on)
        await on.shows("what else was sent is not known")
        assert "everything has a clear answer" not in on.text
        await on.press("escape")
        await on.shows("! what was sent before is not known")
        assert "every 5 s" not in on.text, "nothing is tried again: it is the person's turn"


async def test_drafts_that_cannot_be_read_are_told_and_left_alone(tmp_path: Path) -> None:
    text = '{"schema_version": 1, "drafts": [{"key": "create", "text": ["x"]}]}'

    def leave_a_wrong_record(workbench: Workbench, context: ServiceContext) -> None:
        (tmp_path / "store" / "drafts.json").write_text(text)

    async with stage(tmp_path, prepare=leave_a_wrong_record) as on:
        await on.shows("! typed texts may be missing")
    assert (tmp_path / "store" / "drafts.json").read_text() == text


async def test_outbox_tells_that_damaged_drafts_were_set_aside(tmp_path: Path) -> None:
    def leave_damaged_ones(workbench: Workbench, context: ServiceContext) -> None:
        (tmp_path / "store" / "drafts.json.damaged-20261120T080000.000000Z").write_text("{")

    async with stage(tmp_path, prepare=leave_damaged_ones) as on:
        await open_outbox(on)
        await on.shows("typed texts may be missing")
        await on.press("escape")
        await on.shows("! typed texts may be missing")


async def test_outbox_shows_newest_first_with_states_in_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await message(on, "The first one.")
        on.advance(60)
        on.caller.is_down = True
        await message(on, "The second one.", 1)
        await open_outbox(on)
        lines = on.text.splitlines()
        assert "✗ not sent" in lines[1]
        assert "The second one." in lines[1]
        assert "✓ done" in lines[2]
        assert "1 not sent" in lines[0]


async def test_outbox_shows_the_whole_title_where_there_is_room(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        (task_id,) = (each.id for each in on.board.tasks.values() if each.title == "Rate limit for the public API")
        states = (OperationState.DONE, OperationState.DONE)
        kinds = (OperationKind.APPROVE, OperationKind.MESSAGE)
        on.board.set_operations(
            Operation(f"op-{kind}", kind, on.app.launch.clock.now(), "t", state, task_id, payload={"text": text})
            for kind, state, text in zip(kinds, states, ("", "Go on with it."), strict=True)
        )
        await open_outbox(on)
        lines = on.text.splitlines()
        assert "Rate limit for the public API  Go on with" in lines[1]
        assert "Rate limit for the public API" in lines[2]
        assert "enter go to task" in on.text


async def test_outbox_settling_finds_what_arrived_and_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.caller.cut, broken = cut_until_cleared(on)
        task_id = await message(on, "Did this arrive?")
        broken.clear()
        assert [op.state for op in on.board.operations] == [OperationState.UNCONFIRMED]
        await open_outbox(on)
        assert "It may have arrived" in on.text
        await on.press("s")
        await on.shows("Read again: 1 done.")
        await on.shows("✓ done")
        assert on.bench.effects("message") == [(task_id, "Did this arrive?")]


def cut_until_cleared(on: Stage) -> tuple[Cut, list[str]]:
    """The message arrives, its answer is lost, and nothing can be read until the list is cleared."""
    broken = ["broken"]

    def cut(tool: str, place: str) -> BaseException | None:
        if not broken:
            return None
        if tool == "send_message":
            return lost() if place == "effect" else None
        return lost() if on.bench.effects("message") else None

    return cut, broken


async def test_outbox_sending_again_is_asked_first_and_says_that_it_may_be_there_twice(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        cut_before_arriving(on)
        task_id = await message(on, "Once more.")
        await open_outbox(on)
        await on.press("r")
        assert "will be there twice" in plain(on)
        assert "This is sent: Once more." in plain(on)
        await on.press("escape")
        assert on.bench.effects("message") == []
        await on.press("r", "y")
        await on.shows("has just appeared")
        assert on.bench.effects("message") == []
        await on.press("escape")
        await on.until(lambda: "has just appeared" not in on.text)
        await on.press("r")
        await on.shows("Send it again?")
        on.advance(0.5)
        await on.press("y")
        await on.until(lambda: bool(on.bench.effects("message")))
        assert on.bench.effects("message") == [(task_id, "Once more.")]
        await on.shows("· sent again")
        await on.press("G")
        await on.shows("You sent it again")
        assert "Sent again as" in on.text
        assert "stopped caring" not in on.text
        assert "discarded" not in on.text
        await on.press("x")
        await on.shows("It was sent again; that one can be discarded.")


async def test_outbox_text_that_arrived_since_is_told_and_not_sent_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.caller.is_down = True
        task_id = await message(on, "Take the first way.")
        on.caller.is_down = False
        on.advance(60)
        await message(on, "Take the first way.")
        await open_outbox(on)
        assert re.search(r"Outbox +everything has a clear answer", on.text)
        await on.press("j")
        assert "· sent since" in on.text
        assert "The same text arrived since, today" in plain(on)
        assert "send again" not in on.text
        await on.press("r")
        await on.shows("To have it there twice, write it anew.")
        assert "Send it again?" not in on.text
        assert on.bench.effects("message") == [(task_id, "Take the first way.")]


async def test_outbox_question_that_a_later_send_overtook_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.caller.is_down = True
        task_id = await message(on, "Take the first way.")
        on.caller.is_down = False
        await open_outbox(on)
        await on.press("r")
        assert "Send it again?" in on.text
        on.advance(60)
        await message(on, "Take the first way.")
        await on.press("y")
        await on.shows("arrived since")
        assert on.bench.effects("message") == [(task_id, "Take the first way.")]


async def test_outbox_discarding_is_asked_first_and_the_text_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.caller.is_down = True
        await message(on, "Never mind.")
        await open_outbox(on)
        await on.press("x")
        assert "Discard it?" in on.text
        await on.press("y")
        await on.shows("· discarded")
        assert "Never mind." in on.text
        await on.press("x")
        await on.shows("It is discarded already.")


async def test_outbox_discarding_goes_on_and_is_told_where_the_outbox_was_left_meanwhile(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.caller.is_down = True
        await message(on, "Never mind.")
        await open_outbox(on)
        await on.press("x")
        with FileLock(lock_path(tmp_path / "store" / "outbox.json")):
            await on.press("y", "escape")
            assert isinstance(on.app.screen, MainScreen)
            assert "Discarded" not in on.text
        await on.shows("Discarded; its text for seven days: jjm outbox show")
        await on.until(lambda: [each.state for each in on.board.operations] == [OperationState.DISCARDED])


async def test_outbox_action_that_makes_no_sense_says_why(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await message(on, "Fine.")
        await open_outbox(on)
        assert "send again" not in on.text
        await on.press("r")
        await on.shows("It arrived; there is nothing to do about it.")
        await on.press("s")
        await on.shows("Nothing is unconfirmed")


async def test_outbox_cursor_follows_its_operation_when_newer_ones_come(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await message(on, "The old one.")
        on.advance(5)
        await open_outbox(on)
        chosen = on.app.screen.query_one(RowList).cursor_id
        await message(on, "The new one.", 1)
        await on.shows("The new one.")
        assert on.app.screen.query_one(RowList).cursor_id == chosen
        assert "The old one." in on.text.splitlines()[2]


@pytest.mark.parametrize("key", ["j", "down", "pagedown", "end"])
async def test_outbox_every_moving_key_moves_the_cursor_also_where_not_all_rows_fit(tmp_path: Path, key: str) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task_id = next(iter(on.board.tasks))
        on.board.set_operations(
            replace(_recorded(task_id, str(number)), id=str(number), created_at=on.now + timedelta(seconds=number))
            for number in range(30)
        )
        await open_outbox(on)
        operations = on.app.screen.query_one(RowList)
        before = operations.cursor_id
        await on.press(key)
        assert operations.cursor_id != before
        assert operations.cursor_id in operations.ids_on_screen


def _recorded(task_id: str, text: str) -> Operation:
    return Operation("1", OperationKind.MESSAGE, START, "test", OperationState.DONE, task_id, payload={"text": text})


async def test_outbox_copies_the_whole_text_and_opens_the_task(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        text = "word " * 2000
        task_id = await message(on, text)
        await open_outbox(on)
        assert "more characters" not in on.text
        await on.press("y")
        assert on.app.clipboard.split() == text.split()
        await on.press("enter")
        await on.until(lambda: not isinstance(on.app.screen, OutboxScreen))
        assert task_id in on.board.tasks


async def test_outbox_hostile_text_is_shown_literally(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 40)) as on:
        await message(on, HOSTILE)
        await open_outbox(on)
        assert "[/foo] [x] [@click=app.quit]click[/]" in on.text
        assert "\x1b" not in on.text


async def test_outbox_fits_small_terminals(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 12)) as on:
        on.caller.is_down = True
        await message(on, "A text that is longer than the terminal is wide, much longer.")
        await open_outbox(on)
        assert "✗ not sent" in on.text
        assert "r send again" in on.text
        assert all(cell_width(line) <= 40 for line in on.text.splitlines())


async def test_outbox_sending_again_what_did_not_arrive_names_the_key_and_the_text_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id = next(iter(on.board.tasks))
        state, text = OperationState.NOT_SENT, {"text": "Once more."}
        on.board.set_operations([Operation("1", OperationKind.MESSAGE, on.now, "test", state, task_id, payload=text)])
        await open_outbox(on)
        await on.press("r")
        assert "It did not arrive. y sends it again unchanged: Once more." in plain(on)
        assert "This is sent" not in plain(on)


@pytest.mark.parametrize("has_twin", [True, False])
def test_outbox_names_the_command_only_where_one_reaches_this_store(has_twin: bool) -> None:
    operation = Operation("01abc", OperationKind.MESSAGE, START, "test/simulator", OperationState.REFUSED)
    words = describe(operation, Board(), START, has_twin=has_twin).plain
    assert ("jjm outbox show 01abc" in words) is has_twin
