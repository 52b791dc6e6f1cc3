"""Real processes, killed at each of their steps: no effect twice, no outcome untrue, no operation lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jjm_tui.services.manager import JobManager
from tests.forking.quick_python import python_for_servers
from tests.kills.template import SERVER_PYTHON, make_context
from tests.kills.truth import effects_of, is_true, prepare

KINDS = ("create", "message", "approve", "resume")
PLACES = (None, "before", "effect", "answer")
"""Where the server is killed: before the effect, after it, or in the middle of its answer; or nowhere."""
LEAST_KILLS = 50
"""Of each kind: steps are file operations and lines to the server, in the order in which they happen."""


@pytest.fixture(autouse=True)
def _servers_start_quickly(monkeypatch):
    monkeypatch.setenv(SERVER_PYTHON, python_for_servers())


@pytest.fixture(scope="module")
def template():
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "src")])
    env = {**os.environ, "PYTHONPATH": paths, SERVER_PYTHON: python_for_servers()}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kills.template"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=env,
        cwd=root,
    )
    yield process
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_process_killed_anywhere_happens_at_most_once_and_is_told_truly(tmp_path, template, kind):
    """At its first step, at its second one, and so on; the server dies in three of four runs as well."""
    chooser = random.Random(kind)
    for step in range(1, 200):
        place = PLACES[(step + KINDS.index(kind)) % len(PLACES)]
        report = await _run(tmp_path / str(step), template, kind, place, chooser.randrange(400), step)
        if report["outcome"] is not None:
            break
    assert step > LEAST_KILLS
    assert report["outcome"] is not None


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
async def test_server_killed_happens_at_most_once_and_is_told_truly(tmp_path, template, kind, place):
    report = await _run(tmp_path / "run", template, kind, place, 30, None)
    assert report["outcome"] == ("done" if place != "before" else "not_sent")


async def _run(folder, template, kind, place, count, kill_at):
    """One decision in a process that is killed at its step ``kill_at``, and one process later; what the first told."""
    world, task_id, fingerprint = prepare(folder, kind)
    scenario = {
        "folder": str(folder),
        "kind": kind,
        "task_id": task_id,
        "fingerprint": fingerprint,
        "fault": None if place is None else f"{place}:{count}:{folder / 'struck'}",
        "kill_at": kill_at,
    }
    template.stdin.write(json.dumps(scenario) + "\n")
    template.stdin.flush()
    report = json.loads(template.stdout.readline())
    if report["outcome"] is not None:
        assert is_true(report["outcome"], effects_of(world, kind)), (scenario, report)
    else:
        assert report["status"] == signal.SIGKILL, (scenario, report)
    manager = JobManager(make_context(folder, None))
    try:
        await manager.settle_operations()
        operations = await manager.list_operations(open_only=False)
    finally:
        await manager.close()
    effects = effects_of(world, kind)
    assert len(operations) <= 1
    assert operations or effects == 0, scenario
    for operation in operations:
        assert is_true(operation.state.value, effects), (scenario, operation)
        assert not operation.state.is_open, (scenario, operation)
    return report
