"""Killed at the n-th write, fsync, rename, link or unlink, whatever n: nothing acknowledged is lost, all is readable.

strace counts the calls of each thread and kills there, servers included; the simulated world's journal is the truth
about what reached it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jjm_tui.domain.events import EventType
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.services.manager import JobManager
from jjm_tui.simulator.world import World
from jjm_tui.store.json_file import read_tasks
from tests.forking.quick_python import python_for_servers
from tests.kills.acts import DRAFTS
from tests.kills.template import SERVER_PYTHON, TEXT, make_context
from tests.kills.truth import effects_of, is_true, prepare

pytestmark = pytest.mark.needs_strace

ROOT = Path(__file__).parents[2]
CALLS = {"write": 20, "fsync": 20, "rename": 8, "link": 2, "unlink": 1}
"""The system calls that change something, and how many of each an act that sends makes at least."""
LOCAL = ("archive", "archive_many", "rewrite", "draft")
SENT = ("create", "message", "approve", "resume")
COUNT = 20
Killer = Callable[..., dict[str, Any]]


async def lay_out(folder: Path, act: str) -> dict[str, str | None]:
    """What there is before anything is done; answers which task the act is about, and its plan's fingerprint."""
    if act not in LOCAL:
        _, task_id, fingerprint = prepare(folder, act)
        return {"task_id": task_id, "fingerprint": fingerprint}
    folder.mkdir(parents=True)
    if act != "draft":
        store = make_context(folder, None).store
        await store.apply({str(n): lambda _, n=n: Task(id=str(n), title=f"Task {n}") for n in range(COUNT)})
        await store.close()
    if act == "rewrite":
        path = folder / "tasks.json"
        path.write_text(json.dumps(json.loads(path.read_text()), indent=4))
    return {}


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    """Carries out acts that are killed."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    for name in ("COVERAGE_PROCESS_START", SERVER_PYTHON):  # servers are killed as well, so strace has to see them
        environ.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kills.acts"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environ,
    )

    def kill(**job: Any) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job, default=str) + "\n")
        process.stdin.flush()
        told: dict[str, Any] = json.loads(process.stdout.readline())
        return told

    yield kill
    process.communicate(timeout=20)


async def judge_local(folder: Path, act: str, done: list[str]) -> None:
    if act == "draft":
        context = make_context(folder, None)
        kept = await context.drafts.get("message/1")
        at_least = DRAFTS.index(done[-1]) if done else -1
        assert (kept is None and at_least < 0) or kept in DRAFTS[max(at_least, 0) :]
        await context.drafts.put("message/1", "after")
        assert await context.drafts.get("message/1") == "after"
        return
    tasks = {task.id: task for task in read_tasks(folder / "tasks.json")[0]}
    assert set(tasks) == {str(number) for number in range(COUNT)}
    archived = {number for number, task in tasks.items() if task.archived}
    if act == "archive_many":
        assert archived in (set(tasks), set()) if not done else archived == set(tasks)
    else:
        assert set(done) <= archived <= {"1", "2"}
    context = make_context(folder, None)
    history = [(event.type, event.task_id) for event in await context.events.query()]
    assert history == list(dict.fromkeys(history))
    written = {task_id for kind, task_id in history if kind is EventType.ARCHIVED}
    assert (archived if done == ["all"] else set(done)) <= written <= archived
    store = context.store
    await store.apply({"after": lambda _: Task(id="after", title="after")})
    await store.close()
    assert [path.name for path in folder.rglob("*") if ".tmp-" in path.name] == []
    assert len(read_tasks(folder / "tasks.json")[0]) == COUNT + 1


def _outcome(event: str) -> str:
    return event.removeprefix("operation_")


def judge_kept(folder: Path, world: World, done: list[str]) -> None:
    """What was told as done is in the tasks before anybody asks again; in any case they can be read."""
    tasks = {task.id: task for task in read_tasks(folder / "tasks.json")[0]}
    if done != ["done"]:
        return
    (entry,) = world.journal
    task = tasks[entry.session_id]
    match entry.kind:
        case "create":
            assert task.description == entry.text
        case "message":
            assert entry.text in [message.content for message in task.chat_history]
        case "approve":
            assert task.status is not TaskStatus.WAITING_APPROVAL


async def judge_sent(folder: Path, act: str, done: list[str], fingerprint: str | None) -> None:
    world = World(1, 12, 0.0, state_path=folder / "world.json")
    effects = effects_of(world, act)
    if done:
        assert is_true(done[0], effects)
    judge_kept(folder, world, done)
    manager = JobManager(make_context(folder, None))
    try:
        await manager.settle_operations()
        operations = await manager.list_operations(open_only=False)
        history = [event.type.value for event in await manager.query_events() if "operation_id" in event.data]
        assert not manager.events_left_out
    finally:
        await manager.close()
    assert effects_of(world, act) == effects, "settling sent something"
    assert effects in (0, 1)
    assert operations or (effects == 0 and not done)
    assert len(history) == len(set(history))
    assert all(is_true(word, effects) for word in map(_outcome, history) if word != "requested")
    assert not done or set(map(_outcome, history)) >= {"requested", done[0]}
    for operation in operations:
        assert is_true(operation.state.value, effects), operation
        assert not operation.state.is_open
        decided = {"approve": fingerprint, "resume": "resume"}.get(act, TEXT)
        assert decided in json.dumps(operation.to_dict(), ensure_ascii=False)


@pytest.fixture(autouse=True)
def _servers_start_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVER_PYTHON, python_for_servers())


@pytest.mark.parametrize("act", [*LOCAL, *SENT])
@pytest.mark.parametrize("call", CALLS)
async def test_killed_at_every_call_loses_nothing_and_tells_the_truth(
    call: str, act: str, killer: Killer, tmp_path: Path
) -> None:
    """At the first one, at the second one, and so on, until it makes no more of them."""
    for number in range(1, 200):
        folder = tmp_path / str(number)
        target = await lay_out(folder, act)
        told = killer(folder=folder, act=act, target=target, call=call, number=number)
        assert told["status"] in (0, signal.SIGKILL), (number, told)
        if act in LOCAL:
            await judge_local(folder, act, told["done"])
        else:
            await judge_sent(folder, act, told["done"], target["fingerprint"])
        if not told["status"]:
            break
    else:
        pytest.fail("it never came to an end")
    assert act in LOCAL or number > CALLS[call]
