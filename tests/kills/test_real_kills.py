"""Real processes, really killed at seeded points: no effect twice, no outcome untrue, no operation lost."""

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
SHARDS = 4
RUNS_PER_SHARD = 50


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
@pytest.mark.timeout(300)
@pytest.mark.parametrize("shard", range(SHARDS))
async def test_process_or_server_killed_anywhere_happens_at_most_once_and_is_told_truly(tmp_path, template, shard):
    killed = 0
    for run in range(RUNS_PER_SHARD):
        chooser = random.Random(f"{shard} {run}")
        kind = KINDS[(run + shard) % len(KINDS)]
        folder = tmp_path / str(run)
        world, task_id, fingerprint = prepare(folder, kind)
        place = chooser.choice([None, None, "before", "effect", "answer"])
        fault = None if place is None else f"{place}:{chooser.randrange(400)}:{folder / 'struck'}"
        scenario = {
            "folder": str(folder),
            "kind": kind,
            "task_id": task_id,
            "fingerprint": fingerprint,
            "fault": fault,
            "kill_at": None if fault and chooser.random() < 0.5 else chooser.randint(1, 70),
        }
        template.stdin.write(json.dumps(scenario) + "\n")
        template.stdin.flush()
        report = json.loads(template.stdout.readline())
        killed += report["status"] == signal.SIGKILL
        if report["outcome"] is not None:
            assert is_true(report["outcome"], effects_of(world, kind)), (run, scenario, report)
        else:
            assert report["status"] == signal.SIGKILL, (run, scenario, report)
        manager = JobManager(make_context(folder, None))
        try:
            await manager.settle_operations()
            operations = await manager.list_operations(open_only=False)
        finally:
            await manager.close()
        effects = effects_of(world, kind)
        assert len(operations) <= 1
        assert operations or effects == 0, (run, scenario)
        for operation in operations:
            assert is_true(operation.state.value, effects), (run, scenario, operation)
            assert not operation.state.is_open, (run, scenario, operation)
    assert killed > RUNS_PER_SHARD // 4
