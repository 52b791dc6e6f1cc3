"""A poll without news asks for the list only and writes nothing of the store file, and yet everybody sees its time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from jjm_tui.domain.task import Task
from jjm_tui.ports import SyncChange, TaskChange
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.poller import Poller
from jjm_tui.services.reading import TaskReader
from jjm_tui.store.durable import FILE_OPS
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from tests.services.workbench import CuttingCaller, Workbench, bench, lost
from tests.store.stands import CountingOps


class CountingStore(JsonTaskStore):
    """Notes how many tasks were in each save."""

    async def apply(
        self, changes: Mapping[str, TaskChange], sync: Mapping[str, SyncChange] | None = None
    ) -> dict[str, Task | None]:
        self.saves = [*getattr(self, "saves", ()), len(changes)]
        return await super().apply(changes, sync)


async def follow_pages(work: Workbench) -> tuple[Poller, CuttingCaller, ServiceContext, CountingStore]:
    """A poller of the family that reads the page of every active task, when nothing is new any more."""
    _, caller, context = work.process()
    store = CountingStore(context.store.path, work.clock, gather_seconds=0)
    context = replace(context, store=store)
    poller = Poller(context, TaskReader(context), calls_per_tick=1000)
    for _ in range(3):
        work.clock.advance(60)
        assert (await poller.tick()).failure is None
    store.saves = []
    caller.calls.clear()
    work.clock.advance(60)
    return poller, caller, context, store


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


@pytest.mark.parametrize("dialect", ["rest", "official"])
async def test_poll_without_news_writes_one_file_once(tmp_path, dialect):
    work = bench(tmp_path, dialect=dialect)
    _, _, context = work.process()
    ops = CountingOps()
    context = replace(context, store=JsonTaskStore(context.store.path, work.clock, gather_seconds=0, ops=ops))
    poller = Poller(context, TaskReader(context), calls_per_tick=1000)
    for _ in range(3):
        work.clock.advance(60)
        assert (await poller.tick()).failure is None
    before = ops.counts["create"]
    work.clock.advance(60)
    assert (await poller.tick()).failure is None
    assert ops.counts["create"] == before + 1


@pytest.mark.parametrize("dialect", ["rest", "official"])
async def test_poll_asks_for_the_list_and_for_the_tasks_that_moved_only(tmp_path, dialect):
    work = bench(tmp_path, dialect=dialect)
    _, caller, context = work.process()
    poller = Poller(context, TaskReader(context), calls_per_tick=1000)
    asked = []
    for news in (None, None, None, "News."):
        if news is not None:
            work.world.say(work.session_in("IN_PROGRESS"), news)
        work.clock.advance(60)
        caller.calls.clear()
        await poller.tick()
        asked.append(len(caller.calls))
    assert asked[1:3] == [1, 1]
    assert 1 < asked[3] <= 3 < asked[0]


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


async def test_pages_without_news_are_saved_together(tmp_path):
    work = bench(tmp_path, tasks=30, dialect="browser")
    poller, caller, context, store = await follow_pages(work)
    await poller.tick()
    pages = sum(not task.status.is_final for task in await context.store.list_tasks())
    assert pages > 5
    assert len(caller.calls) > pages
    assert store.saves[-1] == pages
    assert len(store.saves) == 2, "the list, and all pages"
    told = [task.synced_at for task in await context.store.list_tasks() if not task.status.is_final]
    assert set(told) == {work.clock.now()}


async def test_slow_pages_without_news_are_saved_every_few_seconds(tmp_path):
    work = bench(tmp_path, tasks=30, dialect="browser")
    poller, caller, _, store = await follow_pages(work)

    def second_per_call(tool: str, place: str) -> None:
        if place == "before write":
            work.clock.advance(1)

    caller.cut = second_per_call
    await poller.tick()
    assert all(size <= 6 for size in store.saves[1:])
    assert len(store.saves) > 3


async def test_page_with_news_is_saved_at_once(tmp_path):
    work = bench(tmp_path, tasks=30, dialect="browser")
    poller, _, context, store = await follow_pages(work)
    task_id = work.session_in("IN_PROGRESS")
    work.world.say(task_id, "News.")
    await poller.tick()
    assert store.saves[1:-1] == [1]
    stored = await context.store.get_task(task_id)
    assert stored is not None
    assert stored.chat_history[-1].content == "News."


async def test_what_was_told_again_is_saved_when_the_server_is_lost_meanwhile(tmp_path):
    work = bench(tmp_path, tasks=30, dialect="browser")
    poller, caller, context, store = await follow_pages(work)

    def lost_after_three(tool: str, place: str) -> BaseException | None:
        return lost() if len(caller.calls) > 4 else None

    caller.cut = lost_after_three
    await poller.tick()
    assert store.saves[1:] == [3]
    told = [task for task in await context.store.list_tasks() if task.synced_at == work.clock.now()]
    assert sum(not task.status.is_final for task in told) == 3
