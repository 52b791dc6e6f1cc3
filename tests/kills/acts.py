"""What is done while a process is killed at a system call: one forked child per act, with a strace of its own.

``python -m tests.kills.acts`` imports everything once and then forks a child per line of its standard input: JSON with
``folder``, ``act``, ``target`` (which task, and its plan's fingerprint), ``call`` and ``number``: the child, and every
process that it starts, is killed at its ``number``-th ``call``. It answers a line of JSON: the ``status`` of the child
(as ``waitpid`` gives it) and what it wrote down as ``done`` before it ended.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from jjm_tui.gateway import guard
from jjm_tui.ports import CreateRequest, DraftStore
from jjm_tui.services.manager import JobManager
from tests.kills.template import TEXT, make_context

Say = Callable[[str], object]
_PR_SET_PTRACER = 0x59616D61
DRAFTS = ("Take", "Take the", "Take the first way.")


async def archive(manager: JobManager, say: Say, **_: str | None) -> None:
    """Two tasks, one after the other."""
    for number in ("1", "2"):
        await manager.archive([number])
        say(number)


async def archive_many(manager: JobManager, say: Say, **_: str | None) -> None:
    """Bulk: twenty at once."""
    await manager.archive([str(number) for number in range(20)])
    say("all")


async def rewrite(manager: JobManager, say: Say, **_: str | None) -> None:
    """The first change of a file that somebody else wrote in another layout."""
    await archive(manager, say)


async def draft(drafts: DraftStore, say: Say) -> None:
    """A text that grows."""
    for text in DRAFTS:
        await drafts.put("message/1", text)
        say(text)


async def create(manager: JobManager, say: Say, **_: str | None) -> None:
    """A new task."""
    say((await manager.create_task(CreateRequest(TEXT, "acme/webapp"))).outcome.value)


async def message(manager: JobManager, say: Say, task_id: str, **_: str | None) -> None:
    """An answer to the task that asks."""
    say((await manager.send_message(task_id, TEXT)).outcome.value)


async def approve(manager: JobManager, say: Say, task_id: str, fingerprint: str) -> None:
    """The plan that was read."""
    say((await manager.approve_plan(task_id, fingerprint)).outcome.value)


async def resume(manager: JobManager, say: Say, task_id: str, **_: str | None) -> None:
    """A paused task."""
    say((await manager.resume_task(task_id)).outcome.value)


ACTS: dict[str, Callable[..., Awaitable[None]]] = {
    act.__name__: act for act in (archive, archive_many, rewrite, create, message, approve, resume)
}


async def at_once(work: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    """In place of worker threads: strace counts the calls of each thread apart."""
    await anyio.lowlevel.checkpoint()
    return work(*arguments)


async def _run(job: dict[str, Any], pipe: int) -> None:
    anyio.to_thread.run_sync = at_once
    context = make_context(Path(job["folder"]), None)
    manager = JobManager(context)

    def say(word: str) -> None:
        os.writev(pipe, [word.encode() + b"\n"])  # a write would count

    try:
        if job["act"] == "draft":
            await draft(context.drafts, say)
        else:
            await ACTS[job["act"]](manager, say, **job["target"])
    finally:
        await manager.close()


def _be_child(job: dict[str, Any], go: int, pipe: int) -> None:
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1))  # some systems let nobody trace it otherwise
        os.read(go, 1)
        anyio.run(_run, job, pipe)
        os._exit(0)
    finally:
        os._exit(1)


def _attach(pid: int, call: str, number: int) -> subprocess.Popen[str]:
    """A strace that kills it there, and that holds it by now."""
    inject = f"inject={call}:signal=KILL:when={number}"
    command = ["strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", inject, "-p", str(pid)]
    strace = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert strace.stderr is not None
    told = strace.stderr.readline()
    assert "attached" in told, told
    return strace


def main() -> None:
    """Fork one child after the other."""
    for name in ("jjm_tui.gateway.link", "jsonschema.validators", "anyio._backends._asyncio"):
        importlib.import_module(name)
    guard._SCRIPT = guard._SCRIPT.replace("sleep 2", "sleep 0.1")  # strace waits for it
    for line in sys.stdin:
        job = json.loads(line)
        (wait, go), (receive, send) = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_child(job, wait, send)
        os.close(wait)
        os.close(send)
        strace = _attach(pid, job["call"], job["number"])
        os.write(go, b"x")
        os.close(go)
        with os.fdopen(receive, "rb") as pipe:
            done = pipe.read().decode().splitlines()
        status = os.waitpid(pid, 0)[1]
        strace.communicate(timeout=60)
        print(json.dumps({"status": status, "done": done}), flush=True)


if __name__ == "__main__":
    main()
