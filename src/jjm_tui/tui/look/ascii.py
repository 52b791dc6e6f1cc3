"""Terminals that show ASCII only: every character of every line is replaced by one as wide that they have.

One filter over rendered lines serves our widgets, Textual's borders and scrollbars, and foreign text alike.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.app import App

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

_KEYS: Final = {"↑↓": "up/down", "← →": "left/right"}
"""Names of keys whose likenesses in ASCII are other keys."""


def shows_ascii_only(app: App[Any]) -> bool:
    """Whether everything goes through the filter below."""
    return any(isinstance(each, AsciiFilter) for each in app.get_line_filters())


def key_in_ascii(name: str) -> str:
    """What a key is called where only ASCII is shown; it may be wider."""
    return _KEYS.get(name, name)


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


_SCROLLBAR_EIGHTHS: Final = {
    glyph: eighths for glyphs in ("▁▂▃▄▅▆▇", "▏▎▍▌▋▊▉") for eighths, glyph in enumerate(glyphs, 1)
}
"""How much of a cell the ends of a scroll bar's thumb fill, below or at the left."""
_HALF: Final = 4


def _whole_cell(segment: Segment) -> Segment:
    """The end of a scroll bar's thumb as a cell that is all thumb or none of it; any other segment in ASCII."""
    text, style, _ = segment
    eighths = _SCROLLBAR_EIGHTHS.get(text[:1])
    if eighths is None or style is None or "@mouse.down" not in style.meta:
        return Segment(to_ascii(text), style)
    is_thumb = (eighths >= _HALF) is not bool(style.reverse)
    return Segment(" " * len(text), style + Style(reverse=is_thumb))


class AsciiFilter(LineFilter):
    """Applied by the app to every line that goes to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in ASCII."""
        return [segment if segment.control or segment.text.isascii() else _whole_cell(segment) for segment in segments]
