"""Under which keys texts are kept that were not sent yet."""

from __future__ import annotations

from typing import Final

CREATE_KEY: Final = "create"
"""The form of a new task."""

MANY_KEY: Final = "message-many"
"""The message to several tasks."""

_MESSAGE: Final = "message:"


def message_key(task_id: str) -> str:
    """The message to a task."""
    return f"{_MESSAGE}{task_id}"


def task_of(key: str) -> str | None:
    """The task whose message is kept under a key; ``None`` where it is something else."""
    return key.removeprefix(_MESSAGE) if key.startswith(_MESSAGE) else None
