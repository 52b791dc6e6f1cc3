"""Questions before something is lost or sent: quit, forget, resume, snooze."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import heading
from jjm_tui.services.board import Board
from jjm_tui.tui.screens.confirm import (
    ConfirmDialog,
    ForgetDialog,
    QuitDialog,
    ResumeDialog,
    describe_forgetting,
    describe_open,
)
from jjm_tui.tui.screens.snooze import SnoozeDialog, offered_moments, read_moment
from tests.services.workbench import lost
from tests.tui.stage import Stage, stage

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday."""


async def ask(on: Stage, dialog: Any) -> list[Any]:
    """Open a dialog; its answer comes into the list."""
    answers: list[Any] = []
    on.app.push_screen(dialog, answers.append)
    await on.settle()
    return answers


async def test_question_enter_and_other_letters_do_not_say_yes(tmp_path: Path) -> None:
    from textual.content import Content

    async with stage(tmp_path) as on:
        answers = await ask(on, ConfirmDialog("Sure?", Content("Really?"), yes="do it"))
        await on.press("enter", "space", "a", "N", "Y")
        assert answers == []
        assert "y do it" in on.text
        await on.press("y")
        assert answers == [True]


async def test_question_with_the_colours_of_the_terminal_dims_the_keys_behind_it(tmp_path: Path) -> None:
    from textual.content import Content

    async with stage(tmp_path, settings={"ui.theme": "ansi-dark"}) as on:
        await ask(on, ConfirmDialog("Sure?", Content("Really?")))
        last = on.app.screen._compositor.render_strips()[-1]
        styles = [segment.style for segment in last if segment.text.strip() and segment.style is not None]
        assert "help" in last.text
        assert all(style.dim and not style.bold for style in styles)
        assert {style.color.name for style in styles if style.color is not None} <= {"default"}


async def test_question_no_escape_and_quit_keys_decide_nothing(tmp_path: Path) -> None:
    from textual.content import Content

    async with stage(tmp_path) as on:
        for key in ("escape", "q", "ctrl+q", "n"):
            answers = await ask(on, ConfirmDialog("Sure?", Content("Really?")))
            await on.press(key)
            assert answers == [None]


async def test_question_answered_under_another_screen_is_closed_when_that_is_gone(tmp_path: Path) -> None:
    from textual.content import Content

    async with stage(tmp_path) as on:
        dialog = ConfirmDialog("Below?", Content("First"))
        answers = await ask(on, dialog)
        above = await ask(on, ConfirmDialog("Above?", Content("Second")))
        dialog.leave(True)
        await on.settle()
        assert "Above?" in on.text
        assert answers == []
        await on.press("escape")
        await on.until(lambda: bool(answers))
        assert (above, answers) == ([None], [True])


# quitting


async def test_quit_tells_what_is_open_and_what_becomes_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task = next(iter(on.board.tasks.values()))
        on.caller.cut = lambda tool, place: lost() if (tool, place) == ("send_message", "written") else None
        assert on.app.engine is not None
        await on.app.engine.desk.send_message(task.id, "Please go on.")
        await on.until(lambda: bool(on.board.open_operations()))
        answers = await ask(on, QuitDialog())
        assert f"message · {task.title}" in on.text
        assert "This one stays in the outbox until it is settled:" in on.text
        assert "unconfirmed just now" in on.text
        await on.press("escape")
        assert answers == [None]


async def test_quit_says_when_everything_has_its_outcome_meanwhile(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        operation = Operation("begun-1", OperationKind.RESUME, on.now, "test", task_id=next(iter(on.board.tasks)))
        on.board.begin(operation)
        answers = await ask(on, QuitDialog())
        assert "Not sent yet; leaving stops it" in on.text
        on.board.end(operation.id)
        await on.shows("Everything that you sent has its outcome by now.")
        await on.press("y")
        assert answers == [True]


def test_quit_operation_of_another_process_goes_on() -> None:
    board = Board()
    board.set_operations(
        [
            Operation("1", OperationKind.MESSAGE, NOW, "test", OperationState.SENDING, "t", owner="1-abc"),
            Operation("2", OperationKind.APPROVE, NOW, "test", OperationState.DONE, "t"),
        ]
    )
    words = describe_open(board, NOW + timedelta(minutes=3)).plain
    assert "One operation has no clear outcome yet." in words
    assert "\n\nAnother jjm sends this one and goes on:\n" in words


def _ended(*ids: str) -> list[Operation]:
    return [Operation(each, OperationKind.MESSAGE, NOW, "test", OperationState.DONE, f"t{each}") for each in ids]


def test_quit_tells_outcomes_that_are_not_written_down() -> None:
    board = Board()
    board.set_operations(_ended("1", "2", "3"), {"1", "3"})
    words = describe_open(board, NOW + timedelta(minutes=3)).plain
    assert words.startswith("The disk fails: how these 2 ended is not written down, and leaving now forgets it:\n")
    assert words.count("done · 3m ago") == 2
    board.set_operations(_ended("1", "2", "3"))
    assert describe_open(board, NOW).plain == "Everything that you sent has its outcome by now."


async def test_quit_asks_while_an_outcome_is_not_written_down(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.board.set_operations(_ended("1"), {"1"})
        await on.pilot.press("q")
        await on.shows("The disk fails: how this one ended is not written down")
        on.board.set_operations(_ended("1"))
        await on.shows("Everything that you sent has its outcome by now.")
        await on.press("escape")


def test_quit_with_many_operations_lists_the_first_and_tells_once_what_becomes_of_them() -> None:
    board = Board()
    board.set_operations(
        Operation(str(each), OperationKind.MESSAGE, NOW, "test", OperationState.UNCONFIRMED, f"t{each}")
        for each in range(20)
    )
    words = describe_open(board, NOW + timedelta(minutes=3)).plain
    assert words.startswith("20 operations have no clear outcome yet.")
    assert words.count("unconfirmed for 3m") == 6
    assert "and 14 more" in words
    assert words.count("These 20 stay in the outbox until they are settled:") == 1


def test_quit_tells_every_fate_however_many_operations_have_another_one() -> None:
    board = Board()
    board.set_operations(
        [
            Operation(str(each), OperationKind.MESSAGE, NOW, "test", OperationState.UNCONFIRMED, f"t{each}")
            for each in range(20)
        ]
        + [Operation("own", OperationKind.CREATE, NOW, "test", OperationState.PREPARED)]
    )
    words = describe_open(board, NOW + timedelta(minutes=3)).plain
    stay, goes_on = words.split("\n\n")[1:]
    assert stay.startswith("These 20 stay in the outbox until they are settled:\n")
    assert stay.endswith("\n  … and 17 more")
    assert goes_on.startswith("Another jjm sends this one and goes on:\n↑ new task · ")


# forgetting


async def test_forget_names_what_goes_and_what_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task = next(task for task in on.board.tasks.values() if len(task.chat_history) > 1 and task.plan)
        await on.context.drafts.put(f"message:{task.id}", "half a sentence")
        answers = await ask(on, ForgetDialog([task.id]))
        await on.shows("The draft of a message stays")
        assert str(task.title) in on.text
        assert f"a conversation of {len(task.chat_history)} messages" in on.text
        assert "its plan" in on.text
        assert "undo brings it back" in " ".join(on.text.replace("│", " ").split())
        await on.press("enter")
        assert answers == []
        await on.press("y")
        assert answers == [True]
        assert task.id in on.board.tasks


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (160, 45)])
async def test_forget_many_names_every_task_and_says_how_much_is_below(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        await ask(on, ForgetDialog(list(on.board.tasks)))
        assert "Forget these 12 tasks?" in on.text
        seen = on.text
        assert ("more rows below" in seen) == (size[1] < 45)
        for _ in range(60):
            await on.press("down")
            assert "y forget" in on.text
            seen += on.text
        assert "below" not in on.text
        assert ("more rows above" in on.text) == (size[1] < 45)
        assert "undo" in seen
        names = [heading(task.title, task.description, task.id)[:20] for task in on.board.tasks.values()]
        assert not [name for name in names if name not in seen]


def test_forget_names_hundreds_of_tasks_and_counts_what_is_beyond() -> None:
    words = describe_forgetting([Task(f"task-{number}") for number in range(600)], frozenset()).plain
    assert "task-499\n" in words
    assert words.endswith("\nand 100 more")


# resuming


async def test_resume_shows_the_message_that_would_be_sent_and_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id = on.bench.session_in("PAUSED")
        answers = await ask(on, ResumeDialog(task_id))
        await on.shows("This server resumes a task with a message.")
        assert "Please continue." in on.text
        await on.press("y")
        assert answers == []
        assert "has just appeared" in on.text
        on.advance(0.5)
        await on.press("y")
        assert answers == [True]
        assert on.bench.effects("message") == []


async def test_resume_of_a_task_that_is_not_paused_says_so_and_cannot_be_confirmed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        answers = await ask(on, ResumeDialog(on.bench.session_in("COMPLETED")))
        await on.shows("is not paused")
        await on.press("y")
        assert answers == []
        assert "y resume" not in on.text
        await on.press("escape")
        assert answers == [None]


async def test_resume_server_down_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.caller.is_down = True
        await ask(on, ResumeDialog(on.bench.session_in("PAUSED")))
        await on.shows("The server is down.")


# snoozing


async def test_snooze_offers_spans_with_their_ends_and_answers_the_chosen_one(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task = next(iter(on.board.tasks.values()))
        answers = await ask(on, SnoozeDialog([task]))
        assert str(task.title) in on.text
        assert "today 10:00" in on.text
        assert "Mon 23 Nov 09:00" in on.text
        await on.press("j", "j", "enter")
        assert answers == [datetime(2026, 11, 21, 9, 0, tzinfo=UTC)]


async def test_snooze_own_text_is_explained_while_typed_and_a_wrong_one_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        answers = await ask(on, SnoozeDialog())
        assert "tab own time" in on.text
        await on.press("tab", *"soon", "enter")
        assert "tab the spans" in on.text
        assert "Not understood." in on.text
        assert "enter snooze" not in on.text
        assert answers == []
        await on.press(*["backspace"] * 4, *"90m")
        assert "until today 10:30" in on.text
        assert "enter snooze" in on.text
        await on.press("enter")
        assert answers == [on.now + timedelta(minutes=90)]


async def test_snooze_digit_typed_among_the_spans_begins_the_own_time(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        answers = await ask(on, SnoozeDialog())
        await on.press("j", *"10h")
        assert "until today 19:00" in on.text
        await on.press("tab", "5", "enter")
        assert "Not understood." in on.text
        await on.press("backspace", "enter")
        assert answers == [on.now + timedelta(hours=10)]


async def test_snooze_of_a_snoozed_task_offers_to_wake_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        task_id = next(iter(on.board.tasks))
        await on.manager.snooze([task_id], on.now + timedelta(hours=3))
        await on.until(lambda: on.board.tasks[task_id].snoozed_until is not None)
        answers = await ask(on, SnoozeDialog([on.board.tasks[task_id]]))
        await on.press("G", "enter")
        assert answers == [on.now]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("1.5h", timedelta(minutes=90)),
        ("1 week", timedelta(weeks=1)),
        ("2 wks", timedelta(weeks=2)),
        ("2 days", timedelta(days=2)),
        ("3 hrs", timedelta(hours=3)),
        ("20 minutes", timedelta(minutes=20)),
        ("5mins", timedelta(minutes=5)),
        ("2 months", None),
        ("3 hellos", None),
        ("18:30", timedelta(hours=9, minutes=30)),
        ("8:00", timedelta(hours=23)),
        ("", None),
        ("0m", None),
        ("25:00", None),
        ("9999w", None),
        ("-1h", None),
    ],
)
def test_snooze_text_is_read(text: str, expected: timedelta | None) -> None:
    moment = read_moment(text, NOW)
    assert moment == (None if expected is None else NOW + expected)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_snooze_offers_lie_ahead(now: datetime) -> None:
    offered = offered_moments(now)
    for _, moment in offered:
        assert now < moment <= now + timedelta(days=8)
    mornings = [moment for words, moment in offered if "morning" in words]
    assert len(set(mornings)) == len(mornings)


@pytest.mark.parametrize(
    ("now", "mornings"),
    [
        (datetime(2026, 11, 22, 0, 4), ["this", "tomorrow"]),  # noqa: DTZ001 - a Sunday, local
        (datetime(2026, 11, 22, 9, 0), ["tomorrow"]),  # noqa: DTZ001
        (datetime(2026, 11, 23, 8, 59), ["this", "tomorrow", "Monday"]),  # noqa: DTZ001
        (datetime(2026, 11, 27, 15, 0), ["tomorrow", "Monday"]),  # noqa: DTZ001
    ],
)
def test_snooze_offers_each_morning_once_and_that_of_today_while_it_is_to_come(
    now: datetime, mornings: list[str]
) -> None:
    offered = [words for words, _ in offered_moments(now.astimezone())]
    assert offered == ["1 hour", "4 hours", *(f"until {morning} morning" for morning in mornings)]
