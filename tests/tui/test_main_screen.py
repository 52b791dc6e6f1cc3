"""The main screen as a person uses it: list, filter, marks, local changes, panes."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseDown, MouseMove, MouseUp
from textual.widgets import TextArea

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import SourceFile, needs_me
from jjm_tui.services.board import Connection
from jjm_tui.settings import document
from jjm_tui.settings.document import set_values
from jjm_tui.tui.actions import ACTIONS
from jjm_tui.tui.look.ascii import to_ascii
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.screens.detail import DetailScreen
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.widgets.filter_bar import FilterBar
from jjm_tui.tui.widgets.tasks.task_row import CURSOR_BAR, MINUS
from jjm_tui.tui.widgets.view_tabs import ViewTabs
from tests.tui.stage import Stage, stage


def main_screen(on: Stage) -> MainScreen:
    screen = on.app.screen
    assert isinstance(screen, MainScreen)
    return screen


async def test_first_screen_shows_what_needs_the_person_on_top(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        lines = on.text.splitlines()
        assert "need you" in lines[0]
        assert "NEEDS YOU" in lines[2]
        task = main_screen(on).current_task()
        assert task is not None
        assert needs_me(task, on.now) is not None


async def test_header_counts_are_the_sizes_of_the_groups_and_a_click_shows_just_those(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45), tasks=40) as on:
        await _make_every_kind(on)
        header = on.text.splitlines()[0]
        counted = {words: int(number) for number, words in re.findall(r"(\d+) (need you|[a-z]+)(?= |$)", header)}
        groups = {group.title: group.task_ids for group in main_screen(on)._arrangement.groups}
        assert counted == {title.replace("NEEDS", "NEED").lower(): len(ids) for title, ids in groups.items()}
        assert {"NEEDS YOU", "QUEUED", "SNOOZED", "FAILED", "DONE"} <= groups.keys()
        assert sum(counted.values()) == len(on.board.tasks)
        await on.pilot.click("#header", offset=(header.index(" failed") - 1, 0))
        await on.settle()
        assert tuple(_shown(on)) == groups["FAILED"]


async def _make_every_kind(on: Stage) -> None:
    """One more task of each kind that a fresh world does not have."""
    tasks = {task.status: task for task in on.board.tasks.values()}
    plan, failed = tasks[TaskStatus.WAITING_APPROVAL], tasks[TaskStatus.FAILED]
    on.board.apply(
        {
            "queued": replace(tasks[TaskStatus.IN_PROGRESS], id="queued", status=TaskStatus.PENDING),
            "snoozed": replace(plan, id="snoozed", snoozed_until=on.now + timedelta(hours=1)),
            "unseen": replace(failed, id="unseen", seen_at=None),
        }
    )
    await on.pilot.pause(0.1)
    await on.settle()


async def test_next_goes_round_the_tasks_that_need_the_person(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        screen = main_screen(on)
        needing = [task_id for task_id, task in on.board.tasks.items() if needs_me(task, on.now)]
        seen = []
        for _ in needing:
            seen.append(screen.tasks.highlighted)
            await on.press("n")
        assert sorted(filter(None, seen)) == sorted(needing)
        await on.press("N")
        assert screen.tasks.highlighted == seen[-1]


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("exclamation_mark", TaskStatus.FAILED),
        ("at", TaskStatus.WAITING_FEEDBACK),
        ("number_sign", TaskStatus.WAITING_APPROVAL),
    ],
)
async def test_quick_filter_shows_one_state_and_the_same_key_shows_everything(
    tmp_path: Path, key: str, status: TaskStatus
) -> None:
    async with stage(tmp_path) as on:
        await on.press(key)
        assert {on.board.tasks[task_id].status for task_id in _shown(on)} == {status}
        await on.press(key)
        assert len(_shown(on)) == len(on.board.tasks)


async def test_nothing_matches_says_how_to_see_everything(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("/", *"zebra", "enter")
        assert "No task matches zebra. 0 shows everything." in on.text
        await on.press("0")
        assert "No task matches" not in on.text


async def test_archive_hides_the_marked_tasks_and_undo_brings_them_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("G", "space", "k", "k", "space")
        marked = main_screen(on).marked()
        assert len(marked) == 2
        assert "2 marked" in on.text
        await on.press("x")
        await on.until(lambda: all(on.board.tasks[task_id].archived for task_id in marked))
        await on.until(lambda: not set(marked) & set(_shown(on)))
        await on.shows("Archived 2 tasks. u undoes it.")
        await on.press("u")
        await on.until(lambda: set(marked) <= set(_shown(on)))


async def test_what_acts_on_marked_tasks_says_so(tmp_path: Path) -> None:
    caring = {action.id for action in ACTIONS.values() if "(marked or this one)" in action.help}
    assert caring == {"task.archive", "task.unarchive", "task.snooze", "task.watch", "task.forget"}
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("space", "space")
        await on.press("z")
        await on.shows("2 tasks")


async def test_archived_tasks_can_be_shown_and_taken_out(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("G", "x")
        await on.until(lambda: any(task.archived for task in on.board.tasks.values()))
        archived = next(task_id for task_id, task in on.board.tasks.items() if task.archived)
        await on.until(lambda: archived not in _shown(on))
        await on.press("H")
        assert archived in _shown(on)
        main_screen(on).tasks.select(archived)
        await on.press("X")
        await on.until(lambda: not on.board.tasks[archived].archived)


async def test_watch_marks_the_row_and_is_remembered(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("w")
        watched = set(on.board.watched)
        assert len(watched) == 1
        assert set(Memory.load(tmp_path / "dashboard.json").watched) == watched
        await on.press("w")
        assert not on.board.watched


async def test_rows_that_reorder_under_every_keystroke_never_change_whose_task_is_acted_on(tmp_path: Path) -> None:
    rng = random.Random(7)
    async with stage(tmp_path, tasks=30) as on:
        screen = main_screen(on)
        for _ in range(10):
            wanted = rng.choice(_shown(on))
            screen.tasks.select(wanted)
            moved = rng.sample(sorted(on.board.tasks), 10)
            on.board.apply(
                {
                    task_id: replace(
                        on.board.tasks[task_id], updated_at=on.now + timedelta(seconds=rng.randrange(10_000))
                    )
                    for task_id in moved
                }
            )
            await on.pilot.pause(0.06)
            await on.press("x")
            await on.until(lambda wanted=wanted: on.board.tasks[wanted].archived)
            assert [task_id for task_id, task in on.board.tasks.items() if task.archived] == [wanted]
            await on.until(lambda: bool(on.app.undo))  # the history is written before it can be undone
            await on.press("u")
            await on.until(lambda wanted=wanted: not on.board.tasks[wanted].archived)
            await on.until(lambda wanted=wanted: wanted in _shown(on) and screen._awaited is None)


async def test_sort_group_and_view_are_remembered(tmp_path: Path) -> None:
    async with stage(tmp_path, config='[views]\nmine = "repo:acme/webapp"\n', size=(160, 30)) as on:
        await on.press("s", "S", "t")
        assert "newest change reversed · by repository" in on.text
        await on.press("V")
        assert "view: mine" in on.text
        assert {on.board.tasks[task_id].repository for task_id in _shown(on)} == {"acme/webapp"}
    memory = Memory.load(tmp_path / "dashboard.json")
    assert (memory.sort, memory.reverse, memory.grouping, memory.view) == ("updated_at", True, "repository", "mine")


async def test_next_view_tells_a_wrong_one_and_goes_on_to_the_next(tmp_path: Path) -> None:
    config = '[views]\nmine = "repo:acme/webapp"\nbad = "state:nonsense"\nquestions = "state:waiting_feedback"\n'
    async with stage(tmp_path, config=config, size=(160, 30)) as on:
        await on.press("V")
        assert "view: mine" in on.text
        await on.press("V")
        assert "The view bad in the settings is wrong" in on.text
        assert "view: questions" in on.text
        await on.press("V")
        assert "view:" not in on.text
        assert len(_shown(on)) == len(on.board.tasks)


async def _save_view(on: Stage, name: str) -> None:
    await on.press("colon", *"save", "space", *"view", "enter")
    await on.shows("Save this filter as a view")
    await on.press(*name, "enter")


async def test_filter_is_saved_as_a_view_that_is_there_at_once_and_at_the_next_start(tmp_path: Path) -> None:
    config = '# mine\n[views]\nmine = "repo:acme/webapp"\n'
    async with stage(tmp_path, config=config, size=(160, 30)) as on:
        await on.press("exclamation_mark")
        await _save_view(on, "broken")
        await on.shows("view: broken")
        await on.press("0", "V", "V")
        assert "view: broken" in on.text
    written = (tmp_path / "home" / "jjm.toml").read_text()
    assert written == f'{config}broken = "state:failed"\n'
    async with stage(tmp_path, size=(160, 30)) as on:
        await on.press("V", "V")
        assert "view: broken" in on.text


async def test_view_is_replaced_only_when_that_was_asked(tmp_path: Path) -> None:
    async with stage(tmp_path, config='[views]\nmine = "repo:acme/webapp"\n', size=(160, 30)) as on:
        await on.press("exclamation_mark")
        await _save_view(on, "mine")
        await on.shows("There is a view mine with another filter: repo:acme/webapp")
        assert on.app.launch.views["mine"] == "repo:acme/webapp"
        await on.press("enter")
        await on.shows("view: mine")
        assert on.app.launch.views["mine"] == "state:failed"
        assert len(_shown(on)) == 1


async def test_view_that_somebody_else_saved_meanwhile_is_replaced_only_when_that_was_asked(tmp_path: Path) -> None:
    async with stage(tmp_path, config='[views]\nzz = "text:a"\n', size=(160, 30)) as on:
        await on.press("exclamation_mark")
        path = on.app.launch.place.loaded.path
        set_values(path, {"views.zz": "is:needs-me"})
        await _save_view(on, "zz")
        await on.shows("There is a view zz with another filter: is:needs-me")
        set_values(path, {"views.zz": "is:open"})
        await on.press("enter")
        await on.shows("There is a view zz with another filter: is:open")
        assert 'zz = "is:open"' in path.read_text()
        await on.press("enter")
        await on.shows("view: zz")
        assert 'zz = "state:failed"' in path.read_text()


async def test_view_cannot_have_the_name_of_the_tab_for_everything(tmp_path: Path) -> None:
    async with stage(tmp_path, config="[ui]\n", size=(160, 30)) as on:
        await on.press("exclamation_mark")
        await _save_view(on, "All")
        await on.shows("all is the tab for everything; choose another name.")
        assert on.app.launch.views == {}


async def test_view_that_cannot_be_written_is_told_and_not_there(tmp_path: Path) -> None:
    async with stage(tmp_path, config="[ui]\n", size=(160, 30)) as on:
        await on.press("exclamation_mark")
        on.app.launch.place.loaded.path.write_text("[views\n")
        await _save_view(on, "mine")
        await on.until(lambda: "this is not TOML" in " ".join(on.text.replace("│", " ").split()))
        assert on.app.launch.views == {}
        await on.press("escape")
        assert "filter: state:failed" in on.text


async def test_view_that_is_being_saved_can_neither_be_left_nor_named_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = threading.Event()

    def set_late(path: Path, values: Mapping[str, str], *, profile: str | None = None) -> None:
        may_write.wait()
        set_values(path, values, profile=profile)

    monkeypatch.setattr(document, "set_values", set_late)
    async with stage(tmp_path, config="[ui]\n", size=(160, 30)) as on:
        await on.press("exclamation_mark")
        try:
            await _save_view(on, "mine")
            await on.press("s", "enter", "escape")
            await on.shows("The view is being saved")
            assert "Save this filter as a view" in on.text
        finally:
            may_write.set()
        await on.shows("view: mine")
        assert list(on.app.launch.views) == ["mine"]
        written = on.app.launch.place.loaded.path.read_text()
    assert '[views]\nmine = "state:failed"' in written
    assert "mines" not in written


async def test_views_of_which_all_are_wrong_are_told_and_leave_the_list_as_it_is(tmp_path: Path) -> None:
    async with stage(tmp_path, config='[views]\nbad = "state:nonsense"\n', size=(160, 30)) as on:
        await on.press("V")
        assert "The view bad in the settings is wrong" in on.text
        assert len(_shown(on)) == len(on.board.tasks)


async def test_view_with_a_line_break_in_its_name_is_told_in_one_line(tmp_path: Path) -> None:
    config = '[views]\n"a\\nb" = "state:nonsense"\n"c\\nd" = "state:failed"\n'
    async with stage(tmp_path, config=config, size=(160, 30)) as on:
        await on.press("V")
        assert "The view a b in the settings is wrong" in on.text
        assert "view: c d" in on.text
        assert main_screen(on).unavailable("view.save") == "This is the view c d already."


async def test_view_tab_is_no_longer_marked_when_another_filter_is_in_force(tmp_path: Path) -> None:
    async with stage(tmp_path, config='[views]\nmine = "repo:acme/webapp"\n', size=(160, 30)) as on:

        def marked_tab() -> list[str]:
            return [piece.text for piece in main_screen(on).query_one(ViewTabs)._pieces if piece.role == "current"]

        assert marked_tab() == ["all"]
        await on.press("V")
        assert marked_tab() == ["mine"]
        await on.press("exclamation_mark")
        assert marked_tab() == []


@pytest.mark.parametrize("size", [(120, 30), (80, 24)])
async def test_decision_about_one_task_while_others_are_marked_says_whom_it_is_for(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, size=size) as on:
        await on.press("v", "j", "j", "v", "g")
        assert len(main_screen(on).marked()) == 3
        task = main_screen(on).current_task()
        assert task is not None
        main_screen(on).tasks.select(on.bench.session_in("AWAITING_PLAN_APPROVAL"))
        await on.press("a")
        await on.shows("this task only; A is for the 3 marked")
        await on.press("escape", "m")
        await on.shows("this task only; M is for the 3 marked")
        await on.press("escape", "escape")
        assert "this task only" not in on.text


async def test_keys_of_the_composer_stand_beside_whom_it_is_for_on_a_narrow_terminal(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(60, 20)) as on:
        await on.press("v", "j", "m")
        await on.shows("this task only")
        assert "ctrl+s send" in on.text.splitlines()[-1]


@pytest.mark.parametrize("size", [(120, 30), (80, 24)])
async def test_footer_tells_the_keys_of_the_composer_at_once(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        await on.press("m")
        assert "ctrl+s send" in on.text.splitlines()[-1]
        await on.press("escape")
        assert "ctrl+s send" not in on.text.splitlines()[-1]


async def test_decision_about_the_only_marked_task_needs_no_such_words(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press("space", "k", "m")
        assert "this task only" not in on.text


async def test_narrow_terminal_opens_the_task_on_a_screen_of_its_own(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        task = main_screen(on).current_task()
        assert task is not None
        await on.press("enter")
        assert isinstance(on.app.screen, DetailScreen)
        assert (task.title or "")[:20] in on.text
        await on.press("q")
        assert isinstance(on.app.screen, MainScreen)


@pytest.mark.parametrize(
    ("width", "title", "told"),
    [
        (59, "Short", "Short now"),
        (60, "Short", "Short +31 -4 repo now"),
        (100, "Short", "Short +31 -4 repo now"),
        (100, "A short title", "A short title repo now"),
        (100, "A title that leaves room for nothing", "A title that leaves room fo… now"),
        (112, "A title that leaves room for nothing", "A title that leaves roo… repo now"),
        (80, "A title that leaves room for nothing at all", "A title that leaves room for nothi… +31 -4 repo now"),
    ],
)
async def test_row_has_the_columns_that_there_is_room_for(tmp_path: Path, width: int, title: str, told: str) -> None:
    async with stage(tmp_path, size=(width, 30)) as on:
        task = next(task for task in on.board.tasks.values() if task.status is TaskStatus.IN_PROGRESS)
        files = (SourceFile("a", None, 31, 4),)
        changed = replace(task, title=title, repository="acme/repo", source_files=files, updated_at=on.now)
        on.board.apply({task.id: replace(changed, pull_request_url=None)})
        await on.until(lambda: title[:7] in on.text)
        row = next(line for line in on.text.splitlines() if title[:7] in line).split("│")[1].replace(MINUS, "-")
        assert " ".join(row.split()).rpartition(" • ")[2].removeprefix("▸ working ") == told


@pytest.mark.parametrize("key", ["n", "N"])
async def test_next_goes_round_the_tasks_that_need_the_person_while_one_is_open(tmp_path: Path, key: str) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        below = main_screen(on)
        needing = list(below._arrangement.needing)
        assert len(needing) > 1
        assert below.tasks.highlighted == needing[0]
        await on.press("enter", "right_square_bracket")
        for task_id in [*needing[1:], needing[0]] if key == "n" else reversed(needing):
            await on.press(key)
            opened = on.app.screen
            assert isinstance(opened, DetailScreen)
            assert opened.detail.task_id == opened.current_task().id == below.tasks.highlighted == task_id  # type: ignore[union-attr]
            assert (on.board.tasks[task_id].title or "")[:20] in on.text
        assert opened.detail.tab == "plan"
        await on.press("n", "x")
        await on.until(lambda: on.board.tasks[needing[1]].archived)


async def test_next_in_an_open_task_leads_to_one_that_came_meanwhile_and_says_when_there_is_none(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        first, *others = main_screen(on)._arrangement.needing
        on.board.apply(dict.fromkeys(others))
        await on.until(lambda: main_screen(on)._arrangement.needing == (first,))
        await on.press("enter", "n")
        assert "No other task in the list needs you." in on.text
        new = replace(on.board.tasks[first], id="99990000", title="Came meanwhile")
        on.board.apply({new.id: new})
        await on.settle()
        await on.press("n")
        await on.shows("Came meanwhile")


async def test_clicks_in_quick_succession_open_one_screen(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        y = next(number for number, line in enumerate(on.text.splitlines()) if "▌" in line)
        for x in (20, 30, 40):
            for kind, button in ((MouseMove, 0), (MouseDown, 1), (MouseUp, 1)):
                on.app.post_message(kind(None, x, y, 0, 0, button, False, False, False, x, y))
        await on.settle()
        assert [type(each) for each in on.app.screen_stack] == [MainScreen, DetailScreen]


async def test_opening_a_finished_task_counts_as_seen_and_moving_over_it_does_not(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        finished = next(task for task in on.board.tasks.values() if task.status is TaskStatus.COMPLETED)
        await on.context.store.apply({finished.id: lambda task: task and replace(task, seen_at=None)})
        await on.until(lambda: needs_me(on.board.tasks[finished.id], on.now) == "review")
        main_screen(on).tasks.select(finished.id)
        await on.pilot.pause(0.3)
        assert needs_me(on.board.tasks[finished.id], on.now) == "review"
        await on.press("enter")
        await on.until(lambda: needs_me(on.board.tasks[finished.id], on.now) is None)


async def test_preview_can_be_turned_off_and_placed_below(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        assert "Overview" in on.text
        await on.press("p")
        assert "Overview" not in on.text
        await on.press("p", "P")
        assert "Overview" in on.text
        lines = [number for number, line in enumerate(on.text.splitlines()) if "Overview" in line]
        assert lines[0] > 10


async def test_actions_that_cannot_be_done_say_why(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        running = next(task for task in on.board.tasks.values() if task.status is TaskStatus.IN_PROGRESS)
        main_screen(on).tasks.select(running.id)
        await on.press("a")
        assert "No plan waits here: the task is being worked on." in on.text
        await on.press("r")
        assert "Only paused tasks can be resumed" in on.text
        assert on.bench.effects("approve") == []


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"status": TaskStatus.PENDING}, "d", "It waits in Jules's queue and has changed nothing yet."),
        (
            {"status": TaskStatus.IN_PROGRESS, "source_files": ()},
            "d",
            "It has changed no files so far; ctrl+r asks the server again.",
        ),
        (
            {"status": TaskStatus.COMPLETED, "source_files": ()},
            "d",
            "It ended without changing a file; the chat tells what it did.",
        ),
        ({"url": None, "pull_request_url": None}, "o", "The server tells no address of this task; y copies its id."),
        ({"url": None, "pull_request_url": None}, "Y", "The server tells no address of this task; y copies its id."),
    ],
)
async def test_task_that_has_none_of_it_says_why_and_what_else(
    tmp_path: Path, change: dict[str, Any], key: str, words: str
) -> None:
    async with stage(tmp_path, size=(140, 30)) as on:
        task = main_screen(on).current_task()
        assert task is not None
        on.board.apply({task.id: replace(task, **change)})
        await on.until(lambda: main_screen(on).tasks.select(task.id))
        await on.press(key)
        assert [toast.message for toast in on.app._notifications] == [words]


async def test_address_of_a_task_without_a_page_is_its_pull_request(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(140, 30)) as on:
        task = main_screen(on).current_task()
        assert task is not None
        on.board.apply({task.id: replace(task, url=None, pull_request_url="https://example.org/pull/7")})
        await on.settle()
        await on.press("Y")
        assert on.app.clipboard == "https://example.org/pull/7"


async def test_risks_of_a_plan_are_told_in_the_same_words_everywhere(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45)) as on:
        words = "may delete · names CI, lock file"
        await on.press("#")
        main_screen(on).tasks.select(_find(on, "Split the CI build into two jobs"))
        await on.shows(words)
        await on.press("a")
        await on.shows("y approve")
        assert words in on.text
        await on.press("escape", "A")
        await on.shows(f"7 steps · {words}")


def _find(on: Stage, title: str) -> str:
    return next(task_id for task_id, task in on.board.tasks.items() if task.title == title)


def test_cursor_on_an_ascii_terminal_looks_unlike_the_frame_beside_it() -> None:
    assert to_ascii(CURSOR_BAR) == ">"
    assert to_ascii("│") == "|"


async def test_empty_store_without_tasks_says_what_to_press(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(140, 30), tasks=0, polls=True) as on:
        await on.shows("There are no tasks yet. c creates the first one.")


async def test_no_server_says_so_and_stays_readable(tmp_path: Path) -> None:
    async with stage(tmp_path, server=False) as on:
        assert "no server" in on.text.splitlines()[0]
        assert len(_shown(on)) == 12
        await on.press("ctrl+r")
        assert "No server is configured" in on.text


async def test_server_trouble_is_told_in_a_line_of_its_own_with_age(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30), polls=True) as on:
        await on.until(lambda: on.board.sync.synced_at is not None)
        on.caller.is_down = True
        on.app.refresh_now()
        await on.shows("The server is down.")
        assert "list read" in on.text
        on.caller.is_down = False
        on.app.refresh_now()
        await on.until(lambda: "The server is down." not in on.text)


async def test_tasks_that_the_list_has_and_nobody_can_read_are_told_as_long_as_it_is_so(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        on.board.set_connection(Connection("connected", "sim"))
        on.board.set_sync(SyncState("test/simulator", on.now, unreadable=2))
        await on.shows("2 tasks in the server's list cannot be read, and are missing here.")
        await on.press("C")
        await on.shows("jjm server call")
        assert "2 tasks in the server's list cannot be read" in " ".join(on.text.split())
        await on.press("escape")
        on.board.set_sync(SyncState("test/simulator", on.now))
        await on.until(lambda: "cannot be read" not in on.text)


async def test_filter_bar_is_reached_from_the_filter_pane_key(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("4")
        assert main_screen(on).query_one(FilterBar).is_open


@pytest.mark.parametrize(
    ("keys", "steps"),
    [(("enter",), 1), (("2",), 1), (("j", "enter", "F"), 2), (("d", "F", "/", "x", "enter"), 3)],
)
async def test_q_goes_back_to_the_list_as_esc_does_before_it_leaves(
    tmp_path: Path, keys: tuple[str, ...], steps: int
) -> None:
    async with stage(tmp_path) as on:
        screen = main_screen(on)
        await on.press(*keys)
        for _ in range(steps):
            assert not screen.tasks.has_focus
            await on.press("q")
            assert on.app.return_code is None
        assert screen.tasks.has_focus
        assert not screen.has_class("-full-detail")
        await on.press("q")
        assert on.app.return_code == 0


async def test_ctrl_c_in_the_composer_goes_back_to_the_list_and_keeps_the_text(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        screen = main_screen(on)
        await on.press("m", "h", "i", "ctrl+c")
        assert on.app.return_code is None
        assert screen.tasks.has_focus
        await on.press("m")
        assert screen.composer is not None
        assert screen.composer.query_one("TextArea", TextArea).text == "hi"


async def test_q_leaves_at_once_when_nothing_is_under_way(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("q")
        assert on.app.return_code == 0


def _shown(on: Stage) -> list[str]:
    screen = next(each for each in on.app.screen_stack if isinstance(each, MainScreen))
    return [task_id for group in screen._arrangement.groups for task_id in group.task_ids]
