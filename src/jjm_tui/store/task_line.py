"""How a task stands in a file: one line of JSON, read with all fields that only a newer version knows."""

from __future__ import annotations

from typing import Any, Final

from jjm_tui.domain.task import Task
from jjm_tui.store.document import RecordKind, encode_json, encode_plain

TASKS: Final[RecordKind[Task]] = RecordKind("tasks", Task.from_dict, lambda task: task.id, "chat_history")


def encode_task(task: Task) -> bytes:
    """One task on one line; unknown fields go the exact way, because only they can hold numbers that orjson bends."""
    parts: list[Any] = [task, *task.chat_history, *(task.source_files or ())]
    if task.plan is not None:
        parts += [task.plan, *task.plan.steps]
    return encode_json(task.to_dict()) if any(part.extra for part in parts) else encode_plain(task.to_dict())
