"""Names of keys: those that people write become the ones that the table of actions and Textual use. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

_NAMED: Final = frozenset(
    {
        *("enter", "tab", "escape", "space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"),
        *("up", "down", "left", "right", *(f"f{number}" for number in range(1, 25))),
    }
)
_MODIFIERS: Final = frozenset({"alt", "ctrl", "hyper", "meta", "shift", "super"})
_SHORT: Final[Mapping[str, str]] = {
    "esc": "escape",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "del": "delete",
    "return": "enter",
}
_OF_CHARACTERS: Final[Mapping[str, str]] = {
    "slash": "/",
    "backslash": "\\",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
}
"""Names by Textual that Unicode does not have."""
_NAMES: Final[Mapping[str, str]] = {character: name for name, character in _OF_CHARACTERS.items()}


def read_key(word: str) -> str | None:
    """The key that a word means, spelt as in the table of actions; ``None`` when no key is called so."""
    if len(word) == 1:
        return _character(word)
    before, _, last = word.rpartition("+")
    if not last and before.endswith("+"):  # such as ctrl++
        before, last = before[:-1], "+"
    modifiers = {modifier.lower() for modifier in before.split("+") if before}
    name = _SHORT.get(last.lower(), last.lower())
    character = None if name in _NAMED else _character(last)
    if (name not in _NAMED and character is None) or not modifiers <= _MODIFIERS:
        return None
    if not modifiers:
        return character or name
    return "+".join([*sorted(modifiers), name if character is None else _beside_modifiers(character)])


def _character(word: str) -> str | None:
    """The character that a word is, or the one of ASCII that it names."""
    if len(word) == 1:
        return word if word.isprintable() and word != " " else None
    try:
        named = _OF_CHARACTERS.get(word.lower()) or unicodedata.lookup(word.replace("_", " "))
    except KeyError:
        return None
    return named if named.isascii() and named.isprintable() else None


def _beside_modifiers(character: str) -> str:
    """The name that Textual gives to a character there."""
    if character.isalnum():
        return character.lower()
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _NAMES.get(character, name)
