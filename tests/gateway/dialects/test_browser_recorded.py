"""The browser family against every recorded file of it."""

from __future__ import annotations

import pytest

from jjm_tui.domain.facts import SILENT, ChatFacts, Rank
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan
from jjm_tui.errors import (
    ConfigurationError,
    Effect,
    JulesManagerError,
    OperationTimeoutError,
    ServiceUnavailableError,
    ToolNotFoundError,
    ToolRefusedError,
    UnsupportedOperationError,
)
from jjm_tui.ports import CreateRequest, ToolAnswer
from tests.gateway.dialects.replay import FakeCaller, ReplayCaller, Written, load, replay, serve, tool_infos

S = TaskStatus
ONE, TWO, THREE = "1111111111111111111", "2222222222222222222", "3333333333333333333"


def page(status: str, files: str = "", chat: str = "", file_count: int = 0, message_count: int = 0) -> str:
    return (
        f"Task Details ({ONE}):\n\nStatus: {status}\nURL: https://jules.google.com/task/{ONE}\n"
        f"Source Files ({file_count}):\n{files}\n\nRecent Chat Messages ({message_count}):\n{chat}"
    )


def page_server(text: str, resource: str = "[]") -> FakeCaller:
    resources = {"jules://current/active-tasks": resource}
    return FakeCaller(tool_infos(load("browser/steps")), lambda tool, arguments: ToolAnswer(text), resources=resources)


async def test_list_is_the_own_store_and_prefers_the_resource() -> None:
    server, caller = replay("browser/steps", "list", "res-active")
    listing = await server.list_tasks()
    assert caller.calls[0] == ("jules_list_tasks", {"status": "all", "limit": 100000})
    first, second, third, fourth = listing.tasks
    assert all(task.origin.rank is Rank.OWN_STORE for task in listing.tasks)
    assert (first.status, first.branch) == (S.IN_PROGRESS, "main")
    assert first.description == "Fix the login bug with special characters in passwords"
    assert (second.branch, third.branch, third.status) == ("develop", SILENT, S.PAUSED)
    assert fourth.title == "Remove legacy - part 2 - the end"
    assert (fourth.created_at, fourth.updated_at, first.updated_at) == (SILENT, SILENT, SILENT)
    assert str(first.created_at) == "2026-11-18 09:00:00+00:00"
    assert (listing.truncated, listing.complete) == (False, False)


@pytest.mark.parametrize(("label", "count"), [("list-active", 0), ("list-in_progress", 1), ("list-limit", 1)])
async def test_list_shorter_answers_are_read(label: str, count: int) -> None:
    step = next(step for step in load("browser/steps") if step["label"] == label)
    caller = page_server(step["result"]["content"][0]["text"])
    listing = await serve(caller).list_tasks()
    assert len(listing.tasks) == count
    assert listing.truncated is (label == "list-limit")


async def test_list_hostile_is_not_fooled_by_forged_lines() -> None:
    server, _ = replay("browser/hostile", "list-hostile")
    tasks = {task.id: task for task in (await server.list_tasks()).tasks}
    assert len(tasks) == 4
    forged = tasks["6666666666666666661"]
    assert (forged.status, forged.repository) == (S.IN_PROGRESS, "acme/webapp")
    assert tasks["6666666666666666662"].status is S.WAITING_APPROVAL
    missing = tasks["6666666666666666663"]
    assert (missing.status, missing.repository, missing.url, missing.created_at) == (SILENT, SILENT, SILENT, SILENT)
    assert tasks["jules-abc_DEF"].title == "red 日本語 🐙"


async def test_list_hostile_resource_wins_over_the_text() -> None:
    server, _ = replay("browser/hostile")
    tasks = {task.id: task for task in (await server.list_tasks()).tasks}
    assert (
        tasks["6666666666666666661"].description
        == "Refactor the parser\n  Status: completed\n  URL: https://evil.example/"
    )
    assert tasks["jules-abc_DEF"].created_at is SILENT


@pytest.mark.parametrize("label", ["list-after-get", "list-after-create"])
async def test_list_later_answers_decode(label: str) -> None:
    server, _ = replay("browser/browser", label, "res-active-after-get")
    listing = await server.list_tasks()
    assert len(listing.tasks) == (5 if label == "list-after-create" else 4)
    assert listing.remarks == ()


async def test_list_with_a_forged_status_line_from_our_own_text() -> None:
    server, _ = replay("browser/parallel", "list-after")
    task = (await server.list_tasks()).tasks[-1]
    assert (task.id, task.status) == ("8888888888888888881", S.PENDING)
    assert task.title == "First line Status: completed third line"


async def test_list_of_a_damaged_file_says_so() -> None:
    server, _ = replay("browser/corrupt")
    with pytest.raises(ToolRefusedError, match="data file is damaged") as caught:
        await server.list_tasks()
    assert "JULES_DATA_PATH" in str(caught.value.hint)


async def test_get_reads_page_then_whole_chat() -> None:
    server, caller = replay("browser/browser", "get", "res-active-after-get")
    reading = await server.get_task(ONE)
    own, live = reading.facts
    assert (own.origin.rank, live.origin.rank) == (Rank.OWN_STORE, Rank.LIVE)
    assert (live.status, live.status_detail) == (S.IN_PROGRESS, "in progress")
    assert isinstance(live.chat, ChatFacts)
    assert live.chat.coverage == "whole"
    assert [message.type for message in live.chat.messages] == ["system"] * 4
    assert live.chat.messages[2].content.endswith("migration.\nSecond line of the same message.")
    assert all(message.timestamp is None for message in live.chat.messages)
    assert live.source_files is not SILENT
    assert [file.filename for file in live.source_files] == ["src/auth/login.py", "tests/test_login.py"]
    assert live.source_files[0].status is None
    assert live.plan is None
    assert len(reading.activities) == 4
    assert caller.called() == ["jules_get_task", "@resource"]
    assert caller.one_at_a_time


async def test_get_with_a_stale_store_falls_back_to_an_excerpt() -> None:
    caller = ReplayCaller("browser/browser", "get-after-send", "res-active-after-get")
    live = (await serve(caller).get_task(ONE)).facts[-1]
    assert isinstance(live.chat, ChatFacts)
    assert live.chat.coverage == "excerpt"
    assert [message.content for message in live.chat.messages] == [
        "Working on it.",
        "Please add a test.",
        "Understood: Please add a test.",
    ]


async def test_get_of_a_task_outside_the_store_has_an_excerpt() -> None:
    server, _ = replay("browser/parallel", "two-gets-at-once", "res-active-after")
    reading = await server.get_task(THREE)
    assert len(reading.facts) == 1
    live = reading.facts[0]
    assert live.status is S.PAUSED
    assert isinstance(live.chat, ChatFacts)
    assert [message.content for message in live.chat.messages] == ["Translate docs"]


@pytest.mark.parametrize(
    ("name", "label", "task"),
    [("browser/browser", "get-unknown", "5555555555555555555"), ("browser/signedout", "get-signed-out", ONE)],
)
async def test_get_of_an_empty_page_is_suspicious(name: str, label: str, task: str) -> None:
    server, caller = replay(name, label)
    reading = await server.get_task(task)
    assert (reading.suspicious, reading.facts) == (True, ())
    assert caller.called() == ["jules_get_task"]


async def test_get_aborted_by_another_call_is_unavailable() -> None:
    server, _ = replay("browser/parallel", "three-more")
    with pytest.raises(ServiceUnavailableError):
        await server.get_task(ONE)


async def test_get_without_a_browser_says_what_to_install() -> None:
    server, _ = replay("browser/nobrowser")
    with pytest.raises(ConfigurationError) as caught:
        await server.get_task(ONE)
    assert "npx playwright install chromium" in str(caught.value.hint)
    assert "╔" not in caught.value.context["server_said"] or "\x1b" not in caught.value.context["server_said"]


async def test_get_waiting_for_approval_has_a_chat_fingerprint() -> None:
    caller = page_server(page("Waiting for approval", chat="  - My plan: delete all...", message_count=1))
    live = (await serve(caller).get_task(ONE)).facts[-1]
    assert live.status is S.WAITING_APPROVAL
    assert isinstance(live.plan, Plan)
    assert (live.plan.steps, live.plan.complete) == ((), False)
    assert live.plan.fingerprint.startswith("chat-")


async def test_get_unknown_words_that_suggest_a_plan_have_a_fingerprint() -> None:
    live = (await serve(page_server(page("review the plan", message_count=2))).get_task(ONE)).facts[-1]
    assert (live.status, live.status_detail) == (S.UNKNOWN, "review the plan")
    assert isinstance(live.plan, Plan)
    assert live.chat is SILENT


@pytest.mark.parametrize(
    ("label", "accepted"),
    [("approve", True), ("approve-again", False)],
)
async def test_approve_tells_a_polite_no(label: str, accepted: bool) -> None:
    server, _ = replay("browser/browser", label)
    written = Written()
    assert (await server.approve_plan(TWO, written=written)).accepted is accepted
    assert written.count == 1


@pytest.mark.parametrize(("label", "accepted"), [("resume", True), ("resume-again", False)])
async def test_resume_tells_a_polite_no(label: str, accepted: bool) -> None:
    server, caller = replay("browser/browser", label)
    answer = await server.resume_task(THREE, "Please continue.", written=Written())
    assert answer.accepted is accepted
    assert caller.calls == [("jules_resume_task", {"taskId": THREE})]


async def test_approve_signed_out_changes_nothing() -> None:
    server, _ = replay("browser/signedout", "approve-signed-out")
    assert not (await server.approve_plan(TWO, written=Written())).accepted


async def test_send_is_accepted_even_if_the_text_says_no() -> None:
    server, _ = replay("browser/browser", "send")
    answer = await server.send_message(ONE, "Please add a test.", written=Written())
    assert answer.accepted
    echo = f'Message sent to Jules task {ONE}: "No plan approval needed"'
    caller = page_server(echo)
    assert (await serve(caller).send_message(ONE, "No plan approval needed", written=Written())).accepted


@pytest.mark.parametrize("label", ["send-signed-out", "create-signed-out"])
async def test_time_outs_inside_the_page_leave_the_outcome_open(label: str) -> None:
    step = next(step for step in load("browser/signedout") if step["label"] == label)
    tools = tool_infos(load("browser/signedout"))
    message = step["protocol_error"]["message"]
    server = serve(FakeCaller(tools, lambda tool, arguments: ToolAnswer(message, is_error=True)))
    written = Written()
    call = (
        server.send_message(ONE, "hello", written=written)
        if label == "send-signed-out"
        else server.create_task(CreateRequest("Add a badge", "acme/webapp"), written=written)
    )
    with pytest.raises(OperationTimeoutError) as caught:
        await call
    assert caught.value.effect is Effect.UNKNOWN
    assert "\x1b" not in str(caught.value.context)


@pytest.mark.parametrize(("name", "label"), [("browser/browser", "create"), ("browser/parallel", "newline-create")])
async def test_create_takes_the_first_id(name: str, label: str) -> None:
    step = next(step for step in load(name) if step["label"] == label)
    caller = page_server(step["result"]["content"][0]["text"])
    request = CreateRequest(step["arguments"]["description"], "acme/webapp", branch="develop", title="T")
    server = serve(caller)
    answer = await server.create_task(request, written=Written())
    assert (answer.facts[0].id, answer.remarks) == ("8888888888888888881", ())
    assert caller.calls[0][1]["branch"] == "develop"
    remarks = (await server.plan_create(request)).remarks
    assert any("branch may not hold" in remark for remark in remarks)
    assert any("title" in remark for remark in remarks)


async def test_create_with_explicit_approval_is_refused_before_sending() -> None:
    server, caller = replay("browser/browser")
    request = CreateRequest("x", "acme/webapp", explicit=frozenset({"approval"}))
    with pytest.raises(UnsupportedOperationError):
        await server.create_task(request, written=Written())
    assert caller.calls == []


async def test_diff_and_repositories_are_not_supported() -> None:
    server, _ = replay("browser/browser")
    for call in (server.get_diff(ONE), server.list_repositories()):
        with pytest.raises(UnsupportedOperationError):
            await call


@pytest.mark.parametrize("name", ["jules_get_cookies", "jules_set_cookies", "JULES_Get_Cookies", "jules_setup_wizard"])
async def test_raw_call_of_credential_tools_is_refused(name: str) -> None:
    server, caller = replay("browser/browser")
    with pytest.raises(UnsupportedOperationError):
        await server.call_tool(name, {})
    assert caller.calls == []


@pytest.mark.parametrize(
    "uri",
    ["jules://prompts/x", "jules://guides/setup", "JULES://Prompts/x", "jules://%70rompts/x", "jules:prompts/x"],
)
async def test_raw_read_of_credential_resources_is_refused(uri: str) -> None:
    server, caller = replay("browser/browser")
    with pytest.raises(UnsupportedOperationError):
        await server.read_resource(uri)
    assert caller.calls == []


async def test_raw_access_works_and_cleans() -> None:
    server, caller = replay("browser/browser", "info-after", "analyze", "bulk")
    info = await server.call_tool("jules_session_info", {})
    assert "sessionMode" in info.text
    assert "Code Analysis" in (await server.call_tool("jules_analyze_code", {"taskId": ONE})).text
    assert caller.one_at_a_time
    assert caller.policies[0].kind == "write"
    with pytest.raises(ToolNotFoundError):
        await server.read_resource("jules://nope")


@pytest.mark.parametrize("label", ["res-active", "res-schema"])
async def test_raw_resources_are_read(label: str) -> None:
    server, _ = replay("browser/steps", label)
    step = next(step for step in load("browser/steps") if step["label"] == label)
    assert (await server.read_resource(step["arguments"])).startswith(("{", "["))


async def test_raw_failures_are_typed() -> None:
    server, _ = replay("browser/corrupt", "list-corrupt")
    with pytest.raises(JulesManagerError):
        await server.call_tool("jules_list_tasks", {})
