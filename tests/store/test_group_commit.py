"""Bursts of changes go to the disk in few saves, and every caller waits for its own."""

from __future__ import annotations

import asyncio
import errno
import threading
from pathlib import Path

from jjm_tui.errors import StorageError
from jjm_tui.store.durable import FileOps, Signature
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from tests.store.stands import CountingOps, FailingOps, HandClock, RefusingOps, make_task, no_pause, put


async def test_apply_burst_of_200_needs_at_most_10_saves(store_path: Path, clock: HandClock) -> None:
    ops = CountingOps()
    store = JsonTaskStore(store_path, clock, ops=ops)
    await asyncio.gather(*(store.apply(put(make_task(str(number)))) for number in range(200)))
    assert ops.counts["rename"] <= 10
    assert len(read_tasks(store_path)[0]) == 200


async def test_apply_trickle_faster_than_saves_is_gathered(store_path: Path, clock: HandClock) -> None:
    """Each change arrives while a save is running; all that come meanwhile go out together."""
    ops = CountingOps()
    store = JsonTaskStore(store_path, clock, ops=ops, gather_seconds=60)
    first = asyncio.create_task(store.apply(put(make_task("first"))))
    await asyncio.sleep(0)
    later = []
    for number in range(199):
        later.append(asyncio.create_task(store.apply(put(make_task(str(number))))))
        await asyncio.sleep(0)
    await first
    assert not any(task.done() for task in later)
    await store.close()
    await asyncio.gather(*later)
    assert ops.counts["rename"] <= 10
    assert len(read_tasks(store_path)[0]) == 200


async def test_apply_unchanged_task_is_not_saved(store_path: Path, clock: HandClock) -> None:
    ops = CountingOps()
    store = JsonTaskStore(store_path, clock, ops=ops)
    await store.apply(put(make_task("1")))
    await store.apply(put(make_task("1")))
    await store.apply({"1": lambda task: task, "2": lambda _: None})
    await store.remember(["1"])
    await store.forget(["2"], clock.now())
    assert ops.counts["rename"] == 1


async def test_apply_returns_only_when_durable(store_path: Path, clock: HandClock) -> None:
    may_sync = threading.Event()
    is_replaced = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Ops(CountingOps):
        def sync_folder(self, folder: Path) -> None:
            if folder == store_path.parent:
                loop.call_soon_threadsafe(is_replaced.set)
                may_sync.wait(30)
            super().sync_folder(folder)

    ops = Ops()
    store = JsonTaskStore(store_path, clock, ops=ops)
    change = asyncio.create_task(store.apply(put(make_task("1"))))
    await is_replaced.wait()
    assert store_path.exists()
    assert not change.done()
    may_sync.set()
    await change
    assert ops.counts["sync"] == 1


async def test_apply_failed_save_fails_every_caller_of_the_group(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock, ops=RefusingOps("rename", errno.ENOSPC))
    answers = await asyncio.gather(
        *(store.apply(put(make_task(str(number)))) for number in range(5)), return_exceptions=True
    )
    assert all(isinstance(answer, StorageError) for answer in answers)
    assert await store.list_tasks() == ()


async def test_apply_after_a_failed_save_works(store_path: Path, clock: HandClock) -> None:
    ops = FailingOps(1, errno.EIO, forever=True)
    store = JsonTaskStore(store_path, clock, ops=ops, pause=no_pause)
    answers = await asyncio.gather(
        *(store.apply(put(make_task(str(number)))) for number in range(5)), return_exceptions=True
    )
    assert all(isinstance(answer, StorageError) for answer in answers)
    ops.heal()
    await store.apply(put(make_task("1")))
    assert [task.id for task in await store.list_tasks()] == ["1"]


def test_store_used_from_one_loop_after_another_works(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock, gather_seconds=0.01)

    async def burst(start: int) -> None:
        first = asyncio.create_task(store.apply(put(make_task(str(start)))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.gather(first, *(store.apply(put(make_task(str(start + n)))) for n in range(1, 5)))

    for start in (0, 5, 10):
        asyncio.run(burst(start))
    assert len(asyncio.run(store.list_tasks())) == 15


class _SlowReader(FileOps):
    """Holds the first reading of the file until a second one has begun, or has had time to."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.second = threading.Event()
        self.readings = 0

    def read(self, path: Path) -> tuple[bytes, Signature]:
        if path.name.endswith(".json"):
            self.readings += 1
            (self.second if self.began.is_set() else self.began).set()
            self.second.wait(0.05)
        return super().read(path)


async def test_readers_that_come_at_once_share_one_reading(store_path: Path, clock: HandClock) -> None:
    await JsonTaskStore(store_path, clock).apply(put(make_task("1"), make_task("2")))
    ops = _SlowReader()
    store = JsonTaskStore(store_path, clock, ops=ops)
    first = asyncio.create_task(store.list_tasks())
    await asyncio.to_thread(ops.began.wait)
    again = await store.list_tasks()
    assert [task is other for task, other in zip(await first, again, strict=True)] == [True, True]
    assert ops.readings == 1
