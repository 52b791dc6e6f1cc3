"""Tasks and operations as the JSON of ``cli.md``: exactly its fields, in its order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from jjm_tui.domain.task import ChatMessage, Plan, SourceFile, Task, needs_me
from jjm_tui.domain.times import format_time
from jjm_tui.services.results import OperationResult

TASK_FIELDS: Final = (
    "id",
    "title",
    "description",
    "repository",
    "branch",
    "status",
    "status_detail",
    "needs_me",
    "created_at",
    "updated_at",
    "waiting_since",
    "synced_at",
    "url",
    "pull_request_url",
    "failure",
    "plan",
    "chat_history",
    "chat_truncated",
    "source_files",
    "archived",
    "archived_on_server",
    "on_server",
    "seen_at",
    "snoozed_until",
    "origin",
)


def task_document(task: Task, now: datetime, fields: Sequence[str] | None = None) -> dict[str, Any]:
    """A task with the fields of the contract, or with the chosen ones in the chosen order."""
    stored = task.to_dict()
    stored["needs_me"] = needs_me(task, now)
    stored["plan"] = None if task.plan is None else _plan(task.plan)
    stored["chat_history"] = [_message(message) for message in task.chat_history]
    stored["source_files"] = None if task.source_files is None else [_file(file) for file in task.source_files]
    return {name: stored[name] for name in (TASK_FIELDS if fields is None else fields)}


def _plan(plan: Plan) -> dict[str, Any]:
    stored = plan.to_dict()
    stored["steps"] = [{"title": step.title, "description": step.description} for step in plan.steps]
    return {name: stored[name] for name in ("id", "fingerprint", "complete", "created_at", "approved", "steps")}


def _message(message: ChatMessage) -> dict[str, Any]:
    stored = message.to_dict()
    return {name: stored[name] for name in ("id", "timestamp", "type", "content", "delivery")}


def _file(file: SourceFile) -> dict[str, Any]:
    stored = file.to_dict()
    return {name: stored[name] for name in ("filename", "status", "additions", "deletions", "url")}


def operation_document(result: OperationResult, now: datetime) -> dict[str, Any]:
    """How an operation ended; remarks of server and program are part of the message."""
    return {
        "operation": result.kind.value,
        "task_id": result.task_id,
        "outcome": result.outcome.value,
        "message": " ".join((result.message, *result.remarks)),
        "task": None if result.task is None else task_document(result.task, now),
    }


def time_or_null(moment: datetime | None) -> str | None:
    """RFC 3339, or null."""
    return None if moment is None else format_time(moment)
