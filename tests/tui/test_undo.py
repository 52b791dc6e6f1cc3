"""Taking a local change back: what was done to which task is told, and who waits for it is led back to the task."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from filelock import FileLock

from jjm_tui.store.locks import lock_path
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.undo import Change
from tests.tui.stage import Stage, stage


def _main(on: Stage) -> MainScreen:
    assert isinstance(on.app.screen, MainScreen)
    return on.app.screen


async def _archived_and_gone_to_the_top(on: Stage) -> tuple[str, str]:
    """The id and the title of a task that was archived; the cursor is elsewhere."""
    screen = _main(on)
    await on.press("j", "j", "j", "j")
    task = screen.current_task()
    assert task is not None
    await on.press("x")
    await on.shows(f"Archived '{task.title[:20]}")
    await on.until(lambda: screen.tasks.highlighted != task.id)
    await on.press("g")
    assert screen.tasks.highlighted != task.id
    return task.id, task.title[:20]


async def test_undo_of_one_task_names_it_and_brings_the_cursor_back_to_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        task_id, title = await _archived_and_gone_to_the_top(on)
        await on.press("u")
        await on.shows(f"Undone: archived '{title}")
        await on.until(lambda: f"Archived '{title}" not in on.text)
        await on.until(lambda: _main(on).tasks.highlighted == task_id)


async def test_change_that_only_the_history_misses_is_told_as_made_and_undone(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        history = on.bench.folder / "events.jsonl"
        history.rename(history.with_name("away"))
        history.mkdir()
        await on.shows("! the history cannot be read")
        task = _main(on).current_task()
        assert task is not None
        await on.press("x")
        await on.shows(f"Archived '{(task.title or '')[:20]}")
        assert "It is written down" in on.text
        assert "What is shown is what is stored." not in on.text  # that says only once more what is wrong
        assert on.board.tasks[task.id].archived
        await on.press("u")
        await on.until(lambda: not on.board.tasks[task.id].archived)
        assert "could not be undone" not in on.text


@pytest.mark.parametrize("key", ["j", "m", "slash", "question_mark"])
async def test_undo_that_ends_after_another_key_leaves_the_cursor_to_the_person(tmp_path: Path, key: str) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        screen = _main(on)
        task_id, title = await _archived_and_gone_to_the_top(on)
        place, may_end = on.app.undo.pop(), anyio.Event()
        assert place is not None
        change = await place.change
        assert change is not None

        async def undo_late() -> None:
            await may_end.wait()
            await change.undoing()

        on.app.undo.begin(change.task_ids).change.set_result(Change(change.what, change.task_ids, undo_late))
        await on.press("u", key)
        cursor = screen.tasks.highlighted
        may_end.set()
        await on.shows(f"Undone: archived '{title}")
        await on.until(lambda: (task := on.board.task(task_id)) is not None and not task.archived)
        if on.app.screen is not screen:
            await on.press("escape")  # under another screen the list stands still
        await on.until(lambda: any(task_id in group.task_ids for group in screen._arrangement.groups))
        await on.settle()
        assert screen.tasks.highlighted == cursor != task_id


async def test_undo_of_watching_takes_back_what_that_changed_and_no_more(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        screen = _main(on)
        task = screen.current_task()
        assert task is not None
        await on.press("w")
        await on.shows(f"Watching '{task.title[:20]}")
        await on.shows("u undoes it.")
        assert "u undo" in on.text.splitlines()[-1]
        await on.press("space", "space", "w")  # marks it and the next one
        assert len(on.board.watched) == 2
        await on.press("g", "u")
        await on.until(lambda: on.board.watched == {task.id})
        await on.press("G", "u")
        await on.shows(f"Undone: watching '{task.title[:20]}")
        await on.until(lambda: screen.tasks.highlighted == task.id)
        assert not on.board.watched
        assert not on.app.launch.memory.watched


async def test_change_whose_screen_was_left_before_it_is_durable_is_told_and_can_be_undone(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        screen = _main(on)
        earlier, _ = await _archived_and_gone_to_the_top(on)
        task = screen.current_task()
        assert task is not None
        await on.press("enter")
        with FileLock(lock_path(tmp_path / "store" / "tasks.json")):
            await on.press("x", "escape")
            assert on.app.screen is screen
            assert f"Archived '{task.title[:20]}" not in on.text
        await on.shows(f"Archived '{task.title[:20]}")
        await on.press("u")
        await on.shows(f"Undone: archived '{task.title[:20]}")
        await on.until(lambda: not on.board.tasks[task.id].archived)
        assert on.board.tasks[earlier].archived


async def test_undo_of_a_change_that_is_not_durable_yet_takes_back_that_one(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        screen = _main(on)
        earlier, _ = await _archived_and_gone_to_the_top(on)
        task = screen.current_task()
        assert task is not None
        with FileLock(lock_path(tmp_path / "store" / "tasks.json")):
            await on.press("x", "u")
        await on.shows(f"Undone: archived '{task.title[:20]}")
        await on.until(lambda: not on.board.tasks[task.id].archived)
        assert on.board.tasks[earlier].archived


async def test_undo_of_a_change_that_fails_takes_back_the_one_before_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        earlier, title = await _archived_and_gone_to_the_top(on)
        with FileLock(lock_path(tmp_path / "store" / "tasks.json")):
            place = on.app.undo.begin(["another"])
            await on.press("u")
            place.change.set_result(None)
        await on.shows(f"Undone: archived '{title}")
        await on.until(lambda: not on.board.tasks[earlier].archived)


async def test_undo_that_turns_to_the_change_before_when_its_screen_was_left_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        earlier, title = await _archived_and_gone_to_the_top(on)
        await on.press("enter")
        place = on.app.undo.begin(["another"])
        await on.press("u", "escape")
        place.change.set_result(None)
        await on.shows(f"Undone: archived '{title}")
        await on.until(lambda: not on.board.tasks[earlier].archived)


async def test_key_that_undoes_is_told_while_there_is_something_to_undo(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(140, 30)) as on:
        screen = _main(on)
        await on.press("p", "enter")
        assert on.app.screen is not screen
        with FileLock(lock_path(tmp_path / "store" / "tasks.json")):
            await on.press("x", "escape")
            assert on.app.screen is screen
            await on.until(lambda: "u undo" in on.text.splitlines()[-1])
        await on.press("u")
        await on.until(lambda: "u undo" not in on.text.splitlines()[-1])
        await on.shows("Undone")
        await on.press("X")
        await on.shows("Nothing had to change.")
        await on.until(lambda: "u undo" not in on.text.splitlines()[-1])


async def test_undo_whose_screen_was_left_before_it_is_durable_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task_id, title = await _archived_and_gone_to_the_top(on)
        await on.press("enter")
        with FileLock(lock_path(tmp_path / "store" / "tasks.json")):
            await on.press("u", "escape")
            assert "Undone" not in on.text
        await on.shows(f"Undone: archived '{title}")
        await on.until(lambda: not on.board.tasks[task_id].archived)
