"""The colours of roles in a view over blocks: from its component classes, readable in every theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.color import ColorType
from rich.style import Style
from textual.color import Color

from jjm_tui.tui.contrast import readable
from jjm_tui.tui.rows import Roles

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
            style = self._widget.rich_style
            for role in roles:
                style += self.overlay(role)
            self._styles[roles] = style
        return style

    def overlay(self, role: str) -> Style:
        """What a role changes of the widget's own style."""
        own = self._widget.rich_style
        full = self._widget.get_component_rich_style(PREFIX + role)
        color = None if full.color == own.color else full.color
        background = None if full.bgcolor == own.bgcolor else full.bgcolor
        if color is not None and full.bgcolor is not None and color.type is ColorType.TRUECOLOR:
            color = readable(Color.from_rich_color(color), Color.from_rich_color(full.bgcolor)).rich_color
        return Style(
            color=color,
            bgcolor=background,
            bold=full.bold or None,
            dim=full.dim or None,
            italic=full.italic or None,
            underline=full.underline or None,
            strike=full.strike or None,
            reverse=full.reverse or None,
        )
