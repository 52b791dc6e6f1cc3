"""Terminals without colour: what stands on a background of its own is reversed instead, everything else is plain."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_NO_COLOURS: Final = Style.from_color(RichColor.default(), RichColor.default())


@lru_cache(1024)
def plain_style(style: Style) -> Style:
    """``style`` without colours. The theme ``plain`` gives a background only to cursors and selections."""
    stands_out = style.bgcolor is not None and not style.bgcolor.is_default
    return style + _NO_COLOURS + Style(reverse=True) if stands_out else style + _NO_COLOURS


class PlainFilter(LineFilter):
    """Applied by the app to every line that goes to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line without colours."""
        return [
            Segment(text, None if style is None else plain_style(style), control) for text, style, control in segments
        ]
