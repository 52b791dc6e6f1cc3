"""The last line of list and detail: only keys that do something there, the most useful first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import SourceFile
from jjm_tui.services.board import ConnectionStatus
from jjm_tui.tui.widgets.diff.files_pane import FilesPane
from tests.tui.scenes import read_to_the_end, select
from tests.tui.stage import Stage, stage


def _hints(on: Stage) -> str:
    return on.text.splitlines()[-1]


async def _go_into(on: Stage, status: TaskStatus, *, tabs: int = 0) -> None:
    await select(on, status)
    await on.press("enter")
    await read_to_the_end(on)
    await on.press(*["right_square_bracket"] * tabs)


async def test_list_tells_more_keys_where_there_is_room(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 30)) as on:
        for words in ("/ filter", "space mark", "x archive", "z snooze", "? help", "q quit"):
            assert words in _hints(on)
        assert "u undo" not in _hints(on)
        await on.press("x")
        await on.shows("u undo")
        await on.press("u")
        await on.until(lambda: "u undo" not in _hints(on))
    async with stage(tmp_path / "narrow", size=(80, 24)) as on:
        assert "enter open  c new task  n next" in _hints(on), "nothing else leads to the detail"
        assert "? help  q quit" in _hints(on)


async def test_list_without_a_server_offers_nothing_that_only_a_server_can_be_told(tmp_path: Path) -> None:
    async with stage(tmp_path, server=False) as on:
        await on.shows("C then s: set up a server")
        for words in ("a approve", "m message", "c new task"):
            assert words not in _hints(on)
        assert "? help" in _hints(on)


@pytest.mark.parametrize(
    ("status", "words"),
    [("offline", "ctrl+r try again"), ("could not start", "C connection"), ("gave up", "C connection")],
)
async def test_server_that_cannot_be_asked_has_the_key_that_helps_first(
    tmp_path: Path, status: ConnectionStatus, words: str
) -> None:
    async with stage(tmp_path) as on:
        on.board.change_connection(status=status, trouble="It is not there.")
        await on.until(lambda: words in _hints(on))
        assert "a approve" not in _hints(on).split(words)[0]
        assert "? help  q quit" in _hints(on)
        await on.press("m")
        assert words not in _hints(on), "while a text is typed it would be typed"


@pytest.mark.parametrize("size", [(80, 24), (160, 30)])
async def test_failed_task_is_answered_with_a_new_one_not_with_a_message(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        task = await select(on, TaskStatus.FAILED)
        assert "c new task" in _hints(on)
        assert "m message" not in _hints(on)
        await on.press("enter")
        await read_to_the_end(on)
        assert "c new task" in _hints(on)
        assert "m message" not in _hints(on)
        await on.press("r")
        await on.shows("A failed task does not go on.")
        on.board.apply({task.id: replace(task, seen_at=None)})
        await on.shows("It failed for good: it takes no messages any more.")


@pytest.mark.parametrize("size", [(80, 24), (160, 30)])
async def test_failed_task_can_be_resumed_where_the_server_has_a_way_of_its_own(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, size=size, dialect="browser") as on:
        task = await select(on, TaskStatus.FAILED)
        await on.press("enter")
        await read_to_the_end(on)
        await on.until(lambda: "c new task  r resume" in _hints(on))
        await on.press("r")
        await on.shows("The server has a way to resume it.")
        assert not on.board.operations_of(task.id)


@pytest.mark.parametrize(
    ("dialect", "told"), [("browser", "The server has a way"), ("rest", "is not paused: it failed")]
)
async def test_resume_of_a_failed_task_before_the_server_is_known_asks_it(
    tmp_path: Path, dialect: str, told: str
) -> None:
    async with stage(tmp_path, size=(160, 30), dialect=dialect) as on:
        on.board.change_connection(resume_by_message=None)
        await select(on, TaskStatus.FAILED)
        assert "r resume" not in _hints(on)
        await on.press("r")
        await on.shows(told)


@pytest.mark.parametrize("size", [(80, 24), (160, 30)])
async def test_keys_of_the_detail_follow_its_tab(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        await _go_into(on, TaskStatus.COMPLETED)
        assert "[ ] tabs  / search" in _hints(on)
        await on.press("right_square_bracket")
        await on.press("right_square_bracket")
        assert "[ ] tabs  f follow  / search" in _hints(on)
        await on.press("right_square_bracket")
        await on.shows("} hunk  ) file  / search")
        assert "f follow" not in _hints(on)
        await on.press("right_square_bracket")
        assert "/ " not in _hints(on)
        assert "} " not in _hints(on)


@pytest.mark.parametrize("size", [(80, 24), (160, 30)])
async def test_tabs_without_anything_tell_no_keys_that_would_do_nothing(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size, read=0) as on:
        on.caller.is_down = True
        await select(on, TaskStatus.IN_PROGRESS)
        await on.press("enter")
        for keys, told in ((1, "enter asks the server."), (2, "The changes were not read")):
            await on.press(*["right_square_bracket"] * keys)
            await on.shows(told)
            for words in ("} hunk", ") file", "/ search"):
                assert words not in _hints(on)
            assert "[ ] tabs" in _hints(on)


async def test_files_with_long_lines_tell_the_keys_that_show_their_rest(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 30)) as on:
        await _go_into(on, TaskStatus.COMPLETED, tabs=3)
        await on.shows("} hunk  ) file")
        pane = on.app.screen.query_one(FilesPane)
        short, long = (f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n+{'y' * width}\n" for width in (1, 400))

        def told_for(diff: str) -> str:
            pane.show(None, diff)  # again and again: the detail may still be reading, and then shows what it read
            return _hints(on)

        await on.until(lambda: "sideways" not in told_for(short))
        await on.until(lambda: "← → sideways  esc back  ? help" in told_for(long))


@pytest.mark.parametrize("size", [(80, 24), (160, 30)])
async def test_keys_while_something_is_searched_go_through_the_matches(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        await _go_into(on, TaskStatus.COMPLETED, tabs=2)
        await on.press("/")
        assert "enter to the matches  esc end" in _hints(on)
        await on.press(*"the", "enter")
        assert "n next match  N previous match" in _hints(on)
        assert "esc end search" in _hints(on)
        await on.press("escape")
        assert "f follow" in _hints(on)


async def test_search_on_a_tab_that_has_none_says_where_it_works(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await _go_into(on, TaskStatus.COMPLETED, tabs=4)
        await on.press("/")
        await on.shows("The timeline cannot be searched; the other tabs can.")


async def test_marks_say_how_they_go_and_leave_room_for_what_they_are_for(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(112, 30), tasks=40) as on:
        await on.press("space", "space")
        for words in ("2 marked", "A approve", "M message", "x archive", "z snooze", "w watch", "esc clear marks"):
            assert words in _hints(on)
        assert "? help  q quit" in _hints(on)
        await on.press("v", "j")
        assert "esc end range" in _hints(on)
        await on.press("exclamation_mark")
        assert "? help  q quit" in _hints(on)
        for words in ("4 marked, all hidden", "M message", "x archive", "z snooze", "esc clear marks"):
            assert words in _hints(on)


async def test_range_ends_where_another_filter_shows_other_rows(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(112, 30), tasks=40) as on:
        await on.press("v", "j", "j", "j")
        assert "4 marked" in _hints(on)
        await on.press("/", *"i", "enter", "j", "j", "j", "0")
        assert "4 marked" in _hints(on), "nothing more was marked on the way"


async def test_next_view_is_told_where_there_is_one(tmp_path: Path) -> None:
    views = '[views]\nmine = "repo:acme/webapp"\n'
    async with stage(tmp_path, size=(160, 30), config=views) as on:
        assert "V next view" in _hints(on)
    async with stage(tmp_path / "none", size=(160, 30)) as on:
        assert "V next view" not in _hints(on)
        await on.press("V")
        await on.shows("There are no saved views; filter the list and save that: : save view.")


async def test_scrolling_a_preview_is_told_where_there_is_more_than_fits(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 30)) as on:
        await on.press("c")
        await on.until(lambda: on.app.screen.focused is not None)
        await on.press(*"acme/webapp", "tab", "tab", "tab", *"Write a haiku.", "ctrl+s")
        await on.shows("esc back to the form")
        assert "↑↓ scroll" not in on.text
        await on.pilot.resize_terminal(100, 16)
        await on.shows("↑↓ scroll")


async def test_diff_is_not_told_while_a_plan_waits_and_nothing_is_changed(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 30)) as on:
        waiting = await select(on, TaskStatus.WAITING_APPROVAL)
        assert not waiting.source_files
        assert "d diff" not in _hints(on)
        await on.press("2")
        assert "a approve" in _hints(on)
        assert "d diff" not in _hints(on)
        await on.press("1")
        changed = replace(waiting, source_files=(SourceFile("a.py"),))
        on.board.apply({waiting.id: changed})
        await on.until(lambda: "d diff" in _hints(on))
        await select(on, TaskStatus.IN_PROGRESS)
        assert "d diff" in _hints(on), "there may be one"


@pytest.mark.parametrize("size", [(80, 24), (160, 30)])
async def test_message_that_was_not_sent_leads_to_the_outbox(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        task = await select(on, TaskStatus.WAITING_FEEDBACK)
        assert "O outbox" not in _hints(on)
        on.caller.is_down = True
        await on.press("m", *"My answer", "ctrl+s")
        await on.until(lambda: any(op.state is OperationState.NOT_SENT for op in on.board.operations_of(task.id)))
        await select(on, TaskStatus.WAITING_FEEDBACK)
        assert "O outbox" in _hints(on)
        await on.press("enter")
        assert "O outbox" in _hints(on)
        assert "Chat 6" in on.text, "what was not sent is in the outbox, not in the conversation"
        on.board.apply({task.id: replace(task, on_server=False)})
        await on.shows("(cannot be sent)")
        await on.settle()
        assert "O outbox" in _hints(on), "its text can be copied there, or let go"
