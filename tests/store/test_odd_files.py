"""A store path that is no ordinary file is told at once: nothing hangs, nothing is overwritten."""

from __future__ import annotations

import os

import pytest

from jjm_tui.errors import StorageError
from jjm_tui.store.json_file import read_tasks


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
