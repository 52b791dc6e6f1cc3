"""The palette: every action, task, view, order and theme by a few letters of its name.

Textual's own palette reads titles as markup, keeps every hit as an option and searches in exponential time, so this is
a sheet of ours over the same idea.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from heapq import nlargest
from typing import TYPE_CHECKING, Any, Final

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from jjm_tui.domain.text import clean
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.finding.fuzzy import Match, match
from jjm_tui.tui.finding.palette_entries import (
    Entry,
    action_entries,
    order_entries,
    task_entries,
    theme_entries,
    view_entries,
)
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.look.theme import use_theme
from jjm_tui.tui.screens.line_sheet import LineSheet
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.lines import Line

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp

_SHOWN: Final = 60
"""Hits that are shown; who does not find it among them types another letter."""

_SLICE: Final = 250
"""Entries that are looked at before other things get their turn."""

_HEADINGS: Final = {"action": "HERE", "view": "VIEWS", "order": "ORDERS", "theme": "THEMES"}


class Palette(LineSheet[Entry]):
    """A field and what matches it. Dismisses with the chosen ``Entry`` or ``None``."""

    DEFAULT_CSS = """
    Palette {
        & > #frame { width: 92; height: 80%; min-height: 14; }
        & #query { border: none; height: 1; padding: 0 1; margin: 0 0 1 0; background: $boost; }
        & #query:focus { border: none; }
        & #query > .input--placeholder { color: $text-muted; }
        & #found { height: 1fr; }
        & #found > .line-list--cursor-blurred { background: $primary-muted; text-style: bold; }
        &:ansi #found > .line-list--cursor-blurred {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        & #about { height: 1; padding: 0 1; color: $text-muted; text-overflow: ellipsis; text-wrap: nowrap; }
    }
    """
    AUTO_FOCUS = "#query"

    def __init__(self, title: str, entries: Sequence[Entry], *, with_tasks: bool = True) -> None:
        """``entries`` are at hand at once; the tasks of the board are added behind the first frame."""
        super().__init__(title)
        self._at_hand = list(entries)
        self._with_tasks = with_tasks
        self._tasks: list[tuple[str, Entry]] | None = None if with_tasks else []
        self._shown: dict[str, Entry] = {}

    def compose_inside(self) -> ComposeResult:
        field = LineInput(placeholder="a few letters of what you want", id="query", select_on_focus=False)
        yield field
        found = LineList(has_cursor=True, id="found")
        found.can_focus = False
        yield found
        yield Static(id="about")

    def on_mount(self) -> None:
        """Show what is at hand."""
        self._search("")

    def hints(self) -> Iterable[Hint]:
        return (("enter", "choose"), ("↑↓", "move"), ("back", "back"))

    def board_changed(self, change: BoardChange) -> None:
        """Tasks that came or changed are found from the next letter on."""
        if self._with_tasks and change.task_ids:
            self._tasks = None

    # searching

    @on(Input.Changed, "#query")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._search(event.value)

    @work(exclusive=True, group="search")
    async def _search(self, query: str) -> None:
        words = clean(query).lower().split()
        if not words:
            self._show_all()
            return
        hits = await self._hits(words, [(entry.sought, entry) for entry in self._at_hand])
        typed = " ".join(words)
        self._show_hits(hits, typed)
        if self._with_tasks:
            self._show_hits([*hits, *await self._hits(words, await self._all_tasks())], typed)

    async def _hits(self, words: Sequence[str], sought: Sequence[tuple[str, Entry]]) -> list[tuple[Match, Entry]]:
        hits: list[tuple[Match, Entry]] = []
        for start in range(0, len(sought), _SLICE):
            for text, entry in sought[start : start + _SLICE]:
                found = match(words, text, len(entry.title))
                if found is not None:
                    hits.append((found, entry))
            await asyncio.sleep(0)
        return hits

    async def _all_tasks(self) -> Sequence[tuple[str, Entry]]:
        """All tasks with what is sought of them; made in slices, and kept until the board changes."""
        if self._tasks is None:
            tasks, now = tuple(self.board.tasks.values()), self.now()
            made: list[tuple[str, Entry]] = []
            for start in range(0, len(tasks), _SLICE):
                part = tasks[start : start + _SLICE]
                entries = list(task_entries(part, self.dashboard, now))
                made += [
                    (f"{entry.sought} {task.id}".lower(), entry) for task, entry in zip(part, entries, strict=True)
                ]
                await asyncio.sleep(0)
            self._tasks = made
        return self._tasks

    # showing

    def _show_all(self) -> None:
        lines: list[Line] = []
        self._shown = {}
        kind = None
        for entry in self._at_hand:
            if entry.kind != kind and len({each.kind for each in self._at_hand}) > 1:
                lines.append(Line(Content.styled(f" {_HEADINGS[entry.kind]}", "bold $text-primary")))
            kind = entry.kind
            lines.append(self._line(entry))
        self._show(lines)

    def _show_hits(self, hits: Iterable[tuple[Match, Entry]], typed: str) -> None:
        """The best first. ``typed``: in lower case."""

        def rank(hit: tuple[Match, Entry]) -> tuple[bool, bool, float]:
            found, entry = hit
            return entry.is_named(typed), entry.why_not is None, found.score

        self._shown = {}
        best = nlargest(_SHOWN, hits, key=rank)
        self._show([self._line(entry, found) for found, entry in best])

    def _line(self, entry: Entry, found: Match | None = None) -> Line:
        key = str(len(self._shown))
        self._shown[key] = entry
        return Line(entry.draw(found), key)

    def _show(self, lines: Sequence[Line]) -> None:
        found = self.lines
        found.set_lines(())
        found.set_lines(lines)
        found.show_empty(Content("Nothing has these letters in its name."))
        found.move_first()
        self._show_about()

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        line = self.lines.highlighted
        return None if line is None or line.key is None else self._shown.get(line.key)

    @on(LineList.Highlighted)
    def _highlighted(self, event: LineList.Highlighted) -> None:
        event.stop()
        self._show_about()

    def _show_about(self) -> None:
        entry = self.chosen
        words = "" if entry is None else entry.why_not or entry.more
        self.query_one("#about", Static).update(literal_line(words))

    # choosing

    @on(Input.Submitted, "#query")
    @on(LineList.Chosen)
    def _choose(self, event: Input.Submitted | LineList.Chosen) -> None:
        event.stop()
        entry = self.chosen
        if entry is None:
            return
        if entry.why_not is not None:
            self.dashboard.tell(entry.why_not, severity="warning")
        else:
            self.leave(entry)


class ThemePalette(Palette):
    """Themes, each shown while the cursor is on it; leaving brings the old one back."""

    def __init__(self, app: JulesApp) -> None:
        self._before = app.theme
        super().__init__("Theme", theme_entries(app, ""), with_tasks=False)

    def _show_about(self) -> None:
        super()._show_about()
        entry = self.chosen
        if entry is not None and self._leaving is None:
            use_theme(self.dashboard, entry.title)

    def leave(self, result: Entry | None) -> None:
        """Without a choice, the theme is the one from before."""
        if result is None and self._leaving is None:
            use_theme(self.dashboard, self._before)
        super().leave(result)


def _carry_out(entry: Entry | None) -> None:
    if entry is not None:
        entry.run()


def open_palette(app: JulesApp) -> None:
    """Open the palette over the present screen."""
    if isinstance(app.screen, Palette):
        return
    screen: Screen[Any] = app.screen
    entries = [*action_entries(screen, app), *view_entries(screen, app), *order_entries(screen), *theme_entries(app)]
    app.push_screen(Palette("Go to anything", entries), _carry_out)


def open_themes(app: JulesApp) -> None:
    """Choose a theme, seeing each."""
    if not app.launch.settings.ui.color:
        app.tell("Colours are off: by --no-color, NO_COLOR or ui.color = false in the settings.", severity="warning")
    elif not isinstance(app.screen, Palette):
        app.push_screen(ThemePalette(app), _carry_out)
