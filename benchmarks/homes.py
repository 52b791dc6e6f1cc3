"""Homes (``JJM_HOME``) for the dashboard under measurement: settings, a store of any size, long texts."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from benchmarks.samples import NOW, fill_store
from jjm_tui.assembly.clock import SystemClock
from jjm_tui.assembly.demo import WorldCaller
from jjm_tui.assembly.graph import build_context
from jjm_tui.assembly.options import Options
from jjm_tui.assembly.workplace import Workplace, open_workplace
from jjm_tui.domain.conversation import KEPT_MESSAGES
from jjm_tui.domain.order import sort_tasks
from jjm_tui.domain.task import ChatMessage, Task
from jjm_tui.gateway.server import JulesServer
from jjm_tui.ports import Transcript
from jjm_tui.services.reading import TaskReader
from jjm_tui.simulator.rest_dialect import RestDialect
from jjm_tui.simulator.world import World
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from jjm_tui.store.transcripts import FileTranscripts

PARAGRAPH = (
    "I looked at `session.py` and found that the token is compared **before** it is refreshed. "
    "The fix is small, but the test has to wait for the clock, so I inject one.\n\n"
    "```python\ndef refresh(token: Token, clock: Clock) -> Token:\n    return token if clock.now() < token.ends else "
    "renew(token)\n```\n\n- run the tests again\n- look at the log of the nightly job\n"
)


def prepare_sample_home(folder: Path, tasks: int) -> Path:
    """A store of sample tasks, and a server that never answers: nothing but the dashboard moves."""
    fill_store(folder / "data" / "default" / "tasks.json", tasks)
    _write_settings(folder, "--tasks", "0", "--fault", "silent-start")
    return folder


def prepare_world_home(folder: Path, tasks: int, *, speed: float, interval: float) -> Path:
    """A simulated world that runs at ``speed``, and a store filled from it; it is asked every ``interval`` seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "world.json"
    World(1, tasks, speed, state_path=state)
    _write_settings(folder, "--state", str(state), "--speed", str(speed), interval=interval)
    with open_workplace(Options(), {"JJM_HOME": str(folder)}) as place:
        asyncio.run(_fill_from_world(place, state, tasks, speed))
    return folder


def add_activities(folder: Path, each: int) -> None:
    """Give every stored task a whole conversation of so many entries."""
    asyncio.run(_put_conversations(folder, ((task, each) for task in stored_tasks(folder))))


def add_long_conversation(folder: Path, size: int) -> Task:
    """Give the first task of the list a conversation of so many characters, its newest entries in the store; answer
    the task."""
    task = list_order(folder)[0]
    count = size // len(PARAGRAPH) + 1
    asyncio.run(_put_conversations(folder, [(task, count)]))
    newest = _conversation(task, count)[-KEPT_MESSAGES:]
    asyncio.run(_put_task(folder, replace(task, chat_history=newest, chat_truncated=True)))
    return task


def add_long_diff(folder: Path, lines: int) -> Task:
    """Give the first task of the list a patch of so many lines over 20 files; answer the task."""
    task = list_order(folder)[0]
    transcripts = FileTranscripts(folder / "data" / "default" / "activities")

    async def put() -> None:
        await transcripts.update(task.id, lambda kept: replace(kept, patch=make_patch(lines), read_at=NOW))

    asyncio.run(put())
    return task


def make_patch(lines: int, files: int = 20) -> str:
    """A unified diff of so many lines: a fifth of them comes and a fifth goes."""
    return "".join(_file_patch(f"src/package/module_{number}.py", lines // files) for number in range(files))


def _file_patch(path: str, lines: int) -> str:
    hunks = []
    for start in range(1, lines, 50):
        body = "".join(
            (f"-    old_{line} = compute({line})\n" if line % 5 == 0 else f"+    new_{line} = compute({line}, 2)\n")
            if line % 5 in (0, 1)
            else f"     value_{line} = first_{line} + second_{line}  # as before\n"
            for line in range(start, start + 49)
        )
        old, new = (sum(line[0] != sign for line in body.splitlines()) for sign in "+-")
        hunks.append(f"@@ -{start},{old} +{start},{new} @@ def function_{start}():\n{body}")
    return f"diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ b/{path}\n" + "".join(hunks)


def stored_tasks(folder: Path) -> tuple[Task, ...]:
    """All tasks of the home's store."""
    return read_tasks(folder / "data" / "default" / "tasks.json")[0]


def list_order(folder: Path) -> list[Task]:
    """The stored tasks as the dashboard's list shows them first: who needs a person, longest wait first."""
    return sort_tasks(stored_tasks(folder), "needs-me", now=now())


def now() -> datetime:
    """The time as the programs see it."""
    return SystemClock().now()


async def _put_conversations(folder: Path, wanted: Iterable[tuple[Task, int]]) -> None:
    transcripts = FileTranscripts(folder / "data" / "default" / "activities")
    for task, count in wanted:
        whole = Transcript(task.id, messages=_conversation(task, count), read_at=NOW, whole=True)
        await transcripts.update(task.id, lambda _, whole=whole: whole)


def _conversation(task: Task, count: int) -> tuple[ChatMessage, ...]:
    return tuple(
        ChatMessage(
            f"Entry {place}. {PARAGRAPH}", "jules" if place % 3 else "user", task.created_at, f"{task.id}-{place}"
        )
        for place in range(count)
    )


async def _put_task(folder: Path, task: Task) -> None:
    store = JsonTaskStore(folder / "data" / "default" / "tasks.json", SystemClock())
    await store.apply({task.id: lambda _: task})
    await store.close()


async def _fill_from_world(place: Workplace, state: Path, tasks: int, speed: float) -> None:
    context = build_context(place, {})
    caller = WorldCaller(RestDialect(World(1, tasks, speed, state_path=state)))
    reader = TaskReader(replace(context, server=JulesServer(caller, context.clock, "bench")))
    reading = await reader.refresh_list()
    for task_id in list(reading.absorbed.tasks):
        await reader.refresh_task(task_id)
    store = context.store
    assert isinstance(store, JsonTaskStore)
    await store.close()


def _write_settings(folder: Path, *simulator: str, interval: float = 3600.0) -> None:
    arguments = json.dumps(["-m", "jjm_tui.simulator", *simulator])
    (folder / "jjm.toml").write_text(
        f'[server]\nlabel = "bench"\ncommand = "{sys.executable}"\nargs = {arguments}\nstart_timeout = 3600\n'
        f"[polling]\ninterval = {interval}\nunfocused_interval = {max(60.0, interval)}\ncalls_per_minute = 100000\n",
        encoding="utf-8",
    )
