"""The app opens over a filled store and follows it."""

from __future__ import annotations

from pathlib import Path

from tests.tui.stage import stage


async def test_app_opens_with_the_stored_tasks_and_follows_the_store(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert len(on.board.tasks) == 12
        task_id = next(iter(on.board.tasks))
        await on.manager.archive([task_id])
        await on.until(lambda: on.board.tasks[task_id].archived)
