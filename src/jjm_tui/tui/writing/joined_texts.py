"""Two texts in one field: nothing is lost, and the marker line between them must go before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

ELSEWHERE: Final = "typed elsewhere"
NOT_SENT: Final = "was not sent"
UNDER_WAY: Final = "was being sent"
EARLIER: Final = "typed before"
EDITED: Final = "saved by the editor"
"""Why a text is there as well."""

UNDECIDED: Final = "There are two texts in here: delete the marker line, and what you do not want."
"""Why nothing is sent."""

_REST: Final = "delete this line, and what you do not want"
_MARKER: Final = re.compile(
    rf"^----- (?:{ELSEWHERE}|{NOT_SENT}|{UNDER_WAY}|{EARLIER}|{EDITED}): {_REST} -----$", re.MULTILINE
)


def marker(why: str) -> str:
    """The line above a text that was put below another one."""
    return f"----- {why}: {_REST} -----"


def has_marker(text: str) -> bool:
    """Whether a choice between texts is still to be made."""
    return _MARKER.search(text) is not None


def split_texts(text: str) -> list[str]:
    """The texts between the marker lines, without line breaks around them."""
    parts = _MARKER.split(text)
    return [text] if len(parts) == 1 else [part.strip("\n") for part in parts]


def addition_for(ours: str, theirs: str, why: str) -> str | None:
    """What to put behind ``ours`` so that ``theirs`` is kept; ``None`` when all of it is there already."""
    return None if theirs.strip() in ours else f"\n\n{marker(why)}\n{theirs}"


def join_texts(texts: Iterable[str], why: str) -> str:
    """Several texts in one, in this order."""
    first, *others = texts
    return first + "".join(f"\n\n{marker(why)}\n{other}" for other in others)
