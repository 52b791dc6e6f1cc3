"""Colours: Textual's themes, ours, the person's own files; and which one fits this terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp
    from jjm_tui.tui.launch import Launch


def set_up_themes(app: JulesApp, launch: Launch) -> None:
    """Register themes and choose one."""
    wanted = launch.memory.theme or launch.settings.ui.theme
    if wanted in app.available_themes:
        app.theme = wanted
