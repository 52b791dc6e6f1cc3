"""The clock of this machine is set back: what was read while it was ahead passes for nothing newer."""

from __future__ import annotations

from pathlib import Path

import pytest

from jjm_tui.domain.status import TaskStatus
from jjm_tui.services.results import MonitorRequest
from jjm_tui.services.selection import ListRequest
from tests.services.test_live import feed, until
from tests.services.workbench import bench

_AHEAD = 7200.0


@pytest.mark.parametrize("dialect", ["rest", "official", "browser"])
async def test_what_is_read_after_the_clock_was_set_back_is_shown_and_told(tmp_path: Path, dialect: str) -> None:
    work = bench(tmp_path, dialect=dialect)
    manager, _, _ = work.process()
    task_id = work.session_in("IN_PROGRESS")
    await manager.list_tasks(ListRequest())
    await manager.get_task(task_id)
    work.clock.set_back(_AHEAD)
    work.world.say(task_id, "This is new.")
    work.world.set_state(task_id, "COMPLETED")

    shown = (await manager.get_task(task_id)).task

    assert (shown.status, shown.synced_at) == (TaskStatus.COMPLETED, work.clock.now())
    assert "This is new." in [message.content for message in shown.chat_history]
    changes = [event for event in await manager.query_events(task_id=task_id) if event.type.value == "status_changed"]
    assert [event.data["to"] for event in changes][-1:] == ["completed"]
    await manager.close()


async def test_task_that_was_told_before_its_time_is_frozen_for_no_list(tmp_path: Path) -> None:
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("IN_PROGRESS")
    await manager.list_tasks(ListRequest())
    work.clock.set_back(_AHEAD)
    for state in ("AWAITING_USER_FEEDBACK", "IN_PROGRESS", "COMPLETED"):
        work.world.set_state(task_id, state)
        shown = next(task for task in (await manager.list_tasks(ListRequest())).tasks if task.id == task_id)
        assert shown.status_detail == state
        work.clock.advance(15)
    await manager.close()


async def test_monitor_asks_for_what_was_told_before_its_time(tmp_path: Path) -> None:
    work = bench(tmp_path)
    task_id = work.session_in("COMPLETED")
    polling, _, polls = work.process()
    await polling.list_tasks(ListRequest())
    work.clock.set_back(_AHEAD)
    work.world.set_state(task_id, "IN_PROGRESS")
    assert polls.leadership.try_lead()

    manager, _, _ = work.process()
    watching = manager.monitor(MonitorRequest((task_id,), interval=5))
    first = await anext(watching)

    assert (first.finished, first.source) == (None, "server")
    assert first.tasks[0].status is TaskStatus.IN_PROGRESS
    await watching.aclose()
    polls.leadership.resign()


async def test_feed_that_follows_one_that_reads_nothing_is_told_so_although_a_list_was_read_before_its_time(
    tmp_path: Path,
) -> None:
    work = bench(tmp_path)
    manager, _, _ = work.process()
    await manager.list_tasks(ListRequest())
    work.clock.set_back(_AHEAD)
    _, _, polls = work.process()
    _, _, context = work.process()
    assert polls.leadership.try_lead()
    async with feed(context, polls=True) as live:
        await until(lambda: live.board.connection.polls_elsewhere)
        work.clock.advance(600)
        live.refresh()
        await until(lambda: live.board.connection.trouble is not None)
        assert "has read nothing for 10m" in (live.board.connection.trouble or "")
    polls.leadership.resign()
