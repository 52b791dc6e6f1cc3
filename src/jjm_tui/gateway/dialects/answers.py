"""Reading one answer of a tool: structured content, JSON text, envelopes, plain words, and whether it says no."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jjm_tui.domain.text import clean
from jjm_tui.ports import ToolAnswer

_FENCE: Final = "```"
_FAILURE_WORDS: Final = re.compile(r"\s*(?:\N{CROSS MARK}\s*)?(?:error\b\s*[:\w]|failed to\b)", re.IGNORECASE)
_ENVELOPE_KEYS: Final = frozenset(
    {"success", "ok", "message", "error", "errors", "code", "status", "details", "hint", "timestamp"}
)
_ERROR_KEYS: Final = _ENVELOPE_KEYS | {"valid", "warnings", "schema"}
_DEEPEST_WORDS: Final = 20
"""Levels of a failure object that are searched for words; real ones have three."""
_NO_WORDS: Final = "The server says that it failed."


@dataclass(frozen=True, slots=True)
class AnswerReading:
    """What an answer holds. ``value`` is decoded JSON when ``has_value``; ``text`` its own words, not cleaned.

    ``failure`` is the server's explanation when the answer amounts to a failure, whatever its form.
    """

    text: str
    value: Any = None
    has_value: bool = False
    failure: str | None = None


def decode_json(text: str) -> tuple[bool, Any]:
    """Whether ``text`` is one JSON document, and its value. Whole numbers keep all their digits; never raises."""
    from pydantic_core import from_json

    with contextlib.suppress(ValueError, TypeError):
        return True, from_json(text)
    try:  # this takes more: half characters, and what is nested deeper
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def find_json(text: str) -> tuple[bool, Any]:
    """The JSON document in ``text``: the whole of it, a fenced block, or what follows a heading line."""
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        return decode_json(start)
    fenced = _unfence(text)
    if fenced is not None:
        return decode_json(fenced)
    heading = re.search(r"\n\s*(?=[{\[])", text[:400])
    if heading is not None:
        return decode_json(text[heading.end() :])
    return False, None


def _unfence(text: str) -> str | None:
    """What stands between two lines of backticks, where there is nothing outside of them."""
    block = text.strip()
    if len(block) < 2 * len(_FENCE) or not (block.startswith(_FENCE) and block.endswith(_FENCE)):
        return None
    language, _, rest = block[len(_FENCE) : -len(_FENCE)].partition("\n")
    inner, ends_line, before_fence = rest.rpartition("\n")
    is_block = ends_line and language.strip() in ("", "json") and not before_fence.strip()
    return inner if is_block else None


def read_answer(answer: ToolAnswer) -> AnswerReading:
    """Read an answer in the order of ``servers.md``: structured content, JSON text, envelope, plain text."""
    text = answer.text
    has_value, value = False, None
    if answer.structured is not None:
        has_value, value = True, answer.structured
        if isinstance(value, Mapping) and set(value) == {"result"}:
            value = value["result"]
        if isinstance(value, str):
            text = text or value
            has_value, value = find_json(value)
    if not has_value:
        has_value, value = find_json(text)
    if answer.is_error:
        words = text.strip() or (_explain(value) if has_value else "")
        return AnswerReading(text, value, has_value, words or "The server reported an error without a word.")
    failure = None
    if has_value:
        value, failure = unwrap_envelope(value)
    elif _FAILURE_WORDS.match(text) is not None:
        failure = text.strip()
    return AnswerReading(text, value, has_value, failure)


def unwrap_envelope(value: Any) -> tuple[Any, str | None]:
    """Take the payload out of ``{"success", "message", "data", "error"}``; the second item is what failed."""
    if not isinstance(value, Mapping):
        return value, None
    flag = value.get("success", value.get("ok"))
    if isinstance(flag, bool):
        if not flag:
            return {}, _explain(value)
        if "data" in value:
            return ({} if value["data"] is None else value["data"]), None
        return {key: item for key, item in value.items() if key not in _ENVELOPE_KEYS}, None
    says_error = bool(value.get("error")) or value.get("status") == "error" or value.get("valid") is False
    if says_error and set(value) <= _ERROR_KEYS:
        return {}, _explain(value)
    return value, None


def _explain(value: Any, levels: int = _DEEPEST_WORDS) -> str:
    """The words of a failure object, with code and status in front, as classifiers expect them."""
    if isinstance(value, str):
        return value
    if levels == 0:
        return _NO_WORDS
    if isinstance(value, list):
        return "; ".join(_explain(item, levels - 1) for item in value[:5])
    if not isinstance(value, Mapping):
        return _NO_WORDS
    parts = [str(value[key]) for key in ("code", "status") if isinstance(value.get(key), str | int)]
    words = [_explain(value[key], levels - 1) for key in ("error", "message", "errors") if value.get(key)]
    sentence = ": ".join(dict.fromkeys(words)) or _NO_WORDS
    return f"[{' '.join(parts)}] {sentence}" if parts else sentence


def excerpt(text: str, length: int = 200) -> str:
    """The beginning of a server's words, cleaned and on one line, for messages to people."""
    line = " ".join(clean(text[: length * 4]).split())
    return line if len(line) <= length else line[: length - 1] + "…"
