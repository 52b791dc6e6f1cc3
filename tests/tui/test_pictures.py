"""Pictures of every screen, dialog and state: three sizes; other colours and characters where much is drawn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import textual.app
import textual.pilot
from syrupy.assertion import SnapshotAssertion

from jjm_tui.tui.look.theme import use_theme
from tests.tui import plays_list, plays_pages, plays_task
from tests.tui.idle import until_idle, until_rest
from tests.tui.scenes import SCENES, Scene, is_coloring, server_answers
from tests.tui.screens_in_code import screens_in_code
from tests.tui.snapshots import FOLDER
from tests.tui.stage import Stage, stage

PLAYS = (plays_list, plays_task, plays_pages)
"""The modules that fill ``SCENES``."""
SMALL, MIDDLE, LARGE = (80, 24), (100, 30), (160, 45)
THEMES = ("jjm-light", "ansi-dark")
"""Shown at the middle size, on the stage of the dark picture."""
TERMINALS: Mapping[str, Mapping[str, Any]] = {"ascii": {"ui.ascii": True}, "no-color": {"ui.color": False}}
"""What a terminal may lack, shown at the smallest size."""
ELSEWHERE = {"FirstRunScreen": "test_first_run", "Palette": "test_palette"}
"""Screens whose pictures belong to another module."""


def _name(scene: Scene) -> str:
    return scene.pictures[0]


_SHOWN_MUCH = [scene for scene in SCENES if scene.in_all_looks]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths on the screen are relative, so that they are the same everywhere; waiting ends when nothing is done."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(textual.app, "wait_for_idle", until_idle)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", until_idle)


async def come_to_rest(on: Stage) -> None:
    """What is only looked at with the next second is up to date, and nothing is to be drawn any more."""
    await on.settle()
    await until_rest()
    on.app._tick()
    await on.settle()
    await on.until(lambda: not is_coloring(on))
    await on.settle()


async def resize(on: Stage, size: tuple[int, int]) -> None:
    """Pull at the corner of the window."""
    if tuple(on.app.size) != size:
        await on.pilot.resize_terminal(*size)
        await come_to_rest(on)


async def stops(on: Stage, scene: Scene) -> AsyncIterator[str]:
    """Every stop of a play, at rest; in the end, all pictures and screens that it names were there."""
    seen, screens = [], set()
    if on.context.server is not None and scene.ground.get("tasks") != 0:
        server_answers(on)
    async for name in scene.play(on):
        await come_to_rest(on)
        seen.append(name)
        screens.add(type(on.app.screen).__name__)
        yield name
    assert tuple(seen) == scene.pictures
    assert screens >= set(scene.screens) or on.app.size != SMALL, screens


@pytest.mark.parametrize("scene", SCENES, ids=_name)
async def test_scene_looks_as_it_did_on_a_small_terminal(
    tmp_path: Path, svg: Callable[[str], SnapshotAssertion], scene: Scene
) -> None:
    async with stage(tmp_path, size=SMALL, **scene.ground) as on:
        async for name in stops(on, scene):
            assert on.picture() == svg(f"{name}-80x24-dark")


@pytest.mark.parametrize("scene", SCENES, ids=_name)
async def test_scene_looks_as_it_did_on_large_terminals_and_in_other_colours(
    tmp_path: Path, svg: Callable[[str], SnapshotAssertion], scene: Scene
) -> None:
    async with stage(tmp_path, size=MIDDLE, **scene.ground) as on:
        async for name in stops(on, scene):
            assert on.picture() == svg(f"{name}-100x30-dark")
            for theme in THEMES if scene.in_all_looks else ():
                use_theme(on.app, theme)
                await come_to_rest(on)
                assert on.picture() == svg(f"{name}-100x30-{theme}")
            use_theme(on.app, "jjm-dark")
            await resize(on, LARGE)
            await come_to_rest(on)
            assert on.picture() == svg(f"{name}-160x45-dark")
            await resize(on, MIDDLE)


@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("scene", _SHOWN_MUCH, ids=_name)
async def test_scene_looks_as_it_did_on_a_terminal_that_shows_less(
    tmp_path: Path, svg: Callable[[str], SnapshotAssertion], scene: Scene, terminal: str
) -> None:
    settings = {**scene.ground.get("settings", {}), **TERMINALS[terminal]}
    async with stage(tmp_path, size=SMALL, **{**scene.ground, "settings": settings}) as on:
        async for name in stops(on, scene):
            assert on.picture() == svg(f"{name}-80x24-{terminal}")


def test_every_screen_of_the_code_has_a_picture() -> None:
    shown = {screen for scene in SCENES for screen in scene.screens}
    assert screens_in_code() == shown | set(ELSEWHERE)
    assert all(any((FOLDER / module).glob("*.svg")) for module in ELSEWHERE.values())


def test_every_picture_belongs_to_a_scene() -> None:
    names = [name for scene in SCENES for name in scene.pictures]
    assert len(names) == len(set(names))
    wanted = {f"{name}-{columns}x{rows}-dark" for name in names for columns, rows in (SMALL, MIDDLE, LARGE)}
    looked_at = [name for scene in _SHOWN_MUCH for name in scene.pictures]
    wanted |= {f"{name}-100x30-{theme}" for name in looked_at for theme in THEMES}
    wanted |= {f"{name}-80x24-{terminal}" for name in looked_at for terminal in TERMINALS}
    assert {path.stem for path in (FOLDER / "test_pictures").glob("*.svg")} == wanted
