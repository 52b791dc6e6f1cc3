"""How the official server shows sessions and activities: camelCase states, typed outputs, flat activities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jjm_tui.simulator import views
from jjm_tui.simulator.session import ActivityRecord, PlanRecord, Session
from jjm_tui.simulator.states import State

STATE_WORDS: Final[Mapping[State, str]] = {
    State.QUEUED: "queued",
    State.PLANNING: "planning",
    State.AWAITING_PLAN_APPROVAL: "awaitingPlanApproval",
    State.AWAITING_USER_FEEDBACK: "awaitingUserFeedback",
    State.IN_PROGRESS: "inProgress",
    State.PAUSED: "paused",
    State.COMPLETED: "completed",
    State.FAILED: "failed",
}

_BUSY: Final = frozenset({State.QUEUED, State.PLANNING, State.IN_PROGRESS})


def show_entry(session: Session) -> dict[str, Any]:
    """An entry of ``list_sessions``; every output is in it twice."""
    view = views.show_session(session)
    outputs = [_typed(output) for output in view.pop("outputs", [])]
    archived = view.pop("archived", False)
    view["state"] = STATE_WORDS[session.state]
    tail: dict[str, Any] = {"outputs": outputs, "archived": archived}
    view.update(tail if outputs else {"archived": archived, "outputs": outputs})
    outcome: dict[str, Any] = {"sessionId": session.spec.id}
    if session.spec.title:
        outcome["title"] = session.spec.title
    outcome["state"] = "failed" if session.state is State.FAILED else "completed"
    for output in outputs:
        if output["type"] == "pullRequest":
            outcome["pullRequest"] = output["pullRequest"]
    outcome["outputs"] = outputs
    view["outcome"] = outcome
    return view


def _typed(output: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": next(iter(output)), **output}


def show_state(session: Session) -> dict[str, Any]:
    """The answer of ``get_session_state``."""
    spec = session.spec
    shown: dict[str, Any] = {
        "id": spec.id,
        "status": "busy" if session.state in _BUSY else "stable",
        "url": f"https://jules.google.com/session/{spec.id}",
    }
    if spec.title:
        shown["title"] = spec.title
    shown["prompt"] = spec.prompt
    pull_request = views.show_pull_request(session) if session.state is State.COMPLETED else None
    if pull_request is not None:
        shown["pr"] = {"url": pull_request["url"], "title": pull_request["title"]}
    if session.activities:
        last = session.activities[-1]
        shown["lastActivity"] = {"activityId": last.id, "type": last.kind, "timestamp": views.show_time(last.time)}
    pending = _pending_plan(session)
    if pending is not None:
        shown["pendingPlan"] = pending
    for record in reversed(session.activities):
        if record.kind == "agentMessaged":
            shown["lastAgentMessage"] = {
                "activityId": record.id,
                "content": record.payload["agentMessage"],
                "timestamp": views.show_time(record.time),
            }
            break
    return shown


def _pending_plan(session: Session) -> dict[str, Any] | None:
    """The latest plan, unless it was approved after it was made."""
    for record in reversed(session.activities):
        if record.kind == "planApproved":
            return None
        if isinstance(record.payload, PlanRecord):
            steps = [
                {"title": step.title, **({"description": step.description} if step.description else {})}
                for step in record.payload.steps
            ]
            return {"activityId": record.id, "planId": record.payload.id, "steps": steps}
    return None


def summarise(record: ActivityRecord) -> str:
    """The ``summary`` of a cached activity; for messages it is only the type."""
    if isinstance(record.payload, PlanRecord):
        return f"Plan generated with {len(record.payload.steps)} steps"
    match record.kind:
        case "planApproved":
            return "Plan approved"
        case "progressUpdated":
            return str(record.payload["title"])
        case "sessionCompleted":
            return "Session completed"
        case "sessionFailed":
            return f"Session failed: {record.payload['reason']}"
        case kind:
            return str(kind)


def show_cached_activity(session: Session, record: ActivityRecord) -> dict[str, Any]:
    """A cached activity with all fields: the member of the REST form is flattened."""
    rest = views.show_activity(session, record)
    artifacts = [
        {"type": next(iter(artifact)), **artifact}
        for artifact in rest.get("artifacts", [])
        if "bashOutput" not in artifact
    ]
    flat = dict(rest.get(record.kind or "", {}))
    for name in ("agentMessage", "userMessage"):
        if name in flat:
            flat["message"] = flat.pop(name)
    return {
        "name": rest["name"],
        "id": rest["id"],
        "createTime": rest["createTime"],
        "originator": rest["originator"],
        "artifacts": artifacts,
        "type": record.kind,
        **flat,
        "artifactCount": len(artifacts),
        "summary": summarise(record),
    }


def show_cached_brief(session: Session, record: ActivityRecord) -> dict[str, Any]:
    """A cached activity as a query without ``select`` gives it."""
    whole = show_cached_activity(session, record)
    brief: dict[str, Any] = {name: whole[name] for name in ("id", "type", "createTime", "summary")}
    return {**brief, "artifacts": None, "artifactCount": whole["artifactCount"]}
