"""Keys in what is told: as the person can press them where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding, BindingsMap

from jjm_tui.tui.keyed import Keyed
from jjm_tui.tui.keymap import key_name

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp


def key_here(app: JulesApp, action_id: str) -> str:
    """The key of an action of the list, such as ``u``; or ``u in the list`` while it would be typed into a field, or
    has another meaning on the screen that is open; nothing when the action has no key.
    """
    keymap = app.launch.keymap
    for key in keymap.keys[action_id]:
        if _works(app, action_id, key):
            return key_name(key)
    first = keymap.first(action_id)
    return f"{first} in the list" if first else ""


def _works(app: JulesApp, action_id: str, key: str) -> bool:
    """Textual leaves out of the active bindings what the focused field takes for itself."""
    active = app.screen.active_bindings
    for name in BindingsMap([Binding("comma" if key == "," else key, "")]).key_to_bindings:
        node = active[name].node if name in active else None
        if isinstance(node, Keyed) and active[name].binding.action == f"perform('{action_id}')":
            return "list" in node.SCOPES or node.unavailable(action_id) is None
    return False
