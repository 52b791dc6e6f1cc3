"""What the sheet of many plans says of each plan and its task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jjm_tui.domain.risks import touched_words
from jjm_tui.domain.task import Plan, Task
from jjm_tui.domain.text import clean_line, heading
from jjm_tui.tui.bulk import Line
from jjm_tui.tui.text.rows import code_runs, row_text

if TYPE_CHECKING:
    from jjm_tui.services.results import ApprovalPreview

_FIRST: Final = 3
"""Steps by which plans that look alike are told."""


def plan_note(line: Line, preview: ApprovalPreview | None) -> tuple[str, str]:
    """What a plan is like, and the role of these words."""
    if line.is_reading:
        return "reading…", "quiet"
    if line.obstacle is not None:
        return line.obstacle, "warning"
    if preview is None:
        return "", ""
    count = len(preview.plan.steps)
    steps = f"{count} step{'' if count == 1 else 's'}"
    why = " · ".join(filter(None, (touched_words(preview.risks), "changed" if preview.difference else "")))
    if not why:
        return steps, ""
    return f"{why} · {steps}" if line.is_ticked else f"! {why}", "warning"


def task_and_place(task: Task) -> str:
    """What a task is called, and where it works; foreign text."""
    where = "@".join(filter(None, (task.repository, task.branch)))
    return " · ".join(filter(None, (heading(task.title, task.description, task.id), where)))


def first_steps(plan: Plan) -> str:
    """The titles of the first steps in one line; clean."""
    titles = (clean_line(step.title[:200]) for step in plan.steps[:_FIRST])
    words = [row_text(tuple(code_runs(title, (), 0))) for title in titles]
    return " · ".join([*words, *(["…"] if len(plan.steps) > _FIRST else [])])
