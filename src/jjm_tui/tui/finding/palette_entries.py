"""What the palette offers: actions of the place it was opened at, tasks, saved views, orders, themes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from jjm_tui.domain.task import Task
from jjm_tui.domain.text import clean_line, heading
from jjm_tui.tui.actions import ACTIONS
from jjm_tui.tui.finding.fuzzy import Match
from jjm_tui.tui.keyed import Keyed
from jjm_tui.tui.list_view import SORT_WORDS
from jjm_tui.tui.look.theme import kind_of, offered_themes, pick_theme
from jjm_tui.tui.widgets.tasks.task_row import row_moment

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp

_OWN_SCREENS: Final = frozenset({"outbox", "watch", "connection", "log", "insights"})
"""What only works on one screen is offered there."""

_LABEL_CELLS: Final = 10
_TITLE_CELLS: Final = 22
_AGE_CELLS: Final = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette. All texts are clean.

    ``label``: a key or what kind of thing it is, of a task its age as well, which nothing cuts; ``more``: what the last
    line says about it; ``why_not``: why it cannot be chosen now; ``run``: called when it was chosen and the palette is
    gone.
    """

    kind: str
    label: str
    title: str
    help: str
    run: Callable[[], object]
    more: str = ""
    why_not: str | None = None

    @property
    def sought(self) -> str:
        """What is searched: themes and orders are all found by what they are as well."""
        kind = f" {self.label}" if self.kind in ("theme", "order") else ""
        return f"{self.title} {self.help}{kind}".lower()

    def is_named(self, words: str) -> bool:
        """Whether this begins the name of something to do, which stands before whatever has the letters elsewhere."""
        return self.kind in ("action", "view", "order") and self.title.lower().startswith(words)

    def draw(self, found: Match | None = None) -> Content:
        """The line, what was found underlined."""
        muted = "$text-muted"
        title = Content.styled(self.title, "" if self.why_not is None else muted)
        told = Content.styled(self.help, muted)
        if found is not None:
            for place in found.positions:
                if place < len(self.title):
                    title = title.stylize("bold underline", place, place + 1)
                elif place > len(self.title):
                    told = told.stylize("underline", place - len(self.title) - 1, place - len(self.title))
        is_key = self.kind == "action"
        column = f" {self.label:<{_LABEL_CELLS}}" if self.label else " "
        label = Content.styled(column, "bold $text-accent" if is_key else muted)
        gap = " " * (2 if self.kind == "task" else max(2, _TITLE_CELLS - title.cell_length))
        return label + title + Content(gap) + told


def keyed_nodes(screen: Screen[Any]) -> list[Keyed]:
    """What carries out actions here, the focused first."""
    start: DOMNode = screen if screen.focused is None else screen.focused
    return [node for node in start.ancestors_with_self if isinstance(node, Keyed)]


def action_entries(screen: Screen[Any], app: JulesApp) -> list[Entry]:
    """The actions of the focused widget and of the screen: those of the footer first, then as the table has them."""
    keymap = app.launch.keymap
    task = getattr(screen, "current_task", lambda: None)()
    found: dict[str, Entry] = {}
    for node in keyed_nodes(screen):
        for action_id in node.offered():
            action = ACTIONS[action_id]
            if (action.in_palette or action.scope in _OWN_SCREENS) and action_id not in found:
                twin = action.twin or ""
                found[action_id] = Entry(
                    kind="action",
                    label=keymap.first(action_id),
                    title=action.title,
                    help=action.help,
                    run=partial(node.call_later, node.action_perform, action_id),
                    more=clean_line(twin.replace("{id}", task.id if isinstance(task, Task) else "TASK")),
                    why_not=node.unavailable(action_id),
                )
    return sorted(found.values(), key=lambda entry: entry.why_not is not None)


def view_entries(screen: Screen[Any], app: JulesApp) -> list[Entry]:
    """The saved views, where the screen can show one."""
    apply_view = getattr(screen, "apply_view", None)
    if apply_view is None:
        return []
    views = app.launch.views
    return [
        Entry("view", "view", clean_line(name), clean_line(text), partial(apply_view, name))
        for name, text in views.items()
    ]


def order_entries(screen: Screen[Any]) -> list[Entry]:
    """The orders of the list, where the screen has one; the present one says so."""
    sort_by = getattr(screen, "sort_by", None)
    if sort_by is None:
        return []
    now = screen.choice.sort  # type: ignore[attr-defined]
    return [
        Entry(
            "order", "order", f"sort: {words}", "of the list" + (", now" if sort == now else ""), partial(sort_by, sort)
        )
        for sort, words in SORT_WORDS.items()
    ]


def theme_entries(app: JulesApp, label: str = "theme") -> list[Entry]:
    """All themes; the present one says so."""
    return [
        Entry(
            "theme",
            label,
            name,
            kind_of(app.available_themes[name]) + (", now" if name == app.theme else ""),
            partial(pick_theme, app, name),
        )
        for name in offered_themes(app)
    ]


def task_entries(tasks: Iterable[Task], app: JulesApp, now: datetime) -> Iterator[Entry]:
    """Tasks by title, repository and id; made one by one, as there may be ten thousand."""
    for task in tasks:
        moment = row_moment(task, now)
        look = moment.appearance
        told = " · ".join(filter(None, (look.word, clean_line(task.repository or ""))))
        yield Entry(
            "task",
            f"task {moment.age:>{_AGE_CELLS}}",
            heading(task.title, task.description, task.id),
            told,
            partial(app.show_task, task.id),
            more=clean_line(f"{look.glyph} {look.sentence} · {task.id}"),
        )
