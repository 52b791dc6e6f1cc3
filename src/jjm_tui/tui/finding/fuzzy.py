"""Finding by a few letters: every word of the query must be in the text, whole or as letters in this order. Pure.

Textual's own matcher tries every combination of letters: a title of thirty equal letters stops the screen for minutes,
and titles come from outside. This one looks at each character twice at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

_WHOLE: Final = 3.0
_AT_START: Final = 2.0
_FIRST: Final = 1.0
_BEHIND: Final = 0.6
_SCATTERED: Final = 0.5
_LONGEST: Final = 400
"""Characters of a text that are looked at."""


class Match(NamedTuple):
    """``score``: the larger the better. ``positions``: of the characters found, in order."""

    score: float
    positions: tuple[int, ...]


def match(words: Sequence[str], text: str, name: int | None = None) -> Match | None:
    """Match the words of a query against a text; both in lower case. ``None`` when a word is not in it.

    ``name``: how many characters at the beginning are a name; what stands behind it is found as whole words only, and
    counts less.
    """
    score = 0.0
    positions: set[int] = set()
    text = text[:_LONGEST]
    name = len(text) if name is None else name
    for word in words:
        found = _find_whole(word, text, name) or _find_scattered(word, text[:name])
        if found is None:
            return None
        score += found.score
        positions.update(found.positions)
    return Match(score - name / 1000, tuple(sorted(positions)))


def _find_whole(word: str, text: str, name: int) -> Match | None:
    """The word as it is: at the start of a word of the name rather than within one, in the name rather than behind."""
    best: Match | None = None
    place = text.find(word)
    while place >= 0:
        in_name = place < name
        starts = _starts_word(text, place)
        if in_name or starts:
            score = (_WHOLE if in_name else _BEHIND) + (_AT_START if starts else 0.0) + (_FIRST if place == 0 else 0.0)
            if best is None or score > best.score:
                best = Match(score + len(word) / 10, tuple(range(place, place + len(word))))
        if starts:
            break
        place = text.find(word, place + 1)
    return best


def _find_scattered(word: str, text: str) -> Match | None:
    """The letters in order, as close together as the first place where they end allows."""
    end = -1
    for letter in word:
        end = text.find(letter, end + 1)
        if end < 0:
            return None
    positions = [end]
    for letter in reversed(word[:-1]):
        positions.append(text.rfind(letter, 0, positions[-1]))
    positions.reverse()
    starts = sum(_starts_word(text, position) for position in positions)
    spread = positions[-1] - positions[0] + 1 - len(word)
    return Match(_SCATTERED + starts / len(word) - spread / 100, tuple(positions))


def _starts_word(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()
