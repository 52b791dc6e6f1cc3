"""Foreign text made harmless, and the short forms that people read: headings, ages, short ids, cut lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Final

from jjm_tui.domain.emoji import WIDENED

_NOT_IN_STRINGS: Final = r"\x07\x18\x1a\x1b\x80-\x9f"


@cache
def _sequence() -> re.Pattern[str]:
    """Whole escape sequences (ECMA-48): CSI; OSC, DCS, SOS, PM and APC up to BEL or ST; ``ESC x`` and ``ESC ( x``. One
    that never ends is none: its words stay. Every quantifier is possessive and no string runs over the start of another
    sequence, so no character is looked at more than twice. Most texts have none, so it is compiled late."""
    return re.compile(
        r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
        rf"|(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^{_NOT_IN_STRINGS}]*+(?:[\x07\x9c]|\x1b\\)"
        r"|\x1b(?:[ -/]++[0-~]|[0-OQ-WYZ\\`-~])"
    )


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
"""Zero width non-joiner and the first variation selectors stay: scripts and emoji need them."""

_REPLACEMENT: Final = 0xFFFD
_UNSEEN: Final = chr(_REPLACEMENT)
_CONTROL_PICTURES: Final = 0x2400
_LINE_FEED_AND_TAB: Final = frozenset({0x09, 0x0A})
_ZERO_WIDTH_JOINER: Final = "\u200d"
_EMOJI_SELECTOR: Final = "\ufe0f"
_SUSPECT: Final = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f{_ZERO_WIDTH_JOINER}{_EMOJI_SELECTOR}"
    + "".join(f"{chr(first)}-{chr(last)}" for first, last in _INVISIBLE_RANGES)
    + "]"
)
_JOINED: Final = "⛹\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f90c-\U0001f9ff\U0001fa70-\U0001faff"
"""Emoji that may be joined with each other."""
_JOINED_WITH_THEM: Final = "↔↕☠♀♂⚕⚖⚧⛓✈❄❤➡⬛"


@cache
def _stray() -> re.Pattern[str]:
    """Joiners that are not between emoji, and emoji selectors after what has no wide form: terminals draw nothing for
    them, and nobody agrees on how many cells such text takes."""
    emoji, joiner, selector = f"[{_JOINED}{_JOINED_WITH_THEM}]", _ZERO_WIDTH_JOINER, _EMOJI_SELECTOR
    after = rf"(?<!{{0}}{joiner})(?<!{{0}}{selector}{joiner})"
    return re.compile(
        rf"{joiner}(?:{after.format(emoji)}|(?!{emoji})|{after.format(f'[{_JOINED}]')}(?![{_JOINED}]))"
        rf"|{selector}(?:(?<![#*0-9{WIDENED}]{selector})|(?<=[#*0-9]{selector})(?!\u20e3))"
    )


def _without_stray(text: str, sign: str) -> str:
    """``sign`` in place of each of them."""
    has_any = _ZERO_WIDTH_JOINER in text or _EMOJI_SELECTOR in text
    return _stray().sub(sign, text) if has_any else text


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

    Whole escape sequences are dropped; what follows one that never ends stays as text. Control characters that remain
    become their pictures (``␛``), invisible and bidirectional ones and lone surrogates ``U+FFFD``. Joiners and
    selectors of emoji are dropped where they change nothing that a terminal draws. Line feed and tab stay,
    CR LF becomes a line feed. Idempotent, linear in time.
    """
    if _SUSPECT.search(text) is None:
        return text
    return _without_stray(_shown(_sequence().sub("", text)), "")


def clean_exactly(text: str) -> str:
    """``clean`` for what people decide about: all that it drops becomes visible, too, so that nothing is left out."""
    if _SUSPECT.search(text) is None:
        return text
    return _without_stray(_shown(text), _UNSEEN)


def _shown(text: str) -> str:
    return text.replace("\r\n", "\n").translate(_visible())


def clean_line(text: str) -> str:
    """``clean``, then all white space folded, so that it is one line."""
    return fold(clean(text))


def fold(text: str) -> str:
    """All white space as single spaces, so that it is one line."""
    return " ".join(text.split())


ELLIPSIS: Final = "…"


def _widths(text: str) -> Iterator[int]:
    """The cells of each character; of emoji that are joined, the first one has those of all."""
    before = narrow = ""
    for character in text:
        if character < "\x7f":
            narrow = character
            yield 1
        elif before == _ZERO_WIDTH_JOINER:
            yield 0
        elif character == _EMOJI_SELECTOR:
            yield 1 if narrow else 0
            narrow = ""
        elif unicodedata.category(character) in ("Mn", "Me", "Cf"):
            yield 0
        elif unicodedata.east_asian_width(character) in "WF":
            narrow = ""
            yield 2
        else:
            narrow = character
            yield 1
        before = character


def cell_width(text: str) -> int:
    """Terminal cells that one line of clean text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_widths(text))


def truncate(text: str, width: int) -> str:
    """Cut one line of clean text to at most ``width`` cells; what was cut ends with ``…``."""
    if width <= 0:
        return ""
    if len(text) <= width and cell_width(text) <= width:
        return text
    room = width - 1
    used = 0
    kept = 0
    for position, cells in enumerate(_widths(text)):
        used += cells
        if used > width:
            return text[:kept].rstrip() + ELLIPSIS
        if used <= room:
            kept = position + 1
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
