"""Terminals that show ASCII only: every character of every line is replaced by one as wide that they have.

One filter over rendered lines serves our widgets, Textual's borders and scrollbars, and foreign text alike.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LIKE: Final = {
    **dict.fromkeys("─━═╌╍┄┅┈┉▔▁▂▀▄╴╶╸╺╼╾⎯―–—−‐‑", "-"),
    **dict.fromkeys("│┃║┆┇┊┋╎╏▏▎▍▕▐╷╵╹╻╽╿⎸⎹", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬▗▖▝▘▙▟▛▜", "+"),
    **dict.fromkeys("█▉▊▋▇▆▅▓■◼", "#"),
    **dict.fromkeys("▒░▤▥▦▧▨▩", ":"),
    **dict.fromkeys("●◉◍◆◈★✱⬤•", "*"),
    **dict.fromkeys("○◌◯◇☆·∙⋅⬚□", "."),
    **dict.fromkeys("▸▶►▹→⇒›»⟩❯▌", ">"),
    **dict.fromkeys("◂◀◄◃←⇐‹«⟨❮", "<"),
    **dict.fromkeys("▴▲△↑⇧⭡▵", "^"),
    **dict.fromkeys("▾▼▽↓⇩⭣▿", "v"),
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys("“”„‟″", '"'),
    "✓": "v",
    "✔": "v",
    "✗": "x",
    "✘": "x",
    "×": "x",
    "‖": "=",
    "∅": "0",
    "✎": "d",
    "…": "~",
    "±": "+",
    "⏎": "<",
    "↵": "<",
    "\u00a0": " ",
}


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """``text`` in ASCII, as many cells wide as before; what has no likeness becomes ``?``."""
    if text.isascii():
        return text
    return "".join(_replacement(character) for character in text)


def _replacement(character: str) -> str:
    if character < "\x80":
        return character
    if (likeness := _LIKE.get(character)) is not None:
        return likeness
    base = unicodedata.normalize("NFKD", character)[0]
    width = cell_len(character)
    return base if width == 1 and base < "\x80" and base.isprintable() else "?" * width


class AsciiFilter(LineFilter):
    """Applied by the app to every line that goes to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        return [
            segment if segment.control or segment.text.isascii() else Segment(to_ascii(segment.text), segment.style)
            for segment in segments
        ]
