"""The file format: every layout of the same JSON is read, and what is not touched keeps its bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.store.document import (
    DamagedDocumentError,
    Document,
    decode_json,
    encode_json,
    parse_document,
    salvage_records,
)
from jjm_tui.store.task_line import TASKS, encode_task
from tests.store.stands import make_task

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NEW_KEYS = st.dictionaries(st.text(min_size=1).map(lambda name: f"x-{name}"), JSON, max_size=4)


def spell(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def raw_tasks(document: Document[Any]) -> list[bytes]:
    return [entry.raw for entry in document.entries.values()]


def test_encode_layout_has_one_line_per_task() -> None:
    document: Document[Any] = Document(TASKS)
    document.set_sibling("sync", {"a": 1})
    for task_id in ("1", "2"):
        document.put(encode_task(make_task(task_id)))
    lines = document.encode().decode().splitlines()
    assert lines[0] == '{"schema_version":1,'
    assert lines[1] == '"sync":{"a":1},'
    assert lines[2] == '"tasks":['
    assert json.loads(lines[3].rstrip(","))["id"] == "1"
    assert lines[-1] == "]}"
    assert json.loads(document.encode())["tasks"][1]["id"] == "2"


@settings(deadline=None)
@given(
    siblings=NEW_KEYS, extras=st.lists(NEW_KEYS, max_size=4), indent=st.sampled_from([None, 1, 4]), tail=st.booleans()
)
def test_parse_any_layout_keeps_every_value(
    siblings: dict[str, Any], extras: list[dict[str, Any]], indent: int | None, tail: bool
) -> None:
    tasks = [{"id": str(number), **extra} for number, extra in enumerate(extras)]
    whole = {"tasks": tasks, **siblings} if tail else {**siblings, "tasks": tasks}
    document = parse_document(json.dumps(whole, indent=indent).encode(), TASKS)
    assert [entry.problem for entry in document.entries.values()] == [None] * len(tasks)
    again = document.encode()
    assert json.loads(again) == {"schema_version": 1, **whole}
    assert parse_document(again, TASKS).encode() == again


@settings(deadline=None)
@given(NEW_KEYS, NEW_KEYS)
def test_put_changed_task_keeps_unknown_fields_of_it_and_of_others(
    mine: dict[str, Any], others: dict[str, Any]
) -> None:
    text = json.dumps({"tasks": [{"id": "1", **mine}, {"id": "2", **others}], **others}, indent=2)
    document = parse_document(text.encode(), TASKS)
    before = raw_tasks(document)[1]
    task = document.get("1")
    assert task is not None
    document.put(encode_task(make_task("1", "new", extra=task.extra)))
    found = json.loads(document.encode())
    assert {name: value for name, value in found["tasks"][0].items() if name in mine} == mine
    raw = document.raw("1") or b""
    assert [name for name, value in mine.items() if spell({name: value})[1:-1] not in raw] == []
    assert raw_tasks(document)[1] == before
    assert {name: found[name] for name in others} == others


@pytest.mark.parametrize(
    "value",
    ["NaN", "-Infinity", "123456789012345678901234567890", "1e999", '"\\ud800"', "0.10000000000000000001", "1.50"],
)
@pytest.mark.parametrize("indent", ["", "\n  "])
def test_untouched_task_odd_value_keeps_its_bytes(value: str, indent: str) -> None:
    data = f'{{"tasks":[{{"id":"1",{indent}"x":{value}}},{{"id":"2"}}],{indent}"y":{value}}}'.encode()
    document = parse_document(data, TASKS)
    document.put(encode_task(make_task("2", "new")))
    again = document.encode()
    assert f'"x":{value}}}'.encode() in again
    assert f'"y":{value},'.encode() in again


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**70, -(2**70), "a\ud800", 2**63, 2**64 - 1])
def test_touched_task_odd_value_survives(value: Any) -> None:
    document = parse_document(encode_json({"tasks": [{"id": "1", "x": value}]}), TASKS)
    task = document.get("1")
    assert task is not None
    document.put(encode_task(make_task("1", "new", extra=task.extra)))
    found = decode_json(document.raw("1") or b"")["x"]
    assert repr(found) == repr(value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_parse_other_encodings_are_read(encoding: str) -> None:
    document = parse_document('{"tasks":[{"id":"é"}]}'.encode(encoding), TASKS)
    assert [task.id for task in document.items()] == ["é"]
    assert json.loads(document.encode())["tasks"] == [{"id": "é"}]


def test_parse_half_characters_in_bytes_are_kept() -> None:
    data = b'{"tasks":[{"id":"1","x":"\xed\xa0\x80"}]}'
    assert b"\xed\xa0\x80" in parse_document(data, TASKS).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"null",
        b"[]",
        b"{}",
        b'{"tasks":{}}',
        b'{"tasks":null}',
        b'{"tasks":[}',
        b'{"tasks":[]',
        b'{"tasks":[]}}',
        b'{"tasks":[],}',
        b'{"tasks":[{"id":"1"},]}',
        b'{"tasks":[{"id":"1"} {"id":"2"}]}',
        b'{"tasks":[],"tasks":[{"id":"1"}]}',
        b'{"tasks" []}',
        b'{1:2,"tasks":[]}',
        b'{"tasks":[{"id":"\xff"}]}',
        b'{"schema_version":1,\n"tasks":[\n{"id":"1"}\n{"id":"2"}\n]}\n',
        b'{"tasks":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b"\x00" * 4096,
        b"\xef\xbb\xbf",
        b"\xff\xfe",
    ],
)
def test_parse_something_else_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedDocumentError):
        parse_document(data, TASKS)


@pytest.mark.parametrize(
    "record", ["5", "null", "[]", "{}", '{"id":5}', '{"id":""}', '{"id":"9","title":5}', '{"id":"9","status":"odd"}']
)
def test_parse_bad_record_is_kept_and_told(record: str) -> None:
    document = parse_document(f'{{"tasks":[{{"id":"1"}},{record},{{"id":"2"}}]}}'.encode(), TASKS)
    assert [task.id for task in document.items()] == ["1", "2"]
    assert len(document.problems()) == 1
    assert "Record 2" in document.problems()[0]
    document.put(encode_task(make_task("2", "new")))
    document.put(encode_task(make_task("3")))
    assert [json.loads(raw) for raw in raw_tasks(document)][1] == json.loads(record)


def test_parse_duplicate_ids_shows_first_and_keeps_both() -> None:
    document = parse_document(b'{"tasks":[{"id":"1","title":"a"},{"id":"1","title":"b"}]}', TASKS)
    assert [task.title for task in document.items()] == ["a"]
    assert "same id" in document.problems()[0]
    assert [json.loads(raw)["title"] for raw in raw_tasks(document)] == ["a", "b"]
    assert len(document.remove("1")) == 2
    assert raw_tasks(document) == []


def test_parse_known_records_are_not_decoded_again() -> None:
    document = parse_document(b'{"tasks":[{"id":"1"},{"id":"2"}]}', TASKS)
    again = parse_document(b'{"tasks":[{"id":"1"},{"id":"2","title":"x"}]}', TASKS, document)
    assert again.get("1") is document.get("1")
    assert again.get("2") is not document.get("2")


@pytest.mark.parametrize(("text", "version"), [("2", 2), ('"1"', None), ("true", None), ("null", None), ("1.0", None)])
def test_parse_schema_version_is_told_as_found(text: str, version: int | None) -> None:
    assert parse_document(f'{{"schema_version":{text},"tasks":[]}}'.encode(), TASKS).schema_version == version


def test_salvage_torn_file_gives_whole_lines() -> None:
    document: Document[Any] = Document(TASKS)
    for number in range(5):
        document.put(encode_task(make_task(str(number))))
    data = document.encode()
    found, lost = salvage_records(data[: data.index(b'{"id":"3"') + 20], TASKS)
    assert [entry.key for entry in found] == ["0", "1", "2"]
    assert lost == 1
