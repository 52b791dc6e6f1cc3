"""Every way in which a server misbehaves ends in an answer or the right error, and leaves nothing running."""

from __future__ import annotations

import sys

import anyio
import pytest

from jjm_tui.errors import (
    AnswerTooLongError,
    ConfigurationError,
    Effect,
    JulesManagerError,
    OperationTimeoutError,
    ServerStartError,
    ToolArgumentsError,
    ToolNotFoundError,
)
from jjm_tui.gateway.connection import CRASHES
from jjm_tui.gateway.spec import ServerSpec
from jjm_tui.gateway.wire import CallPolicy
from tests.gateway.rude_modes import ANSWERED, FAILED_CALL, FAILED_START, IMPATIENT, LIMITS, MB
from tests.gateway.stand import MARK, READ, Stand, wait_until

WRITE = CallPolicy(kind="write")
ONCE = {"retry_attempts": 1}


@pytest.mark.parametrize("mode", ANSWERED)
async def test_call_rude_but_clear_server_is_answered(stand: Stand, mode: str) -> None:
    caller = stand.caller(mode, max_line_bytes=LIMITS.get(mode, 8 * MB))
    with anyio.fail_after(60):
        answer = await caller.call("echo", {"text": "hi"}, READ)
        again = await caller.call("pid", {}, READ)
    assert answer.text == ANSWERED[mode]
    assert again.text.isdigit()


@pytest.mark.parametrize("mode", FAILED_START)
async def test_connect_server_that_never_gets_ready_says_why(stand: Stand, mode: str) -> None:
    kind, words = FAILED_START[mode]
    caller = stand.caller(mode, start_timeout=0.5 if mode in IMPATIENT else 20.0)
    with anyio.fail_after(60), pytest.raises(kind, match=words) as caught:
        await caller.connect()
    assert type(caught.value) is kind
    assert caught.value.effect is Effect.NONE
    assert caught.value.hint


@pytest.mark.parametrize("mode", FAILED_CALL)
async def test_call_server_that_fails_in_it_raises_the_right_error(stand: Stand, mode: str) -> None:
    kind, words = FAILED_CALL[mode]
    caller = stand.caller(mode)
    await caller.connect()
    timeout = 2 if mode in IMPATIENT else 20.0
    with anyio.fail_after(60), pytest.raises(kind, match=words) as caught:
        await caller.call("echo", {"text": "hi"}, CallPolicy(kind="write", timeout=timeout))
    assert type(caught.value) is kind
    assert caught.value.effect is Effect.UNKNOWN


@pytest.mark.parametrize(
    "mode",
    [
        "hangs_in_call",
        "broken_json",
        "wrong_shape",
        "no_result",
        "breaks_schema",
        "deep",
        "line_40",
        "long_line_id_last",
        "long_line_without_id",
    ],
)
async def test_call_after_a_failed_answer_uses_the_same_connection(stand: Stand, mode: str) -> None:
    caller = stand.caller(mode)
    before = await caller.call("pid", {}, READ)
    with pytest.raises(JulesManagerError):
        await caller.call("echo", {}, CallPolicy(timeout=0.2 if mode in IMPATIENT else 20.0))
    assert (await caller.call("pid", {}, READ)).text == before.text


@pytest.mark.parametrize("mode", ["line_1", "endless_line"])
async def test_answers_that_are_too_long_never_use_up_restarts_or_pause_other_calls(stand: Stand, mode: str) -> None:
    caller = stand.caller(mode, max_line_bytes=100_000)
    for _ in range(2 * CRASHES):
        with pytest.raises(AnswerTooLongError):
            await caller.call("echo", {"text": "big"}, CallPolicy())
        assert (await caller.call("pid", {}, READ)).text.isdigit()
    assert caller.state.breaker == "closed"
    starts = 1 if mode == "line_1" else 2 * CRASHES + 1
    assert len(stand.events("server_started")) == starts


async def test_call_waiting_beside_an_endless_answer_is_told_who_closed_the_server(stand: Stand) -> None:
    caller = stand.caller("endless_line", retry_attempts=1)
    errors: dict[str, JulesManagerError] = {}

    async def ask(tool: str, arguments: dict[str, object]) -> None:
        try:
            await caller.call(tool, arguments, CallPolicy(kind="write"))
        except JulesManagerError as error:
            errors[tool] = error

    await caller.connect()
    async with anyio.create_task_group() as group:
        group.start_soon(ask, "echo", {"text": "big"})
        await wait_until(lambda: caller.state.running == 1)
        group.start_soon(ask, "pid", {})
    assert type(errors["echo"]) is AnswerTooLongError
    assert "was closed by jjm, because it sent a line without an end" in errors["pid"].message
    assert errors["pid"].effect is Effect.UNKNOWN


async def test_answer_lost_among_several_is_asked_for_again_and_only_the_long_one_fails(stand: Stand) -> None:
    caller = stand.caller("long_for_one")
    await caller.connect()
    answers: dict[str, str] = {}

    async def ask(text: str) -> None:
        try:
            answers[text] = (await caller.call("echo", {"text": text}, READ)).text
        except AnswerTooLongError as error:
            answers[text] = error.message

    async with anyio.create_task_group() as group:
        for text in ("small", "big"):
            group.start_soon(ask, text)
    assert answers["small"] == "small"
    assert answers["big"].startswith("An answer of the server rude is longer than accepted")
    assert len(stand.events("server_started")) == 1


async def test_write_that_lost_its_answer_is_never_sent_again(stand: Stand) -> None:
    """Of several whose answers are lost together, what reads is asked for again."""
    caller = stand.caller("long_for_one")
    await caller.connect()

    async def ask(text: str) -> None:
        with pytest.raises(AnswerTooLongError) as caught:
            await caller.call("echo", {"text": text}, CallPolicy(kind="write"))
        assert caught.value.effect is Effect.UNKNOWN

    async with anyio.create_task_group() as group:
        for text in ("small", "big"):
            group.start_soon(ask, text)
    assert [call.attempts for call in caller.state.recent] == [1, 1]


async def test_call_server_that_reads_no_more_times_out_and_is_replaced(stand: Stand) -> None:
    caller = stand.caller("reads_no_more", **ONCE)
    await caller.connect()
    with anyio.fail_after(60), pytest.raises(OperationTimeoutError) as caught:
        await caller.call("echo", {"text": "x" * 1_000_000}, CallPolicy(kind="write", timeout=3))
    assert caught.value.effect is Effect.UNKNOWN
    await wait_until(lambda: len(stand.events("server_started")) == 2)


async def test_call_cancelled_keeps_the_connection(stand: Stand) -> None:
    caller = stand.caller("hangs_in_call")
    pid = (await caller.call("pid", {}, READ)).text
    written = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(caller.call, "echo", {}, CallPolicy(kind="write", written=written.set))
        await written.wait()
        group.cancel_scope.cancel()
    assert (await caller.call("pid", {}, READ)).text == pid
    assert caller.state.recent[1].outcome == "cancelled"


async def test_connect_missing_program_names_it(stand: Stand) -> None:
    caller = stand.caller(spec=ServerSpec("mine", ("no-such-program-here", "--x")))
    with pytest.raises(ServerStartError, match="no-such-program-here") as caught:
        await caller.connect()
    assert "correct the command" in (caught.value.hint or "")


async def test_connect_missing_node_says_how_to_get_it(stand: Stand) -> None:
    caller = stand.caller(spec=ServerSpec("mine", ("npx", "-y", "x"), env={"PATH": "/nowhere"}))
    with pytest.raises(ServerStartError, match="npx") as caught:
        await caller.connect()
    assert "Node.js" in (caught.value.hint or "")


async def test_connect_missing_folder_names_it(stand: Stand) -> None:
    caller = stand.caller(spec=ServerSpec("mine", (sys.executable,), cwd="/no/such/folder"))
    with pytest.raises(ServerStartError, match="/no/such/folder"):
        await caller.connect()


async def test_connect_neither_command_nor_url_is_a_configuration_error(stand: Stand) -> None:
    with pytest.raises(ConfigurationError, match="neither"):
        await stand.caller(spec=ServerSpec("mine")).connect()


async def test_server_gets_harmless_variables_and_its_own_only(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JULES_API_KEY", "from-our-shell")
    monkeypatch.setenv("LC_TIME", "C")
    caller = stand.caller(spec=stand.spec(env={"OTHER_KEY": "given"}))
    told = (await caller.call("environment", {}, READ)).text
    assert "from-our-shell" not in told
    assert '"LC_TIME": "C"' in told
    assert '"OTHER_KEY": "given"' in told
    assert MARK in told


async def test_standard_error_is_cleaned_masked_and_kept(stand: Stand) -> None:
    log = stand.folder / "logs" / "server.log"
    spec = stand.spec("talks_to_stderr", env={"SOME_API_KEY": "s3cret-value"})
    caller = stand.caller(spec=spec, stderr_log=log)
    await caller.connect()
    await wait_until(lambda: caller.state.last_words)
    assert caller.state.last_words == ("red key=•••",)
    await caller.close()
    assert "s3cret-value" not in log.read_text()
    assert "key=•••" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


async def test_standard_error_flood_keeps_a_bounded_file_and_tail(stand: Stand) -> None:
    log = stand.folder / "server.log"
    caller = stand.caller("stderr_flood", stderr_log=log)
    assert (await caller.call("echo", {"text": "hi"}, READ)).text == "hi"
    await caller.close()
    assert caller.state.last_words[-1] == "the last line"
    assert len(caller.state.last_words) <= 40
    assert sum(path.stat().st_size for path in stand.folder.glob("server.log*")) <= 4 * 1024 * 1024


async def test_start_failing_on_an_old_node_says_so(stand: Stand) -> None:
    with pytest.raises(ServerStartError) as caught:
        await stand.caller("old_node").connect()
    assert "Node.js" in (caught.value.hint or "")


async def test_call_with_half_a_character_is_refused_before_sending(stand: Stand) -> None:
    caller = stand.caller()
    written: list[int] = []
    with pytest.raises(ToolArgumentsError) as caught:
        await caller.call("echo", {"text": "a\ud800b"}, CallPolicy(kind="write", written=lambda: written.append(1)))
    assert caught.value.effect is Effect.NONE
    assert written == []
    assert (await caller.call("echo", {"text": "ok"}, READ)).text == "ok"


async def test_tool_that_the_server_learned_later_is_found(stand: Stand) -> None:
    caller = stand.caller("learns_a_tool")
    with pytest.raises(ToolNotFoundError):
        await caller.call("late", {}, READ)
    assert (await caller.call("echo", {"text": "hi"}, READ)).text == "hi"
    assert (await caller.call("late", {"text": "here"}, READ)).text == "here"


async def test_asking_for_the_tools_again_counts_in_the_time_of_the_call(stand: Stand) -> None:
    caller = stand.caller("learns_slowly", retry_attempts=1)
    assert (await caller.call("echo", {"text": "hi"}, READ)).text == "hi"
    with pytest.raises(OperationTimeoutError, match=r"did not answer late within [0-2]\b") as caught:
        await caller.call("late", {}, CallPolicy(timeout=3))
    assert caught.value.effect is Effect.UNKNOWN


async def test_resources_are_listed_and_read(stand: Stand) -> None:
    caller = stand.caller()
    assert [resource.uri for resource in await caller.list_resources(READ)] == ["rude://one"]
    assert await caller.read_resource("rude://one", READ) == "the only one"
    with pytest.raises(JulesManagerError, match="no resource rude://two"):
        await caller.read_resource("rude://two", READ)
