"""News wait while the person decides or writes, and are told once, summed up, when they are done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.tui.notices.notifying import Notifying
from jjm_tui.tui.notices.occupied import is_occupied
from tests.tui.scenes import task_in
from tests.tui.stage import Stage, stage
from tests.tui.test_notifying import Desk


def _messages(on: Stage) -> list[str]:
    return [each.message for each in on.app._notifications]


async def _fails(on: Stage, *task_ids: str) -> None:
    """What the live feed would tell."""
    notifying = on.app._notifying
    assert notifying is not None
    on.board.apply({each: replace(on.board.tasks[each], status=TaskStatus.FAILED) for each in task_ids})
    await notifying.happened(
        [TaskEvent(EventType.STATUS_CHANGED, on.now, task_id, {"to": "failed"}) for task_id in task_ids]
    )


@pytest.mark.parametrize("keys", [(":",), ("z",), ("m", "h", "i"), ("/", "x"), ("c",)])
async def test_news_wait_while_a_dialog_is_open_or_a_text_is_typed(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        one, other = list(on.board.tasks)[:2]
        await on.press(*keys)
        await _fails(on, one)
        await _fails(on, other)
        on.app.tell("An outcome of your own.")
        on.app._tick()
        assert _messages(on) == ["An outcome of your own."]
        await on.press("escape")
        await on.until(lambda: not is_occupied(on.app))
        on.app._tick()
        on.app._tick()
        (told,) = [each for each in _messages(on) if "failed" in each]
        assert told.startswith("Failed · ")
        assert told.count(" failed\n") == 2
        on.app.clear_notifications()
        on.app._tick()
        assert not _messages(on)


async def test_news_are_told_at_once_to_who_only_looks(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await _fails(on, next(iter(on.board.tasks)))
        assert len(_messages(on)) == 1
        await on.press("W")
        await _fails(on, list(on.board.tasks)[1])
        assert len(_messages(on)) == 2


async def test_news_that_waited_are_not_told_when_they_are_no_longer_true(tmp_path: Path) -> None:
    desk, occupied = Desk(tmp_path), True
    notifying = Notifying(
        desk.settings,
        desk.board,
        desk.clock,
        lambda text, title, severity: desk.toasts.append((title, text, severity)),
    )
    notifying.is_occupied = lambda: occupied
    await notifying.happened([desk.change(each, "waiting_approval") for each in "12"])
    await notifying.happened([desk.change("1", "in_progress")])
    await notifying.happened([desk.change("2", "completed"), desk.change("3", "failed", archived=True)])
    notifying.tick()
    assert desk.toasts == []
    occupied = False
    notifying.tick()
    notifying.tick()
    assert desk.toasts == [("Finished", "Title of 2 is finished", "information")]


async def test_plan_that_was_approved_meanwhile_is_not_told_to_wait(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        task = task_in(on, TaskStatus.WAITING_APPROVAL)
        on.app.screen.select(task.id)  # type: ignore[attr-defined]
        await on.settle()
        await on.press("a")
        await on.shows("y approve")
        await on.settle()
        notifying = on.app._notifying
        assert notifying is not None
        await notifying.happened([TaskEvent(EventType.STATUS_CHANGED, on.now, task.id, {"to": "waiting_approval"})])
        on.advance(1)
        await on.press("y")
        await on.until(lambda: bool(on.bench.effects("approve")))
        await on.settle()
        await on.until(lambda: on.app.screen is on.app.screen_stack[0])
        on.app._tick()
        await on.settle()
        assert not [each for each in _messages(on) if "waits for approval" in each]
