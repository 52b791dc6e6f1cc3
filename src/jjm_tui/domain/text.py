"""Foreign text made harmless, and the short forms that people read: headings, ages, short ids, cut lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final


@cache
def _sequence() -> re.Pattern[str]:
    """Whole control sequences (ECMA-48 CSI), which move the cursor and colour: they hold numbers, no words. Every
    quantifier is possessive, so no character is looked at more than twice. Most texts have none, so it is compiled
    late."""
    return re.compile(r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]")


_INVISIBLE_RANGES: Final = (
    (0x80, 0x9F),  # C1
    (0xAD, 0xAD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # invisible Khmer vowels
    (0x180B, 0x180F),  # Mongolian selectors
    (0x200B, 0x200B),  # zero width space
    (0x200E, 0x200F),  # left-to-right and right-to-left mark
    (0x2028, 0x202E),  # line and paragraph separator, bidirectional embeddings and overrides
    (0x2060, 0x206F),  # word joiner, invisible operators, bidirectional isolates
    (0x3164, 0x3164),
    (0xD800, 0xDFFF),  # lone surrogates
    (0xFDD0, 0xFDEF),  # not characters
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),  # interlinear annotations
    (0xFFFE, 0xFFFF),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),  # tags, further variation selectors
)
"""Zero width joiner and non-joiner and the first variation selectors stay: scripts and emoji need them."""

_REPLACEMENT: Final = 0xFFFD
_CONTROL_PICTURES: Final = 0x2400
_LINE_FEED_AND_TAB: Final = frozenset({0x09, 0x0A})
_SUSPECT: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _INVISIBLE_RANGES) + "]"
)


@cache
def _visible() -> dict[int, int]:
    """What stands for each character that could do harm."""
    return {
        **{code: _CONTROL_PICTURES + code for code in range(0x20) if code not in _LINE_FEED_AND_TAB},
        0x7F: 0x2421,
        **{code: _REPLACEMENT for first, last in _INVISIBLE_RANGES for code in range(first, last + 1)},
    }


def clean(text: str) -> str:
    """Make foreign text harmless for any terminal (``promises.md``, terminal safety 1).

    Whole control sequences such as colours are dropped, but nothing that could be words: what a terminal would take for
    a title or a command stays as text. All other control characters become their pictures (``␛``), invisible and
    bidirectional ones and lone surrogates ``U+FFFD``. Line feed and tab stay, CR LF becomes a line feed. Idempotent,
    linear in time.
    """
    if _SUSPECT.search(text) is None:
        return text
    return _sequence().sub("", text).replace("\r\n", "\n").translate(_visible())


def clean_exactly(text: str) -> str:
    """``clean`` for what people decide about: colours become visible, too, so that nothing is left out."""
    return text if _SUSPECT.search(text) is None else text.replace("\r\n", "\n").translate(_visible())


def clean_line(text: str) -> str:
    """``clean``, then all white space folded, so that it is one line."""
    return fold(clean(text))


def fold(text: str) -> str:
    """All white space as single spaces, so that it is one line."""
    return " ".join(text.split())


_ZERO_WIDTH_JOINER: Final = "\u200d"
_EMOJI_SELECTOR: Final = "\ufe0f"
ELLIPSIS: Final = "…"


def _width(character: str, before: str) -> int:
    if character < "\x7f":
        return 1
    if before == _ZERO_WIDTH_JOINER:
        return 0
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        is_widened = character == _EMOJI_SELECTOR and before != "" and unicodedata.east_asian_width(before) not in "WF"
        return 1 if is_widened else 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cell_width(text: str) -> int:
    """Terminal cells that one line of clean text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_width(character, before) for before, character in zip(("", *text), text, strict=False))


def truncate(text: str, width: int) -> str:
    """Cut one line of clean text to at most ``width`` cells; what was cut ends with ``…``."""
    if width <= 0:
        return ""
    if len(text) <= width and cell_width(text) <= width:
        return text
    room = width - 1
    used = 0
    before = ""
    kept = 0
    for position, character in enumerate(text):
        used += _width(character, before)
        if used > width:
            return text[:kept].rstrip() + ELLIPSIS
        if used <= room:
            kept = position + 1
        before = character
    return text


_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400

_CLOCKS_DIFFER: Final = 5 * _MINUTE


def is_age(seconds: float) -> bool:
    """Whether something may be so long ago: clocks differ by minutes, but what lies farther in the future is no age."""
    return seconds > -_CLOCKS_DIFFER


def age(seconds: float) -> str:
    """A length of time in its largest whole unit: ``12s``, ``7m``, ``2h``, ``3d``; less than nothing is ``0s``.

    What lies farther in the future than clocks differ is no age: ``?``.
    """
    if not is_age(seconds):
        return "?"
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < _DAY:
        return f"{whole // _HOUR}h"
    return f"{whole // _DAY}d"


def relative_time(then: datetime | None, now: datetime) -> str:
    """``7m ago``, ``in 2h``, ``just now``, or ``unknown``. Both times are aware."""
    if then is None:
        return "unknown"
    seconds = int((now - then).total_seconds())
    return f"in {age(-seconds)}" if seconds < 0 else ago(seconds)


def ago(seconds: float) -> str:
    """How long something past is ago: ``7m ago``, ``just now``; what lies in the future is at an unknown time."""
    if not is_age(seconds):
        return "at an unknown time"
    return f"{age(seconds)} ago" if seconds >= 1 else "just now"


def lasting(seconds: float) -> str:
    """How long something goes on already: ``for 7m``, ``just now``; from the future on is for an unknown time."""
    if not is_age(seconds):
        return "for an unknown time"
    return f"for {age(seconds)}" if seconds >= 1 else "just now"


HEADING_CELLS: Final = 120
"""How much of a description stands in for a missing title."""


def heading(task_title: str | None, description: str | None, task_id: str = "") -> str:
    """What people see as the title: the title, else the start of the description, else the id. Always one line."""
    for text in (task_title, description):
        line = clean_line((text or "")[: HEADING_CELLS * 20])
        if line:
            return truncate(line, HEADING_CELLS)
    return clean_line(task_id)


SHORT_ID_LENGTH: Final = 8


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """The shortest unambiguous prefix of each id, eight characters or more (``requirements.md``), made harmless."""
    ordered = sorted(set(ids))
    needed = [SHORT_ID_LENGTH] * len(ordered)
    for index in range(len(ordered) - 1):
        shared = _common_length(ordered[index], ordered[index + 1])
        needed[index] = max(needed[index], shared + 1)
        needed[index + 1] = max(needed[index + 1], shared + 1)
    return {task_id: clean_line(task_id[:length]) for task_id, length in zip(ordered, needed, strict=True)}


def _common_length(left: str, right: str) -> int:
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length
