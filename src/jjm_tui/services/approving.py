"""What helps to decide about plans: which of several look alike, what may be ticked, which revision one is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.plans import is_chat_fingerprint
from jjm_tui.domain.risks import touched_words
from jjm_tui.domain.task import Plan
from jjm_tui.services.results import ApprovalPreview

LookAlike = tuple[str, ...]
"""Equal for plans whose steps read the same but for case, numbers and the names of their repositories."""

_NUMBER: Final = re.compile(r"\d+")
_NOT_A_WORD: Final = re.compile(r"[^\w#]+")


def look_alike(plan: Plan, repository: str | None) -> LookAlike | None:
    """What to compare plans by; ``None`` for a plan without steps, which looks like no other."""
    if not plan.steps:
        return None
    return tuple(_comparable(f"{step.title}\n{step.description or ''}", repository) for step in plan.steps)


def _comparable(words: str, repository: str | None) -> str:
    text = words.casefold()
    whole = (repository or "").casefold()
    for name in (whole, whole.rpartition("/")[2]):
        if name:
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", text)
    return _NOT_A_WORD.sub(" ", _NUMBER.sub("#", text)).strip()


def cluster(previews: Iterable[ApprovalPreview]) -> tuple[tuple[ApprovalPreview, ...], ...]:
    """Plans that look alike together, larger groups first; inside a group and among equals the given order stays."""
    groups: dict[object, list[ApprovalPreview]] = {}
    for preview in previews:
        key = look_alike(preview.plan, preview.task.repository) or preview.task.id
        groups.setdefault(key, []).append(preview)
    return tuple(tuple(group) for group in sorted(groups.values(), key=len, reverse=True))


def why_not_ticked(preview: ApprovalPreview) -> str | None:
    """Why a plan is not ticked without being looked at: it is risky, or another one than was read here before."""
    return touched_words(preview.risks) or ("changed since it was last read here" if preview.difference else None)


def why_not_in_bulk(preview: ApprovalPreview) -> str | None:
    """Why a plan cannot be approved together with others, or ``None`` (``design.md``, Approval)."""
    if is_chat_fingerprint(preview.fingerprint):
        return "the server shows no plan; open it alone"
    return "not known to be whole and the latest; open it alone" if preview.needs_extra_word else None


def revision_of(events: Sequence[TaskEvent], fingerprint: str) -> int | None:
    """The how-manieth plan that was seen of its task this is; ``None`` where the history (oldest first) does not tell.

    It tells where each plan in it replaces the one before: a part that is cut off, a task that was forgotten between
    two plans, and a plan written down twice all break that. Plans that came and went while nobody looked are in no
    history.
    """
    ready = [event.data for event in events if event.type is EventType.PLAN_READY]
    seen = [data.get("fingerprint") for data in ready]
    if not seen or seen[-1] != fingerprint or [data.get("replaces") for data in ready] != [None, *seen[:-1]]:
        return None
    return len(seen)
