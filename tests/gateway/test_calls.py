"""Queue, one call at a time, budget, retries and breaker, over a real server process."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from jjm_tui.errors import (
    Effect,
    JulesManagerError,
    OperationTimeoutError,
    ProtocolError,
    RateLimitedError,
    ServerConnectionError,
    ServiceUnavailableError,
    ToolArgumentsError,
    ToolNotFoundError,
    WrongStateError,
)
from jjm_tui.gateway.budget import Budget
from jjm_tui.gateway.refusals import classify_text
from jjm_tui.gateway.wire import CallPolicy
from jjm_tui.ports import Priority, ToolAnswer
from tests.gateway.stand import READ, RUDE, FakeClock, Stand, wait_until


def judge_reading(answer: ToolAnswer) -> JulesManagerError | None:
    return classify_text(answer.text, writing=False) if answer.is_error else None


def judge_writing(answer: ToolAnswer) -> JulesManagerError | None:
    return classify_text(answer.text, writing=True) if answer.is_error else None


JUDGED = CallPolicy(judge=judge_reading)
JUDGED_WRITE = CallPolicy(kind="write", judge=judge_writing)


# --- the queue ------------------------------------------------------------------------------------------------


async def test_user_call_overtakes_polling(stand: Stand, tmp_path: Path) -> None:
    note, go = tmp_path / "note", tmp_path / "go"
    caller = stand.caller(parallel_calls=1)
    await caller.connect()
    async with anyio.create_task_group() as group:
        first = {"path": str(note), "text": "first", "until": str(go)}
        group.start_soon(caller.call, "note", first, CallPolicy(priority=Priority.POLL))
        await wait_until(note.exists)
        waiting = [
            ("poll", Priority.POLL),
            ("settle", Priority.SETTLE),
            ("user", Priority.USER),
            ("poll2", Priority.POLL),
        ]
        for count, (text, priority) in enumerate(waiting, 1):
            group.start_soon(caller.call, "note", {"path": str(note), "text": text}, CallPolicy(priority=priority))
            await wait_until(lambda wanted=count: caller.state.waiting == wanted)
        go.touch()
    ended = [line.removeprefix("end ") for line in note.read_text().splitlines() if line.startswith("end ")]
    assert ended == ["first", "user", "settle", "poll", "poll2"]


async def test_parallel_calls_are_bounded(stand: Stand) -> None:
    caller = stand.caller("hangs_in_call", parallel_calls=3)
    await caller.connect()
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(caller.call, "echo", {}, READ)
        await wait_until(lambda: caller.state.running == 3 and caller.state.waiting == 2)
        group.cancel_scope.cancel()
    assert (caller.state.running, caller.state.waiting) == (0, 0)


@pytest.mark.parametrize("shared", [False, True])
async def test_one_call_at_a_time_never_overlaps(stand: Stand, tmp_path: Path, shared: bool) -> None:
    caller = stand.caller(state_dir=tmp_path / "state" if shared else None)
    caller.use_one_call_at_a_time()
    log: list[str] = []

    async def ask(text: str) -> None:
        await caller.call("echo", {"text": text}, CallPolicy(kind="write", written=lambda: log.append("begin")))
        log.append("end")

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(ask, str(number))
    assert log == ["begin", "end"] * 10


OTHER = """
import asyncio, sys
from pathlib import Path
from jjm_tui.gateway.spec import ServerSpec
from tests.gateway.stand import MARK, READ, RealClock, SupervisedCaller, CallerSettings
async def main():
    rude, mark, state, note = sys.argv[1:]
    spec = ServerSpec("rude", (sys.executable, "-I", "-S", rude, "polite"), env={MARK: mark})
    caller = SupervisedCaller(spec, RealClock(), CallerSettings(state_dir=Path(state)))
    caller.use_one_call_at_a_time()
    for number in range(15):
        await caller.call("note", {"path": note, "text": f"theirs {number}", "pause": 0.005}, READ)
        while "ours" not in Path(note).read_text():  # from the second call on both want the server at once
            await asyncio.sleep(0.005)
    await caller.close()
asyncio.run(main())
"""


async def test_one_call_at_a_time_holds_across_processes(stand: Stand, tmp_path: Path) -> None:
    note, state = tmp_path / "note", tmp_path / "state"
    caller = stand.caller(state_dir=state)
    caller.use_one_call_at_a_time()
    await caller.connect()
    root = Path(__file__).parents[2]
    other = subprocess.Popen([sys.executable, "-c", OTHER, str(RUDE), stand.mark, str(state), str(note)], cwd=root)
    try:
        await wait_until(note.exists, patience=60)
        for number in range(15):
            await caller.call("note", {"path": str(note), "text": f"ours {number}", "pause": 0.005}, READ)
        assert await anyio.to_thread.run_sync(other.wait) == 0
    finally:
        other.kill()
        other.wait()
    lines = note.read_text().splitlines()
    assert len(lines) == 60
    assert any(line.startswith("ours") for line in lines[:20])
    for begin, end in zip(lines[::2], lines[1::2], strict=True):
        assert end == f"end {begin}"


async def test_one_call_at_a_time_waits_for_the_late_end_of_an_abandoned_call(stand: Stand, tmp_path: Path) -> None:
    note, go, heard = tmp_path / "note", tmp_path / "go", tmp_path / "heard"
    caller = stand.caller(spec=stand.spec(env={"RUDE_HEARD": str(heard)}), state_dir=tmp_path / "state")
    caller.use_one_call_at_a_time()
    slow = {"path": str(note), "text": "slow", "until": str(go)}
    with pytest.raises(OperationTimeoutError):
        await caller.call("note", slow, CallPolicy(timeout=2))
    async with anyio.create_task_group() as group:
        group.start_soon(caller.call, "note", {"path": str(note), "text": "next"}, READ)
        await wait_until(lambda: caller.state.waiting == 1)
        assert caller.state.running == 1
        go.touch()
    assert note.read_text().splitlines() == ["slow", "end slow", "next", "end next"]
    assert "notifications/cancelled" not in heard.read_text()


# --- the budget -----------------------------------------------------------------------------------------------


async def test_budget_used_up_makes_calls_wait_for_their_share(stand: Stand) -> None:
    clock = FakeClock()
    caller = stand.caller(clock=clock, calls_per_minute=6)
    await caller.connect()
    for _ in range(8):
        await caller.call("echo", {}, READ)
    assert clock.slept == pytest.approx([10.0, 10.0])
    assert caller.state.budget_used == 6
    assert caller.state.budget_limit == 6


async def test_budget_is_shared_between_callers_of_one_folder(tmp_path: Path) -> None:
    clock = FakeClock()
    ours, theirs = (Budget(clock, 10, tmp_path / "deep" / "budget.json") for _ in range(2))
    for _ in range(5):
        assert await ours.take(Priority.USER) == 0
        assert await theirs.take(Priority.USER) == 0
    assert await ours.take(Priority.USER) == pytest.approx(6.0)
    clock.seconds += 6
    assert await theirs.take(Priority.USER) == 0
    assert await ours.take(Priority.USER) == pytest.approx(6.0)


async def test_budget_keeps_a_reserve_for_people(tmp_path: Path) -> None:
    budget = Budget(FakeClock(), 10, tmp_path / "budget.json")
    taken = 0
    while await budget.take(Priority.POLL) == 0:
        taken += 1
    assert taken == 9
    assert await budget.take(Priority.USER) == 0


DAMAGED = {
    "empty": "",
    "cut": "{",
    "a list": "[]",
    "words": '{"tokens": "many", "at": 1}',
    "no number": '{"tokens": NaN, "at": 0}',
    "too long a number": f'{{"tokens": {"9" * 400}, "at": 0}}',
    "too deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
async def test_budget_damaged_file_starts_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "budget.json"
    path.write_text(content)
    assert await Budget(FakeClock(), 10, path).take(Priority.USER) == 0
    assert json.loads(path.read_text())["tokens"] == 9.0


async def test_budget_unwritable_folder_still_counts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    budget = Budget(FakeClock(), 2, tmp_path / "file" / "budget.json")
    assert [await budget.take(Priority.USER) for _ in range(3)] == [0, 0, pytest.approx(30.0)]


async def test_budget_clock_set_back_gives_nothing_away(tmp_path: Path) -> None:
    clock = FakeClock()
    budget = Budget(clock, 10, tmp_path / "budget.json")
    for _ in range(10):
        await budget.take(Priority.USER)
    clock.seconds -= 500
    assert await budget.take(Priority.USER) == pytest.approx(6.0)
    clock.seconds += 6
    assert await budget.take(Priority.USER) == 0


@pytest.mark.parametrize("tokens", [0.5, -1e300])
@pytest.mark.parametrize("ahead", [0, 3600, 1e300])
async def test_budget_whatever_its_file_says_nobody_waits_longer_than_for_one_share(
    tmp_path: Path, tokens: float, ahead: float
) -> None:
    clock, path = FakeClock(), tmp_path / "budget.json"
    path.write_text(json.dumps({"tokens": tokens, "at": clock.now().timestamp() + ahead}))
    budget = Budget(clock, 10, path)
    wait = await budget.take(Priority.USER)
    assert wait == pytest.approx(6.0 * (1 - max(tokens, 0)))
    clock.seconds += wait
    assert await budget.take(Priority.USER) == 0


async def test_polling_that_waits_for_its_share_keeps_nobody_out(stand: Stand) -> None:
    clock = FakeClock()
    caller = stand.caller(clock=clock, calls_per_minute=10, parallel_calls=1)
    await caller.connect()
    for _ in range(9):
        await caller.call("echo", {}, CallPolicy(priority=Priority.POLL))
    sleeping = anyio.Event()

    async def sleep(_: float) -> None:
        sleeping.set()
        await anyio.sleep_forever()

    clock.sleep = sleep  # type: ignore[method-assign]
    async with anyio.create_task_group() as group:
        group.start_soon(caller.call, "echo", {}, CallPolicy(priority=Priority.POLL))
        await sleeping.wait()
        assert (await caller.call("echo", {"text": "first"}, READ)).text == "first"
        group.cancel_scope.cancel()


# --- retries --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Request failed with status code 429", "Jules API error 503: busy", "ECONNRESET"])
async def test_read_failing_for_a_moment_is_repeated(stand: Stand, tmp_path: Path, words: str) -> None:
    arguments = {"path": str(tmp_path / "count"), "times": 2, "text": words}
    caller = stand.caller(clock=FakeClock(), retry_min=1.0)
    assert (await caller.call("fail", arguments, JUDGED)).text == "at last"
    assert caller.state.recent[-1].attempts == 3
    assert [facts["attempt"] for facts in stand.events("call_retry")] == [1, 2]


async def test_write_failing_for_a_moment_is_not_repeated(stand: Stand, tmp_path: Path) -> None:
    arguments = {"path": str(tmp_path / "count"), "times": 2, "text": "Request failed with status code 503"}
    caller = stand.caller(clock=FakeClock())
    with pytest.raises(ServiceUnavailableError) as caught:
        await caller.call("fail", arguments, JUDGED_WRITE)
    assert caught.value.effect is Effect.UNKNOWN
    assert (tmp_path / "count").read_text() == "x"


@pytest.mark.parametrize(
    ("words", "kind"),
    [("FAILED_PRECONDITION", WrongStateError), ("sessionId is required", ToolArgumentsError)],
)
async def test_read_refused_clearly_is_not_repeated(
    stand: Stand, tmp_path: Path, words: str, kind: type[JulesManagerError]
) -> None:
    arguments = {"path": str(tmp_path / "count"), "times": 2, "text": words}
    with pytest.raises(kind):
        await stand.caller().call("fail", arguments, JUDGED)
    assert (tmp_path / "count").read_text() == "x"


async def test_read_gives_up_after_the_last_attempt(stand: Stand, tmp_path: Path) -> None:
    arguments = {"path": str(tmp_path / "count"), "times": 9, "text": "HTTP 502"}
    with pytest.raises(ServiceUnavailableError):
        await stand.caller(clock=FakeClock(), retry_attempts=4).call("fail", arguments, JUDGED)
    assert (tmp_path / "count").read_text() == "xxxx"


async def test_retry_waits_as_long_as_the_server_asks(stand: Stand, tmp_path: Path) -> None:
    clock = FakeClock()
    arguments = {"path": str(tmp_path / "count"), "times": 1, "text": "429 RESOURCE_EXHAUSTED, retry after 7 seconds"}
    caller = stand.caller(clock=clock)
    await caller.connect()
    await caller.call("fail", arguments, JUDGED)
    assert clock.slept == [7.0]


async def test_retry_that_would_pass_the_deadline_is_not_begun(stand: Stand, tmp_path: Path) -> None:
    clock = FakeClock()
    arguments = {"path": str(tmp_path / "count"), "times": 1, "text": "HTTP 429, retry after 30 s"}
    caller = stand.caller(clock=clock)
    with pytest.raises(RateLimitedError) as caught:
        await caller.call("fail", arguments, CallPolicy(timeout=20, judge=judge_reading))
    assert caught.value.context["retry_after"] == 30
    assert clock.slept == []


async def test_read_whose_server_dies_is_repeated_on_the_next(stand: Stand, tmp_path: Path) -> None:
    caller = stand.caller("dies_in_call", retry_attempts=2, retry_min=0.01)
    with pytest.raises(JulesManagerError, match="exit code 9"):
        await caller.call("echo", {}, READ)
    assert caller.state.recent[-1].attempts == 2


async def test_read_and_its_repetitions_share_one_deadline(stand: Stand, tmp_path: Path) -> None:
    note = tmp_path / "note"
    busy = CallPolicy(timeout=1.0, judge=lambda _: ServiceUnavailableError("busy"))
    caller = stand.caller(retry_attempts=20)
    with pytest.raises(JulesManagerError):
        await caller.call("note", {"path": str(note), "pause": 0.4}, busy)
    assert caller.state.recent[-1].attempts <= 3


async def test_call_waits_for_its_server_to_be_back_no_longer_than_its_deadline(stand: Stand) -> None:
    spec = stand.spec("silent_when_back", env={"RUDE_HEARD": str(stand.folder / "heard")})
    caller = stand.caller(spec=spec, start_timeout=60.0)
    with pytest.raises(ServerConnectionError):
        await caller.call("crash", {}, CallPolicy(kind="write"))
    written: list[int] = []
    write = CallPolicy(kind="write", timeout=0.3, written=lambda: written.append(1))
    for policy in (CallPolicy(timeout=0.3), write):
        with pytest.raises(OperationTimeoutError, match="was not ready again in the time that the call had") as caught:
            await caller.call("pid", {}, policy)
        assert caught.value.effect is Effect.NONE
    assert [call.attempts for call in caller.state.recent] == [1, 0, 0]
    assert written == []


# --- the breaker ----------------------------------------------------------------------------------------------


def failing(path: Path, times: int, text: str = "HTTP 503") -> dict[str, object]:
    return {"path": str(path), "times": times, "text": text}


async def test_breaker_opens_probes_and_closes(stand: Stand, tmp_path: Path) -> None:
    clock, count = FakeClock(), tmp_path / "count"
    caller = stand.caller(clock=clock, retry_attempts=1, breaker_failures=3, breaker_cooldown=20.0)
    await caller.connect()
    for _ in range(3):
        with pytest.raises(ServiceUnavailableError):
            await caller.call("fail", failing(count, 4), JUDGED)
    assert caller.state.breaker == "open"
    clock.seconds += 8
    with pytest.raises(ServiceUnavailableError, match="paused after 3 failures; next try in 12 s"):
        await caller.call("fail", failing(count, 4), JUDGED)
    assert count.read_text() == "xxx"
    clock.seconds += 12
    assert caller.state.breaker == "half_open"
    with pytest.raises(ServiceUnavailableError):
        await caller.call("fail", failing(count, 4), JUDGED)
    assert caller.state.breaker == "open"
    clock.seconds += 20
    assert (await caller.call("fail", failing(count, 4), JUDGED)).text == "at last"
    assert caller.state.breaker == "closed"


async def test_breaker_open_refuses_a_write_without_sending(stand: Stand, tmp_path: Path) -> None:
    caller = stand.caller(clock=FakeClock(), retry_attempts=1, breaker_failures=1)
    with pytest.raises(ServiceUnavailableError):
        await caller.call("fail", failing(tmp_path / "count", 9), JUDGED)
    written: list[int] = []
    with pytest.raises(ServiceUnavailableError, match="paused") as caught:
        await caller.call("echo", {}, CallPolicy(kind="write", written=lambda: written.append(1)))
    assert caught.value.effect is Effect.NONE
    assert written == []


async def test_breaker_lets_one_probe_through_at_a_time(stand: Stand, tmp_path: Path) -> None:
    clock = FakeClock()
    caller = stand.caller("hangs_in_call", clock=clock, retry_attempts=1, breaker_failures=1, breaker_cooldown=5.0)
    with pytest.raises(ServiceUnavailableError):
        await caller.call("fail", failing(tmp_path / "count", 1), JUDGED)
    clock.seconds += 5
    async with anyio.create_task_group() as group:
        group.start_soon(caller.call, "echo", {}, READ)
        await wait_until(lambda: caller.state.running == 1)
        with pytest.raises(ServiceUnavailableError, match="a try is under way"):
            await caller.call("pid", {}, READ)
        group.cancel_scope.cancel()
    assert (await caller.call("pid", {}, READ)).text.isdigit()
    assert caller.state.breaker == "closed"


async def test_server_that_answers_nothing_any_more_is_replaced(stand: Stand) -> None:
    caller = stand.caller("hangs_in_call", retry_attempts=1, breaker_failures=2, breaker_cooldown=0.0)
    before = (await caller.call("pid", {}, READ)).text
    for _ in range(2):
        with pytest.raises(OperationTimeoutError):
            await caller.call("echo", {}, CallPolicy(timeout=0.05))
    assert len(stand.events("server_replaced")) == 1
    assert (await caller.call("pid", {}, READ)).text != before


async def test_server_that_answers_in_between_is_not_replaced(stand: Stand) -> None:
    caller = stand.caller("hangs_in_call", retry_attempts=1, breaker_failures=2)
    before = (await caller.call("pid", {}, READ)).text
    for _ in range(3):
        with pytest.raises(OperationTimeoutError):
            await caller.call("echo", {}, CallPolicy(timeout=0.05))
        assert (await caller.call("pid", {}, READ)).text == before


async def test_silence_lasts_from_the_first_unanswered_call_to_the_next_answer(stand: Stand) -> None:
    caller = stand.caller("hangs_in_call", retry_attempts=1, breaker_failures=9)
    await caller.call("pid", {}, READ)
    assert caller.state.silent_since is None
    async with anyio.create_task_group() as group:
        group.start_soon(caller.call, "echo", {}, READ)
        await wait_until(lambda: caller.state.silent_since is not None)
        group.cancel_scope.cancel()
    assert caller.state.silent_since is None  # nobody wants that answer any more
    with pytest.raises(OperationTimeoutError):
        await caller.call("echo", {}, CallPolicy(timeout=0.05))
    since = caller.state.silent_since
    assert since is not None
    with pytest.raises(OperationTimeoutError):
        await caller.call("echo", {}, CallPolicy(timeout=0.05))
    assert caller.state.silent_since == since
    await caller.call("pid", {}, READ)
    assert caller.state.silent_since is None


async def test_breaker_ignores_refusals(stand: Stand, tmp_path: Path) -> None:
    caller = stand.caller(retry_attempts=1, breaker_failures=2)
    for number in range(4):
        with pytest.raises(WrongStateError):
            await caller.call("fail", failing(tmp_path / str(number), 1, "FAILED_PRECONDITION"), JUDGED)
    assert caller.state.breaker == "closed"


UNREADABLE = ("broken_json", "no_result", "wrong_shape", "breaks_schema")
"""How the rude server answers what nobody can read."""


@pytest.mark.parametrize("mode", UNREADABLE)
async def test_breaker_does_not_open_for_answers_that_nobody_can_read(stand: Stand, mode: str) -> None:
    caller = stand.caller(mode, retry_attempts=1, breaker_failures=2)
    for _ in range(4):
        with pytest.raises(ProtocolError):
            await caller.call("echo", {}, JUDGED)
    assert caller.state.breaker == "closed"
    assert (await caller.call("pid", {}, JUDGED)).text.isdigit()


@pytest.mark.parametrize("mode", UNREADABLE)
async def test_answer_that_nobody_can_read_does_not_make_failures_forgotten(
    stand: Stand, tmp_path: Path, mode: str
) -> None:
    caller = stand.caller(mode, clock=FakeClock(), retry_attempts=1, breaker_failures=2)
    for number in range(2):
        assert caller.state.breaker == "closed"
        with pytest.raises(ProtocolError):
            await caller.call("echo", {}, JUDGED)
        with pytest.raises(ServiceUnavailableError):
            await caller.call("fail", failing(tmp_path / str(number), 1), JUDGED)
    assert caller.state.breaker == "open"


async def test_probe_whose_answer_nobody_can_read_leaves_the_next_call_to_probe(stand: Stand, tmp_path: Path) -> None:
    clock = FakeClock()
    caller = stand.caller("broken_json", clock=clock, retry_attempts=1, breaker_failures=1, breaker_cooldown=5.0)
    with pytest.raises(ServiceUnavailableError):
        await caller.call("fail", failing(tmp_path / "count", 1), JUDGED)
    clock.seconds += 5
    with pytest.raises(ProtocolError):
        await caller.call("echo", {}, JUDGED)
    assert caller.state.breaker == "half_open"
    assert (await caller.call("pid", {}, JUDGED)).text.isdigit()
    assert caller.state.breaker == "closed"


# --- answers of the protocol ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": -32601, "message": "Unknown tool: x"}, ToolNotFoundError),
        ({"code": -32602, "message": "Tool x not found"}, ToolNotFoundError),
        ({"code": -32602, "message": "prompt: Required"}, ToolArgumentsError),
    ],
)
async def test_rpc_error_of_the_protocol_is_a_refusal(
    stand: Stand, error: dict[str, object], kind: type[JulesManagerError]
) -> None:
    with pytest.raises(kind) as caught:
        await stand.caller().call("rpc_error", error, CallPolicy(kind="write"))
    assert type(caught.value) is kind
    assert caught.value.effect is Effect.REFUSED


async def test_rpc_error_about_the_answer_of_a_tool_that_ran_may_have_had_an_effect(stand: Stand) -> None:
    words = "MCP error -32602: Output validation error: Tool x has an output schema but no structured content"
    policy = CallPolicy(kind="write", judge=judge_writing)
    with pytest.raises(JulesManagerError) as caught:
        await stand.caller().call("rpc_error", {"code": -32602, "message": words}, policy)
    assert caught.value.effect is Effect.UNKNOWN


@pytest.mark.parametrize("code", [-32603, -32600, -32000, -32001, -32700, 7])
async def test_rpc_error_of_a_tool_is_its_answer(stand: Stand, code: int) -> None:
    error = {"code": code, "message": "Error in x: nope", "data": {"retry": 5}}
    answer = await stand.caller().call("rpc_error", error, CallPolicy(kind="write"))
    assert answer == ToolAnswer("Error in x: nope", structured={"retry": 5}, is_error=True)


async def test_error_never_repeats_the_secret_that_the_server_was_given(stand: Stand, tmp_path: Path) -> None:
    caller = stand.caller(spec=stand.spec(env={"MY_API_KEY": "AIza-very-secret"}))
    arguments = failing(tmp_path / "count", 1, "API key not valid: AIza-very-secret")
    with pytest.raises(JulesManagerError) as caught:
        await caller.call("fail", arguments, JUDGED)
    assert "AIza" not in f"{caught.value} {caught.value.context}"


async def test_recent_calls_are_remembered_without_arguments(stand: Stand) -> None:
    caller = stand.caller()
    await caller.call("echo", {"text": "private words"}, CallPolicy(kind="write", priority=Priority.SETTLE))
    record = caller.state.recent[-1]
    assert (record.tool, record.kind, record.priority, record.outcome, record.attempts) == (
        "echo",
        "write",
        Priority.SETTLE,
        "ok",
        1,
    )
    assert "private" not in repr(caller.state) + repr(stand.logged)


async def test_mixed_storm_of_calls_kills_and_cancellations_ends_clean(stand: Stand) -> None:
    rng = random.Random(7)
    caller = stand.caller(retry_attempts=1, breaker_failures=10_000, calls_per_minute=0)
    await caller.connect()

    async def one(number: int) -> None:
        with anyio.move_on_after(rng.choice([0.0, 0.005, 5.0])):
            try:
                tool = rng.choice(["echo", "echo", "pid", "crash"] if number % 40 == 0 else ["echo", "pid"])
                await caller.call(tool, {"text": "x"}, READ)
            except JulesManagerError:
                return

    async with anyio.create_task_group() as group:
        for number in range(200):
            group.start_soon(one, number)
    assert (caller.state.running, caller.state.waiting) == (0, 0)
    assert (await caller.call("echo", {"text": "fine"}, READ)).text == "fine"
