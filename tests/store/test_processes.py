"""Four processes on one store, killed at random: no acknowledged change is lost, none is made twice."""

from __future__ import annotations

import random
import selectors
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from jjm_tui.store.inspection import check_store
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from jjm_tui.store.leadership import FileLeadership
from jjm_tui.store.outbox_file import FileOutbox
from tests.store.stands import HandClock, make_task, put
from tests.store.worker import plan, read_diary

NAMES = ("w0", "w1", "w2", "w3")
CHANGES = 500
KILLS = 24


class Crew:
    """The workers; each is started again after it was killed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "profile" / "tasks.json"
        self.folder = folder
        self.kills = 0
        self.chance = random.Random(42)
        self.selector = selectors.DefaultSelector()
        self.alive: dict[str, subprocess.Popen[bytes]] = {}
        self.until_kill = self._choose()

    def diary(self, name: str) -> Path:
        return self.folder / f"{name}.diary"

    def run(self) -> None:
        try:
            for name in NAMES:
                self._start(name)
            while self.alive:
                for key, _ in self.selector.select():
                    self._hear(key.data)
        finally:
            for process in self.alive.values():
                process.kill()
                process.communicate()

    def _choose(self) -> int:
        return self.chance.randint(1, 12)

    def _start(self, name: str) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.store.worker",
            str(self.path),
            name,
            str(CHANGES),
            str(self.diary(name)),
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)
        self.alive[name] = process
        self.selector.register(process.stdout, selectors.EVENT_READ, name)

    def _hear(self, name: str) -> None:
        process = self.alive[name]
        assert process.stdout is not None
        if not process.stdout.readline():
            self._bury(name)
            return
        self.until_kill -= 1
        if self.until_kill <= 0 and self.kills < KILLS:
            self.until_kill = self._choose()
            self.kills += 1
            try:
                process.wait(self.chance.random() * 0.03)
            except subprocess.TimeoutExpired:
                process.kill()

    def _bury(self, name: str) -> None:
        process = self.alive.pop(name)
        self.selector.unregister(process.stdout)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            self._start(name)
        else:
            assert process.returncode == 0, name


@pytest.mark.slow
def test_four_processes_killed_at_random_lose_no_acknowledged_change(tmp_path: Path) -> None:
    crew = Crew(tmp_path)
    crew.run()
    tasks, info = read_tasks(crew.path)
    found = {task.id: task for task in tasks}
    marks = Counter(mark for task in tasks for mark in task.extra.get("marks", []))
    assert crew.kills == KILLS
    assert marks.most_common(1)[0][1] == 1, "a change was made twice"
    for name in NAMES:
        diary = read_diary(crew.diary(name))
        tried = {number for word, number in diary if word == "try"}
        done = {number for word, number in diary if word == "done"}
        assert tried == set(range(CHANGES))
        assert len(done) > CHANGES / 2
        for number in done:
            kind, target = plan(name, number)
            mark = f"{name}:{number}"
            forgotten = any(plan(name, other) == ("forget", target) and other % 4 == 0 for other in tried)
            match kind:
                case "append":
                    assert marks[mark] == 1, mark
                case "create" | "archive" if not forgotten:
                    assert target in found, mark
                    assert kind == "create" or found[target].archived, mark
                case "forget" if forgotten:
                    assert (target in info["forgotten"]) or target not in found, mark
        last_sync = max(number for number in done if plan(name, number)[0] == "sync")
        assert int(info["sync"][name].polling_stopped.split(":")[1]) >= last_sync
    report = check_store(crew.path)
    assert report.problems == ()
    leftovers = [path.name for path in crew.path.parent.iterdir() if ".tmp-" in path.name]
    assert len(leftovers) <= 1


async def test_temporary_file_of_a_killed_process_is_swept(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock)
    await store.apply(put(make_task("1")))
    left = store_path.with_name(f".{store_path.name}.tmp-0123456789abcdef")
    left.write_bytes(b"torn")
    await store.apply(put(make_task("2")))
    assert not left.exists()


HOLDER = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from jjm_tui.store.outbox_file import FileOutbox
from jjm_tui.store.leadership import FileLeadership
from tests.store.stands import HandClock
folder = Path(sys.argv[1])
outbox = FileOutbox(folder / "outbox.json", folder / "locks", HandClock())
leadership = FileLeadership(folder / "locks" / "poller.lock")
print(outbox.owner(), leadership.try_lead(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


async def test_owner_and_leader_of_a_killed_process_are_free_at_once(
    holder: subprocess.Popen[str], tmp_path: Path, clock: HandClock
) -> None:
    assert holder.stdout is not None
    owner, leads = holder.stdout.readline().split()
    outbox = FileOutbox(tmp_path / "outbox.json", tmp_path / "locks", clock)
    leadership = FileLeadership(tmp_path / "locks" / "poller.lock")
    assert leads == "True"
    assert await outbox.is_alive(owner)
    assert not leadership.try_lead()
    holder.kill()
    holder.wait()
    assert not await outbox.is_alive(owner)
    assert leadership.try_lead()
    assert list((tmp_path / "locks").glob(f"{owner}*")) == []
    leadership.resign()
