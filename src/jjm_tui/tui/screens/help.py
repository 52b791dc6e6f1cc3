"""Help for where the person is: its keys, and what they need to know about glyphs, filters and outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Resize
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from jjm_tui.domain.text import cell_width, clean, clean_line
from jjm_tui.tui.finding.palette_entries import keyed_nodes
from jjm_tui.tui.keyed import Keyed
from jjm_tui.tui.keymap import Keymap
from jjm_tui.tui.pages.help_text import HelpRow, HelpSection, Offer, help_sections, where_one_is
from jjm_tui.tui.screens.base import Dialog
from jjm_tui.tui.screens.line_sheet import LineSheet
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.lines import Line

_HEAD_CELLS: Final = 22
_NARROW_HEAD_CELLS: Final = 12
_NARROW: Final = 60


class HelpScreen(LineSheet[None]):
    """Keys and explanations in one list, searched by typing after the key of ``filter``."""

    DEFAULT_CSS = """
    HelpScreen {
        & > #frame.-large { max-width: 104; }
        & #sought { border: none; height: 1; padding: 0 1; margin: 0 0 1 0; background: $boost; }
        & #sought:focus { border: none; }
        & #sought > .input--placeholder { color: $text-muted; }
        & #help { height: 1fr; }
        &.-tall #keys { margin: 1 0 0 0; }
    }
    """
    IS_LARGE: ClassVar[bool] = True
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-short"), (24, "-tall")]  # noqa: RUF012 - Textual's
    ALWAYS: ClassVar[tuple[str, ...]] = (*LineSheet.ALWAYS, "filter")
    AUTO_FOCUS = "#help"

    def __init__(self, screen: Screen[Any]) -> None:
        """``screen``: where the person is and wants help for."""
        place = screen.help_place if isinstance(screen, Keyed) else ""
        name, purpose = where_one_is(place)
        super().__init__(f"Help: {name}" if name else "Help")
        self._purpose = purpose
        self._sections = help_sections(_offers(screen), _keys_now(self.dashboard.launch.keymap, screen), place)

    def compose_inside(self) -> ComposeResult:
        key = self.dashboard.launch.keymap.first("filter")
        yield LineInput(placeholder=f"{key} and a word: search the help".strip(), id="sought")
        yield LineList(id="help")

    def hints(self) -> Iterable[Hint]:
        sought = self.query_one("#sought", Input)
        scroll: tuple[Hint, ...] = (("↑↓", "scroll"),) if self.lines.show_vertical_scrollbar else ()
        if sought.has_focus:
            return (("enter", "to the lines"), ("back", "end search"), *scroll)
        back = "end search" if sought.value else "back"
        return (("back", back), ("filter", "search"), *scroll)

    def on_mount(self) -> None:
        """Scrolling is offered where there is more than fits."""
        self.watch(self.lines, "show_vertical_scrollbar", self.show_keys, init=False)

    # searching

    @on(Input.Changed, "#sought")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value)
        self.show_keys()

    @on(Input.Submitted, "#sought")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.lines.focus()

    def on_descendant_focus(self) -> None:
        """Searching begins or ends: other keys work."""
        self.show_keys()

    def do_filter(self) -> None:
        """Type what is sought."""
        self.query_one("#sought", Input).focus()

    def do_back(self) -> None:
        """End searching, then leave."""
        sought = self.query_one("#sought", Input)
        if sought.value or sought.has_focus:
            sought.value = ""
            self.lines.focus()
        else:
            super().do_back()

    def do_help(self) -> None:
        """The key that opened it closes it."""
        self.leave(None)

    # showing

    def on_resize(self, event: Resize) -> None:
        """Lines are broken anew."""
        self.call_after_refresh(self._show_again)

    def _show_again(self) -> None:
        if self.is_running:
            self._show(self.query_one("#sought", Input).value)

    def _show(self, sought: str) -> None:
        words = clean(sought).lower().split()
        width = self.lines.size.width - 2
        purpose = (
            [*_wrapped(Content(self._purpose), 1, width), Line(Content(""))] if self._purpose and not words else []
        )
        lines = [*purpose, *_lines(self._sections, words, width)]
        self.lines.set_lines(lines)
        self.lines.show_empty(Content("Nothing in the help has these words."))
        if words:
            self.lines.move_first()


def _offers(screen: Screen[Any]) -> list[Offer]:
    """What the screen, what is focused in it and its other parts offer; the first who offers something is asked."""
    found: dict[str, Offer] = {}
    parts = (node for node in screen.query("*") if isinstance(node, Keyed) and _is_shown(node))
    for node in (*keyed_nodes(screen), *parts):
        for action_id in node.offered():
            if action_id not in found:
                why_not = clean_line(node.unavailable(action_id) or "")
                found[action_id] = Offer(action_id, why_not, node.DOES.get(action_id, ""))
    return list(found.values())


def _keys_now(keymap: Keymap, screen: Screen[Any]) -> Keymap:
    """Without the keys that a field of a form takes as text, where others do the same."""
    field = screen.focused if isinstance(screen, Dialog) else None
    if field is None:
        return keymap

    def works(key: str) -> bool:
        return not field.check_consume_key(key, " " if key == "space" else key if len(key) == 1 else None)

    return replace(keymap, keys={each: tuple(filter(works, keys)) or keys for each, keys in keymap.keys.items()})


def _is_shown(part: DOMNode) -> bool:
    """Whether it is on the screen: what is hidden, as a composer that is not written in, does nothing from here."""
    return all(node.display for node in part.ancestors_with_self if isinstance(node, Widget))


def _lines(sections: Sequence[HelpSection], words: Sequence[str], width: int) -> Iterator[Line]:
    head = _HEAD_CELLS if width >= _NARROW else _NARROW_HEAD_CELLS
    is_first = True
    for section in sections:
        rows = [row for row in section.rows if row.has(words, section.title)]
        if words and not rows:
            continue
        if not is_first:
            yield Line(Content(""))
        is_first = False
        yield Line(Content.styled(f" {section.title.upper()}", "bold $text-primary"))
        if section.intro and not words:
            yield from _wrapped(Content.styled(section.intro, "$text-muted"), 1, width)
        for row in rows:
            yield from _row(row, head, width)


def _row(row: HelpRow, head: int, width: int) -> Iterator[Line]:
    style = "$text-muted" if row.note else "bold $text-accent"
    left = Content.styled(f" {row.head}", style)
    text = Content.styled(row.text, "$text-muted" if row.note else "")
    if row.note:
        text += Content.styled(f" · now: {row.note}", "$text-muted")
    room = max(8, width - head)
    pieces = text.wrap(room)
    if cell_width(row.head) + 2 > head:
        yield Line(left)
        left = Content("")
    for number, piece in enumerate(pieces):
        pad = " " * (head - (left.cell_length if number == 0 else 0))
        yield Line((left if number == 0 else Content("")) + Content(pad) + piece)


def _wrapped(text: Content, indent: int, width: int) -> Iterator[Line]:
    for piece in text.wrap(max(8, width - indent)):
        yield Line(Content(" " * indent) + piece)
