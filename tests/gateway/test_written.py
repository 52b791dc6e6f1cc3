"""``written`` is called exactly once, immediately before the first byte, and decides what an error may claim."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import anyio
import pytest

from jjm_tui.errors import Effect, JulesManagerError, ServerConnectionError, StorageError, ToolNotFoundError
from jjm_tui.gateway.wire import CallPolicy
from tests.gateway.stand import READ, Stand, wait_until


class Written:
    """Counts the calls of the callback, looks at the world at that moment, and may raise."""

    def __init__(self, witness: Path | None = None, error: BaseException | None = None) -> None:
        self.calls = 0
        self.seen: list[str] = []
        self.error = error
        self._witness = witness

    def __call__(self) -> None:
        self.calls += 1
        if self._witness is not None:
            self.seen.append(self._witness.read_text() if self._witness.exists() else "")
        if self.error is not None:
            raise self.error

    def policy(self, **more: object) -> CallPolicy:
        return CallPolicy(kind="write", written=self, **more)  # type: ignore[arg-type]


async def test_write_is_announced_once_before_the_server_reads_it(stand: Stand, tmp_path: Path) -> None:
    note = tmp_path / "note"
    written = Written(note)
    await stand.caller().call("note", {"path": str(note), "text": "a"}, written.policy())
    assert written.calls == 1
    assert written.seen == [""]
    assert note.read_text() == "a\nend a\n"


@pytest.mark.parametrize(
    "error", [StorageError("the disk is full"), ValueError("odd"), TimeoutError(), OSError(5, "io")]
)
async def test_write_whose_callback_raises_is_not_sent(stand: Stand, tmp_path: Path, error: Exception) -> None:
    note = tmp_path / "note"
    written = Written(error=error)
    caller = stand.caller()
    with pytest.raises(type(error)) as caught:
        await caller.call("note", {"path": str(note)}, written.policy())
    assert caught.value is error
    assert getattr(caught.value, "effect", Effect.NONE) is Effect.NONE
    assert (await caller.call("echo", {"text": "still here"}, READ)).text == "still here"
    assert not note.exists()
    assert written.calls == 1


async def test_write_broken_by_the_callbacks_closed_pipe_error_is_still_that_error(stand: Stand) -> None:
    error = anyio.BrokenResourceError()
    with pytest.raises(anyio.BrokenResourceError) as caught:
        await stand.caller().call("echo", {}, Written(error=error).policy())
    assert caught.value is error


async def test_write_when_the_server_dies_before_reading_may_have_happened(stand: Stand) -> None:
    caller = stand.caller()
    pid = int((await caller.call("pid", {}, READ)).text)
    os.kill(pid, signal.SIGSTOP)
    written = Written()
    failures: list[JulesManagerError] = []

    async def write() -> None:
        try:
            await caller.call("echo", {"text": "x"}, written.policy())
        except JulesManagerError as error:
            failures.append(error)

    with anyio.fail_after(15):
        async with anyio.create_task_group() as group:
            group.start_soon(write)
            await wait_until(lambda: written.calls)
            os.kill(pid, signal.SIGKILL)
    assert type(failures[0]) is ServerConnectionError
    assert failures[0].effect is Effect.UNKNOWN
    assert "SIGKILL" in failures[0].message
    assert written.calls == 1


async def test_write_after_the_server_died_starts_a_new_one_and_is_sent_once(stand: Stand, tmp_path: Path) -> None:
    note = tmp_path / "note"
    caller = stand.caller()
    pid = int((await caller.call("pid", {}, READ)).text)
    os.kill(pid, signal.SIGKILL)
    await wait_until(lambda: caller.state.status != "connected")
    written = Written()
    await caller.call("note", {"path": str(note), "text": "a"}, written.policy())
    assert written.calls == 1
    assert note.read_text() == "a\nend a\n"


async def test_write_that_fails_is_never_sent_again(stand: Stand, tmp_path: Path) -> None:
    note = tmp_path / "note"
    caller = stand.caller("polite")
    written = Written()
    with pytest.raises(ServerConnectionError) as caught:
        await caller.call("crash", {"code": 3}, written.policy())
    assert caught.value.effect is Effect.UNKNOWN
    with pytest.raises(JulesManagerError):
        await caller.call(
            "fail",
            {"path": str(note), "times": 9, "text": "HTTP 503"},
            CallPolicy(kind="write", judge=lambda answer: ServerConnectionError(answer.text)),
        )
    assert written.calls == 1
    assert note.read_text() == "x"


async def test_write_with_an_unknown_tool_is_not_announced(stand: Stand) -> None:
    written = Written()
    with pytest.raises(ToolNotFoundError, match="no tool named nonsense") as caught:
        await stand.caller().call("nonsense", {}, written.policy())
    assert caught.value.effect is Effect.NONE
    assert written.calls == 0


async def test_write_to_a_server_that_cannot_start_is_not_announced(stand: Stand) -> None:
    written = Written()
    with pytest.raises(JulesManagerError) as caught:
        await stand.caller("exit_at_start").call("echo", {}, written.policy())
    assert caught.value.effect is Effect.NONE
    assert written.calls == 0


async def test_write_cancelled_in_the_queue_is_not_announced(stand: Stand, tmp_path: Path) -> None:
    go = tmp_path / "go"
    caller = stand.caller(parallel_calls=1)
    await caller.connect()
    written = Written()
    busy = Written()
    async with anyio.create_task_group() as group:
        slow = {"path": str(tmp_path / "slow"), "until": str(go)}
        group.start_soon(caller.call, "note", slow, busy.policy())
        await wait_until(lambda: busy.calls)
        async with anyio.create_task_group() as impatient:
            impatient.start_soon(caller.call, "echo", {}, written.policy())
            await wait_until(lambda: caller.state.waiting == 1)
            impatient.cancel_scope.cancel()
        go.touch()
    assert written.calls == 0
    assert (await caller.call("echo", {"text": "free"}, READ)).text == "free"


async def test_write_nothing_private_reaches_the_server(stand: Stand, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    caller = stand.caller(spec=stand.spec(env={"RUDE_HEARD": str(heard)}))
    await caller.call("echo", {"text": "hi"}, Written().policy())
    call = next(line for line in heard.read_text().splitlines() if "tools/call" in line)
    assert '"params":{"name":"echo","arguments":{"text":"hi"}}' in call
    assert "slip" not in heard.read_text()
