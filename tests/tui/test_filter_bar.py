"""Filtering the list by what is typed: live, explained, never emptied by half a word, and given up without a trace."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.widgets import Static

from jjm_tui.domain.status import TaskStatus
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.widgets.tasks.task_list import TaskList
from tests.tui.stage import Stage, stage


def shown(on: Stage) -> list[str]:
    """The ids of the tasks that have a row."""
    screen = on.app.screen
    assert isinstance(screen, MainScreen)
    return [task_id for group in screen._arrangement.groups for task_id in group.task_ids]


def _joined(on: Stage) -> str:
    """The words of the explanation on one line, wherever it was broken."""
    lines = (line[1:62].strip(" │") for line in on.text.splitlines()[3:8])
    return " ".join(lines)


async def test_filter_is_live_and_a_wrong_one_keeps_the_last_good_list(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", *"state:failed")
        assert "FAILED" not in on.text.splitlines()[0]
        found = shown(on)
        assert found
        assert {on.board.tasks[task_id].status for task_id in found} == {TaskStatus.FAILED}
        await on.press("space", "quotation_mark")
        assert "✗ at" in on.text
        assert "The list still shows: state:failed." in _joined(on)
        assert "Not kept" not in on.text
        await on.press("enter")
        assert "Not kept, because it is wrong." in _joined(on)
        assert shown(on) == found
        await on.press("escape")
        assert len(shown(on)) == len(on.board.tasks)


async def test_wrong_filter_says_what_the_list_shows_where_words_that_would_do_have_no_room(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, size=(60, 20)) as on:
        await on.press("/", *"state:xx")
        told = _joined(on)
        assert "'xx' is not a word for this. Use one of pending, in-progress, " in told
        assert re.search(r"[a-z], [a-z-]+ and \d+ more\. The list still shows: everything\.", told)
        assert "…" not in told
        await on.press("backspace", "backspace", "f")
        assert "Did you mean failed or final or failure? The list still shows: everything." in _joined(on)


async def test_filter_kept_by_enter_is_named_in_the_title_and_escape_ends_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("/", *"repo:acme/webapp", "enter")
        assert "filter: repo:acme/webapp" in on.text
        assert isinstance(on.app.focused, TaskList)
        await on.press("escape")
        assert "filter:" not in on.text


async def test_half_a_word_that_matches_nothing_keeps_the_last_good_list(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        everything = shown(on)
        await on.press("/", *"~zeb")
        assert "No match yet; the list still shows: everything" in _joined(on)
        assert shown(on) == everything
        await on.press("space")
        assert shown(on) == []
        assert "No task matches ~zeb." in on.text
        await on.press("backspace", "backspace", "backspace", "backspace", "backspace")
        assert shown(on) == everything


@pytest.mark.parametrize(("half", "whole"), [("unread", "unread:yes"), ("age>", "age:>2h"), ("age>2h", "age:>2h")])
async def test_key_without_its_colon_is_explained_on_enter_and_not_kept(tmp_path: Path, half: str, whole: str) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", *half, "enter")
        assert f"Not kept, because it is half a filter. Type {whole}, for example." in _joined(on)
        assert "The list still shows: " in _joined(on)
        await on.press(*["backspace"] * len(half), *"age:>1h", "enter")
        assert "filter: age:>1h" in on.text
        assert isinstance(on.app.focused, TaskList)


async def test_key_that_is_typed_letter_by_letter_never_empties_the_list(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", *"repo:acme/webapp", "space")
        found = shown(on)
        assert 0 < len(found) < len(on.board.tasks)
        for letter in "state:completed":
            await on.press(letter)
            assert shown(on)
            assert set(shown(on)) <= set(found)
        assert {on.board.tasks[task_id].status for task_id in shown(on)} == {TaskStatus.COMPLETED}


async def test_filter_kept_with_enter_is_in_force_even_when_nothing_matches(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", *"zebra", "enter")
        assert "No task matches zebra. 0 shows everything." in on.text
        keys = [segment for row in on.app.screen._compositor.render_strips() for segment in row if segment.text == "0"]
        assert keys
        assert all(key.style is not None and key.style.bold for key in keys)
        assert isinstance(on.app.focused, TaskList)


async def test_escape_brings_back_the_filter_and_the_view_of_before(tmp_path: Path) -> None:
    async with stage(tmp_path, config='[views]\nmine = "repo:acme/webapp"\n', size=(120, 30)) as on:
        await on.press("V")
        found = shown(on)
        await on.press("/", *" state:failed", "escape")
        assert shown(on) == found
        assert "view: mine" in on.text
        assert isinstance(on.app.focused, TaskList)
    assert Memory.load(tmp_path / "dashboard.json").view == "mine"


async def test_view_that_is_kept_unchanged_stays_a_view(tmp_path: Path) -> None:
    async with stage(tmp_path, config='[views]\nmine = "repo:acme/webapp"\n', size=(120, 30)) as on:
        await on.press("V", "/", "enter")
        assert "view: mine" in on.text


async def test_footer_names_the_keys_of_the_filter_while_it_is_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", "u")
        footer = on.text.splitlines()[-1]
        assert "enter keep " in footer
        assert "esc undo" in footer
        assert "approve" not in footer
        await on.press("escape")
        assert "keep it" not in on.text.splitlines()[-1]


async def test_footer_offers_to_keep_only_what_can_be_kept(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", *"state:failed")
        assert "enter keep" in on.text.splitlines()[-1]
        await on.press("space", *"age:soon")
        assert "enter keep" not in on.text.splitlines()[-1]
        assert "esc undo" in on.text.splitlines()[-1]
        await on.press(*["backspace"] * len("age:soon"))
        assert "enter keep" in on.text.splitlines()[-1]


async def test_title_tells_how_many_of_all_tasks_the_filter_leaves(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert " of " not in on.text.splitlines()[1]
        await on.press("/", *"state:failed", "enter")
        assert f"{len(shown(on))} of {len(on.board.tasks)} · filter: state:failed" in on.text
        left, others = len(shown(on)) - 1, len(on.board.tasks) - 1
        await on.press("j", "x")
        await on.shows(f"{left} of {others} · filter: state:failed")


async def test_footer_names_the_keys_of_searching_while_a_term_is_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("2", "right_square_bracket", "/", "a")
        assert "enter to the matches" in on.text.splitlines()[-1]
        await on.press("enter")
        assert "to the matches" not in on.text.splitlines()[-1]


async def test_filters_of_before_come_back_with_the_arrows_and_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", *"state:failed", "enter")
        await on.press("0", "/", *"repo:acme/webapp", "enter")
        await on.press("0", "/", *"onb", "up", "up")
        assert {on.board.tasks[task_id].status for task_id in shown(on)} == {TaskStatus.FAILED}
        await on.press("up")
        assert "There is no older filter." in on.text
        await on.press("down", "down")
        assert " onb" in on.text
        await on.press("down")
        assert "This is the newest." in on.text
    assert Memory.load(tmp_path / "dashboard.json").filters == ["state:failed", "repo:acme/webapp"]


async def test_click_into_the_list_leaves_the_filter_open_and_escape_ends_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        everything = shown(on)
        await on.press("/", *"state:failed")
        await on.pilot.click("#tasks", offset=(10, 1))
        await on.press("escape")
        assert "keep it" not in on.text.splitlines()[-1]
        assert shown(on) == everything


async def test_escape_brings_the_cursor_back_to_the_task_of_before(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        await on.press("j", "j", "j")
        before = screen.tasks.highlighted
        assert before is not None
        assert on.board.tasks[before].status is not TaskStatus.FAILED
        await on.press("/", *"state:failed", "space")
        assert before not in shown(on)
        await on.press("escape")
        assert screen.tasks.highlighted == before
        await on.press("/", *"state:failed", "space")
        await on.pilot.press("escape", "x")
        await on.until(lambda: any(task.archived for task in on.board.tasks.values()))
        assert [task_id for task_id, task in on.board.tasks.items() if task.archived] == [before]


async def test_half_typed_filter_without_a_match_names_what_the_list_still_shows(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", *"s")
        assert len(shown(on)) > 0
        await on.press("q", "~")
        assert "the list still shows: sq." in _joined(on)


async def test_name_of_a_state_that_is_no_word_of_a_task_hints_at_the_state(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("/", *"paused")
        assert "type state:paused." in _joined(on)
        await on.press("enter")
        assert "shows everything. For" in on.text
        assert "type state:paused." in on.text


async def test_no_row_shows_no_task_beside_and_says_the_way_out(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        assert screen.detail.task_id is not None
        await on.press("/", *"zebra", "enter")
        await on.until(lambda: screen.detail.task_id is None)
        assert on.text.count("shows everything") == 1
        assert "0 everything" in on.text.splitlines()[-1]
        await on.press("0")
        await on.until(lambda: screen.detail.task_id == screen.tasks.highlighted is not None)


async def test_filter_that_is_pasted_with_more_lines_takes_the_first_and_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("slash")
        await on.paste("\nstate:failed\nstate:paused\nstate:completed")
        await on.shows("Only the first line was taken; 2 more were left out.")
        assert {on.board.tasks[task_id].status for task_id in shown(on)} == {TaskStatus.FAILED}


def field_of(on: Stage) -> LineInput:
    field = on.app.focused
    assert isinstance(field, LineInput)
    return field


async def test_pasted_line_keeps_its_spaces_beside_what_is_typed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("slash", *"one")
        await on.paste(" and  two\tthree ")
        await on.until(lambda: field_of(on).value == "one and  two three ")
        await on.press("ctrl+u")
        await on.paste("  state:failed ")
        await on.until(lambda: field_of(on).value == "state:failed")


async def test_paste_that_is_too_long_for_a_name_is_cut_and_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("exclamation_mark", "colon", *"save", "space", *"view", "enter")
        await on.shows("Save this filter as a view")
        await on.press("a")
        await on.paste("x" * 31)
        await on.until(lambda: field_of(on).value == "a" + "x" * 29)
        await on.shows("The last 2 characters of it had no room.")


@pytest.mark.parametrize("width", [60, 80, 120, 160])
async def test_wrong_state_is_told_in_whole_words(tmp_path: Path, width: int) -> None:
    async with stage(tmp_path, size=(width, 24)) as on:
        await on.press("/", *"state:foo", "enter")
        box = " ".join(on.app.screen.query_one("FilterBar > Static", Static).render().plain.split())
        assert box.startswith(
            "Not kept, because it is wrong. ✗ at 7: 'foo' is not a word for this. Use one of pending, "
        )
        assert box.endswith(" more. The list still shows: everything.") or "snoozed, gone, all. The list still" in box
        assert "…" not in box
        assert re.search(r"everything\. *│", on.text)


async def test_filter_that_is_emptied_by_the_decision_leads_to_what_else_needs_the_person(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        await on.press("@")
        asking = shown(on)
        assert len(asking) == 1
        await on.press("m", *"Yes", "ctrl+s")
        await on.until(lambda: not shown(on))
        await on.shows("No task matches state:waiting_feedback. 0 shows")
        await on.shows("everything. n goes to what needs you.")
        await on.shows("Done · ")
        assert "n what needs you" in on.text.splitlines()[-1]
        assert on.text.count("what needs you") == 3
        await on.press("n")
        assert "filter:" not in on.text
        assert screen.tasks.highlighted == screen._arrangement.needing[0]


async def test_filter_that_hides_nothing_that_needs_the_person_does_not_promise_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        for task_id in on.app.screen._arrangement.needing:
            await on.manager.archive([task_id])
        await on.until(lambda: not on.app.screen._arrangement.needing)
        await on.press("/", *"zebra", "enter")
        await on.shows("No task matches zebra. 0 shows everything.")
        assert "needs you" not in on.text
        await on.press("n")
        await on.shows("No task in this list needs you.")
