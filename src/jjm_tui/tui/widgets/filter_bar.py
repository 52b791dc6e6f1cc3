"""Typing a filter: the result is live, a wrong one is explained with its place, and the last good list stays."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from jjm_tui.domain.criteria import KEYS
from jjm_tui.domain.query import Query, parse_query
from jjm_tui.domain.text import truncate
from jjm_tui.errors import FilterError
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.binding import BindingType

    from jjm_tui.tui.writing.text_history import TextWalk


_HALF_TYPED: Final = re.compile(r"(?:^|\s)-?(?P<key>[A-Za-z][A-Za-z_-]*)(?P<sign>[<>=]\S*)?\s*$")
"""A word that may be a key of the filter language without its colon, and what may stand behind that."""

_LEAST_HINT: Final = 60
"""Cells of a hint that are shown however narrow the bar is."""


class FilterBar(Vertical):
    """A line to type a filter into and a line that explains it. Hidden unless open."""

    DEFAULT_CSS = """
    FilterBar {
        height: auto;
        display: none;
        background: $surface;
        &.-open { display: block; }
        & > Input { border: none; height: 1; padding: 0 1; background: $surface; }
        & > Input:focus { border: none; background: $boost; }
        & > Static { height: auto; max-height: 5; padding: 0 1; color: $foreground; }
        &.-wrong > Static { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "As before", show=False),
        Binding("up", "walk(-1)", "The filter before", show=False),
        Binding("down", "walk(1)", "The filter after", show=False),
    ]

    class Changed(Message):
        """The filter as it is typed, when it can be understood; ``query`` is ``None`` for an empty one.

        ``is_whole``: its last word has come to its end.
        """

        def __init__(self, bar: FilterBar, text: str, query: Query | None, *, is_whole: bool) -> None:
            super().__init__()
            self.bar = bar
            self.text = text
            self.query = query
            self.is_whole = is_whole

        @property
        def control(self) -> FilterBar:
            """The filter bar."""
            return self.bar

        def can_replace(self, message: Message) -> bool:
            """Only the newest text matters."""
            return isinstance(message, FilterBar.Changed)

    class Typed(Message):
        """The text is another one; ``can_keep`` may be, too."""

        def __init__(self, bar: FilterBar) -> None:
            super().__init__()
            self.bar = bar

        @property
        def control(self) -> FilterBar:
            """The filter bar."""
            return self.bar

    class Kept(Message):
        """Typing ended, and this is the filter from now on."""

        def __init__(self, bar: FilterBar, text: str, query: Query | None) -> None:
            super().__init__()
            self.bar = bar
            self.text = text
            self.query = query

        @property
        def control(self) -> FilterBar:
            """The filter bar."""
            return self.bar

    class Cancelled(Message):
        """Typing ended, and everything is to be as it was before."""

        def __init__(self, bar: FilterBar) -> None:
            super().__init__()
            self.bar = bar

        @property
        def control(self) -> FilterBar:
            """The filter bar."""
            return self.bar

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._walk: TextWalk | None = None
        self._opened = self._shown = ""
        self._has_match = True

    def compose(self) -> ComposeResult:
        yield LineInput(placeholder="words  state:failed  repo:acme/*  waiting:>30m  is:needs-me  -not  OR")
        yield Static()

    def open(self, text: str, before: Sequence[str] = ()) -> None:
        """Begin to type, from the filter that is in force; ``before``: earlier ones, the oldest first."""
        from jjm_tui.tui.writing.text_history import TextWalk

        self._walk = TextWalk([each for each in before if each != text], text)
        self._opened = self._shown = text
        self.add_class("-open")
        self._put(text)
        self.screen.set_focus(self.query_one(Input))  # at once, as keys typed ahead would be commands
        self._explain(text)

    def _put(self, text: str) -> None:
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)

    @property
    def is_open(self) -> bool:
        """Whether somebody types."""
        return self.has_class("-open")

    @property
    def can_keep(self) -> bool:
        """Whether what is typed is a filter, so that the enter key keeps it."""
        return not self.has_class("-wrong") and not self._half_typed(self.query_one(Input).value)

    def show_match(self, text: str) -> None:
        """The list shows what this filter means."""
        self._shown, self._has_match = text, True

    def show_no_match(self, query: Query, hint: str) -> None:
        """What is typed so far matches nothing, and the list was left as it was. ``hint``: what would, or nothing."""
        self._has_match = False
        words = f"No match yet; {self._says_what_is_shown()}. {hint or query.explain()}"
        self.query_one(Static).update(literal_line(words))

    def _says_what_is_shown(self) -> str:
        return f"the list still shows: {self._shown or 'everything'}"

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self._explain(event.value)
            self.post_message(self.Typed(self))

    def _explain(self, text: str, *, is_refused: bool = False) -> None:
        line = self.query_one(Static)
        try:
            query = _parse(text)
        except FilterError as error:
            self.add_class("-wrong")
            self._show_last_whole(text)
            refusal = "Not kept, because it is wrong. " if is_refused else ""
            line.update(
                literal_line(f"{refusal}{_explanation(error, self.size.width)} T{self._says_what_is_shown()[1:]}.")
            )
            return
        self.remove_class("-wrong")
        line.update(literal_line(query.explain()) if query is not None else Content("everything"))
        self.post_message(self.Changed(self, text.strip(), query, is_whole=text.endswith(" ")))

    def _show_last_whole(self, text: str) -> None:
        """Half a word means nothing: the list goes back to the longest beginning of the text that is a filter."""
        ends = {found.start() for found in re.finditer(r"\s+", text)}
        if text.startswith(self._opened):
            ends.add(len(self._opened))
        for end in sorted(ends, reverse=True):
            with contextlib.suppress(FilterError):
                whole, query = text[:end].strip(), _parse(text[:end])
                break
        else:
            whole, query = "", None
        if whole != self._shown:
            self._shown = whole
            self.post_message(self.Changed(self, whole, query, is_whole=True))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.is_open and self.has_class("-wrong"):
            self._explain(event.value, is_refused=True)
        elif self.is_open and (hint := self._half_typed(event.value)):
            words = f"Not kept, because it is half a filter. {hint} T{self._says_what_is_shown()[1:]}."
            self.query_one(Static).update(literal_line(words))
        elif self.is_open:
            self._close()
            self.post_message(self.Kept(self, event.value.strip(), _parse(event.value)))

    def _half_typed(self, text: str) -> str:
        """How to go on where the last word is the name of a key and not a word of any task; else nothing."""
        found = _HALF_TYPED.search(text)
        key = None if found is None else KEYS.get(found["key"].lower())
        if found is None or key is None or (self._has_match and not found["sign"]):
            return ""
        return f"Type {key.example}, for example."

    def action_cancel(self) -> None:
        """Take back what was typed."""
        self._close()
        self.post_message(self.Cancelled(self))

    def action_walk(self, step: int) -> None:
        """Go to the filter that was kept before this one, or with 1 after it."""
        text = None if self._walk is None else self._walk.step(self.query_one(Input).value, step)
        if text is None:
            self.query_one(Static).update(Content("There is no older filter." if step < 0 else "This is the newest."))
        else:
            self._put(text)

    def _close(self) -> None:
        self.remove_class("-open", "-wrong")


def _parse(text: str) -> Query | None:
    return parse_query(text) if text.strip() else None


def _explanation(error: FilterError, width: int) -> str:
    """What is wrong; of a hint that names many words, as many as do not push the list away."""
    position = error.context.get("position")
    where = f" at {position + 1}" if isinstance(position, int) else ""
    hint = f" {_fitting(error.hint, max(width * 5 // 2, _LEAST_HINT))}" if error.hint else ""
    what = error.message.removeprefix("The filter is wrong").partition(": ")[2] or error.message
    return f"✗{where}: {what}{hint}"


def _fitting(hint: str, room: int) -> str:
    """A sentence in so many cells: a list of words in it ends with how many more there are."""
    if cell_len(hint) <= room:
        return hint
    words = hint.removesuffix(".").split(", ")
    for count in range(len(words) - 1, 0, -1):
        fewer = f"{', '.join(words[:count])} and {len(words) - count} more."
        if cell_len(fewer) <= room:
            return fewer
    return truncate(hint, room)
