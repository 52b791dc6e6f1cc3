"""The quick JSON reader gives what Python's own gives, for every text."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jjm_tui.gateway.dialects.answers import decode_json, find_json, read_answer
from jjm_tui.gateway.dialects.sessions import read_page
from jjm_tui.ports import ToolAnswer

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


@pytest.mark.parametrize(
    "text",
    [
        "```\n[1]\n```",
        "\n  ```json  \r\n\n[1]\n\n  ```\n",
        "```json\n[\n1]\n```",
    ],
)
def test_find_json_reads_a_fenced_block(text: str) -> None:
    assert find_json(text) == (True, [1])


@pytest.mark.parametrize(
    "text", ["```\n[1]```", "```[1]\n```", "```yaml\n[1]\n```", "```\n[1]\n```\nand so on", "``````"]
)
def test_find_json_reads_no_block_with_anything_beside_it(text: str) -> None:
    assert find_json(text) == (False, None)


@pytest.mark.parametrize("after", ["x", "\n```x", "\n``"])
def test_find_json_of_a_fence_that_never_closes_ends(after: str) -> None:
    """20 000 line feeds took hours once, as time grew with the third power."""
    assert find_json("```" + "\n" * 20_000 + after) == (False, None)


@pytest.mark.parametrize("opening", ['{"error":', '{"error":[', '{"success":false,"errors":[{"message":'])
@pytest.mark.parametrize("depth", [1, 30, 250])
def test_read_answer_finds_a_failure_however_deep_its_words_are(opening: str, depth: int) -> None:
    closing = "".join({"{": "}", "[": "]"}[sign] for sign in reversed(opening) if sign in "{[")
    reading = read_answer(ToolAnswer(opening * depth + '"quota used up"' + closing * depth))
    assert reading.failure == ("quota used up" if depth == 1 else "The server says that it failed.")


@pytest.mark.parametrize("name", ["data", "results"])
@pytest.mark.parametrize(("depth", "count"), [(1, 1), (3, 1), (900, None)])
def test_read_page_looks_for_a_list_only_as_deep_as_servers_put_one(name: str, depth: int, count: int | None) -> None:
    value: object = {"sessions": [{"id": "1"}]}
    for _ in range(depth):
        value = {name: value}
    page = read_page(value, "sessions")
    assert (None if page is None else len(page.records)) == count
