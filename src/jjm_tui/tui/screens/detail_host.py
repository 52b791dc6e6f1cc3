"""A screen with a detail and a composer: reading what they show, typing, tabs, searching, diff."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from textual import on

from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import heading
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import ACTIONS
from jjm_tui.tui.detail_reader import DetailReader
from jjm_tui.tui.once import Once
from jjm_tui.tui.screens.task_actions import TaskScreen
from jjm_tui.tui.widgets.detail import TaskDetail
from jjm_tui.tui.widgets.detail_panes import Tab, ways_on
from jjm_tui.tui.widgets.trouble_bar import tells

if TYPE_CHECKING:
    from datetime import datetime

    from jjm_tui.tui.widgets.blocks.block_view import BlockView
    from jjm_tui.tui.widgets.composer import Composer
    from jjm_tui.tui.widgets.diff.diff_view import DiffView
    from jjm_tui.tui.widgets.search_bar import SearchBar

_REST: Final = 0.15
"""Seconds that the cursor rests on a task before its conversation is read from disk."""

_LONG_REST: Final = 0.8
"""Seconds until a task of which nothing beyond the list is known is asked for."""


class DetailHost(TaskScreen):
    """Brings a ``TaskDetail`` what it shows. The person *opens* a task by going into it; a resting cursor does not."""

    _opened: str | None = None
    _was_reading = False

    @property
    def detail(self) -> TaskDetail:
        """The detail of this screen."""
        return self.query_one(TaskDetail)

    @property
    def composer(self) -> Composer | None:
        """The composer of this screen, once the first frame is there."""
        return cast("Composer | None", self.query_one_optional("#composer"))

    def is_typing(self) -> bool:
        """Whether the person writes a message; true from the moment on in which the composer is given the focus."""
        composer = self.composer
        return composer is not None and composer.is_used

    def write_to(self, task: Task) -> None:
        """Let the composer write to this task."""
        composer = self.composer
        if composer is not None:
            composer.edit(task.id, heading(task.title, task.description, task.id))

    # bringing data

    def show_in_detail(self, task: Task | None) -> None:
        """Show a task from the board at once; the rest is read when the cursor stays on it."""
        if task is None:
            return
        is_other = task.id != self.detail.task_id
        self._show(task, self.now())
        if is_other:
            self._opened = None
            self.write_to(task)
            self._close_search()
            self._rest(_REST)
            self.tell_feed()

    def _rest(self, seconds: float) -> None:
        self._resting.start(seconds)

    @cached_property
    def _resting(self) -> Once:
        return Once(self, self._rested)

    def _rested(self) -> None:
        task = self.board.task(self.detail.task_id)
        if task is None or self.engine is None:
            return
        details = self.detail.details
        if details is None:
            self.reader.read(task, fresh=False)
            if _is_hardly_known(task):
                self._rest(_LONG_REST)
        elif _is_hardly_known(details.task):
            if self.reader.asked is None:
                self.reader.read(task, fresh=True)
            elif self.reader.asked != task.id:
                self._rest(_LONG_REST)  # a cursor that rests does not end what is asked for another task

    def open_task(self) -> None:
        """The person goes into the task: it is read from the server and counts as seen."""
        task = self.board.task(self.detail.task_id)
        if task is None:
            return
        self._opened = task.id
        self.dashboard.when_open(lambda _: self.reader.read(task, fresh=True, seen=True))

    def reread(self) -> None:
        """Read the stored details again, as something changed."""
        task = self.board.task(self.detail.task_id)
        if task is not None and self.detail.details is not None:
            self.reader.read(task, fresh=False)

    @cached_property
    def reader(self) -> DetailReader:
        """Reads what the detail shows."""
        return DetailReader(self, lambda: self.query_one_optional(TaskDetail), self._tell_reading_failed)

    def _tell_reading_failed(self, sentence: str) -> None:
        if not tells(self.board, sentence):
            self.dashboard.tell(f"What is shown is what is stored. {sentence}", severity="warning")

    def tell_feed(self) -> None:
        """Tell the live feed what the person looks at."""
        engine = self.engine
        if engine is not None:
            task_id = self.detail.task_id
            engine.live.look_at([task_id] if task_id else [], self.visible_ids())

    def visible_ids(self) -> tuple[str, ...]:
        """The tasks that can be seen right now."""
        task_id = self.detail.task_id
        return () if task_id is None else (task_id,)

    def board_changed(self, change: BoardChange) -> None:
        """The task in the detail changed, or what is under way for it."""
        if self.composer is not None:
            self.composer.show_recipient()
        task_id = self.detail.task_id
        task = self.board.task(task_id)
        if task is None:
            return
        if task.id in change.task_ids or "connection" in change.aspects:
            self._show(task, self.now())
        if task.id in change.task_ids:
            self.reread()

    def clock_ticked(self, now: datetime) -> None:
        """Ages read differently, and servers told the same again."""
        self._show_again(now)

    def density_changed(self) -> None:
        """Titles of panes are set otherwise."""
        self._show_again(self.now())
        self.keys_changed()

    def _show_again(self, now: datetime) -> None:
        task = self.board.task(self.detail.task_id)
        if task is not None:
            self._show(task, now)

    def _show(self, task: Task, now: datetime) -> None:
        board = self.board
        first = self.dashboard.launch.keymap.first
        can_diff = board.connection.unavailable.get("diff") is None
        ways = ways_on(board.connection.status, first("open"), first("task.diff") if can_diff else "")
        self.detail.show_task(task, board.operations_of(task.id), now, board.read_troubles.get(task.id), ways)

    # tabs, searching, moving

    async def do_next_tab(self) -> None:
        """The next tab."""
        await self.detail.step_tab(1)

    async def do_previous_tab(self) -> None:
        """The previous tab."""
        await self.detail.step_tab(-1)

    @on(TaskDetail.TabShown)
    def _tab_shown(self, message: TaskDetail.TabShown) -> None:
        self.keys_changed()
        task = self.board.task(self.detail.task_id)
        if task is None:
            return
        if message.tab == "files" and (self.detail.details is None or self.detail.details.diff is None):
            if self.reader.asked != task.id:
                self.reader.read(task, fresh=True, seen=self._opened == task.id)
        elif self.detail.details is None:
            self.reader.read(task, fresh=False)

    async def do_task_diff(self) -> None:
        """Show what the task changed."""
        if self.detail.has_focus_within and self.detail.tab == "files":
            self.dashboard.tell("These are its changes; the server is asked for them again.")
        await self.open_detail("files")

    async def open_detail(self, tab: Tab | None = None) -> None:
        """Go into the detail, to this tab or the one that is shown, which is made while the task is read."""
        self.open_task()
        if tab is not None:
            await self.detail.go_to(tab)
        self.detail.focus_pane()

    def do_follow(self) -> None:
        """Stay at the newest message, or stop that."""
        pane: Any = self.detail.pane()
        if self.detail.tab == "chat" and pane is not None:
            pane.follow = not pane.follow
            self.dashboard.tell("Following the newest." if pane.follow else "No longer following.")
        else:
            self.dashboard.tell("There is nothing to follow on this tab; the chat has it.")

    @property
    def search(self) -> SearchBar | None:
        """Searching in the detail, once the first frame is there."""
        return cast("SearchBar | None", self.query_one_optional("#search"))

    def can_search(self) -> bool:
        """Whether the current tab can be searched."""
        return self.search is not None and hasattr(self.detail.search_target(), "search")

    def open_search(self) -> bool:
        """Search in the pane of the current tab; false when it cannot be searched."""
        if self.search is None or not self.can_search():
            return False
        self.search.open()
        return True

    def on_search_bar_changed(self, message: SearchBar.Changed) -> None:
        """The term is typed."""
        target: Any = self.detail.search_target()
        if hasattr(target, "search"):
            target.search(message.term)

    def on_search_bar_closed(self, message: SearchBar.Closed) -> None:
        """Typing the term ended."""
        if not message.keeps:
            self._close_search()
        self.detail.focus_pane()

    def _close_search(self) -> None:
        search = self.search
        if search is not None and search.is_open:
            search.close()
            self.keys_changed()
        target: Any = self.detail.search_target()
        if hasattr(target, "clear_search"):
            target.clear_search()

    def is_searching(self) -> bool:
        """Whether n and N go through matches."""
        search = self.search
        return search is not None and search.is_open

    def go_to_match(self, step: int) -> None:
        """The next match, or with -1 the previous one."""
        go = getattr(self.detail.search_target(), "next_match" if step > 0 else "previous_match", None)
        if go is not None:
            go()

    def on_transcript_older_wanted(self) -> None:
        """The person scrolled to where the conversation is not known yet."""
        task = self.board.task(self.detail.task_id)
        if task is not None and self.engine is not None and self.reader.asked != task.id:
            self.reader.read(task, fresh=True, seen=self._opened == task.id)

    def on_block_view_search_changed(self, message: BlockView.SearchChanged) -> None:
        """The conversation or the plan tells which match of how many it shows."""
        self._show_match(message.current, message.total)

    def on_diff_view_search_changed(self, message: DiffView.SearchChanged) -> None:
        """The diff tells the same."""
        self._show_match(message.current, message.total)

    def _show_match(self, current: int, total: int) -> None:
        search = self.search
        if search is not None:
            search.show_place(current, total)

    # in a diff

    @property
    def help_place(self) -> str:
        """The files have keys of their own."""
        from jjm_tui.tui.pages.help_text import FILES

        return FILES if self.detail.tab == "files" and self.detail.has_focus_within else super().help_place

    def unavailable(self, action_id: str) -> str | None:
        """Why not: as for every task, and hunks are in the diff only."""
        if ACTIONS[action_id].scope == "diff":
            if self.detail.tab != "files":
                return f"There is no diff here; {self.dashboard.launch.keymap.first('task.diff')} shows it."
            if self.detail.is_empty:
                return "There is no diff to move in."
        return super().unavailable(action_id)

    def on_diff_view_place_changed(self, message: DiffView.PlaceChanged) -> None:
        """More of the diff is known: it may have long lines."""
        message.stop()
        self.keys_changed()

    def _diff(self) -> DiffView:
        from jjm_tui.tui.widgets.diff.diff_view import DiffView

        return self.detail.query_one(DiffView)

    def do_next_hunk(self) -> None:
        self._diff().next_hunk()

    def do_previous_hunk(self) -> None:
        self._diff().previous_hunk()

    def do_next_file(self) -> None:
        self._diff().next_file()

    def do_previous_file(self) -> None:
        self._diff().previous_file()

    # typing

    def do_task_message(self) -> None:
        """Type a message to the task in the detail, which a list that was just filled has not told yet."""
        if self.detail.task_id is None:
            self.show_in_detail(self.current_task())
        composer = self.composer
        if composer is None or composer.task_id is None:
            self.dashboard.tell("There is no task to write to.", severity="warning")
            self.dashboard.forget_typed_ahead()
        else:
            if not self.is_typing():
                self._was_reading = self.detail.has_focus_within
            composer.focus_text()
            self.detail.keep_question()

    def message_to(self, task_id: str) -> None:
        """Type a message to this task and no other, if it is still the one at hand."""
        task = self.current_task()
        if task is None or task.id != task_id:
            self.dashboard.tell("That task is no longer at hand; go to it to write to it.", severity="warning")
            self.dashboard.forget_typed_ahead()
            return
        self.show_in_detail(task)
        self.do_task_message()

    def on_composer_sent(self, message: Composer.Sent) -> None:
        """The person wants a message sent."""
        engine = self.engine
        if engine is None:
            self.dashboard.tell("Still opening; your text is kept, send it again in a moment.", severity="warning")
            return
        task = self.board.task(message.task_id)
        is_answer = task is not None and needs_me(task, self.now()) is not None
        self.dashboard.launch.memory.remember_text(message.text)
        self.dashboard.launch.memory.save()
        engine.desk.send_message(message.task_id, message.text)
        if is_answer:
            self.go_on_from(message.task_id)
        else:
            self.stay_with_sent()

    def stay_with_sent(self) -> None:
        """A message went to a task that waited for nobody: back to where it was begun."""
        raise NotImplementedError

    def on_composer_left(self) -> None:
        """The person goes back to reading."""
        self.leave_composer()

    def leave_composer(self) -> None:
        """The composer was left without sending."""
        self.detail.focus_pane()


def _is_hardly_known(task: Task) -> bool:
    """Whether only the list told of it: no conversation, plan or files yet."""
    return task.on_server is not False and task.plan is None and not task.chat_history and task.source_files is None
