"""Reading one long JSON list again and again: only the records that differ from the last time are decoded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")

_SCANNER: Final = json.JSONDecoder()
_START: Final = re.compile(r"[\ufeff \t\r\n]*\[[ \t\r\n]*")
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_FOLLOWED: Final = re.compile(r"[ \t\r\n]*(?:(,)[ \t\r\n]*|(?=\]))")
_END: Final = re.compile(r"\][ \t\r\n]*\Z")
_BLOCK: Final = 32
"""So many records are compared at once."""

_AHEAD: Final = 4
_FARTHEST: Final = 64
"""How far known records are looked for: some may be gone, and others are new since the last one that was the same."""


class _Known(NamedTuple, Generic[T]):
    """One record as it was written, and what ``decode`` made of it."""

    text: str
    record: T


class RecordList(Generic[T]):
    """The records of a JSON list as ``decode`` makes them; one that is written as it was last time is the same again.

    ``decode`` must be pure.
    """

    def __init__(self, decode: Callable[[Any], T]) -> None:
        self.decode = decode
        self._text = ""
        self._starts: list[int] = []
        self._known: list[_Known[T]] = []

    def read(self, text: str) -> list[T] | None:
        """The records of this text in their order, ``None`` when it is no JSON list. Never raises."""
        try:
            found = self._read(text)
        except (ValueError, RecursionError):
            found = None
        if found is None:
            return None
        self._text, self._starts, self._known = text, *found
        return [known.record for known in self._known]

    def _read(self, text: str) -> tuple[list[int], list[_Known[T]]] | None:
        """The places and the records of this text."""
        opening = _START.match(text)
        if opening is None:
            return None
        at, place, news = opening.end(), 0, 0
        starts: list[int] = []
        found: list[_Known[T]] = []
        goes_on = not text.startswith("]", at)
        while goes_on:
            if self._is_block(text, at, place):
                block, moved = slice(place, place + _BLOCK), at - self._starts[place]
                starts += [start + moved for start in self._starts[block]]
                found += self._known[block]
                place, news = place + _BLOCK, 0
                at = _skip_space(text, self._starts[place] + moved)
                continue
            starts.append(at)
            same = self._find_same(text, at, place, min(news + _AHEAD, _FARTHEST))
            if same is None:
                value, end = _SCANNER.raw_decode(text, at)
                found.append(_Known(text[at:end], self.decode(value)))
                news += 1
            else:
                found.append(self._known[same])
                end, place, news = at + len(found[-1].text), same + 1, 0
            follows = _FOLLOWED.match(text, end)
            if follows is None:
                return None
            at, goes_on = follows.end(), follows[1] is not None
        return (starts, found) if _END.match(text, at) is not None else None

    def _is_block(self, text: str, at: int, place: int) -> bool:
        """Whether many known records stand here just as before, up to the beginning of another one."""
        end = place + _BLOCK
        return end < len(self._starts) and text.startswith(self._text[self._starts[place] : self._starts[end]], at)

    def _find_same(self, text: str, at: int, place: int, ahead: int) -> int | None:
        """Which of the next known records stands here, whole: ``1`` does not stand in ``12``."""
        for number in range(place, min(place + ahead, len(self._known))):
            known = self._known[number].text
            if text.startswith(known, at) and _FOLLOWED.match(text, at + len(known)) is not None:
                return number
        return None


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()
