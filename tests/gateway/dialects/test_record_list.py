"""A list that is read again tells exactly what reading it for the first time would tell, and decodes only news."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jjm_tui.gateway.dialects import record_list
from jjm_tui.gateway.dialects.record_list import RecordList

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-20, 20)
    | st.sampled_from(["", "a", "],[", '"},\n  {"', "\\", "é\u2028", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "x", "]"]), inner, max_size=3),
    max_leaves=6,
)
layouts = st.sampled_from([None, 0, 2])
texts = st.builds(
    lambda records, indent, lead: lead + json.dumps(records, indent=indent, ensure_ascii=False),
    st.lists(values, max_size=6),
    layouts,
    st.sampled_from(["", "\n ", "\ufeff"]),
)


@st.composite
def edits(draw: st.DrawFn) -> list[str]:
    """Texts that mostly follow from each other by small changes, some of them no longer JSON."""
    text = draw(texts)
    found = [text]
    for _ in range(draw(st.integers(1, 5))):
        if draw(st.booleans()):
            text = draw(texts)
        else:
            begin = draw(st.integers(0, len(text)))
            end = min(len(text), begin + draw(st.integers(0, 4)))
            text = (
                text[:begin]
                + draw(st.sampled_from(["", "1", ",", "null", '"', "]", "[", "{}", " ", ",2", "\\"]))
                + text[end:]
            )
        found.append(text)
    return found


def plainly(text: str) -> list[Any] | None:
    try:
        value = json.loads(text.lstrip("\ufeff \t\r\n"))
    except ValueError:
        return None
    return value if isinstance(value, list) else None


@pytest.fixture(autouse=True, params=[1, 2, 32])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short lists have blocks too."""
    monkeypatch.setattr(record_list, "_BLOCK", request.param)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits())
def test_read_after_any_change_equals_reading_anew(found: list[str]) -> None:
    records: RecordList[Any] = RecordList(lambda value: value)
    for text in found:
        assert repr(records.read(text)) == repr(plainly(text))


@pytest.mark.parametrize("indent", [None, 2])
def test_read_again_decodes_only_what_differs(indent: int | None) -> None:
    decoded: list[int] = []

    def note(value: Any) -> Any:
        decoded.append(value["id"])
        return value

    tasks = [{"id": number, "chat": ["words"] * 5} for number in range(100)]
    records: RecordList[Any] = RecordList(note)
    assert records.read(json.dumps(tasks, indent=indent)) == tasks
    decoded.clear()
    tasks[40]["chat"].append("news")
    assert records.read(json.dumps(tasks, indent=indent)) == tasks
    assert decoded == [40]
    decoded.clear()
    del tasks[70]
    tasks.append({"id": 100, "chat": []})
    assert records.read(json.dumps(tasks, indent=indent)) == tasks
    assert set(decoded) <= {71, 100}


def test_read_of_something_else_forgets_nothing() -> None:
    records: RecordList[Any] = RecordList(lambda value: value)
    assert records.read("[1, 2, 3]") == [1, 2, 3]
    for other in ("", "{}", "[1, 2", "[1,]", "[1] 2", "[" * 100_000, "Error: busy"):
        assert records.read(other) is None
    assert records.read("[1, 2, 4]") == [1, 2, 4]
    assert records.read("[]") == []
