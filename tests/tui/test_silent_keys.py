"""No key is silent: each action of the table changes something that can be seen, or says why not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from jjm_tui.tui.keymap import PRESETS
from jjm_tui.tui.list_view import ListChoice
from jjm_tui.tui.notices.toasts import take_down
from jjm_tui.tui.screens.detail import DetailScreen
from jjm_tui.tui.screens.main import MainScreen
from tests.tui.stage import Stage, stage

_AT_THE_EDGE = frozenset({"move.up", "move.first", "move.half-up"})
"""Nobody wants to be told that the first row is the first one, as long as the key is held; a short text has an edge
only."""

_LEAVES = frozenset({"quit"})

_LIMIT = 5
"""Seconds after which nothing will come any more."""


def main_screen(on: Stage) -> MainScreen:
    return next(screen for screen in on.app.screen_stack if isinstance(screen, MainScreen))


async def in_list(on: Stage) -> None:
    """The cursor on the first task, nothing marked or filtered, everything told is gone."""
    while not isinstance(on.app.screen, MainScreen):
        on.app.pop_screen()
        await on.pilot.pause()
    screen = main_screen(on)
    if screen.filter_bar is not None and screen.filter_bar.is_open:
        screen.filter_bar.action_cancel()
        await on.pilot.pause()
    screen.remove_class("-full-list", "-full-detail", "-no-preview", "-below")
    screen.set_focus(screen.tasks)
    screen.tasks.clear_marks()
    screen.choice = ListChoice()
    screen.filter_by("")
    await screen.detail.go_to("overview")
    screen.tasks.move_first()
    on.app._typed_ahead._is_forgetting = False  # as if the person had paused after what was refused
    await on.pilot.pause()


async def in_detail(on: Stage) -> None:
    await in_list(on)
    main_screen(on).do_pane_detail()
    await on.until(lambda: main_screen(on).is_in_detail())
    await on.settle()


async def with_the_list_alone(on: Stage) -> None:
    await in_list(on)
    main_screen(on).add_class("-full-list")
    await on.pilot.pause()


async def with_marks(on: Stage) -> None:
    await in_list(on)
    main_screen(on).tasks.toggle_mark()
    await on.pilot.pause()


async def without_preview(on: Stage) -> None:
    await in_list(on)
    main_screen(on).add_class("-no-preview")
    await on.pilot.pause()


async def in_an_empty_filter(on: Stage) -> None:
    await in_list(on)
    main_screen(on).filter_by("~nothing-has-this-word")
    await on.pilot.pause()


STATES: dict[str, tuple[tuple[int, int], Callable[[Stage], Awaitable[None]]]] = {
    "list": ((120, 30), in_list),
    "narrow list": ((80, 24), in_list),
    "detail": ((120, 30), in_detail),
    "list alone": ((120, 30), with_the_list_alone),
    "marks": ((120, 30), with_marks),
    "no preview": ((120, 30), without_preview),
    "empty filter": ((120, 30), in_an_empty_filter),
}
_ALWAYS_TRIED = ("list", "detail", "empty filter")
"""The others differ little from the list; `make soak` tries them."""


def looks(on: Stage) -> tuple[object, ...]:
    """Everything that a person can notice."""
    return on.app.screen, on.text, on.app.focused, [toast.identity for toast in on.app._notifications]


@pytest.mark.parametrize(
    "state",
    [pytest.param(state, marks=() if state in _ALWAYS_TRIED else pytest.mark.soak) for state in STATES],
)
async def test_no_action_is_silent_on_the_main_screen(tmp_path: Path, state: str) -> None:
    size, enter = STATES[state]
    async with stage(tmp_path, size=size, tasks=20) as on:
        keymap = on.app.launch.keymap
        silent = []
        for action_id in main_screen(on).offered():
            keys = keymap.keys[action_id]
            is_at_the_edge = action_id in _AT_THE_EDGE or (state == "detail" and action_id.startswith("move."))
            if not keys or is_at_the_edge or action_id in _LEAVES:
                continue
            await enter(on)
            take_down(on.app)
            await on.settle()
            before = looks(on)
            await on.press(keys[0])
            with anyio.move_on_after(_LIMIT):
                while looks(on) == before:
                    await on.pilot.pause(0.01)
            if looks(on) == before:
                silent.append(action_id)
        assert " ".join(silent) == ""


@pytest.mark.parametrize("preset", PRESETS)
async def test_key_of_the_table_that_a_screen_does_not_know_says_where_it_works(tmp_path: Path, preset: str) -> None:
    async with stage(tmp_path, size=(120, 30), settings={"keys.preset": preset}) as on:
        on.app.open_screen("insights")
        await on.settle()
        bound = on.app.screen._bindings.key_to_bindings
        letters = {
            key for keys in on.app.launch.keymap.keys.values() for key in keys if key.isalpha() and len(key) == 1
        }
        assert letters <= bound.keys()
        await on.press("x")
        assert "x (archive) works in the list and in a task only." in on.text


async def test_key_of_the_list_says_so_on_the_screen_of_one_task(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await on.press("enter")
        assert isinstance(on.app.screen, DetailScreen)
        await on.press("s")
        assert "s (sort) works in the list of tasks only." in on.text
        await on.press("F")
        assert "The detail already fills the screen." in on.text


async def test_toast_that_tells_how_to_open_a_task_goes_when_it_is_opened(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await on.press("tab")
        assert "Below 100 columns, enter opens a task." in on.text
        await on.press("enter")
        assert isinstance(on.app.screen, DetailScreen)
        assert "opens a task" not in on.text


async def test_number_of_a_pane_goes_there_from_the_screen_of_one_task(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await on.press("enter", "1")
        assert on.app.screen is main_screen(on)
        await on.press("2")
        assert isinstance(on.app.screen, DetailScreen)
        await on.press("2")
        assert "You are in the task; 1 goes back to the list." in " ".join(on.text.split())
        await on.press("4")
        assert "4 (to the filter) works in the list of tasks only." in on.text
        await on.press("3", *"four")
        assert on.app.screen.is_typing()
        assert "four" in on.text


async def test_letters_typed_into_a_text_are_no_keys(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await on.press("m", *"sort 1 2 F")
        assert "works" not in on.text
        assert "sort 1 2 F" in on.text


async def test_escape_ends_the_full_screen_of_a_pane(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("F")
        assert "Overview" not in on.text
        await on.press("escape")
        assert "Overview" in on.text
        await on.press("2", "F")
        assert "NEEDS YOU" not in on.text
        await on.press("escape")
        assert "NEEDS YOU" in on.text


async def test_preview_key_brings_the_detail_back_while_the_list_has_the_whole_screen(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("F", "p")
        assert "Overview" in on.text
