"""Sentences on a terminal: broken between words, never inside an id, a path or a command that somebody may copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jjm_tui.domain.text import cell_width

_WORD: Final = re.compile(r"`[^`]*`\S*|\S+")
"""Something quoted, with the point behind it, or a word."""

_HEAD: Final = re.compile(r" *(?:jjm: )?")
"""The beginning of a line, under which the next ones go on."""

_ENDS_A_COMMAND: Final = tuple(".,;:!?)")
_NARROW: Final = 30
"""Columns: with less room than this, lines go on at the left."""


def wrapped(text: str, width: int) -> str:
    """The same with every line that is too long for ``width`` terminal cells broken between words.

    Lines go on under their own beginning. What is longer than a line stays whole on one of its own: the terminal breaks
    it, and copying gives it back.
    """
    return "\n".join(line if cell_width(line) <= width else _broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    match = _HEAD.match(line)
    head = match[0] if match else ""
    indent = " " * len(head) if width >= _NARROW else ""
    lines, current, end = [], head, len(head)
    for start, stop in _pieces(line, len(head)):
        gap, piece = line[end:start], line[start:stop]
        if current.strip() and end > len(head) and cell_width(current + gap + piece) > width:
            lines.append(current)
            current, gap = indent, ""
        current += gap + piece
        end = stop
    return "\n".join([*lines, current])


def _pieces(line: str, start: int) -> Iterator[tuple[int, int]]:
    """Where what stays together begins and ends: words, and commands up to the end of their part of the sentence."""
    begun: int | None = None
    end = start
    for word in _WORD.finditer(line, start):
        end = word.end()
        if begun is None and word[0].lstrip("(") == "jjm":
            begun = word.start()
        if begun is None:
            yield word.span()
        elif word[0].endswith(_ENDS_A_COMMAND):
            yield begun, end
            begun = None
    if begun is not None:
        yield begun, end
