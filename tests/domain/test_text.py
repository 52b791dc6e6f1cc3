"""Foreign text is harmless once cleaned, and short forms fit where they are shown."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from jjm_tui.domain.text import (
    age,
    ago,
    cell_width,
    clean,
    clean_exactly,
    clean_line,
    heading,
    is_age,
    lasting,
    relative_time,
    short_ids,
    truncate,
)
from tests.domain.strategies import NOON
from tests.domain.worst_texts import WORST_TEXTS

bounded = settings(max_examples=200, deadline=None)

TRICKY = [
    "\x1b",
    "\x1b[",
    "\x1b]",
    "\x1bP",
    "\x1b^",
    "\x1b_",
    "\x1bX",
    "\x1b\\",
    "\x07",
    "\x9b",
    "\x9d",
    "\x90",
    "\x9c",
    "\x85",
    "\r",
    "\n",
    "\t",
    "\0",
    "\x7f",
    "\x18",
    "0",
    ";",
    "m",
    "(",
    " ",
    "é",
    "\u202e",
    "\u2028",
    "\ud800",
    "\U000e0041",
    "\u200d",
    "\ufe0f",
    "👩",
    "❤",
    "♂",
    "1",
    "\u20e3",
    "[",
    "]",
]
JOINED_EMOJI = [
    "👩\u200d👩\u200d👧\u200d👦",
    "👩\u200d⚕\ufe0f",
    "🕵\ufe0f\u200d♂\ufe0f",
    "🏳\ufe0f\u200d🌈",
    "🏴\u200d☠\ufe0f",
    "❤\ufe0f\u200d🔥",
    "👩\u200d❤\ufe0f\u200d💋\u200d👩",
    "🐦\u200d⬛",
    "🙂\u200d↔\ufe0f",
    "⛹\ufe0f\u200d♀\ufe0f",
    "1\ufe0f\u20e3",
]
hostile = st.lists(st.sampled_from(TRICKY) | st.characters(), max_size=25).map("".join)


def is_harmless(character: str) -> bool:
    if character in "\n\t":
        return True
    if character in "\u200c\u200d":
        return True
    bidi = unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN"}
    return unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"} and not bidi


@pytest.mark.parametrize(
    ("raw", "harmless"),
    [
        ("plain, hällo\tand\nlines", "plain, hällo\tand\nlines"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mrgb\x1b[?25l", "rgb"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]52;c;aGVsbG8=\x1b\\b", "ab"),
        ("a\x1b]8;;https://x.test\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1bPq#0\n~~\x1b\\b", "ab"),
        ("a\x1b_Gf=100;AAAA\x1b\\b", "ab"),
        ("a\x1b^private\x1b\\b\x1bXsos\x1b\\c", "abc"),
        ("Tidy up\x1b_ and delete everything", "Tidy up␛_ and delete everything"),
        ("a\x9b31mb", "ab"),
        ("a\x9d0;title\x9cb", "ab"),
        ("a\x90dcs\x9cb\x9eprivate\x9cc\x9fapp\x9cd\x98sos", "abcd\ufffdsos"),
        ("a\x1b(Bb\x1b7c\x1bcd", "abcd"),
        ("\x1b]0;\x1b[1mnever ended\x1b[0m\nnext line", "␛]0;never ended\nnext line"),
        ("cut \x1b[31", "cut ␛[31"),
        ("\x1b", "␛"),
        ("a\x1b\nb", "a␛\nb"),
        ("one\r\ntwo\rthree", "one\ntwo␍three"),
        ("\x1b]0;a\r\x1b[m\n", "␛]0;a\n"),
        ("\r\x1b[m\n", "\n"),
        ("bell\x07 null\0 del\x7f", "bell␇ null␀ del␡"),
        ("c1 \x85 \x80", "c1 \ufffd \ufffd"),
        ("evil\u202etxt.exe", "evil\ufffdtxt.exe"),
        ("a\u2066b\u2069c\u200ed\u061ce", "a\ufffdb\ufffdc\ufffdd\ufffde"),
        ("line\u2028para\u2029end", "line\ufffdpara\ufffdend"),
        ("hidden\U000e0068\U000e0069", "hidden\ufffd\ufffd"),
        ("half \ud83d of it", "half \ufffd of it"),
        ("zero\u200bwidth\ufeff", "zero\ufffdwidth\ufffd"),
        (
            "family 👩\u200d👧 heart ❤\ufe0f \u0646\u0645\u06cc\u200c\u062e",
            "family 👩\u200d👧 heart ❤\ufe0f \u0646\u0645\u06cc\u200c\u062e",
        ),
        ("[/foo] [x] [@click=app.quit]", "[/foo] [x] [@click=app.quit]"),
        ("я\u200dя \u0dc1\u0dca\u200d\u0dbb \u200d", "яя \u0dc1\u0dca\u0dbb "),
        ("👩\u200d\u200d👧 👩\u200da a\u200d👩 ✓\u200d✓ ♂\u200d♂", "👩👧 👩a a👩 ✓✓ ♂♂"),
        ("a\ufe0fb\ufe0f1\ufe0f ✓\ufe0f 日\ufe0f \ufe0f", "ab1 ✓ 日 "),
        *((emoji, emoji) for emoji in [*JOINED_EMOJI, "👩🏽\u200d💻"]),
    ],
)
def test_clean_foreign_text_becomes_harmless(raw: str, harmless: str) -> None:
    assert clean(raw) == harmless


@given(hostile)
@example("\x1b\x1b[m[31m")
@example("\x9d\x1b\\\x9b")
@bounded
def test_clean_any_text_is_harmless_and_stays_so(text: str) -> None:
    once = clean(text)

    assert all(is_harmless(character) for character in once)
    assert clean(once) == once


@given(hostile)
@bounded
def test_clean_line_any_text_is_one_line(text: str) -> None:
    line = clean_line(text)

    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert clean_line(line) == line


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
@bounded
def test_clean_harmless_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("unit", WORST_TEXTS)
def test_clean_a_megabyte_of_the_worst_input_ends(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))

    assert not set(clean(text)) & {"\x1b", "\x9b", "\x9d", "\x90", "\u202e", "\0", "\r"}


# --- cells


@pytest.mark.parametrize(
    ("text", "cells"),
    [("abc", 3), ("日本", 4), ("e\u0301", 1), ("👩\u200d👧", 2), ("❤", 1), ("❤\ufe0f", 2), ("👍\ufe0f", 2), ("", 0)],
)
def test_cell_width_counts_what_a_terminal_shows(text: str, cells: int) -> None:
    assert cell_width(text) == cells


@pytest.mark.parametrize("emoji", JOINED_EMOJI)
def test_cell_width_of_joined_emoji_is_what_the_dashboard_lays_out(emoji: str) -> None:
    assert cell_width(emoji) == cell_len(emoji)


@pytest.mark.parametrize("unit", ["я\u200d", "✓\u200d", "a\ufe0f", "日\ufe0f", "♂\u200d", "─\u200d"])
def test_cell_width_counts_every_character_that_a_terminal_shows(unit: str) -> None:
    text = clean(unit * 380)
    assert cell_width(text) == cell_len(text) == 380 * cell_width(unit[0])
    assert cell_width(truncate(text, 80)) <= 80
    assert len(truncate(text, 80)) <= 80


@given(hostile)
@bounded
def test_clean_exactly_leaves_nothing_for_clean(text: str) -> None:
    exact = clean_exactly(text)
    assert clean(exact) == exact
    assert len(exact) == len(text.replace("\r\n", "\n"))


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("short", 10, "short"),
        ("exactly", 7, "exactly"),
        ("a little longer", 8, "a littl…"),
        ("a little longer", 3, "a…"),
        ("日本語です", 5, "日本…"),
        ("日本語です", 4, "日…"),
        ("word", 1, "…"),
        ("word", 0, ""),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
    ],
)
def test_truncate_cuts_by_cells(text: str, width: int, shown: str) -> None:
    assert truncate(text, width) == shown


@given(hostile.map(clean_line), st.integers(0, 20))
@bounded
def test_truncate_never_exceeds_the_width(text: str, width: int) -> None:
    shown = truncate(text, width)

    assert cell_width(shown) <= width
    assert shown == text or shown.endswith("…") or not shown


# --- times and titles


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (-5, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86399, "23h"),
        (86400, "1d"),
        (9e6, "104d"),
    ],
)
def test_age_names_the_largest_whole_unit(seconds: float, shown: str) -> None:
    assert age(seconds) == shown


def test_lasting_is_a_length_or_just_now() -> None:
    assert [lasting(seconds) for seconds in (-3, 0.9, 1, 420)] == ["just now", "just now", "for 1s", "for 7m"]


def test_time_far_in_the_future_is_no_age_but_clocks_may_differ() -> None:
    century = 100 * 365 * 86400
    assert [is_age(seconds) for seconds in (60, 0, -240, -360, -century)] == [True, True, True, False, False]
    assert [age(seconds) for seconds in (-240, -360)] == ["0s", "?"]
    assert [ago(seconds) for seconds in (420, -240, -century)] == ["7m ago", "just now", "at an unknown time"]
    assert lasting(-century) == "for an unknown time"


def test_relative_time_says_past_future_and_unknown() -> None:
    assert relative_time(NOON - timedelta(minutes=7), NOON) == "7m ago"
    assert relative_time(NOON + timedelta(hours=2), NOON) == "in 2h"
    assert relative_time(NOON, NOON) == "just now"
    assert relative_time(None, NOON) == "unknown"


def test_heading_is_title_then_description_then_id() -> None:
    assert heading("Fix\nit", "something", "1") == "Fix it"
    assert heading("  ", "# Do this\n\nplease", "1") == "# Do this please"
    assert heading(None, None, "12345678") == "12345678"
    assert heading(None, None) == ""
    assert cell_width(heading(None, "word " * 5000)) <= 120


# --- short ids


def test_short_ids_are_eight_characters_while_that_is_enough() -> None:
    assert short_ids(["11111111222", "33333333444"]) == {"11111111222": "11111111", "33333333444": "33333333"}


def test_short_ids_grow_until_they_are_unambiguous() -> None:
    assert short_ids(["1111111122", "1111111133", "9"]) == {
        "1111111122": "111111112",
        "1111111133": "111111113",
        "9": "9",
    }


@given(st.lists(st.text("0123456789", min_size=1, max_size=14), max_size=12))
@bounded
def test_short_ids_name_exactly_one_task(ids: list[str]) -> None:
    for task_id, short in short_ids(ids).items():
        matching = {other for other in ids if other.startswith(short)}
        assert task_id.startswith(short)
        assert matching == {task_id} or short == task_id
        assert len(short) >= min(8, len(task_id))
