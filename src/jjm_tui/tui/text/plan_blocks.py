"""A plan as blocks: what it touches, what changed since it was last read, then its numbered steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len

from jjm_tui.domain.plans import PlanDifference, is_chat_fingerprint
from jjm_tui.domain.risks import RiskMark, touched_words
from jjm_tui.domain.task import Plan, PlanStep
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.tui.text.blocks import Block, LineBlock, PlainBlock
from jjm_tui.tui.text.markdown_parts import MOST, split_parts
from jjm_tui.tui.text.rows import Roles, Row, Run

_DEEPEST: Final = 12
"""Cells that the rest of a changed line goes in at most, however far its text does."""
_CHANGES: Final = {
    "+": ("diff-added",),
    "-": ("diff-removed",),
    "~": ("attention",),
    ">": ("accent",),
    "!": ("error", "strong"),
}
"""The signs of ``PlanDifference.lines``."""

_APPROVAL: Final[dict[bool | None, tuple[str, Roles]]] = {
    True: ("✓ approved", ("success",)),
    False: ("not approved", ()),
    None: ("not known whether it was approved", ("muted",)),
}


def plan_blocks(
    plan: Plan,
    difference: PlanDifference | None = None,
    risks: Iterable[RiskMark] = (),
    revision: int | None = None,
    note: str | None = None,
) -> list[Block]:
    """Everything that a person should read before approving ``plan``.

    Args:
        plan: The plan.
        difference: What changed since the person last read a plan of this task.
        risks: Of the steps, shown beside them, and of files, shown above.
        revision: The how-manieth plan that was seen of the task this is, where that is known.
        note: A sentence of ours about it, such as how long it has waited.
    """
    marks = tuple(risks)
    by_step: dict[str, list[RiskMark]] = {}
    for mark in marks:
        by_step.setdefault(mark.where, []).append(mark)
    steps = [block for number, step in enumerate(plan.steps, 1) for block in _step(number, step, plan, by_step)]
    return [
        *_head(plan, marks, revision, note),
        *(_risk(mark, ()) for reasons in by_step.values() for mark in reasons),
        LineBlock([]),
        *_changes(difference),
        *(steps[:-1] or _no_steps(plan)),
    ]


def no_plan_blocks(why: str | None = None) -> list[Block]:
    """What stands where a plan will be. ``why``: a sentence that says why there is none."""
    return [
        LineBlock([("No plan is known.", ("strong",))]),
        LineBlock([(why or "None was read of this task so far.", ("muted",))]),
    ]


def _head(plan: Plan, risks: Sequence[RiskMark], revision: int | None, note: str | None) -> Iterator[Block]:
    name = "Plan" if revision in (None, 1) else f"Plan {revision} seen here"  # others may have gone by unseen
    count = "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"
    touched = touched_words(risks)
    yield LineBlock(
        [
            (name, ("heading",)),
            *([(f" · {count}", ())] if plan.steps else []),
            *([(" · ", ()), (touched, ("attention",))] if touched else []),
        ]
    )
    if plan.approved is not None or not note:
        yield LineBlock([_APPROVAL[plan.approved]])
    if note:
        yield LineBlock([(clean_line(note), ("muted",))])
    if not plan.complete:
        yield LineBlock([("! This plan is not known to be whole and the latest.", ("error",))], rest=(Run("  "),))


def _risk(mark: RiskMark, margin: Row) -> Block:
    return LineBlock([("! ", ("attention",)), (mark.reason, ("attention",))], first=margin, rest=(*margin, Run("  ")))


def _changes(difference: PlanDifference | None) -> Iterator[Block]:
    if not difference:
        return
    yield LineBlock([("Changed since it was last read here", ("heading",))])
    for line in difference.lines():
        shown = clean(line)
        indent = len(shown) - len(shown.lstrip())
        sign, text = shown[indent : indent + 1], shown[indent + 1 :]
        margin = (Run(" " * indent),)
        below = min(max(1 + len(text) - len(text.lstrip(" ")), 2), _DEEPEST)
        pieces = [(sign, _CHANGES.get(sign, ()))]
        for part in _bounded(text):
            yield LineBlock([*pieces, (part, ())], first=margin, rest=(*margin, Run(" " * below)))
            pieces = [(" ", ())]
    yield LineBlock([])
    yield LineBlock([("The plan now", ("heading",))])


def _step(number: int, step: PlanStep, plan: Plan, risks: dict[str, list[RiskMark]]) -> Iterator[Block]:
    """A step; its risks are taken out of ``risks``. Its description is literal but for the backticks
    around code: Markdown can hide what is approved."""
    width = len(str(len(plan.steps)))
    label = f"{number:>{width}}. "
    margin: Row = (Run(" " * cell_len(label)),)
    reasons = [_risk(mark, margin) for mark in risks.pop(f"step {number}", ())]
    parts = split_parts((step.description or "").strip("\n"))
    description = [PlainBlock(part.text, margin=margin, gap=int(part.has_gap), has_code=True) for part in parts]
    first: Row = (Run(label, ("bullet",)),)
    for part in _bounded(clean_line(step.title) or "(no title)"):
        yield LineBlock([(part, ("strong",))], first=first, rest=margin, has_code=True)
        first = margin
    yield from reasons
    yield from description
    yield LineBlock([])


def _no_steps(plan: Plan) -> list[Block]:
    if is_chat_fingerprint(plan.fingerprint):
        said = LineBlock([("This server shows no plan; what Jules intends is in the chat.", ())])
        return [said, LineBlock([("! Its risks are not judged here.", ("attention",))])]
    return [LineBlock([("No steps can be shown.", ("muted",))])]


def _bounded(text: str) -> Iterator[str]:
    """The text in parts that can be laid out in milliseconds each."""
    for start in range(0, max(1, len(text)), MOST):
        yield text[start : start + MOST]
