"""The row index tells exactly what the whole store tells, or nothing; and nothing of it can harm the store."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.counts import count_tasks, is_archived
from jjm_tui.domain.order import sort_tasks
from jjm_tui.domain.query import is_unread
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import ChatMessage, Task, needs_me
from jjm_tui.store.document import Document, decode_json
from jjm_tui.store.durable import FILE_OPS, Signature
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from jjm_tui.store.row_index import (
    QUICK_BYTES,
    RowIndex,
    build_index,
    decode_index,
    encode_index,
    index_path,
    read_index,
)
from jjm_tui.store.task_line import TASKS, encode_task
from tests.domain.strategies import near, unknown_fields
from tests.store.stands import START, CountingOps, HandClock, RefusingOps, make_task, no_pause, put, put_sync, say

NEVER = 60.0
"""Seconds to the index that no test waits for: only closing writes it."""

SIGNATURE = Signature(1, 2, 3, 4)


def long_task(task_id: str, **fields: object) -> Task:
    """A task whose store is big soon and whose row is small."""
    return make_task(task_id, chat_history=say("x" * 40_000, "short"), seen_at=START, **fields)


def fill(count: int = 20) -> tuple[Task, ...]:
    tasks = tuple(long_task(str(number), status=TaskStatus.PAUSED) for number in range(count))
    assert sum(len(encode_task(task)) for task in tasks) > QUICK_BYTES
    return tasks


async def save_big(path: Path, clock: HandClock, **options: object) -> JsonTaskStore:
    store = JsonTaskStore(path, clock, index_seconds=NEVER, **options)
    await store.apply(put(*fill()))
    return store


def find(path: Path, clock: HandClock) -> RowIndex | None:
    signature = FILE_OPS.signature(path)
    assert signature is not None
    return read_index(path, signature, clock.now())


def temporaries(path: Path) -> list[Path]:
    return [found for found in path.parent.iterdir() if ".tmp-" in found.name]


# --- it tells the same as the whole store

near_or_none = st.none() | near
entries = st.builds(
    ChatMessage,
    content=st.sampled_from(["Working on it.", "Which way?"]),
    type=st.sampled_from(["user", "jules", "system"]),
    timestamp=near_or_none,
    id=st.sampled_from(["1", "local:2", "prompt", None]),
)
tasks = st.builds(
    Task,
    id=st.integers(0, 40).map(str),
    title=st.none() | st.sampled_from(["a", "\ud800", "b\x1b[31m"]),
    status=st.sampled_from(TaskStatus),
    updated_at=near_or_none,
    created_at=near_or_none,
    waiting_since=near_or_none,
    seen_at=near_or_none,
    snoozed_until=near_or_none,
    archived=st.sampled_from([False, False, False, True]),
    archived_on_server=st.sampled_from([None, None, False, True]),
    on_server=st.sampled_from([None, True, False]),
    chat_history=st.lists(entries, max_size=4).map(tuple),
    chat_truncated=st.none() | st.booleans(),
    extra=unknown_fields,
)
stores = st.lists(tasks, max_size=16, unique_by=lambda task: task.id)


def make_document(content: Iterable[Task]) -> Document[Task]:
    document = Document(TASKS)
    for task in content:
        document.put(encode_task(task))
    return document


def through_file(index: RowIndex) -> RowIndex:
    found = decode_index(encode_index(index))
    assert found is not None
    return found


groupings = st.lists(st.integers(0, 5), min_size=len(TaskStatus) * 4, max_size=len(TaskStatus) * 4)
"""Ranks of groups by status, vanished or not, snoozed or not; equal ranks are one group."""


@given(stores, near, st.integers(0, 20), st.integers(0, 6), groupings)
def test_index_at_any_later_time_tells_what_the_whole_store_tells(
    content: list[Task], made_at: datetime, later: int, depth: int, ranks: list[int]
) -> None:
    index = through_file(build_index(make_document(content), SIGNATURE, made_at, depth))
    now = made_at + timedelta(minutes=later)
    shown = sort_tasks((task for task in content if not is_archived(task)), "needs-me", now=now)
    rows = sort_tasks(index.rows, "needs-me", now=now)

    def rank(task: Task) -> int:
        if needs_me(task, now) is not None:
            return -1
        is_snoozed = task.snoozed_until is not None and task.snoozed_until > now
        return ranks[list(TaskStatus).index(task.status) * 4 + 2 * (task.on_server is False) + is_snoozed]

    assert [task.id for task in rows[:depth]] == [task.id for task in shown[:depth]]
    assert [task.id for task in sorted(rows, key=rank)[:depth]] == [task.id for task in sorted(shown, key=rank)[:depth]]
    assert index.count_at(now) == count_tasks(content, now)


@given(stores, near)
def test_rows_leave_out_nothing_but_old_entries_of_conversations(content: list[Task], made_at: datetime) -> None:
    index = through_file(build_index(make_document(content), SIGNATURE, made_at))
    whole = {task.id: task for task in content}
    assert {row.id for row in index.rows} == {task.id for task in content if not is_archived(task)}
    for row in index.rows:
        task = whole[row.id]
        assert replace(row, chat_history=(), chat_truncated=None) == replace(task, chat_history=(), chat_truncated=None)
        assert row.chat_history[-1:] == task.chat_history[-1:]
        assert row.chat_truncated is (True if row.chat_history != task.chat_history else task.chat_truncated)
        assert is_unread(row) is is_unread(task)
        assert len(row.chat_history) <= 2


@given(st.lists(tasks, min_size=1, max_size=3, unique_by=lambda task: task.id), st.data())
def test_index_with_any_byte_changed_or_cut_is_not_believed(content: list[Task], data: st.DataObject) -> None:
    whole = encode_index(build_index(make_document(content), SIGNATURE, START))
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    assert decode_index(flipped) is None
    assert decode_index(whole[:place]) is None


def test_index_of_another_version_of_the_program_is_not_believed() -> None:
    whole = encode_index(build_index(make_document([make_task("1")]), SIGNATURE, START))
    magic, rest = whole.split(b" 2 ", 1)
    assert decode_index(magic + b" 2 99." + rest) is None
    assert decode_index(b"") is None
    assert decode_index(b"\n\n") is None


def test_snooze_that_ends_between_writing_and_reading_shows_the_task_as_needing_somebody() -> None:
    task = make_task("1", status=TaskStatus.WAITING_APPROVAL, snoozed_until=START + timedelta(minutes=5))
    index = through_file(build_index(make_document([task]), SIGNATURE, START))
    assert index.count_at(START).needs["approval"] == 0
    assert index.count_at(START + timedelta(minutes=6)).needs["approval"] == 1


# --- which version it belongs to


async def test_big_store_after_closing_has_an_index(store_path: Path, clock: HandClock) -> None:
    store = await save_big(store_path, clock)
    await store.apply({}, put_sync(SyncState("work/rest", START, complete=True)))
    assert find(store_path, clock) is None
    await store.close()
    index = find(store_path, clock)
    assert index is not None
    assert {task.id for task in index.rows} == {task.id for task in read_tasks(store_path)[0]}
    assert index.counts.kinds["paused"] == 20
    assert index.sync["work/rest"]["complete"] is True


async def test_big_store_left_open_gets_its_index_soon(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock, index_seconds=0.001)
    for turn in range(2):
        await store.apply(put(*fill(), make_task("changed", str(turn))))
        async with asyncio.timeout(10):
            while find(store_path, clock) is None:  # noqa: ASYNC110 - nothing tells that a file is there
                await asyncio.sleep(0.001)
    await store.close()


async def test_small_store_has_no_index(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock, index_seconds=0)
    await store.apply(put(make_task("1")))
    await store.close()
    assert not index_path(store_path).exists()


async def test_store_whose_rows_are_too_big_has_no_index(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock, index_seconds=0)
    await store.apply(put(*(make_task(str(n), description="d" * 40_000) for n in range(20))))
    await store.close()
    assert not index_path(store_path).exists()


async def test_index_after_a_save_of_another_process_is_stale(store_path: Path, clock: HandClock) -> None:
    await (await save_big(store_path, clock)).close()
    other = JsonTaskStore(store_path, clock, index_seconds=NEVER)
    await other.apply(put(make_task("new")))
    assert find(store_path, clock) is None
    await other.close()
    index = find(store_path, clock)
    assert index is not None
    assert "new" in {task.id for task in index.rows}


async def test_index_after_an_edit_by_hand_is_stale(store_path: Path, clock: HandClock) -> None:
    await (await save_big(store_path, clock)).close()
    store_path.write_bytes(store_path.read_bytes().replace(b"Task 7", b"Task 77"))
    assert find(store_path, clock) is None


async def test_index_made_in_the_future_is_not_believed(store_path: Path, clock: HandClock) -> None:
    await (await save_big(store_path, clock)).close()
    clock.advance(timedelta(seconds=-1))
    assert find(store_path, clock) is None


async def test_index_of_a_version_that_is_gone_is_not_written(store_path: Path, clock: HandClock) -> None:
    slow = await save_big(store_path, clock)
    other = JsonTaskStore(store_path, clock, index_seconds=NEVER)
    await other.apply(put(make_task("new")))
    await other.close()
    await slow.close()
    assert find(store_path, clock) is not None


# --- how it is written


async def test_index_is_private_and_leaves_no_temporary_files(store_path: Path, clock: HandClock) -> None:
    before = os.umask(0)
    try:
        await (await save_big(store_path, clock)).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(index_path(store_path).stat().st_mode) == 0o600
    assert temporaries(store_path) == []


async def test_many_saves_write_one_index_and_sync_nothing_for_it(store_path: Path, clock: HandClock) -> None:
    class Watching(CountingOps):
        indexes = 0

        def rename(self, source: Path, target: Path) -> None:
            self.indexes += target == index_path(store_path)
            super().rename(source, target)

    ops = Watching()
    store = await save_big(store_path, clock, ops=ops)
    for number in range(5):
        await store.apply(put(make_task(str(number), "changed")))
    synced = ops.counts["sync"], ops.counts["sync_folder"]
    await store.close()
    await store.close()
    assert ops.indexes == 1
    assert (ops.counts["sync"], ops.counts["sync_folder"]) == synced


@pytest.mark.parametrize("operation", ["create", "write", "close", "rename", "signature"])
async def test_index_that_cannot_be_written_harms_nothing(operation: str, store_path: Path, clock: HandClock) -> None:
    class Refusing(RefusingOps):
        """Refuses only from when it is told to."""

        def __init__(self) -> None:
            super().__init__("nothing", errno.ENOSPC)

    ops = Refusing()
    store = await save_big(store_path, clock, ops=ops)
    ops.name = operation
    await store.close()
    ops.name = "nothing"
    assert temporaries(store_path) == []
    assert find(store_path, clock) is None
    await store.apply(put(make_task("after")))
    await store.close()
    index = find(store_path, clock)
    assert index is not None
    assert "after" in {task.id for task in index.rows}


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from jjm_tui.store.durable import FileOps
from jjm_tui.store.json_file import JsonTaskStore
from tests.store.stands import HandClock, make_task, put

class Deadly(FileOps):
    def rename(self, source, target):
        if target.name.endswith(".index"):
            os.kill(os.getpid(), signal.SIGKILL)
        super().rename(source, target)

async def work():
    store = JsonTaskStore(Path(sys.argv[1]), HandClock(), index_seconds=60, ops=Deadly())
    await store.apply(put(make_task("saved")))
    if sys.argv[2] == "saved":
        os.kill(os.getpid(), signal.SIGKILL)
    await store.close()

asyncio.run(work())
"""


@pytest.mark.parametrize("moment", ["saved", "index written"])
async def test_kill_before_the_index_is_there_leaves_a_good_store(
    moment: str, store_path: Path, clock: HandClock
) -> None:
    await (await save_big(store_path, clock)).close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(store_path), moment], check=False)
    assert done.returncode == -signal.SIGKILL
    assert find(store_path, clock) is None
    assert "saved" in {task.id for task in read_tasks(store_path, pause=no_pause)[0]}
    next_one = JsonTaskStore(store_path, clock, index_seconds=NEVER)
    await next_one.apply(put(make_task("next")))
    await next_one.close()
    index = find(store_path, clock)
    assert index is not None
    assert {"saved", "next"} <= {task.id for task in index.rows}
    assert temporaries(store_path) == []


async def test_link_to_a_store_finds_the_index_beside_the_real_file(
    store_path: Path, clock: HandClock, tmp_path: Path
) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(store_path)
    await (await save_big(link, clock)).close()
    assert index_path(store_path).exists()
    assert not index_path(link).exists()


async def test_index_keeps_numbers_that_floats_cannot_hold(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock, index_seconds=NEVER)
    await store.apply(put(*fill(), make_task("exact", extra={"x": 12345678901234567890123})))
    await store.close()
    index = find(store_path, clock)
    assert index is not None
    assert next(task for task in index.rows if task.id == "exact").extra == {"x": 12345678901234567890123}
    assert b"12345678901234567890123" in index_path(store_path).read_bytes()
    assert decode_json(index_path(store_path).read_bytes().partition(b"\n")[2])["store"]
