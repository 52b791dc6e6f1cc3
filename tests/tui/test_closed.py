"""Clicks on what is not there any more."""

from __future__ import annotations

from pathlib import Path

from textual.content import Content
from textual.events import MouseDown
from textual.widgets import Static

from tests.tui.stage import stage


async def test_click_on_what_was_just_taken_away_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        note = Static(Content("a note"))
        note.styles.dock = "top"
        await on.app.screen.mount(note)
        await on.shows("a note")
        place = note.region.offset
        parent, note._parent = note._parent, None
        await on.app.on_event(MouseDown(None, *place, 0, 0, 1, False, False, False, *place))
        note._parent = parent
        await on.press("j")
        assert on.app.is_running
