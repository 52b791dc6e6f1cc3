"""Archiving and snoozing: who puts a task away is done with it, and the cursor goes on to the next row."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Key

from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.widgets.tasks.task_row import CURSOR_BAR
from tests.tui.stage import Stage, stage


def main_screen(on: Stage) -> MainScreen:
    """The one with the list, whatever is on top of it."""
    return next(each for each in on.app.screen_stack if isinstance(each, MainScreen))


def shown(on: Stage) -> list[str]:
    """The tasks of the list, from its top."""
    return [task_id for group in main_screen(on)._arrangement.groups for task_id in group.task_ids]


def cursor_line(on: Stage) -> int:
    """The line of the terminal that the cursor is on."""
    return next(number for number, line in enumerate(on.text.splitlines()) if CURSOR_BAR in line)


@pytest.mark.parametrize(
    ("before", "keys"),
    [((), ("x",)), (("H",), ("x",)), ((), ("z", "enter")), (("t",), ("z", "enter"))],
    ids=["archive", "archive-while-archived-are-shown", "snooze", "snooze-by-repository"],
)
async def test_task_that_is_put_away_leaves_the_cursor_on_the_row_that_takes_its_place(
    tmp_path: Path, before: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    async with stage(tmp_path, tasks=30, size=(120, 20)) as on:
        await on.press("j", *before)
        screen = main_screen(on)
        task_id, line = screen.tasks.highlighted, cursor_line(on)
        assert task_id is not None
        following = shown(on)[shown(on).index(task_id) + 1]
        await on.press(*keys)
        await on.shows("undoes")
        await on.until(lambda: screen.tasks.highlighted == following)
        await on.until(lambda: cursor_line(on) == line)
        await on.press("u")
        await on.until(lambda: screen.tasks.highlighted == task_id)


@pytest.mark.parametrize("down", [1, 28])
async def test_second_key_typed_fast_archives_the_row_that_takes_the_place_of_the_first(
    tmp_path: Path, down: int
) -> None:
    async with stage(tmp_path, tasks=30, size=(120, 20)) as on:
        await on.press(*"j" * down)
        before = shown(on)
        for _ in range(2):
            on.app.post_message(Key("x", "x"))
        await on.until(lambda: sum(task.archived for task in on.board.tasks.values()) == 2)
        await on.until(lambda: len(shown(on)) == len(before) - 2)
        await on.settle()
        assert {task.id for task in on.board.tasks.values() if task.archived} == set(before[down : down + 2])
        assert main_screen(on).tasks.highlighted == [*before[:down], *before[down + 2 :]][min(down, 27)]
        assert "Nothing had to change" not in on.text


async def test_archiving_what_is_archived_leaves_the_cursor_where_it_is(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        first = main_screen(on).tasks.highlighted
        await on.press("x")
        await on.shows("undoes")
        await on.until(lambda: first not in shown(on))
        await on.press("H", "G")
        task_id = main_screen(on).tasks.highlighted
        assert on.board.tasks[task_id or ""].archived
        await on.press("k", "j", "x")
        await on.shows("Nothing had to change.")
        assert main_screen(on).tasks.highlighted == task_id


async def test_archiving_tells_how_many_of_the_tasks_wait_for_the_person(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=30, size=(120, 30)) as on:
        await on.press("space", "space", "G", "space", "x")
        await on.shows("Archived 3 tasks, although 2 of them wait for you.")
        await on.press("u")
        await on.shows("Undone")
        await on.until(lambda: "although" not in on.text)
        await on.press("escape", "G", "x")
        await on.shows("undoes it.")
        assert "although" not in on.text


async def test_snoozing_tells_until_when(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("space", "space", "z", "j", "j", "enter")
        await on.shows("Snoozed 2 tasks until tomorrow 09:00. u undoes it.")
        await on.press("u")
        await on.shows("Undone: snoozed 2 tasks.")
        await on.press("escape", "z", "enter")
        await on.shows("until today 10:00. u undoes it.")
        await on.until(lambda: any(task.snoozed_until is not None for task in on.board.tasks.values()))
        await on.shows("SNOOZED (1)")
        on.app.show_task(next(task.id for task in on.board.tasks.values() if task.snoozed_until is not None))
        await on.shows("Snoozed until today 10:00, in 1h.")


async def test_last_task_of_the_list_that_is_snoozed_keeps_the_cursor(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=1) as on:
        screen = main_screen(on)
        await on.press("z", "enter")
        await on.shows("SNOOZED (1)")
        assert screen.tasks.highlighted == next(iter(on.board.tasks))


async def test_task_snoozed_on_its_own_screen_does_not_take_the_cursor_of_the_list_along(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        screen = main_screen(on)
        rows = shown(on)
        assert screen.tasks.highlighted == rows[0]
        await on.press("enter", "z", "enter")
        await on.shows("undoes")
        await on.until(lambda: on.board.tasks[rows[0]].snoozed_until is not None)
        await on.settle()
        await on.press("escape")
        await on.until(lambda: screen.tasks.highlighted == rows[1])
