"""Whatever stands in a paste is text, in however many pieces it comes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual.events import Key, Paste
from textual.message import Message

from jjm_tui.domain.text import clean
from jjm_tui.tui.pasted import PasteParser

START, END = "\x1b[200~", "\x1b[201~"
pieces = st.sampled_from(
    ["a", "\x1b", "\x1b[31m", "\x1b[0m", "[", "\x13", "\n", "\r\n", "\r", "\x1b[20", "ü", "\x1b]52;c;AA\x07"]
)
texts = st.lists(pieces | st.text(max_size=4), max_size=20).map("".join)


def told(data: str, cuts: list[int]) -> list[Message]:
    parser = PasteParser()
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [message for start, end in pairwise(places) for message in parser.feed(data[start:end])]


def pastes(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, Paste)]


def keys(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, Key)]


@given(texts.filter(lambda text: END not in text), st.lists(st.integers(0, 400), max_size=12))
@example("one \x1b[31m two\x13 three", [])
@example("x\x1b[201", list(range(40)))
def test_paste_arrives_whole_and_nothing_in_it_is_a_key(text: str, cuts: list[int]) -> None:
    whole = text.replace("\x00", "").replace("\ufdd0", "\x1b").replace("\r\n", "\n").replace("\r", "\n")
    messages = told(f"j{START}{text}{END}k", cuts)
    assert keys(messages) == ["j", "k"]
    assert pastes(messages) == [clean(whole)]


def test_pasted_terminal_output_loses_its_colours_and_nothing_else() -> None:
    text = "FAILED a.py \x1b[31mred\x1b[0m and more\nsecond \x1b[1mbold\x1b[0m end"
    assert pastes(told(START + text + END, [])) == ["FAILED a.py red and more\nsecond bold end"]


def test_two_pastes_and_keys_between_them_stay_apart() -> None:
    messages = told(f"{START}one{END}a{START}\x1b[0mtwo{END}b", [3, 8, 12, 20])
    assert pastes(messages) == ["one", "two"]
    assert keys(messages) == ["a", "b"]


@pytest.mark.parametrize("key", ["\x1b[A", "\x1b[1;5C", "\x1bOP"])
def test_keys_that_begin_with_an_escape_character_are_keys_as_before(key: str) -> None:
    assert len(keys(told(key + "x", []))) == 2


def test_long_paste_full_of_escape_characters_is_read_at_once() -> None:
    text = "\x1b[31m word" * 48_000
    assert pastes(told(START + text + END, list(range(0, len(text), 4096)))) == [" word" * 48_000]
