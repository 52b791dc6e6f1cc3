"""A long Markdown text cut into parts that can be shown one by one, without cutting a code block's fence in two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

ENOUGH: Final = 1_200
"""Characters after which a part ends at the next blank line: a screenful."""

MOST: Final = 3_000
"""Characters that a part never exceeds, so that reading and laying out one takes milliseconds whatever is in it."""

MOST_LINES: Final = 120
"""Lines that a part never exceeds, for the same reason."""

_MARKS: Final = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$|^(?:[ \t]*+\n)++", re.MULTILINE)
"""Fences, and runs of blank lines."""

_GOES_ON: Final = re.compile(r"\s|[-*+>|] |\d{1,9}[.)] ")
"""What begins a line that may belong to a list, a quote or a table before the blank line."""


class Part(NamedTuple):
    """A part of a text. ``opening``: the fence line of the code block that it begins in; ``has_gap``: a blank line
    separates it from the next part."""

    text: str
    opening: str = ""
    has_gap: bool = False


def split_parts(text: str) -> list[Part]:
    """Cut ``text`` at blank lines outside of code blocks where possible, else at line ends, spaces, or anywhere.

    Parts with nothing but white space are left out.
    """
    if len(text) <= MOST and text.count("\n") <= MOST_LINES:
        return [Part(text)] if text.strip() else []
    return [part for part in _split(text) if part.opening or part.text.strip()]


def _split(text: str) -> Iterator[Part]:
    start, end = 0, _limit(text, 0)
    opening = fence = ""
    for mark in chain(_MARKS.finditer(text), (None,)):
        while end < len(text) if mark is None else end <= mark.start():
            yield Part(text[start:end], opening)
            start, end, opening = end, _limit(text, end), fence
        if mark is None:
            break
        if mark["fence"] is not None:
            fence = _fence_after(fence, mark)
        elif not fence and mark.end() - start > ENOUGH and not _GOES_ON.match(text, mark.end()):
            yield Part(text[start : mark.start()], opening, has_gap=True)
            start, end, opening = mark.end(), _limit(text, mark.end()), ""
    if start < len(text):
        yield Part(text[start:], opening)


def _fence_after(fence: str, mark: re.Match[str]) -> str:
    """The fence line that is open after this one, empty when none is."""
    signs, info = mark["fence"], mark["info"]
    if not fence:
        return "" if signs[0] == "`" and "`" in info else signs + info
    is_closing = fence.startswith(signs[0] * 3) and len(signs) >= _length(fence) and not info.strip()
    return "" if is_closing else fence


def _length(fence: str) -> int:
    return len(fence) - len(fence.lstrip(fence[0]))


def _limit(text: str, start: int) -> int:
    """Where a part that begins at ``start`` must end: after its last line, at a space, or anywhere."""
    window = text[start : start + MOST]
    if window.count("\n") > MOST_LINES:
        return start + len("\n".join(window.split("\n", MOST_LINES)[:MOST_LINES])) + 1
    if start + MOST >= len(text):
        return len(text)
    found = window.rfind("\n", MOST // 2)
    found = found if found >= 0 else window.rfind(" ", MOST // 2)
    return start + (found + 1 if found >= 0 else MOST)
