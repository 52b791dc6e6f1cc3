"""Help: the keys that work here, with what cannot be done now; searching; the table of keys in the README."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

import jjm_tui.tui.screens
from jjm_tui.domain.criteria import KEYS
from jjm_tui.domain.operation_words import word_of_state
from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import SourceFile, Task
from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.key_table import BEGIN, END, PLACES, key_table, with_table
from jjm_tui.tui.keymap import build_keymap
from jjm_tui.tui.pages.event_lines import EVENT_LOOKS
from jjm_tui.tui.pages.help_text import Offer, help_sections, where_one_is
from jjm_tui.tui.pages.legends import legends
from jjm_tui.tui.patches.file_rows import WORDS
from jjm_tui.tui.screens.help import HelpScreen
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.widgets.header import CONNECTION_LOOKS
from jjm_tui.tui.widgets.tasks.task_row import DELIVERY_MARKS, RowInfo, format_row
from tests.tui.scenes import read_to_the_end, select
from tests.tui.stage import Stage, stage

_README = Path(__file__).parents[2] / "README.md"


def _help(on: Stage) -> str:
    """Everything that the help says now, line by line."""
    screen = on.app.screen
    assert isinstance(screen, HelpScreen)
    return "\n".join(line.content.plain for line in screen.query_one("#help").lines)


async def test_help_tells_the_keys_that_work_here_and_leaves_by_the_same_key(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 40)) as on:
        await on.press("question_mark")
        text = _help(on)
        assert "DECIDE" in text
        assert "a                    read the plan, then approve it with y" in text
        assert "composer.send" not in text
        await on.press("question_mark")
        assert isinstance(on.app.screen, MainScreen)


async def test_help_in_the_files_begins_with_what_works_there(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45)) as on:
        await select(on, TaskStatus.COMPLETED)
        await on.press("d")
        await on.shows("} hunk")
        await on.press("question_mark")
        text = _help(on)
        assert "arrow keys left and right" in text[: text.index("HERE")]
        assert [line.split()[0] for line in text[text.index("HERE") :].splitlines()[:5]] == ["HERE", "}", "{", ")", "("]
        assert "Help: files" in on.text


async def test_help_tells_how_searching_ends_while_something_is_sought(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("question_mark")
        await on.shows("esc back  / search  ↑↓ scroll")
        await on.press("slash", *"e")
        await on.shows("enter to the lines  esc end search  ↑↓ scroll")
        await on.press("enter")
        await on.shows("esc end search  / search  ↑↓ scroll")
        await on.press("slash", *"snooz")
        await on.until(lambda: "scroll" not in on.text)
        await on.press("escape")
        await on.shows("esc back  / search  ↑↓ scroll")


async def test_help_of_the_list_leaves_out_the_keys_of_the_composer_that_is_not_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 60)) as on:
        await on.press("question_mark")
        await on.shows("Help: tasks")
        await on.press("slash", *"send")
        await on.settle()
        assert "ctrl+s" not in on.text


async def test_keys_of_the_settings_are_shown(tmp_path: Path) -> None:
    settings = {"keys.bindings": {"task.approve": ("f9",), "undo": ()}}
    async with stage(tmp_path, size=(120, 40), settings=settings) as on:
        await on.press("question_mark")
        assert "f9                   read the plan" in _help(on)
        assert ": undo               undo the last local change" in _help(on)
        assert ": save view          keep the filter as a view" in _help(on)


async def test_action_without_key_and_palette_has_no_key(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 40), settings={"keys.bindings": {"palette": ()}}) as on:
        await on.press("question_mark")
        assert "(no key)             keep the filter as a view" in _help(on)


async def test_what_cannot_be_done_now_says_why(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, size=(120, 40)) as on:
        why = on.app.screen.unavailable("task.approve")
        assert why
        await on.press("question_mark")
        assert f"approve it with y · now: {why}" in " ".join(_help(on).split())


@pytest.mark.parametrize(
    ("size", "preview", "way_on"),
    [
        ((80, 24), True, "enter opens a task"),
        ((120, 40), True, "tab goes on to the detail"),
        ((120, 40), False, "enter opens a task"),
    ],
)
async def test_help_tells_the_way_on_from_the_list_that_there_is(
    tmp_path: Path, size: tuple[int, int], preview: bool, way_on: str
) -> None:
    async with stage(tmp_path, size=size) as on:
        await on.press(*(() if preview else ("p",)), "1")
        assert any(f"You are in the list; {way_on}." in each.message for each in on.app._notifications)
        await on.press("question_mark")
        assert f"go to the task list · now: You are in the list; {way_on}." in " ".join(_help(on).split())


async def test_help_of_a_dialog_tells_the_keys_of_the_dialog(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, size=(120, 40)) as on:
        await on.press("colon", "f1")
        text = _help(on)
        assert "esc" in text
        assert "read the plan" not in text


async def test_help_of_the_set_up_tells_what_its_keys_do_and_names_no_task(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, size=(120, 60), configured=False, server=False) as on:
        await on.press("question_mark")
        keys, _, _ = _help(on).partition("SIGNS")
        assert "enter                choose what is under the cursor, or go on to the next step" in keys
        assert "esc                  one step back, or leave the set-up" in keys
        assert "write the settings" in keys
        assert "open the task" not in keys
        assert "jjm get" not in _help(on)


@pytest.mark.parametrize(
    ("keys", "does"),
    [
        (("z",), "enter                snooze until the time under the cursor"),
        (("A",), "enter                look at the plan under the cursor"),
        (("L",), "enter                the whole record under the cursor"),
    ],
    ids=["snooze", "bulk-approval", "log"],
)
async def test_help_of_a_place_tells_what_enter_does_there(tmp_path: Path, keys: tuple[str, ...], does: str) -> None:
    async with stage(tmp_path, size=(120, 60)) as on:
        await on.press(*keys, "f1")
        assert does in _help(on)
        assert "open the task" not in _help(on)


async def test_help_of_the_sheet_of_many_plans_tells_what_is_approved_and_what_is_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 60)) as on:
        await on.press("A", "f1")
        text = " ".join(_help(on).split())
        assert "you type how many are ticked to approve them." in text
        assert "y show the unread of the ticked plans, then approve them once you typed their number" in text
        assert "the plan you have read" not in text
        assert "space tick the plan, or take its tick away" in text


async def test_help_tells_that_marking_goes_on_and_ticking_does_not(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 60)) as on:
        await on.press("f1")
        assert "space mark the task, or unmark it, and go on" in " ".join(_help(on).split())
        await on.press("escape", "space", "space")
        assert "2 marked" in on.text
        await on.press("M", "f1")
        text = " ".join(_help(on).split())
        assert "space let the task get the message, or leave it out" in text
        assert "and go on" not in text


async def test_help_of_the_form_of_a_new_task_tells_what_works_in_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 40)) as on:
        await on.press("c")
        await on.shows("nothing filled in")
        await on.press("f1")
        keys, _, _ = _help(on).partition("\n WHAT BECOMES")
        assert [line.split("  ")[0].strip() for line in keys[keys.index("HERE") :].splitlines()] == [
            *("HERE", "ctrl+s", "ctrl+g", "ctrl+t", "tab", "shift+tab", "esc", "f1", "ctrl+q"),
        ]
        assert "tab                  next field" in keys
        assert "preview; from there, send the task" in keys
        assert "SIGNS" not in _help(on)


async def test_typing_finds_and_escape_goes_back_step_by_step(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("question_mark", "slash", *"glob")
        assert _help(on) == ""
        await on.shows("Nothing in the help has these words.")
        await on.press(*["backspace"] * 4, *"snooz")
        assert "needs nobody for a while" in _help(on)
        assert "z snoozed            is snoozed" in _help(on)
        assert "read the plan" not in _help(on)
        await on.press("enter", "escape")
        assert "read the plan" in _help(on)
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


async def test_help_scrolls_with_the_usual_keys(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await on.press("question_mark", "G")
        await on.shows("jjm list")
        assert "down  next row" not in on.text
        await on.press("g", "j", "ctrl+d", "ctrl+u", "k", "home")
        await on.shows("what needs you on top")


@pytest.mark.parametrize("width", [40, 80, 160])
async def test_nothing_of_the_help_is_wider_than_the_screen(tmp_path: Path, width: int) -> None:
    async with stage(tmp_path, size=(width, 24)) as on:
        await on.press("question_mark")
        shown = on.app.screen.query_one("#help")
        assert max(line.content.cell_length for line in shown.lines) <= shown.size.width
        await on.pilot.resize_terminal(width + 20, 24)
        await on.settle()
        assert max(line.content.cell_length for line in shown.lines) <= shown.size.width


def test_help_tells_every_status_and_every_key_of_the_filter_language() -> None:
    offers = [Offer(action) for action in ACTIONS]
    rows = [row for section in help_sections(offers, build_keymap()) for row in section.rows]
    words = " ".join(row.head for row in rows)
    assert all(key.example in words for key in KEYS.values())
    assert all(
        word in words for word in ("plan", "question", "failed", "review", "queued", "working", "paused", "gone")
    )
    assert len([row for row in rows if row.text == "is in a state that is not known"]) == 1
    assert len(TaskStatus) == 8
    texts = [row.text for row in rows]
    assert all(any(action.help in text for text in texts) for action in ACTIONS.values())
    assert all((action.twin or "").replace("{id}", "TASK") in texts for action in ACTIONS.values() if action.twin)


def _signs(*offers: str) -> dict[str, str]:
    sections = help_sections([Offer(action) for action in offers], build_keymap())
    return {
        row.head: row.text
        for section in sections
        if section.title in {legend.title for legend in legends()}
        for row in section.rows
    }


def test_legend_has_every_mark_of_a_row_of_the_list() -> None:
    """Rows as the list draws them: nothing in them that the help does not explain."""
    known = set(" ".join(_signs()).split())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    files = (SourceFile("a", "modified", 31, 4),)
    for status in TaskStatus:
        for mark in (*DELIVERY_MARKS.values(), None):
            task = Task("t", "T", repository="o/r", status=status, updated_at=now, source_files=files)
            task = replace(task, pull_request_url="https://x", waiting_since=now - timedelta(minutes=18))
            info = RowInfo(mark, is_watched=True, is_stale=mark is None, has_draft=True)
            row = "".join(cell.text for cell in format_row(task, now, 120, info, is_cursor=True, is_marked=True))
            words = row.replace("T ", " ").replace("o/r", " ").split()
            unknown = {word.lstrip("~") for word in words} - known - {"5m", "18m", "now", "?", ""}
            marked = {word for word in unknown if not word.startswith(("▌+", "•w"))}
            assert marked == set(), row
    assert {"▌", "+", "•", "w", "✎", "~5m", "PR", "18m", "now", "?"} <= set(_signs())


def test_legend_has_the_signs_of_header_feed_files_and_outbox() -> None:
    signs = _signs()
    assert all(f"{glyph} {word}" in signs for glyph, word, _ in CONNECTION_LOOKS.values())
    assert all(any(sign.startswith(f"{look.glyph} ") for sign in signs) for look in EVENT_LOOKS.values())
    assert all(letter in signs for letter in WORDS)
    assert all(any(sign.endswith(word_of_state(state)) for sign in signs) for state in OperationState)


def test_legend_of_where_one_is_comes_first() -> None:
    def first(*offers: str) -> str:
        titles = [section.title for section in help_sections([Offer(each) for each in offers], build_keymap())]
        return next(title for title in titles if title in {legend.title for legend in legends()})

    assert "list" in first("group")
    assert "outbox" in first("outbox.settle")
    assert "feed" in first("watch.only-watched")


async def test_help_says_where_one_is_and_finds_a_section_by_its_title(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 40)) as on:
        await on.press("question_mark")
        await on.shows("Help: tasks")
        assert "what needs you on top" in _help(on)
        await on.press("slash", *"signs list")
        assert "something happened since you last looked at it" in _help(on)
        assert "read the plan" not in _help(on)
        await on.press("escape", "escape", "O", "question_mark")
        await on.shows("Help: outbox")
        titles = [line for line in _help(on).splitlines() if line.isupper()]
        assert titles[0] == " HERE"
        assert "find out by reading what became of them" in _help(on).partition(" MOVE")[0]


def test_every_full_screen_is_named_in_the_help() -> None:
    classes = re.compile(r"^class (\w+Screen)\((?:PageScreen|DetailHost|PaneHost|DashboardScreen|Sheet)", re.MULTILINE)
    files = Path(str(jjm_tui.tui.screens.__file__)).parent.glob("*.py")
    names = {name for path in files for name in classes.findall(path.read_text("utf-8"))}
    named = {name for name in names if where_one_is(name) != ("", "")}
    assert names - named <= {"PageScreen", "TaskScreen", "HelpScreen", "TemplatesScreen"}


def test_readme_has_the_present_table_of_keys() -> None:
    text = _README.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert with_table(text) == text, "Run: python -m jjm_tui.tui.key_table README.md"


def test_table_of_keys_names_every_action_that_has_a_key() -> None:
    table = key_table()
    assert all(f"| {action.help}" in table for action in ACTIONS.values() if action.keys)
    assert {line.count("|") - line.count("\\|") for line in table.splitlines()} == {4}
    usual: set[Scope] = {"everywhere", "tasks", "list", "detail"}
    assert {action.scope for action in ACTIONS.values()} <= usual | PLACES.keys()


def test_key_table_prints_itself_and_loads_no_screen() -> None:
    program = "import runpy, sys; sys.argv = ['x']; runpy.run_module('jjm_tui.tui.key_table', run_name='__main__'); "
    program += "assert 'textual' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == key_table()


def test_file_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="There is no"):
        with_table("no marks here")


@pytest.mark.parametrize(("size", "theme"), [((80, 24), "dark"), ((100, 30), "light"), ((160, 45), "dark")])
async def test_help_looks_as_it_did(
    tmp_path: Path, svg: Callable[[str], SnapshotAssertion], size: tuple[int, int], theme: str
) -> None:
    async with stage(tmp_path, size=size, settings={"ui.theme": f"jjm-{theme}"}) as on:
        await read_to_the_end(on)
        await on.press("question_mark")
        assert on.picture() == svg(f"help-{size[0]}x{size[1]}-{theme}")


async def test_arrows_are_words_where_only_ascii_is_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, settings={"ui.ascii": True}) as on:
        await on.press("question_mark")
        await on.shows("esc back  / search  up/down scroll")
        assert "^v" not in on.text
