"""Saved views as tabs; there is no line for them while there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from jjm_tui.tui.widgets.bar import Bar, Piece


class ViewTabs(Bar):
    """``Bar.Chosen`` targets: ``view:`` and the name, or nothing behind it for all tasks.

    | component class | for |
    |---|---|
    | ``bar--view``, ``bar--current`` | a view; the one in force |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--view", "bar--current"}
    DEFAULT_CSS = """
    ViewTabs {
        display: none;
        background: $surface;
        &.-filled { display: block; }
        & > .bar--view { color: $foreground; }
        & > .bar--current { text-style: bold reverse; color: $text-primary; }
    }
    """

    def show_views(self, names: Sequence[str], current: str | None, *, is_all: bool) -> None:
        """Show the names, the one in force marked; ``is_all``: nothing is filtered."""
        self.set_class(bool(names), "-filled")
        pieces = [Piece("all", "current" if is_all else "view", target="view:")]
        pieces += [
            Piece(name, "current" if name == current else "view", rank=number, target=f"view:{name}")
            for number, name in enumerate(names, 1)
        ]
        self.show(pieces)
