"""The official family against every recorded file of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from jjm_tui.domain.facts import SILENT, ChatFacts, Rank, TaskFacts
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan
from jjm_tui.errors import (
    AuthenticationError,
    Effect,
    JulesManagerError,
    TaskNotFoundError,
    ToolNotFoundError,
    ToolRefusedError,
    UnsupportedOperationError,
    WrongStateError,
)
from jjm_tui.ports import CreateRequest, TaskReading, ToolAnswer
from tests.gateway.dialects.replay import FakeCaller, ReplayCaller, Written, load, replay, serve

S = TaskStatus
PLAN_TASK = "10000000000000000003"


def cached(*activities: Mapping[str, Any]) -> dict[str, Any]:
    text = json.dumps({"results": list(activities)})
    return {"call": "query_cache", "result": {"content": [{"type": "text", "text": text}]}}


def add_cache(caller: ReplayCaller, task_id: str, *activities: Mapping[str, Any]) -> None:
    key = json.dumps(
        ["query_cache", {"query": {"from": "activities", "where": {"sessionId": task_id}}}], sort_keys=True
    )
    caller.replies[key] = [cached(*activities)]


def last_status(reading: TaskReading) -> TaskStatus:
    told = [facts.status for facts in reading.facts if facts.status is not SILENT]
    assert isinstance(told[-1], TaskStatus)
    return told[-1]


def conversation(reading: TaskReading) -> TaskFacts:
    return next(facts for facts in reading.facts if facts.chat is not SILENT)


async def test_list_takes_state_not_outcome() -> None:
    server, caller = replay("official/steps", "list")
    listing = await server.list_tasks()
    assert [task.status for task in listing.tasks] == [
        S.PENDING,
        S.IN_PROGRESS,
        S.WAITING_APPROVAL,
        S.WAITING_FEEDBACK,
        S.IN_PROGRESS,
        S.PAUSED,
        S.COMPLETED,
        S.FAILED,
        S.COMPLETED,
        S.COMPLETED,
    ]
    assert listing.tasks[1].status_detail == "planning"
    assert listing.tasks[6].pull_request_url == "https://github.com/acme/webapp/pull/35"
    assert (listing.truncated, listing.complete) == (False, True)
    assert caller.calls == [("list_sessions", {"pageSize": 100})]
    assert all(task.origin.rank is Rank.LIVE for task in listing.tasks)


async def test_list_with_a_next_page_is_truncated() -> None:
    server, _ = replay("official/steps", "list-page1")
    listing = await server.list_tasks()
    assert (len(listing.tasks), listing.truncated, listing.complete) == (2, True, False)


async def test_list_hostile_keeps_all() -> None:
    server, _ = replay("official/hostile", "list-hostile")
    tasks = {task.id: task for task in (await server.list_tasks()).tasks}
    assert len(tasks) == 18
    assert tasks["30000000000000000004"].status is S.UNKNOWN
    assert tasks["30000000000000000005"].status is S.UNKNOWN


@pytest.mark.parametrize(
    ("name", "label", "error"),
    [
        ("official/steps", "list-bad-type", ToolRefusedError),
        ("official/badkey-400", "list", AuthenticationError),
        ("official/badkey-401", "list", AuthenticationError),
        ("official/nokey", "list", AuthenticationError),
    ],
)
async def test_list_refused_raises_typed_error(name: str, label: str, error: type[JulesManagerError]) -> None:
    server, _ = replay(name, label)
    with pytest.raises(error):
        await server.list_tasks()


async def test_list_after_silent_retry_still_decodes() -> None:
    server, _ = replay("official/steps", "list-rate-limited")
    assert len((await server.list_tasks()).tasks) == 10


async def test_get_waiting_plan_has_whole_plan() -> None:
    server, caller = replay("official/steps", "list", "state-plan", "cache-activities-all-fields")
    reading = await server.get_task(PLAN_TASK)
    assert last_status(reading) is S.WAITING_APPROVAL
    plan = conversation(reading).plan
    assert isinstance(plan, Plan)
    assert plan.steps[0].title == "Pin SQLAlchemy 2.0"
    assert (len(plan.steps), plan.complete, plan.approved, plan.id) == (4, True, False, "plan-orm")
    assert conversation(reading).chat == ChatFacts((), "whole")
    assert [facts.origin.rank for facts in reading.facts] == [Rank.GUESS, Rank.CACHE, Rank.CACHE, Rank.LIVE]
    assert caller.called() == ["list_sessions", "get_session_state", "query_cache"]
    assert caller.calls[-1][1]["query"]["select"] == ["*"]
    assert reading.remarks == ()


async def test_get_waiting_plan_that_the_cache_lacks_comes_from_the_state() -> None:
    server, caller = replay("official/steps", "list", "state-plan")
    add_cache(caller, PLAN_TASK)
    reading = await server.get_task(PLAN_TASK)
    plan = next(facts.plan for facts in reading.facts if facts.plan is not SILENT)
    assert isinstance(plan, Plan)
    assert (len(plan.steps), plan.complete, plan.approved) == (4, True, False)
    assert all(facts.chat is SILENT for facts in reading.facts)


async def test_get_plan_that_differs_from_the_cache_is_not_complete() -> None:
    server, caller = replay("official/steps", "list", "state-plan")
    other = {
        "id": "0000000000030002",
        "type": "planGenerated",
        "createTime": "2026-11-19T11:02:00Z",
        "plan": {"id": "plan-orm", "steps": [{"title": "Drop the database"}]},
    }
    add_cache(caller, PLAN_TASK, other)
    reading = await server.get_task(PLAN_TASK)
    plan = conversation(reading).plan
    assert isinstance(plan, Plan)
    assert (len(plan.steps), plan.complete) == (4, False)
    assert any("two different plans" in remark for remark in reading.remarks)


async def test_get_question_has_roles() -> None:
    server, caller = replay("official/steps", "list", "state-ask")
    add_cache(
        caller,
        "10000000000000000004",
        {
            "id": "0000000000040005",
            "type": "agentMessaged",
            "message": "Which one?",
            "createTime": "2026-11-19T10:54:00Z",
        },
        {"id": "0000000000040004", "type": "userMessaged", "message": "Why?", "createTime": "2026-11-19T10:53:00Z"},
    )
    reading = await server.get_task("10000000000000000004")
    chat = conversation(reading).chat
    assert isinstance(chat, ChatFacts)
    assert [(message.type, message.content) for message in chat.messages] == [("user", "Why?"), ("jules", "Which one?")]
    assert chat.coverage == "whole"
    assert last_status(reading) is S.WAITING_FEEDBACK


async def test_get_with_summaries_only_shows_no_invented_messages() -> None:
    server, _ = replay("official/steps", "list", "state-ask", "cache-activities")
    reading = await server.get_task("10000000000000000004")
    chat = conversation(reading).chat
    assert isinstance(chat, ChatFacts)
    assert chat.messages == ()


@pytest.mark.parametrize(
    ("label", "guess", "truth"),
    [
        ("state-queued", S.IN_PROGRESS, S.PENDING),
        ("state-planning", S.IN_PROGRESS, S.IN_PROGRESS),
        ("state-busy", S.IN_PROGRESS, S.IN_PROGRESS),
        ("state-paused", S.UNKNOWN, S.PAUSED),
        ("state-done", S.COMPLETED, S.COMPLETED),
        ("state-repoless", S.COMPLETED, S.COMPLETED),
    ],
)
async def test_get_takes_the_state_from_the_list(label: str, guess: TaskStatus, truth: TaskStatus) -> None:
    server, caller = replay("official/steps", "list", label)
    step = next(step for step in load("official/steps") if step["label"] == label)
    task_id = step["arguments"]["sessionId"]
    add_cache(caller, task_id)
    reading = await server.get_task(task_id)
    assert reading.facts[0].origin.rank is Rank.GUESS
    assert reading.facts[0].status is guess
    assert last_status(reading) is truth


async def test_get_stale_answer_loses_against_the_list() -> None:
    server, caller = replay("official/steps", "list", "state-done-stale")
    block = caller.replies['["list_sessions", {}]'][0]["result"]["content"][0]
    block["text"] = block["text"].replace('"state": "completed",\n      "url"', '"state": "inProgress",\n      "url"')
    add_cache(caller, "10000000000000000007")
    reading = await server.get_task("10000000000000000007")
    assert last_status(reading) is S.IN_PROGRESS


async def test_get_done_has_files_from_the_outputs_of_the_list() -> None:
    server, caller = replay("official/steps", "list", "state-done")
    add_cache(caller, "10000000000000000007")
    reading = await server.get_task("10000000000000000007")
    files = reading.facts[-1].source_files
    assert files is not SILENT
    assert [(file.filename, file.status, file.additions, file.deletions) for file in files] == [
        ("old/legacy.py", "deleted", 0, 2),
        ("src/auth/login.py", "modified", 2, 1),
        ("tests/test_login.py", "created", 3, 0),
    ]


async def test_get_failed_shows_reason_from_the_cache() -> None:
    server, caller = replay("official/steps", "list", "state-failed")
    add_cache(
        caller,
        "10000000000000000008",
        {"id": "1", "type": "sessionFailed", "reason": "The setup failed.", "createTime": "2026-11-19T10:11:00Z"},
    )
    reading = await server.get_task("10000000000000000008")
    assert last_status(reading) is S.FAILED
    assert conversation(reading).failure == "The setup failed."


@pytest.mark.parametrize("label", ["state-shell", "state-untyped"])
async def test_get_with_an_unknown_activity_still_shows_the_task(label: str) -> None:
    server, caller = replay("official/hostile", "list-hostile", label)
    step = next(step for step in load("official/hostile") if step["label"] == label)
    reading = await server.get_task(step["arguments"]["sessionId"])
    assert last_status(reading) is S.IN_PROGRESS
    assert len(reading.remarks) == 1
    assert "query_cache" not in caller.called()
    assert all(facts.chat is SILENT and facts.plan is SILENT for facts in reading.facts)


@pytest.mark.parametrize("label", ["state-shot", "state-future", "state-nostate", "state-markup"])
async def test_get_hostile_is_survived(label: str) -> None:
    server, caller = replay("official/hostile", "list-hostile", label)
    step = next(step for step in load("official/hostile") if step["label"] == label)
    add_cache(caller, step["arguments"]["sessionId"])
    reading = await server.get_task(step["arguments"]["sessionId"])
    expected = {"state-shot": S.IN_PROGRESS, "state-markup": S.COMPLETED}
    assert last_status(reading) is expected.get(label, S.UNKNOWN)


@pytest.mark.parametrize(
    ("label", "titles"), [("state-bare", ["Only a title", "Second"]), ("state-twice", ["new step"])]
)
async def test_get_pending_plan_is_the_latest(label: str, titles: list[str]) -> None:
    server, caller = replay("official/hostile", "list-hostile", label)
    step = next(step for step in load("official/hostile") if step["label"] == label)
    add_cache(caller, step["arguments"]["sessionId"])
    reading = await server.get_task(step["arguments"]["sessionId"])
    plan = next(facts.plan for facts in reading.facts if facts.plan is not SILENT)
    assert isinstance(plan, Plan)
    assert [step.title for step in plan.steps] == titles


async def test_get_missing_is_not_found() -> None:
    server, _ = replay("official/steps", "list", "state-missing")
    with pytest.raises(TaskNotFoundError):
        await server.get_task("99999999999999999999")


async def test_get_beyond_the_list_is_concluded_from_the_cache() -> None:
    server, caller = replay("official/steps", "list-page1", "state-plan", "cache-activities-all-fields")
    session = {"id": PLAN_TASK, "state": "awaitingPlanApproval", "title": "Upgrade the ORM"}
    key = json.dumps(["query_cache", {"query": {"from": "sessions", "where": {"id": PLAN_TASK}}}], sort_keys=True)
    caller.replies[key] = [cached(session)]
    reading = await server.get_task(PLAN_TASK)
    assert last_status(reading) is S.WAITING_APPROVAL
    assert max(facts.origin.rank for facts in reading.facts) is Rank.CACHE


@pytest.mark.parametrize(
    ("label", "task"), [("diff-done", "10000000000000000007"), ("diff-none", "10000000000000000001")]
)
async def test_diff_is_given_exactly(label: str, task: str) -> None:
    server, _ = replay("official/steps", "list", label)
    step = next(step for step in load("official/steps") if step["label"] == label)
    diff = await server.get_diff(task)
    assert diff.text == ("" if label == "diff-none" else step["result"]["content"][0]["text"])


async def test_diff_of_a_failed_task_is_refused_without_lying() -> None:
    server, caller = replay("official/steps", "list", "review-failed")
    review = next(step for step in load("official/steps") if step["label"] == "review-failed")
    caller.replies['["show_code_diff", {"sessionId": "10000000000000000008"}]'] = [review]
    add_cache(caller, "10000000000000000008")
    with pytest.raises(UnsupportedOperationError):
        await server.get_diff("10000000000000000008")


async def test_approve_accepted_then_refused() -> None:
    server, caller = replay("official/steps", "approve", "approve-again")
    written = Written()
    answer = await server.approve_plan(PLAN_TASK, written=written)
    assert (answer.accepted, answer.text) == (True, "Plan approved.")
    with pytest.raises(WrongStateError) as caught:
        await server.approve_plan(PLAN_TASK, written=written)
    assert caught.value.effect is Effect.REFUSED
    assert caller.calls[0] == ("send_reply_to_session", {"sessionId": PLAN_TASK, "action": "approve"})


async def test_message_and_resume_never_ask() -> None:
    server, caller = replay("official/steps", "send")
    written = Written()
    assert (await server.send_message("10000000000000000004", "Take option 1.", written=written)).accepted
    assert (await server.resume_task("10000000000000000004", "Take option 1.", written=written)).accepted
    assert {arguments["action"] for _, arguments in caller.calls} == {"send"}
    assert written.count == 2


async def test_create_sends_repository_branch_and_switches() -> None:
    server, caller = replay("official/steps", "create")
    caller.respond = lambda tool, arguments: ToolAnswer("Session created. ID: 9007199254740993001")
    request = CreateRequest("Add a README badge", "acme/webapp", title="Badge")
    answer = await server.create_task(request, written=Written())
    assert answer.facts[0].id == "9007199254740993001"
    assert caller.calls[0][1] == {
        "prompt": "Add a README badge",
        "repo": "acme/webapp",
        "branch": "main",
        "interactive": True,
        "autoPr": True,
        "title": "Badge",
    }
    assert any("'main'" in remark for remark in (await server.plan_create(request)).remarks)


@pytest.mark.parametrize("label", ["create", "create-auto", "create-repoless", "create-no-branch"])
async def test_create_answers_hold_the_id(label: str) -> None:
    step = next(step for step in load("official/steps") if step["label"] == label)
    text = step["result"]["content"][0]["text"]
    caller = ReplayCaller("official/steps")
    caller.respond = lambda tool, arguments: ToolAnswer(text)
    answer = await serve(caller).create_task(CreateRequest("x", "acme/webapp", branch="main"), written=Written())
    assert answer.facts[0].id == text.rsplit(" ", 1)[-1]


async def test_create_without_id_is_not_certain() -> None:
    caller = FakeCaller(ReplayCaller("official/steps").tools, lambda tool, arguments: ToolAnswer("Session created."))
    answer = await serve(caller).create_task(CreateRequest("x", "acme/webapp", branch="main"), written=Written())
    assert (answer.accepted, answer.facts, answer.certain) == (True, (), False)


async def test_create_in_an_unknown_repository_is_refused() -> None:
    server, caller = replay("official/steps", "create-unknown-repo")
    refusal = caller.replies['["create_session", {"branch": "main", "prompt": "x", "repo": "acme/none"}]'][0]
    caller.respond = lambda tool, arguments: ToolAnswer(refusal["result"]["content"][0]["text"], is_error=True)
    with pytest.raises(ToolRefusedError) as caught:
        await server.create_task(CreateRequest("x", "acme/none"), written=Written())
    assert caught.value.effect is Effect.REFUSED


async def test_repositories_are_not_supported() -> None:
    server, _ = replay("official/steps")
    with pytest.raises(UnsupportedOperationError):
        await server.list_repositories()


async def test_raw_call_of_an_unknown_tool_is_not_found() -> None:
    server, caller = replay("official/steps", "unknown-tool")
    with pytest.raises(ToolNotFoundError):
        await server.call_tool("no_such_tool", {})
    assert caller.calls == []
