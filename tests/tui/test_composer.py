"""Typing to a task: what is typed survives everything, what is sent is sent once, and what comes back is not lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Paste

from jjm_tui.domain.draft_keys import MANY_KEY, message_key
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.text import clean
from jjm_tui.services.drafting.joined_texts import ELSEWHERE, Section, has_marker, split_texts, write_sections
from jjm_tui.services.results import Outcome
from jjm_tui.tui.screens.sheet import SEEN_FOR
from jjm_tui.tui.widgets.composer import Composer
from jjm_tui.tui.widgets.typing_area import typed_text
from jjm_tui.tui.writing.text_history import TextWalk
from tests.services.workbench import WRITES, lost
from tests.tui.stage import Stage, stage

WIDE = (120, 30)


def composer_of(on: Stage) -> Composer:
    return on.app.screen.query_one(Composer)


async def write(on: Stage, text: str) -> None:
    """Go into the composer and type."""
    if not composer_of(on).has_focus_within:
        await on.press("m")
    await on.until(lambda: composer_of(on).has_focus_within)
    await on.press(*text)


async def write_to(on: Stage, task_id: str | None) -> None:
    """Go back to a task and into its composer."""
    assert task_id is not None
    on.app.show_task(task_id)
    await on.settle()
    await on.until(lambda: composer_of(on).task_id == task_id)
    await write(on, "")


async def stored(on: Stage, task_id: str | None = None) -> str | None:
    return await on.context.drafts.get(message_key(task_id or composer_of(on).task_id or ""))


# sending


async def test_text_is_sent_once_even_when_the_key_is_pressed_twice(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "go on")
        task_id = composer_of(on).task_id
        await on.press("ctrl+s", "ctrl+s")
        await on.shows("Message sent")
        assert on.bench.effects("message") == [(task_id, "go on")]
        assert await stored(on, task_id) is None


async def test_enter_is_a_new_line_and_sends_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "a")
        await on.press("enter", "b")
        assert composer_of(on).text == "a\nb"
        assert on.bench.effects("message") == []


@pytest.mark.parametrize("keys", [(), ("space", "enter")])
async def test_empty_text_is_refused_with_a_sentence(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "")
        await on.press(*keys)
        before = composer_of(on).text
        await on.press("ctrl+s")
        await on.shows("The message is empty")
        assert composer_of(on).text == before
        assert on.bench.effects("message") == []


async def test_text_that_was_not_sent_comes_back(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "go on")
        on.caller.is_down = True
        task_id = composer_of(on).task_id
        await on.press("ctrl+s")
        await on.shows("Not sent")
        assert on.bench.effects("message") == []
        on.app.clear_notifications()
        await write_to(on, task_id)
        assert composer_of(on).text == "go on"
        await on.shows("draft kept 09:00")
        assert await stored(on, task_id) == "go on"


async def test_text_that_was_not_sent_can_be_sent_again(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "go on")
        on.caller.is_down = True
        task_id = composer_of(on).task_id
        await on.press("ctrl+s")
        await on.shows("Not sent")
        on.caller.is_down = False
        await write_to(on, task_id)
        await on.press("ctrl+s")
        await on.shows("Message sent")
        assert len(on.bench.effects("message")) == 1
        assert composer_of(on).text == ""


@pytest.mark.parametrize("size", [WIDE, (80, 24)])
async def test_text_of_unknown_fate_is_not_offered_again_and_the_next_one_waits(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, size=size) as on:
        await write(on, "go on")
        task_id = composer_of(on).task_id

        def cut(tool: str, place: str) -> BaseException | None:
            if tool not in WRITES or place != "written":
                return None
            on.caller.is_down = True
            return lost()

        on.caller.cut = cut
        await on.press("ctrl+s")
        await on.shows("Not confirmed")
        await write_to(on, task_id)
        assert composer_of(on).text == ""
        await on.press("x", "ctrl+s")
        await on.shows("Your text is kept; the last message has no outcome yet (O in the list).")
        assert composer_of(on).text == "x"
        assert on.bench.effects("message") == []


async def test_text_is_on_disk_before_the_server_is_asked_anything_for_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "")
        task_id = composer_of(on).task_id
        stored_at_calls: list[str | None] = []
        record = on.context.outbox.add

        async def add(operation: Operation) -> None:
            stored_at_calls.append(await on.context.drafts.get(message_key(task_id or "")))
            await record(operation)

        on.context.outbox.add = add  # type: ignore[method-assign]
        await on.pilot.press(*"go on", "ctrl+s")
        await on.shows("Message sent")
        assert stored_at_calls == ["go on"]


# drafts


async def test_typing_is_on_disk_by_itself(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "half a thou")
        await on.shows("draft kept 09:00")
        assert await stored(on) == "half a thou"


async def test_draft_survives_a_new_program(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "half a thou")
        task_id = composer_of(on).task_id
    async with stage(tmp_path, size=WIDE) as on:
        await on.press("m")
        assert composer_of(on).task_id == task_id
        await on.shows("half a thou")
        await on.shows("draft kept earlier")


async def test_leaving_and_changing_the_task_keeps_each_draft_apart(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "first")
        first = composer_of(on).task_id
        await on.press("escape", "j")
        await on.until(lambda: composer_of(on).task_id != first)
        assert composer_of(on).text == ""
        await write(on, "second")
        second = composer_of(on).task_id
        await write_to(on, first)
        assert composer_of(on).text == "first"
        await on.app.drafts.flush()
        assert (await stored(on, first), await stored(on, second)) == ("first", "second")


async def test_title_tells_to_whom_and_state_tells_that_nothing_is_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        assert "message to" not in on.text
        await on.press("m")
        await on.shows("message to")
        await on.shows("nothing typed")
        await on.press("escape")
        await on.until(lambda: "message to" not in on.text)


async def test_draft_typed_on_in_another_terminal_is_seen_when_coming_back(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "Please")
        await on.app.drafts.flush()
        _, _, other = on.bench.process()
        await other.drafts.put(message_key(composer_of(on).task_id or ""), "Please wait")
        await on.press("escape", "m")
        await on.shows("Please wait")


async def test_draft_of_another_terminal_is_kept_below_and_nothing_is_sent_before_a_choice(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "mine")
        await on.app.drafts.flush()
        _, _, other = on.bench.process()
        async with on.app.drafts._turn:  # nothing is read before both have typed
            await other.drafts.put(message_key(composer_of(on).task_id or ""), "yours")
            await on.press("!")
        await on.shows("typed elsewhere")
        assert composer_of(on).text.startswith("mine!\n")
        assert composer_of(on).text.endswith("\nyours")
        await on.press("ctrl+s")
        await on.shows("There are two texts in here")
        assert on.bench.effects("message") == []
        await on.app.drafts.flush()
        assert has_marker(await stored(on) or "")


async def test_text_typed_elsewhere_meanwhile_comes_below_and_the_cursor_stays(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "mine")
        await on.press("left", "left")
        await on.app.drafts.flush()
        key = message_key(composer_of(on).task_id or "")
        _, _, other = on.bench.process()
        await other.drafts.put(key, write_sections([Section("yours"), Section("mine", ELSEWHERE)]))
        await on.shows("typed elsewhere")
        await on.press("-")
        assert split_texts(composer_of(on).text) == ["mi-ne", "yours"]
        await on.app.drafts.flush()
        await other.drafts.put(key, write_sections([Section("yours, longer"), Section("mi-ne", ELSEWHERE)]))
        await on.shows("yours, longer")
        await on.press("-")
        assert split_texts(composer_of(on).text) == ["mi--ne", "yours, longer"]


# the mark in the list


@pytest.mark.parametrize("is_ascii", [False, True])
async def test_task_with_a_draft_is_marked_in_the_list(tmp_path: Path, is_ascii: bool) -> None:
    async with stage(tmp_path, size=WIDE, settings={"ui.ascii": True} if is_ascii else {}) as on:
        sign = "d " if is_ascii else "✎ "
        title = on.board.tasks[composer_of(on).task_id or ""].title or ""
        assert f"{sign}{title[:12]}" not in on.text
        await write(on, "Please")
        await on.press("escape")
        await on.shows(f"{sign}{title[:12]}")
        await write(on, "")
        await on.press("ctrl+s")
        await on.shows("Message sent")
        await on.until(lambda: f"{sign}{title[:12]}" not in on.text)


async def test_draft_of_another_process_is_marked_in_the_list(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = next(each for each, task in on.board.tasks.items() if task.title == "Upgrade the ORM")
        _, _, other = on.bench.process()
        await other.drafts.put(message_key(task_id), "Please")
        await on.shows("✎ Upgrade the ORM")
        await other.drafts.put(message_key(task_id), "")


async def test_message_sent_from_another_program_is_not_offered_again(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "go on")
        await on.press("escape")
        task_id = composer_of(on).task_id or ""
        await on.app.drafts.flush()
        manager, _, _ = on.bench.process()
        result = await manager.send_message(task_id, "go on")
        assert result.outcome is Outcome.DONE
        await on.until(lambda: len(on.board.operations_of(task_id)) == 1)
        await on.press("m")
        await on.until(lambda: composer_of(on).text == "")
        await on.until(lambda: "nothing typed" in str(composer_of(on).border_subtitle))


async def test_text_of_which_the_beginning_was_sent_from_another_program_is_asked_about_first(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "go on, please")
        task_id = composer_of(on).task_id or ""
        await on.app.drafts.flush()
        manager, _, _ = on.bench.process()
        await manager.send_message(task_id, "go on")
        await on.shows("its beginning was sent")
        assert composer_of(on).text == "go on, please"
        await on.press("ctrl+s")
        await on.shows("begins with a message that was sent already")
        await on.press("y")
        await on.shows("The question has just appeared")
        await on.press("escape")
        assert composer_of(on).text == "go on, please"
        assert composer_of(on).has_focus_within
        await on.press("ctrl+s")
        await on.shows("begins with a message that was sent already")
        on.advance(SEEN_FOR)
        await on.press("y")
        await on.until(lambda: on.bench.effects("message") == [(task_id, "go on"), (task_id, "go on, please")])


async def test_text_that_another_program_sends_while_it_is_in_the_field_is_taken_out_with_a_word(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "go on")
        await on.app.drafts.flush()
        manager, _, _ = on.bench.process()
        await manager.send_message(composer_of(on).task_id or "", "go on")
        await on.shows("This text was sent already, from elsewhere; it was taken out.")
        assert composer_of(on).text == ""


async def test_text_that_another_program_sent_a_moment_ago_is_not_sent_again(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "go on")
        await on.app.drafts.flush()
        task_id = composer_of(on).task_id or ""
        manager, _, _ = on.bench.process()
        assert on.app.engine is not None
        async with on.app.engine.live._reading_operations:  # the board hears of it only after the key
            await manager.send_message(task_id, "go on")
            pressed = asyncio.create_task(on.press("ctrl+s"))
            await on.until(lambda: on.app.drafts.state(message_key(task_id)).is_sending)
        await pressed
        await on.shows("This text was sent already, from elsewhere; it was not sent again.")
        await on.settle()
        assert on.bench.effects("message") == [(task_id, "go on")]
        assert composer_of(on).text == ""
        await on.app.drafts.flush()
        assert await stored(on, task_id) is None


async def test_text_that_is_cleared_in_another_program_goes_from_the_field_with_a_word(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "never mind")
        await on.app.drafts.flush()
        _, _, other = on.bench.process()
        await other.drafts.put(message_key(composer_of(on).task_id or ""), "")
        await on.shows("This text was sent or cleared elsewhere; it was taken out.")
        assert composer_of(on).text == ""
        await on.app.drafts.flush()
        assert await stored(on) is None


async def test_text_cleared_elsewhere_is_not_told_as_sent_for_an_equal_message_of_before(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = composer_of(on).task_id or ""
        manager, _, other = on.bench.process()
        assert (await manager.send_message(task_id, "go on")).outcome is Outcome.DONE
        await on.until(lambda: len(on.board.operations_of(task_id)) == 1)
        on.advance(60)
        await write(on, "go on")
        await on.app.drafts.flush()
        await other.drafts.put(message_key(task_id), "")
        await on.shows("This text was sent or cleared elsewhere; it was taken out.")
        assert composer_of(on).text == ""


async def test_text_that_this_program_sent_itself_is_not_told_as_sent_from_elsewhere(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "go on")
        await on.app.drafts.flush()
        assert on.app.engine is not None
        told: list[str] = []
        on.app.tell = lambda text, **_: told.append(text)  # beside a field only the newest toast is on the screen
        on.app.engine.desk.send_message(composer_of(on).task_id or "", "go on")
        await on.until(lambda: composer_of(on).text == "" and any("Message sent" in text for text in told))
        assert [text for text in told if "elsewhere" in text] == [
            "This text was sent or cleared elsewhere; it was taken out."
        ]


# history


async def test_older_texts_come_back_and_the_own_one_is_the_newest(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE, memory=lambda memory: memory.sent_texts.extend(["one", "two"])) as on:
        await write(on, "mine")
        await on.press("alt+up")
        assert composer_of(on).text == "two"
        await on.press("alt+up", "alt+up")
        assert composer_of(on).text == "one"
        await on.app.drafts.flush()
        assert await stored(on) == "mine"
        await on.press("alt+down", "alt+down", "alt+down")
        assert composer_of(on).text == "mine"


async def test_sending_an_older_text_leaves_the_own_one_as_draft(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE, memory=lambda memory: memory.sent_texts.append("two")) as on:
        await write(on, "mine")
        task_id = composer_of(on).task_id
        await on.press("alt+up", "ctrl+s")
        await on.shows("Message sent")
        assert on.bench.effects("message") == [(task_id, "two")]
        await on.app.drafts.flush()
        assert await stored(on, task_id) == "mine"


TEXTS = st.text(alphabet=st.characters(whitelist_categories=("L", "N", "P", "Zs")), max_size=8)
MOVES = st.lists(st.one_of(st.sampled_from([-1, 1]), TEXTS.filter(bool)), max_size=20)


@given(st.lists(TEXTS.filter(bool), max_size=5), TEXTS, MOVES)
def test_walking_through_texts_never_loses_the_own_one(sent: list[str], own: str, moves: list[int | str]) -> None:
    walk, shown = TextWalk(sent, own), own
    for move in moves:
        if isinstance(move, int):
            shown = walk.step(shown, move) or shown
        else:
            shown += move
            own = shown if walk.is_at_own else own
        assert own.strip() in walk.draft(shown)
        if not walk.is_at_own and shown not in sent:
            assert shown in walk.draft(shown)


# what comes in from outside


async def test_paste_with_escape_sequences_is_shown_and_sent_without_them(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "")
        area = on.app.screen.focused
        assert area is not None
        area.post_message(Paste("a\r\nb\rc\x1b]52;c;aGk=\x07\x1b[31md [/foo] [x] [@click=app.quit]q[/]"))
        await on.shows("d [/foo] [x] [@click=app.quit]q[/]")
        await on.shows("Parts of the paste cannot be shown")
        assert composer_of(on).text == "a\nb\ncd [/foo] [x] [@click=app.quit]q[/]"
        await on.press("ctrl+s")
        await on.shows("Message sent")
        assert [text for _, text in on.bench.effects("message")] == ["a\nb\ncd [/foo] [x] [@click=app.quit]q[/]"]


@pytest.mark.parametrize("keys", ["mx", "c"])
async def test_missing_editor_is_told_with_the_way_out_on_a_small_terminal(
    tmp_path: Path, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        environ = on.app.launch.environ
        assert isinstance(environ, dict)
        await on.press(*keys)
        for name, told in (
            ("", "Neither $VISUAL nor $EDITOR is set; start jjm with one: EDITOR=nano jjm-tui"),
            ("/nonexistent/ed", "Start jjm with another $EDITOR; this one was not found: /nonexistent/ed"),
            ("vi 'half", "Check the quotes of $EDITOR, it is not a command: vi 'half"),
        ):
            monkeypatch.setitem(environ, "EDITOR", name)
            await on.press("ctrl+g")
            await on.shows(told)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (2, "There are two texts in here: delete the marker line and what you do not want."),
        (3, "There are 3 texts in here: delete the marker lines and what you do not want."),
    ],
)
async def test_texts_to_choose_from_are_counted_and_none_is_sent(tmp_path: Path, count: int, told: str) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await on.press("m")
        text = write_sections([Section("one"), *(Section(f"{each}", ELSEWHERE) for each in range(1, count))])
        on.app.drafts.put(composer_of(on)._key, text)
        await on.press("ctrl+s")
        await on.shows(told)
        assert on.bench.effects("message") == []
        await on.press("escape", "q", "space", "M")
        await on.shows("Write to all of them")
        on.app.drafts.put(MANY_KEY, text)
        await on.press("ctrl+s")
        await on.until(lambda: told in " ".join(on.text.replace("│", " ").split()))
        assert on.bench.effects("message") == []


async def test_paste_that_cannot_be_shown_is_told_in_full_on_a_small_terminal(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await write(on, "")
        await on.paste("a\x1b]52;c;aGk=\x07b")
        await on.shows("Parts of the paste cannot be shown; they are � or left out, also when sent.")


async def test_hostile_draft_is_literal(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = composer_of(on).task_id or ""
        await on.context.drafts.put(message_key(task_id), "\x1b]0;owned\x07[/foo] \u202eevil")
        await on.press("m")
        await on.shows("[/foo] �evil")


@given(st.text())
def test_typed_text_is_clean_and_keeps_every_line(text: str) -> None:
    made = typed_text(text)
    assert "\r" not in made
    assert made == clean(made)


async def test_own_text_goes_through_the_field_unchanged(tmp_path: Path) -> None:
    texts = [
        "",
        "\n",
        "a\n\n",
        "\n\na",
        "tab\there",
        "wide 日本語 text\n",
        " e\u0301 \U0001f469\u200d\U0001f680",
        "x\n" * 40,
    ]
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "")
        for text in texts:
            composer_of(on)._area.replace_all(text)
            assert composer_of(on).text == text
            composer_of(on)._area.show_text(text)
            assert composer_of(on).text == text


# size


async def test_field_grows_with_the_text_and_then_scrolls(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "")
        area = composer_of(on)._area
        assert area.size.height == 3
        area.put_in("\n" * 5)
        await on.until(lambda: area.size.height == 6)
        area.put_in("\n" * 20)
        await on.until(lambda: area.size.height == 8)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_typing_works_on_small_terminals(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        await on.press("m")
        composer_of(on).focus_text()
        await on.press(*"go on")
        await on.shows("go on")
        await on.press("ctrl+s")
        await on.shows("Message sent")
        assert [text for _, text in on.bench.effects("message")] == ["go on"]
