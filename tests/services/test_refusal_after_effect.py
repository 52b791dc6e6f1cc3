"""A server that acts and then answers with a failure: it is never told as refused, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jjm_tui.errors import Effect, ServerConnectionError
from jjm_tui.gateway.faults import Answered, http_error
from jjm_tui.ports import CreateRequest, ToolAnswer
from jjm_tui.services.manager import JobManager
from jjm_tui.services.results import OperationResult, Outcome
from tests.services.workbench import WRITES, CuttingCaller, Workbench, bench, lost

TEXT = 'Return 429 when the rate limit is hit: "name is required", 401 Unauthorized.'
OUTPUT = (
    "MCP error -32602: Output validation error: Tool {tool} has an output schema but no structured content was provided"
)
UNSURE = (
    (-32602, OUTPUT),
    (None, OUTPUT),
    (None, f"Error: request timed out; sent: {TEXT}"),
    (None, f"Error: socket hang up (POST sessions, prompt {TEXT!r})"),
    (None, "Error: 429 Too many requests, then socket hang up"),
)
PROXY = "not the server, but HTTP"
"""How a case tells that HTTP answers with a status (``code``)."""

PLAIN = 200
"""The code of a case that answers without calling it an error."""

SURE = (
    (None, "Error: 401 Unauthorized"),
    (None, "Error: 429 Too many requests"),
    (None, "MCP error -32602: Invalid arguments for tool {tool}"),
    (-32602, "Invalid arguments for tool {tool}"),
    (-32601, "Unknown tool {tool}"),
)
UNSURE_CASES = (
    *((kind, *UNSURE[0]) for kind in ("create", "message", "approve")),
    *(("message", *words) for words in UNSURE[1:]),
    ("create", *UNSURE[3]),
    ("message", 408, PROXY),
    ("create", 502, PROXY),
)
SURE_CASES = (
    *(("message", *words) for words in SURE),
    ("create", *SURE[1]),
    *(("message", status, PROXY) for status in (401, 404, 429)),
    ("create", 404, PROXY),
    ("approve", 403, PROXY),
    ("message", PLAIN, "Task 1 is not active."),
)
OTHERS_DID_IT = (
    ("approve", None, "Error: 401 Unauthorized"),
    ("approve", None, "Error: 400 FAILED_PRECONDITION"),
    ("approve", PLAIN, "No plan approval needed."),
)
"""What a server says itself of a change that a re-read cannot tell from the same one by somebody else."""

Decision = Callable[[JobManager], Awaitable[OperationResult]]


def _fail(caller: CuttingCaller, code: int | None, words: str, *, does_it: bool, can_read: bool) -> None:
    """Every change answers with this failure, as the text of a tool or as an error of the protocol, or of HTTP."""
    real = caller.answer

    def answer(name, arguments):
        if name not in WRITES:
            return real(name, arguments)
        if does_it:
            real(name, arguments)
        caller.cut = lambda tool, place: None if can_read or tool in WRITES else ServerConnectionError("It is down.")
        if words is PROXY and (failure := http_error(code, None, "simulator", Effect.UNKNOWN)) is not None:
            raise failure
        said = words.replace("{tool}", name)
        if code in (None, PLAIN):
            return ToolAnswer(said, is_error=code is None)
        return Answered(code, said, None).judge_tool(name, "simulator")

    caller.answer = answer


async def _decision(work: Workbench, kind: str) -> Decision:
    if kind == "create":
        return lambda manager: manager.create_task(CreateRequest(TEXT, "acme/webapp"))
    if kind == "message":
        talking = work.session_in("AWAITING_USER_FEEDBACK")
        return lambda manager: manager.send_message(talking, TEXT)
    waiting = work.session_in("AWAITING_PLAN_APPROVAL")
    fingerprint = (await work.process()[0].preview_approval(waiting)).fingerprint
    return lambda manager: manager.approve_plan(waiting, fingerprint)


async def _decide(
    folder: Path, kind: str, code: int | None, words: str, *, does_it: bool = True, can_read: bool = True
) -> tuple[Workbench, OperationResult, int]:
    """The world, what was told, and how much of this kind had happened before."""
    work = bench(folder)
    decide = await _decision(work, kind)
    before = len(work.effects(kind))
    manager, caller, _ = work.process()
    _fail(caller, code, words, does_it=does_it, can_read=can_read)
    return work, await decide(manager), before


@pytest.mark.parametrize(("kind", "code", "words"), [*UNSURE_CASES, *SURE_CASES])
async def test_failure_told_after_the_effect_is_done_when_a_reread_shows_it(tmp_path, kind, code, words):
    work, result, before = await _decide(tmp_path, kind, code, words)
    assert result.outcome is Outcome.DONE, result
    assert len(work.effects(kind)) == before + 1


@pytest.mark.parametrize(("kind", "code", "words"), UNSURE_CASES)
async def test_doubtful_failure_that_cannot_be_reread_is_unconfirmed_and_never_doubled(tmp_path, kind, code, words):
    work, result, before = await _decide(tmp_path, kind, code, words, can_read=False)
    assert result.outcome is Outcome.UNCONFIRMED, result
    manager, _, _ = work.process()
    assert (await manager.resend_operation(result.operation_id)).outcome is Outcome.DONE
    assert len(work.effects(kind)) == before + 1


@pytest.mark.parametrize(("kind", "code", "words"), OTHERS_DID_IT)
async def test_approval_that_the_server_says_was_not_needed_is_refused_and_the_state_is_told(
    tmp_path, kind, code, words
):
    _, result, _ = await _decide(tmp_path, kind, code, words)
    assert result.outcome is Outcome.REFUSED, result
    assert "The server shows this plan as approved." in result.remarks


async def _resume_refused(folder: Path, state: str) -> tuple[Workbench, OperationResult]:
    """Somebody else resumes the task while the server is asked to; it says no, and the task is in this state."""
    work = bench(folder, dialect="browser", tasks=24)
    paused = work.session_in("PAUSED")
    manager, caller, _ = work.process()
    real = caller.answer

    def answer(name, arguments):
        if name != "jules_resume_task":
            return real(name, arguments)
        work.world.session(paused).state = state
        return ToolAnswer(f"Task {paused} doesn't appear to be paused or may already be active.")

    caller.answer = answer
    return work, await manager.resume_task(paused)


@pytest.mark.parametrize("state", ["IN_PROGRESS", "COMPLETED"])
async def test_task_that_somebody_else_resumed_is_not_told_as_resumed_by_this_one(tmp_path, state):
    work, result = await _resume_refused(tmp_path, state)
    assert result.outcome is Outcome.REFUSED, result
    assert any(remark.startswith("The task goes on: ") for remark in result.remarks), result.remarks
    assert not work.effects("resume")


async def test_task_that_failed_is_never_told_as_resumed(tmp_path):
    work, result = await _resume_refused(tmp_path, "FAILED")
    assert (result.outcome, result.remarks) == (Outcome.REFUSED, ())
    assert not work.effects("resume")


async def test_resume_without_an_answer_of_a_task_that_failed_since_is_unconfirmed(tmp_path):
    work = bench(tmp_path, dialect="browser", tasks=24)
    paused = work.session_in("PAUSED")
    manager, caller, _ = work.process()

    def cut(tool, place):
        if (tool, place) != ("jules_resume_task", "written"):
            return None
        work.world.session(paused).state = "FAILED"
        return lost()

    caller.cut = cut
    result = await manager.resume_task(paused)
    assert result.outcome is Outcome.UNCONFIRMED, result
    assert not work.effects("resume")


@pytest.mark.parametrize(("kind", "code", "words"), [*SURE_CASES, *OTHERS_DID_IT])
async def test_sure_refusal_without_effect_stays_refused(tmp_path, kind, code, words):
    for can_read in (True, False):
        work, result, before = await _decide(
            tmp_path / str(can_read), kind, code, words, does_it=False, can_read=can_read
        )
        assert result.outcome is Outcome.REFUSED, result
        assert len(work.effects(kind)) == before


async def test_refused_create_is_in_doubt_when_several_new_tasks_look_like_it(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    real = caller.answer

    def twins(name, arguments):
        if name != "create_session":
            return real(name, arguments)
        for _ in range(2):
            real(name, arguments)
        return ToolAnswer("Error: 429 Too many requests", is_error=True)

    caller.answer = twins
    assert (await manager.create_task(CreateRequest(TEXT, "acme/webapp"))).outcome is Outcome.UNCONFIRMED


async def test_words_that_say_no_because_of_a_timeout_are_not_believed(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    real = caller.answer

    def answer(name, arguments):
        told = real(name, arguments)
        return ToolAnswer("Session 1 is not answering: request timed out") if name == "send_message" else told

    caller.answer = answer
    assert (await manager.send_message(task_id, TEXT)).outcome is Outcome.DONE
    assert len(work.effects("message")) == 1


async def _effect_shows_later(work: Workbench, kind: str) -> tuple[OperationResult, Callable[[], None]]:
    """What was told of a decision that the server called refused, and how its effect shows there all the same."""
    decide = await _decision(work, kind)
    manager, caller, _ = work.process()
    real, late = caller.answer, []

    def answer(name, arguments):
        if name not in WRITES:
            return real(name, arguments)
        late.append((name, arguments))
        return ToolAnswer("Request failed with status code 400", is_error=True)

    caller.answer = answer
    result = await decide(manager)
    assert result.outcome is Outcome.REFUSED

    def show() -> None:
        real(*late.pop())

    return result, show


@pytest.mark.parametrize("kind", ["message", "create"])
async def test_refused_text_that_shows_by_now_is_not_sent_again(tmp_path, kind):
    work = bench(tmp_path)
    before = len(work.effects(kind))
    refused, show = await _effect_shows_later(work, kind)
    show()
    manager, caller, _ = work.process()
    again = await manager.resend_operation(refused.operation_id)
    assert (again.outcome, again.operation_id) == (Outcome.DONE, refused.operation_id)
    assert again.message.endswith("It was told as refused; a re-read shows it.")
    assert not set(caller.calls) & WRITES
    assert len(work.effects(kind)) == before + 1


@pytest.mark.parametrize("kind", ["message", "create"])
async def test_refused_text_that_does_not_show_is_sent_again_once(tmp_path, kind):
    work = bench(tmp_path)
    before = len(work.effects(kind))
    refused, _ = await _effect_shows_later(work, kind)
    manager, _, _ = work.process()
    assert (await manager.resend_operation(refused.operation_id)).outcome is Outcome.DONE
    assert len(work.effects(kind)) == before + 1


@pytest.mark.parametrize("kind", ["message", "create"])
async def test_refused_text_stays_refused_while_the_server_is_away_and_is_looked_for_when_it_is_back(tmp_path, kind):
    work = bench(tmp_path)
    before = len(work.effects(kind))
    refused, show = await _effect_shows_later(work, kind)
    manager, caller, _ = work.process()
    caller.is_down = True
    away = await manager.resend_operation(refused.operation_id)
    assert (away.outcome, away.operation_id) == (Outcome.NOT_SENT, refused.operation_id)
    assert away.message.endswith("What it was sent again for is refused as before.")
    (kept,) = await manager.list_operations(open_only=False)
    assert (kept.id, kept.state.value) == (refused.operation_id, "refused")
    show()
    caller.is_down = False
    assert (await manager.resend_operation(refused.operation_id)).outcome is Outcome.DONE
    assert len(work.effects(kind)) == before + 1


async def test_text_that_left_no_trace_and_shows_by_now_is_not_sent_again(tmp_path):
    work = bench(tmp_path)
    talking = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, _ = work.process()

    def cut(tool, place):
        if tool not in WRITES or place != "written":
            return None
        work.clock.advance(120.0)
        return lost()

    caller.cut = cut
    absent = await manager.send_message(talking, TEXT)
    assert absent.outcome is Outcome.NOT_SENT
    work.world.send_message(talking, TEXT)
    caller.cut = lambda tool, place: None
    again = await manager.resend_operation(absent.operation_id)
    assert (again.outcome, again.operation_id) == (Outcome.DONE, absent.operation_id)
    assert len(work.effects("message")) == 1
