"""The panes of the main screen: list and detail side by side, one of them alone, and which of them has the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from textual import on

from jjm_tui.tui.actions import ACTIONS
from jjm_tui.tui.notices import toasts
from jjm_tui.tui.screens.view_host import ViewHost
from jjm_tui.tui.widgets.detail_panes import Tab
from jjm_tui.tui.widgets.tasks.task_list import TaskList

if TYPE_CHECKING:
    from textual.widget import AwaitMount

    from jjm_tui.tui.widgets.filter_bar import FilterBar

WIDE: Final = 100
"""Cells from which the detail stands beside the list (``dashboard.md``, Behaviour under stress)."""

_IN_DETAIL: Final = frozenset({"previous.tab", "next.tab", "follow"})
_NEEDS_TASK: Final = frozenset({"pane.detail", "pane.composer"})
_FULL: Final = ("-full-list", "-full-detail")
_PANE_STEPS: Final = frozenset({"next.pane", "previous.pane"})


class PaneHost(ViewHost):
    """Where the person is on the main screen, and where they can go from there."""

    @property
    def filter_bar(self) -> FilterBar | None:
        """Where a filter is typed, once the first frame is there."""
        return cast("FilterBar | None", self.query_one_optional("#filter"))

    @property
    def is_filtering(self) -> bool:
        """Whether a filter is typed."""
        bar = self.filter_bar
        return bar is not None and bar.is_open

    @property
    def is_wide(self) -> bool:
        """Whether the detail has a place beside the list."""
        return self.app.size.width >= WIDE and not self.has_class("-no-preview")  # a hidden screen keeps its old size

    @property
    def is_beside(self) -> bool:
        """Whether the detail can be seen."""
        return self.is_wide and not self.has_class("-full-list")

    # why a key does nothing here

    def unavailable(self, action_id: str) -> str | None:
        """Why not: as in every list, and what makes no difference where the person is."""
        if action_id in _NEEDS_TASK and self.current_task() is None:
            return "There is no task under the cursor."
        if action_id in _PANE_STEPS and not self.is_wide:
            return self._why_no_detail()
        if action_id in _IN_DETAIL or ACTIONS[action_id].scope == "diff":
            nothing = "There is no task here." if self.detail.task_id is None else None
            return self._why_no_detail() or nothing or super().unavailable(action_id)
        return self._why_same(action_id) or super().unavailable(action_id)

    def _why_no_detail(self) -> str | None:
        first = self.dashboard.launch.keymap.first
        if self.size.width < WIDE:
            return f"Below {WIDE} columns, {first('open')} opens a task."
        if self.has_class("-no-preview"):
            return f"The detail is off; {first('preview')} shows it beside the list."
        if self.has_class("-full-list"):
            return f"The list has the whole screen; {first('full-screen')} shows both."
        return None

    def _why_same(self, action_id: str) -> str | None:
        """Why everything would stay as it is."""
        first = self.dashboard.launch.keymap.first
        if action_id == "pane.list" and self.tasks.has_focus:
            on = f"{first('next.pane')} goes on to the detail" if self.is_wide else f"{first('open')} opens a task"
            return f"You are in the list; {on}."
        if action_id == "pane.detail" and self.is_in_detail():
            return f"You are in the detail; {first('pane.list')} goes back to the list."
        if action_id == "full-screen" and not self.is_in_detail() and not self.is_wide:
            return "The list has the whole screen already."
        if action_id == "preview" and self.size.width < WIDE:
            return self._why_no_detail()
        if action_id == "preview.place":
            if self.has_class("-full-detail"):
                return f"The detail has the whole screen; {first('full-screen')} shows both."
            return self._why_no_detail()
        if action_id == "back" and self._is_at_rest():
            return f"Nothing is marked or filtered; {first('quit')} quits."
        return None

    def _is_at_rest(self) -> bool:
        if toasts.are_shown(self.app):
            return False
        is_plain = not any(self.has_class(name) for name in _FULL) and not self.is_searching()
        return is_plain and self.tasks.has_focus and not self.tasks.marks and not self.choice.text

    # going

    def go_to(self, task_id: str) -> None:
        """Bring a task under the cursor from another screen; where it has no place beside the list, open it as well."""
        self.select(task_id)
        if task_id == self.tasks.highlighted and not self.is_beside:
            self._open_screen(task_id)

    async def do_open(self) -> None:
        """Go into the task: beside the list where there is room, else on a screen of its own."""
        if self.is_in_detail():
            self.dashboard.tell("The server is asked about this task again.")
        await self.open_detail()

    async def open_detail(self, tab: Tab | None = None) -> None:
        """Go into the detail, or open it as a screen."""
        task = self.current_task()
        if task is None:
            return
        if self.is_beside:
            await super().open_detail(tab)
        elif self.app.screen is self:  # a second click may have come before the first one's screen was there
            await self._open_screen(task.id, tab)

    def do_task_message(self) -> None:
        """Type a message, beside the list or on the task's own screen."""
        if self.is_beside:
            super().do_task_message()
        elif (task := self.current_task()) is not None:
            self._open_screen(task.id, types=True, note=self.note_on_marks("task.message-many"))

    def _open_screen(
        self, task_id: str, tab: Tab | None = None, *, types: bool = False, note: str | None = None
    ) -> AwaitMount:
        """Open a task as a screen, on this tab or the one that is shown beside the list."""
        from jjm_tui.tui.screens.detail import DetailScreen

        toasts.withdraw(self.app, self._why_no_detail() or "")
        tab = tab or self.detail.tab
        screen = DetailScreen(task_id, tab, types=types, note=note, step_to_needing=self._step_behind)
        return self.app.push_screen(screen, self._typed_elsewhere)

    def _step_behind(self, step: int) -> str | None:
        """The same as ``step_to_needing`` while a task is open over the list, whose order is held: from there on, with
        what has come meanwhile."""
        found = self.step_to_needing(step)
        if self._arrangement.thaw():
            self.tasks.rearranged(self.dashboard.put_away)
            found = found or self.step_to_needing(step)
        self._arrangement.freeze()
        return found

    def _typed_elsewhere(self, sent_to: str | None) -> None:
        if sent_to is not None:
            self.go_on_from(sent_to)

    def leave_composer(self) -> None:
        """Back to the list."""
        self.set_focus(self.tasks)

    def stay_with_sent(self) -> None:
        """Into the detail, if it was read before and can be seen; else to the list, on the same task."""
        if self._was_reading and self.is_beside:
            self.detail.focus_pane()
        else:
            self.leave_composer()

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
        bar = self.filter_bar
        if bar is not None:
            self.remove_class("-full-detail")
            self.begin_typing()
            bar.open(self.choice.text, self.dashboard.launch.memory.filters)
            self.show_bars()

    @on(TaskList.Opened)
    async def _opened_row(self) -> None:
        await self.do_open()

    def do_filter(self) -> None:
        """Filter the list, or search in the detail when that has the focus."""
        if not (self.is_in_detail() and self.open_search()):
            self.do_pane_filter()

    def do_back(self) -> None:
        """Step by step: typing a filter, searching, detail, range, marks, filter. Toasts over the list go as well."""
        if self.tasks.has_focus:
            toasts.take_down(self.app)
        if (bar := self.filter_bar) is not None and bar.is_open:
            bar.action_cancel()
        elif self.is_searching():
            self._close_search()
        elif any(self.has_class(name) for name in _FULL):
            self.remove_class(*_FULL)
        elif not self.tasks.has_focus:
            self.set_focus(self.tasks)
        elif self.tasks.is_marking_range:
            self.tasks.mark_range()
        elif self.tasks.marks:
            self.tasks.clear_marks()
        elif self.choice.text:
            self.filter_by("")

    # layout

    def do_preview(self) -> None:
        """Detail beside the list, on or off."""
        memory = self.dashboard.launch.memory
        memory.preview = not self.is_beside
        self.remove_class(*_FULL)
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
        pane = "-full-detail" if self.is_in_detail() or self.is_typing() else "-full-list"
        self.set_class(not self.has_class(pane), pane)
