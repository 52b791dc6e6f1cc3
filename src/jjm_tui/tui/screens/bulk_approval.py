"""All plans that wait on one sheet: each read now, ticked by the person, approved one by one by its fingerprint."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget

from jjm_tui.domain.operations import OperationKind
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import age
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.bulk import Line, State
from jjm_tui.tui.screens.approval import ApprovalAnswer, ApprovalScreen
from jjm_tui.tui.screens.bulk_approval_words import (
    asked_words,
    left_out_words,
    not_shown_words,
    plan_note,
    reading_words,
    summary_words,
)
from jjm_tui.tui.screens.bulk_plan_pane import BulkPlanPane
from jjm_tui.tui.screens.bulk_plan_sheet import BulkPlanSheet
from jjm_tui.tui.widgets.blocks.block_view import BlockView
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.row_list import Cell, ListRow, RowList

if TYPE_CHECKING:
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.engine import Engine


class BulkApprovalScreen(BulkPlanSheet):
    """The plans of the marked tasks, or of all that wait when none is marked.

    Risky plans, and those that changed since they were read here before, are not ticked by themselves; plans that are
    not known to be whole cannot be ticked at all. While the row of a ticked plan was not on the screen, or not all of a
    risky or changed one, the key to approve goes on to it and pages through it. A plan that is another one by now is
    not sent, read again and unticked. Dismisses with the ids of the tasks whose plans were approved.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"dialog", "approval"})
    ALWAYS: ClassVar[tuple[str, ...]] = (*BulkPlanSheet.ALWAYS, "open")
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "approval.confirm": "show the unread of the ticked plans, then approve them once you typed their number",
            "open": "look at the plan under the cursor",
            "mark": "tick the plan, or take its tick away",
            "mark.all": "tick all plans without !, or take all ticks away",
            "back": "stop what is being sent, or go back",
            "refresh": "read the plans again",
        }
    )
    DEFAULT_CSS = """
    BulkApprovalScreen {
        & RowList { max-height: 55%; }
        &.-empty RowList { max-height: 100%; }
    }
    """
    DONE_WORD = "approved"

    def __init__(self, marked: Iterable[str] = ()) -> None:
        super().__init__("Approve many plans")
        self._marked = tuple(marked)
        self._skipped = 0
        self._reads_on = False

    def compose_below(self) -> ComposeResult:
        yield BulkPlanPane()

    def on_mount(self) -> None:
        """List what waits, and read it."""
        now = self.now()
        tasks = [task for task in self.board.tasks.values() if self._is_wanted(task, now)]
        tasks.sort(key=lambda task: (task.waiting_since is None, task.waiting_since or now, task.id))
        self._skipped = len(self._marked) - len(tasks) if self._marked else 0
        self.list_tasks(tasks)
        self.row_list.focus()
        self.read_plans(tuple(self.lines.values()))

    def _is_wanted(self, task: Task, now: datetime) -> bool:
        if self._marked:
            return task.id in self._marked and task.status in (TaskStatus.WAITING_APPROVAL, TaskStatus.UNKNOWN)
        return needs_me(task, now) == "approval"

    # what is shown

    def summary(self) -> str:
        if not self.lines:
            return "None of the marked tasks has a plan that waits." if self._marked else "No plan waits for approval."
        return summary_words(tuple(self.lines.values()), self._skipped, self.DONE_WORD)

    def rows(self) -> Iterator[ListRow]:
        now, last = self.now(), 1
        left = dict.fromkeys(self.lines)
        for group in self._plans.groups:
            words = self._plans.group_words(group, self.lines) if len(group) > 1 else "each of its own kind"
            if len(group) > 1 or last > 1:
                yield ListRow(f"group {group[0]}", (Cell(words, "quiet"),), is_heading=True)
            last = len(group)
            for task_id in group:
                del left[task_id]
                yield self._row(task_id, now)
        yield from (self._row(task_id, now) for task_id in left)

    def _row(self, task_id: str, now: datetime) -> ListRow:
        line, task, preview = self.lines[task_id], self.board.task(task_id), self._plans.get(task_id)
        task = task or (preview.task if preview is not None else Task(task_id))
        waited = "" if task.waiting_since is None else age((now - task.waiting_since).total_seconds())
        return ListRow(
            task_id,
            (
                Cell(line.tick, "strong" if line.is_ticked else "", 3),
                self.title_cell(task),
                self.note_cell(*self.note_of(line)),
                Cell((task.repository or "").rpartition("/")[2], "quiet", 12, rank=2),
                Cell(waited, "quiet", 4, rank=1, right=True),
            ),
        )

    def note_of(self, line: Line) -> tuple[str, str]:
        """Its outcome, else what its plan is like."""
        if line.note and not line.is_reading:
            return line.note, line.role
        return plan_note(line, self._plans.get(line.task_id))

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Show the plan under the cursor."""
        super().on_row_list_moved(message)
        self._show_plan()

    def show_lines(self) -> None:
        """Draw everything again; the list takes as much room as it has rows, the plan the rest."""
        super().show_lines()
        if self.children:
            self.set_class(not self.lines, "-empty")
            self.row_list.styles.height = self.row_list.row_count if self.lines else "1fr"
        self._show_plan()

    def _show_plan(self) -> None:
        if not self.children:
            return
        pane = self._pane
        pane.display = bool(self.lines)
        line = self.lines.get(self.row_list.cursor_id or "")
        preview = None if line is None else self._plans.get(line.task_id)
        task = preview.task if preview is not None else None if line is None else self.board.task(line.task_id)
        pane.show_line(line, preview, task)
        self.view_changed()

    @property
    def _pane(self) -> BulkPlanPane:
        return self.query_one(BulkPlanPane)

    def scrolled(self) -> Widget:
        """The plan."""
        return self._pane.text

    def clock_ticked(self, now: datetime) -> None:
        """They have waited longer."""
        if self.children:
            self.row_list.show(self.rows())

    @on(BlockView.ExtentChanged)
    def _extent_changed(self, event: BlockView.ExtentChanged) -> None:
        """Less or more of the plan fits."""
        event.stop()
        self.view_changed()

    # what was on the screen

    def show_around(self) -> None:
        """Note which plans the person has before them; those that a key only passed over were not drawn."""
        super().show_around()
        for task_id in self.row_list.ids_on_screen:
            if not self.lines[task_id].is_reading:
                self._plans.note_shown(task_id)
        line = self.lines.get(self.row_list.cursor_id or "")
        if line is not None and not line.is_reading and self._plans.get(line.task_id) is not None:
            self._note_plan(line.task_id)
        if self._reads_on:
            self._show_reading(self._reading_words())
        self.show_keys()

    def _note_plan(self, task_id: str) -> None:
        """What is on the screen of the plan is read."""
        self._pane.note_shown()
        if self._pane.is_all_shown:
            self._plans.note_shown_whole(task_id, self._plans.fingerprint(task_id))

    def show_state(self, words: str) -> None:
        """Something else than how far a plan is read is told from now on."""
        self._reads_on = False
        super().show_state(words)

    def _show_reading(self, words: str) -> None:
        """Close to the plan: a row in between would push one away that was just noted as shown."""
        super().show_state(words)
        self.query_one("#foot").remove_class("-told")

    def _reading_words(self) -> str:
        here = self.row_list.cursor_id
        others = sum(line.task_id != here for line in self._not_shown)
        is_ticked = any(line.task_id == here for line in self.ticked)
        key = self.dashboard.launch.keymap.first("approval.confirm")
        return reading_words(self._pane.rows_to_read, others, key) if is_ticked else ""

    @property
    def _not_shown(self) -> list[Line]:
        """The ticked lines whose plans, as they are now, were not on the screen."""
        return [line for line in self.ticked if not self._plans.was_shown(line.task_id)]

    def _go_on_looking(self) -> None:
        """Show what comes next instead of approving what nobody could see."""
        left = self._not_shown
        task_id, before = left[0].task_id, self.row_list.cursor_id
        with self.row_list.prevent(RowList.Moved):
            self.row_list.move_to(task_id)
        self._show_plan()
        must_be_read = self._plans.must_be_read(task_id)
        has_room = task_id in self.row_list.ids_on_screen and (self._pane.has_room or not must_be_read)
        if has_room and must_be_read:
            self._read_on(is_here=task_id == before)
            return
        self.show_state(not_shown_words(len(left)))
        if not has_room:
            self.dashboard.tell("There is too little room to show the plans; nothing was sent.", severity="warning")

    def _read_on(self, *, is_here: bool) -> None:
        """Page on in the plan, or begin to where it has just come; no key typed ahead turns a page."""
        if is_here and self._reads_on and not self.was_seen:
            key = self.dashboard.launch.keymap.first("approval.confirm")
            self._show_reading(f"It has just appeared; nothing was sent. Press {key} again.")
            return
        if is_here:
            self._pane.read_on()
        self._show_reading(self._reading_words())
        self._reads_on = True
        self.appears()
        self.view_changed()

    def hints(self) -> Iterable[Hint]:
        if self.is_asking or self.is_sending:
            return super().hints()
        if not self.lines:
            return (("back", "back"),)
        left = self._not_shown
        read = "read on" if left and left[0].task_id == self.row_list.cursor_id else "go to an unread plan"
        words = read if left else "approve the ticked"
        approve: tuple[Hint, ...] = (("approval.confirm", words),) if self.ticked and self._plans.groups else ()
        return (*approve, *super().hints(), ("open", "look"), ("refresh", "read again"))

    # deciding

    def do_mark_all(self) -> None:
        """Tick all that may be ticked together, and say which ones are left out; or take all ticks away."""
        if self.is_sending:
            return
        is_unticking = not self._ticks_more() and bool(self.ticked)
        super().do_mark_all()
        left_out = sum(line.can_be_ticked and not self.ticks_itself(line) for line in self.lines.values())
        self.show_state(left_out_words(left_out) if left_out and not is_unticking else "")

    def ticks_itself(self, line: Line) -> bool:
        """Neither risky nor changed; those are ticked one by one."""
        is_read = self._plans.get(line.task_id) is not None
        return super().ticks_itself(line) and is_read and not self._plans.must_be_read(line.task_id)

    def moved(self) -> Widget:
        """The list, or the plan while that has the focus."""
        plan = self._pane.text
        return plan if plan.has_focus else self.row_list

    def ask_words(self, count: int) -> str:
        return asked_words(count, self.board.task(self.ticked[0].task_id))

    def do_approval_confirm(self) -> None:
        """Ask for the number of ticked plans, then approve them."""
        if self.is_sending:
            return
        if not self.ticked:
            self.show_state("Nothing is ticked; nothing was sent.")
        elif not self._plans.groups:
            self.show_state("Still reading the plans; nothing was sent.")
        elif self._not_shown:
            self._go_on_looking()
        else:
            self.ask_for_count()

    def start(self) -> None:
        """Approve, unless plans that were read while the number was typed are ticked now as well."""
        if self._not_shown:
            self._go_on_looking()
        else:
            super().start()

    def begin(self, engine: Engine, line: Line) -> asyncio.Task[OperationResult]:
        return engine.desk.approve(line.task_id, self._plans.fingerprint(line.task_id))

    def take(self, line: Line, result: OperationResult) -> None:
        """A plan that changed must be looked at before it can be ticked again."""
        from jjm_tui.services.courses.approve import PlanChangedError

        super().take(line, result)
        if isinstance(result.error, PlanChangedError) and result.outcome.value == "not_sent":
            line.note, line.is_ticked = "✗ not sent: the plan changed", False
            self.with_engine(lambda engine: self.read_again(engine, line))

    # one plan alone

    def do_open(self) -> None:
        """Look at the plan under the cursor on a sheet of its own, where it can be approved alone."""
        task_id = self.row_list.cursor_id
        if task_id is not None and not self.is_sending:
            look = ApprovalScreen(task_id)
            self.app.push_screen(look, lambda answer: self._looked_at(task_id, answer, look))

    def tells(self, result: OperationResult) -> bool:
        """Each approval has its outcome on its line, wherever it was decided."""
        return self._line_of(result) is not None

    def operation_ended(self, result: OperationResult) -> None:
        """An approval that was decided on another sheet has its outcome, perhaps while others are sent from here."""
        line = self._line_of(result)
        if line is not None and not self._run.is_ending:
            self.take(line, result)

    def _line_of(self, result: OperationResult) -> Line | None:
        return self.lines.get(result.task_id or "") if result.kind is OperationKind.APPROVE else None

    def _looked_at(self, task_id: str, answer: ApprovalAnswer | None, look: ApprovalScreen) -> None:
        line = self.lines[task_id]
        if look.shown_whole is not None:
            self._plans.note_shown_whole(task_id, look.shown_whole)
        if answer is True:
            if look.is_sending and not line.is_over:
                line.state, line.note = State.SENDING, "sending…"
                self.show_lines()
        elif answer is None and not line.is_over:
            self.with_engine(lambda engine: self.read_again(engine, line))
        elif answer is not None:
            self.leave(self.done())
            self.dashboard.show_task(task_id)
