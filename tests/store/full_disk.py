"""Fills a small file system until nothing more can be saved, and looks at what is left: ``full_disk FOLDER``.

Prints one line of JSON: how many changes each store acknowledged. Ends with an error where a promise does not hold.
"""

from __future__ import annotations

import asyncio
import json
import random
import string
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind
from jjm_tui.errors import StorageError
from jjm_tui.store.draft_file import FileDrafts
from jjm_tui.store.event_file import FileEventLog
from jjm_tui.store.json_file import JsonTaskStore
from jjm_tui.store.outbox_file import FileOutbox
from jjm_tui.store.transcripts import FileTranscripts
from tests.store.stands import START, HandClock, make_task, no_pause, put

LIMIT = 400
CHANCE = random.Random(7)


def filler(size: int) -> str:
    """Text that does not compress, a bit different in length each time, so that the disk fills up at any step."""
    return "".join(CHANCE.choices(string.ascii_letters, k=size + CHANCE.randrange(300)))


async def fill(change: Callable[[int], Awaitable[object]], see: Callable[[], Awaitable[set[str]]]) -> int:
    """Change until it fails three times; what was acknowledged is there, and nothing of what failed."""
    acknowledged: set[str] = set()
    failed = 0
    for number in range(LIMIT):
        try:
            await change(number)
        except StorageError as error:
            _check_words(error)
            failed += 1
        else:
            acknowledged.add(str(number))
        assert await see() == acknowledged, (number, failed)
        if failed == 3:
            return len(acknowledged)
    raise AssertionError("the disk never got full")


def _check_words(error: StorageError) -> None:
    assert error.hint, error
    assert "full" in error.message, error


def no_temporaries(folder: Path) -> None:
    left = [path.name for path in folder.rglob("*") if ".tmp-" in path.name]
    assert left == [], left


async def main(root: Path) -> dict[str, int]:
    clock = HandClock()
    counts = {}

    def reopen() -> JsonTaskStore:
        return JsonTaskStore(root / "tasks" / "tasks.json", clock, pause=no_pause)

    store = reopen()

    async def see_tasks() -> set[str]:
        return {task.id for task in await reopen().list_tasks()}

    counts["tasks"] = await fill(lambda n: store.apply(put(make_task(str(n), filler(6000)))), see_tasks)
    no_temporaries(root)

    drafts = FileDrafts(root / "drafts.json", pause=no_pause)

    async def see_drafts() -> set[str]:
        return set(await FileDrafts(root / "drafts.json", pause=no_pause).list_keys())

    counts["drafts"] = await fill(lambda n: drafts.put(str(n), filler(100)), see_drafts)
    no_temporaries(root)
    for path in (root / "tasks").iterdir():
        path.unlink()

    outbox = FileOutbox(root / "outbox.json", root / "locks", clock, pause=no_pause)

    def add(number: int) -> Awaitable[object]:
        payload: dict[str, Any] = {"text": filler(3000)}
        return outbox.add(
            Operation(str(number), OperationKind.MESSAGE, START, "p/s", task_id=str(number), payload=payload)
        )

    async def see_operations() -> set[str]:
        return {operation.id for operation in await outbox.list_operations()}

    counts["operations"] = await fill(add, see_operations)
    no_temporaries(root)
    (root / "outbox.json").unlink()

    events = FileEventLog(root / "events.jsonl", clock)

    async def see_events() -> set[str]:
        return {event.task_id for event in await FileEventLog(root / "events.jsonl", clock).query() if event.task_id}

    def append(number: int) -> Awaitable[object]:
        return events.append([TaskEvent(EventType.SEEN, START, str(number), data={"text": filler(3000)})])

    counts["events"] = await fill(append, see_events)
    (root / "events.jsonl").unlink()

    transcripts = FileTranscripts(root / "activities")

    async def see_transcripts() -> set[str]:
        return {str(n) for n in range(LIMIT) if await FileTranscripts(root / "activities").get(str(n)) is not None}

    counts["transcripts"] = await fill(
        lambda n: transcripts.update(str(n), lambda kept: replace(kept, activities=({"text": filler(9000)},))),
        see_transcripts,
    )
    no_temporaries(root)
    for path in (root / "activities").iterdir():
        path.unlink()

    await store.apply(put(make_task("after")))
    await drafts.put("after", "after")
    assert "after" in await see_tasks()
    assert "after" in await see_drafts()
    await store.close()
    return counts


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1])))))
