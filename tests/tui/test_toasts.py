"""Toasts come and go without leaving anything behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets._toast import Toast, ToastHolder

from jjm_tui.tui.notices.telling import _on_screen
from jjm_tui.tui.screens.main import MainScreen
from tests.tui.scenes import server_down
from tests.tui.stage import stage


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


async def test_toasts_told_in_one_go_leave_the_last_two(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for number in range(5):
            on.app.tell(f"Toast {number}.")
        await on.shows("Toast 4.")
        await on.settle()
        assert "Toast 3." in on.text
        assert len(on.app.screen.query(Toast)) == 2


async def test_same_toast_again_at_once_is_not_built_anew(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.app.tell("The same.")
        await on.shows("The same.")
        toast = on.app.screen.query_one(Toast)
        on.app.tell("The same.")
        await on.settle()
        assert on.app.screen.query_one(Toast) is toast
        on.app.tell("The same.", severity="error")
        await on.until(lambda: toast not in on.app.screen.query(Toast))
        await on.shows("The same.")


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


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (160, 45)])
async def test_toast_of_one_line_covers_the_lowest_border_only(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        on.app.tell("In the list.")
        await on.shows("In the list.")
        await on.settle()
        assert "In the list." in on.text.splitlines()[-2]
        await on.press("m")
        on.app.tell("While typing.", title="Not sent")
        await on.shows("Not sent · While typing.")
        await on.settle()
        assert "While typing." in on.text.splitlines()[-2]
        await on.press("escape", "escape", "z")
        on.app.tell("Over a dialog.")
        await on.shows("Over a dialog.")
        await on.settle()
        assert "Over a dialog." in on.text.splitlines()[-1]


async def test_toast_stands_above_the_line_that_tells_what_is_wrong(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        server_down(on)
        await on.shows("The server is down.")
        on.app.tell("Above it.")
        await on.shows("Above it.")
        await on.settle()
        lines = on.text.splitlines()
        assert "Above it." in lines[-3]
        assert "The server is down." in lines[-2]


_LONG = "The server did not answer, and nobody knows whether it has the text by now.\nO has it."


async def test_toasts_take_one_line_below_a_text_that_is_typed_and_are_whole_again_after_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(60, 20)) as on:
        on.app.tell("In the list.\nTwo lines.")
        await on.shows("Two lines.")
        await on.press("m", *"typed")
        await on.until(lambda: "In the list. …" in on.text.splitlines()[-2])
        await on.press("enter", *"lower", "enter", *"lowest")
        on.app.tell(_LONG, severity="error", title="Not confirmed")
        await on.shows("▎ Not confirmed · The server did not answer")
        await on.settle()
        lines = on.text.splitlines()
        assert "Not confirmed" in lines[-2]
        assert lines[-2].rstrip("╯").endswith("…")
        assert "ctrl+s send" in lines[-1]
        assert "In the list." not in on.text
        assert all(word in on.text for word in ("typed", "lower", "lowest"))
        await on.press("escape")
        await on.shows("O has it.")
        assert on.app.screen.focused is not None
        assert "Two lines." in on.text


async def test_toast_of_several_lines_is_one_on_the_lowest_line_while_a_dialog_is_open(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(60, 20)) as on:
        on.app.tell("One failed\nAnother failed\nn goes to what needs you", title="Failed", severity="error")
        on.app.tell(_LONG, severity="error")
        await on.shows("O has it.")
        await on.press("A")
        await on.until(lambda: "The server did not answer" in on.text.splitlines()[-1])
        await on.settle()
        assert "failed" not in on.text
        assert "esc back" in on.text.splitlines()[-2]
        await on.press("escape")
        await on.until(lambda: "O has it." in on.text and "Another failed" in on.text)


async def test_toast_stands_above_a_field_on_the_lowest_line(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        on.app.tell("Told before.", severity="error")
        await on.press("enter", "/", *"words")
        await on.until(lambda: "Told before." in on.text.splitlines()[-3])
        assert "words" in on.text.splitlines()[-2]


async def test_toast_is_not_drawn_twice_while_a_dialog_covers_the_screen(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        on.app.tell("Told once.")
        await on.shows("Told once.")
        await on.settle()
        await on.press("z")
        await on.until(lambda: "Told once." in on.text.splitlines()[-1])
        await on.settle()
        assert on.text.count("Told once.") == 1
        await on.press("escape")
        await on.until(lambda: "Told once." in on.text.splitlines()[-2])
        assert on.text.count("Told once.") == 1
        on.app.tell("In the same go.")
        await on.press("x", ":")
        await on.until(lambda: "Archived" in on.text)
        await on.settle()
        assert on.text.count("Archived") == 1
        await on.press("escape")
        await on.until(lambda: "In the same go." in on.text)
        assert on.text.count("Archived") == on.text.count("In the same go.") == 1


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
        on.app.tell("Long words " * 20 + "to the end.")
        await on.until(lambda: len(on.app.screen.query(Toast)) == 2)
        await on.settle()
        assert max(each.outer_size.height for each in on.app.screen.query(Toast)) == 3
        assert "to the end." in on.text.splitlines()[-2]


def test_hint_with_several_commands_names_the_outbox_once() -> None:
    hint = "Look at the task, then: jjm outbox settle, jjm outbox resend ab12, or jjm outbox discard ab12."
    assert _on_screen(hint, "O") == "Look at the task, then: O has it."
    assert _on_screen("Your text is kept: jjm outbox resend ab12", "O") == "Your text is kept: O has it"
