"""A process that changes a store and writes down, durably, what was acknowledged: ``worker STORE NAME COUNT DIARY``.

The diary has ``try N`` before and ``done N`` after each change; a worker that is started again goes on after the last
``try``. Progress goes to standard output, so that somebody can choose a moment for killing.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path

from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task
from jjm_tui.store.json_file import JsonTaskStore
from tests.store.stands import HandClock, put_sync

SHARED = 5
AT = datetime(2026, 11, 20, tzinfo=UTC)


def plan(name: str, number: int) -> tuple[str, str]:
    """What change ``number`` of this worker does, and to which task; the same after every restart."""
    kind = ("create", "append", "append", "archive", "forget", "sync")[number % 6]
    target = f"shared-{number % SHARED}" if kind == "append" else f"{name}-{number - number % 6}"
    return kind, target


def carry_out(store: JsonTaskStore, name: str, number: int) -> Awaitable[object]:
    kind, target = plan(name, number)
    mark = f"{name}:{number}"

    def append(task: Task | None) -> Task:
        marks = list(task.extra.get("marks", [])) if task else []
        return Task(id=target, title="shared", extra={"marks": [*marks, mark]})

    def archive(task: Task | None) -> Task:
        return Task(id=target, title=task.title if task else "lost", archived=True)

    match kind:
        case "create":
            return store.apply({target: lambda _: Task(id=target, title=mark)})
        case "append":
            return store.apply({target: append})
        case "archive":
            return store.apply({target: archive})
        case "forget":
            return store.forget([target] if number % 4 == 0 else [], AT)
        case _:
            return store.apply({}, put_sync(SyncState(name, polling_stopped=mark)))


def read_diary(diary: Path) -> list[tuple[str, int]]:
    lines = diary.read_text().splitlines() if diary.exists() else []
    return [(word, int(number)) for word, number in (line.split() for line in lines)]


async def work(path: Path, name: str, count: int, diary: Path) -> None:
    store = JsonTaskStore(path, HandClock(datetime.now(UTC)), gather_seconds=0.001)
    tried = [number for word, number in read_diary(diary) if word == "try"]
    number = max(tried, default=-1) + 1
    chance = random.Random(f"{name}{number}")
    descriptor = os.open(diary, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while number < count:
        batch = range(number, min(count, number + chance.randint(1, 12)))
        os.write(descriptor, b"".join(b"try %d\n" % n for n in batch))
        os.fsync(descriptor)
        print(batch.start, flush=True)
        await asyncio.gather(*(_one(store, name, n, descriptor) for n in batch))
        number = batch.stop
    await store.close()


async def _one(store: JsonTaskStore, name: str, number: int, descriptor: int) -> None:
    await carry_out(store, name, number)
    os.write(descriptor, b"done %d\n" % number)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))
