"""Pictures of every screen, dialog and state: three sizes; other colours and characters where much is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from jjm_tui.tui.look.theme import use_theme
from tests.tui.scenes import SCENES, Scene
from tests.tui.snapshots import FOLDER
from tests.tui.stage import stage

SIZES = ((80, 24), (100, 30), (160, 45))
THEMES = ("jjm-light", "ansi-dark")
"""Shown at the middle size, on the stage of the dark picture."""
TERMINALS: Mapping[str, Mapping[str, Any]] = {"ascii": {"ui.ascii": True}, "no-color": {"ui.color": False}}
"""What a terminal may lack, shown at the smallest size."""


def _settings(scene: Scene, more: Mapping[str, Any]) -> dict[str, Any]:
    return {**scene.ground, "settings": {**scene.ground.get("settings", {}), **more}}


def _name(scene: Scene) -> str:
    return scene.pictures[0]


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("scene", SCENES, ids=_name)
async def test_scene_looks_as_it_did(
    tmp_path: Path, svg: Callable[[str], SnapshotAssertion], scene: Scene, size: tuple[int, int]
) -> None:
    columns, rows = size
    seen = []
    async with stage(tmp_path, size=size, **scene.ground) as on:
        async for name in scene.play(on):
            await on.settle()
            seen.append(name)
            assert on.picture() == svg(f"{name}-{columns}x{rows}-dark")
            for theme in THEMES if scene.in_all_looks and size == (100, 30) else ():
                use_theme(on.app, theme)
                await on.settle()
                assert on.picture() == svg(f"{name}-100x30-{theme}")
            use_theme(on.app, "jjm-dark")
            await on.settle()
    assert tuple(seen) == scene.pictures


@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.in_all_looks], ids=_name)
async def test_scene_looks_as_it_did_on_a_terminal_that_shows_less(
    tmp_path: Path, svg: Callable[[str], SnapshotAssertion], scene: Scene, terminal: str
) -> None:
    async with stage(tmp_path, size=(80, 24), **_settings(scene, TERMINALS[terminal])) as on:
        async for name in scene.play(on):
            await on.settle()
            assert on.picture() == svg(f"{name}-80x24-{terminal}")


def test_every_picture_belongs_to_a_scene() -> None:
    names = [name for scene in SCENES for name in scene.pictures]
    assert len(names) == len(set(names))
    wanted = {f"{name}-{columns}x{rows}-dark" for name in names for columns, rows in SIZES}
    looked_at = [name for scene in SCENES if scene.in_all_looks for name in scene.pictures]
    wanted |= {f"{name}-100x30-{theme}" for name in looked_at for theme in THEMES}
    wanted |= {f"{name}-80x24-{terminal}" for name in looked_at for terminal in TERMINALS}
    assert {path.stem for path in (FOLDER / "test_pictures").glob("*.svg")} == wanted
