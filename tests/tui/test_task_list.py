"""The task list as a person uses it: what is on the screen, where the cursor is, what is told."""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.events import MouseScrollDown
from textual.message import Message
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input

from jjm_tui.domain.query import parse_query
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.services.arrangement import Arrangement, View
from jjm_tui.tui.literal import literal
from jjm_tui.tui.look.contrast import contrast
from jjm_tui.tui.widgets.tasks.task_list import TaskList
from jjm_tui.tui.widgets.tasks.task_row import DELIVERY_MARKS, NO_INFO, RowInfo
from tests.domain.strategies import NOON, at


def needing(task_id: str, minutes: float = 10, **more) -> Task:
    return Task(task_id, f"Title {task_id}", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(-minutes), **more)


def running(task_id: str, minutes: float = 10, **more) -> Task:
    return Task(task_id, f"Title {task_id}", status=TaskStatus.IN_PROGRESS, created_at=at(-minutes), **more)


class CountingList(TaskList):
    """Remembers which lines Textual asked it to draw."""

    def __init__(self, **more) -> None:
        super().__init__(**more)
        self.drawn: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        return super().render_line(y)


class ListApp(App[None]):
    CSS = "TaskList { height: 1fr; }"

    def __init__(self, tasks: Iterable[Task], **view) -> None:
        super().__init__()
        self.tasks = {task.id: task for task in tasks}
        self.arrangement = Arrangement(View(**view))
        self.info: dict[str, RowInfo] = {}
        self.told: list[Message] = []
        self.now = NOON

    def compose(self) -> ComposeResult:
        yield CountingList(row_info=lambda task_id: self.info.get(task_id, NO_INFO))
        yield Input()

    def on_mount(self) -> None:
        self.list.focus()
        self.load(self.tasks.values())

    @property
    def list(self) -> CountingList:
        return self.query_one(CountingList)

    def load(self, tasks: Iterable[Task]) -> None:
        self.tasks = {task.id: task for task in tasks}
        self.arrangement.load(self.tasks, self.now)
        self.list.show(self.arrangement, self.tasks, self.now)

    def change(self, *tasks: Task, remove: Iterable[str] = ()) -> None:
        """What the bridge does with a change."""
        changed = {task.id: task for task in tasks} | dict.fromkeys(remove)
        for task_id, task in changed.items():
            if task is None:
                self.tasks.pop(task_id, None)
            else:
                self.tasks[task_id] = task
        if self.arrangement.update(changed, self.now):
            self.list.rearranged()
        else:
            self.list.update_rows(changed)

    def view(self, **view) -> None:
        if self.arrangement.set_view(now=self.now, **view):
            self.list.rearranged()

    def on_task_list_highlighted(self, message: TaskList.Highlighted) -> None:
        self.told.append(message)

    def on_task_list_opened(self, message: TaskList.Opened) -> None:
        self.told.append(message)

    def on_task_list_marks_changed(self, message: TaskList.MarksChanged) -> None:
        self.told.append(message)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, the list's part of it."""
        strips = self.screen._compositor.render_strips()[: self.list.size.height]
        return [strip.text.rstrip() for strip in strips]

    def cursor_line(self) -> int:
        """The line of the screen that has the bar."""
        (line,) = [number for number, text in enumerate(self.lines) if text.startswith("▌")]
        return line


@asynccontextmanager
async def shown(tasks: Iterable[Task], size: tuple[int, int] = (60, 15), **view):
    app = ListApp(tasks, **view)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        app.told.clear()
        app.list.drawn.clear()
        yield app, pilot


MANY = [running(f"r{number:02}", minutes=number) for number in range(40)]

# --- what is shown


async def test_list_shows_groups_with_counts_and_rows_below_them():
    async with shown([running("a"), needing("b"), needing("c", 20)]) as (app, _):
        assert [line[:14].rstrip() for line in app.lines[:5]] == [
            " NEEDS YOU (2)",
            "▌ ? plan     •",
            "  ? plan     •",
            " RUNNING (1)",
            "  ▸ working",
        ]
        assert "Title c" in app.lines[1]


async def test_flat_list_has_no_headings():
    async with shown([running("a"), needing("b")], grouping="none") as (app, _):
        assert ["Title b" in app.lines[0], "Title a" in app.lines[1]] == [True, True]


async def test_list_grouped_by_repository_shows_foreign_names_literally():
    async with shown([running("a", repository="[/foo]/[@click=app.quit]\x1b[31m")], grouping="repository") as (app, _):
        assert app.lines[0].strip() == "[/foo]/[@click=app.quit] (1)"


async def test_title_that_looks_like_markup_is_literal_and_does_nothing_when_clicked():
    async with shown([replace(needing("a"), title="[/foo] [x] [@click=app.quit] [link=http://x]")]) as (app, pilot):
        assert "[/foo] [x] [@click=a" in app.lines[1]
        for x in range(0, 60, 4):
            await pilot.click(TaskList, offset=(x, 1))
        assert app.is_running


async def test_list_without_tasks_says_what_the_screen_gave_it():
    async with shown([]) as (app, pilot):
        app.list.show_empty(literal("No tasks yet. [c] makes one."))
        await pilot.pause()
        assert [line.strip() for line in app.lines if line] == ["No tasks yet. [c] makes one."]
        assert app.list.highlighted is None
        app.change(needing("a"))
        await pilot.pause()
        assert "Title a" in app.lines[1]
        assert app.list.highlighted == "a"


async def test_long_message_of_an_empty_list_is_wrapped():
    async with shown([], size=(30, 10)) as (app, pilot):
        app.list.show_empty(Content("Nothing matches the filter. Press Escape to see all of them."))
        await pilot.pause()
        assert " ".join("".join(app.lines).split()) == "Nothing matches the filter. Press Escape to see all of them."


async def test_first_page_of_a_big_store_says_that_there_are_more():
    async with shown([]) as (app, pilot):
        app.tasks = {"a": running("a")}
        app.arrangement.load(app.tasks, NOON, is_whole=False)
        app.list.show(app.arrangement, app.tasks, NOON)
        await pilot.pause()
        assert app.lines[0].strip() == "RUNNING (1+)"
        app.arrangement.load(app.tasks, NOON)
        app.list.rearranged()
        await pilot.pause()
        assert app.lines[0].strip() == "RUNNING (1)"


async def test_task_removed_while_the_order_is_held_keeps_a_row_that_says_so():
    async with shown([running("a"), running("b", 20)]) as (app, pilot):
        app.arrangement.freeze()
        app.change(remove=["b"])
        await pilot.pause()
        assert "gone" in app.lines[2]
        assert "no longer stored" in app.lines[2]
        app.arrangement.thaw()
        app.list.rearranged()
        await pilot.pause()
        assert app.lines[2] == ""


async def test_headings_over_rows_that_are_held_count_the_tasks_as_they_are_now():
    async with shown([needing("a"), needing("b"), running("c")]) as (app, pilot):
        app.arrangement.freeze()
        app.change(running("a"))
        await pilot.pause()
        assert [app.lines[0].strip(), app.lines[3].strip()] == [
            "NEEDS YOU (1) · order held",
            "RUNNING (2) · order held",
        ]
        assert "Title a" in app.lines[1] + app.lines[2]
        app.arrangement.thaw()
        app.list.rearranged()
        await pilot.pause()
        assert [app.lines[0].strip(), app.lines[2].strip()] == ["NEEDS YOU (1)", "RUNNING (2)"]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
async def test_rows_fit_their_width_in_every_layout(width):
    wide = [replace(needing("a"), title="日本語のタイトル" * 12), replace(running("b"), title="👩‍💻 emoji " * 12)]
    async with shown(wide, size=(width, 10)) as (app, _):
        assert [app.lines[1].endswith("10m"), app.lines[3].endswith("10m")] == [True, True]


# --- cursor


async def test_cursor_begins_on_the_first_task_and_tells_it():
    app = ListApp([running("a"), needing("b")])
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.pause()
        assert app.list.highlighted == "b"
        assert [message.task_id for message in app.told] == ["b"]


async def test_cursor_moves_over_headings():
    async with shown([needing("a"), running("b"), running("c", 20)]) as (app, pilot):
        app.list.move(1)
        assert app.list.highlighted == "b"
        app.list.move(5)
        assert app.list.highlighted == "c"
        app.list.move(-9)
        await pilot.pause()
        assert app.list.highlighted == "a"
        assert app.cursor_line() == 1


async def test_cursor_stays_on_its_task_and_line_when_rows_come_above():
    async with shown(MANY) as (app, pilot):
        app.list.move(20)
        await pilot.pause()
        line = app.cursor_line()
        app.change(*(needing(f"n{number}") for number in range(5)))
        await pilot.pause()
        assert app.list.highlighted == "r20"
        assert (app.cursor_line(), "r20" in app.lines[line]) == (line, True)


async def test_cursor_follows_its_task_to_another_group():
    async with shown([needing("a"), needing("b", 5), *MANY]) as (app, pilot):
        app.change(running("a", 15.5))
        await pilot.pause()
        assert app.list.highlighted == "a"
        assert "Title a" in app.lines[app.cursor_line()]


async def test_cursor_of_a_removed_task_goes_to_the_next_and_at_the_end_to_the_one_before():
    async with shown([needing("a", 3), needing("b", 2), needing("c", 1)]) as (app, pilot):
        app.list.select("b")
        app.change(remove=["b"])
        assert app.list.highlighted == "c"
        app.change(remove=["c"])
        assert app.list.highlighted == "a"
        app.change(remove=["a"])
        await pilot.pause()
        assert [message.task_id for message in app.told][-1] is None


async def test_cursor_comes_back_to_its_task_when_a_filter_that_hid_everything_ends():
    async with shown(MANY) as (app, _):
        app.list.select("r07")
        app.view(query=parse_query("no-such-word"))
        assert app.list.highlighted is None
        app.view(query=None)
        assert app.list.highlighted == "r07"


async def test_list_scrolled_away_from_the_cursor_keeps_what_is_in_sight():
    async with shown(MANY) as (app, pilot):
        for _ in range(5):
            await pilot._post_mouse_events([MouseScrollDown], TaskList, (5, 5), button=0)
        await pilot.pause()
        assert app.list.highlighted == "r00"
        assert not any(line.startswith("▌") for line in app.lines)
        top = app.lines[0]
        app.change(needing("n"))
        await pilot.pause()
        assert app.lines[0] == top
        app.list.move(1)
        await pilot.pause()
        assert "r01" in app.lines[app.cursor_line()]


async def test_first_task_is_shown_with_its_heading():
    async with shown(MANY) as (app, pilot):
        app.list.move_last()
        await pilot.pause()
        assert "r39" in app.lines[app.cursor_line()]
        app.list.move_first()
        await pilot.pause()
        assert app.lines[0].strip() == "RUNNING (40)"


async def test_first_task_of_a_group_has_its_heading_in_sight_whatever_order_the_list_takes():
    tasks = [*(needing(f"n{number:02}", 60 - number) for number in range(20)), *MANY]
    async with shown(tasks, size=(60, 8), grouping="none", sort="title", reverse=True) as (app, pilot):
        app.list.move_last()
        app.list.select("r00")
        await pilot.pause()
        assert app.cursor_line() == 0
        app.view(grouping="needs", reverse=False)
        await pilot.pause()
        assert app.lines[0].strip() == "RUNNING (40)"
        assert "Title r00" in app.lines[app.cursor_line()]


async def test_group_that_goes_on_from_above_has_its_heading_on_the_first_line():
    tasks = [*(needing(f"n{number:02}", 60 - number) for number in range(20)), *MANY]
    async with shown(tasks, size=(60, 12)) as (app, pilot):
        app.list.move(15)
        await pilot.pause()
        assert app.lines[0].strip() == "NEEDS YOU (20)"
        app.list.move(25)
        await pilot.pause()
        assert app.lines[0].strip() == "RUNNING (40)"
        assert app.list.visible_ids()[0] in app.lines[1]
        app.list.move(-6)
        await pilot.pause()
        line, held = app.cursor_line(), app.list.highlighted
        assert held in app.lines[line], "the heading is not over the cursor"
        assert app.lines[0].strip() == "RUNNING (40)"
        await pilot.click(TaskList, offset=(5, 0))
        assert app.list.highlighted == held
        app.arrangement.freeze()
        app.change(remove=["r39"])
        await pilot.pause()
        assert app.lines[0].strip() == "RUNNING (39) · order held"


async def test_page_moves_cursor_and_list_alike():
    async with shown(MANY) as (app, pilot):
        app.list.move(4)
        await pilot.pause()
        line = app.cursor_line()
        app.list.page(1.0)
        await pilot.pause()
        assert app.cursor_line() == line
        assert app.list.highlighted == f"r{4 + app.list.size.height:02}"
        app.list.page(-0.5)
        app.list.page(-0.5)
        app.list.page(-0.5)
        app.list.page(-0.5)
        await pilot.pause()
        assert app.list.highlighted == "r00"
        assert app.lines[0].strip() == "RUNNING (40)"


async def test_next_needing_goes_around_and_says_when_there_is_none():
    async with shown([needing("a", 9), needing("b", 8), running("c")], grouping="none", sort="id") as (app, _):
        assert (app.list.next_needing(), app.list.highlighted) == (True, "b")
        assert (app.list.next_needing(), app.list.highlighted) == (True, "a")
        assert (app.list.previous_needing(), app.list.highlighted) == (True, "b")
        app.change(running("b"), running("a"))
        assert (app.list.next_needing(), app.list.highlighted) == (False, "b")


async def test_next_needing_from_the_only_one_that_needs_somebody_stays():
    async with shown([needing("a"), running("b")]) as (app, _):
        assert not app.list.next_needing()
        app.list.move_last()
        assert (app.list.next_needing(), app.list.highlighted) == (True, "a")


async def test_select_of_a_task_without_a_row_is_refused():
    async with shown([needing("a")]) as (app, _):
        assert not app.list.select("b")
        assert app.list.highlighted == "a"


async def test_list_that_becomes_smaller_keeps_the_cursor_in_sight():
    async with shown(MANY, size=(60, 30)) as (app, pilot):
        app.list.select("r20")
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert "r20" in app.lines[app.cursor_line()]


async def test_many_moves_at_once_tell_only_where_the_cursor_came_to_rest():
    async with shown(MANY) as (app, pilot):
        for _ in range(20):
            app.list.move(1)
        await pilot.pause()
        assert [message.task_id for message in app.told] == ["r20"]


# --- marks


async def test_marks_follow_their_tasks_and_are_told():
    async with shown([needing("a"), needing("b", 5)]) as (app, pilot):
        app.list.toggle_mark()
        app.change(running("a"))
        await pilot.pause()
        assert app.lines[app.cursor_line()].startswith("▌+▸ working")
        assert [(message.count, message.hidden) for message in app.told] == [(1, 0)]
        app.list.toggle_mark()
        assert app.list.marks == frozenset()


async def test_mark_of_a_task_that_the_filter_hides_stays_and_is_counted_as_hidden():
    async with shown([needing("a"), running("b")]) as (app, pilot):
        app.list.mark_all_shown()
        app.view(query=parse_query("state:running"))
        await pilot.pause()
        assert (app.list.marks, app.list.marked_hidden) == ({"a", "b"}, 1)
        assert [(message.count, message.hidden) for message in app.told if hasattr(message, "hidden")] == [
            (2, 0),
            (2, 1),
        ]
        app.list.clear_marks()
        assert (app.list.marks, app.list.marked_hidden) == (frozenset(), 0)


async def test_mark_of_a_task_that_is_forgotten_is_gone():
    async with shown([needing("a"), running("b")]) as (app, _):
        app.list.mark_all_shown()
        app.change(remove=["b"])
        assert app.list.marks == {"a"}


async def test_range_marks_between_its_anchor_and_the_cursor_and_keeps_earlier_marks():
    async with shown(MANY) as (app, pilot):
        app.list.toggle_mark("r30")
        app.list.select("r05")
        app.list.mark_range()
        app.list.move(3)
        assert app.list.marks == {"r05", "r06", "r07", "r08", "r30"}
        app.list.move(-5)
        assert app.list.marks == {"r03", "r04", "r05", "r30"}
        app.list.mark_range()
        app.list.move(3)
        await pilot.pause()
        assert app.list.marks == {"r03", "r04", "r05", "r30"}
        assert sum(line[1:2] == "+" for line in app.lines) == 3


async def test_range_whose_anchor_goes_ends_and_keeps_its_marks():
    async with shown(MANY) as (app, _):
        app.list.select("r05")
        app.list.mark_range()
        app.list.move(2)
        app.change(remove=["r05"])
        assert not app.list.is_marking_range
        app.list.move(2)
        assert app.list.marks == {"r06", "r07"}


# --- mouse


async def test_click_selects_and_click_on_the_selected_row_opens():
    async with shown(MANY) as (app, pilot):
        await pilot.click(TaskList, offset=(10, 4))
        assert app.list.highlighted == "r03"
        app.list.select("r05")
        await pilot.click(TaskList, offset=(10, 6))
        assert [message.task_id for message in app.told if isinstance(message, TaskList.Opened)] == ["r05"]


@pytest.mark.parametrize("line", [1, 4])
async def test_double_click_opens_once_whether_selected_before_or_not(line):
    async with shown(MANY) as (app, pilot):
        await pilot.double_click(TaskList, offset=(10, line))
        assert [message.task_id for message in app.told if isinstance(message, TaskList.Opened)] == [f"r{line - 1:02}"]


async def test_click_on_a_heading_or_below_the_rows_does_nothing():
    async with shown([running("a")]) as (app, pilot):
        await pilot.click(TaskList, offset=(10, 0))
        await pilot.click(TaskList, offset=(10, 9))
        assert app.told == []


async def test_clicks_with_control_and_shift_mark():
    async with shown(MANY) as (app, pilot):
        await pilot.click(TaskList, offset=(10, 4), control=True)
        assert app.list.marks == {"r03"}
        assert app.list.highlighted == "r00"
        await pilot.click(TaskList, offset=(10, 3), shift=True)
        assert app.list.marks == {"r00", "r01", "r02", "r03"}


async def test_open_highlighted_tells_the_task():
    async with shown([running("a")]) as (app, pilot):
        app.list.open_highlighted()
        await pilot.pause()
        assert [message.task_id for message in app.told] == ["a"]


async def test_list_has_no_keys_of_its_own():
    async with shown(MANY) as (app, _):
        assert app.list._bindings.key_to_bindings == {}


# --- what is painted again


async def test_changed_row_paints_one_line():
    async with shown(MANY) as (app, pilot):
        app.change(replace(MANY[5], title="Another title"))
        await pilot.pause()
        assert app.list.drawn == [6]
        assert "Another title" in app.lines[6]


async def test_changed_row_that_looks_the_same_paints_nothing():
    async with shown(MANY) as (app, pilot):
        app.change(*(replace(task, synced_at=NOON, branch="main") for task in MANY))
        await pilot.pause()
        assert app.list.drawn == []


async def test_changed_row_is_painted_once_and_not_again_by_every_tick():
    async with shown(MANY) as (app, pilot):
        app.change(replace(MANY[5], title="Another title"))
        await pilot.pause()
        app.list.drawn.clear()
        app.list.tick(NOON)
        app.list.tick(NOON)
        await pilot.pause()
        assert app.list.drawn == []


async def test_changed_row_out_of_sight_paints_nothing():
    async with shown(MANY) as (app, pilot):
        app.change(replace(MANY[39], title="Another title"))
        await pilot.pause()
        assert app.list.drawn == []


async def test_row_info_that_changes_paints_its_line():
    async with shown(MANY) as (app, pilot):
        app.info["r02"] = RowInfo(DELIVERY_MARKS["sending"])
        app.list.update_rows(["r02"])
        await pilot.pause()
        assert app.list.drawn == [3]
        assert "↑ sending" in app.lines[3]


async def test_move_paints_two_lines():
    async with shown(MANY) as (app, pilot):
        app.list.move(1)
        await pilot.pause()
        assert sorted(app.list.drawn) == [1, 2]


async def test_two_rows_that_change_places_paint_two_lines():
    async with shown(MANY) as (app, pilot):
        app.change(replace(MANY[5], created_at=at(-3.5)))
        await pilot.pause()
        assert sorted(app.list.drawn) == [5, 6]


async def test_tick_paints_only_rows_whose_age_is_another():
    tasks = [running("a", 0.5), running("b", 10.5), running("c", 600)]
    async with shown(tasks) as (app, pilot):
        app.list.tick(at(0.2))
        await pilot.pause()
        assert app.list.drawn == []
        app.list.tick(at(0.5))
        await pilot.pause()
        assert app.list.drawn == [1, 2]
        assert app.lines[1].endswith(" 1m")


async def test_ten_thousand_rows_draw_only_what_is_in_sight():
    tasks = [running(f"r{number:05}", minutes=number) for number in range(10_000)]
    async with shown(tasks) as (app, pilot):
        height = app.list.size.height
        app.list.move_last()
        await pilot.pause()
        assert "r09999" in app.lines[app.cursor_line()]
        assert len(app.list.drawn) <= 2 * height
        app.list.drawn.clear()
        app.change(replace(tasks[9_995], title="Another title"))
        await pilot.pause()
        assert len(app.list.drawn) == 1


async def test_focus_changes_how_the_cursor_looks():
    async with shown(MANY) as (app, pilot):
        focused = _background(app, 1)
        app.query_one(Input).focus()
        await pilot.pause()
        assert _background(app, 1) not in (focused, _background(app, 2))
        assert app.cursor_line() == 1


async def test_theme_changes_the_colours_at_once():
    async with shown(MANY) as (app, pilot):
        before = _background(app, 2)
        app.theme = "textual-light"
        await pilot.pause()
        assert _background(app, 2) != before


def _background(app: ListApp, line: int):
    return next(iter(app.screen._compositor.render_strips()[line])).style.bgcolor


@pytest.mark.parametrize("theme", sorted(BUILTIN_THEMES))
async def test_every_style_is_readable_in_every_theme(theme):
    async with shown(MANY) as (app, pilot):
        app.theme = theme
        await pilot.pause()
        styles = app.list._painter._styles
        texts = sorted(TaskList.COMPONENT_CLASSES - {"task-list--bar"})
        for layers in [(), ("task-list--marked",), ("task-list--cursor",), ("task-list--cursor-blurred",)]:
            for component in texts:
                style = styles.style(component, *layers)
                if style.color.is_default or not style.color.triplet or not style.bgcolor.triplet:
                    continue
                ink, paper = (Color.from_rich_color(color) for color in (style.color, style.bgcolor))
                assert contrast(ink, paper) >= 4.5, (component, layers)


# --- whatever happens


async def test_show_before_the_list_is_mounted_is_no_error():
    arrangement = Arrangement()
    task = needing("a")
    arrangement.load({"a": task}, NOON)

    class Early(App[None]):
        def compose(self) -> ComposeResult:
            task_list = TaskList()
            task_list.show(arrangement, {"a": task}, NOON)
            yield task_list

    app = Early()
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.pause()
        assert app.query_one(TaskList).highlighted == "a"


def _order(arrangement: Arrangement) -> list[str]:
    return [task_id for group in arrangement.groups for task_id in group.task_ids]


def _expected(held: str | None, before: list[str], after: list[str]) -> str | None:
    """The documented place of the cursor."""
    if held in after or held is None:
        return held
    index = before.index(held) if held in before else 0
    nearest = [*before[index + 1 :], *reversed(before[:index])]
    return next((task_id for task_id in nearest if task_id in after), after[0] if after else None)


def _any_task(dice: random.Random, now: datetime) -> Task:
    task_id = f"t{dice.randrange(30):02}"
    make = dice.choice([needing, running])
    task = make(task_id, minutes=dice.randrange(60), repository=dice.choice(["a/a", "a/b", None]))
    return replace(task, archived=dice.random() < 0.1)


@pytest.mark.parametrize("seed", range(6))
async def test_cursor_is_always_where_the_person_put_it_whatever_comes_in(seed):
    dice = random.Random(seed)
    async with shown([_any_task(dice, NOON) for _ in range(30)], size=(60, 12)) as (app, pilot):
        held = app.list.highlighted
        for step in range(250):
            before = _order(app.arrangement)
            what = dice.randrange(8)
            if what == 0 and before:
                held = dice.choice(before)
                assert app.list.select(held)
            elif what == 1 and before:
                delta = dice.randrange(-4, 5)
                app.list.move(delta)
                held = before[max(0, min(before.index(held) + delta, len(before) - 1))]
            elif what == 2:
                app.view(grouping=dice.choice(["needs", "repository", "none"]), reverse=dice.random() < 0.5)
            elif what == 3:
                app.view(query=parse_query(dice.choice(["", "state:running", "repo:a/a", "-repo:b"])))
            elif what == 4:
                app.change(remove=dice.sample(sorted(app.tasks), min(2, len(app.tasks))))
            else:
                app.change(*(_any_task(dice, NOON) for _ in range(3)))
            held = _expected(held, before, _order(app.arrangement))
            if held is None and app.list.highlighted is not None:
                held = app.list.highlighted
            assert app.list.highlighted == held, step
            if step % 25 == 0:
                await pilot.pause()
                assert held is None or f"Title {held}" in app.lines[app.cursor_line()]
