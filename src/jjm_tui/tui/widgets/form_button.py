"""A button in a form: letters that were meant for a field are no commands there either."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Button


class FormButton(Button):
    """Told to be a button by its brackets, in every theme."""

    def __init__(self, words: str, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(_bracketed(words), id=id, compact=True)

    def say(self, words: str) -> None:
        """Other words on it."""
        self.label = _bracketed(words)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Text is no command here."""
        return character is not None and character.isprintable()


def _bracketed(words: str) -> Content:
    return Content(f"[ {words} ]")
