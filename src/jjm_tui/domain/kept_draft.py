"""Texts that were not sent yet, and since when they have been there: a message of before that is another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

_NONE: Final[Mapping[str, datetime]] = {}


@dataclass(frozen=True, slots=True)
class DraftTimes:
    """Times of one draft. ``begun_at``: of its first letter.

    ``typed_at``: since when each text in it, without what surrounds it, has been in exactly these words. What is not
    known is not in there.
    """

    begun_at: datetime | None = None
    typed_at: Mapping[str, datetime] = field(default_factory=lambda: _NONE)

    def typed(self, texts: Iterable[str], now: datetime) -> DraftTimes:
        """Of a draft that has these texts now; what was in it before keeps its time."""
        return DraftTimes(self.begun_at or now, {text: self.typed_at.get(text, now) for text in texts})

    def joined(self, other: DraftTimes) -> DraftTimes:
        """With those of another draft, below this one. An equal text counts from the later time."""
        typed_at = dict(self.typed_at)
        for text, moment in other.typed_at.items():
            typed_at[text] = max(moment, typed_at.get(text, moment))
        return DraftTimes(self.begun_at or other.begun_at, typed_at)


UNKNOWN_TIMES: Final = DraftTimes()


class KeptDraft(NamedTuple):
    """A text that was not sent yet, and its times."""

    text: str = ""
    times: DraftTimes = UNKNOWN_TIMES
