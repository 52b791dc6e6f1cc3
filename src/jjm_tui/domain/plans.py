"""Plans compared and weighed: fingerprints, what changed between two plans, what deserves a second look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from jjm_tui.domain.risks import RiskKind, RiskMark, file_risk_marks, risk_marks
from jjm_tui.domain.task import Plan, PlanStep

__all__ = [
    "NumberedStep",
    "PlanDifference",
    "RiskKind",
    "RiskMark",
    "StepPair",
    "diff_plans",
    "file_risk_marks",
    "fingerprint_chat",
    "fingerprint_steps",
    "is_chat_fingerprint",
    "is_older_plan",
    "risk_marks",
]

FINGERPRINT_LENGTH: Final = 16
_CHAT_PREFIX: Final = "chat-"


def fingerprint_steps(raw_steps: Sequence[Mapping[str, Any]]) -> str:
    """Sixteen hexadecimal digits over titles and descriptions in order, as the server gave them, before cleaning.

    Steps are ordered by their ``index``; a missing index is 0 and a missing text is empty, as in proto JSON, so that
    the same plan has the same fingerprint through every tool of a server.
    """
    ordered = sorted(raw_steps, key=_index)
    return _digest([[step.get("title") or "", step.get("description") or ""] for step in ordered])


def _index(step: Mapping[str, Any]) -> int:
    index = step.get("index", 0)
    return index if isinstance(index, int) else 0


def fingerprint_chat(contents: Sequence[str]) -> str:
    """The fingerprint of a whole conversation, for servers without plans; never equal to one over steps."""
    return _CHAT_PREFIX + _digest(list(contents))


def is_chat_fingerprint(fingerprint: str) -> bool:
    """Whether it came from ``fingerprint_chat``: it changes with every message and says nothing about a plan."""
    return fingerprint.startswith(_CHAT_PREFIX)


def is_older_plan(said: Plan, known: Plan) -> bool:
    """Whether the server made ``said`` before ``known``: a page of the past is no news."""
    if said.fingerprint == known.fingerprint or said.created_at is None or known.created_at is None:
        return False
    return said.created_at < known.created_at


def _digest(value: object) -> str:
    canonical = json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:FINGERPRINT_LENGTH]


@dataclass(frozen=True, slots=True)
class NumberedStep:
    """A step and its 1-based number in its plan."""

    number: int
    step: PlanStep


@dataclass(frozen=True, slots=True)
class StepPair:
    """The same step in the old and in the new plan."""

    old: NumberedStep
    new: NumberedStep


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """What changed from one plan to another.

    ``is_hidden``: the fingerprints differ although every step reads the same, so the difference is in characters that
    were made harmless, or the two are not of the same kind.
    """

    added: tuple[NumberedStep, ...] = ()
    removed: tuple[NumberedStep, ...] = ()
    changed: tuple[StepPair, ...] = ()
    moved: tuple[StepPair, ...] = ()
    is_hidden: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.moved or self.is_hidden)

    def lines(self) -> tuple[str, ...]:
        """The difference as lines to show, in the order of the new plan, removed steps first."""
        shown = [f"- {step.number}. {step.step.title}" for step in self.removed]
        numbered: list[tuple[int, list[str]]] = [(step.number, _added_lines(step)) for step in self.added]
        numbered += [(pair.new.number, _changed_lines(pair)) for pair in self.changed]
        numbered += [
            (pair.new.number, [f"> {pair.new.number}. {pair.new.step.title} (was {pair.old.number})"])
            for pair in self.moved
        ]
        for _, lines in sorted(numbered, key=lambda entry: entry[0]):
            shown += lines
        if self.is_hidden:
            shown.append("! The plans differ in a way that cannot be shown.")
        return tuple(shown)


def _added_lines(step: NumberedStep) -> list[str]:
    lines = [f"+ {step.number}. {step.step.title}"]
    return [*lines, *(f"+    {line}" for line in (step.step.description or "").splitlines())]


def _changed_lines(pair: StepPair) -> list[str]:
    old, new = pair.old, pair.new
    moved = "" if old.number == new.number else f" (was {old.number})"
    lines = [f"~ {new.number}. {new.step.title}{moved}"]
    if old.step.title != new.step.title:
        lines.append(f"  - {old.step.title}")
        lines.append(f"  + {new.step.title}")
    if (old.step.description or "") != (new.step.description or ""):
        lines += [f"  - {line}" for line in (old.step.description or "").splitlines()]
        lines += [f"  + {line}" for line in (new.step.description or "").splitlines()]
    return lines


def diff_plans(old: Plan | None, new: Plan | None) -> PlanDifference:
    """What changed from ``old`` to ``new``; no plan is a plan without steps."""
    before = [] if old is None else [NumberedStep(n, step) for n, step in enumerate(old.steps, 1)]
    after = [] if new is None else [NumberedStep(n, step) for n, step in enumerate(new.steps, 1)]
    kept = SequenceMatcher(None, [_words(s) for s in before], [_words(s) for s in after], autojunk=False)
    same_old: set[int] = set()
    same_new: set[int] = set()
    for block in kept.get_matching_blocks():
        same_old.update(range(block.a, block.a + block.size))
        same_new.update(range(block.b, block.b + block.size))
    before = [step for index, step in enumerate(before) if index not in same_old]
    after = [step for index, step in enumerate(after) if index not in same_new]
    moved, before, after = _pair(before, after, lambda a, b: _words(a) == _words(b))
    titled, before, after = _pair(before, after, lambda a, b: a.step.title == b.step.title)
    alike, before, after = _pair(before, after, _reads_alike)
    difference = PlanDifference(tuple(after), tuple(before), (*titled, *alike), tuple(moved))
    if difference or old is None or new is None or old.fingerprint == new.fingerprint:
        return difference
    return PlanDifference(is_hidden=True)


def _words(numbered: NumberedStep) -> tuple[str, str]:
    return numbered.step.title, numbered.step.description or ""


_ALIKE: Final = 0.6
"""The similarity from which difflib's documentation calls two sequences close."""
_COMPARED_CHARACTERS: Final = 200


def _reads_alike(old: NumberedStep, new: NumberedStep) -> bool:
    left, right = old.step.title[:_COMPARED_CHARACTERS].lower(), new.step.title[:_COMPARED_CHARACTERS].lower()
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _pair(
    before: Iterable[NumberedStep], after: Iterable[NumberedStep], belong: Callable[[NumberedStep, NumberedStep], bool]
) -> tuple[list[StepPair], list[NumberedStep], list[NumberedStep]]:
    pairs: list[StepPair] = []
    left: list[NumberedStep] = []
    rest = list(after)
    for old in before:
        partner = next((new for new in rest if belong(old, new)), None)
        if partner is None:
            left.append(old)
        else:
            rest.remove(partner)
            pairs.append(StepPair(old, partner))
    return pairs, left, rest
