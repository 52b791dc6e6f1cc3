"""Lines are cut in any chunks as in one, and a broken answer still tells whose it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.gateway.lines import LineSplitter, LineTooLong, find_answer_ids


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=8), st.data())
def test_splitter_any_chunks_give_the_same_lines(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines) + b"rest"
    splitter = LineSplitter(100)
    found: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += splitter.feed(stream[:size])
        stream = stream[size:]
    assert found == lines
    assert splitter.rest() == b"rest"


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_splitter_longer_line_than_the_limit_is_refused(end: bytes) -> None:
    splitter = LineSplitter(10)
    assert splitter.feed(b"x" * 10 + b"\n") == [b"x" * 10]
    with pytest.raises(LineTooLong):
        splitter.feed(b"x" * 11 + end)


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        (b'{"jsonrpc":"2.0","id":7,"result":{"id":9', (7,)),
        (b'{"result":{"id":9,"a":"x "quoted" y"},"jsonrpc":"2.0","id":7}', (7,)),
        (b'{"result":{bad},"id":"7","jsonrpc":"2.0"}', ("7",)),
        (b'{"id" : 7 ,"result":tru}', (7,)),
        (b'noise {"jsonrpc":"2.0","id":7,"result":{]', (7,)),
        (b'{"result":{"id":9}', ()),
        (b'{"result":{"id":9},"id":7,"jsonrpc":"2.0"}', (7,)),
        (b'{"jsonrpc":"2.0","method":"ping","id":7,', ()),
        (b'{"text":"\\"id\\":7","other":', ()),
        (b'["id",7', ()),
        (b"plain words with id 7", ()),
        (b'{"id":null,"error":', ()),
        (b"", ()),
    ],
)
def test_find_answer_ids_broken_line_names_top_level_ids_only(line: bytes, ids: tuple[object, ...]) -> None:
    assert find_answer_ids(line) == ids


@given(st.binary(max_size=300))
def test_find_answer_ids_never_fails(line: bytes) -> None:
    assert all(isinstance(found, int | str) for found in find_answer_ids(b'{"id":1,' + line))
