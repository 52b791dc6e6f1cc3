"""Page sizes, page tokens and filters of the REST API."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import Any, Final

from jjm_tui.domain.times import parse_time
from jjm_tui.simulator import api_errors

LARGEST_PAGE: Final = 100

_ARCHIVED: Final = re.compile(r"\s*archived\s*=\s*(true|false)\s*", re.IGNORECASE)
_SINCE: Final = re.compile(r"\s*create_time\s*(>=?)\s*\"([^\"]+)\"\s*")


def read_page_size(value: Any, default: int) -> int:
    """A page size between 1 and 100; larger ones are taken as 100, 0 as the default. Raises ApiError."""
    if value is None:
        return default
    try:
        size = int(value)
    except (TypeError, ValueError):
        raise api_errors.invalid("Invalid value at 'page_size' (TYPE_INT32)") from None
    if size < 0:
        raise api_errors.invalid()
    return min(size, LARGEST_PAGE) or default


def write_token(offset: int) -> str:
    """An opaque page token."""
    return base64.urlsafe_b64encode(json.dumps({"offset": offset}).encode()).decode().rstrip("=")


def read_token(token: str | None, default: int) -> int:
    """The number in a page token. Raises ApiError."""
    if not token:
        return default
    try:
        return int(json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["offset"])
    except (ValueError, KeyError, TypeError):
        raise api_errors.invalid("The page token is not valid.") from None


def read_archived(filter_text: str | None) -> bool:
    """Whether a session filter asks for the archived ones. Raises ApiError."""
    if not filter_text or not filter_text.strip():
        return False
    found = _ARCHIVED.fullmatch(filter_text)
    if found is None:
        raise api_errors.invalid("Invalid filter.")
    return found[1].lower() == "true"


def read_since(filter_text: str) -> tuple[datetime, bool]:
    """The time of an activity filter, and whether that very time counts. Raises ApiError."""
    found = _SINCE.fullmatch(filter_text)
    if found is None:
        raise api_errors.invalid("Invalid filter.")
    try:
        return parse_time(found[2]), found[1] == ">="
    except ValueError:
        raise api_errors.invalid("Invalid filter.") from None
