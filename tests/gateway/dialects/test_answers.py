"""The quick JSON reader gives what Python's own gives, for every text."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jjm_tui.gateway.dialects.answers import decode_json

_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.integers(10**17, 10**40)
_VALUES = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """A JSON document, often with a character too many, too few, or another one."""
    text = json.dumps(draw(_VALUES), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 2])))
    if draw(st.booleans()):
        return text
    start = draw(st.integers(0, len(text)))
    end = min(len(text), start + draw(st.integers(0, 2)))
    return text[:start] + draw(st.text('0123456789+-.eE"\\,:[]{}uND \n\t\x00\ud800\ufeff', max_size=3)) + text[end:]


def _slowly(text: str) -> tuple[bool, object]:
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


@given(_texts())
@example('{"a": 1, "a": 12345678901234567890}')
@example("[-0, -0.0, 1e400, NaN, -Infinity]")
@example('["\\ud800", "\\ud83d\\ude00", "\\u0000", "\ud800"]')
@example("9" * 5000)
def test_decode_json_any_text_gives_what_python_gives(text: str) -> None:
    assert repr(decode_json(text)) == repr(_slowly(text))


@pytest.mark.parametrize("depth", [199, 201, 600, 100_000])
def test_decode_json_deep_text_gives_what_python_gives(depth: int) -> None:
    text = "[" * depth + "]" * depth
    assert decode_json(text) == _slowly(text)
