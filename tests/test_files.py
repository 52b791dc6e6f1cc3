"""What stands in the place of a file and is none is told at once, wherever the program opens a file by its name."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jjm_tui.errors import ConfigurationError, StorageError
from jjm_tui.files import open_descriptor, read_file
from jjm_tui.gateway.budget import _read as read_budget
from jjm_tui.gateway.stderr import _append as append_stderr
from jjm_tui.logs.daily import DailyFile, file_name
from jjm_tui.settings.layers import read_settings_file
from jjm_tui.settings.secrets import resolve_reference
from jjm_tui.simulator.journal import StateFile
from jjm_tui.tui.look.theme_files import load_theme_files
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.notices.told_file import ToldFile
from jjm_tui.tui.pages.log_tail import LogTail

APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe.toml"
    os.mkfifo(path, 0o600)
    return path


@pytest.mark.parametrize("flags", [os.O_RDONLY, APPENDING, os.O_RDWR | os.O_CREAT | os.O_APPEND])
def test_pipe_is_refused_whatever_it_is_opened_for(pipe: Path, flags: int) -> None:
    with pytest.raises(OSError, match="it is not a regular file"):
        open_descriptor(pipe, flags)


def test_pipe_that_somebody_writes_to_is_refused_too(pipe: Path) -> None:
    other_end = os.open(pipe, os.O_RDWR)
    try:
        with pytest.raises(OSError, match="it is not a regular file"):
            read_file(pipe)
    finally:
        os.close(other_end)


def test_socket_and_device_are_refused_and_a_folder_is_called_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for path in (Path("socket"), Path(os.devnull)):
            with pytest.raises(OSError, match="it is not a regular file"):
                read_file(path)
    with pytest.raises(IsADirectoryError):
        read_file(tmp_path)


def test_file_is_read_and_made_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    descriptor = open_descriptor(path, APPENDING)
    os.write(descriptor, b"words")
    os.close(descriptor)
    assert (read_file(path), path.stat().st_mode & 0o777) == (b"words", 0o600)


def test_settings_file_that_is_a_pipe_is_told(pipe: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: it is not a regular file"):
        read_settings_file(pipe)


def test_settings_file_may_be_the_empty_device() -> None:
    assert read_settings_file(Path(os.devnull)).content == {}


def test_secret_file_that_is_a_pipe_is_told(pipe: Path) -> None:
    with pytest.raises(ConfigurationError, match="it is not a regular file"):
        resolve_reference(f"file:{pipe}", {})


def test_simulated_world_that_is_a_pipe_is_told(pipe: Path) -> None:
    with pytest.raises(StorageError, match="it is not a regular file"):
        StateFile(pipe).load_if_changed()


def test_log_file_that_is_a_pipe_is_trouble_and_no_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / file_name(NOON.date()))
    log = DailyFile(tmp_path, 7)
    log.write("a line", NOON)
    assert "it is not a regular file" in (log.trouble or "")


def test_theme_file_that_is_a_pipe_is_left_out(pipe: Path) -> None:
    themes, problems = load_theme_files(pipe.parent, ())
    assert not themes
    assert "it is not a regular file" in problems[0]


@pytest.mark.parametrize(
    "use",
    [
        Memory.load,
        read_budget,
        lambda path: ToldFile(path).take(()),
        lambda path: LogTail(path.parent).read(NOON),
    ],
)
def test_what_is_only_kept_for_convenience_does_without_it(tmp_path: Path, use: Callable[[Path], object]) -> None:
    path = tmp_path / file_name(NOON.date())
    os.mkfifo(path)
    use(path)


def test_words_of_the_server_do_not_wait_for_a_reader(pipe: Path) -> None:
    with pytest.raises(OSError, match="it is not a regular file"):
        append_stderr(pipe, "words")
