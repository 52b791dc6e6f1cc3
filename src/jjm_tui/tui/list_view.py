"""What the person chose to see in the list: filter, view, order, groups; and what an empty list says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from textual.content import Content

from jjm_tui.domain.counts import is_archived
from jjm_tui.domain.order import SORT_FIELDS, check_sort_field
from jjm_tui.errors import FilterError, ValidationError
from jjm_tui.services.arrangement import Grouping
from jjm_tui.services.board import Board
from jjm_tui.tui.keymap import Keymap
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.widgets.line_styles import KEY

if TYPE_CHECKING:
    from datetime import datetime

    from jjm_tui.domain.query import Query
    from jjm_tui.domain.task import Task
    from jjm_tui.services.store_troubles import StoreTrouble

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_-]*")

GROUPINGS: Final[tuple[Grouping, ...]] = get_args(Grouping)
SORT_WORDS: Final[Mapping[str, str]] = {
    "needs-me": "needs me",
    "updated_at": "newest change",
    "waiting": "longest wait",
    "created_at": "newest",
    "status": "status",
    "repository": "repository",
    "title": "title",
}
"""What each order is called."""
_SORTS: Final = tuple(SORT_WORDS)
_KEYS_TO_BEGIN: Final[tuple[tuple[str, str], ...]] = (
    ("task.create", "a new task"),
    ("task.create-from-template", "a new task from a template"),
    ("help", "all keys"),
)
_KEYS_TO_NEED: Final[tuple[tuple[str, str], ...]] = (("next.needs-me", "what needs you"),)
_KEYS_WITHOUT_MATCH: Final[tuple[tuple[str, str], ...]] = (
    ("filter.all", "every task"),
    ("filter", "another filter"),
    ("help", "all keys"),
)
_GROUP_WORDS: Final[Mapping[Grouping, str]] = {"needs": "", "repository": "by repository", "none": "flat"}


def way_to_a_server(keymap: Keymap) -> tuple[str, str]:
    """The action that leads to the set-up, and what to do after its key: ``then s: set up a server``."""
    then = keymap.first("connection.setup")
    return "connection", f"then {then}: set up a server" if then else "set up a server"


def state_hint(text: str) -> str:
    """What to type instead of the name of a state, which by itself is looked for as a word; else nothing."""
    from jjm_tui.domain.query import parse_query

    if not _WORD.fullmatch(text):
        return ""
    try:
        parse_query(f"state:{text}")
    except FilterError:
        return ""
    return f"For the state, type state:{text}."


def _explain_unread(trouble: StoreTrouble, keymap: Keymap) -> Content:
    """Why no task is here although some may be stored, and what to do."""
    what = f"{trouble.what[:1].upper()}{trouble.what[1:]}."
    told = [literal_line(each) for each in (what, trouble.message, trouble.hint) if each]
    again = literal_line(f"The file is read again {trouble.again};")
    way_out = Content.assemble(
        again, " ", (keymap.first("refresh"), KEY), " reads it now. `jjm doctor` checks everything."
    )
    return Content("\n\n").join((*told, way_out))


def _explain_unread_briefly(trouble: StoreTrouble) -> Content:
    """The same in a sentence, for the place of the task that would stand beside the list."""
    command = "jjm store repair" if "jjm store repair" in (trouble.hint or "") else "jjm doctor"
    why = literal_line(f"No task can be shown, as {trouble.what}:")
    return Content.assemble(why, " run ", (command, KEY), " in a terminal.")


class Filtered(NamedTuple):
    """A filter: its text, what it means, and the saved view that it comes from."""

    text: str
    query: Query | None
    view: str | None


@dataclass(slots=True)
class ListChoice:
    """The choices, and their words. ``views``: the saved ones of the settings by name."""

    views: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    query: Query | None = None
    view: str | None = None
    sort: str = "needs-me"
    reverse: bool = False
    grouping: Grouping = "needs"
    archived: bool = False

    @classmethod
    def remembered(cls, memory: Memory, views: Mapping[str, str]) -> ListChoice:
        """What was chosen the last time; what no longer exists is dropped."""
        choice = cls(views, reverse=memory.reverse)
        try:
            choice.sort = check_sort_field(memory.sort)
        except ValidationError:
            choice.sort = SORT_FIELDS[-1]
        choice.grouping = next((each for each in GROUPINGS if each == memory.grouping), "needs")
        if memory.view in views:
            choice.use_view(memory.view)
        return choice

    def remember(self, memory: Memory) -> None:
        """Keep it for the next start. A filter typed by hand is not kept: nobody should wonder where tasks are."""
        kept = (self.sort, self.reverse, self.grouping, self.view)
        if kept != (memory.sort, memory.reverse, memory.grouping, memory.view):
            memory.sort, memory.reverse, memory.grouping, memory.view = kept
            memory.save()

    @property
    def filtered(self) -> Filtered:
        """The filter that is in force."""
        return Filtered(self.text, self.query, self.view)

    def restore_filter(self, before: Filtered) -> None:
        """Filter as it was before."""
        self.text, self.query, self.view = before

    def set_filter(self, text: str, query: Query | None) -> None:
        """Filter by what was typed."""
        self.text, self.query, self.view = text, query, None

    def toggle_filter(self, text: str) -> None:
        """Filter by a known good text; the same again shows everything."""
        from jjm_tui.domain.query import parse_query

        wanted = "" if text == self.text else text
        self.set_filter(wanted, parse_query(wanted) if wanted else None)

    def uncover(self, task: Task, now: datetime) -> None:
        """Show a task that is hidden: with the archive if it is in there, without a filter that it does not match."""
        self.archived |= is_archived(task)
        if self.query is not None and not self.query.matches(task, now):
            self.set_filter("", None)

    def use_view(self, name: str | None) -> str | None:
        """Take over a saved view; answers what is wrong with it, then the filter stays as it is."""
        if name is None:
            self.set_filter("", None)
            return None
        from jjm_tui.domain.query import parse_view

        text = self.views.get(name, "")
        try:
            query = parse_view(name, text)
        except FilterError as error:
            return error.message
        self.set_filter(text, query)
        self.view = name
        return None

    def next_sort(self) -> None:
        """The next order."""
        place = _SORTS.index(self.sort) if self.sort in _SORTS else -1
        self.sort = _SORTS[(place + 1) % len(_SORTS)]

    def next_grouping(self) -> None:
        """The next way to group."""
        self.grouping = GROUPINGS[(GROUPINGS.index(self.grouping) + 1) % len(GROUPINGS)]

    def describe(self, counted: tuple[int, int] | None = None) -> Content:
        """The title of the list: what the person typed comes last, where it may be cut, and the usual order goes
        without saying then. ``counted``: how many tasks the filter leaves, and of how many.
        """
        parts = ["Tasks"]
        if not self.text or (self.sort, self.reverse) != (_SORTS[0], False):
            parts.append(f"sort: {SORT_WORDS.get(self.sort, self.sort)}{' reversed' if self.reverse else ''}")
        if grouped := _GROUP_WORDS[self.grouping]:
            parts.append(grouped)
        if self.archived:
            parts.append("with archived")
        if self.text and counted is not None:
            parts.append(f"{counted[0]} of {counted[1]}")
        if self.view is not None:
            parts.append(f"view: {self.view}")
        elif self.text:
            parts.append(f"filter: {self.text}")
        return literal_line(" · ".join(parts))

    def explain_keys(self, board: Board, keymap: Keymap, *, has_need: bool = False) -> Content:
        """What can be done where no task can be shown beside the list, a key a line; nothing while that is unclear.

        ``has_need``: tasks that the filter hides need the person.
        """
        if self.text and board.tasks:
            wanted = (*_KEYS_TO_NEED, *_KEYS_WITHOUT_MATCH) if has_need else _KEYS_WITHOUT_MATCH
        elif (wrong := board.store_trouble) is not None and wrong.place in ("tasks", "news") and not board.tasks:
            return _explain_unread_briefly(wrong)
        elif board.tasks or wrong is not None:
            return Content()
        elif board.connection.status == "none":
            wanted = (way_to_a_server(keymap), ("help", "all keys"))
        elif board.connection.trouble is not None or board.sync.synced_at is None:
            return Content()
        else:
            wanted = _KEYS_TO_BEGIN
        keys = ((keymap.first(each), words) for each, words in wanted)
        return Content("\n").join(Content.assemble((f"{key:<3}", KEY), words) for key, words in keys if key)

    def explain_empty(self, board: Board, keymap: Keymap, *, is_opening: bool, has_need: bool = False) -> Content:
        """What an empty list says, and what can be done about it."""
        connection = board.connection
        if self.text and board.tasks:
            hint = state_hint(self.text)
            everything = (keymap.first("filter.all"), KEY)
            no_match = literal_line(f"No task matches {self.text}.")
            parts = (no_match, " ", everything, " shows everything.", " " if hint else "", literal_line(hint))
            to_need = keymap.first("next.needs-me") if has_need else ""
            goes_there = Content.assemble(" ", (to_need, KEY), " goes to what needs you.") if to_need else Content()
            return Content.assemble(*parts, goes_there)
        if (wrong := board.store_trouble) is not None and wrong.place in ("tasks", "news") and not board.tasks:
            return _explain_unread(wrong, keymap)
        if not board.is_whole or is_opening:
            return Content("Reading the stored tasks…")
        if connection.status == "none":
            key = (keymap.first("connection") or keymap.first("palette"), KEY)
            trouble = literal_line(connection.trouble or "No server is set up.")
            then = keymap.first("connection.setup") if keymap.first("connection") else ""
            on_that_page: tuple[str | tuple[str, str], ...] = (", then ", (then, KEY), ",") if then else ()
            return Content.assemble(trouble, " Press ", key, *on_that_page, " to set up a server.")
        if connection.trouble is not None:
            return literal_line(f"No tasks are stored, and the server cannot be asked: {connection.trouble}")
        if board.sync.synced_at is None:
            return Content("Asking the server for your tasks…")
        if board.tasks:
            return Content.assemble("Everything is archived. ", (keymap.first("archived"), KEY), " shows it.")
        key = (keymap.first("task.create"), KEY)
        return Content.assemble("There are no tasks yet. ", key, " creates the first one.")
