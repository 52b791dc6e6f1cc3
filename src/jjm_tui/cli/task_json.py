"""Tasks and operations as the JSON of ``cli.md``: exactly its fields, in its order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.domain.task import ChatMessage, Plan, SourceFile, Task, needs_me
from jjm_tui.domain.times import format_time

if TYPE_CHECKING:
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


CHANGED_SINCE_READ: Final = "Changed since it was read:"
"""Above the difference between the plan that was read and the one that the server holds."""

_Make = Callable[[Task], Any]
_MADE: Final[Mapping[str, _Make]] = {
    "status": lambda task: task.status.value,
    "created_at": lambda task: time_or_null(task.created_at),
    "updated_at": lambda task: time_or_null(task.updated_at),
    "waiting_since": lambda task: time_or_null(task.waiting_since),
    "synced_at": lambda task: time_or_null(task.synced_at),
    "seen_at": lambda task: time_or_null(task.seen_at),
    "snoozed_until": lambda task: time_or_null(task.snoozed_until),
    "plan": lambda task: None if task.plan is None else _plan(task.plan),
    "chat_history": lambda task: [_message(message) for message in task.chat_history],
    "source_files": lambda task: None if task.source_files is None else [_file(file) for file in task.source_files],
}


def task_document(task: Task, now: datetime, fields: Sequence[str] | None = None) -> dict[str, Any]:
    """A task with the fields of the contract, or with the chosen ones in the chosen order."""
    wanted = _EVERY_FIELD if fields is None else _makers(fields)
    return {name: needs_me(task, now) if make is None else make(task) for name, make in wanted}


def _makers(fields: Sequence[str]) -> tuple[tuple[str, _Make | None], ...]:
    """How each field is made; the one that depends on the time is not."""
    return tuple((name, None if name == "needs_me" else _MADE.get(name) or attrgetter(name)) for name in fields)


_EVERY_FIELD: Final = _makers(TASK_FIELDS)


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "fingerprint": plan.fingerprint,
        "complete": plan.complete,
        "created_at": time_or_null(plan.created_at),
        "approved": plan.approved,
        "steps": [{"title": step.title, "description": step.description} for step in plan.steps],
    }


def _message(message: ChatMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "timestamp": time_or_null(message.timestamp),
        "type": message.type,
        "content": message.content,
        "delivery": message.delivery,
    }


def _file(file: SourceFile) -> dict[str, Any]:
    return {
        "filename": file.filename,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "url": file.url,
    }


def operation_document(result: OperationResult, now: datetime) -> dict[str, Any]:
    """How an operation ended; remarks of server and program, and what changed in a plan, are part of the message."""
    changed = () if not result.difference else (CHANGED_SINCE_READ, *result.difference.lines())
    return {
        "operation": result.kind.value,
        "task_id": result.task_id,
        "outcome": result.outcome.value,
        "message": "\n".join((" ".join((result.message, *result.remarks)), *changed)),
        "task": None if result.task is None else task_document(result.task, now),
    }


def time_or_null(moment: datetime | None) -> str | None:
    """RFC 3339, or null."""
    return None if moment is None else format_time(moment)
