"""What the sheet of many plans says of each plan and its task."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.risks import touched_words
from jjm_tui.domain.task import Plan, Task
from jjm_tui.domain.text import clean_line, heading, truncate
from jjm_tui.tui.bulk import Line, count_words
from jjm_tui.tui.text.around import more_rows
from jjm_tui.tui.text.rows import code_runs, row_text

if TYPE_CHECKING:
    from jjm_tui.errors import JulesManagerError
    from jjm_tui.services.results import ApprovalPreview

_ASKED_CELLS: Final = 40
"""Cells of a title in the question."""
_FIRST: Final = 3
"""Steps by which plans that look alike are told."""


def summary_words(lines: Collection[Line], skipped: int, done: str) -> str:
    """How far a sheet of plans is. ``skipped``: marked tasks without a plan; ``done``: what went well."""
    reading = sum(line.is_reading for line in lines)
    went, ticked = count_words(lines, done), sum(line.is_ticked and line.can_be_ticked for line in lines)
    parts = [f"{len(lines)} plan{'' if len(lines) == 1 else 's'}"]
    parts += [f"{ticked} ticked"] if ticked or not went else []
    if reading:
        parts.append(f"reading, {len(lines) - reading} of {len(lines)} read")
    if skipped > 0:
        parts.append(f"{skipped} marked without a plan that waits")
    return " · ".join(filter(None, [*parts, went]))


def asked_words(count: int, first: Task | None) -> str:
    """What is asked before plans are approved; a single one is named."""
    if count != 1:
        return f"To approve these {count} plans, type how many ({count}):"
    title = "" if first is None else truncate(heading(first.title, first.description, first.id), _ASKED_CELLS)
    return f"To approve the plan of {title}, type 1:"


def plan_note(line: Line, preview: ApprovalPreview | None) -> tuple[str, str]:
    """What a plan is like, and the role of these words."""
    if line.is_reading:
        return "reading…", "quiet"
    if line.obstacle is not None:
        return line.obstacle, "warning"
    if preview is None:
        return "", ""
    why = " · ".join(filter(None, (touched_words(preview.risks), "changed" if preview.difference else "")))
    if why:
        return f"! {why}", "warning"
    count = len(preview.plan.steps)
    return f"{count} step{'' if count == 1 else 's'}", ""


def obstacle_words(error: JulesManagerError, task_id: str) -> str:
    """Why a plan could not be read, so that the reason has room in the row of its task: ``it is being worked on``."""
    words, start = error.message.rstrip("."), f"Nothing to approve: the task {task_id} "
    return f"it {words.removeprefix(start)}" if words.startswith(start) else words


def task_and_place(task: Task) -> str:
    """What a task is called, and where it works; foreign text."""
    where = "@".join(filter(None, (task.repository, task.branch)))
    return " · ".join(filter(None, (heading(task.title, task.description, task.id), where)))


def first_steps(plan: Plan) -> str:
    """The titles of the first steps in one line; clean."""
    titles = (clean_line(step.title[:200]) for step in plan.steps[:_FIRST])
    words = [row_text(tuple(code_runs(title, (), 0))) for title in titles]
    return " · ".join([*words, *(["…"] if len(plan.steps) > _FIRST else [])])


def left_out_words(count: int) -> str:
    """What is said of plans that are not ticked together with others."""
    which = "1 is risky or changed" if count == 1 else f"{count} are risky or changed"
    return f"{which}: look, and tick {'it' if count == 1 else 'them'} yourself."


def not_shown_words(count: int) -> str:
    """Why ticked plans are not approved yet."""
    return f"{'1 ticked plan was' if count == 1 else f'{count} ticked plans were'} not on screen yet; look first."


def reading_words(left: int, others: int, key: str) -> str:
    """How far the plan below the list is read. ``left``: rows to come; ``others``: further plans to look at."""
    if not left:
        return f"That is all of it; {key} goes on. Nothing was sent."
    then = f", then {others} more plan{'' if others == 1 else 's'}" if others else ""
    return f"↓ {more_rows(left)} to read{then}. Nothing was sent."
