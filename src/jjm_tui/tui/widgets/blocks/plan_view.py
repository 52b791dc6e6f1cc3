"""The plan of a task: in its tab, and in the dialog in which it is approved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jjm_tui.domain.plans import PlanDifference
from jjm_tui.domain.risks import RiskMark
from jjm_tui.domain.task import Plan
from jjm_tui.tui.text.plan_blocks import no_plan_blocks, plan_blocks
from jjm_tui.tui.widgets.blocks.block_view import BlockView


class PlanView(BlockView):
    """Numbered steps below what they touch and what changed; the colours are those of ``BlockView``."""

    DEFAULT_CSS = """
    PlanView { padding: 0 0 0 1; }
    """

    def __init__(self, **widget: Any) -> None:
        super().__init__(**widget)
        self._shown: tuple[object, ...] | None = None

    def show(
        self,
        plan: Plan | None,
        difference: PlanDifference | None = None,
        risks: Iterable[RiskMark] = (),
        revision: int | None = None,
        note: str | None = None,
    ) -> None:
        """Show a plan, or that there is none; another plan than before is shown from its beginning.

        Args:
            plan: The plan, ``None`` where there is none.
            difference: What changed since the person last read a plan of this task.
            risks: Of its steps and of the files that were touched.
            revision: The how-manieth plan that was seen of the task this is, where that is known.
            note: A sentence about it, or why there is none.
        """
        marks = tuple(risks)
        wanted = (plan, difference, marks, revision, note)
        if wanted == self._shown:
            return
        before = None if self._shown is None else self._shown[0]
        self._shown = wanted
        is_another = not isinstance(before, Plan) or plan is None or before.fingerprint != plan.fingerprint
        blocks = no_plan_blocks(note) if plan is None else plan_blocks(plan, difference, marks, revision, note)
        self.set_blocks(blocks, fresh=is_another)
