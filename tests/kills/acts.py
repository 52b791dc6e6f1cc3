"""What is done while a process is killed at a system call: one forked child per act, so that each counts its own calls.

``python -m tests.kills.acts FOLDER ACT…`` answers one line of JSON: by act, the ``status`` (as ``waitpid`` gives it)
and what the child wrote down as ``done`` before it ended. Every act has a folder of its own, prepared by the test.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from jjm_tui.ports import CreateRequest, DraftStore
from jjm_tui.services.manager import JobManager
from tests.kills.template import TEXT, make_context

Say = Callable[[str], object]
DRAFTS = ("Take", "Take the", "Take the first way.")


async def archive(manager: JobManager, say: Say) -> None:
    """Two tasks, one after the other."""
    for number in ("1", "2"):
        await manager.archive([number])
        say(number)


async def archive_many(manager: JobManager, say: Say) -> None:
    """Bulk: twenty at once."""
    await manager.archive([str(number) for number in range(20)])
    say("all")


async def rewrite(manager: JobManager, say: Say) -> None:
    """The first change of a file that somebody else wrote in another layout."""
    await archive(manager, say)


async def draft(drafts: DraftStore, say: Say) -> None:
    """A text that grows."""
    for text in DRAFTS:
        await drafts.put("message/1", text)
        say(text)


async def create(manager: JobManager, say: Say) -> None:
    """A new task."""
    say((await manager.create_task(CreateRequest(TEXT, "acme/webapp"))).outcome.value)


async def message(manager: JobManager, say: Say) -> None:
    """An answer to the task that asks."""
    say((await manager.send_message(_target("message")["task_id"], TEXT)).outcome.value)


async def approve(manager: JobManager, say: Say) -> None:
    """The plan that was read."""
    target = _target("approve")
    say((await manager.approve_plan(target["task_id"], target["fingerprint"])).outcome.value)


async def resume(manager: JobManager, say: Say) -> None:
    """A paused task."""
    say((await manager.resume_task(_target("resume")["task_id"])).outcome.value)


def _target(act: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(os.environ["JJM_ACT_TARGETS"])[act]
    return found


ACTS: dict[str, Callable[[JobManager, Say], Awaitable[None]]] = {
    act.__name__: act for act in (archive, archive_many, rewrite, create, message, approve, resume)
}


async def at_once(work: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    """In place of worker threads: strace counts the calls of each thread apart."""
    await anyio.lowlevel.checkpoint()
    return work(*arguments)


async def _run(folder: Path, act: str, pipe: int) -> None:
    anyio.to_thread.run_sync = at_once
    context = make_context(folder, None)
    manager = JobManager(context)

    def say(word: str) -> None:
        os.write(pipe, word.encode() + b"\n")

    try:
        await (draft(context.drafts, say) if act == "draft" else ACTS[act](manager, say))
    finally:
        await manager.close()


def main(root: str, *acts: str) -> None:
    """Fork one child after the other."""
    for name in ("jjm_tui.gateway.link", "jsonschema.validators", "anyio._backends._asyncio"):
        importlib.import_module(name)
    report = {}
    for act in acts:
        receive, send = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                anyio.run(_run, Path(root) / act, act, send)
                os._exit(0)
            finally:
                os._exit(1)
        os.close(send)
        with os.fdopen(receive, "rb") as pipe:
            done = pipe.read().decode().splitlines()
        report[act] = {"status": os.waitpid(pid, 0)[1], "done": done}
    os.writev(1, [json.dumps(report).encode()])  # a write of ours would count


if __name__ == "__main__":
    main(*sys.argv[1:])
