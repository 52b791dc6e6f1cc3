"""A field for one line of a person's text, with a short list of what could be meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, Resize
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from jjm_tui.domain.text import cell_width, clean, clean_line, truncate
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.writing.known_repositories import suggest

_SHOWN: Final = 6
_HOW_TO_CHOOSE: Final = "arrow down goes into the list, enter takes one"


class LineField(LineInput):
    """A ``LineInput`` without a frame that holds clean text only. ``on_edit`` is called at every change, at once."""

    DEFAULT_CSS = """
    LineField {
        background: $boost;
        color: $foreground;
        width: 1fr;
        height: 1;
        padding: 0 1 0 0;
        border: none;
        border-left: outer $foreground-disabled;
        &:focus { border: none; border-left: outer $border; background: $boost; }
        & > .input--placeholder { color: $text-muted; }
    }
    """

    def __init__(self, on_edit: Callable[[], None], *, placeholder: str = "") -> None:
        super().__init__(select_on_focus=False)
        self._on_edit = on_edit
        self._shown_when_empty = placeholder
        self._is_showing = False

    def validate_value(self, value: str) -> str:
        """One clean line."""
        return clean(value).replace("\n", " ").replace("\t", " ")

    def watch_value(self, value: str) -> None:
        """It was changed by the person, unless it was put in."""
        if not self._is_showing:
            self._on_edit()

    def show_value(self, value: str) -> None:
        """Put another text into the field."""
        if value == self.value:
            return
        self._is_showing = True
        self.value = value
        self._is_showing = False
        self.cursor_position = len(self.value)

    def show_placeholder(self, words: str) -> None:
        """What stands there while nothing is typed; it may be foreign."""
        self._shown_when_empty = words
        self.placeholder = truncate(clean_line(words), max(self.content_size.width - 1, 1))

    def on_resize(self, event: Resize) -> None:
        """The placeholder is cut to the width."""
        self.show_placeholder(self._shown_when_empty)


class _Suggestions(Widget):
    """The list below a field; its frame tells it from what it covers, and it takes no place.

    | component class | for |
    |---|---|
    | ``suggestions--current`` | the one that Enter takes |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"suggestions--current"}
    DEFAULT_CSS = """
    _Suggestions {
        overlay: screen;
        constrain: inside;
        display: none;
        height: auto;
        background: $surface;
        color: $foreground;
        border: round $border;
        border-title-color: $text-primary;
        border-subtitle-color: $text-muted;
        & > .suggestions--current { text-style: bold reverse; }
    }
    """

    def __init__(self, choose: Callable[[int], None], heading: str) -> None:
        super().__init__()
        self.border_title = Content(heading)
        self.border_subtitle = Content(_HOW_TO_CHOOSE)
        self._choose = choose
        self.items: list[str] = []
        self.current = -1

    def show(self, items: Sequence[str]) -> None:
        """Offer these, none of them chosen."""
        self.items, self.current = list(items), -1
        self.styles.height = max(1, len(items)) + self.gutter.height
        self.display = bool(items)
        self.refresh()

    def step(self, by: int) -> bool:
        """Go to the next one, or with -1 the previous; false when there is none."""
        if not self.display:
            return False
        self.current = min(max(self.current + by, -1), len(self.items) - 1)
        self.refresh()
        return True

    def render_line(self, y: int) -> Strip:
        """One suggestion."""
        width = self.size.width
        if not 0 <= y < len(self.items):
            return Strip.blank(width, self.rich_style)
        style = self.rich_style
        if y == self.current:
            style += self.get_component_rich_style("suggestions--current", partial=True)
        text = truncate(clean_line(self.items[y]), width - 3)
        mark = "▸" if y == self.current else " "
        return Strip([Segment(f" {mark}{text}{' ' * (width - cell_width(text) - 2)}", style)], width)

    def on_click(self, event: Click) -> None:
        """Take the one clicked."""
        event.stop()
        place = event.get_content_offset(self)
        if place is not None and place.y < len(self.items):
            self._choose(place.y)


class SuggestField(Widget):
    """A line with suggestions: up and down go through them, Enter and Tab take the one gone to, Esc closes the list.

    None is taken to which the person did not go: another could have come in its place meanwhile.
    """

    DEFAULT_CSS = """
    SuggestField { height: 1; width: 1fr; layout: vertical; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", "next suggestion", show=False),
        Binding("up", "step(-1)", "previous suggestion", show=False),
        Binding("tab", "leave", "next field", show=False),
    ]

    class Entered(Message):
        """Enter was pressed: the person is done with this field."""

        def __init__(self, field: SuggestField) -> None:
            super().__init__()
            self.field = field

        @property
        def control(self) -> SuggestField:
            """The field."""
            return self.field

    def __init__(
        self,
        on_edit: Callable[[], None],
        *,
        heading: str,
        placeholder: str = "",
    ) -> None:
        """``heading``: what is suggested, in our own words."""
        super().__init__()
        self._tell = on_edit
        self.input = LineField(self._edited, placeholder=placeholder)
        self._list = _Suggestions(self._take, heading)
        self._known: Sequence[str] = ()
        self.waits_for_typing = False
        """Whether the list opens with the first letter or key only, as something below the field is to be read."""

    def compose(self) -> ComposeResult:
        yield self.input
        yield self._list

    def offer(self, known: Sequence[str]) -> None:
        """What can be suggested, the likeliest first."""
        self._known = known
        if self.input.has_focus and not self.waits_for_typing:
            self._suggest()

    @property
    def is_open(self) -> bool:
        """Whether a suggestion is chosen that Enter would take."""
        return self._list.display and self._list.current >= 0

    def close(self) -> None:
        """Hide the list."""
        self._list.show(())

    def _edited(self) -> None:
        self._suggest()
        self._tell()

    def _suggest(self) -> None:
        self._list.show(suggest(self.input.value, self._known, _SHOWN) if self.input.has_focus else ())

    def on_descendant_focus(self) -> None:
        """Offer what is known at once."""
        if not self.waits_for_typing:
            self._suggest()

    def on_descendant_blur(self) -> None:
        """The field is left."""
        self.close()

    def action_step(self, by: int) -> None:
        """Go through the suggestions; where there are none, between the fields."""
        if self.waits_for_typing:
            self._suggest()
        if not self._list.step(by):
            self.screen.focus_next() if by > 0 else self.screen.focus_previous()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter takes the chosen suggestion; it never sends anything."""
        event.stop()
        self._take_chosen()
        self.post_message(self.Entered(self))

    def action_leave(self) -> None:
        """Tab takes the chosen suggestion, and goes on in any case."""
        self._take_chosen()
        self.screen.focus_next()

    def _take_chosen(self) -> None:
        if self.is_open:
            self._take(self._list.current)

    def _take(self, index: int) -> None:
        self.input.value = self._list.items[index]
        self.input.cursor_position = len(self.input.value)
        self.close()
