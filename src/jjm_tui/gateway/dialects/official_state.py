"""What ``get_session_state`` of the official server tells, and what may be concluded from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jjm_tui.domain.facts import SILENT, FactSource, Rank, TaskFacts
from jjm_tui.domain.plans import fingerprint_steps
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan
from jjm_tui.domain.text import clean_line
from jjm_tui.gateway.dialects.activities import decode_step, read_steps
from jjm_tui.gateway.dialects.sessions import said_line, said_text, said_url


def decode_state(task_id: str, state: Mapping[str, Any], source: Callable[[Rank, str], FactSource]) -> list[TaskFacts]:
    """Facts of one answer: the status as a guess, the rest as a cached answer."""
    status, detail = guess_status(state)
    request = state.get("pr")
    return [
        TaskFacts(task_id, source(Rank.GUESS, "state"), status=status, status_detail=detail),
        TaskFacts(
            task_id,
            source(Rank.CACHE, "state"),
            title=said_line(state.get("title")),
            description=said_text(state.get("prompt")),
            url=said_url(state.get("url")),
            pull_request_url=said_url(request.get("url")) if isinstance(request, Mapping) else SILENT,
            on_server=True,
        ),
    ]


def guess_status(state: Mapping[str, Any]) -> tuple[TaskStatus, str | None]:
    """The status behind *busy* and *stable*, by the table of ``servers.md`` section 2."""
    word = state.get("status")
    detail = clean_line(word) if isinstance(word, str) and word else None
    if word == "busy":
        return TaskStatus.IN_PROGRESS, detail
    if word == "failed":
        return TaskStatus.FAILED, detail
    if word != "stable":
        return TaskStatus.UNKNOWN, detail
    if isinstance(state.get("pendingPlan"), Mapping):
        return TaskStatus.WAITING_APPROVAL, detail
    last = state.get("lastActivity")
    kind = last.get("type") if isinstance(last, Mapping) else None
    if kind == "agentMessaged":
        return TaskStatus.WAITING_FEEDBACK, detail
    return (TaskStatus.COMPLETED if kind == "sessionCompleted" else TaskStatus.UNKNOWN), detail


def decode_pending_plan(state: Mapping[str, Any] | None) -> Plan | None:
    """The plan that waits for approval. It is the latest one, and whole when all its steps can be read."""
    pending = None if state is None else state.get("pendingPlan")
    if not isinstance(pending, Mapping):
        return None
    steps, readable = read_steps(pending.get("steps"))
    plan_id = pending.get("planId")
    return Plan(
        fingerprint=fingerprint_steps(steps),
        steps=tuple(decode_step(step) for step in steps),
        id=clean_line(plan_id) if isinstance(plan_id, str) and plan_id else None,
        complete=readable and bool(steps),
        approved=False,
    )
