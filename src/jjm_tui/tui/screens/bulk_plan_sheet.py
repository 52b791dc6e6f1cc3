"""A sheet of plans: each is read from the server now, and again where it changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work

from jjm_tui.domain.operations import OperationKind
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.bulk import Line
from jjm_tui.tui.screens.bulk_approval_words import obstacle_words
from jjm_tui.tui.screens.bulk_plans import BulkPlans
from jjm_tui.tui.screens.bulk_sheet import BulkSheet

if TYPE_CHECKING:
    from jjm_tui.tui.engine import Engine

AT_ONCE: Final = 4
"""How many plans are read at the same time at most; the gateway lets through fewer where a server wants that."""


class BulkPlanSheet(BulkSheet):
    """Reads the plan of each line. Ticks those that need no look of their own, and unticks what changed."""

    ALWAYS: ClassVar[tuple[str, ...]] = (*BulkSheet.ALWAYS, "refresh")

    def __init__(self, heading: str) -> None:
        super().__init__(heading)
        self._plans = BulkPlans()
        self._on_board: dict[str, str | None] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def list_tasks(self, tasks: Sequence[Task]) -> None:
        """A line for each of them; what there is to decide is read next."""
        self.lines = {task.id: Line(task.id) for task in tasks}
        self._on_board = {task.id: _fingerprint(task) for task in tasks}

    def do_refresh(self) -> None:
        """Read again what is not decided; what is still being read is as new as that."""
        if not self.is_sending:
            self.read_plans([line for line in self.lines.values() if not line.is_over and not line.is_reading])

    def read_plans(self, wanted: Sequence[Line]) -> None:
        """Show the lines, and read the plans of these, if there are any lines at all."""
        for line in wanted:
            line.is_reading = True
        self.show_lines()
        if self.lines:
            self.with_engine(lambda engine: self._read_all(engine, wanted))
        else:
            key = self.dashboard.launch.keymap.first("refresh")
            self.show_state(f"{key} in the list asks the server for new ones.")

    @work(group="reading")
    async def _read_all(self, engine: Engine, wanted: Sequence[Line]) -> None:
        await asyncio.gather(*(self._read(engine, line) for line in wanted))

    async def _read(self, engine: Engine, line: Line) -> None:
        from jjm_tui.services.approving import why_not_in_bulk

        line.obstacle = None
        try:
            async with self._places:
                preview = await engine.manager.preview_approval(line.task_id)
        except JulesManagerError as error:
            line.obstacle, line.is_ticked = obstacle_words(error, line.task_id), False
        else:
            before = self._plans.get(line.task_id)
            self._plans.put(preview)
            line.obstacle = why_not_in_bulk(preview) or self._why_not_again(line.task_id)
            if before is None:
                line.is_ticked = line.obstacle is None and not self._plans.must_be_read(line.task_id)
            elif before.fingerprint != preview.fingerprint:
                line.is_ticked, line.note = False, line.note or "! changed just now: look at it"
        line.is_reading = False
        self._arrange()
        self.show_lines()

    @work(group="again")
    async def read_again(self, engine: Engine, line: Line) -> None:
        """Read the plan of one line anew."""
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
        if not self._plans.groups and not any(line.is_reading for line in self.lines.values()):
            self.lines = {task_id: self.lines[task_id] for task_id in self._plans.arrange(self.lines)}

    def board_changed(self, change: BoardChange) -> None:
        """Polling saw another plan, or that a task no longer waits: its line is read again, and loses its tick."""
        engine = self.engine
        if engine is None or not self.children:
            return
        for task_id in change.task_ids & self.lines.keys():
            line, task, preview = self.lines[task_id], self.board.task(task_id), self._plans.get(task_id)
            seen, self._on_board[task_id] = self._on_board[task_id], _fingerprint(task)
            if preview is None or line.is_over or line.is_reading:
                continue
            is_other = self._on_board[task_id] not in (seen, preview.fingerprint)
            if task is None or is_other or task.status not in (preview.task.status, TaskStatus.WAITING_APPROVAL):
                self.read_again(engine, line)


def _fingerprint(task: Task | None) -> str | None:
    return None if task is None or task.plan is None else task.plan.fingerprint
