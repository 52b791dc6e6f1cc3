"""A message goes to the task that it was begun for, whatever happens to the list while it is typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.events import AppBlur, AppFocus

from jjm_tui.domain.draft_keys import message_key
from jjm_tui.domain.text import heading
from jjm_tui.tui.screens.detail import DetailScreen
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.widgets.composer import Composer
from jjm_tui.tui.widgets.detail import TaskDetail
from jjm_tui.tui.widgets.tasks.task_list import TaskList
from tests.tui.stage import Stage, stage

WIDE = (140, 30)

Happening = Callable[[Stage, str], Awaitable[None]]


def composer_of(on: Stage) -> Composer:
    return on.app.screen.query_one(Composer)


def main_of(on: Stage) -> MainScreen:
    return next(screen for screen in on.app.screen_stack if isinstance(screen, MainScreen))


def shown_in_detail(on: Stage) -> str | None:
    return on.app.screen.query_one(TaskDetail).task_id


def title_of(on: Stage, task_id: str) -> str:
    task = on.board.tasks[task_id]
    return heading(task.title, task.description, task.id)


async def begin(on: Stage) -> str:
    """Begin to type to the task under the cursor."""
    await on.press("m", *"Take ")
    task_id = composer_of(on).task_id
    assert task_id is not None
    return task_id


async def stored(on: Stage, task_id: str) -> str | None:
    await on.app.drafts.flush()
    return await on.context.drafts.get(message_key(task_id))


# what can happen to the list


async def forgotten_elsewhere(on: Stage, task_id: str) -> None:
    manager, _, _ = on.bench.process()
    await manager.forget([task_id])
    await on.until(lambda: task_id not in on.board.tasks)


async def archived_elsewhere(on: Stage, task_id: str) -> None:
    manager, _, _ = on.bench.process()
    await manager.archive([task_id])
    await on.until(lambda: on.board.tasks[task_id].archived)


async def gone_from_the_server(on: Stage, task_id: str) -> None:
    on.board.apply({task_id: None})
    await on.until(lambda: main_of(on).tasks.highlighted != task_id)


async def changed_so_that_rows_move(on: Stage, task_id: str) -> None:
    changed = {
        other: replace(
            task, updated_at=on.now + timedelta(minutes=number), waiting_since=on.now - timedelta(days=number)
        )
        for number, (other, task) in enumerate(on.board.tasks.items())
    }
    on.board.apply(dict(changed))


async def filtered_by_the_mouse(on: Stage, task_id: str) -> None:
    status = on.board.tasks[task_id].status
    main_of(on).filter_by(f"-state:{status.value}")


async def view_chosen_by_the_mouse(on: Stage, task_id: str) -> None:
    main_of(on).apply_view("others")


async def new_task_created(on: Stage, task_id: str) -> None:
    other = next(each for each in on.board.tasks if each != task_id)
    main_of(on).tasks.select(other)


async def narrowed(on: Stage, task_id: str) -> None:
    await on.pilot.resize_terminal(80, 24)


async def narrowed_and_widened(on: Stage, task_id: str) -> None:
    await on.pilot.resize_terminal(80, 24)
    await on.pilot.pause()
    await on.pilot.resize_terminal(*WIDE)


async def looked_away_while_it_went(on: Stage, task_id: str) -> None:
    on.app.post_message(AppBlur())
    await on.until(lambda: on.app.focused is None)
    await forgotten_elsewhere(on, task_id)
    await on.pilot.pause(0.1)
    on.app.post_message(AppFocus())
    await on.until(lambda: on.app.focused is not None)


async def dialog_opened_and_closed_while_it_went(on: Stage, task_id: str) -> None:
    await on.press("ctrl+p")
    await forgotten_elsewhere(on, task_id)
    await on.press("escape")
    await on.until(lambda: isinstance(on.app.screen, MainScreen))


HAPPENINGS: list[Happening] = [
    forgotten_elsewhere,
    archived_elsewhere,
    gone_from_the_server,
    changed_so_that_rows_move,
    filtered_by_the_mouse,
    view_chosen_by_the_mouse,
    new_task_created,
    narrowed,
    narrowed_and_widened,
    looked_away_while_it_went,
    dialog_opened_and_closed_while_it_went,
]


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda happening: happening.__name__)
async def test_message_goes_to_the_task_it_was_begun_for(tmp_path: Path, happening: Happening) -> None:
    config = '[views]\nothers = "repo:nobody/*"\n'
    async with stage(tmp_path, size=WIDE, config=config) as on:
        task_id = await begin(on)
        title = title_of(on, task_id)
        await happening(on, task_id)
        await on.pilot.pause(0.15)
        await on.press(*"n j N x")
        await on.shows(f"message to {title[:20]}")
        assert composer_of(on).text == "Take n j N x"
        assert await stored(on, task_id) == "Take n j N x"
        await on.press("ctrl+s")
        await on.until(lambda: bool(on.board.operations_of(task_id)))
        await on.settle()
        is_forgotten = task_id not in on.board.tasks and happening is not gone_from_the_server
        sent = [] if is_forgotten else [(task_id, "Take n j N x")]
        assert on.bench.effects("message") == sent
        assert (await stored(on, task_id) == "Take n j N x") == is_forgotten


@pytest.mark.parametrize("happening", HAPPENINGS[:7], ids=lambda happening: happening.__name__)
async def test_after_leaving_the_text_the_detail_is_at_the_cursor_again(tmp_path: Path, happening: Happening) -> None:
    config = '[views]\nothers = "state:completed,in_progress"\n'
    async with stage(tmp_path, size=WIDE, config=config) as on:
        task_id = await begin(on)
        await happening(on, task_id)
        await on.pilot.pause(0.1)
        assert shown_in_detail(on) == task_id
        await on.press("escape")
        await on.until(lambda: shown_in_detail(on) == main_of(on).tasks.highlighted)
        assert await stored(on, task_id) == "Take "


async def test_recipient_that_left_the_list_is_still_named_and_told_to_be_gone(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = await begin(on)
        await forgotten_elsewhere(on, task_id)
        await on.shows("(gone from the list)")


async def test_actions_of_the_palette_while_typing_mean_the_task_that_is_written_to(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = await begin(on)
        await new_task_created(on, task_id)
        await on.press("ctrl+p", *"archive", "enter")
        await on.until(lambda: any(task.archived for task in on.board.tasks.values()))
        assert [each for each, task in on.board.tasks.items() if task.archived] == [task_id]


# going to another task on purpose


async def jump(on: Stage, other: str) -> None:
    on.app.show_task(other)


async def jump_by_the_palette(on: Stage, other: str) -> None:
    await on.press("ctrl+p", *title_of(on, other)[:20], "enter")


async def jump_from_another_screen(on: Stage, other: str) -> None:
    on.app.open_screen("digest")
    await on.pilot.pause()
    on.app.show_task(other)


async def click_on_its_row(on: Stage, other: str) -> None:
    title = title_of(on, other)[:10]
    row = next(number for number, line in enumerate(on.text.splitlines()) if title in line[: WIDE[0] // 2])
    await on.pilot.click(offset=(20, row))


@pytest.mark.parametrize(
    "going", [jump, jump_by_the_palette, jump_from_another_screen, click_on_its_row], ids=lambda going: going.__name__
)
async def test_going_to_another_task_keeps_the_text_where_it_was_begun(tmp_path: Path, going: Happening) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = await begin(on)
        other = next(each for each in on.board.tasks if each != task_id and title_of(on, each)[:10] in on.text)
        await going(on, other)
        await on.until(lambda: shown_in_detail(on) == other)
        assert composer_of(on).task_id == other
        assert composer_of(on).text == ""
        assert not composer_of(on).is_used
        await on.press("m", *"Go on", "ctrl+s")
        await on.until(lambda: on.bench.effects("message") != [])
        assert on.bench.effects("message") == [(other, "Go on")]
        assert await stored(on, task_id) == "Take "


# on a screen of its own


async def test_message_typed_on_a_narrow_terminal_that_is_widened_goes_where_it_was_begun_for(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task_id = await begin(on)
        assert isinstance(on.app.screen, DetailScreen)
        await on.pilot.resize_terminal(*WIDE)
        await archived_elsewhere(on, task_id)
        await on.press(*"way 1")
        await on.shows("message to ")
        await on.press("ctrl+s")
        await on.until(lambda: on.bench.effects("message") != [])
        assert on.bench.effects("message") == [(task_id, "Take way 1")]
        await on.until(lambda: isinstance(on.app.screen, MainScreen))


async def test_text_that_is_typed_stays_on_a_narrowed_terminal_and_the_list_comes_back_behind_it(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await begin(on)
        await on.pilot.resize_terminal(80, 24)
        await on.press(*"way 1")
        await on.shows("Take way 1")
        await on.press("escape")
        await on.shows("NEEDS YOU")
        assert isinstance(on.app.focused, TaskList)


async def test_question_under_a_plan_whose_task_went_is_typed_to_nobody_else(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await on.press("number_sign")
        task_id = main_of(on).tasks.highlighted
        assert task_id is not None
        await on.press("a")
        await on.shows("approve")
        await forgotten_elsewhere(on, task_id)
        await on.press("m")
        await on.shows("no longer at hand")
        assert not composer_of(on).is_used


async def test_nothing_can_be_typed_where_there_is_no_task(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE, tasks=0) as on:
        await on.press("3", *"q x")
        assert on.app.return_code is None
        assert on.app.is_running
        assert not composer_of(on).is_used
