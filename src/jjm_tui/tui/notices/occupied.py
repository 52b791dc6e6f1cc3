"""Whether the person decides or writes something, which news must not cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp


def is_occupied(app: JulesApp) -> bool:
    """Whether a dialog is open or a text is typed; the counts in the header tell what changes meanwhile."""
    from textual.widgets import Input, TextArea

    from jjm_tui.tui.screens.base import Dialog
    from jjm_tui.tui.screens.detail_host import DetailHost

    screen = app.screen
    is_writing = isinstance(screen, DetailHost) and screen.is_typing()
    return is_writing or isinstance(screen, Dialog) or isinstance(screen.focused, Input | TextArea)
