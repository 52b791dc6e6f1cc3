"""A text that cannot be stored is not lost without a question, and never without a trace."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from jjm_tui.domain.draft_keys import CREATE_KEY, MANY_KEY, message_key
from jjm_tui.services.board import Board
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.tui.screens.confirm import QuitDialog
from jjm_tui.tui.writing.drafts import Unkept
from tests.tui.ground import ground
from tests.tui.stage import stage


def _lock_out(folder: Path, stem: str = "") -> Path:
    """Let no draft be stored in a folder from now on."""
    lock = folder / f"{stem}drafts.json.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    return lock


async def test_leaving_with_a_text_that_could_not_be_kept_asks_and_says_which(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 30)) as on:
        lock = _lock_out(tmp_path / "store")
        await on.press("m", *"Please")
        await on.shows("NOT KEPT")
        await on.press("ctrl+q", "ctrl+q")
        await on.shows("A text that you typed is NOT KEPT")
        assert isinstance(on.app.screen, QuitDialog)
        assert "✎ message · " in on.text
        assert "Leaving prints it in the terminal, and nowhere else:" in on.text
        await on.press("escape")
        assert not on.app.is_leaving
        lock.rmdir()
        await on.app.drafts.flush()
        await on.press("ctrl+q")
        await on.until(lambda: on.app.is_leaving)


@pytest.mark.parametrize(("way", "code"), [("q", 1), ("SIGTERM", 130)])
def test_leaving_anyway_prints_the_text_and_the_exit_code_says_so(tmp_path: Path, way: str, code: int) -> None:
    with ground(tmp_path / "ground") as place, place.open() as terminal:
        terminal.shows("connected", "NEEDS YOU")
        found = next((tmp_path / "ground" / "home").rglob("*tasks.json"))
        _lock_out(found.parent, found.name.removesuffix("tasks.json"))
        terminal.press("m")
        terminal.type("Take the first way.")
        terminal.shows("Take the first way.", "NOT KEPT")
        if way == "q":
            terminal.press("ctrl+q", "ctrl+q")
            terminal.shows("Leave now?")
            terminal.press("y")
        else:
            terminal.signal(signal.SIGTERM)
        assert terminal.finish() == code
        end = terminal.written[terminal.written.rindex(b"could not be kept") :]
        assert b"message \xc2\xb7 " in end
        assert b"Take the first way." in end


def test_text_that_is_lost_is_named_and_harmless() -> None:
    board, trouble = Board(), "the disk is full"
    form = NewTask(repository="acme/api", description="Mend\nit \x1b[2J").write()
    assert Unkept(CREATE_KEY, form, trouble).words() == "repository: acme/api\nMend\nit "
    assert Unkept(CREATE_KEY, form, trouble).name(board) == "new task"
    assert Unkept(MANY_KEY, "x", trouble).name(board) == "message to several tasks"
    assert Unkept(message_key("t1"), "x", trouble).name(board) == "message · t1"
