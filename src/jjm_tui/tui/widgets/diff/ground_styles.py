"""Component classes laid over each other: what lies on which background, in any theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style

from jjm_tui.tui.look.contrast import readable

if TYPE_CHECKING:
    from collections.abc import Collection

    from textual.widget import Widget


class GroundStyles:
    """The component classes of a widget as styles in its present theme: one on another one's background, readable.

    A background role that has a colour of its own gives it to ``yielding`` roles (``None``: all), so that 16-colour
    themes can colour whole lines. Roles are component classes less ``prefix``.
    """

    def __init__(self, widget: Widget, prefix: str, yielding: Collection[str] | None = None) -> None:
        self._widget = widget
        self._prefix = prefix
        self._yielding = yielding
        self._styles: dict[tuple[str, str], Style] = {}
        self.selection = widget.screen.get_component_rich_style("screen--selection")

    def of(self, ground: str, text: str = "") -> Style:
        """The style of ``text`` on ``ground``, either of which may be none."""
        style = self._styles.get((ground, text))
        if style is None:
            style = self._styles[ground, text] = self._make(ground, text)
        return style

    def _make(self, ground: str, text: str) -> Style:
        widget = self._widget
        under = widget.get_visual_style(self._prefix + ground) if ground else widget.visual_style
        background, foreground = under.background, under.foreground
        style = Style()
        if ground:
            style += widget.get_component_styles(self._prefix + ground).text_style
        if text:
            over = widget.get_component_styles(self._prefix + text)
            style += over.text_style
            is_kept = bool(ground) and self._yields(text) and self._has_color(ground)
            if over.has_rule("color") and not is_kept:
                foreground = widget.get_visual_style(self._prefix + text).foreground
        if background is None or foreground is None:
            return style
        seen = readable(foreground, background).rich_color
        return style + Style(color=seen, bgcolor=None if background.is_transparent else background.rich_color)

    def _yields(self, text: str) -> bool:
        return self._yielding is None or text in self._yielding

    def _has_color(self, role: str) -> bool:
        return self._widget.get_component_styles(self._prefix + role).has_rule("color")
