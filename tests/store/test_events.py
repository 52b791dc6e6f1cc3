"""The history: appended whole, in order, by any process; torn lines are skipped; the end is read first."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.errors import StorageError
from jjm_tui.store import event_file
from jjm_tui.store.event_file import FileEventLog
from jjm_tui.store.event_lines import Tail, rotated_path
from jjm_tui.store.inspection import check_history
from tests.store.stands import START, HandClock

LIMIT = 30
"""Seconds after which what does not come is given up."""


def event(number: int, task_id: str = "1", kind: EventType = EventType.SEEN, **data: object) -> TaskEvent:
    return TaskEvent(kind, START + timedelta(seconds=number), task_id, {"n": number, **data})


def numbers(events: tuple[TaskEvent, ...]) -> list[int]:
    return [found.data["n"] for found in events]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "events.jsonl"


@pytest.fixture
def log(path: Path, clock: HandClock) -> FileEventLog:
    return FileEventLog(path, clock)


@pytest.fixture
def small(path: Path, clock: HandClock) -> FileEventLog:
    """Begins a new file every few events."""
    return FileEventLog(path, clock, rotate_at=300)


async def test_query_no_history_is_empty(log: FileEventLog, path: Path) -> None:
    assert await log.query() == ()
    await log.append([])
    assert not path.exists()


async def test_append_comes_back_equal_and_in_order(log: FileEventLog, path: Path, clock: HandClock) -> None:
    events = (
        event(1, "é\n", EventType.STATUS_CHANGED, **{"from": "a", "to": "\ud800"}),
        TaskEvent(EventType.SEEN, START, None),
        event(3, big=2**80, nothing=None, deep={"a": [1.5]}),
    )
    await log.append(events[:1])
    await log.append(events[1:])
    assert await FileEventLog(path, clock).query() == events
    assert path.stat().st_mode & 0o777 == 0o600


async def test_query_filters_agree_with_filtering_everything(small: FileEventLog) -> None:
    kinds = list(EventType)
    events = [event(n, str(n % 3), kinds[n % 4]) for n in range(60)]
    for number in range(0, 60, 5):
        await small.append(events[number : number + 5])
    for task_id in (None, "1", "x"):
        for types in (None, frozenset(kinds[:2]), frozenset()):
            for since in (None, START + timedelta(seconds=30), START + timedelta(seconds=30, microseconds=1)):
                for limit in (None, 0, 1, 7, 1000):
                    wanted = [
                        found
                        for found in events
                        if (task_id is None or found.task_id == task_id)
                        and (types is None or found.type in types)
                        and (since is None or found.at >= since)
                    ]
                    wanted = wanted if limit is None else wanted[len(wanted) - min(limit, len(wanted)) :]
                    found = await small.query(task_id=task_id, types=types, since=since, limit=limit)
                    assert list(found) == wanted, (task_id, types, since, limit)


@pytest.mark.parametrize("size", [1, 7, 100, 70_000, 200_000])
async def test_query_long_lines_are_whole(size: int, log: FileEventLog) -> None:
    events = tuple(event(n, text="ü" * (size * n)) for n in range(5))
    await log.append(events)
    assert await log.query() == events
    assert await log.query(limit=2) == events[-2:]


async def test_query_small_limit_does_not_read_everything(log: FileEventLog, path: Path) -> None:
    await log.append([event(n, text="x" * 1000) for n in range(500)])
    await asyncio.to_thread(_make_start_unreadable, path)
    assert numbers(await log.query(limit=3)) == [497, 498, 499]
    assert len(await log.query()) < 500


def _make_start_unreadable(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\x00" * 1000)


async def test_append_after_torn_line_keeps_it_apart(log: FileEventLog, path: Path) -> None:
    await log.append([event(1), event(2)])
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 10)
    assert numbers(await log.query()) == [1]
    await log.append([event(3)])
    assert numbers(await log.query()) == [1, 3]
    assert len(path.read_bytes().splitlines()) == 3


async def test_query_strange_lines_are_skipped(log: FileEventLog, path: Path) -> None:
    await log.append([event(1)])
    with path.open("ab") as file:
        file.write(
            b'\n\n{"at":"2026-11-20T12:00:00Z","type":"from_the_future"}\n[1]\n\xff\xfe\n' + b"[" * 100_000 + b"\n"
        )
        file.write(b"\x00" * 500 + b"\n")
    await log.append([event(2)])
    assert numbers(await log.query()) == [1, 2]


async def test_append_rotates_and_old_files_are_still_queried(small: FileEventLog, path: Path) -> None:
    for number in range(20):
        await small.append([event(number)])
    old = [found for found in path.parent.iterdir() if ".old-" in found.name]
    assert len(old) >= 3
    assert all(found.stat().st_mode & 0o777 == 0o600 for found in old)
    assert numbers(await small.query()) == list(range(20))
    assert numbers(await small.query(limit=7)) == list(range(13, 20))


async def test_rotation_with_a_clock_that_goes_back_keeps_the_order(small: FileEventLog, clock: HandClock) -> None:
    for number in range(30):
        clock.advance(timedelta(minutes=-1))
        await small.append([event(number)])
    assert numbers(await small.query()) == list(range(30))


async def test_follow_yields_what_comes_from_now_on(log: FileEventLog, path: Path, clock: HandClock) -> None:
    await log.append([event(1)])
    async with contextlib.aclosing(log.follow()) as events:
        other = FileEventLog(path, clock)
        await other.append([event(2), event(3)])
        assert [(await asyncio.wait_for(anext(events), LIMIT)).data["n"] for _ in range(2)] == [2, 3]
        await log.append([event(4)])
        assert (await asyncio.wait_for(anext(events), LIMIT)).data["n"] == 4


async def test_follow_before_there_is_a_history_sees_the_first_event(log: FileEventLog) -> None:
    async with contextlib.aclosing(log.follow()) as events:
        waiting = asyncio.create_task(asyncio.wait_for(anext(events), LIMIT))
        await asyncio.sleep(0.02)
        await log.append([event(1)])
        assert (await waiting).data["n"] == 1


async def test_follow_a_history_whose_rotation_was_cut_off_repeats_nothing(
    small: FileEventLog, path: Path, clock: HandClock
) -> None:
    for number in range(20):
        await small.append([event(number)])
    path.rename(rotated_path(path, clock.now()))
    async with contextlib.aclosing(small.follow()) as events:
        await small.append([event(20)])
        assert (await asyncio.wait_for(anext(events), LIMIT)).data["n"] == 20


async def test_follow_through_rotations_misses_and_repeats_nothing(small: FileEventLog) -> None:
    async with contextlib.aclosing(small.follow()) as events:
        for number in range(40):
            await small.append([event(number)])
        seen = [(await asyncio.wait_for(anext(events), LIMIT)).data["n"] for _ in range(20)]
        for number in range(40, 60):
            await small.append([event(number)])
        seen += [(await asyncio.wait_for(anext(events), LIMIT)).data["n"] for _ in range(40)]
    assert seen == list(range(60))


async def test_check_tells_which_lines_cannot_be_read_and_leaves_them(
    log: FileEventLog, path: Path, clock: HandClock
) -> None:
    await log.append([event(1), event(2)])
    assert check_history(path) == ()
    kept = path.with_name("events.jsonl.old-20260101T000000.000000Z")
    good = path.read_bytes()
    path.write_bytes(good + b"\x00garbage\n\n" + good + b'{"at":"2026-11-20T21:34:54Z","type":"later"}\n[1]\n')
    kept.write_bytes(b"{}\n" * 7 + b'{"at":')
    before = path.read_bytes(), kept.read_bytes()
    looks: list[float] = []
    here, full = check_history(path, pause=looks.append)
    assert here.message.startswith(f"3 lines of the history {path} cannot be read (line 3, 7, 8):")
    assert full.message.startswith(f"8 lines of the history {kept} cannot be read (line 1, 2, 3, 4, 5 and 3 more):")
    assert (path.read_bytes(), kept.read_bytes()) == before
    assert len(looks) == 1, "somebody may be writing a line without an end"
    assert numbers(await FileEventLog(path, clock).query()) == [1, 2, 1, 2], "what is told is what is left out"


async def test_check_takes_no_line_that_is_being_written_for_damage(log: FileEventLog, path: Path) -> None:
    await log.append([event(1)])
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:9])

    def finish(_: float) -> None:
        path.write_bytes(whole * 2)

    assert check_history(path, pause=finish) == ()


async def test_follow_torn_line_waits_for_its_end(
    log: FileEventLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append([event(1)])
    whole = path.read_bytes().replace(b'"n":1', b'"n":2')
    has_read = asyncio.Event()
    loop = asyncio.get_running_loop()

    class WatchedTail(Tail):
        def read_lines(self) -> list[bytes]:
            lines = super().read_lines()
            if self._rest == whole[:20]:
                loop.call_soon_threadsafe(has_read.set)
            return lines

    monkeypatch.setattr(event_file, "Tail", WatchedTail)
    async with contextlib.aclosing(log.follow()) as events:
        waiting = asyncio.create_task(asyncio.wait_for(anext(events), LIMIT))
        with path.open("ab") as file:
            file.write(whole[:20])
        await asyncio.wait_for(has_read.wait(), LIMIT)
        assert not waiting.done()
        with path.open("ab") as file:
            file.write(whole[20:])
        assert (await waiting).data["n"] == 2


async def test_query_unreadable_history_is_told(log: FileEventLog, path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StorageError, match="folder"):
        await log.query()
    with pytest.raises(StorageError, match="folder"):
        await log.append([event(1)])


APPENDER = """
import asyncio, sys
from pathlib import Path
from tests.store.test_events import FileEventLog, HandClock, event
log = FileEventLog(Path(sys.argv[1]), HandClock(), rotate_at=20_000)
async def main():
    for n in range(0, 60, 3):
        await log.append([event(n + m, sys.argv[2], text="x" * 300) for m in range(3)])
asyncio.run(main())
"""


async def test_append_from_several_processes_interleaves_whole(log: FileEventLog, path: Path) -> None:
    workers = [subprocess.Popen([sys.executable, "-c", APPENDER, str(path), name]) for name in "abc"]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    for name in "abc":
        assert numbers(await log.query(task_id=name)) == list(range(60))
    lines = b"".join(found.read_bytes() for found in path.parent.glob("events.jsonl*")).splitlines()
    assert len(lines) == 180
    assert len(list(path.parent.glob("events.jsonl.old-*"))) > 0
