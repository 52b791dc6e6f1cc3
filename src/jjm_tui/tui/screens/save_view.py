"""Keeping the filter of the list as a view: it is given a name and written into the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from jjm_tui.domain.text import clean_line
from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import document
from jjm_tui.settings.locations import DEFAULT_PROFILE
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.screens.sheet import Sheet
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.line_input import LineInput

_LONGEST: Final = 30
"""Characters of a name: it is the label of a tab."""

_ALL: Final = "all"
"""The label of the first tab."""


class SaveViewDialog(Sheet[str]):
    """Asks for a name. Dismisses with it once the view is kept, with ``None`` when it was left.

    A demonstration writes no settings: its views end with it.
    """

    DEFAULT_CSS = """
    SaveViewDialog {
        & > #frame { width: 64; }
        & #about { padding: 1 1 0 1; height: auto; }
        & Input { border: none; height: 1; padding: 0 1; margin: 1 1 0 1; background: $boost; }
        & Input > .input--placeholder { color: $text-muted; }
        & Input:focus { border: none; background-tint: $foreground 5%; }
        & #state { padding: 0 1; min-height: 1; height: auto; }
        & #state.-wrong { color: $text-error; }
    }
    """
    AUTO_FOCUS: ClassVar[str] = "#name"

    def __init__(self, text: str) -> None:
        """``text``: the filter, which can be understood."""
        super().__init__("Save this filter as a view")
        self._text = text
        self._replaces: tuple[str, str] | None = None
        """The view that was asked about, and its filter."""
        self._is_saving = False

    def compose_inside(self) -> ComposeResult:
        yield Static(literal_line(self._text, "bold"), id="about")
        yield LineInput(placeholder="its name, for example: mine", max_length=_LONGEST, id="name")
        yield Static(self._where(), id="state")

    def _where(self) -> Content:
        place = self.dashboard.launch.place
        if place.demo:
            return Content.styled("It is a tab until this demonstration ends.", "$text-muted")
        return literal_line(f"It becomes a tab, kept in your settings ({place.loaded.path.name}).", "$text-muted")

    def hints(self) -> Iterable[Hint]:
        return (("enter", "replace it" if self._replaces is not None else "save"), ("back", "back"))

    def unavailable(self, action_id: str) -> str | None:
        """What is being written cannot be left any more."""
        if action_id in ("back", "quit") and self._is_saving:
            return "The view is being saved; what became of that is told in a moment."
        return super().unavailable(action_id)

    @on(Input.Changed, "#name")
    def _typing(self, event: Input.Changed) -> None:
        event.stop()
        self._replaces = None
        self._show(self._where())

    @on(Input.Submitted, "#name")
    def _named(self, event: Input.Submitted) -> None:
        event.stop()
        if self._is_saving:
            return
        name = clean_line(event.value).strip()
        if not name:
            self._refuse("Type a name for it.")
        elif name.casefold() == _ALL:
            self._refuse(f"{_ALL} is the tab for everything; choose another name.")
        else:
            self._is_saving = True
            self._save(name)

    @work(group="save")
    async def _save(self, name: str) -> None:
        launch = self.dashboard.launch
        known = launch.views.get(name)
        try:
            lost = self._lost(name, known) if launch.place.demo else await asyncio.to_thread(self._write, name, known)
        except ConfigurationError as error:
            self._refuse(" ".join(filter(None, (error.message, error.hint))))
            return
        finally:
            self._is_saving = False
        if lost is not None:
            self._replaces = (name, lost)
            self._refuse(f"There is a view {name} with another filter: {lost}")
            return
        launch.new_views[name] = self._text
        self.leave(name)

    def _lost(self, name: str, known: str | None) -> str | None:
        """The filter that the name has, when it would be lost and nobody said yes to that."""
        return None if known == self._text or self._replaces == (name, known) else known

    def _write(self, name: str, known: str | None) -> str | None:
        """Write it, unless a filter would be lost: that one is answered. The file may say other than ``known``."""
        loaded = self.dashboard.launch.place.loaded
        profile = None if loaded.profile == DEFAULT_PROFILE else loaded.profile
        there = document.views_of(loaded.path, profile=profile).get(name, known)
        lost = self._lost(name, None if there is None else str(there))
        if lost is None:
            document.set_values(loaded.path, {f"views.{name}": self._text}, profile=profile)
        return lost

    def _refuse(self, words: str) -> None:
        self._show(literal_line(words), is_wrong=True)

    def _show(self, words: Content, *, is_wrong: bool = False) -> None:
        state = self.query_one("#state", Static)
        state.update(words)
        state.set_class(is_wrong, "-wrong")
        self.show_keys()
