"""Keys by the one table: screens and widgets name their scopes, and get the keys of this run's keymap for them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode

from jjm_tui.tui.actions import ACTIONS, Scope, method_name

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp

_CHANGING: Final = frozenset(
    {
        *("task.approve", "task.approve-many", "task.resume", "task.archive", "task.unarchive", "task.snooze"),
        *("task.watch", "task.forget", "task.open", "undo", "composer.send"),
    }
)
"""What is not done to a task that the person has not seen."""

_OPENING_FIELD: Final = frozenset(
    {"task.message", "task.message-many", "task.create", "pane.composer", "pane.filter", "filter"}
)
"""Behind these a text is typed: where they are refused, its letters must not be taken for commands."""


class Keyed(DOMNode):
    """Mixed into screens and widgets that carry out actions of the table, as their last base: Textual inherits styles
    and component classes through the first one.

    An action is offered where its scope is among ``SCOPES`` and the class has its ``do_…`` method. ``unavailable`` says
    why it cannot be done now, for people; then the method is not called and the reason is shown.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset()
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """What actions do here, by id, where that is not what the table says."""

    @property
    def dashboard(self) -> JulesApp:
        """The app, typed."""
        return cast("JulesApp", self.app)

    @property
    def help_place(self) -> str:
        """Where the person is, as the help calls it."""
        return type(self).__name__

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
        self.bind_others()
        self.refresh_bindings()

    def bind_others(self) -> None:
        """Bind what else has a meaning here. Called when the actions are bound; theirs must stay."""

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
        if self.dashboard.is_typed_blindly and action_id in _CHANGING:
            why = "That was typed before the list was there; look, then press the key again."
        if why is not None:
            self.dashboard.tell(why, severity="warning")
            if action_id in _OPENING_FIELD:
                self.dashboard.forget_typed_ahead()
            return
        done = method()
        if inspect.isawaitable(done):
            await done
