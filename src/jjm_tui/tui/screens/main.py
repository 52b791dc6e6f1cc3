"""The main screen: the tasks, the one under the cursor, and what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content

from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.once import Once
from jjm_tui.tui.screens.hints import (
    detail_hints,
    helps,
    is_failed,
    titled,
    told,
    typing_hints,
    way_on_hints,
    way_out_hints,
)
from jjm_tui.tui.screens.panes import WIDE, PaneHost
from jjm_tui.tui.widgets.bar import Bar
from jjm_tui.tui.widgets.detail import TaskDetail
from jjm_tui.tui.widgets.header import COUNT_FILTERS, HeaderBar
from jjm_tui.tui.widgets.status_bar import StatusBar, oldest_data
from jjm_tui.tui.widgets.tasks.task_list import TaskList
from jjm_tui.tui.widgets.titles import title_of_pane
from jjm_tui.tui.widgets.trouble_bar import TroubleBar
from jjm_tui.tui.widgets.view_tabs import ViewTabs

if TYPE_CHECKING:
    from jjm_tui.domain.counts import TaskCounts
    from jjm_tui.services.results import OperationResult

_FOLLOW: Final = 0.04
"""Seconds that the cursor rests before the detail shows its task."""

_FILTER_KEYS: Final = (("enter", "keep"), ("esc", "undo"), ("↑↓", "earlier filters"))
"""The keys that work while a filter is typed; the first one where it is a filter that can be kept."""

_FOR_MARKED: Final = (
    ("task.approve-many", "approve"),
    ("task.message-many", "message"),
    *titled(("task.archive", "task.snooze", "task.watch")),
)

_DECISIONS: Final = ("task.approve", "task.message", "task.resume")
"""What goes before opening the task, where that is the only way to its detail."""

_AGING: Final = timedelta(seconds=5)
"""How exactly ages are kept; looking at every row each second would cost a tenth of the idle time."""


def _with_opening(action_ids: Sequence[str]) -> list[str]:
    """The same where only opening a task leads to its detail, and from there to its changes."""
    ranks = {**dict.fromkeys(_DECISIONS, 0), **dict.fromkeys(("open", "task.create", "next.needs-me"), 1)}
    return sorted(["open", *action_ids], key=lambda each: ranks.get(each, 2))


class MainScreen(PaneHost):
    """List, detail, composer."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "list", "detail", "diff"})
    AUTO_FOCUS = "TaskList"
    DEFAULT_CSS = """
    MainScreen {
        & > #panes { height: 1fr; layout: horizontal; }
        & #list-pane {
            width: 10fr;
            border: round $foreground-disabled;
            border-title-color: $foreground;
            border-subtitle-color: $text-warning;
            background: $surface;
            &:focus-within { border: round $border; border-title-color: $text-primary; border-title-style: bold; }
        }
        & #side { width: 9fr; }
        &.-below #panes { layout: vertical; }
        &.-below #list-pane, &.-below #side { width: 1fr; }
        &.-narrow #side, &.-no-preview #side, &.-full-list #side { display: none; }
        &.-full-detail #list-pane { display: none; }
        &.-typing #side { display: block; }
        &.-typing #list-pane { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.set_class(self.app.size.width < WIDE, "-narrow")
        self._is_complete = False
        self.is_seen = False
        """Whether tasks were on the screen: what is typed before that is not meant for them."""
        self._title: Content | None = None
        self._completing = asyncio.Lock()
        self._aged_at: datetime | None = None
        self._following = Once(self, self.bring_detail)
        self._stop_following_drafts: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield HeaderBar(id="header")
        yield ViewTabs(id="views")
        with Container(id="panes"):
            with Vertical(id="list-pane"):
                yield TaskList(row_info=self.row_info, id="tasks")
            with Vertical(id="side"):
                yield TaskDetail(self.dashboard.read_plans, id="detail")
        yield TroubleBar(id="trouble")
        yield StatusBar(id="status")

    def on_mount(self) -> None:
        """Fill everything from the board: this is the first frame."""
        memory = self.dashboard.launch.memory
        self.set_class(not memory.preview, "-no-preview")
        self.set_class(memory.preview_below, "-below")
        self._arrangement.load(self.board.tasks, self.now(), is_whole=self.board.is_whole)
        self.tasks.show(self._arrangement, self.board.tasks, self.now())
        self.show_list_state()
        self.show_bars()
        self.call_after_refresh(self._complete)
        self.call_after_refresh(self._note_seen)

    def on_unmount(self) -> None:
        """Nobody looks at the list any more."""
        self._stop_following_drafts()

    def _note_seen(self) -> None:
        """What is on the screen by now has been seen, if there are tasks in it."""
        if self.board.tasks:
            self.is_seen = True

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
        self._stop_following_drafts = self.follow_drafts()
        self.bring_detail()
        task = self.board.task(self.detail.task_id)
        if task is not None:
            self.write_to(task)

    # what changes

    def board_changed(self, change: BoardChange) -> None:
        """Take over dirty tasks: one row, one pane, never everything."""
        now = self.now()
        if change.task_ids:
            if "watched" in change.aspects or "operations" in change.aspects:
                self.tasks.update_rows(change.task_ids)
            if "tasks" in change.aspects:
                self._take_over(change.task_ids, now)
                self.call_after_refresh(self._note_seen)
                if self.detail.task_id is None or self.board.task(self.detail.task_id) is None:
                    self._show_current()
            if change.aspects & {"tasks", "watched"}:
                self.lead_back(change.task_ids)
        if change.aspects & {"connection", "tasks", "sync", "store"} and not self._arrangement.shown_count:
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
            self.tasks.rearranged(self.dashboard.put_away)
        else:
            self.tasks.update_rows(task_ids)
        if not self._arrangement.is_frozen:
            self.dashboard.put_away -= task_ids

    def clock_ticked(self, now: datetime) -> None:
        """Ages read differently; snoozes end."""
        has_moved = self._arrangement.refresh(now)
        if has_moved:
            self.tasks.rearranged()
        is_due = self._aged_at is None or now - self._aged_at >= _AGING
        if is_due:
            self._aged_at = now
            self.tasks.tick(now)
            super().clock_ticked(now)
            if not self._arrangement.shown_count:
                self._show_empty_state()
        if has_moved or is_due or self.query_one(StatusBar).is_overtaken(self._oldest_visible(), now):
            self.show_bars()

    def on_screen_suspend(self) -> None:
        """A dialog or another screen is on top: the order is held, so that nothing moves under a decision."""
        self._arrangement.freeze()

    def on_screen_resume(self) -> None:
        """Back again: take over what was held."""
        if self._arrangement.thaw():
            self.tasks.rearranged(self.dashboard.put_away)
        self.show_bars()

    def operation_ended(self, result: OperationResult) -> None:
        """A decision has its outcome: a new task comes under the cursor of who waits for it."""
        if result.kind.value == "create" and result.outcome.value == "done" and result.task_id is not None:
            self.lead_to_new(result.task_id)

    def on_resize(self, event: events.Resize) -> None:
        """The detail may come or go. A text that is typed stays where it is, with the keys."""
        is_narrow = event.size.width < WIDE
        self.set_class(is_narrow, "-narrow")
        self.set_class(is_narrow and self.is_typing(), "-typing")
        if is_narrow and self.detail.has_focus_within:
            self.set_focus(self.tasks)

    def on_descendant_focus(self) -> None:
        """The person went elsewhere: other keys work. When they stopped typing, the detail catches up."""
        if not self.is_typing():
            self.remove_class("-typing")
            self.bring_detail()
        if self._is_complete:
            self.show_bars()

    # bars

    def show_bars(self) -> None:
        now, board, launch = self.now(), self.board, self.dashboard.launch
        counts = self._counts()
        self.query_one(HeaderBar).show_state(
            launch.profile,
            board.connection,
            counts,
            now,
            is_cut=board.sync.truncated,
            is_simulated=launch.is_simulated,
        )
        self.query_one(StatusBar).show_state(board, self._oldest_visible(), self._hints(), now, note=self._note())
        self.query_one(TroubleBar).show_state(board, launch.keymap, now)
        if (title := title_of_pane(self, self.describe_list())) != self._title:
            self._title = self.query_one("#list-pane").border_title = title
        if counts is not None:
            self.dashboard.show_title(counts.needs_me)

    def _counts(self) -> TaskCounts | None:
        """Of all stored tasks; ``None`` while nobody knows: they are not read yet, and the server's never were."""
        if not self.board.is_whole:
            return self.board.first_counts
        is_unknown = not self.board.tasks and self.board.sync.synced_at is None
        return None if is_unknown else self._arrangement.counts

    def _oldest_visible(self) -> datetime | None:
        opened = self.detail.task_id
        seen = (opened,) if self.has_class("-full-detail") and opened is not None else self.visible_ids()
        return oldest_data(map(self.board.task, seen), self.now())

    def _hints(self) -> list[tuple[str, str, str]]:
        """The keys that work right now, the most useful first."""
        keymap = self.dashboard.launch.keymap
        if self.is_filtering:
            can_keep = self.filter_bar is not None and self.filter_bar.can_keep
            return [(key, words, "") for key, words in _FILTER_KEYS[0 if can_keep else 1 :]]
        if (hints := typing_hints(self)) is not None:
            return hints
        hints = detail_hints(self) if self.is_in_detail() else told(keymap, self._list_hints())
        return told(keymap, way_on_hints(self.board, keymap)) + hints

    def _list_hints(self) -> list[tuple[str, str]]:
        if self.tasks.marks:
            back = "end range" if self.tasks.is_marking_range else "clear marks"
            return [*_FOR_MARKED, ("back", back), *titled(("help", "quit"))]
        if not self._arrangement.shown_count and (ways_out := self._ways_out()):
            return [*ways_out, *titled(("help", "quit"))]
        offered = [ACTIONS[action_id] for action_id in self.offered()]
        wanted = sorted((action for action in offered if action.footer is not None), key=lambda a: a.footer or 0)
        ids = [action.id for action in wanted if helps(self, action.id)]
        if not self.is_beside and self.current_task() is not None:
            ids = _with_opening(ids)
        if is_failed(self):
            ids.sort(key=lambda each: each != "task.create")
            ids = [each for each in ids if each != "task.message"]
        if not self.board.tasks:
            ids = [each for each in ids if each != "filter"]
        return [*way_out_hints(self), *titled(ids)]

    def _ways_out(self) -> list[tuple[str, str]]:
        """What leads out of an empty list."""
        if self.board.tasks:
            to_need = [("next.needs-me", "what needs you")] if self.has_need_elsewhere() else []
            return [*to_need, ("filter.all", "everything"), ("filter", "filter")] if self.choice.text else []
        return [("refresh", "try again"), ("connection", "more")] if self.board.store_trouble is not None else []

    def keys_changed(self) -> None:
        """Other keys work in the detail."""
        self.show_bars()

    def _note(self) -> str | None:
        if self.is_typing():
            return self.note_on_marks("task.message-many")
        count = len(self.tasks.marks)
        if not count:
            return None
        gone = self.tasks.marked_hidden
        hidden = "all" if gone == count > 1 else str(gone)
        return f"{count} marked, {hidden} hidden" if gone else f"{count} marked"

    def show_list_state(self) -> None:
        names, choice = tuple(self.dashboard.launch.views), self.choice
        self.query_one(ViewTabs).show_views(names, choice.view, is_all=not choice.text)
        self._show_empty_state()

    def _show_empty_state(self) -> None:
        keymap, is_opening, has_need = self.dashboard.launch.keymap, self.engine is None, self.has_need_elsewhere()
        self.tasks.show_empty(self.choice.explain_empty(self.board, keymap, is_opening=is_opening, has_need=has_need))
        if self.detail.task_id is None:
            self._show_no_task()

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
        self._following.start(_FOLLOW)

    def bring_detail(self) -> None:
        """Show the task under the cursor in the detail, now."""
        self._following.stop()
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
        else:
            self._show_no_task()

    def _show_no_task(self) -> None:
        """There is no row: a task that is not in the list must not stand beside it."""
        keymap, has_need = self.dashboard.launch.keymap, self.has_need_elsewhere()
        self.detail.show_nothing(self.choice.explain_keys(self.board, keymap, has_need=has_need))

    def go_on_from(self, task_id: str) -> None:
        """The next task that needs the person comes under the cursor, unless the person went elsewhere."""
        if self.tasks.highlighted == task_id:
            self.tasks.next_needing()
        self.set_focus(self.tasks)

    def do_quit(self) -> None:
        """Copy selected text, else go back to the list, else leave the program."""
        if self.copy_selection():
            return
        if self.tasks.has_focus:
            self.dashboard.ask_to_quit()
        else:
            self.do_back()
