"""All plans that wait on one sheet: each read now, ticked by the person, approved one by one by its fingerprint."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from jjm_tui.domain.operations import OperationKind
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import age, heading, truncate
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.bulk import Line, State, count_words
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.screens.approval import ApprovalAnswer, ApprovalScreen
from jjm_tui.tui.screens.bulk_approval_words import first_steps, plan_note, task_and_place
from jjm_tui.tui.screens.bulk_sheet import BulkSheet
from jjm_tui.tui.widgets.blocks.block_view import BlockView
from jjm_tui.tui.widgets.blocks.plan_view import PlanView
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.row_list import Cell, ListRow, RowList

if TYPE_CHECKING:
    from jjm_tui.services.results import ApprovalPreview, OperationResult
    from jjm_tui.tui.engine import Engine

_ASKED_CELLS: Final = 40
"""Cells of a title in the question."""

AT_ONCE: Final = 4
"""How many plans are read at the same time at most; the gateway lets through fewer where a server wants that."""


class BulkApprovalScreen(BulkSheet):
    """The plans of the marked tasks, or of all that wait when none is marked.

    Risky plans, and those that changed since they were read here before, are not ticked by themselves; plans that are
    not known to be whole cannot be ticked at all. A plan that is another one by now is not sent, read again and
    unticked. Dismisses with the ids of the tasks whose plans were approved.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"dialog", "approval"})
    ALWAYS: ClassVar[tuple[str, ...]] = (*BulkSheet.ALWAYS, "open", "refresh")
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"open": "look at the plan under the cursor", "refresh": "read the plans again"}
    )
    DEFAULT_CSS = """
    BulkApprovalScreen {
        & RowList { max-height: 55%; }
        & PlanView {
            height: 1fr;
            border-top: solid $foreground 30%;
            border-title-color: $foreground;
            border-title-style: bold;
        }
        &.-empty RowList { max-height: 100%; }
        &.-short PlanView { display: none; }
    }
    """
    DONE_WORD = "approved"

    def __init__(self, marked: Iterable[str] = ()) -> None:
        super().__init__("Approve many plans")
        self._marked = tuple(marked)
        self._previews: dict[str, ApprovalPreview] = {}
        self._on_board: dict[str, str | None] = {}
        self._groups: tuple[tuple[str, ...], ...] = ()
        self._grouped: dict[str, str] = {}
        self._first_steps: dict[str, str] = {}
        self._skipped = 0

    def compose_below(self) -> ComposeResult:
        yield PlanView()

    def on_mount(self) -> None:
        """List what waits, and read it."""
        now = self.now()
        tasks = [task for task in self.board.tasks.values() if self._is_wanted(task, now)]
        tasks.sort(key=lambda task: (task.waiting_since is None, task.waiting_since or now, task.id))
        self._skipped = len(self._marked) - len(tasks) if self._marked else 0
        self.lines = {task.id: Line(task.id, is_reading=True) for task in tasks}
        self._on_board = {task.id: _fingerprint(task) for task in tasks}
        self.row_list.focus()
        self.show_lines()
        self.do_refresh()

    def _is_wanted(self, task: Task, now: datetime) -> bool:
        if self._marked:
            return task.id in self._marked and task.status in (TaskStatus.WAITING_APPROVAL, TaskStatus.UNKNOWN)
        return needs_me(task, now) == "approval"

    # reading

    def do_refresh(self) -> None:
        """Read again what is not decided."""
        if not self.lines:
            key = self.dashboard.launch.keymap.first("refresh")
            self.show_state(f"{key} in the list asks the server for new ones.")
        elif not self.is_sending:
            self.with_engine(self._read_all)

    @work(exclusive=True, group="reading")
    async def _read_all(self, engine: Engine) -> None:
        wanted = [line for line in self.lines.values() if not line.is_over]
        for line in wanted:
            line.is_reading = True
        self.show_lines()
        places = asyncio.Semaphore(AT_ONCE)

        async def read(line: Line) -> None:
            async with places:
                await self._read(engine, line)

        await asyncio.gather(*(read(line) for line in wanted))
        self._arrange()
        self.show_lines()

    async def _read(self, engine: Engine, line: Line) -> None:
        from jjm_tui.services.approving import why_not_in_bulk, why_not_ticked

        before = self._previews.get(line.task_id)
        line.obstacle = None
        try:
            preview = await engine.manager.preview_approval(line.task_id)
        except JulesManagerError as error:
            line.obstacle, line.is_ticked = error.message.rstrip("."), False
        else:
            self._previews[line.task_id] = preview
            line.obstacle = why_not_in_bulk(preview) or self._why_not_again(line.task_id)
            if before is None:
                line.is_ticked = line.obstacle is None and why_not_ticked(preview) is None
            elif before.fingerprint != preview.fingerprint:
                line.is_ticked, line.note = False, line.note or "! changed just now: look at it"
        finally:
            line.is_reading = False
        self.show_lines()

    @work(group="again")
    async def _read_again(self, engine: Engine, line: Line) -> None:
        line.is_reading = True
        self.show_lines()
        await self._read(engine, line)

    def _why_not_again(self, task_id: str) -> str | None:
        for operation in self.board.operations_of(task_id):
            if operation.kind is OperationKind.APPROVE and operation.state.is_open:
                return "an earlier approval is not settled yet; see the outbox"
        return None

    def _arrange(self) -> None:
        """Look-alikes together, once everything is read; after that nothing moves any more."""
        from jjm_tui.services.approving import cluster

        if self._groups:
            return
        read = [self._previews[task_id] for task_id in self.lines if task_id in self._previews]
        self._groups = tuple(tuple(each.task.id for each in group) for group in cluster(read))
        self._grouped = {each.task.id: each.fingerprint for each in read}
        self._first_steps = {each.task.id: first_steps(each.plan) for each in read}
        ordered = [task_id for group in self._groups for task_id in group]
        self.lines = {task_id: self.lines[task_id] for task_id in dict.fromkeys([*ordered, *self.lines])}

    def board_changed(self, change: BoardChange) -> None:
        """Polling saw another plan, or that a task no longer waits: its line is read again, and loses its tick."""
        engine = self.engine
        if engine is None or not self.children:
            return
        for task_id in change.task_ids & self.lines.keys():
            line, task, preview = self.lines[task_id], self.board.task(task_id), self._previews.get(task_id)
            seen, self._on_board[task_id] = self._on_board[task_id], _fingerprint(task)
            if preview is None or line.is_over or line.is_reading:
                continue
            is_other = self._on_board[task_id] not in (seen, preview.fingerprint)
            if task is None or is_other or task.status not in (preview.task.status, TaskStatus.WAITING_APPROVAL):
                self._read_again(engine, line)

    # what is shown

    def summary(self) -> str:
        if not self.lines:
            return "None of the marked tasks has a plan that waits." if self._marked else "No plan waits for approval."
        lines = self.lines.values()
        reading = sum(line.is_reading for line in lines)
        went, ticked = count_words(lines, self.DONE_WORD), len(self.ticked)
        parts = [f"{len(lines)} plan{'' if len(lines) == 1 else 's'}"]
        parts += [f"{ticked} ticked"] if ticked or not went else []
        if reading:
            parts.append(f"reading, {len(lines) - reading} of {len(lines)} read")
        if self._skipped > 0:
            parts.append(f"{self._skipped} marked without a plan that waits")
        return " · ".join(filter(None, [*parts, went]))

    def rows(self) -> Iterator[ListRow]:
        now, last = self.now(), 1
        shown: set[str] = set()
        for group in self._groups:
            if len(group) > 1:
                yield _heading(group[0], f"{len(group)} {self._likeness(group)}: {self._first_steps[group[0]]}")
            elif last > 1:
                yield _heading(group[0], "each of its own kind")
            last = len(group)
            shown.update(group)
            yield from (self._row(task_id, now) for task_id in group)
        yield from (self._row(task_id, now) for task_id in self.lines if task_id not in shown)

    def _likeness(self, group: tuple[str, ...]) -> str:
        """Whether they still look alike, or did when they were put together."""
        same = all(self._grouped[task_id] == self._previews[task_id].fingerprint for task_id in group)
        is_undecided = all(self.lines[task_id].state is State.OPEN for task_id in group)
        return "look alike" if same and is_undecided else "looked alike when they were read"

    def _row(self, task_id: str, now: datetime) -> ListRow:
        line, task, preview = self.lines[task_id], self.board.task(task_id), self._previews.get(task_id)
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
        return plan_note(line, self._previews.get(line.task_id))

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
        view = self.query_one(PlanView)
        view.display = bool(self.lines)
        line = self.lines.get(self.row_list.cursor_id or "")
        preview = None if line is None else self._previews.get(line.task_id)
        task = preview.task if preview is not None else None if line is None else self.board.task(line.task_id)
        view.border_title = "" if task is None else Content.assemble(" ", literal_line(task_and_place(task)), " ")
        if preview is not None and line is not None:
            approved = True if line.state is State.DONE else None if line.is_over else preview.plan.approved
            plan = replace(preview.plan, approved=approved)
            view.show(plan, difference=preview.difference, risks=preview.risks)
        else:
            view.show(None, note=None if line is None else line.obstacle or "It is being read.")
        self.show_around()

    def scrolled(self) -> Widget:
        """The plan."""
        return self.query_one(PlanView)

    def clock_ticked(self, now: datetime) -> None:
        """They have waited longer."""
        if self.children:
            self.row_list.show(self.rows())

    @on(BlockView.ExtentChanged)
    def _extent_changed(self, event: BlockView.ExtentChanged) -> None:
        """Less or more of the plan fits."""
        event.stop()
        self.show_around()

    def hints(self) -> Iterable[Hint]:
        if self.is_asking or self.is_sending:
            return super().hints()
        if not self.lines:
            return (("back", "back"),)
        approve: tuple[Hint, ...] = (("approval.confirm", "approve the ticked"),) if self.ticked else ()
        return (*approve, *super().hints(), ("open", "look"), ("refresh", "read again"))

    # deciding

    def do_mark_all(self) -> None:
        """Tick all that may be ticked together, or take their ticks away; say which ones are left out."""
        super().do_mark_all()
        left_out = sum(line.can_be_ticked and not self.ticks_itself(line) for line in self.lines.values())
        if left_out and not self.is_sending:
            which = "1 is risky or changed" if left_out == 1 else f"{left_out} are risky or changed"
            self.show_state(f"{which}: look, and tick {'it' if left_out == 1 else 'them'} yourself.")

    def ticks_itself(self, line: Line) -> bool:
        """Neither risky nor changed; those are ticked one by one."""
        from jjm_tui.services.approving import why_not_ticked

        preview = self._previews.get(line.task_id)
        return super().ticks_itself(line) and preview is not None and why_not_ticked(preview) is None

    def moved(self) -> Widget:
        """The list, or the plan while that has the focus."""
        plan = self.query_one(PlanView)
        return plan if plan.has_focus else self.row_list

    def ask_words(self, count: int) -> str:
        if count != 1:
            return f"To approve these {count} plans, type how many ({count}):"
        task = self.board.task(self.ticked[0].task_id)
        title = "" if task is None else truncate(heading(task.title, task.description, task.id), _ASKED_CELLS)
        return f"To approve the plan of {title}, type 1:"

    def do_approval_confirm(self) -> None:
        """Ask for the number of ticked plans, then approve them."""
        if self.is_sending:
            return
        if not self.ticked:
            self.show_state("Nothing is ticked; nothing was sent.")
        else:
            self.ask_for_count()

    def begin(self, engine: Engine, line: Line) -> asyncio.Task[OperationResult]:
        return engine.desk.approve(line.task_id, self._previews[line.task_id].fingerprint)

    def take(self, line: Line, result: OperationResult) -> None:
        """A plan that changed must be looked at before it can be ticked again."""
        from jjm_tui.services.courses.approve import PlanChangedError

        super().take(line, result)
        if isinstance(result.error, PlanChangedError) and result.outcome.value == "not_sent":
            line.note, line.is_ticked = "✗ not sent: the plan changed", False
            self.with_engine(lambda engine: self._read_again(engine, line))

    # one plan alone

    def do_open(self) -> None:
        """Look at the plan under the cursor on a sheet of its own, where it can be approved alone."""
        task_id = self.row_list.cursor_id
        if task_id is not None and not self.is_sending:
            self.app.push_screen(ApprovalScreen(task_id), lambda answer: self._looked_at(task_id, answer))

    def operation_ended(self, result: OperationResult) -> None:
        """An approval that was decided on the other sheet has its outcome."""
        line = self.lines.get(result.task_id or "")
        if line is not None and result.kind is OperationKind.APPROVE and not self.is_sending:
            self.take(line, result)

    def _looked_at(self, task_id: str, answer: ApprovalAnswer | None) -> None:
        line = self.lines[task_id]
        if answer is True and not line.is_over:
            line.state, line.note = State.SENDING, "sending…"
            self.show_lines()
        elif answer is None and not line.is_over:
            self.with_engine(lambda engine: self._read_again(engine, line))
        elif answer is not None and answer is not True:
            self.leave(self.done())
            self.dashboard.show_task(task_id)


def _heading(group_id: str, words: str) -> ListRow:
    return ListRow(f"group {group_id}", (Cell(words, "quiet"),), is_heading=True)


def _fingerprint(task: Task | None) -> str | None:
    return None if task is None or task.plan is None else task.plan.fingerprint
