"""Changes by others appear, however they write, also where the system does not tell about changes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from jjm_tui.store.durable import FileOps
from jjm_tui.store.json_file import JsonTaskStore
from tests.store.stands import HandClock, make_task, no_pause, put

LIMIT = 60
"""Seconds after which a change counts as unseen: a limit of the test, not the promise of 300 ms."""


@pytest.fixture(params=["told by the system", "by looking"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("jjm_tui.store.watching._SAFETY_MS", 3_600_000)  # a change that is not told is never seen
    if request.param == "by looking":
        monkeypatch.setitem(sys.modules, "watchfiles", None)
    return request.param


@pytest.fixture
async def store(store_path: Path, clock: HandClock) -> JsonTaskStore:
    store = JsonTaskStore(store_path, clock, pause=no_pause)
    await store.apply(put(make_task("1"), make_task("2"), make_task("3")))
    return store


@pytest.fixture
async def changes(store: JsonTaskStore) -> AsyncIterator[AsyncIterator[frozenset[str]]]:
    async with contextlib.aclosing(store.watch()) as changes:
        yield changes


async def next_of(changes: AsyncIterator[frozenset[str]]) -> frozenset[str]:
    return await asyncio.wait_for(anext(changes), LIMIT)


def edited(path: Path) -> bytes:
    data = json.loads(path.read_bytes())
    data["tasks"] = [{**data["tasks"][0], "title": "edited"}, data["tasks"][1], {"id": "4"}]
    return json.dumps(data, indent=2).encode()


def replace_it(path: Path) -> None:
    fresh = path.with_name("fresh")
    fresh.write_bytes(edited(path))
    fresh.replace(path)


def write_in_place(path: Path) -> None:
    path.write_bytes(edited(path))


def write_like_an_editor(path: Path) -> None:
    data = edited(path)
    path.rename(path.with_name("tasks.json~"))
    path.write_bytes(data)


@pytest.mark.parametrize("edit", [replace_it, write_in_place, write_like_an_editor])
async def test_watch_edit_by_another_program_yields_its_ids(
    edit: Callable[[Path], None], store: JsonTaskStore, changes: AsyncIterator[frozenset[str]]
) -> None:
    waiting = asyncio.create_task(next_of(changes))
    await asyncio.sleep(0.02)
    edit(store.path)
    assert await waiting == {"1", "3", "4"}
    found = await store.get_task("1")
    assert found is not None
    assert found.title == "edited"


async def test_edit_in_the_moment_of_our_save_is_seen(store_path: Path, clock: HandClock) -> None:
    class Ops(FileOps):
        def sync_folder(self, folder: Path) -> None:
            super().sync_folder(folder)
            if store_path.exists() and b"edited" not in store_path.read_bytes():
                replace_it(store_path)

    store = JsonTaskStore(store_path, clock, pause=no_pause, ops=Ops())
    await store.apply(put(make_task("1"), make_task("2"), make_task("3")))
    assert {task.id for task in await store.list_tasks()} == {"1", "2", "4"}
    await store.apply(put(make_task("5")))
    assert {task.id for task in await store.list_tasks()} == {"1", "2", "4", "5"}


async def test_watch_edit_before_the_first_step_is_not_missed(
    store: JsonTaskStore, changes: AsyncIterator[frozenset[str]]
) -> None:
    replace_it(store.path)
    assert await next_of(changes) == {"1", "3", "4"}


async def test_watch_own_save_is_yielded_once(store: JsonTaskStore, changes: AsyncIterator[frozenset[str]]) -> None:
    await store.apply(put(make_task("1", "a")))
    assert await next_of(changes) == {"1"}
    await store.apply(put(make_task("2", "b")))
    assert await next_of(changes) == {"2"}


async def test_watch_damage_yields_empty_set_and_goes_on(
    store: JsonTaskStore, changes: AsyncIterator[frozenset[str]]
) -> None:
    good = edited(store.path)
    waiting = asyncio.create_task(next_of(changes))
    await asyncio.sleep(0.02)
    store.path.write_bytes(b"{")
    assert await waiting == frozenset()
    store.path.write_bytes(good)
    assert await next_of(changes) == {"1", "3", "4"}


async def test_watch_folder_made_later_is_seen(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "later" / "tasks.json"
    store, other = JsonTaskStore(path, clock), JsonTaskStore(path, clock)
    async with contextlib.aclosing(store.watch()) as changes:
        waiting = asyncio.create_task(next_of(changes))
        await asyncio.sleep(0.02)
        await other.apply(put(make_task("1")))
        assert await waiting == {"1"}
        await other.apply(put(make_task("2")))
        assert await next_of(changes) == {"2"}


async def test_watch_folder_replaced_is_seen(store: JsonTaskStore, changes: AsyncIterator[frozenset[str]]) -> None:
    data = edited(store.path)
    waiting = asyncio.create_task(next_of(changes))
    await asyncio.sleep(0.02)
    shutil.rmtree(store.path.parent)
    store.path.parent.mkdir()
    store.path.write_bytes(data)
    seen = await waiting
    while not seen >= {"4"}:
        seen |= await next_of(changes)
    assert {"1", "3", "4"} <= seen


async def test_watch_two_watchers_each_see_every_change(
    store: JsonTaskStore, changes: AsyncIterator[frozenset[str]]
) -> None:
    async with contextlib.aclosing(store.watch()) as others:
        await store.apply(put(make_task("1", "a")))
        assert [await next_of(changes), await next_of(others)] == [{"1"}, {"1"}]


async def test_apply_after_edit_in_place_keeps_the_edit(store: JsonTaskStore) -> None:
    write_in_place(store.path)
    await store.apply(put(make_task("2", "mine")))
    assert {task.id: task.title for task in await store.list_tasks()} == {"1": "edited", "2": "mine", "4": None}
