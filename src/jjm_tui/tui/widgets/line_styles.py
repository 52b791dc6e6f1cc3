"""How lines of content are painted: names of styles, strips with enough contrast on whatever they lie on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

from jjm_tui.tui.look.appearance import Role
from jjm_tui.tui.look.contrast import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.widget import Widget

MUTED: Final = "$foreground-muted"
"""Not ``$text-muted``: inside content Textual 8.2.8 loses how muted an automatic colour is."""
HEADING: Final = "bold $text-primary"
STRONG: Final = "bold"
GOOD: Final = "$text-success"
WARNING: Final = "bold $text-warning"
BAD: Final = "bold $text-error"
ACCENT: Final = "$text-primary"
KEY: Final = "bold $text-accent"
"""A key in a sentence, as in the last line, so that it is not read as a word or a number."""

ROLE_STYLES: Final[Mapping[Role, str]] = {
    "attention": WARNING,
    "question": WARNING,
    "failed": BAD,
    "review": GOOD,
    "running": ACCENT,
    "waiting": WARNING,
    "paused": "$text-secondary",
    "done": GOOD,
    "unknown": MUTED,
}
"""How states look in lines: by what they mean for the person."""


class LineStyles:
    """Styles of one widget in its present theme, computed when first needed and kept until they are cleared."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._grounds: dict[str, Style] = {}
        self._names: dict[str | Style, Style] = {}
        self._painted: dict[Style, RichStyle] = {}

    def clear(self) -> None:
        """Forget everything: the style sheet was applied anew."""
        self._grounds.clear()
        self._names.clear()
        self._painted.clear()

    def ground(self, component: str = "") -> RichStyle:
        """The style of a component class, or of the widget, for what has no other."""
        return self._paint(self._ground(component))

    def draw(self, content: Content, width: int, component: str = "") -> Strip:
        """One line of content in exactly ``width`` cells; what was cut ends with an ellipsis."""
        if width <= 0:
            return Strip([], 0)
        fitted = content.truncate(width, ellipsis=True, pad=True)
        if component and self._is_ansi:
            fitted = fitted.without_spans
        segments = [
            Segment(text, self._paint(style))
            for text, style in fitted.render(self._ground(component), end="", parse_style=self._parse)
        ]
        return Strip(segments).adjust_cell_length(width, self.ground(component))

    @property
    def _is_ansi(self) -> bool:
        """16 colours: none is faint, and none of the others can be read on the cursor's."""
        return self._widget.app.current_theme.ansi

    def _ground(self, component: str) -> Style:
        found = self._grounds.get(component)
        if found is None:
            widget = self._widget
            found = widget.get_visual_style(component) if component else widget.visual_style
            self._grounds[component] = found
        return found

    def _parse(self, name: str | Style) -> Style:
        found = self._names.get(name)
        if found is None:
            is_dim = name == MUTED and self._is_ansi
            found = Style(dim=True) if is_dim else self._widget.app.stylesheet.parse_style(name)
            self._names[name] = found
        return found

    def _paint(self, style: Style) -> RichStyle:
        found = self._painted.get(style)
        if found is None:
            found = style.rich_style
            if style.foreground is not None and style.background is not None:
                found += RichStyle(color=readable(style.foreground, style.background).rich_color)
            self._painted[style] = found
        return found
