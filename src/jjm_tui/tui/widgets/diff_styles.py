"""The styles of a diff view: its component classes in the present theme, always readable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.style import Style

from jjm_tui.tui.code_colors import CODE_ROLES
from jjm_tui.tui.contrast import readable

if TYPE_CHECKING:
    from textual.widget import Widget

_PREFIX: Final = "diff-view--"

DIFF_VIEW_CLASSES: Final = (
    "diff-view--added",
    "diff-view--added-part",
    "diff-view--comment",
    "diff-view--file",
    "diff-view--gutter",
    "diff-view--hunk",
    "diff-view--hunk-current",
    "diff-view--keyword",
    "diff-view--mark-added",
    "diff-view--mark-removed",
    "diff-view--match",
    "diff-view--match-current",
    "diff-view--meta",
    "diff-view--name",
    "diff-view--notice",
    "diff-view--number",
    "diff-view--removed",
    "diff-view--removed-part",
    "diff-view--string",
    "diff-view--type",
)

DIFF_VIEW_CSS: Final = """
DiffCanvas {
    background: $surface;
    color: $foreground;
    overflow: auto auto;
    scrollbar-size-vertical: 1;
    scrollbar-size-horizontal: 0;

    & > .diff-view--added { background: $success 14%; }
    & > .diff-view--removed { background: $error 14%; }
    & > .diff-view--added-part { background: $success 34%; }
    & > .diff-view--removed-part { background: $error 34%; }
    & > .diff-view--mark-added { color: $text-success; text-style: bold; }
    & > .diff-view--mark-removed { color: $text-error; text-style: bold; }
    & > .diff-view--file { background: $panel; color: $foreground; text-style: bold; }
    & > .diff-view--meta { color: $text-muted; }
    & > .diff-view--hunk { color: $text-primary; }
    & > .diff-view--hunk-current { color: $text-primary; background: $primary 20%; text-style: bold; }
    & > .diff-view--gutter { color: $text-muted; }
    & > .diff-view--notice { color: $text-warning; text-style: bold; }
    & > .diff-view--match { background: $warning 40%; }
    & > .diff-view--match-current { background: $warning; text-style: bold underline; }
    & > .diff-view--keyword { color: $text-accent; }
    & > .diff-view--string { color: $text-success; }
    & > .diff-view--comment { color: $text-muted; text-style: italic; }
    & > .diff-view--number { color: $text-warning; }
    & > .diff-view--name { color: $text-primary; }
    & > .diff-view--type { color: $text-secondary; }

    &:ansi {
        & > .diff-view--added { background: transparent; color: ansi_green; }
        & > .diff-view--removed { background: transparent; color: ansi_red; }
        & > .diff-view--added-part { background: transparent; color: ansi_green; text-style: underline; }
        & > .diff-view--removed-part { background: transparent; color: ansi_red; text-style: underline; }
        & > .diff-view--file { background: transparent; text-style: bold underline; }
        & > .diff-view--meta { text-style: dim; }
        & > .diff-view--gutter { text-style: dim; }
        & > .diff-view--hunk { color: ansi_cyan; }
        & > .diff-view--hunk-current { background: transparent; color: ansi_cyan; text-style: bold; }
        & > .diff-view--match { background: transparent; text-style: underline; }
        & > .diff-view--match-current { background: transparent; text-style: reverse bold; }
    }
}
"""
"""The backgrounds are faint, so that code keeps its colours on them; 16 colours have no faint ones."""


class DiffStyles:
    """The styles of a diff view in its present theme: a foreground role on a background role, always readable.

    A background role that has a colour gives it to code as well, so that 16-colour themes can colour whole lines.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[tuple[str, str], Style] = {}
        self.selection = widget.screen.get_component_rich_style("screen--selection")

    def of(self, ground: str, text: str = "") -> Style:
        """The style of ``text`` (a component class less its prefix, or none) on ``ground``."""
        style = self._styles.get((ground, text))
        if style is None:
            style = self._styles[ground, text] = self._make(ground, text)
        return style

    def _make(self, ground: str, text: str) -> Style:
        widget = self._widget
        under = widget.get_visual_style(_PREFIX + ground) if ground else widget.visual_style
        background, foreground = under.background, under.foreground
        style = Style()
        if ground:
            style += widget.get_component_styles(_PREFIX + ground).text_style
        if text:
            over = widget.get_component_styles(_PREFIX + text)
            style += over.text_style
            is_kept = bool(ground) and text in CODE_ROLES and self._has_color(ground)
            if over.has_rule("color") and not is_kept:
                foreground = widget.get_visual_style(_PREFIX + text).foreground
        if background is None or foreground is None:
            return style
        seen = readable(foreground, background).rich_color
        return style + Style(color=seen, bgcolor=None if background.is_transparent else background.rich_color)

    def _has_color(self, role: str) -> bool:
        return self._widget.get_component_styles(_PREFIX + role).has_rule("color")
