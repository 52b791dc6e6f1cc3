"""Cutting the text of a JSON document into its members, each exactly as it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_LINE_BREAKS: Final = str.maketrans("\r\n", "  ")
_SCANNER: Final = json.JSONDecoder()


class DamagedDocumentError(Exception):
    """The bytes are not a store file; the text says why."""


def to_line(text: str) -> bytes:
    """Line breaks between the values become spaces; inside of them JSON has none."""
    return text.translate(_LINE_BREAKS).encode("utf-8", "surrogatepass")


def _skip_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def scan_object(text: str) -> dict[str, str]:
    """The members of a JSON object, their values as they are written.

    Raises:
        DamagedDocumentError: not an object, or a name occurs twice.
        ValueError: not JSON.
    """
    at = _skip_space(text, 0)
    if text[at : at + 1] != "{":
        raise DamagedDocumentError("it is not a JSON object")
    members: dict[str, str] = {}
    at = _skip_space(text, at + 1)
    is_first = True
    while text[at : at + 1] != "}":
        at = at if is_first else _expect(text, at, ",")
        is_first = False
        name, at = _SCANNER.raw_decode(text, at)
        if not isinstance(name, str) or name in members:
            raise DamagedDocumentError(f"it has the name {str(name)[:40]!r} twice or where none belongs")
        at = _expect(text, _skip_space(text, at), ":")
        _, end = _SCANNER.raw_decode(text, at)
        members[name] = text[at:end]
        at = _skip_space(text, end)
    if _skip_space(text, at + 1) != len(text):
        raise DamagedDocumentError("something follows after its end")
    return members


def scan_list(text: str) -> Iterator[str]:
    """The elements of a JSON list, as they are written."""
    if not text.startswith("["):
        raise DamagedDocumentError("its list of records is not a list")
    at = _skip_space(text, 1)
    is_first = True
    while text[at : at + 1] != "]":
        at = at if is_first else _expect(text, at, ",")
        is_first = False
        _, end = _SCANNER.raw_decode(text, at)
        yield text[at:end]
        at = _skip_space(text, end)


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise ValueError(f"{sign!r} is missing at character {at}")
    return _skip_space(text, at + 1)
