"""Which plan a reading itself told, apart from the stored one: that a server is silent about a plan confirms none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from jjm_tui.domain.facts import SILENT, TaskFacts
from jjm_tui.domain.plans import is_chat_fingerprint
from jjm_tui.domain.task import Plan, Task
from jjm_tui.domain.text import ago


def find_told_plan(facts: Iterable[TaskFacts]) -> Plan | None:
    """The plan that one reading's facts (weakest first) tell; ``None`` when they are silent, or say that none is."""
    told: Plan | None = None
    for each in facts:
        if each.plan is not SILENT:
            told = each.plan
    return told


def plan_to_decide(stored: Plan | None, told: Plan | None) -> Plan | None:
    """The plan that the reading told, as it may be decided upon; ``None`` when it told none that can still wait.

    ``stored``: the task's plan after the reading was merged. Where that is another one, the server shows a plan of the
    past, which is not the latest.
    """
    if told is None or stored is None:
        return told
    if told.fingerprint == stored.fingerprint:
        return replace(stored, complete=told.complete)
    return None if told.approved else replace(told, complete=False)


def with_plan_as_told(task: Task, told: Plan | None, now: datetime) -> tuple[Task, tuple[str, ...]]:
    """The task after a reading that told this plan, and what to remark where the task's plan is from an earlier one."""
    plan = task.plan
    if plan is None or is_chat_fingerprint(plan.fingerprint):
        return task, ()
    if told is not None and told.fingerprint == plan.fingerprint:
        return task, ()
    return (
        replace(task, plan=replace(plan, complete=False)),
        (f"The server does not show the plan now; this one was read {plan_age(task, now)}.",),
    )


def plan_age(task: Task, now: datetime) -> str:
    """How long ago a server told the task's plan, in words."""
    known_from = task.provenance.get("plan")
    return "at an unknown time" if known_from is None else ago((now - known_from.observed_at).total_seconds())
