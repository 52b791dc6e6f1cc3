"""The pictures of the README: the real program over the demo's world; they change when the program does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jjm_tui.tui.screens.main import MainScreen
from tests.tui.scenes import is_coloring, read_to_the_end
from tests.tui.stage import Stage, stage

Svg = Callable[[str], object]
README = Path(__file__).parents[2] / "README.md"


async def _work(on: Stage) -> None:
    """As it looks while a server answers."""
    on.board.change_connection(status="connected", label="google-jules-mcp", budget_used=7, budget_limit=120)
    await on.settle()


def _select(on: Stage, title: str) -> None:
    screen = on.app.screen
    assert isinstance(screen, MainScreen)
    screen.select(next(task.id for task in on.board.tasks.values() if task.title == title))


async def test_picture_of_the_main_screen(tmp_path: Path, svg: Svg) -> None:
    async with stage(tmp_path, size=(124, 30), tasks=24) as on:
        await _work(on)
        await on.press("n", "n", "enter", "right_square_bracket", "right_square_bracket")
        await read_to_the_end(on)
        assert on.picture() == svg("main")


async def test_picture_of_approving(tmp_path: Path, svg: Svg) -> None:
    async with stage(tmp_path, size=(124, 30), tasks=24) as on:
        await _work(on)
        _select(on, "Split the CI build into two jobs")
        await on.press("a")
        await on.shows("y read on")
        await on.settle()
        assert on.picture() == svg("approving")


async def test_picture_of_a_diff(tmp_path: Path, svg: Svg) -> None:
    async with stage(tmp_path, size=(124, 30), tasks=24) as on:
        await _work(on)
        _select(on, "Speed up search index loading")
        await on.press("d")
        await on.shows("@@")
        await on.until(lambda: not is_coloring(on))
        await on.settle()
        assert on.picture() == svg("diff")


@pytest.mark.parametrize("name", ["main", "approving", "diff"])
def test_readme_shows_the_pictures(name: str) -> None:
    path = f"snapshots/test_readme_pictures/{name}.svg"
    assert f"({path})" in README.read_text()
    assert (README.parent / path).is_file()
