"""What is read before a plan is approved: the plan, or the conversation where a server shows no plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import Vertical

from jjm_tui.domain.plans import PlanDifference, diff_plans, file_risk_marks, is_chat_fingerprint, risk_marks
from jjm_tui.domain.task import Plan, Task
from jjm_tui.domain.text import ago
from jjm_tui.tui.widgets.blocks.plan_view import PlanView
from jjm_tui.tui.widgets.blocks.transcript import Transcript

if TYPE_CHECKING:
    from jjm_tui.services.results import ApprovalPreview

_NAMED_FILES: Final = 4


class PlanPaper(Vertical):
    """A ``PlanView`` and, only where it is needed, a ``Transcript`` below it."""

    DEFAULT_CSS = """
    PlanPaper {
        height: 1fr;
        min-height: 3;
        & > PlanView { height: 1fr; }
        & > Transcript { height: 1fr; display: none; }
        &.-chat > Transcript { display: block; }
        &.-chat > PlanView { height: auto; max-height: 50%; }
    }
    """

    def compose(self) -> ComposeResult:
        yield PlanView()
        yield Transcript()

    @property
    def text(self) -> PlanView | Transcript:
        """What is scrolled and has the focus."""
        return self.query_one(Transcript) if self.has_class("-chat") else self.query_one(PlanView)

    @property
    def rows_below(self) -> int:
        """How many rows of it are below what is on the screen, as far as they are measured."""
        return max(0, self.text.max_scroll_y - round(self.text.scroll_y))

    @property
    def rows_above(self) -> int:
        """How many rows of it are above what is on the screen."""
        return round(self.text.scroll_y)

    def show_preview(
        self, preview: ApprovalPreview, difference: PlanDifference | None, revision: int | None, now: datetime
    ) -> None:
        """The plan that waits now. ``difference``: to the plan that was read before."""
        task = preview.task
        self.query_one(PlanView).show(
            preview.plan,
            difference=difference,
            risks=(*preview.risks, *file_risk_marks(task.source_files or ())),
            revision=revision,
            note=_files_so_far(task),
        )
        is_chat = is_chat_fingerprint(preview.fingerprint)
        self.set_class(is_chat, "-chat")
        if is_chat:
            self.query_one(Transcript).show(task.chat_history, now, task.chat_truncated)

    def show_stored(self, task: Task, plan: Plan, now: datetime) -> None:
        """The plan as it was last heard of, which nobody can approve."""
        heard = "at an unknown time" if task.synced_at is None else ago((now - task.synced_at).total_seconds())
        self.query_one(PlanView).show(
            replace(plan, approved=None),
            risks=risk_marks(plan),
            note=f"This is the plan as it is stored, last heard of {heard}; it cannot be approved unread.",
        )

    def show_other(self, plan: Plan, read: Plan) -> None:
        """What was approved in place of the plan that was ``read``."""
        self.query_one(PlanView).show(plan, difference=diff_plans(read, plan), risks=risk_marks(plan))


def _files_so_far(task: Task) -> str | None:
    files = task.source_files or ()
    if not files:
        return None
    names = ", ".join(file.filename for file in files[:_NAMED_FILES])
    more = f" and {len(files) - _NAMED_FILES} more" if len(files) > _NAMED_FILES else ""
    return f"It changed {len(files)} file{'' if len(files) == 1 else 's'} so far: {names}{more}"
