"""The colours of roles in a view over blocks: from its component classes, readable in every theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.style import Style
from textual.color import Color

from jjm_tui.tui.look.contrast import readable
from jjm_tui.tui.text.rows import Roles

if TYPE_CHECKING:
    from textual.widget import Widget

PREFIX: Final = "block--"


class RoleStyles:
    """Rich styles of roles over the widget's own style; forgotten when the widget's styles change."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[Roles, Style] = {}

    def forget(self) -> None:
        """Another theme, or other rules."""
        self._styles.clear()

    def __call__(self, roles: Roles) -> Style:
        """The style of text with these roles; what a later role says goes before what an earlier one says."""
        style = self._styles.get(roles)
        if style is None:
            own = self._widget.rich_style
            style = own + Style(color=_readable(own.color, own.bgcolor))
            for role in roles:
                style += self.overlay(role)
            self._styles[roles] = style
        return style

    def overlay(self, role: str) -> Style:
        """What a role changes of the widget's own style."""
        own = self._widget.rich_style
        full = self._widget.get_component_rich_style(PREFIX + role)
        return Style(
            color=None if full.color == own.color else _readable(full.color, full.bgcolor),
            bgcolor=None if full.bgcolor == own.bgcolor else full.bgcolor,
            bold=full.bold or None,
            dim=full.dim or None,
            italic=full.italic or None,
            underline=full.underline or None,
            strike=full.strike or None,
            reverse=full.reverse or None,
        )

    def selection(self) -> Style:
        """What selecting changes; the theme may leave the colour of the letters to us."""
        screen = self._widget.screen
        background = screen.get_component_rich_style("screen--selection").bgcolor
        letters = (
            screen.get_component_rich_style("screen--selection", partial=True).color or self._widget.rich_style.color
        )
        return Style(color=_readable(letters, background), bgcolor=background)


def _readable(color: RichColor | None, background: RichColor | None) -> RichColor | None:
    """The colour, moved away from its background as far as it must be; those of the terminal itself are left alone."""
    if color is None or background is None or {color.type, background.type} != {ColorType.TRUECOLOR}:
        return color
    return readable(Color.from_rich_color(color), Color.from_rich_color(background)).rich_color
