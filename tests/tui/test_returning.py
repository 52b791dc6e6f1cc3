"""What happened while the person was away is told once, and never in their way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.services.context import ServiceContext
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.returning import Returning
from jjm_tui.tui.screens.digest import DigestScreen
from jjm_tui.tui.screens.main import MainScreen
from tests.services.workbench import START, Workbench
from tests.tui.stage import Stage, stage


def away(hours: float) -> object:
    def remember(memory: Memory) -> None:
        memory.last_seen = START - timedelta(hours=hours)

    return remember


async def happen(on: Stage) -> None:
    """A task failed half an hour ago, as another process recorded it."""
    failed = next(task for task in on.board.tasks.values() if task.status is TaskStatus.FAILED)
    event = TaskEvent(
        EventType.STATUS_CHANGED, START - timedelta(minutes=30), failed.id, {"from": "in_progress", "to": "failed"}
    )
    await on.context.events.append([event])


async def test_start_after_a_pause_opens_the_digest(tmp_path: Path) -> None:
    def prepare(workbench: Workbench, context: ServiceContext) -> None:
        workbench.clock.advance(60)

    async with stage(tmp_path, memory=away(3), prepare=prepare) as on:
        await happen(on)
        on.app._returning._tell(on.app.engine, START - timedelta(hours=3), in_the_way=False)
        await on.until(lambda: isinstance(on.app.screen, DigestScreen))
        await on.shows("Failed")
        await on.press("q")
        assert isinstance(on.app.screen, MainScreen)


async def test_start_soon_after_the_last_one_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_and_tell, has_read = Returning._read_and_tell, anyio.Event()

    async def note(returning: Returning, *args: Any, **options: Any) -> None:
        await read_and_tell(returning, *args, **options)
        has_read.set()

    monkeypatch.setattr(Returning, "_read_and_tell", note)
    async with stage(tmp_path, memory=away(0.05), polls=True) as on:
        await on.until(has_read.is_set)
        await on.settle()
        assert isinstance(on.app.screen, MainScreen)


@pytest.mark.parametrize(("tasks", "was_here"), [(0, False), (3, True)])
async def test_who_left_without_having_seen_a_task_was_not_here(tmp_path: Path, tasks: int, was_here: bool) -> None:
    async with stage(tmp_path, tasks=tasks) as on:
        on.app.leave()
        assert (Memory.load(tmp_path / "dashboard.json").last_seen is not None) == was_here


async def test_key_after_a_pause_is_answered_and_a_sentence_tells_the_rest(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(140, 40)) as on:
        on.advance(3 * 3600)
        failed = next(task for task in on.board.tasks.values() if task.status is TaskStatus.FAILED)
        await on.context.events.append(
            [TaskEvent(EventType.STATUS_CHANGED, on.now - timedelta(hours=1), failed.id, {"from": "x", "to": "failed"})]
        )
        await on.press("j")
        await on.shows("While you were away (3h): 1 failed. ")
        assert isinstance(on.app.screen, MainScreen)
        await on.press("B")
        await on.until(lambda: isinstance(on.app.screen, DigestScreen))
