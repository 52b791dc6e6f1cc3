"""Stores of any size, with tasks as a busy team has them: plan, a short conversation, files, two kilobytes each."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jjm_tui.assembly.clock import SystemClock
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Plan, PlanStep, Provenance, SourceFile, Task
from jjm_tui.ports import TaskChange
from jjm_tui.store.json_file import JsonTaskStore

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_STATUSES = tuple(TaskStatus)


def make_task(number: int) -> Task:
    """The task with this number; equal numbers, equal tasks."""
    updated = NOW - timedelta(minutes=number * 7)
    return Task(
        id=str(10**19 + number * 7919 * 10**11),
        title=f"Task number {number} with a title of the usual length",
        description="Fix the login bug that keeps people out when their session token has expired. " * 2,
        repository=f"acme/repository-{number % 9}",
        branch="main",
        status=_STATUSES[number % len(_STATUSES)],
        status_detail="AS_THE_SERVER_SAYS",
        created_at=updated - timedelta(hours=1),
        updated_at=updated,
        waiting_since=updated,
        synced_at=NOW,
        url=f"https://jules.google.com/session/{number}",
        plan=Plan(
            "9f86d081884c7d65",
            tuple(PlanStep(f"Step {step}", "Change what has to be changed, and test it.") for step in range(1, 5)),
            id=f"plan-{number}",
            complete=True,
        ),
        chat_history=tuple(
            ChatMessage(
                "I found the place and will change it carefully.",
                "jules" if place % 2 else "user",
                updated,
                f"activity-{number}-{place}",
            )
            for place in range(4)
        ),
        chat_truncated=False,
        source_files=tuple(SourceFile(f"src/module_{place}.py", "modified", 12, 3) for place in range(3)),
        on_server=True,
        origin="default/rest",
        provenance={name: Provenance(2, NOW, "list") for name in ("status", "title", "repository")},
    )


def fill_store(path: Path, count: int) -> None:
    """Write a store of so many tasks."""

    async def fill() -> None:
        store = JsonTaskStore(path, SystemClock())
        await store.apply({task.id: _put(task) for task in map(make_task, range(count))})
        await store.close()

    asyncio.run(fill())


def _put(task: Task) -> TaskChange:
    return lambda _: task
