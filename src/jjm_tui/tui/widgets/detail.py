"""One task in five tabs: Overview, Plan, Chat, Files, Timeline. Each is made when it is first looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from jjm_tui.domain.operations import Operation
from jjm_tui.domain.task import Task
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.widgets.bar import Bar, Piece
from jjm_tui.tui.widgets.detail_panes import (
    NO_WAYS_ON,
    TABS,
    Details,
    ReadPlans,
    Shown,
    Tab,
    WaysOn,
    fill_pane,
    make_pane,
)
from jjm_tui.tui.widgets.titles import show_subtitle, show_title, title_of_pane

if TYPE_CHECKING:
    from jjm_tui.services.read_troubles import ReadTrouble
    from jjm_tui.tui.widgets.blocks.block_view import BlockView

_TITLES: Final[dict[Tab, str]] = {
    "overview": "Overview",
    "plan": "Plan",
    "chat": "Chat",
    "files": "Files",
    "timeline": "Timeline",
}


class TabBar(Bar):
    """The names of the tabs; the current one is marked. Targets: the tabs."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--tab", "bar--current"}
    DEFAULT_CSS = """
    TabBar {
        background: $surface;
        & > .bar--tab { color: $foreground; }
        & > .bar--current { text-style: bold reverse; color: $text-primary; }
    }
    """

    def show_tab(self, current: Tab, notes: dict[Tab, str]) -> None:
        """Mark the current tab; ``notes`` are put behind names."""
        self.show(
            Piece(
                f"{_TITLES[tab]}{' ' + notes[tab] if notes.get(tab) else ''}",
                "current" if tab == current else "tab",
                rank=0 if tab == current else 1,
                short=_TITLES[tab],
                target=tab,
            )
            for tab in TABS
        )


class TaskDetail(Vertical):
    """Shows one task. It is given everything, and asks for more by messages.

    The screen's actions call ``move``, ``page`` and their like, which go to the pane of the current tab.
    """

    DEFAULT_CSS = """
    TaskDetail {
        border: round $foreground-disabled;
        border-title-color: $foreground;
        background: $surface;
        &:focus-within { border: round $border; border-title-color: $text-primary; border-title-style: bold; }
        & > TabBar { display: none; }
        &.-filled > TabBar { display: block; }
        & > ContentSwitcher { height: 1fr; display: none; }
        &.-filled > ContentSwitcher { display: block; }
        & > #nothing { height: 1fr; padding: 1 2; }
        &.-filled > #nothing { display: none; }
    }
    """

    class TabShown(Message):
        """Another tab is looked at; the screen brings what it needs."""

        def __init__(self, detail: TaskDetail, tab: Tab) -> None:
            super().__init__()
            self.detail = detail
            self.tab = tab

        @property
        def control(self) -> TaskDetail:
            """The detail."""
            return self.detail

    def __init__(self, plans: ReadPlans, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        """``plans``: what was shown of plans before, here or in another detail."""
        super().__init__(id=id)
        self.tab: Tab = "overview"
        self.task_id: str | None = None
        self._shown: Task | None = None
        self._operations: tuple[Operation, ...] = ()
        self._details: Details | None = None
        self._trouble: ReadTrouble | None = None
        self._ways_on = NO_WAYS_ON
        self._now: datetime | None = None
        self._is_filling = False
        self._wants_question = False
        self._making = asyncio.Lock()
        self._plans = plans

    def compose(self) -> ComposeResult:
        yield TabBar()
        yield Static(id="nothing")
        yield ContentSwitcher()

    # what is shown

    def show_nothing(self, content: Content) -> None:
        """No task: say what could be here."""
        self.task_id = None
        self._shown = None
        self._details = None
        self.border_title = self.border_subtitle = None
        self.remove_class("-filled")
        self.query_one("#nothing", Static).update(content)

    def show_task(
        self,
        task: Task,
        operations: Sequence[Operation],
        now: datetime,
        trouble: ReadTrouble | None = None,
        ways_on: WaysOn = NO_WAYS_ON,
    ) -> None:
        """Show a task, or the newer state of the one that is shown. ``trouble``: why it could not be read lately;
        ``ways_on``: how the server is asked."""
        self._trouble, self._ways_on = trouble, ways_on
        is_other = task.id != self.task_id
        self.task_id, self._shown, self._operations, self._now = task.id, task, tuple(operations), now
        if is_other:
            self._details = None
            self._wants_question = False
        elif self._details is not None:
            self._details = replace(self._details, task=_newest(self._details.task, task))
        self._plans.note(task)
        self.add_class("-filled")
        if self.query_one(ContentSwitcher).current is None and not self._is_filling:
            self._is_filling = True
            self.call_later(self.go_to, self.tab)
        where = f" · {task.repository}" if task.repository else ""
        branch = f"@{task.branch}" if task.repository and task.branch else ""
        show_title(self, title_of_pane(self, literal_line(f"{_heading_of(task)}{where}{branch}")))
        self._fill()

    def show_details(self, details: Details) -> None:
        """Take over what was read beyond the board, for the task that is shown; else it is dropped."""
        if details.task.id == self.task_id:
            self._details = details
            self._fill()

    @property
    def details(self) -> Details | None:
        """What was given for the task that is shown."""
        return self._details

    def tick(self, now: datetime) -> None:
        """Ages may read differently now."""
        self._now = now
        if self._shown is not None and self.tab in ("overview", "chat", "timeline"):
            self._fill()

    # tabs

    async def go_to(self, tab: Tab) -> None:
        """Show a tab; its pane is made when it is first wanted."""
        switcher = self.query_one(ContentSwitcher)
        had_focus = self.has_focus_within
        async with self._making:
            if not switcher.query(f"#{tab}"):
                await switcher.add_content(make_pane(tab), id=tab)
        if not switcher.query(f"#{tab}"):
            return  # Textual puts nothing into what is being closed
        self.tab = tab
        switcher.current = tab
        self._fill()
        if had_focus:
            self.call_after_refresh(self._focus_again)
        self.post_message(self.TabShown(self, tab))

    async def step_tab(self, step: int) -> None:
        """The next tab, or with -1 the previous one."""
        await self.go_to(TABS[(TABS.index(self.tab) + step) % len(TABS)])

    def focus_pane(self) -> None:
        """Let keys go to the pane of the current tab."""
        target = self._focus_target()
        if target is not None:
            self.screen.set_focus(target, scroll_visible=False)

    def _focus_again(self) -> None:
        """Another pane is shown where one had the focus, unless the person went on, to a field perhaps."""
        if self.has_focus_within or self.screen.focused is None:
            self.focus_pane()

    def pane(self) -> Widget | None:
        """The widget of the current tab, once it was made."""
        return next(iter(self.query(f"ContentSwitcher > #{self.tab}")), None)

    def keep_question(self) -> None:
        """Keep the end of what the task asks in view, where the overview is shown; the chat follows its end itself."""
        self._wants_question = self.tab == "overview"
        self._fill()

    def search_target(self) -> Widget | None:
        """The widget of the current tab that can be searched: the pane itself, or the text in it."""
        pane = self.pane()
        if pane is None:
            return None
        return next((child for child in pane.query("*") if hasattr(child, "search")), pane)

    @property
    def is_empty(self) -> bool:
        """Whether the current tab has no more than a sentence that there is nothing."""
        task = self._shown
        if task is None or self.tab in ("overview", "timeline"):
            return task is None
        if self.tab == "plan":
            return task.plan is None
        if self.tab == "files":
            return not getattr(self.search_target(), "has_diff", False)
        whole = task if self._details is None else self._details.task
        return not whole.chat_history and not self._operations

    @property
    def is_wider_than_shown(self) -> bool:
        """Whether the pane of the current tab can be scrolled sideways."""
        target = self.search_target()
        return target is not None and target.max_scroll_x > 0

    def _focus_target(self) -> Widget | None:
        pane = self.pane()
        if pane is None:
            return None
        if self.tab == "files":
            return self._focus_in_files(pane)
        if pane.focusable:
            return pane
        return next((child for child in pane.query("*") if child.focusable), None)

    def _focus_in_files(self, pane: Widget) -> Widget:
        """What was last read there: the tree or, at first, the diff."""
        from jjm_tui.tui.widgets.diff.files_pane import FilesPane

        if not isinstance(pane, FilesPane):
            return pane
        return pane.file_tree if pane.file_tree.has_focus else pane.diff_view

    def step_focus(self, step: int) -> bool:
        """From the tree of the files to the diff, or with -1 back; false when there is nowhere to go inside."""
        from jjm_tui.tui.widgets.diff.files_pane import FilesPane

        pane = self.pane()
        if not isinstance(pane, FilesPane):
            return False
        start, target = (pane.file_tree, pane.diff_view) if step > 0 else (pane.diff_view, pane.file_tree)
        if not start.has_focus or not target.focusable:
            return False
        target.focus()
        return True

    # moving inside

    def move(self, lines: int) -> None:
        """Scroll or move the pane's own cursor by lines."""
        mover: Callable[[int], None] | None = getattr(self.pane(), "move", None)
        if mover is not None:
            mover(lines)
        elif (target := self._focus_target()) is not None:
            target.scroll_relative(y=lines, animate=False)

    def page(self, share: float) -> None:
        """Scroll by a share of the height; negative is up."""
        pager: Callable[[float], None] | None = getattr(self.pane(), "page", None)
        if pager is not None:
            pager(share)
        elif (target := self._focus_target()) is not None:
            target.scroll_relative(y=round(share * target.size.height), animate=False)

    def move_to_edge(self, *, end: bool) -> None:
        """To the top or the end."""
        mover: Callable[..., None] | None = getattr(self.pane(), "move_to_edge", None)
        target = self._focus_target()
        if mover is not None:
            mover(end=end)
        elif target is not None:
            target.scroll_end(animate=False) if end else target.scroll_home(animate=False)

    async def on_bar_chosen(self, message: Bar.Chosen) -> None:
        """A tab was clicked."""
        if message.target in TABS:
            message.stop()
            await self.go_to(message.target)

    def on_block_view_tail_changed(self, message: BlockView.TailChanged) -> None:
        """What came in below what is read."""
        below = message.new_below
        show_subtitle(self, Content(f"▾ {below} new below") if below else None)

    # filling

    def _fill(self) -> None:
        task, now = self._shown, self._now
        tabs = next(iter(self.query(TabBar)), None)
        if task is None or now is None or tabs is None:
            return
        tabs.show_tab(self.tab, self._notes(task))
        if (pane := self.pane()) is not None:
            shown = Shown(task, now, self._plans, self._operations, self._details, self._trouble, self._ways_on)
            fill_pane(self.tab, pane, shown)
            if self._wants_question:
                self._pass_wish_on(pane)

    def _pass_wish_on(self, pane: Widget) -> None:
        from jjm_tui.tui.widgets.blocks.overview import OverviewPane

        self._wants_question = False
        if isinstance(pane, OverviewPane):
            pane.keep_question()

    def _notes(self, task: Task) -> dict[Tab, str]:
        notes: dict[Tab, str] = {}
        if task.plan is not None:
            notes["plan"] = str(len(task.plan.steps))
        whole = self._details.task if self._details is not None else task
        arrived = sum(each.delivery in (None, "sent") for each in whole.chat_history)
        if arrived:
            notes["chat"] = f"{arrived}{'+' if whole.chat_truncated else ''}"
        if task.source_files:
            notes["files"] = str(len(task.source_files))
        return notes


def _heading_of(task: Task) -> str:
    from jjm_tui.domain.text import heading

    return heading(task.title, task.description, task.id)


def _newest(whole: Task, task: Task) -> Task:
    """The newer state of a task with the conversation that is known to be longer."""
    if len(whole.chat_history) <= len(task.chat_history):
        return task
    return replace(task, chat_history=whole.chat_history, chat_truncated=whole.chat_truncated)
