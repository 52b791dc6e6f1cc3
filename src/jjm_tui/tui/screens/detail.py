"""One task on a screen of its own, for terminals too narrow to show it beside the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from jjm_tui.domain.task import Task
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.screens.detail_host import DetailHost
from jjm_tui.tui.screens.hints import detail_hints, typing_hints
from jjm_tui.tui.widgets.bar import SIMULATED, Bar
from jjm_tui.tui.widgets.detail import TaskDetail
from jjm_tui.tui.widgets.detail_panes import Tab
from jjm_tui.tui.widgets.status_bar import StatusBar, oldest_data
from jjm_tui.tui.widgets.trouble_bar import TroubleBar


class DetailScreen(DetailHost):
    """The detail and the composer. It is left with the id of a task that was decided on, else with ``None``."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "detail", "diff"})
    AUTO_FOCUS = ""

    def __init__(
        self,
        task_id: str,
        tab: Tab = "overview",
        *,
        types: bool = False,
        note: str | None = None,
        step_to_needing: Callable[[int], str | None] = lambda step: None,
    ) -> None:
        """``types``: begin in the composer. ``note``: what to tell while a message is typed. ``step_to_needing``:
        brings the next task that needs the person, or with -1 the previous one, under the cursor of the list."""
        super().__init__()
        self._task_id = task_id
        self._first_tab = tab
        self._types = types
        self._has_begun = False
        self._note = note
        self._step_to_needing = step_to_needing

    def compose(self) -> ComposeResult:
        from jjm_tui.tui.widgets.composer import Composer
        from jjm_tui.tui.widgets.search_bar import SearchBar

        yield TaskDetail(self.dashboard.read_plans, id="detail")
        yield SearchBar(id="search")
        yield Composer(id="composer")
        yield TroubleBar(id="trouble")
        yield StatusBar(id="status")

    def on_mount(self) -> None:
        """Show the task; it counts as seen."""
        self.show_in_detail(self.current_task())
        if self._types:
            self.do_task_message()
        self.call_later(self._begin)

    async def _begin(self) -> None:
        await self.detail.go_to(self._first_tab)
        self.open_task()
        if self.focused is None:
            self.detail.focus_pane()
        self._has_begun = True
        self._show_bars()

    @property
    def takes_keys(self) -> bool:
        """Whether there is something to give them to; until then they wait."""
        return self._has_begun or self.focused is not None

    def current_task(self) -> Task | None:
        """The task that this screen was opened for, or went on to."""
        return self.board.task(self._task_id)

    def board_changed(self, change: BoardChange) -> None:
        """The task or the connection changed."""
        super().board_changed(change)
        self._show_bars()

    def clock_ticked(self, now: datetime) -> None:
        """Ages read differently."""
        super().clock_ticked(now)
        self._show_bars()

    def on_descendant_focus(self) -> None:
        """The person went elsewhere: other keys work."""
        self._was_reading |= not self.is_typing()
        self._show_bars()

    def _show_bars(self) -> None:
        task = self.current_task()
        oldest = oldest_data([task], self.now())
        simulated = SIMULATED.text if self.dashboard.launch.is_simulated else None
        note = " · ".join(filter(None, (simulated, self._note if self.is_typing() else None)))
        hints = typing_hints(self) or detail_hints(self)
        self.query_one(StatusBar).show_state(self.board, oldest, hints, self.now(), note=note)
        self.query_one(TroubleBar).show_state(self.board, self.dashboard.launch.keymap, self.now())

    def keys_changed(self) -> None:
        """Other keys work."""
        self._show_bars()

    @on(Bar.Chosen)
    async def _piece_chosen(self, message: Bar.Chosen) -> None:
        if message.target in ACTIONS:
            await self.action_perform(message.target)

    def go_on_from(self, task_id: str) -> None:
        """Back to the list, which goes on to the next task."""
        self.leave(task_id)

    def stay_with_sent(self) -> None:
        """To the text that was read; to the list, where nothing but the message was wanted."""
        if self._was_reading:
            self.detail.focus_pane()
        else:
            self.leave(None)

    def do_back(self) -> None:
        """End searching, leave the composer, then the screen."""
        if self.is_searching():
            self._close_search()
        elif self.is_typing():
            self.detail.focus_pane()
        else:
            self.leave(None)

    def do_open(self) -> None:
        """Read the task again."""
        self.dashboard.tell("The server is asked about this task again.")
        self.detail.focus_pane()
        self.open_task()

    def do_filter(self) -> None:
        """Search in what is shown."""
        self.open_search()

    def do_move_down(self) -> None:
        self.detail.move(1)

    def do_move_up(self) -> None:
        self.detail.move(-1)

    def do_move_first(self) -> None:
        self.detail.move_to_edge(end=False)

    def do_move_last(self) -> None:
        self.detail.move_to_edge(end=True)

    def do_move_half_down(self) -> None:
        self.detail.page(0.5)

    def do_move_half_up(self) -> None:
        self.detail.page(-0.5)

    def unavailable(self, action_id: str) -> str | None:
        """Why not: as for every task, and the timeline has no text."""
        if action_id == "pane.detail":
            return f"You are in the task; {self.dashboard.launch.keymap.first('pane.list')} goes back to the list."
        if action_id == "filter" and not self.can_search():
            return "The timeline cannot be searched; the other tabs can."
        return super().unavailable(action_id)

    def action_say_where(self, action_id: str, key: str) -> None:
        """The key means nothing here: say where it does, or that it is so already."""
        if action_id == "full-screen":
            self.dashboard.tell("The detail already fills the screen.")
        else:
            super().action_say_where(action_id, key)

    def do_next_needs_me(self) -> None:
        """The next match while searching, else the next task that needs the person, in place of this one."""
        self._go_to_next(1)

    def do_previous_needs_me(self) -> None:
        """The previous one."""
        self._go_to_next(-1)

    def _go_to_next(self, step: int) -> None:
        if self.is_searching():
            self.go_to_match(step)
        elif (task_id := self._step_to_needing(step)) is None:
            self.dashboard.tell("No other task in the list needs you.")
        else:
            self._task_id = task_id
            self.show_in_detail(self.current_task())
            self.open_task()
            self._show_bars()

    def do_pane_list(self) -> None:
        """Back to the list."""
        self.leave(None)

    def do_pane_detail(self) -> None:
        """Never called: it is here already."""

    def do_pane_composer(self) -> None:
        """Type a message."""
        self.do_task_message()

    def do_next_pane(self) -> None:
        """From the text to the composer and back."""
        if self.is_typing():
            self.detail.focus_pane()
        elif not self.detail.step_focus(1):
            self.do_task_message()

    def do_previous_pane(self) -> None:
        """The same backwards."""
        if self.is_typing():
            self.detail.focus_pane()
        elif not self.detail.step_focus(-1):
            self.do_task_message()
