"""The words that were sent, found again in what a server answers, so that they do not speak for the server."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from jjm_tui.domain.text import clean

_BEGINNING: Final = 16
"""Characters by which an echo is known that was cut off behind them; shorter words are only found whole."""

_STEP: Final = 64
_IN_PLACE: Final = "…"


def list_words(value: Any) -> tuple[str, ...]:
    """All strings in the arguments of a call."""
    return tuple(_walk(value))


def _walk(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _walk(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _walk(item)


def take_out(text: str, sent: Iterable[str]) -> str:
    """``text`` with an ellipsis for everything that repeats words that were sent: whole, escaped, or cut short."""
    forms = {form for words in sent for form in _spell(words)}
    text = _take_out_beginnings(text, sorted(form for form in forms if len(form) >= _BEGINNING))
    short = sorted((re.escape(form) for form in forms if len(form) < _BEGINNING), key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(short)})(?!\w)", _IN_PLACE, text) if short else text


def _spell(words: str) -> Iterator[str]:
    """The ways in which servers write a text down again."""
    words = words.strip()
    if not words:
        return
    ascii_only = json.dumps(words)[1:-1]
    yield words
    yield clean(words)
    yield " ".join(words.split())
    yield ascii_only
    yield json.dumps(words, ensure_ascii=False)[1:-1]
    yield json.dumps(ascii_only)[1:-1]
    yield repr(words)[1:-1]
    yield html.escape(words)


def _take_out_beginnings(text: str, forms: Sequence[str]) -> str:
    """Take out whatever begins as one of the forms does, as far as it goes on like the one that reaches furthest."""
    if not forms:
        return text
    heads = re.compile("|".join(sorted({re.escape(form[:_BEGINNING]) for form in forms})))
    kept: list[str] = []
    done = 0
    while found := heads.search(text, done):
        start = found.start()
        kept += (text[done:start], _IN_PLACE)
        done = start + max(_count_equal(text, start, form) for form in forms if form.startswith(found.group()))
    return "".join([*kept, text[done:]])


def _count_equal(text: str, start: int, form: str) -> int:
    """How many characters of ``text`` from ``start`` are those of ``form``."""
    count = _BEGINNING
    while count < len(form) and text.startswith(form[count : count + _STEP], start + count):
        count += _STEP
    while count < len(form) and text[start + count : start + count + 1] == form[count]:
        count += 1
    return min(count, len(form))
