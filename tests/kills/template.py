"""Runs scenarios in processes of their own that may be killed at any file operation or before writing to the server.

This process imports everything once and then forks one child per line of its standard input: JSON with ``folder``,
``kind``, ``task_id``, ``fingerprint``, ``kill_at`` (the number of the operation at which the child kills itself with
SIGKILL; ``null``: never) and ``fault`` (see ``raw_server``). It answers one line per child: JSON with ``status`` (as
``waitpid`` gives it) and ``outcome`` (``null`` when the child was killed).
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio

from jjm_tui.assembly.clock import SystemClock
from jjm_tui.gateway.calls import CallerSettings, ServerSpec, SupervisedCaller
from jjm_tui.gateway.server import JulesServer
from jjm_tui.ports import CreateRequest
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.manager import JobManager
from jjm_tui.store.draft_file import FileDrafts
from jjm_tui.store.durable import FileOps
from jjm_tui.store.event_file import FileEventLog
from jjm_tui.store.json_file import JsonTaskStore
from jjm_tui.store.leadership import FileLeadership
from jjm_tui.store.outbox_file import FileOutbox
from jjm_tui.store.transcripts import FileTranscripts

SERVER_PYTHON = "JJM_TEST_SERVER_PYTHON"
"""The variable that names what to start instead of ``python`` for a server."""
TEXT = "Please take the first way."


def make_context(folder: Path, fault: str | None, settle_window: float = 0.0) -> ServiceContext:
    """A real caller to a real process, and real files."""
    clock = SystemClock()
    python = os.environ.get(SERVER_PYTHON, sys.executable)
    command = [python, "-m", "tests.kills.raw_server", str(folder / "world.json")]
    if fault is not None:
        command.append(fault)
    root = str(Path(__file__).parents[2])
    env = {"PYTHONPATH": os.pathsep.join([root, str(Path(root) / "src")])}
    caller = SupervisedCaller(
        ServerSpec("raw", tuple(command), env, cwd=root), clock, CallerSettings(call_timeout=20, calls_per_minute=0)
    )
    return ServiceContext(
        server=JulesServer(caller, clock, "raw"),
        store=JsonTaskStore(folder / "tasks.json", clock, gather_seconds=0),
        events=FileEventLog(folder / "events.jsonl", clock),
        outbox=FileOutbox(folder / "outbox.json", folder / "locks", clock),
        drafts=FileDrafts(folder / "drafts.json"),
        transcripts=FileTranscripts(folder / "activities"),
        leadership=FileLeadership(folder / "locks" / "poller.lock"),
        clock=clock,
        origin="test/raw",
        settle_window=settle_window,
        confirm_for=0.0,
    )


class _Countdown:
    """Kills this process at the n-th counted operation."""

    def __init__(self, kill_at: int) -> None:
        self.left = kill_at

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _arm(kill_at: int) -> None:
    """Count every file operation of the stores, and every line written to the server, before it happens."""
    process = importlib.import_module("jjm_tui.gateway.process")
    countdown = _Countdown(kill_at)
    places: list[tuple[type, str]] = [(process.ServerProcess, "write")]
    places += [(FileOps, name) for name in ("create", "write", "sync", "link", "rename", "sync_folder", "open_append")]
    for owner, name in places:
        original = getattr(owner, name)

        def counted(self: Any, *arguments: Any, _original: Any = original) -> Any:
            countdown.tick()
            return _original(self, *arguments)

        setattr(owner, name, counted)


async def decide(manager: JobManager, scenario: dict[str, Any]) -> str:
    """Carry out the decision of a scenario; the word of its outcome."""
    kind, task_id = scenario["kind"], scenario["task_id"]
    if kind == "create":
        result = await manager.create_task(CreateRequest(TEXT, "acme/webapp"))
    elif kind == "message":
        result = await manager.send_message(task_id, TEXT)
    elif kind == "resume":
        result = await manager.resume_task(task_id)
    else:
        result = await manager.approve_plan(task_id, scenario["fingerprint"])
    return result.outcome.value


async def _run(scenario: dict[str, Any]) -> str:
    context = make_context(Path(scenario["folder"]), scenario["fault"])
    manager = JobManager(context)
    try:
        return await decide(manager, scenario)
    finally:
        await manager.close()


def _child(scenario: dict[str, Any], pipe: int) -> None:
    if scenario["kill_at"] is not None:
        _arm(scenario["kill_at"])
    os.write(pipe, anyio.run(_run, scenario).encode())
    os._exit(0)


def main() -> None:
    for name in ("jjm_tui.gateway.link", "jsonschema.validators", "anyio._backends._asyncio"):
        importlib.import_module(name)
    for line in sys.stdin:
        scenario = json.loads(line)
        receive, send = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                _child(scenario, send)
            finally:
                os._exit(1)
        os.close(send)
        with os.fdopen(receive, "rb") as pipe:
            outcome = pipe.read().decode()
        _, status = os.waitpid(pid, 0)
        at = datetime.now(UTC).isoformat()
        sys.stdout.write(json.dumps({"status": status, "outcome": outcome or None, "at": at}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
