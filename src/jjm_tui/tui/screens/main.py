"""The main screen: the tasks, the one under the cursor, and what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.timer import Timer

from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.screens.list_host import ListHost
from jjm_tui.tui.widgets.bar import Bar
from jjm_tui.tui.widgets.detail import Tab, TaskDetail
from jjm_tui.tui.widgets.header import COUNT_FILTERS, HeaderBar
from jjm_tui.tui.widgets.status_bar import StatusBar
from jjm_tui.tui.widgets.tasks.task_list import TaskList
from jjm_tui.tui.widgets.trouble_bar import TroubleBar
from jjm_tui.tui.widgets.view_tabs import ViewTabs

if TYPE_CHECKING:
    from jjm_tui.services.results import OperationResult

WIDE: Final = 100
"""Cells from which the detail stands beside the list (``dashboard.md``, Behaviour under stress)."""

_FOLLOW: Final = 0.04
"""Seconds that the cursor rests before the detail shows its task."""

_AGING: Final = timedelta(seconds=5)
"""How exactly ages are kept; looking at every row each second would cost a tenth of the idle time."""


class MainScreen(ListHost):
    """List, detail, composer."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "list", "detail", "diff"})
    AUTO_FOCUS = "TaskList"
    DEFAULT_CSS = """
    MainScreen {
        & > #panes { height: 1fr; layout: horizontal; }
        & #list-pane {
            width: 1fr;
            border: round $foreground-disabled;
            border-title-color: $foreground;
            border-subtitle-color: $text-warning;
            background: $surface;
            &:focus-within { border: round $border; border-title-color: $text-primary; border-title-style: bold; }
        }
        & #side { width: 1fr; }
        &.-below #panes { layout: vertical; }
        &.-narrow #side, &.-no-preview #side, &.-full-list #side { display: none; }
        &.-full-detail #list-pane { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.set_class(self.app.size.width < WIDE, "-narrow")
        self._is_complete = False
        self._completing = asyncio.Lock()
        self._aged_at: datetime | None = None
        self._following: Timer | None = None

    def compose(self) -> ComposeResult:
        yield HeaderBar(id="header")
        yield ViewTabs(id="views")
        with Container(id="panes"):
            with Vertical(id="list-pane"):
                yield TaskList(row_info=self.row_info, id="tasks")
            with Vertical(id="side"):
                yield TaskDetail(id="detail")
        yield TroubleBar(id="trouble")
        yield StatusBar(id="status")

    def on_mount(self) -> None:
        """Fill everything from the board: this is the first frame."""
        memory = self.dashboard.launch.memory
        self.set_class(not memory.preview, "-no-preview")
        self.set_class(memory.preview_below, "-below")
        self.query_one(ViewTabs).show_views(tuple(self.dashboard.launch.settings.views), self.choice.view)
        self._arrangement.load(self.board.tasks, self.now(), is_whole=self.board.is_whole)
        self.tasks.show(self._arrangement, self.board.tasks, self.now())
        self.show_list_state()
        self.show_bars()
        self.call_after_refresh(self._complete)

    async def _complete(self) -> None:
        """What the first frame can do without: detail, filter, searching, composer."""
        from jjm_tui.tui.widgets.composer import Composer
        from jjm_tui.tui.widgets.filter_bar import FilterBar
        from jjm_tui.tui.widgets.search_bar import SearchBar

        async with self._completing:
            if self._is_complete or not self.is_mounted or self.dashboard.is_leaving:
                return
            await self.query_one("#list-pane").mount(FilterBar(id="filter"), before=0)
            await self.query_one("#side").mount(SearchBar(id="search"), Composer(id="composer"))
            self._is_complete = True
        self.bring_detail()
        task = self.board.task(self.detail.task_id)
        if task is not None:
            self.write_to(task)

    @property
    def is_wide(self) -> bool:
        """Whether the detail stands beside the list."""
        return self.size.width >= WIDE and not self.has_class("-no-preview")

    # what changes

    def board_changed(self, change: BoardChange) -> None:
        """Take over dirty tasks: one row, one pane, never everything."""
        now = self.now()
        if change.task_ids:
            if "watched" in change.aspects or "operations" in change.aspects:
                self.tasks.update_rows(change.task_ids)
            if "tasks" in change.aspects:
                self._take_over(change.task_ids, now)
                if self.detail.task_id is None or self.board.task(self.detail.task_id) is None:
                    self._show_current()
        if change.aspects & {"connection", "tasks", "sync"} and not self._arrangement.shown_count:
            self._show_empty_state()
        self.show_bars()
        super().board_changed(change)

    def _take_over(self, task_ids: frozenset[str], now: datetime) -> None:
        """Tasks changed; behind the first page of a big store the whole of it comes at once."""
        if self._arrangement.is_whole != self.board.is_whole:
            has_moved = self._arrangement.load(self.board.tasks, now, is_whole=self.board.is_whole)
        else:
            has_moved = self._arrangement.update({each: self.board.task(each) for each in task_ids}, now)
        if has_moved:
            self.tasks.rearranged()
        else:
            self.tasks.update_rows(task_ids)

    def clock_ticked(self, now: datetime) -> None:
        """Ages read differently, by the minute; snoozes end."""
        if self._arrangement.refresh(now):
            self.tasks.rearranged()
        if self._aged_at is None or now - self._aged_at >= _AGING:
            self._aged_at = now
            self.tasks.tick(now)
            super().clock_ticked(now)
        self.show_bars()

    def on_screen_suspend(self) -> None:
        """A dialog or another screen is on top: the order is held, so that nothing moves under a decision."""
        self._arrangement.freeze()

    def on_screen_resume(self) -> None:
        """Back again: take over what was held."""
        if self._arrangement.thaw():
            self.tasks.rearranged()
        self.show_bars()

    def operation_ended(self, result: OperationResult) -> None:
        """A decision has its outcome: a new task comes under the cursor."""
        if result.kind.value == "create" and result.outcome.value == "done" and result.task_id is not None:
            self.tasks.select(result.task_id)

    def on_resize(self, event: events.Resize) -> None:
        """The detail may come or go."""
        self.set_class(event.size.width < WIDE, "-narrow")
        if event.size.width < WIDE and self.detail.has_focus_within:
            self.set_focus(self.tasks)

    # bars

    def show_bars(self) -> None:
        now, board, launch = self.now(), self.board, self.dashboard.launch
        counts = board.first_counts or self._arrangement.counts
        self.query_one(HeaderBar).show_state(launch.profile, board.connection, counts, now, is_cut=board.sync.truncated)
        self.query_one(StatusBar).show_state(board, self._oldest_visible(), self._hints(), now, note=self._note())
        self.query_one(TroubleBar).show_state(board, launch.keymap, now)
        self.dashboard.show_title(counts.needs_me)

    def _oldest_visible(self) -> datetime | None:
        times = [
            task.synced_at
            for task_id in self.visible_ids()
            if (task := self.board.task(task_id)) is not None and task.synced_at is not None
        ]
        return min(times, default=None)

    def _hints(self) -> list[tuple[str, str, str]]:
        """The keys that work right now, the most useful first."""
        keymap = self.dashboard.launch.keymap
        if self.is_typing():
            ids: Iterable[str] = ("composer.send", "composer.editor", "back")
        elif self.tasks.marks and not self.is_in_detail():
            ids = (
                "task.approve-many",
                "task.message-many",
                "task.archive",
                "task.snooze",
                "task.watch",
                "back",
                "help",
            )
        else:
            offered = [ACTIONS[action_id] for action_id in self.offered()]
            wanted = sorted((action for action in offered if action.footer is not None), key=lambda a: a.footer or 0)
            ids = [action.id for action in wanted if self.unavailable(action.id) is None]
        return [(key, ACTIONS[each].title, each) for each in ids if (key := keymap.first(each))]

    def _note(self) -> str | None:
        count = len(self.tasks.marks)
        if not count:
            return None
        hidden = self.tasks.marked_hidden
        return f"{count} marked" + (f", {hidden} of them hidden" if hidden else "")

    def show_list_state(self) -> None:
        pane = self.query_one("#list-pane")
        pane.border_title = self.choice.describe()
        self._show_empty_state()

    def _show_empty_state(self) -> None:
        self.tasks.show_empty(
            self.choice.explain_empty(self.board, self.dashboard.launch.keymap, is_opening=self.engine is None)
        )
        if self.detail.task_id is None:
            self.detail.show_nothing(Content("The task under the cursor is shown here."))

    @on(Bar.Chosen)
    async def _piece_chosen(self, message: Bar.Chosen) -> None:
        if message.target in COUNT_FILTERS:
            self.filter_by(COUNT_FILTERS[message.target])
        elif message.target in ACTIONS:
            await self.action_perform(message.target)
        elif message.target.startswith("view:"):
            self.apply_view(message.target.removeprefix("view:") or None)

    # the list

    @on(TaskList.Highlighted)
    def _highlighted(self) -> None:
        """The detail follows when the cursor rests: a held key moves the cursor only."""
        if self._following is not None:
            self._following.stop()
        self._following = self.set_timer(_FOLLOW, self.bring_detail)

    def bring_detail(self) -> None:
        """Show the task under the cursor in the detail, now."""
        if self._following is not None:
            self._following.stop()
            self._following = None
        if self._is_complete and self.tasks.highlighted != self.detail.task_id:
            self._show_current()
            self.show_bars()

    async def action_perform(self, action_id: str) -> None:
        """Carry out an action; all but moving mean the task under the cursor, so the detail must show it.

        In the first moment it waits for the rest of the screen, or what is typed into it next would be commands.
        """
        await self._complete()
        if not action_id.startswith("move."):
            self.bring_detail()
        await super().action_perform(action_id)

    def _show_current(self) -> None:
        if self.is_typing():
            return  # what is typed belongs to the task it was begun for, wherever the cursor went
        task = self.current_task()
        if task is not None:
            self.show_in_detail(task)
        elif not self.board.tasks or self.detail.task_id is None or self.board.task(self.detail.task_id) is None:
            self.detail.show_nothing(Content("The task under the cursor is shown here."))

    def go_on_from(self, task_id: str) -> None:
        """The next task that needs the person comes under the cursor, unless the person went elsewhere."""
        if self.tasks.highlighted == task_id:
            self.tasks.next_needing()
        self.set_focus(self.tasks)

    async def do_open(self) -> None:
        """Go into the task: beside the list where there is room, else on a screen of its own."""
        await self.open_detail()

    async def open_detail(self, tab: Tab | None = None) -> None:
        """Go into the detail, or open it as a screen."""
        task = self.current_task()
        if task is None:
            return
        if self.is_wide and not self.has_class("-full-list"):
            await super().open_detail(tab)
        else:
            from jjm_tui.tui.screens.detail import DetailScreen

            await self.app.push_screen(DetailScreen(task.id, tab or self.detail.tab), self._typed_elsewhere)

    def do_task_message(self) -> None:
        """Type a message, beside the list or on the task's own screen."""
        if self.is_wide and not self.has_class("-full-list"):
            super().do_task_message()
        elif (task := self.current_task()) is not None:
            from jjm_tui.tui.screens.detail import DetailScreen

            self.app.push_screen(DetailScreen(task.id, self.detail.tab, types=True), self._typed_elsewhere)

    def _typed_elsewhere(self, sent_to: str | None) -> None:
        if sent_to is not None:
            self.go_on_from(sent_to)

    def leave_composer(self) -> None:
        """Back to the list."""
        self.set_focus(self.tasks)

    def do_next_pane(self) -> None:
        self._step_pane(1)

    def do_previous_pane(self) -> None:
        self._step_pane(-1)

    def _step_pane(self, step: int) -> None:
        if self.is_in_detail() and self.detail.step_focus(step):
            return
        panes = [self.do_pane_list]
        if self.is_wide:
            panes += [self.do_pane_detail, self.do_pane_composer]
        here = 1 if self.is_in_detail() else 2 if self.is_typing() else 0
        panes[(here + step) % len(panes)]()

    def do_pane_list(self) -> None:
        self.remove_class("-full-detail")
        self.set_focus(self.tasks)

    def do_pane_detail(self) -> None:
        if self.is_wide:
            self.remove_class("-full-list")
            self.detail.focus_pane()
            self.open_task()
        else:
            self.call_later(self.do_open)

    def do_pane_composer(self) -> None:
        self.do_task_message()

    def do_pane_filter(self) -> None:
        """Type a filter, from the very next key on."""
        from jjm_tui.tui.widgets.filter_bar import FilterBar

        if self._is_complete:
            self.query_one(FilterBar).open(self.choice.text)

    @on(TaskList.Opened)
    async def _opened_row(self) -> None:
        await self.do_open()

    def do_filter(self) -> None:
        """Filter the list, or search in the detail when that has the focus."""
        if not (self.is_in_detail() and self.open_search()):
            self.do_pane_filter()

    def do_back(self) -> None:
        """Step by step: searching, detail, range, marks, filter."""
        if self.is_searching():
            self._close_search()
        elif self.has_class("-full-detail", "-full-list"):
            self.remove_class("-full-detail", "-full-list")
        elif not self.tasks.has_focus:
            self.set_focus(self.tasks)
        elif self.tasks.is_marking_range:
            self.tasks.mark_range()
        elif self.tasks.marks:
            self.tasks.clear_marks()
        elif self.choice.text:
            self.filter_by("")

    def do_quit(self) -> None:
        """Copy selected text, else leave the program."""
        if not self.copy_selection():
            self.dashboard.ask_to_quit()

    # layout

    def do_preview(self) -> None:
        """Detail beside the list, on or off."""
        memory = self.dashboard.launch.memory
        memory.preview = self.has_class("-no-preview")
        self.set_class(not memory.preview, "-no-preview")
        memory.save()
        self.set_focus(self.tasks)

    def do_preview_place(self) -> None:
        """Detail right or below."""
        memory = self.dashboard.launch.memory
        memory.preview_below = not self.has_class("-below")
        self.set_class(memory.preview_below, "-below")
        memory.save()

    def do_full_screen(self) -> None:
        """The focused pane on the whole screen, or both again."""
        pane = "-full-detail" if self.is_in_detail() else "-full-list"
        self.set_class(not self.has_class(pane), pane)
