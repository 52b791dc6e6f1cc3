"""The one table of actions: keys, footer, help, palette, README and ``jjm keys`` are all made from it.

Pure data: nothing of Textual is loaded here, so that ``jjm keys`` stays quick. An action is carried out by the method
``do_<id>`` (dots and dashes become underscores) of the screen or widget whose scopes hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jjm_tui.tui.actions.caring import CARE, LOOK
from jjm_tui.tui.actions.deciding import DECIDE, OUTBOX
from jjm_tui.tui.actions.finding import FIND, SCREENS
from jjm_tui.tui.actions.going import GO, MARK, MOVE
from jjm_tui.tui.actions.model import Action, Scope

__all__ = ["ACTIONS", "ALWAYS_THERE", "Action", "Scope", "method_name"]

ACTIONS: Final[Mapping[str, Action]] = {
    action.id: action for action in (*DECIDE, *MOVE, *MARK, *OUTBOX, *SCREENS, *FIND, *CARE, *LOOK, *GO)
}

ALWAYS_THERE: Final = ("help", "quit")
"""Actions that never lose their last key, whatever the settings say (``dashboard.md``, Keys)."""


def method_name(action_id: str) -> str:
    """The method that carries an action out."""
    return "do_" + action_id.replace(".", "_").replace("-", "_")
