"""A poll without news: nothing of the store file is written, and yet everybody sees when the server told last."""

from __future__ import annotations

import json

import pytest

from jjm_tui.services.poller import Poller
from jjm_tui.services.reading import TaskReader
from jjm_tui.store.durable import FILE_OPS
from jjm_tui.store.json_file import read_tasks
from tests.services.workbench import bench


@pytest.mark.parametrize("dialect", ["rest", "official", "browser"])
async def test_poll_without_news_leaves_the_store_file_alone(tmp_path, dialect):
    work = bench(tmp_path, dialect=dialect)
    _, _, context = work.process()
    _, _, other = work.process()
    poller = Poller(context, TaskReader(context), calls_per_tick=1000)
    for _ in range(3):
        work.clock.advance(60)
        assert (await poller.tick()).failure is None
    path = tmp_path / "tasks.json"
    before = FILE_OPS.signature(path)
    known = {task.id: task.synced_at for task in await other.store.list_tasks()}
    work.clock.advance(60)
    report = await poller.tick()
    assert report.failure is None
    assert FILE_OPS.signature(path) == before
    assert (await other.store.get_sync_state(other.origin)).synced_at == work.clock.now()
    ours = {task.id: task for task in await context.store.list_tasks()}
    assert {task.id: task for task in await other.store.list_tasks()} == ours
    assert {task.id: task for task in read_tasks(path)[0]} == ours
    told = {task_id for task_id, task in ours.items() if task.synced_at == work.clock.now()}
    assert told
    assert all(ours[task_id].synced_at == moment for task_id, moment in known.items() if task_id not in told)


async def test_poll_with_an_open_task_without_news_leaves_the_store_file_alone(tmp_path):
    work = bench(tmp_path)
    _, _, context = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    poller = Poller(context, TaskReader(context), calls_per_tick=1000, open_tasks=frozenset({task_id}))
    for _ in range(3):
        work.clock.advance(60)
        await poller.tick()
    before = FILE_OPS.signature(tmp_path / "tasks.json")
    work.clock.advance(60)
    await poller.tick()
    assert FILE_OPS.signature(tmp_path / "tasks.json") == before


async def test_poll_with_news_of_one_task_stores_it_and_the_times_of_all(tmp_path):
    work = bench(tmp_path)
    _, _, context = work.process()
    poller = Poller(context, TaskReader(context), calls_per_tick=1000)
    for _ in range(2):
        work.clock.advance(60)
        await poller.tick()
    task_id = work.session_in("IN_PROGRESS")
    work.world.say(task_id, "News.")
    work.clock.advance(60)
    await poller.tick()
    stored = {record["id"]: record for record in json.loads((tmp_path / "tasks.json").read_bytes())["tasks"]}
    assert stored[task_id]["chat_history"][-1]["content"] == "News."
    shown = {task.id: task for task in read_tasks(tmp_path / "tasks.json")[0]}
    assert {task.synced_at for task in shown.values()} == {work.clock.now()}
