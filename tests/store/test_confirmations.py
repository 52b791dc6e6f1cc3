"""What was told again word for word moves ages beside the store file: right for everybody, never newer than true."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.facts import FactSource, Rank, TaskFacts
from jjm_tui.domain.merge import merge
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task
from jjm_tui.ports import TaskChange
from jjm_tui.store.confirmations import confirmations_path
from jjm_tui.store.durable import FILE_OPS
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from jjm_tui.store.row_index import read_index
from tests.store.stands import START, HandClock, RefusingOps, make_task, no_pause, put, put_sync, say

ORIGIN = "test/server"


def told(
    *ids: str, at: datetime, status: TaskStatus = TaskStatus.IN_PROGRESS, source: str = "list"
) -> dict[str, TaskChange]:
    """What one list says of these tasks, as a change of the store."""

    def change_for(task_id: str) -> TaskChange:
        facts = TaskFacts(task_id, FactSource(Rank.LIVE, at, source), title=f"Task {task_id}", status=status)
        return lambda task: merge(task, facts).task

    return {task_id: change_for(task_id) for task_id in ids}


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ages(path: Path) -> Mapping[str, datetime | None]:
    """What another process reads."""
    return {task.id: task.synced_at for task in read_tasks(path, pause=no_pause)[0]}


@pytest.fixture
async def store(store_path: Path, clock: HandClock) -> JsonTaskStore:
    store = JsonTaskStore(store_path, clock, pause=no_pause)
    await store.apply(told("1", "2", "3", at=START))
    await store.apply({}, put_sync(SyncState(ORIGIN, synced_at=START, complete=True, first_sync_done=True)))
    return store


async def test_apply_same_told_again_leaves_the_store_file_alone(store: JsonTaskStore) -> None:
    before = FILE_OPS.signature(store.path), store.path.read_bytes()
    answer = await store.apply(told("1", "2", "3", at=later(15)))
    await store.apply({}, put_sync(SyncState(ORIGIN, synced_at=later(15), complete=True, first_sync_done=True)))
    assert (FILE_OPS.signature(store.path), store.path.read_bytes()) == before
    assert {task.synced_at for task in answer.values() if task} == {later(15)}
    assert {task.synced_at for task in await store.list_tasks()} == {later(15)}


async def test_told_again_is_seen_by_other_processes_and_after_a_restart(
    store: JsonTaskStore, clock: HandClock
) -> None:
    other = JsonTaskStore(store.path, clock)
    assert {task.synced_at for task in await other.list_tasks()} == {START}
    for seconds in (15, 30):
        await store.apply(told("1", "2", at=later(seconds)))
        await store.apply(
            {}, put_sync(SyncState(ORIGIN, synced_at=later(seconds), complete=True, first_sync_done=True))
        )
        assert ages(store.path) == {"1": later(seconds), "2": later(seconds), "3": START}
        assert {task.id: task for task in await other.list_tasks()} == {
            task.id: task for task in await store.list_tasks()
        }
        assert (await other.get_sync_state(ORIGIN)).synced_at == later(seconds)
        assert read_tasks(store.path)[1]["sync"][ORIGIN].synced_at == later(seconds)


async def test_told_again_and_again_every_mark_is_as_here_for_other_processes(store: JsonTaskStore) -> None:
    for turn, source in enumerate(["list", "list", "page", "list", "list"], 1):
        await store.apply(told("1", "2", at=later(turn), source=source))
        if turn == 3:
            await store.apply(told("2", at=later(turn), status=TaskStatus.PAUSED))

        seen = {task.id: task for task in read_tasks(store.path, pause=no_pause)[0]}

        assert seen == {task.id: task for task in await store.list_tasks()}
        assert seen["1"].provenance["status"].observed_at == later(turn)


async def test_told_again_while_another_program_changes_the_store_hides_no_change(store: JsonTaskStore) -> None:
    (confirm,) = told("1", at=later(15)).values()

    def change_meanwhile(known: Task | None) -> Task | None:
        fresh = store.path.with_name("fresh")
        fresh.write_bytes(store.path.read_bytes().replace(b'"Task 2"', b'"edited"'))
        fresh.replace(store.path)
        asyncio.run(store.list_tasks())  # in a thread of the store's
        return confirm(known)

    await store.apply({"1": change_meanwhile})
    assert {task.title for task in await store.list_tasks()} == {"Task 1", "edited", "Task 3"}
    await store.apply(put(make_task("4")))
    assert {task.title for task in await store.list_tasks()} == {"Task 1", "edited", "Task 3", "Task 4"}


async def test_watch_told_again_elsewhere_yields_its_ids(store: JsonTaskStore, clock: HandClock) -> None:
    other = JsonTaskStore(store.path, clock)
    await other.list_tasks()
    async with contextlib.aclosing(other.watch()) as changes:
        waiting = asyncio.create_task(anext(changes))
        await asyncio.sleep(0.02)
        await store.apply(told("2", at=later(15)))
        assert await asyncio.wait_for(waiting, 60) == {"2"}


async def test_change_by_another_process_keeps_what_was_told_again(store: JsonTaskStore, clock: HandClock) -> None:
    other = JsonTaskStore(store.path, clock)
    await other.list_tasks()
    await store.apply(told("1", "2", at=later(15)))
    await other.apply({"1": lambda task: replace(task, archived=True) if task else None})
    assert ages(store.path) == {"1": later(15), "2": later(15), "3": START}
    await store.apply(told("1", "2", "3", at=later(30)))
    assert ages(store.path) == dict.fromkeys("123", later(30))
    archived = await JsonTaskStore(store.path, clock).get_task("1")
    assert archived is not None
    assert archived.archived


async def test_news_of_one_task_saves_it_and_still_confirms_the_others(store: JsonTaskStore) -> None:
    await store.apply(told("1", "2", "3", at=later(15)))
    news = told("2", at=later(30), status=TaskStatus.COMPLETED)
    await store.apply({**told("1", at=later(30)), **news})
    assert ages(store.path) == {"1": later(30), "2": later(30), "3": later(15)}
    assert b'"completed"' in store.path.read_bytes()


async def test_task_that_was_told_anew_is_not_made_older_or_newer_by_what_was_told_before(store: JsonTaskStore) -> None:
    await store.apply(told("1", at=later(15)))
    kept = confirmations_path(store.path).read_bytes()
    await store.apply(told("1", at=later(20), status=TaskStatus.PAUSED))
    confirmations_path(store.path).write_bytes(kept)
    assert ages(store.path)["1"] == later(20)


def _cut(data: bytes) -> bytes:
    return data[:-1]


def _bent(data: bytes) -> bytes:
    return data.replace(b"12:00:15", b"12:59:15")


@pytest.mark.parametrize("damage", [_cut, _bent, lambda _: b"", lambda _: b"jjm confirmations 1 00000000\n{}"])
async def test_damaged_confirmations_show_tasks_as_older(
    damage: Callable[[bytes], bytes], store: JsonTaskStore, clock: HandClock
) -> None:
    await store.apply(told("1", "2", "3", at=later(15)))
    path = confirmations_path(store.path)
    path.write_bytes(damage(path.read_bytes()))
    assert ages(store.path) == dict.fromkeys("123", START)
    again = JsonTaskStore(store.path, clock)
    await again.apply(told("1", "2", "3", at=later(30)))
    assert ages(store.path) == dict.fromkeys("123", later(30))


async def test_confirmations_that_cannot_be_written_are_no_error(store: JsonTaskStore, clock: HandClock) -> None:
    full = JsonTaskStore(store.path, clock, ops=RefusingOps("create", errno.ENOSPC))
    await full.apply(told("1", at=later(15)))
    assert ages(store.path)["1"] == START
    assert sorted(path.name for path in store.path.parent.iterdir() if ".tmp-" in path.name) == []


async def test_apply_sync_state_that_says_something_new_is_durable(store: JsonTaskStore, clock: HandClock) -> None:
    await store.apply({}, put_sync(SyncState(ORIGIN, synced_at=later(15), complete=True, first_sync_done=True)))
    known = await store.get_sync_state(ORIGIN)
    await store.apply({}, put_sync(replace(known, polling_stopped="signed out")))
    confirmations_path(store.path).unlink()
    assert await JsonTaskStore(store.path, clock).get_sync_state(ORIGIN) == replace(known, polling_stopped="signed out")


async def test_first_page_of_a_big_store_shows_what_was_told_again(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock)
    chat = say("x" * 40_000, "newest")
    await store.apply(put(*(make_task(f"big-{number}", chat_history=chat, seen_at=START) for number in range(20))))
    await store.apply(told("1", at=START))
    await store.apply({}, put_sync(SyncState(ORIGIN, synced_at=START, complete=True, first_sync_done=True)))
    await store.apply(told("1", at=later(15)))
    await store.close()
    again = JsonTaskStore(store_path, clock, index_seconds=60)
    await again.apply(told("1", at=later(30)))
    await again.apply({}, put_sync(SyncState(ORIGIN, synced_at=later(30), complete=True, first_sync_done=True)))
    signature = FILE_OPS.signature(store_path)
    assert signature is not None
    index = read_index(store_path, signature, clock.now())
    assert index is not None
    assert next(task for task in index.rows if task.id == "1").synced_at == later(30)
    assert index.synced == {ORIGIN: later(30)}
    await again.close()


_STEPS = st.lists(
    st.tuples(
        st.sets(st.sampled_from("123"), min_size=1),
        st.sampled_from([TaskStatus.IN_PROGRESS, TaskStatus.IN_PROGRESS, TaskStatus.PAUSED]),
        st.sampled_from(["list", "list", "page"]),
        st.integers(0, 1),
        st.booleans(),
    ),
    max_size=12,
)


@given(_STEPS)
def test_two_processes_show_what_full_saves_would_have_shown(tmp_path_factory: pytest.TempPathFactory, steps) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("told") / "tasks.json"
    clock = HandClock()
    stores = [JsonTaskStore(path, clock, gather_seconds=0), JsonTaskStore(path, clock, gather_seconds=0)]
    model: dict[str, Task] = {}

    async def run() -> None:
        for number, (ids, status, source, who, archives) in enumerate(steps):
            changes = told(*sorted(ids), at=later(number), status=status, source=source)
            if archives:
                changes["1"] = lambda task: replace(task, archived=not task.archived) if task else None
            await stores[who].apply(changes)
            for task_id, change in changes.items():
                newest = change(model.get(task_id))
                if newest is not None:
                    model[task_id] = newest
            for store in stores:
                assert {task.id: task for task in await store.list_tasks()} == model
            assert {task.id: task for task in read_tasks(path)[0]} == model

    asyncio.run(run())
