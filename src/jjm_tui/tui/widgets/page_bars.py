"""The first and the last line of a page: what it is and how it stands, and the keys that work on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from jjm_tui.tui.widgets.bar import Bar, Piece


class PageHeader(Bar):
    """The name of a page and a few facts.

    | component class | for |
    |---|---|
    | ``bar--brand`` | the name |
    | ``bar--quiet``, ``bar--good``, ``bar--trouble`` | facts: calm ones, good ones, those that want a look |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--brand", "bar--quiet", "bar--good", "bar--trouble"}
    DEFAULT_CSS = """
    PageHeader {
        background: $panel;
        color: $foreground;
        & > .bar--brand { text-style: bold; color: $text-primary; }
        & > .bar--quiet { color: $foreground; }
        & > .bar--good { color: $text-success; }
        & > .bar--trouble { text-style: bold; color: $text-warning; }
    }
    """


class KeyLine(Bar):
    """Keys and what they do. ``Bar.Chosen`` targets are ids of actions.

    | component class | for |
    |---|---|
    | ``bar--key``, ``bar--hint`` | a key and what it does |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--key", "bar--hint"}
    DEFAULT_CSS = """
    KeyLine {
        background: $panel;
        color: $foreground;
        & > .bar--key { text-style: bold; color: $text-accent; }
        & > .bar--hint { color: $foreground; }
    }
    """

    def show_keys(self, hints: Iterable[tuple[str, str, str]]) -> None:
        """Show ``hints`` (key, title, id of the action), the most useful first; those without a key are left out."""
        pieces = []
        for rank, (key, title, action_id) in enumerate(hint for hint in hints if hint[0]):
            pieces.append(Piece(key, "key", rank=rank, target=action_id))
            pieces.append(Piece(title, "hint", rank=rank, target=action_id, glue=" "))
        self.show(pieces)
