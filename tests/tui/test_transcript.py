"""The conversation of a task: who, when, whether it arrived; live, long, and harmless whatever is said in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.events import MouseScrollUp
from textual.pilot import Pilot
from textual.strip import Strip

from jjm_tui.domain.task import ChatMessage
from jjm_tui.domain.text import clean
from jjm_tui.tui.look.ascii import to_ascii
from jjm_tui.tui.text.message_blocks import MessageHeader
from jjm_tui.tui.text.rows import row_cells, row_text
from jjm_tui.tui.widgets.blocks.transcript import Transcript
from tests.domain.strategies import messages as any_messages
from tests.tui.block_stage import until
from tests.tui.stage import stage as real_stage

NOW = datetime(2026, 11, 20, 12, 4, 31, tzinfo=UTC)
HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]52;c;AAAA\x07 \x9b1m \u202etxt\u202c \x00 [/foo] [x] "
    "[@click=app.quit]go[/] [link=https://evil.example]x[/link] <https://a.example> [b](https://c.example) &#x202e;"
)


def said(number: int, content: str = "", minutes: float = 0, **more: Any) -> ChatMessage:
    """Message ``number``, ``minutes`` ago."""
    author = more.pop("type", "user" if number % 2 else "jules")
    words = content or f"message number {number}"
    return ChatMessage(words, author, NOW - timedelta(minutes=minutes), more.pop("id", f"m{number}"), **more)


class Watched(Transcript):
    """Writes down which rows of the screen are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: set[int] = set()

    def render_line(self, y: int) -> Strip:
        self.painted.add(y)
        return super().render_line(y)


class Stage(App[None]):
    """A transcript, and what it told."""

    CSS = "Transcript { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.transcript = Watched()
        self.tails: list[tuple[bool, int]] = []
        self.wanted = 0

    def compose(self) -> ComposeResult:
        yield self.transcript

    def on_block_view_tail_changed(self, message: Transcript.TailChanged) -> None:
        assert message.control is self.transcript
        self.tails.append((message.following, message.new_below))

    def on_transcript_older_wanted(self, message: Transcript.OlderWanted) -> None:
        assert message.control is self.transcript
        self.wanted += 1

    @property
    def text(self) -> list[str]:
        view = self.transcript
        return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


@asynccontextmanager
async def staged(size: tuple[int, int] = (60, 14)) -> AsyncIterator[tuple[Stage, Watched, Pilot[None]]]:
    app = Stage()
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield app, app.transcript, pilot


# what is shown


async def test_messages_have_who_when_and_what() -> None:
    async with staged() as (app, transcript, pilot):
        transcript.show(
            [
                said(1, "Fix **it**.", 26 * 60),
                said(2, "# Plan\n\n- one\n- two", 7),
                said(3, "Paused.", 1, type="system"),
            ],
            NOW,
            False,
        )
        await pilot.pause()
        transcript.scroll_home()
        assert app.text == [
            "── Thursday 19 November 2026 ──",
            "",
            "you · 1d ago · 10:04",
            "  Fix it.",
            "",
            "── Friday 20 November 2026 ──",
            "",
            "Jules · 7m ago · 11:57",
            "  Plan",
            "  • one",
            "  • two",
            "",
            "system · 1m ago · 12:03",
            "  Paused.",
        ]


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        ("sending", "↑ sending"),
        ("sent", "✓ sent"),
        ("failed", "✗ not sent"),
        ("unconfirmed", "? unconfirmed: it may have arrived"),
    ],
)
async def test_how_far_our_message_got_is_told_in_words(delivery: Any, words: str) -> None:
    async with staged((80, 14)) as (app, transcript, _):
        transcript.show([said(1, "hello", delivery=delivery, id="local:1")], NOW, False)
        assert f"you · just now · 12:04 · {words}" in app.text


async def test_in_little_room_the_delivery_stays_and_the_time_goes() -> None:
    async with staged((19, 8)) as (app, transcript, _):
        transcript.show([said(1, "hello", 7, delivery="failed"), said(2, "hello", 7)], NOW, False)
        assert "you · ✗ not sent" in app.text
        assert "Jules · 7m ago" in app.text


async def test_a_message_without_time_or_text_says_so() -> None:
    async with staged() as (app, transcript, _):
        transcript.show([ChatMessage(" \n", "jules")], NOW, False)
        assert app.text[:2] == ["Jules · time unknown", "  nothing was written"]


@pytest.mark.parametrize(
    ("truncated", "words"),
    [(False, "No messages yet."), (True, "There may be some."), (None, "There may be some.")],
)
async def test_an_empty_conversation_says_what_is_known(truncated: bool | None, words: str) -> None:
    async with staged() as (app, transcript, _):
        transcript.show([], NOW, truncated)
        assert words in " ".join(app.text)
        transcript.show([said(1)], NOW, truncated)
        assert words not in " ".join(app.text)


async def test_what_is_shown_before_the_first_frame_is_there_in_it() -> None:
    app = Stage()
    app.transcript.show([said(1)], NOW, False)
    app.transcript.search("number")
    async with app.run_test(size=(60, 14)) as pilot:
        await pilot.pause()
        assert app.text[3] == "  message number 1"


async def test_a_short_conversation_begins_at_the_top_and_a_long_one_ends_at_the_bottom() -> None:
    async with staged() as (app, transcript, pilot):
        transcript.show([said(1)], NOW, False)
        await pilot.pause()
        assert app.text[2:4] == ["you · just now · 12:04", "  message number 1"]
        transcript.show([said(number) for number in range(100)], NOW, False)
        await pilot.pause()
        assert app.text[-2:] == ["  message number 99", ""]
        assert transcript.follow


async def test_hostile_text_is_literal_and_harmless() -> None:
    async with staged((80, 20)) as (app, transcript, pilot):
        transcript.show([said(1, HOSTILE), said(2, f"```\n{HOSTILE}\n```")], NOW, None)
        await pilot.pause()
        shown = " ".join(app.text)
        for words in ("[/foo]", "[x]", "[@click=app.quit]go[/]", "[link=https://evil.example]x[/link]"):
            assert words in shown
        for y in range(20):
            for segment in transcript.render_line(y):
                assert clean(segment.text) == segment.text
                assert segment.style is not None
                assert segment.style.link is None
                assert set(segment.style.meta) <= {"offset"}
        await pilot.click(transcript, offset=(10, 5))
        assert app.is_running
        assert all(to_ascii(line).isascii() for line in app.text)


# long ones


@pytest.mark.parametrize(
    "content",
    ["Some **words**, `code` and\n\n- a list\n\n" * 25_000, "word " * 200_000, "x" * 1_000_000],
    ids=["paragraphs", "one line", "one word"],
)
async def test_a_megabyte_is_opened_by_laying_out_a_screenful(content: str) -> None:
    async with staged() as (app, transcript, pilot):
        transcript.show([said(1, content)], NOW, False)
        await pilot.pause(0)
        assert len(transcript.blocks) > 100
        assert transcript.laid_out <= 5
        assert app.text[-2]
        transcript.scroll_home()
        assert "you · just now" in app.text[2]
        assert transcript.laid_out <= 10


async def test_thousands_of_messages_are_opened_by_laying_out_a_screenful() -> None:
    async with staged() as (app, transcript, _):
        transcript.show([said(number) for number in range(5_000)], NOW, True)
        assert app.text[-2:] == ["  message number 4999", ""]
        assert transcript.laid_out <= 12


async def test_an_appended_message_is_the_only_one_laid_out() -> None:
    async with staged() as (app, transcript, pilot):
        messages = [said(number) for number in range(300)]
        transcript.show(messages, NOW, False)
        await pilot.pause()
        before, blocks = transcript.laid_out, transcript.blocks
        transcript.show([*messages, said(300, "new")], NOW, False)
        await pilot.pause()
        assert [block for block in transcript.blocks if block not in blocks] == list(transcript.blocks[-2:])
        assert transcript.laid_out - before == 2
        assert app.text[-2] == "  new"


async def test_a_message_that_grows_is_read_at_its_end_only() -> None:
    async with staged() as (app, transcript, pilot):
        text = "".join(f"Paragraph {number} with some words in it.\n\n" for number in range(500))
        transcript.show([said(1), said(2, text)], NOW, False)
        await pilot.pause()
        before, blocks = transcript.laid_out, set(transcript.blocks)
        transcript.show([said(1), said(2, text + "And one more.")], NOW, False)
        await pilot.pause()
        assert app.text[-2] == "  And one more."
        assert len(set(transcript.blocks) - blocks) == 1
        assert transcript.laid_out - before == 1


# live


async def test_an_updated_message_is_the_only_one_laid_out() -> None:
    async with staged() as (app, transcript, pilot):
        messages = [said(1), said(2), said(3, delivery="sending", id="local:3")]
        transcript.show(messages, NOW, False)
        await pilot.pause()
        before = transcript.laid_out
        transcript.show([*messages[:2], replace(messages[2], delivery="sent")], NOW, False)
        await pilot.pause()
        assert "you · just now · 12:04 · ✓ sent" in app.text
        assert transcript.laid_out - before == 1


async def test_scrolled_up_new_messages_move_nothing_and_are_counted_once() -> None:
    async with staged() as (app, transcript, pilot):
        messages = [said(number) for number in range(50)]
        transcript.show(messages, NOW, False)
        transcript.focus()
        await pilot.press("pageup")
        before = app.text
        sending = said(50, delivery="sending", id="local:50")
        transcript.show([*messages, sending], NOW, False)
        transcript.show([*messages, replace(sending, delivery="sent"), said(51)], NOW, False)
        await pilot.pause()
        assert app.text == before
        assert app.tails[-1] == (False, 2)
        await pilot.press("end")
        assert app.tails[-1] == (True, 0)


async def test_older_messages_leave_the_screen_as_it_is() -> None:
    async with staged() as (app, transcript, pilot):
        newest = [said(number) for number in range(100, 120)]
        transcript.show(newest, NOW, True)
        transcript.scroll_home()
        await pilot.pause()
        assert app.text[0].startswith("Older messages are not here yet. ↑ asks")
        place = app.text.index("  message number 100")
        transcript.show([*[said(number) for number in range(100)], *newest], NOW, False)
        await pilot.pause()
        assert app.text[place] == "  message number 100"
        assert app.text[place - 3] == "  message number 99"


async def test_going_above_the_top_asks_for_older_messages_where_there_may_be_some() -> None:
    async with staged() as (app, transcript, pilot):
        messages = [said(number) for number in range(30)]
        transcript.show(messages, NOW, False)
        transcript.focus()
        await pilot.press("home", "up")
        assert app.wanted == 0
        transcript.show(messages, NOW, None)
        await pilot.press("end", "home")
        assert app.wanted == 1
        await pilot.press("up")
        assert app.wanted == 2


async def test_a_conversation_that_fits_can_be_asked_for_more_too() -> None:
    async with staged() as (app, transcript, pilot):
        transcript.show([said(1)], NOW, True)
        await pilot.pause()
        assert app.wanted == 0
        await pilot._post_mouse_events([MouseScrollUp], transcript, (3, 3), button=0)
        transcript.scroll_relative(y=-1, animate=False)
        await until(pilot, lambda: app.wanted == 2)


async def test_another_conversation_begins_anew() -> None:
    async with staged() as (app, transcript, pilot):
        transcript.show([said(number) for number in range(50)], NOW, False)
        transcript.scroll_home()
        transcript.search("number 3")
        other = [said(number, f"other {number}", id=f"o{number}") for number in range(50)]
        transcript.show([said(0, "another prompt", id="m0"), *other], NOW, False)
        await pilot.pause()
        assert app.text[-2] == "  other 49"
        assert transcript.follow
        assert transcript.new_below == 0


async def test_equal_messages_without_ids_are_each_shown() -> None:
    async with staged() as (app, transcript, pilot):
        twin = said(1, "yes", id=None)
        transcript.show([twin, twin], NOW, False)
        transcript.show([twin, twin, twin], NOW, False)
        await pilot.pause()
        assert app.text.count("  yes") == 3


# ages


async def test_a_tick_changes_ages_and_paints_nothing_else() -> None:
    async with staged() as (app, transcript, pilot):
        transcript.show([said(1, minutes=7), said(2, minutes=2.5 * 60)], NOW, False)
        await pilot.pause()
        transcript.painted.clear()
        transcript.tick(NOW + timedelta(seconds=20))
        await pilot.pause()
        assert transcript.painted == set()
        transcript.tick(NOW + timedelta(minutes=1))
        await until(pilot, lambda: transcript.painted == {2})
        assert "you · 8m ago · 11:57" in app.text
        assert "Jules · 2h ago · 09:34" in app.text


async def test_headers_that_were_not_on_the_screen_show_the_present_age_later() -> None:
    async with staged() as (app, transcript, pilot):
        transcript.show([said(number, minutes=1) for number in range(50)], NOW, False)
        transcript.scroll_home()
        transcript.scroll_to_end()
        transcript.tick(NOW + timedelta(minutes=4))
        transcript.scroll_home()
        await pilot.pause()
        assert "Jules · 5m ago · 12:03" in app.text


# whatever comes


@given(any_messages, st.integers(1, 60))
def test_a_header_is_one_harmless_row_that_fits(message: ChatMessage, width: int) -> None:
    rows = MessageHeader("key", message, lambda: NOW).rows(width)
    assert len(rows) == 1
    assert row_cells(rows[0]) <= width
    assert clean(row_text(rows[0])) == row_text(rows[0])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(any_messages, max_size=6), min_size=1, max_size=4), st.sampled_from([True, False, None]))
async def test_any_conversations_one_after_the_other_add_up(
    conversations: list[list[ChatMessage]], truncated: bool | None
) -> None:
    async with staged((30, 8)) as (app, transcript, pilot):
        for messages in conversations:
            transcript.show(messages, NOW, truncated)
            await pilot.pause()
            assert len(app.text) == 8
        await until(pilot, lambda: transcript._page.is_measured)
        assert transcript.virtual_size.height == sum(len(block.rows(27)) for block in transcript.blocks)


async def test_up_key_asks_for_messages_where_nothing_can_be_scrolled(tmp_path: Path) -> None:
    async with real_stage(tmp_path, size=(160, 45), read=0) as on:
        on.caller.is_down = True
        await on.press("enter", "right_square_bracket", "right_square_bracket")
        await on.shows("It is not known whether there are older messages.")
        on.caller.is_down = False
        await on.press("up")
        await on.until(lambda: "It is not known whether" not in on.text)
