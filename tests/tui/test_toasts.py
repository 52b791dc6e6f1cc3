"""Toasts come and go without leaving anything behind."""

from __future__ import annotations

from pathlib import Path

from textual.widgets._toast import Toast, ToastHolder

from jjm_tui.tui.screens.main import MainScreen
from tests.tui.stage import Stage, stage


async def test_many_toasts_leave_two_at_most_and_no_empty_frames(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for number in range(20):
            on.app.tell(f"Toast {number}.")
            await on.pilot.pause()
        await on.shows("Toast 19.")
        holders = [holder for screen in on.app.screen_stack for holder in screen.query(ToastHolder)]
        assert 1 <= len(holders) <= 2
        assert all(isinstance(child, Toast) for holder in holders for child in holder.children)


async def test_toasts_of_a_screen_below_are_taken_down_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.app.tell("First.")
        await on.shows("First.")
        await on.press("?")
        for number in range(6):
            on.app.tell(f"Toast {number}.")
            await on.pilot.pause()
        await on.shows("Toast 5.")
        assert not on.app.screen_stack[0].query(ToastHolder)


def _top_of(on: Stage, words: str) -> int:
    return next(number for number, line in enumerate(on.text.splitlines()) if words in line)


async def test_toasts_told_in_one_go_leave_the_last_two(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for number in range(5):
            on.app.tell(f"Toast {number}.")
        await on.shows("Toast 4.")
        await on.settle()
        assert "Toast 3." in on.text
        assert len(on.app.screen.query(Toast)) == 2


async def test_same_toast_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.app.tell("The same.")
        await on.shows("The same.")
        on.app.tell("The same.")
        await on.settle()
        on.app.tell("The same.")
        on.app.tell("The same.")
        await on.until(lambda: on.text.count("The same.") == 1)
        await on.settle()
        assert on.text.count("The same.") == 1


async def test_toast_is_at_the_top_while_a_message_is_typed_and_over_a_dialog(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        on.app.tell("In the list.")
        await on.shows("In the list.")
        assert _top_of(on, "In the list.") > 15
        await on.press("m")
        on.app.tell("While typing.")
        await on.shows("While typing.")
        assert 0 < _top_of(on, "While typing.") < 15
        await on.press("escape", "z")
        on.app.tell("Over a dialog.")
        await on.shows("Over a dialog.")
        assert 0 < _top_of(on, "Over a dialog.") < 15


async def test_toast_does_not_cover_a_text_that_was_left(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("m", *"My draft", "escape")
        await on.shows("draft kept")
        on.app.tell("Beside a draft.")
        await on.shows("Beside a draft.")
        assert 0 < _top_of(on, "Beside a draft.") < 15


async def test_escape_in_the_list_takes_toasts_down_and_acts_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("space")
        on.app.tell("In the way.")
        await on.shows("In the way.")
        await on.press("escape")
        await on.until(lambda: "In the way." not in on.text)
        assert "1 marked" not in on.text


async def test_escape_takes_a_toast_down_where_there_is_nothing_else_to_leave(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        on.app.tell("In the way.")
        await on.shows("In the way.")
        await on.press("escape")
        await on.until(lambda: "In the way." not in on.text)
        assert not on.app._notifications


async def test_copied_text_is_told_itself_and_no_more_than_that_the_terminal_was_given_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        task = screen.current_task()
        assert task is not None
        await on.press("y")
        assert on.app.clipboard == task.id
        assert [each.message for each in on.app._notifications] == [f"Sent to the terminal's clipboard: {task.id}"]
        on.app.copy("line one\n" + "word " * 500)
        told = [each.message for each in on.app._notifications][-1]
        assert told.startswith("Sent to the terminal's clipboard: line one word word")
        assert told.endswith("…")
        assert len(told) < 200


async def test_toast_covers_no_more_than_its_words_need(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        on.app.tell("Short.")
        await on.shows("Short.")
        await on.settle()
        (toast,) = on.app.screen.query(Toast)
        assert toast.outer_size.height == 1
        assert toast.outer_size.width < 12
        on.app.tell("Long words " * 20)
        await on.until(lambda: len(on.app.screen.query(Toast)) == 2)
        await on.settle()
        assert max(each.outer_size.width for each in on.app.screen.query(Toast)) == 60
