"""The plan under the cursor on the sheet of many plans, and how much of it was on the screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.content import Content

from jjm_tui.domain.task import Task
from jjm_tui.tui.bulk import Line, State
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.screens.bulk_approval_words import task_and_place
from jjm_tui.tui.widgets.blocks.plan_paper import PlanPaper
from jjm_tui.tui.widgets.blocks.plan_view import PlanView

if TYPE_CHECKING:
    from jjm_tui.services.results import ApprovalPreview


class BulkPlanPane(PlanPaper):
    """A plan below the name of its task. Each time another task's plan comes, it is read from its beginning."""

    DEFAULT_CSS = """
    BulkPlanPane {
        min-height: 0;
        border-top: solid $foreground 30%;
        border-title-color: $foreground;
        border-title-style: bold;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._task_id: str | None = None

    def show_line(self, line: Line | None, preview: ApprovalPreview | None, task: Task | None) -> None:
        """Show the plan of a line as it was read last, or why there is none; ``None`` for no line."""
        self.border_title = "" if task is None else Content.assemble(" ", literal_line(task_and_place(task)), " ")
        view, task_id = self.query_one(PlanView), None if line is None else line.task_id
        if preview is not None and line is not None:
            approved = True if line.state is State.DONE else None if line.is_over else preview.plan.approved
            plan = replace(preview.plan, approved=approved)
            view.show(plan, difference=preview.difference, risks=preview.risks)
        else:
            why = None if line is None else line.obstacle or "It is being read."
            view.show(None, note=None if why is None else f"{why[:1].upper()}{why[1:]}")
        if task_id != self._task_id:
            self._task_id = task_id
            self.begin_again()

    @property
    def is_all_shown(self) -> bool:
        """Whether all of it was on the screen without a gap."""
        return self.has_room and not self.rows_not_shown
