"""Lines are cut in any chunks as in one, and a broken answer still tells whose it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.gateway.lines import EndlessLine, Line, LineSplitter, LongLine, find_answer_ids, find_long_answer_ids


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=8), st.data())
def test_splitter_any_chunks_give_the_same_lines(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines) + b"rest"
    splitter = LineSplitter(100)
    found: list[Line] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += splitter.feed(stream[:size])
        stream = stream[size:]
    assert found == lines
    assert splitter.rest() == b"rest"


@given(st.integers(11, 200), st.data())
def test_splitter_longer_line_than_the_limit_is_passed_over_and_the_next_one_read(
    size: int, data: st.DataObject
) -> None:
    stream = b"before\n" + b"x" * size + b"\nbehind\nrest"
    splitter = LineSplitter(10)
    found: list[Line] = []
    while stream:
        step = data.draw(st.integers(1, len(stream)))
        found += splitter.feed(stream[:step])
        stream = stream[step:]
    assert found == [b"before", LongLine(b"x" * 11, b"x" * size, size), b"behind"] or found[1].size == size  # type: ignore[union-attr]
    assert (found[0], found[2], splitter.rest()) == (b"before", b"behind", b"rest")


def test_splitter_keeps_little_of_a_long_line_and_gives_up_one_without_an_end() -> None:
    splitter = LineSplitter(10_000, skipped=50_000)
    for _ in range(6):
        assert splitter.feed(b"a" * 9_999) == []
    with pytest.raises(EndlessLine):
        splitter.feed(b"a" * 9_999)
    rest = splitter.rest()
    assert isinstance(rest, LongLine)
    assert rest.size > 60_000
    assert not rest.has_end
    assert len(rest.head) == 4096


@pytest.mark.parametrize(
    ("head", "tail", "ids"),
    [
        (b'{"jsonrpc":"2.0","id":7,"result":{"content":[{"text":"xxx', b'xxx"}]}}', (7,)),
        (b'{"result":{"id":9,"text":"xxx', b'xxx"},"jsonrpc":"2.0","id":7}', (7,)),
        (b'{"jsonrpc":"2.0","result":{"id":9,"text":"xxx', b'xxx"},"id":"7"}\r', ("7",)),
        (b'{"jsonrpc":"2.0","result":{"text":"xxx', b'xxx","id":9}}', ()),
        (b'{"jsonrpc":"2.0","result":{"method":"xxx', b'xxx","id":9}}', ()),
        (b'{"jsonrpc":"2.0","method":"notifications/message","params":{"xxx', b'xxx"}}', None),
        (b"a banner of many words, xxx", b'"id":7}', None),
        (b"", b"", None),
    ],
)
def test_long_line_tells_whose_answer_it_was_or_that_it_was_none(
    head: bytes, tail: bytes, ids: tuple[object, ...] | None
) -> None:
    assert find_long_answer_ids(LongLine(head, tail, 10_000_000)) == ids


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
