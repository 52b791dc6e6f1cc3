"""A hand that is faster than the screen: what follows a key that opens a field is text in it, and no command."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.events import Key
from textual.widget import Widget

from jjm_tui.tui.screens.create import CreateScreen
from jjm_tui.tui.typed_ahead import TypedAhead
from tests.tui.ground import Ground, ground
from tests.tui.stage import stage

_AT_ONCE = 0.2
"""Seconds between two keys of which nobody has read the screen for the second; the program takes twice as long."""


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


def test_paste_with_escape_and_control_characters_is_text_and_sends_nothing(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("m\x1b[200~one \x1b[31m two\x13 three\x1b[201~")
        terminal.shows("│ one  two␓ three  ", "draft kept")
    assert place.program.ok("outbox", "list", "--json").json["operations"] == []


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


# bursts, in one piece as a terminal hands them over

BURST = "cHello q a y x"


@pytest.mark.parametrize("columns", [100, 80])
def test_new_task_typed_in_one_go_is_text_in_the_form_and_nothing_else(place: Ground, columns: int) -> None:
    with place.open(columns=columns, rows=30) as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type(BURST)
        terminal.shows("New task", "▌Hello q a y x ", "draft kept")
    assert "Hello q a y x" in place.drafts()["create"]
    assert_nothing_happened(place)


def test_new_task_typed_before_the_program_is_there_is_text_in_the_form(place: Ground) -> None:
    with place.open() as terminal:
        terminal.type(BURST)
        terminal.shows("New task", "▌Hello q a y x ", "draft kept")
    assert_nothing_happened(place)


def test_new_task_typed_in_one_go_behind_a_kept_draft_goes_on_with_it(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("cacme/webapp\t\t\tWrite")
        terminal.shows("▌Write ", "draft kept")
        terminal.press("escape")
        terminal.hides("New task")
        terminal.type("c it q")
        terminal.shows("▌Write it q ", "draft kept")
        assert "typed elsewhere" not in terminal.text


async def test_text_typed_while_the_program_is_held_up_is_in_the_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that slept, or had no time for it: nothing could happen, so nothing may be given up."""
    held_up: list[object] = []
    look_later = TypedAhead._look_later

    def hold_up(keys: TypedAhead, target: Widget) -> None:
        look_later(keys, target)
        if not held_up:
            held_up.append(target)
            time.sleep(2.5)

    async with stage(tmp_path) as on:
        monkeypatch.setattr(TypedAhead, "_look_later", hold_up)
        for key in ("c", "A", "space", "y"):
            on.app.post_message(Key(key, " " if key == "space" else key))
        await on.until(lambda: bool(held_up))
        await on.until(lambda: isinstance(on.app.screen, CreateScreen))
        await on.shows("▌A y ")


@pytest.mark.parametrize("seed", range(6))
def test_text_typed_in_one_go_results_in_the_text_only(place: Ground, seed: int) -> None:
    words = random.Random(seed).choices(["Hello", "q", "a", "y", "x", "zA", "?", ":", "/", "*", "M", "D", "n"], k=8)
    opener = "cmc"[seed % 3]
    text = " ".join(words)
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type(opener + text)
        terminal.shows("draft kept")
        terminal.until(lambda: any(text in draft for draft in place.drafts().values()), f"{text!r} in {place.drafts()}")
    assert_nothing_happened(place)


def test_tab_and_message_typed_in_one_go_on_a_narrow_terminal_is_text(place: Ground) -> None:
    with place.open(columns=80, rows=24) as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("\r]mgo on q x")
        terminal.shows("│ go on q x ", "draft kept")
    assert_nothing_happened(place)


def test_message_typed_right_after_another_tab_is_text(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("2]]mgo on q x")
        terminal.shows("│ go on q x ", "draft kept")
    assert_nothing_happened(place)


def test_message_typed_right_after_reading_a_plan_is_text(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("amgo on q x")
        terminal.shows("│ go on q x ", "draft kept")
    assert_nothing_happened(place)


def test_keys_typed_before_there_is_a_list_change_and_send_nothing(place: Ground) -> None:
    with place.open() as terminal:
        terminal.type("xzwDumgo on")
        terminal.press("ctrl+s")
        terminal.shows("NEEDS YOU", "typed before the list")
        terminal.shows("│ go on ", "draft kept")
    assert_nothing_happened(place)


def test_keys_typed_before_there_is_a_list_are_told_with_the_way_out_over_a_form(place: Ground) -> None:
    with place.open(columns=80, rows=24) as terminal:
        terminal.type("xc")
        terminal.shows("New task", "That was typed before the list was there; look, then press the key again.")


def test_keys_typed_before_the_first_tasks_came_change_nothing(tmp_path: Path) -> None:
    with ground(tmp_path / "empty") as made:
        made.order("hold", "list_sessions")
        with made.open() as terminal:
            terminal.shows("╭─ Tasks")
            terminal.type("x")
            typed_at = time.monotonic()
            made.lift_all()

            def are_there() -> bool:
                nonlocal typed_at
                is_there = "NEEDS YOU" in terminal.screen.text
                if not is_there:
                    terminal.type("x")
                    typed_at = time.monotonic()
                elif time.monotonic() - typed_at < _AT_ONCE:
                    terminal.type("xxxx")
                return is_there

            terminal.until(are_there, "the first tasks")
            terminal.shows("connected", "typed before the list")
        assert_nothing_happened(made)


def test_text_for_a_field_that_was_refused_is_no_command(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("/nothing like this\r")
        terminal.shows("No task matches")
        terminal.type("mplease go on, x q")
        terminal.shows("no task under the cursor")
        terminal.resize(120, 30)
        terminal.shows("No task matches", "Tasks · 0 of 12 · filter: nothing", "0 everything")
    assert_nothing_happened(place)


def assert_nothing_happened(place: Ground) -> None:
    """Nothing was archived, snoozed, forgotten, approved or sent."""
    tasks = place.program.ok("list", "--cached", "--json", "--all").json["tasks"]
    assert [(task["archived"], task["snoozed_until"]) for task in tasks] == [(False, None)] * 12
    assert place.operations() == []
    assert place.effects("message") + place.effects("approve") == []


# to whom


def test_message_goes_to_the_task_it_was_begun_for_when_that_leaves_the_list(place: Ground) -> None:
    tasks = {task["title"]: task["id"] for task in place.program.ok("list", "--cached", "--json").json["tasks"]}
    task_id = tasks["Split the CI build into two jobs"]
    with place.open(columns=140) as terminal:
        terminal.shows("NEEDS YOU", "connected", "╭─ Split the CI build")
        terminal.type("mTake ")
        terminal.shows("message to Split the CI build", "│ Take ")
        place.program.ok("archive", task_id)
        terminal.shows("NEEDS YOU (2)")
        terminal.type("way 1")
        terminal.shows("message to Split the CI build", "│ Take way 1 ")
        terminal.resize(90, 30)
        terminal.type(", x")
        terminal.shows("message to Split the CI build", "│ Take way 1, x ", "draft kept")
        terminal.press("ctrl+s")
        terminal.until(lambda: place.effects("message"), "the message")
        terminal.until(lambda: place.drafts() == {}, "no draft left")
    assert place.effects("message") == [(task_id, "Take way 1, x")]


def test_text_sent_in_one_go_is_on_disk_when_the_field_is_empty(place: Ground) -> None:
    place.order("hold", "get_session")
    place.order("hold", "send_message")
    with place.open(columns=140) as terminal:
        terminal.shows("NEEDS YOU", "connected")
        terminal.type("mkept or sent\x13")
        terminal.shows("↑ sending")
        terminal.kill()
    assert "kept or sent" in [*place.drafts().values(), *(each["payload"].get("text") for each in place.operations())]
