"""Times as the product writes and reads them: timezone-aware, RFC 3339, UTC."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from functools import lru_cache
from typing import Final

_RFC3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})")


class NoMomentError(ValueError):
    """A time in the first or the last year of all: programs write it where they know none, and it has no local time
    everywhere."""


@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with any number of fraction digits; beyond microseconds they are cut.

    Remembers what it read: one poll stamps every field of every task with the same time.

    Raises:
        NoMomentError: such a time, but one that means that none is known.
        ValueError: not such a time, or one without an offset.
    """
    if _RFC3339.fullmatch(text) is None:
        raise ValueError(f"{text[:60]!r} is not an RFC 3339 time")
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise NoMomentError(f"{text[:60]!r} is out of range") from error
    check_moment(moment)
    return moment


def check_moment(moment: datetime) -> None:
    """See that a time can be told in every time zone. Raises NoMomentError."""
    if moment.year in (MINYEAR, MAXYEAR):
        raise NoMomentError(f"a time in the year {moment.year} is out of range")


@lru_cache(maxsize=4096)
def format_time(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC, with microseconds only where there are any; remembers what it wrote."""
    here = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return here.isoformat().removesuffix("+00:00") + "Z"
