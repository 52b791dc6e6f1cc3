"""A server that dies is noticed and started again; one that keeps dying is given up, in its own last words."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from jjm_tui.errors import ServerConnectionError, ServerStartError
from jjm_tui.gateway.connection import CRASH_WINDOW, CRASHES
from jjm_tui.gateway.spec import ServerSpec
from tests.gateway.stand import READ, RUDE, FakeClock, RealClock, Stand, wait_until


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def time_of_a_start(stand: Stand) -> None:
    """Until another server is ready: one that was wrongly started before is on record by now."""
    other = Stand(stand.folder)
    try:
        await other.caller().connect()
    finally:
        await other.close()


async def test_server_killed_often_comes_back_by_itself(stand: Stand) -> None:
    clock = FakeClock()
    caller = stand.caller(clock=clock)
    pids: set[int] = set()
    await caller.connect()
    descriptors = open_descriptors()
    for round_number in range(8):
        pid = int((await caller.call("pid", {}, READ)).text)
        pids.add(pid)
        os.kill(pid, signal.SIGKILL)
        await wait_until(lambda wanted=round_number: len(stand.events("connected")) > wanted + 1)
        clock.seconds += CRASH_WINDOW
    assert len(pids) == 8
    await wait_until(lambda: open_descriptors() <= descriptors)
    assert caller.state.restarts == 8
    assert caller.state.status == "connected"
    assert all(pause <= 0.05 for pause in clock.slept)


async def test_server_death_is_noticed_without_a_call(stand: Stand) -> None:
    caller = stand.caller()
    seen: list[str] = []
    stop = caller.watch(lambda state: seen.append(state.status))
    pid = int((await caller.call("pid", {}, READ)).text)
    os.kill(pid, signal.SIGKILL)
    await wait_until(lambda: seen.count("connected") == 2)
    stop()
    assert seen == ["connecting", "connected", "down", "connecting", "connected"]


async def test_server_crash_loop_is_given_up_with_its_last_words(stand: Stand) -> None:
    clock = FakeClock()
    caller = stand.caller("crash_loop", clock=clock, retry_attempts=1)
    await caller.connect()
    await wait_until(lambda: caller.state.status == "gave_up")
    assert len(stand.events("server_started")) == CRASHES
    assert caller.state.last_words == ("Error: the disk is full of bees",)
    with pytest.raises(ServerStartError, match="5 times within 3 minutes") as caught:
        await caller.call("echo", {}, READ)
    assert caught.value.context["last_words"] == ["Error: the disk is full of bees"]
    assert caught.value.hint == "Look at its last words, mend the cause, then restart it."
    await time_of_a_start(stand)
    assert len(stand.events("server_started")) == CRASHES


async def test_server_given_up_starts_again_after_an_explicit_restart(stand: Stand) -> None:
    clock = FakeClock()
    caller = stand.caller("crash_loop", clock=clock)
    await caller.connect()
    await wait_until(lambda: caller.state.status == "gave_up")
    assert {tool.name for tool in (await caller.restart()).tools} > {"echo"}
    await wait_until(lambda: len(stand.events("server_started")) == 2 * CRASHES)


async def test_server_that_dies_at_start_is_tried_once_per_call_until_given_up(stand: Stand) -> None:
    caller = stand.caller("exit_at_start", clock=FakeClock())
    for attempt in range(1, CRASHES + 1):
        with pytest.raises(ServerStartError, match="left-pad"):
            await caller.connect()
        assert len(stand.events("server_started")) == attempt
    assert caller.state.status == "gave_up"
    with pytest.raises(ServerStartError, match="rude could not start 5 times"):
        await caller.connect()
    await time_of_a_start(stand)
    assert len(stand.events("server_started")) == CRASHES


async def test_server_that_dies_without_a_word_is_given_up_without_pointing_to_words(stand: Stand) -> None:
    caller = stand.caller(spec=ServerSpec("mute", ("/bin/sh", "-c", "exit 3")), clock=FakeClock())
    for _ in range(CRASHES + 1):
        with pytest.raises(ServerStartError) as caught:
            await caller.connect()
    assert caller.state.status == "gave_up"
    assert caught.value.hint == "Mend the cause, then restart it."


async def test_server_that_ends_and_then_cannot_start_is_told_as_both(stand: Stand, tmp_path: Path) -> None:
    script = tmp_path / "server.sh"
    script.write_text(
        f"#!/bin/sh\nif [ -e {tmp_path}/once ]; then echo gone >&2; exit 3; fi\ntouch {tmp_path}/once\n"
        f"exec {sys.executable} -I -S {RUDE} crash_loop\n"
    )
    script.chmod(0o700)
    caller = stand.caller(spec=ServerSpec("rude", (str(script),)), clock=FakeClock())
    await caller.connect()
    await wait_until(lambda: caller.state.status == "gave_up")
    with pytest.raises(ServerStartError, match="ended or could not start 5 times within 3 minutes"):
        await caller.connect()


@pytest.mark.parametrize("command", [("no-such-program-here",), ("/etc/hostname",), (sys.executable, "cwd")])
async def test_program_that_cannot_be_run_is_told_at_once_and_tried_again_only_when_asked(
    stand: Stand, command: tuple[str, ...]
) -> None:
    spec = ServerSpec("mine", command, cwd="/no/such/folder" if command[-1] == "cwd" else None)
    caller = stand.caller(spec=spec)
    seen: list[str] = []
    caller.watch(lambda state: seen.append(state.status))
    for _ in range(3):
        with pytest.raises(ServerStartError, match="of the server mine") as caught:
            await caller.call("echo", {}, READ)
        assert "5 times" not in caught.value.message
        assert caught.value.hint
    assert seen == ["connecting", "cannot_start"]
    with pytest.raises(ServerStartError):
        await caller.restart()
    assert seen[2:] == ["down", "connecting", "cannot_start"]
    assert not caller.state.was_up


@pytest.mark.parametrize(("label", "whose"), [("server", "the server"), ("mine", "the server mine")])
async def test_server_that_is_labelled_server_is_not_called_so_twice(stand: Stand, label: str, whose: str) -> None:
    caller = stand.caller(spec=ServerSpec(label, ("/nonexistent/server",)))
    with pytest.raises(ServerStartError, match=f"^The program /nonexistent/server of {whose} is not there.$"):
        await caller.connect()


async def test_program_that_is_there_by_now_is_started_when_asked(stand: Stand, tmp_path: Path) -> None:
    program = tmp_path / "late-server"
    caller = stand.caller(spec=ServerSpec("mine", (str(program), str(RUDE), "polite")))
    with pytest.raises(ServerStartError, match="is not there"):
        await caller.connect()
    program.symlink_to(sys.executable)
    await caller.restart()
    assert (await caller.call("echo", {"text": "hi"}, READ)).text == "hi"
    assert caller.state.was_up


async def test_restart_of_a_healthy_server_replaces_it(stand: Stand) -> None:
    caller = stand.caller()
    before = (await caller.call("pid", {}, READ)).text
    await caller.restart()
    assert (await caller.call("pid", {}, READ)).text != before


async def test_restart_during_a_hanging_start_begins_anew(stand: Stand) -> None:
    caller = stand.caller("silent")
    async with anyio.create_task_group() as group:
        group.start_soon(caller.connect)
        await wait_until(lambda: len(stand.events("server_started")) == 1)
        group.start_soon(caller.restart)
        await wait_until(lambda: len(stand.events("server_started")) == 2)
        group.cancel_scope.cancel()


class StandingClock(RealClock):
    """Who sleeps by it wakes when told."""

    def __init__(self) -> None:
        self.goes_on = anyio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.goes_on.wait()


@pytest.mark.parametrize("act", ["close", "restart"])
async def test_pause_before_a_start_holds_up_no_close_and_no_restart(stand: Stand, act: str) -> None:
    clock = StandingClock()
    caller = stand.caller(clock=clock)
    os.kill(int((await caller.call("pid", {}, READ)).text), signal.SIGKILL)
    await wait_until(lambda: caller.state.next_start_at is not None)
    acting = asyncio.create_task(caller.close() if act == "close" else caller.restart())
    try:
        await wait_until(acting.done)
    finally:
        clock.goes_on.set()
    assert caller.state.next_start_at is None
    assert caller.state.status == ("closed" if act == "close" else "connected")
    assert len(stand.events("server_started")) == (1 if act == "close" else 2)


async def test_last_words_of_the_dead_server_stay_visible_after_the_restart(stand: Stand) -> None:
    caller = stand.caller("dies_in_call", retry_attempts=1)
    with pytest.raises(ServerConnectionError):
        await caller.call("echo", {}, READ)
    await wait_until(lambda: len(stand.events("connected")) == 2)
    assert caller.state.last_words == ("Segmentation of faults",)


async def test_many_calls_at_the_start_share_one_server(stand: Stand) -> None:
    caller = stand.caller()
    pids: set[str] = set()

    async def ask() -> None:
        pids.add((await caller.call("pid", {}, READ)).text)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
    assert len(pids) == 1
    assert len(stand.events("server_started")) == 1


async def test_call_after_close_is_refused_and_starts_nothing(stand: Stand) -> None:
    caller = stand.caller()
    await caller.connect()
    await caller.close()
    with pytest.raises(ServerConnectionError, match="was closed"):
        await caller.call("echo", {}, READ)
    assert caller.state.status == "closed"
    await time_of_a_start(stand)
    assert len(stand.events("server_started")) == 1


async def test_close_fails_calls_that_wait(stand: Stand) -> None:
    caller = stand.caller("hangs_in_call", retry_attempts=1)
    await caller.connect()
    failures: list[BaseException] = []

    async def ask() -> None:
        try:
            await caller.call("echo", {}, READ)
        except ServerConnectionError as error:
            failures.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await wait_until(lambda: caller.state.running == 1)
        await anyio.sleep(0.02)
        await caller.close()
    assert len(failures) == 1


async def test_close_during_the_start_leaves_nothing(stand: Stand) -> None:
    caller = stand.caller("silent")
    async with anyio.create_task_group() as group:

        async def connect() -> None:
            with pytest.raises(ServerConnectionError):
                await caller.connect()

        group.start_soon(connect)
        await wait_until(lambda: stand.events("server_started"))
        await caller.close()


OWNER = """
import asyncio, sys
from jjm_tui.gateway.spec import ServerSpec
from tests.gateway.stand import MARK, RealClock, SupervisedCaller, CallerSettings
async def main():
    spec = ServerSpec("rude", (sys.executable, "-I", "-S", sys.argv[1], sys.argv[2]), env={MARK: sys.argv[3]})
    caller = SupervisedCaller(spec, RealClock(), CallerSettings())
    await caller.connect()
    print("ready", flush=True)
    if sys.argv[4] == "stay":
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("mode", ["polite", "ignores_sigterm", "grandchild_ignores_sigterm"])
async def test_server_ends_when_we_are_killed(stand: Stand, mode: str) -> None:
    root = Path(__file__).parents[2]
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(RUDE), mode, stand.mark, "stay"], stdout=subprocess.PIPE, cwd=root
    )
    try:
        assert owner.stdout is not None
        line = await anyio.to_thread.run_sync(owner.stdout.readline)
        assert line == b"ready\n"
        assert stand.left_running()
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close() if owner.stdout else None
    await wait_until(lambda: not stand.left_running())


async def test_server_ends_when_the_loop_is_left_without_closing(stand: Stand) -> None:
    root = Path(__file__).parents[2]
    script = [sys.executable, "-c", OWNER, str(RUDE), "ignores_sigterm", stand.mark, "leave"]
    done = await anyio.run_process(script, cwd=root, check=False)
    assert done.stdout == b"ready\n"
    assert b"Traceback" not in done.stderr
    await wait_until(lambda: not stand.left_running())
