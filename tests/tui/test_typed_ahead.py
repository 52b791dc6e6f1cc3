"""A hand that is faster than the screen: what follows a key that opens a field is text in it, and no command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.ground import Ground, ground


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    """The store holds the tasks already."""
    with ground(tmp_path / "ground") as made:
        made.program.ok("list")
        yield made


def test_message_typed_at_once_is_whole_and_no_command(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("mgo on\rand xyz *")
        terminal.shows("│ go on  ", "│ and xyz *  ", "draft kept")
        assert "marked" not in terminal.text
        terminal.type("\x1b[200~ pasted\x1b[201~")
        terminal.shows("and xyz * pasted")


def test_message_typed_in_the_first_moment_is_whole_and_no_command(place: Ground) -> None:
    with place.open() as terminal:
        terminal.until(lambda: b"\x1b[?2004h" in terminal.written, "the terminal taken")
        terminal.type("mgo on\rand xyz *")
        terminal.shows("│ go on  ", "│ and xyz *  ", "draft kept")
        assert "marked" not in terminal.text


def test_paste_right_after_the_key_is_text(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("m\x1b[200~axz\x1b[201~")
        terminal.shows("│ axz  ", "draft kept")


def test_filter_typed_at_once_archives_nothing(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("/xaz*")
        terminal.shows("xaz*")
        assert "marked" not in terminal.text
    assert [task["archived"] for task in place.program.ok("list", "--cached", "--json").json["tasks"]] == [False] * 12


def test_message_on_a_narrow_terminal_typed_at_once_is_whole(place: Ground) -> None:
    with place.open(columns=80, rows=24) as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("mgo on\rand xyz *")
        terminal.shows("│ go on  ", "│ and xyz *  ", "draft kept")
        assert "marked" not in terminal.text


def test_palette_typed_at_once_finds(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type(":outbox")
        terminal.shows("outbox", "what you sent")


def test_fields_filled_in_at_once_hold_what_was_meant_for_each(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.press("c")
        terminal.shows("New task", "acme/api.server")
        terminal.type("acme/webapp\tmain\tA title\tWrite it\rand test it")
        terminal.shows("▌acme/webapp ", "▌main ", "▌A title ", "▌Write it ", "▌and test it ", "draft kept")


def test_key_right_after_a_filter_is_a_command_again(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("/ORM\rmgo on")
        terminal.shows("filter: ORM ", "│ go on ")


def test_key_that_takes_its_screen_away_does_not_hold_up_the_next(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        for _ in range(20):
            terminal.press("?", "escape")
        terminal.press("/")
        terminal.type("ORM")
        terminal.shows("filter: ORM ")
