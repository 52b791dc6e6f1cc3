"""Killed at the n-th write, fsync, rename, link or unlink, whatever n: nothing acknowledged is lost, all is readable.

strace counts the calls of each thread and kills there, servers included; the simulated world's journal is the truth
about what reached it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

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
CALLS = {"write": (20, 20), "fsync": (20, 15), "rename": (8, 6), "link": (3, 1), "unlink": (1, 0)}
"""The system calls that change something, and how many of each the longest act, and every one that sends, makes."""
LOCAL = ("archive", "archive_many", "rewrite", "draft")
SENT = ("create", "message")
SENT_SELDOM = ("approve", "resume")
"""Their way is that of a message; they are killed by `make soak`."""
COUNT = 20


async def lay_out(root: Path, acts: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """The folders of the acts before anything is done; answers which task each is about, and its plan's fingerprint."""
    targets = {}
    for act in acts:
        folder = root / act
        if act not in LOCAL:
            _, task_id, fingerprint = prepare(folder, act)
            targets[act] = {"task_id": task_id, "fingerprint": fingerprint}
            continue
        folder.mkdir(parents=True)
        if act != "draft":
            store = make_context(folder, None).store
            await store.apply({str(n): lambda _, n=n: Task(id=str(n), title=f"Task {n}") for n in range(COUNT)})
            await store.close()
        if act == "rewrite":
            path = folder / "tasks.json"
            path.write_text(json.dumps(json.loads(path.read_text()), indent=4))
    return targets


def run_acts(
    root: Path, acts: Iterable[str], targets: dict[str, dict[str, str | None]], call: str, number: int
) -> dict[str, dict[str, Any]]:
    """The acts, each killed at its ``number``-th ``call``."""
    command = [sys.executable, "-m", "tests.kills.acts", str(root), *acts]
    inject = f"inject={call}:signal=KILL:when={number}"
    strace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", inject]
    paths = f"{ROOT}{os.pathsep}{ROOT / 'src'}"
    environ = {**os.environ, "JJM_ACT_TARGETS": json.dumps(targets), "PYTHONPATH": paths}
    for name in ("COVERAGE_PROCESS_START", SERVER_PYTHON):  # servers are killed as well, so strace has to see them
        environ.pop(name, None)
    ran = subprocess.run(
        [*strace, "--", *command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == 0, ran.stderr
    report: dict[str, dict[str, Any]] = json.loads(ran.stdout)
    return report


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
    store = make_context(folder, None).store
    await store.apply({"after": lambda _: Task(id="after", title="after")})
    await store.close()
    assert [path.name for path in folder.rglob("*") if ".tmp-" in path.name] == []
    assert len(read_tasks(folder / "tasks.json")[0]) == COUNT + 1


async def judge_sent(folder: Path, act: str, done: list[str], fingerprint: str | None) -> None:
    world = World(1, 12, 0.0, state_path=folder / "world.json")
    effects = effects_of(world, act)
    if done:
        assert is_true(done[0], effects)
    manager = JobManager(make_context(folder, None))
    try:
        await manager.settle_operations()
        operations = await manager.list_operations(open_only=False)
    finally:
        await manager.close()
    assert effects_of(world, act) == effects, "settling sent something"
    assert effects in (0, 1)
    assert operations or (effects == 0 and not done)
    for operation in operations:
        assert is_true(operation.state.value, effects), operation
        assert not operation.state.is_open
        decided = {"approve": fingerprint, "resume": "resume"}.get(act, TEXT)
        assert decided in json.dumps(operation.to_dict(), ensure_ascii=False)


@pytest.fixture(autouse=True)
def _servers_start_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVER_PYTHON, python_for_servers())


@pytest.mark.timeout(280)
@pytest.mark.parametrize("call", CALLS)
async def test_killed_at_a_call_loses_nothing_and_tells_the_truth(call: str, tmp_path: Path) -> None:
    """At every third where there are many; `make soak` takes every one."""
    await kill_at(call, [*LOCAL, *SENT], tmp_path, step=3 if CALLS[call][0] > 10 else 1)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("call", CALLS)
async def test_killed_at_every_call_loses_nothing_and_tells_the_truth(call: str, tmp_path: Path) -> None:
    await kill_at(call, [*LOCAL, *SENT, *SENT_SELDOM], tmp_path, step=1)


async def kill_at(call: str, acts: list[str], tmp_path: Path, step: int) -> None:
    """Kill the acts at their first call and at every ``step``-th after it, until none of them makes as many."""
    sent = [act for act in acts if act not in LOCAL]
    lasted = dict.fromkeys(acts, 0)
    for number in range(1, 200, step):
        root = tmp_path / str(number)
        targets = await lay_out(root, acts)
        report = run_acts(root, acts, targets, call, number)
        for act, told in report.items():
            if act in LOCAL:
                await judge_local(root / act, act, told["done"])
            else:
                await judge_sent(root / act, act, told["done"], targets[act]["fingerprint"])
        acts = [act for act in acts if report[act]["status"]]
        lasted.update(dict.fromkeys(acts, number))
        if not acts:
            break
    else:
        pytest.fail("the acts never came to an end")
    assert max(lasted.values()) > CALLS[call][0] - step, lasted
    assert min(lasted[act] for act in sent) > CALLS[call][1] - step, lasted
