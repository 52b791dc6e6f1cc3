"""Titles in borders, drawn only when they read differently."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


def title_of_pane(pane: Widget, title: Content) -> Content:
    """The title with air around it where panes are compact: Textual leaves none between corners that are not there."""
    return Content.assemble(" ", title, " ") if pane.app.has_class("-compact") else title


def show_title(widget: Widget, title: Content) -> None:
    """Set the title in the upper border; Textual draws the whole widget anew even for the same one."""
    if widget.border_title != title.markup:
        widget.border_title = title


def show_subtitle(widget: Widget, title: Content | None) -> None:
    """The same for the lower border; ``None`` takes it away."""
    if widget.border_subtitle != (None if title is None else title.markup):
        widget.border_subtitle = title
