"""What the dashboard says while its own files cannot be read or written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from jjm_tui.services.board import Board
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.store_troubles import StoreTrouble
from jjm_tui.tui.widgets.trouble_bar import tells
from tests.services.workbench import Workbench
from tests.tui.stage import stage

_LEFT = 3000
"""Bytes of a store file that was cut off."""


def _cut(workbench: Workbench, context: ServiceContext) -> None:
    path = workbench.folder / "tasks.json"
    path.write_bytes(path.read_bytes()[:_LEFT])


def _spoil(workbench: Workbench, context: ServiceContext) -> None:
    with (workbench.folder / "tasks.json").open("r+b") as file:
        assert file.read(1) == b"{"
        file.seek(0)
        file.write(b"#")


def _words(text: str) -> str:
    """What is said at the left, without the frames and line ends between its words."""
    lines = (re.sub("[│╭╮╰╯─]", " ", line.partition("││")[0]) for line in text.splitlines())
    return re.sub(r"\s+", " ", " ".join(lines))


def _beside(text: str) -> str:
    """What is said at the right, the same way."""
    return " ".join(" ".join(line.partition("││")[2].strip("│ ") for line in text.splitlines()).split())


def test_what_the_line_tells_is_not_told_again_with_more_words_or_fewer() -> None:
    board, why = Board(), "events.jsonl could not be read: it is a folder, not a file."
    message = f"The history cannot be read: {why}"
    board.set_store_trouble(StoreTrouble("history", "the history cannot be read", message, None, "every 5 s"))
    assert tells(board, why)
    assert tells(board, f"{message} See `jjm store check`.")
    assert not tells(board, "tasks.json could not be read: it is a folder, not a file.")


async def test_damaged_store_at_the_start_is_told_with_the_way_out_and_left_alone(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45), tasks=40, prepare=_cut, polls=True) as on:
        await on.shows("The stored tasks cannot be read.")
        path = tmp_path / "store" / "tasks.json"
        said = _words(on.text)
        assert str(path) in said.replace(" ", "")
        for words in ("is damaged", "jjm store repair", "jjm doctor", "ctrl+r", "tasks not read"):
            assert words in said
        assert "0 done" not in said
        assert "No task can be shown, as the stored tasks cannot be read: run jjm store repair" in _beside(on.text)
        assert "! the stored tasks cannot be read" not in on.text, "the list says so already"
        await on.press("ctrl+r", "j", "enter", "x")
        await on.shows("That was typed before the list")
        assert path.stat().st_size == _LEFT


async def test_store_that_can_be_read_again_is_read_on_the_key_although_no_change_of_it_is_seen(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45), tasks=40, prepare=_spoil, server=False) as on:
        await on.shows("The stored tasks cannot be read.")
        path = tmp_path / "store" / "tasks.json"
        seen = path.stat().st_mtime_ns
        with path.open("r+b") as file:
            file.write(b"{")
            os.utime(file.fileno(), ns=(seen, seen))
        await on.press("ctrl+r")
        await on.shows("NEEDS YOU")
        assert on.board.store_trouble is None
        assert "cannot be read" not in on.text.splitlines()[-2]


def _lock_out(workbench: Workbench, context: ServiceContext) -> None:
    lock = workbench.folder / "tasks.json.lock"
    lock.unlink()
    lock.mkdir()


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_news_that_cannot_be_stored_are_told_until_they_can(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size, prepare=_lock_out, polls=True) as on:
        await on.shows("! news cannot be stored")
        on.app.clear_notifications()
        await on.settle()
        assert "again with each look, ctrl+r now" in on.text.splitlines()[-2]
        assert "trouble" not in on.text.splitlines()[0]
        await on.press("C")
        await on.shows("It is tried again with each look; ctrl+r tries now.")
        await on.press("escape")
        assert on.app.engine is not None
        assert on.app.engine.live.pace.failures == 0  # the server is well: it is not left alone for longer
        (tmp_path / "store" / "tasks.json.lock").rmdir()
        await on.press("ctrl+r")
        await on.until(lambda: on.board.store_trouble is None)
        await on.until(lambda: "cannot be stored" not in on.text)
