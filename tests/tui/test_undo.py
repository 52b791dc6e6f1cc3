"""Taking a local change back: what was done to which task is told."""

from __future__ import annotations

from pathlib import Path

from jjm_tui.tui.screens.main import MainScreen
from tests.tui.stage import stage


async def test_undo_of_one_task_names_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        await on.press("j", "j", "j", "j")
        task = screen.current_task()
        assert task is not None
        title = task.title[:20]
        await on.press("x")
        await on.shows(f"Archived '{title}")
        await on.until(lambda: screen.tasks.highlighted != task.id)
        await on.press("g")
        assert screen.tasks.highlighted != task.id
        await on.press("u")
        await on.shows(f"Undone: archived '{title}")
