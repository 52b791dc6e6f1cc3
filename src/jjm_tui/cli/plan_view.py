"""A plan that waits, as lines to read before deciding: steps, what changed, what is risky."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.appearance import task_heading
from jjm_tui.domain.text import age

if TYPE_CHECKING:
    from jjm_tui.domain.plans import PlanDifference
    from jjm_tui.domain.risks import RiskMark
    from jjm_tui.domain.task import Plan
    from jjm_tui.services.results import ApprovalPreview

StyledLine = tuple[str, str]

_DIFFERENCE_STYLES: Final = {"+": "green", "-": "red", "~": "yellow", ">": "cyan", "!": "bold red"}


def step_lines(plan: Plan) -> Iterator[StyledLine]:
    """Numbered steps with their descriptions."""
    width = len(str(len(plan.steps)))
    for number, step in enumerate(plan.steps, 1):
        yield f"  {number:>{width}}. {step.title}", "bold"
        for line in (step.description or "").splitlines():
            yield f"  {'':>{width}}  {line}", ""
    if not plan.steps:
        yield "  (no steps can be shown)", ""


def preview_lines(preview: ApprovalPreview, now: datetime) -> Iterator[StyledLine]:
    """Everything that a person should read before approving."""
    task, plan = preview.task, preview.plan
    yield f"{task_heading(task)}", "bold"
    yield f"  {task.id} · {task.repository or 'unknown repository'} · {task.branch or 'unknown branch'}", ""
    if task.waiting_since is not None:
        yield f"  has waited for {age((now - task.waiting_since).total_seconds())}", ""
    yield f"Plan {preview.fingerprint} · {_count(len(plan.steps), 'step')}", "bold"
    yield from step_lines(plan)
    if preview.difference:
        yield from difference_lines("Changed since it was last read here:", preview.difference)
    if preview.risks:
        yield "Look twice:", "bold red"
        for risk in preview.risks:
            yield f"  ! {_reason(risk)}", "red"
    if preview.needs_extra_word:
        yield "This plan is not known to be whole and the latest.", "bold red"
    for remark in preview.remarks:
        yield remark, ""


def difference_lines(heading: str, difference: PlanDifference) -> Iterator[StyledLine]:
    """What changed from one plan to another."""
    yield heading, "bold yellow"
    for line in difference.lines():
        yield f"  {line}", _DIFFERENCE_STYLES.get(line.lstrip()[:1], "")


def _reason(risk: RiskMark) -> str:
    """The sentence names kind and step itself; words that only say the kind again are left out."""
    return risk.reason.replace(f" ('{risk.kind.value}')", "")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
