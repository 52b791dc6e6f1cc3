"""Keys by the one table: screens and widgets name their scopes, and get the keys of this run's keymap for them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode

from jjm_tui.tui.actions import ACTIONS, Scope, method_name

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp


class Keyed(DOMNode):
    """Mixed into screens and widgets that carry out actions of the table, as their last base: Textual inherits styles
    and component classes through the first one.

    An action is offered where its scope is among ``SCOPES`` and the class has its ``do_…`` method. ``unavailable`` says
    why it cannot be done now, for people; then the method is not called and the reason is shown.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset()

    @property
    def dashboard(self) -> JulesApp:
        """The app, typed."""
        return cast("JulesApp", self.app)

    def on_mount(self) -> None:
        """Bind the keys of this run."""
        keymap = self.dashboard.launch.keymap
        for action_id in self.offered():
            if keys := keymap.keys[action_id]:
                binding = Binding(
                    ",".join("comma" if key == "," else key for key in keys),
                    f"perform('{action_id}')",
                    ACTIONS[action_id].title,
                    show=False,
                    priority=self.is_priority(action_id),
                )
                for key, bindings in BindingsMap([binding]).key_to_bindings.items():
                    self._bindings.key_to_bindings[key] = bindings
        self.refresh_bindings()

    def offered(self) -> list[str]:
        """The ids of the actions that this screen or widget knows, in the order of the table."""
        return [
            action.id
            for action in ACTIONS.values()
            if action.scope in self.SCOPES and hasattr(self, method_name(action.id))
        ]

    def is_priority(self, action_id: str) -> bool:
        """Whether the keys of an action go before those of the focused widget."""
        return False

    def unavailable(self, action_id: str) -> str | None:
        """Why the action cannot be done now, as a sentence, or ``None``."""
        return None

    async def action_perform(self, action_id: str) -> None:
        """Carry out an action of the table, or say why it cannot be done now."""
        method = getattr(self, method_name(action_id), None)
        if method is None:
            return
        why = self.unavailable(action_id)
        if why is not None:
            self.dashboard.tell(why, severity="warning")
            return
        done = method()
        if inspect.isawaitable(done):
            await done
