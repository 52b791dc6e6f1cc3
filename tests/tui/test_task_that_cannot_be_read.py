"""A task that could not be read says so where it is shown, with the setting that would help and the age of the rest."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from jjm_tui.services.read_troubles import ReadTrouble
from tests.tui.stage import stage


async def test_task_that_could_not_be_read_says_why_and_until_when_it_is_left_alone(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45)) as on:
        on.caller.is_down = True  # a reading that works would take the trouble away
        await on.press("g")
        task_id = on.app.screen.detail.task_id  # type: ignore[attr-defined]
        message = "Task 7 cannot be read: longer than accepted, and server.max_line_bytes allows 8.0 MB."
        hint = "Raise server.max_line_bytes [/foo]\x1b]0;x\x07 in the settings."
        trouble = ReadTrouble(task_id, message, hint, on.now, 2, on.now + timedelta(minutes=2))
        on.board.set_read_troubles({task_id: trouble})
        await on.shows("! could not be read at")
        words = " ".join(on.text.split())
        assert "server.max_line_bytes" in words
        assert "Tried 2 times in a row; asked for again not before" in words
        on.board.set_read_troubles({})
        await on.until(lambda: "could not be read at" not in on.text)
