"""Times as the product writes and reads them: timezone-aware, RFC 3339, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

_RFC3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})")


@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with any number of fraction digits; beyond microseconds they are cut.

    Remembers what it read: one poll stamps every field of every task with the same time.

    Raises:
        ValueError: not such a time, or one without an offset.
    """
    if _RFC3339.fullmatch(text) is None:
        raise ValueError(f"{text[:60]!r} is not an RFC 3339 time")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:60]!r} is out of range") from error


@lru_cache(maxsize=4096)
def format_time(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC, with microseconds only where there are any; remembers what it wrote."""
    here = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return here.isoformat().removesuffix("+00:00") + "Z"
