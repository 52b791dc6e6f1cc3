"""What every screen and dialog shares: keys of the table, the way to the board, being told about changes."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from textual.binding import Binding, BindingsMap
from textual.events import Resize
from textual.screen import ModalScreen, Screen

from jjm_tui.services.board import Board, BoardChange
from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.key_table import PLACES
from jjm_tui.tui.keyed import Keyed
from jjm_tui.tui.keymap import key_name
from jjm_tui.tui.notices import toasts
from jjm_tui.tui.steady_compositor import SteadyCompositor

if TYPE_CHECKING:
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.widgets.line_input import LineInput

T = TypeVar("T")

_WORKPLACES: Final[Mapping[Scope, str]] = {
    "list": "in the list of tasks",
    "tasks": "in the list and in a task",
    "detail": "in a task",
}
"""Where most keys are known from: of a key with several meanings, the one there is told."""


def keep_to_terminal(screen: Screen[Any], event: Resize) -> None:
    """Lay out for the terminal as it is now, whatever size an event tells.

    A layout tells the screen its own size as well, and of events that wait for a screen Textual keeps only the last
    one: after many sizes in a row that may be an old one.
    """
    if event.size != screen.app.size:
        event.prevent_default()
        screen.post_message(Resize(screen.app.size, screen.app.size))


class AppScreen(Screen[T], Keyed):
    """What screens and dialogs have in common."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._compositor = SteadyCompositor()

    @property
    def board(self) -> Board:
        """All tasks and what is under way for them."""
        return self.dashboard.launch.board

    @property
    def engine(self) -> Engine | None:
        """The services, or ``None`` for the moment in which they are still being opened."""
        return self.dashboard.engine

    def now(self) -> datetime:
        """The time, from the injected clock."""
        return self.dashboard.launch.clock.now()

    async def _on_resize(self, event: Resize) -> None:
        """The terminal has another size."""
        keep_to_terminal(self, event)

    def on_unmount(self) -> Awaitable[None] | None:
        """The screen was closed."""
        self.dashboard.collector.screen_closed()
        return None

    def on_screen_suspend(self) -> None:
        """Another screen is on top."""
        toasts.cover(self, is_covered=True)

    def on_screen_resume(self) -> None:
        """This screen is on top."""
        toasts.cover(self, is_covered=False)
        self.watch_focused()

    def watch_focused(self) -> None:
        """A text is typed now, or no longer: toasts take the room that is left to them."""
        self.call_after_refresh(toasts.fit, self.dashboard)

    def on_line_input_shortened(self, event: LineInput.Shortened) -> None:
        """Nothing pasted is left out without a word."""
        event.stop()
        if event.lines:
            were = "was" if event.lines == 1 else "were"
            self.dashboard.tell(
                f"Only the first line was taken; {event.lines} more {were} left out.", severity="warning"
            )
        if event.characters:
            had = "character" if event.characters == 1 else "characters"
            self.dashboard.tell(f"The last {event.characters} {had} of it had no room.", severity="warning")

    def board_changed(self, change: BoardChange) -> None:
        """Something on the board is dirty; at most twenty times a second."""

    def clock_ticked(self, now: datetime) -> None:
        """A second has gone by; ages may read differently."""

    def leave(self, result: T | None) -> None:
        """End with ``result``, once, and while nothing lies on top: dismissing takes away whatever is there."""
        if self.is_active:
            self.dismiss(result)

    def copy_selection(self) -> bool:
        """Copy the text that is selected with the mouse; false when there is none."""
        selected = self.get_selected_text()
        if selected:
            self.dashboard.copy(selected)
            self.clear_selection()
        return bool(selected)


class DashboardScreen(AppScreen[T]):
    """A full screen. ``board_changed`` and ``clock_ticked`` are called by the app; a screen takes what it needs."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere"})

    def bind_others(self) -> None:
        """Keys of the table that do nothing on this screen say where they do."""
        keymap, known = self.dashboard.launch.keymap, set(self.offered())
        others = sorted(ACTIONS.values(), key=lambda action: action.scope not in _WORKPLACES)
        for action in others:
            for key in () if action.id in known else keymap.keys[action.id]:
                if len(key) == 1 or "+" in key:
                    says = f"say_where({action.id!r}, {key_name(key)!r})"
                    binding = Binding("comma" if key == "," else key, says, show=False)
                    for name, bindings in BindingsMap([binding]).key_to_bindings.items():
                        self._bindings.key_to_bindings.setdefault(name, bindings)

    def action_say_where(self, action_id: str, key: str) -> None:
        """The key means nothing here: say where it does."""
        action = ACTIONS[action_id]
        place = _WORKPLACES.get(action.scope) or PLACES.get(action.scope, "elsewhere")
        self.dashboard.tell(f"{key} ({action.title}) works {place} only.")

    # actions that work everywhere

    def do_back(self) -> None:
        """Leave this screen."""
        self.leave(None)

    def do_quit(self) -> None:
        """Copy selected text, else leave this screen."""
        if not self.copy_selection():
            self.do_back()

    def do_refresh(self) -> None:
        """Ask the server now."""
        if self.engine is not None and self.engine.context.server is not None:
            self.dashboard.tell("Asking the server.")
        self.dashboard.refresh_now()

    def do_palette(self) -> None:
        """Open the palette."""
        self.dashboard.open_palette()

    def do_help(self) -> None:
        """Help for this screen."""
        self.dashboard.open_help(self)

    def do_watch(self) -> None:
        self.dashboard.open_screen("watch")

    def do_outbox(self) -> None:
        self.dashboard.open_screen("outbox")

    def do_connection(self) -> None:
        self.dashboard.open_screen("connection")

    def do_log(self) -> None:
        self.dashboard.open_screen("log")

    def do_insights(self) -> None:
        self.dashboard.open_screen("insights")

    def do_digest(self) -> None:
        self.dashboard.open_screen("digest")

    def do_setup(self) -> None:
        self.dashboard.open_screen("setup")

    def do_settings(self) -> None:
        """Say where the settings are, and how to change them."""
        place = self.dashboard.launch.place
        if place.demo:
            self.dashboard.tell(
                "This demonstration reads no settings; without it, jjm config path says where they are."
            )
        else:
            self.dashboard.tell(
                f"Your settings: {place.loaded.path}\n"
                "Change them there, or with jjm config set; they count when jjm is opened anew."
            )

    def do_theme(self) -> None:
        self.dashboard.open_themes()

    def do_density(self) -> None:
        self.dashboard.toggle_density()


class Dialog(ModalScreen[T], AppScreen[T]):
    """A sheet over a screen. Escape and the quit keys leave it without deciding anything."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"dialog"})
    ALWAYS: ClassVar[tuple[str, ...]] = ("back", "quit", "help")

    def offered(self) -> list[str]:
        """The actions of its scopes, and those that every dialog has."""
        return [*super().offered(), *self.ALWAYS]

    def do_back(self) -> None:
        """Leave without deciding."""
        self.leave(None)

    def do_quit(self) -> None:
        """Copy selected text, else leave without deciding."""
        if not self.copy_selection():
            self.do_back()

    def do_help(self) -> None:
        """Help for this dialog."""
        self.dashboard.open_help(self)
