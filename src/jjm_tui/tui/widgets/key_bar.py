"""The last line of a dialog or screen: the keys that work there now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from jjm_tui.tui.keymap import Keymap
from jjm_tui.tui.widgets.bar import Bar, Piece

Hint = tuple[str, str]
"""The id of an action, or the name of a key that is no action's, and what it does here in a word or three."""


_KEPT: Final = ("help", "back", "quit")
"""The ways to all other keys and out: the last ones that a narrow line gives up."""
_RANK: Final = 10


def rank_of_hint(action_id: str, place: int) -> int:
    """The rank of a key in a bar, where ``place`` counts the keys from the most important one, 0."""
    return _RANK + (_KEPT.index(action_id) if action_id in _KEPT else len(_KEPT) + place)


class KeyBar(Bar):
    """Keys with what they do, the most important first; the others drop out where there is no room, the way out and the
    one to all keys last.

    ``Bar.Chosen`` targets: the ids of actions.

    | component class | for |
    |---|---|
    | ``bar--key``, ``bar--hint`` | a key and what it does |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--key", "bar--hint"}
    DEFAULT_CSS = """
    KeyBar {
        background: $surface;
        color: $foreground;
        & > .bar--key { text-style: bold; color: $text-accent; }
        & > .bar--hint { color: $foreground; }
    }
    """

    def show_keys(self, keymap: Keymap, hints: Iterable[Hint]) -> None:
        """Show these keys; an action without a key is left out."""
        pieces: list[Piece] = []
        for place, (name, words) in enumerate(hints):
            is_action = name in keymap.keys
            key = keymap.first(name) if is_action else name
            target = name if is_action else None
            rank = rank_of_hint(name, place) if place else 0
            if key:
                pieces.append(Piece(key, "key", rank=rank, target=target))
                pieces.append(Piece(words, "hint", rank=rank, target=target, glue=" "))
        self.show(pieces)
