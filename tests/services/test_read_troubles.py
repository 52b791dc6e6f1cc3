"""One bad task never takes the rest down: it is told on that task, left alone for a while, and all others go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jjm_tui.errors import (
    AnswerTooLongError,
    Effect,
    JulesManagerError,
    OperationTimeoutError,
    ProtocolError,
    RateLimitedError,
    ServerConnectionError,
    ServerStartError,
    ServiceUnavailableError,
)
from jjm_tui.gateway.faults import too_long
from jjm_tui.ports import ToolAnswer
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.poller import Poller, PollReport
from jjm_tui.services.read_troubles import ReadTroubles, is_of_the_task
from jjm_tui.services.reading import TaskReader
from jjm_tui.services.results import Outcome
from jjm_tui.services.selection import ListRequest
from tests.services.workbench import WRITES, CuttingCaller, Workbench, bench

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
Spoil = Callable[[str, ToolAnswer], ToolAnswer]


def _raising(error: Callable[[], Exception]) -> Spoil:
    def spoil(_: str, __: ToolAnswer) -> ToolAnswer:
        raise error()

    return spoil


def _saying(text: str, *, is_error: bool = False, structured: Any = None) -> Spoil:
    return lambda _, __: ToolAnswer(text, structured, is_error)


def _nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def _with_activity(**members: Any) -> Spoil:
    """The conversation with one more activity, which is odd in some way."""

    def spoil(tool: str, honest: ToolAnswer) -> ToolAnswer:
        odd = {"name": "sessions/1/activities/odd", "id": "odd", "createTime": "2026-11-20T08:00:00Z", **members}
        if "activities" not in tool:
            return honest
        return ToolAnswer(json.dumps({"activities": [odd]}))

    return spoil


def _deep_activity(depth: int, *, structured: bool = False) -> Spoil:
    def spoil(tool: str, honest: ToolAnswer) -> ToolAnswer:
        if "activities" not in tool:
            return honest
        text = '{"activities":[{"id":"x","createTime":"2026-11-20T08:00:00Z","artifacts":[%s]}]}' % _nested(depth)  # noqa: UP031
        value: Any = 1
        for _ in range(depth):
            value = {"a": value}
        activity = {"id": "x", "createTime": "2026-11-20T08:00:00Z", "artifacts": [value]}
        return ToolAnswer("", {"activities": [activity]}) if structured else ToolAnswer(text)

    return spoil


LOST = {"effect": Effect.UNKNOWN}
OF_THE_TASK: dict[str, Spoil] = {
    "an answer that is too long": _raising(lambda: too_long("x", 9 << 20, 8 << 20, Effect.UNKNOWN)),
    "an answer in HTML": _saying("<html><body>Bad gateway</body></html>"),
    "nothing at all": _saying(""),
    "null": _saying("null"),
    "a number": _saying("17"),
    "a list of numbers": _saying("[1, 2, 3]"),
    "another task": _saying('{"name": "sessions/4711", "id": "4711", "state": "PAUSED", "title": "other"}'),
    "in trouble": _saying("HTTP 503", is_error=True),
    "an error without words": _saying("", is_error=True),
    "a time-out": _raising(lambda: OperationTimeoutError("It did not answer.", **LOST)),  # type: ignore[arg-type]
    "an end of the server": _raising(lambda: ServerConnectionError("It ended.", **LOST)),  # type: ignore[arg-type]
    "a mistake of ours": _raising(lambda: RecursionError("too deep")),
    "text nested very deeply": _saying(_nested(100_000)),
    "a value nested very deeply": _saying("", structured={"activities": [{"artifacts": [[[[[]]]]]}] * 3}),
}
ODD_BUT_READABLE: dict[str, Spoil] = {
    "a conversation nested 300 deep": _deep_activity(300),
    "a conversation nested 700 deep": _deep_activity(700),
    "a conversation nested 980 deep": _deep_activity(980),
    "a conversation nested 20000 deep": _deep_activity(20_000),
    "structured content nested 700 deep": _deep_activity(700, structured=True),
    "structured content nested 5000 deep": _deep_activity(5000, structured=True),
    "an activity from the end of time": _with_activity(createTime="9999-12-31T23:59:59-14:00"),
    "half a character": _with_activity(agentMessaged={"agentMessage": "a\ud800b\x00\x1b]0;x\x07"}),
    "messages of wrong kinds": _with_activity(agentMessaged=["no", {"agentMessage": 5}]),
    "a plan of wrong kinds": _with_activity(planGenerated={"plan": {"id": 5, "steps": [1, None, {"title": []}]}}),
    "steps that are no list": _with_activity(planGenerated={"plan": {"steps": "x" * 100}}),
    "numbers without an end": _with_activity(artifacts=[{"changeSet": {"n": 10**400, "gitPatch": [1]}}]),
    "a patch that is none": _with_activity(
        artifacts=[{"changeSet": {"gitPatch": {"unidiffPatch": "@@ -x +y @@\n" * 9}}}]
    ),
    "an id that is no text": _with_activity(id=["x"], name={"a": 1}),
}


def _spoil(caller: CuttingCaller, task_id: str, spoil: Spoil) -> list[str]:
    """Answer wrongly whatever is asked about one task; answers which tools were asked about it."""
    honest, asked = caller.answer, []

    def answer(tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        if tool in WRITES or task_id not in json.dumps(dict(arguments)):
            return honest(tool, arguments)
        asked.append(tool)
        return spoil(tool, honest(tool, arguments))

    caller.answer = answer  # type: ignore[method-assign]
    return asked


async def _first_look(workbench: Workbench) -> tuple[CuttingCaller, ServiceContext, TaskReader, list[str]]:
    _, caller, context = workbench.process()
    reader = TaskReader(context)
    await reader.refresh_list()
    return caller, context, reader, sorted(task.id for task in await context.store.list_tasks())


async def _read_ids(context: ServiceContext) -> set[str]:
    """Tasks of which more than the list is known."""
    found = set()
    for task in await context.store.list_tasks():
        transcript = await context.transcripts.get(task.id)
        if transcript is not None and transcript.read_at is not None:
            found.add(task.id)
    return found


async def _tick(poller: Poller, workbench: Workbench, seconds: float = 15.0) -> PollReport:
    workbench.clock.advance(seconds)
    return await poller.tick()


@pytest.mark.parametrize("dialect", ["rest", "official", "browser"])
@pytest.mark.parametrize("fault", OF_THE_TASK)
async def test_one_bad_task_fails_alone_and_all_others_are_read(tmp_path: Path, fault: str, dialect: str) -> None:
    workbench = bench(tmp_path, tasks=6, dialect=dialect)
    caller, context, reader, ids = await _first_look(workbench)
    bad = ids[2]
    asked = _spoil(caller, bad, OF_THE_TASK[fault])
    poller = Poller(context, reader, calls_per_tick=1000, only=frozenset(ids))
    reports = [await _tick(poller, workbench) for _ in range(4)]
    assert [report.failure for report in reports] == [None] * 4
    assert await _read_ids(context) >= set(ids) - {bad}
    assert asked
    assert {task.id for task in await context.store.list_tasks()} == set(ids)


@pytest.mark.parametrize("fault", ODD_BUT_READABLE)
async def test_odd_conversation_of_one_task_never_ends_the_look_at_the_others(tmp_path: Path, fault: str) -> None:
    workbench = bench(tmp_path, tasks=6)
    caller, context, reader, ids = await _first_look(workbench)
    _spoil(caller, ids[2], ODD_BUT_READABLE[fault])
    poller = Poller(context, reader, calls_per_tick=1000, only=frozenset(ids))
    reports = [await _tick(poller, workbench) for _ in range(2)]
    assert [report.failure for report in reports] == [None] * 2
    assert await _read_ids(context) >= set(ids) - {ids[2]}


async def test_task_that_cannot_be_read_is_told_with_its_setting_and_rests_longer_each_time(tmp_path: Path) -> None:
    workbench = bench(tmp_path, tasks=4)
    caller, context, reader, ids = await _first_look(workbench)
    bad = ids[0]
    asked = _spoil(caller, bad, OF_THE_TASK["an answer that is too long"])
    poller = Poller(context, reader, calls_per_tick=1000, open_tasks=frozenset(ids), only=frozenset(ids))
    tries: list[float] = []
    for _ in range(60):
        asked.clear()
        await _tick(poller, workbench)
        if asked:
            tries.append(workbench.clock.monotonic())
    assert [round(later - earlier) for earlier, later in pairwise(tries)] == [60, 120, 240]
    assert len(tries) == 4
    trouble = context.read_troubles.of(bad)
    assert trouble is not None
    assert f"Task {bad} cannot be read" in trouble.message
    assert "server.max_line_bytes" in trouble.message
    assert trouble.hint is not None
    assert "Raise server.max_line_bytes" in trouble.hint


async def test_task_that_can_be_read_again_is_told_no_more(tmp_path: Path) -> None:
    workbench = bench(tmp_path, tasks=3)
    manager, caller, context = workbench.process()
    ids = sorted(task.id for task in (await TaskReader(context).refresh_list()).absorbed.tasks.values())
    honest = caller.answer
    _spoil(caller, ids[0], _saying("<html>"))
    changes: list[set[str]] = []
    context.read_troubles.on_change = lambda: changes.append(set(context.read_troubles.known))
    result = await manager.get_task(ids[0])
    assert result.failure is not None
    assert result.source == "store"
    caller.answer = honest  # type: ignore[method-assign]
    assert (await manager.get_task(ids[0])).failure is None
    assert changes == [{ids[0]}, set()]


async def test_missing_task_that_cannot_be_read_does_not_fail_the_list(tmp_path: Path) -> None:
    workbench = bench(tmp_path, tasks=5)
    caller, context, reader, ids = await _first_look(workbench)
    gone = ids[1]
    honest = caller.answer

    def answer(tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        if gone in json.dumps(dict(arguments)):
            return ToolAnswer("<html>")
        found = honest(tool, arguments)
        if tool != "list_sessions":
            return found
        page = json.loads(found.text)
        page["sessions"] = [each for each in page["sessions"] if gone not in each["name"]]
        return ToolAnswer(json.dumps(page))

    caller.answer = answer  # type: ignore[method-assign]
    workbench.clock.advance(60)
    report = await Poller(context, reader, calls_per_tick=1000).tick()
    assert report.failure is None
    task = await context.store.get_task(gone)
    assert task is not None
    assert task.on_server is not False
    assert (await context.store.get_sync_state(context.origin)).synced_at == workbench.clock.now()
    assert context.read_troubles.of(gone) is not None


async def test_decision_about_a_task_that_cannot_be_re_read_is_told_truly_and_sent_once(tmp_path: Path) -> None:
    """The answer to the message itself is lost; then every re-reading is lost, too."""
    workbench = bench(tmp_path, tasks=4)
    manager, caller, context = workbench.process()
    await TaskReader(context).refresh_list()
    task_id = workbench.session_in("AWAITING_USER_FEEDBACK")
    lost = _raising(lambda: too_long("x", 9 << 20, 8 << 20, Effect.UNKNOWN))

    def cut(tool: str, place: str) -> BaseException | None:
        if tool != "send_message" or place != "effect":
            return None
        _spoil(caller, task_id, lost)
        return too_long("x", 9 << 20, 8 << 20, Effect.UNKNOWN)

    caller.cut = cut
    result = await manager.send_message(task_id, "go on")
    assert result.outcome is Outcome.UNCONFIRMED
    assert workbench.effects("message") == [(task_id, "go on")]


@pytest.mark.parametrize(
    ("error", "is_its_own"),
    [
        (AnswerTooLongError("x", effect=Effect.UNKNOWN), True),
        (ServiceUnavailableError("HTTP 503", effect=Effect.UNKNOWN), True),
        (ServiceUnavailableError("paused", context={"breaker": "open"}), False),
        (RateLimitedError("429"), False),
        (ServerStartError("not there"), False),
        (ServerConnectionError("never reached it"), False),
        (ServerConnectionError("ended in the call", effect=Effect.UNKNOWN), True),
        (OperationTimeoutError("late", effect=Effect.UNKNOWN), True),
    ],
)
def test_failure_is_held_against_the_task_only_when_it_may_be_why(error: JulesManagerError, is_its_own: bool) -> None:
    assert is_of_the_task(error) is is_its_own


def test_rest_after_an_end_of_the_server_is_longer_than_its_ends_are_counted_and_never_above_an_hour() -> None:
    troubles = ReadTroubles()
    error = ServerConnectionError("ended", effect=Effect.UNKNOWN)
    now, rests = NOW, []
    for _ in range(9):
        troubles.note("1", error, now)
        trouble = troubles.of("1")
        assert trouble is not None
        rests.append((trouble.rests_until - now).total_seconds())
        now = trouble.rests_until
    assert rests[:3] == [200, 400, 800]
    assert rests[-1] == timedelta(hours=1).total_seconds()


async def test_list_that_nothing_was_made_for_is_a_bad_answer_and_the_next_one_is_read(tmp_path: Path) -> None:
    workbench = bench(tmp_path, tasks=4)
    caller, context, reader, ids = await _first_look(workbench)
    honest = caller.answer

    def answer(_: str, __: Mapping[str, Any]) -> ToolAnswer:
        raise RecursionError("too deep")

    caller.answer = answer  # type: ignore[method-assign]
    poller = Poller(context, reader)
    report = await _tick(poller, workbench)
    assert isinstance(report.failure, ProtocolError)
    listed = await reader.list_tasks(ListRequest())
    assert (listed.source, len(listed.tasks)) == ("store", len(ids))
    assert isinstance(listed.failure, ProtocolError)
    caller.answer = honest  # type: ignore[method-assign]
    assert (await _tick(poller, workbench)).failure is None


@pytest.mark.parametrize("place", ["effect", "written", "before write"])
async def test_answer_to_a_change_that_nothing_was_made_for_leaves_its_outcome_to_a_look(
    tmp_path: Path, place: str
) -> None:
    workbench = bench(tmp_path, tasks=4)
    manager, caller, context = workbench.process()
    ids = [task.id for task in (await manager.list_tasks(ListRequest())).tasks]
    caller.cut = lambda tool, at: RecursionError("too deep") if (tool, at) == ("send_message", place) else None
    result = await manager.send_message(ids[0], "Go on.")
    expected = {"effect": Outcome.DONE, "written": Outcome.UNCONFIRMED, "before write": Outcome.NOT_SENT}
    assert result.outcome is expected[place], result
    (operation,) = await context.outbox.list_operations()
    assert not operation.state.is_under_way
