"""A store path that is no ordinary file is told at once: nothing hangs, nothing is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.errors import StorageError
from jjm_tui.settings.locations import StorePaths
from jjm_tui.store.event_file import FileEventLog
from jjm_tui.store.inspection import check_history
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from tests.store.stands import START


def test_fifo_in_place_of_the_store_is_refused_without_waiting(tmp_path):
    path = tmp_path / "tasks.json"
    os.mkfifo(path)
    with pytest.raises(StorageError):
        read_tasks(path)


def test_symbolic_links_in_a_circle_are_told(tmp_path):
    path = tmp_path / "tasks.json"
    path.symlink_to(path)
    with pytest.raises(StorageError):
        read_tasks(path)


def test_folder_in_place_of_the_store_is_told(tmp_path):
    path = tmp_path / "tasks.json"
    path.mkdir()
    with pytest.raises(StorageError, match="folder"):
        read_tasks(path)


async def test_folder_without_a_name_in_place_of_the_store_is_told(clock):
    root = Path("/")
    with pytest.raises(StorageError, match=r"^/ could not be read: it is a folder"):
        read_tasks(root)
    with pytest.raises(StorageError, match=r"^/ could not be read: it is a folder"):
        await JsonTaskStore(root, clock).list_tasks()
    assert StorePaths.beside(root).demo_world(1, 12) == Path("/.demo-1-12.json")


async def test_fifo_in_place_of_the_history_is_refused_for_everything(tmp_path, clock):
    path = tmp_path / "events.jsonl"
    os.mkfifo(path)
    log = FileEventLog(path, clock)
    for refused in (log.query(limit=1), log.append([TaskEvent(EventType.SEEN, START, "1")])):
        with pytest.raises(StorageError, match="not a regular file"):
            await refused
    with pytest.raises(StorageError, match="not a regular file"):
        log.follow()
    assert ["not a regular file" in trouble.message for trouble in check_history(path)] == [True]


async def test_history_that_becomes_a_fifo_while_it_is_followed_ends_the_following(tmp_path, clock):
    path = tmp_path / "events.jsonl"
    log = FileEventLog(path, clock)
    await log.append([TaskEvent(EventType.SEEN, START, "1")])
    following = log.follow()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StorageError, match="not a regular file"):
        await anext(following)
