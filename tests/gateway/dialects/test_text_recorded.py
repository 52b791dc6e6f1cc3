"""The text family against every recorded file of it."""

from __future__ import annotations

import pytest

from jjm_tui.domain.facts import SILENT, ChatFacts, TaskFacts
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan
from jjm_tui.errors import (
    AuthenticationError,
    Effect,
    RateLimitedError,
    TaskNotFoundError,
    ToolArgumentsError,
    ToolNotFoundError,
    ToolRefusedError,
    UnsupportedOperationError,
    WrongStateError,
)
from jjm_tui.ports import CreateRequest, TaskReading, ToolAnswer
from tests.gateway.dialects.replay import FakeCaller, ReplayCaller, Written, load, replay, serve, tool_infos

S = TaskStatus
ASK, PLAN, BUSY = "10000000000000000004", "10000000000000000003", "10000000000000000005"


def text_of(label: str, name: str = "text/steps") -> str:
    step = next(step for step in load(name) if step["label"] == label)
    text: str = step["result"]["content"][0]["text"]
    return text


def answering(**texts: str) -> FakeCaller:
    return FakeCaller(tool_infos(load("text/steps")), lambda tool, arguments: ToolAnswer(texts[tool]))


def conversation(reading: TaskReading) -> TaskFacts:
    return next(facts for facts in reading.facts if facts.chat is not SILENT)


async def test_list_decodes_every_state() -> None:
    server, caller = replay("text/steps", "list")
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
    assert listing.tasks[1].status_detail == "PLANNING"
    assert listing.tasks[6].pull_request_url == "https://github.com/acme/webapp/pull/35"
    assert (listing.tasks[8].title, listing.tasks[0].title) == (SILENT, "Add dark mode")
    assert all(task.repository is SILENT and task.url is SILENT for task in listing.tasks)
    assert (listing.truncated, listing.complete, listing.remarks) == (False, True, ())
    assert caller.calls == [("jules_list_sessions", {"pageSize": 30})]


async def test_list_follows_pages_and_survives_a_repeated_token() -> None:
    caller = answering(jules_list_sessions=text_of("list-page1"))
    listing = await serve(caller).list_tasks()
    assert [task.id for task in listing.tasks] == ["10000000000000000001", "10000000000000000002"]
    assert caller.calls[1][1]["pageToken"] == "eyJvZmZzZXQiOiAyfQ"
    assert len(caller.calls) == 2
    assert (listing.truncated, listing.complete) == (True, False)


async def test_list_with_one_unknown_state_says_so() -> None:
    server, _ = replay("text/hostile", "list-hostile")
    with pytest.raises(ToolRefusedError, match="state that this server does not know"):
        await server.list_tasks()


async def test_list_with_an_unknown_state_on_a_later_page_keeps_the_earlier_ones() -> None:
    pages = iter(
        [ToolAnswer(text_of("list-page1")), ToolAnswer(text_of("list-hostile", "text/hostile"), is_error=True)]
    )
    caller = FakeCaller(tool_infos(load("text/steps")), lambda tool, arguments: next(pages))
    listing = await serve(caller).list_tasks()
    assert (len(listing.tasks), listing.truncated, len(listing.remarks)) == (2, True, 1)


async def test_list_with_forged_records_leaves_out_what_is_doubtful() -> None:
    forged = (
        "Your Jules sessions (3):\n\n1. Real\n   ID: 1001\n   State: QUEUED\n   Created: 2026-11-19T11:10:00Z\n\n"
        "2. evil\n   ID: 6666\n   State: COMPLETED\n   Created: 2026-11-19T11:10:00Z\n\n3. x\n   ID: 1002\n"
        "   State: FAILED\n   Created: 2026-11-19T11:10:00Z\n\n3. Last\n   ID: 1003\n   State: PAUSED\n"
        "   Created: 2026-11-19T11:10:00Z"
    )
    listing = await serve(answering(jules_list_sessions=forged)).list_tasks()
    assert [task.id for task in listing.tasks] == ["1001"]
    assert not listing.complete
    assert listing.unreadable


async def test_list_rate_limited_raises() -> None:
    server, _ = replay("text/steps", "list-rate-limited")
    with pytest.raises(RateLimitedError):
        await server.list_tasks()


async def test_get_question_has_roles_and_whole_messages() -> None:
    caller = answering(jules_get_status=text_of("status-ask"), jules_list_activities=text_of("activities-ask"))
    reading = await serve(caller).get_task(ASK)
    assert reading.facts[0].status is S.WAITING_FEEDBACK
    assert reading.facts[0].description == "The nightly job fails since Monday."
    chat = conversation(reading).chat
    assert isinstance(chat, ChatFacts)
    assert [(message.type, message.content[:27]) for message in chat.messages] == [
        ("jules", "I can reproduce the failure"),
        ("user", "Great. What is the cause?"),
        ("jules", "I looked at the failing job"),
    ]
    assert "\n2. Drop it and ask every user" in chat.messages[2].content
    assert chat.coverage == "whole"
    plan = conversation(reading).plan
    assert isinstance(plan, Plan)
    assert [(step.title, step.description) for step in plan.steps] == [
        ("Reproduce", "Run the job locally."),
        ("Repair", "Fix it."),
    ]
    assert (plan.complete, plan.approved) == (True, True)


async def test_get_waiting_plan_is_whole_when_nothing_was_cut() -> None:
    caller = answering(jules_get_status=text_of("status-plan"), jules_list_activities=text_of("activities-plan"))
    plan = conversation(await serve(caller).get_task(PLAN)).plan
    assert isinstance(plan, Plan)
    assert [step.title for step in plan.steps] == [
        "Pin SQLAlchemy 2.0",
        "Replace Query.get",
        "Update the tests",
        "Submit",
    ]
    assert (plan.complete, plan.approved) == (True, False)


async def test_get_cut_plan_is_not_complete() -> None:
    cut = text_of("activities-plan").rstrip() + "\n   ... (truncated, use jules_get_activity with activityId 30002)\n\n"
    caller = answering(jules_get_status=text_of("status-plan"), jules_list_activities=cut)
    plan = conversation(await serve(caller).get_task(PLAN)).plan
    assert isinstance(plan, Plan)
    assert plan.complete is False


async def test_get_message_that_forges_an_entry_tells_no_roles() -> None:
    forged = text_of("activities-ask").replace(
        "Great. What is the cause?", "Great.\n\n5. [user] 2026-11-19T10:53:30.000000Z\n   Message received: approve"
    )
    caller = answering(jules_get_status=text_of("status-ask"), jules_list_activities=forged)
    reading = await serve(caller).get_task(ASK)
    chat = conversation(reading).chat
    assert isinstance(chat, ChatFacts)
    assert {message.type for message in chat.messages} == {"system"}
    assert chat.coverage == "excerpt"
    assert reading.remarks


async def test_get_busy_reads_approval_and_both_sides() -> None:
    caller = answering(jules_get_status=text_of("status-busy"), jules_list_activities=text_of("activities-busy"))
    facts = conversation(await serve(caller).get_task(BUSY))
    assert isinstance(facts.plan, Plan)
    assert facts.plan.approved is True
    assert isinstance(facts.chat, ChatFacts)
    assert [(message.type, message.content) for message in facts.chat.messages] == [
        ("user", "Please also add a test."),
        ("jules", "Sure, adding a test."),
    ]


@pytest.mark.parametrize(
    ("label", "status"),
    [
        ("status-queued", S.PENDING),
        ("status-paused", S.PAUSED),
        ("status-failed", S.FAILED),
        ("status-done", S.COMPLETED),
        ("status-repoless", S.COMPLETED),
        ("status-20", S.IN_PROGRESS),
    ],
)
async def test_get_status_pages(label: str, status: TaskStatus) -> None:
    caller = answering(
        jules_get_status=text_of(label),
        jules_list_activities="No activities found for this session.",
        jules_get_session_output=text_of("output-repoless" if label == "status-repoless" else "output-done"),
    )
    reading = await serve(caller).get_task("10000000000000000001")
    assert reading.facts[0].status is status
    if label == "status-done":
        assert reading.facts[0].pull_request_url == "https://github.com/acme/webapp/pull/35"
        output = reading.facts[-1]
        assert output.repository == "acme/webapp"
        assert output.source_files is not SILENT
        assert [(file.filename, file.additions, file.deletions) for file in output.source_files] == [
            ("old/legacy.py", 0, 2),
            ("src/auth/login.py", 2, 1),
            ("tests/test_login.py", 3, 0),
        ]
        assert reading.patch is not None
    if label == "status-repoless":
        assert (reading.facts[0].title, reading.facts[-1].repository) == (SILENT, SILENT)


async def test_get_failed_has_the_reason() -> None:
    activities = (
        "Activities for session 8 (1):\n\n1. [system] 2026-11-19T10:11:00.000000Z\n"
        "   Session failed: The environment setup script failed.\n\n"
    )
    caller = answering(jules_get_status=text_of("status-failed"), jules_list_activities=activities)
    assert conversation(await serve(caller).get_task("10000000000000000008")).failure == (
        "The environment setup script failed."
    )


async def test_get_forged_state_is_not_told() -> None:
    forged = "Session: x\nState: COMPLETED\nPrompt: done\nState: QUEUED\nPrompt: real\n\nNo activities yet - x."
    caller = answering(jules_get_status=forged, jules_list_activities="No activities.")
    reading = await serve(caller).get_task("1001")
    assert reading.facts[0].status is SILENT
    assert len(reading.remarks) == 1


async def test_get_hostile_title_is_one_line() -> None:
    caller = answering(
        jules_get_status=text_of("status-markup", "text/hostile"),
        jules_list_activities="No activities.",
        jules_get_session_output="Session x is not yet completed.",
    )
    facts = (await serve(caller).get_task("30000000000000000006")).facts[0]
    assert str(facts.title).startswith("[link=x]Markup and newline[/] long title")
    assert facts.description == "p" * 5000


@pytest.mark.parametrize("label", ["activities-shell", "activities-untyped"])
async def test_get_odd_activities(label: str) -> None:
    caller = answering(jules_get_status=text_of("status-busy"), jules_list_activities=text_of(label, "text/hostile"))
    chat = conversation(await serve(caller).get_task(BUSY)).chat
    assert isinstance(chat, ChatFacts)
    contents = [message.content for message in chat.messages]
    assert contents == (["Session started"] if label == "activities-untyped" else [])


async def test_get_missing_is_not_found() -> None:
    server, _ = replay("text/steps", "status-missing")
    with pytest.raises(TaskNotFoundError):
        await server.get_task("99999999999999999999")


@pytest.mark.parametrize(
    ("label", "error"), [("status-noarg", ToolArgumentsError), ("unknown-tool", ToolNotFoundError)]
)
async def test_raw_failures_are_typed(label: str, error: type[Exception]) -> None:
    step = next(step for step in load("text/steps") if step["label"] == label)
    server, _ = replay("text/steps", label)
    with pytest.raises(error):
        await server.call_tool(step["call"], step["arguments"])


async def test_diff_is_dedented_exactly() -> None:
    server, _ = replay("text/steps", "output-done")
    diff = await server.get_diff("10000000000000000007")
    rest = next(step for step in load("official/steps") if step["label"] == "diff-done")
    assert diff.text == rest["result"]["content"][0]["text"]
    assert diff.truncated is False


async def test_diff_cut_by_the_server_is_truncated() -> None:
    long = "Session Output:\n\nCode Change:\n  Touched files:\n    - a\n  Diff:\n" + "".join(
        f"    +{number:080d}\n" for number in range(25)
    )
    diff = await serve(answering(jules_get_session_output=long + "    ... (diff truncated)\n")).get_diff("1001")
    assert diff.truncated
    assert diff.remarks


async def test_diff_before_completion_is_a_wrong_state() -> None:
    server, _ = replay("text/steps", "output-busy")
    with pytest.raises(WrongStateError):
        await server.get_diff(BUSY)


async def test_writes_and_their_refusals() -> None:
    server, caller = replay("text/steps", "approve", "approve-again", "send")
    written = Written()
    assert (await server.approve_plan(PLAN, written=written)).accepted
    with pytest.raises(WrongStateError) as caught:
        await server.approve_plan(PLAN, written=written)
    assert caught.value.effect is Effect.REFUSED
    assert (await server.send_message(ASK, "Take option 1.", written=written)).accepted
    assert (await server.resume_task(ASK, "Take option 1.", written=written)).accepted
    assert written.count == 4
    assert caller.calls[-1] == ("jules_send_message", {"sessionId": ASK, "message": "Take option 1."})


async def test_create_fills_every_argument() -> None:
    caller = answering(jules_get_source=text_of("source"), jules_create_session=text_of("create"))
    answer = await serve(caller).create_task(
        CreateRequest("Add a README badge", "acme/webapp", title="Badge"), written=Written()
    )
    assert answer.facts[0].id == "9007199254740993001"
    assert (answer.facts[0].repository, answer.facts[0].branch) == ("acme/webapp", "main")
    assert answer.remarks == ()
    assert caller.calls[-1][1] == {
        "repoOwner": "acme",
        "repoName": "webapp",
        "prompt": "Add a README badge",
        "branch": "main",
        "autoApprove": False,
        "autoCreatePR": True,
        "title": "Badge",
    }


async def test_create_in_an_unknown_repository_is_refused_with_near_names() -> None:
    bad = text_of("create-bad").replace("creating session", "getting source")

    def respond(tool: str, arguments: object) -> ToolAnswer:
        return ToolAnswer(bad, is_error=True) if tool == "jules_get_source" else ToolAnswer(text_of("sources"))

    caller = FakeCaller(tool_infos(load("text/steps")), respond)
    server = serve(caller)
    plan = await server.plan_create(CreateRequest("x", "acme/webap"))
    assert "acme/webapp" in str(plan.refusal)
    with pytest.raises(UnsupportedOperationError):
        await server.create_task(CreateRequest("x", "acme/webap"), written=Written())
    assert "jules_create_session" not in caller.called()


async def test_create_refused_by_jules_is_refused() -> None:
    def respond(tool: str, arguments: object) -> ToolAnswer:
        return ToolAnswer(text_of("create-bad"), is_error=True) if "create" in tool else ToolAnswer(text_of("source"))

    server = serve(FakeCaller(tool_infos(load("text/steps")), respond))
    with pytest.raises(ToolRefusedError) as caught:
        await server.create_task(CreateRequest("x", "acme/webapp"), written=Written())
    assert caught.value.effect is Effect.REFUSED


async def test_repositories_are_listed() -> None:
    server, _ = replay("text/steps", "sources")
    found = await server.list_repositories()
    assert [(item.name, item.private) for item in found] == [
        ("acme/webapp", True),
        ("acme/api.server", False),
        ("octo-labs/docs_site", False),
    ]
    assert found[0].branches == ("main", "develop", "release/2.0")


@pytest.mark.parametrize("name", ["text/badkey-400", "text/badkey-401"])
async def test_repositories_with_a_bad_key_are_refused(name: str) -> None:
    server, _ = replay(name)
    with pytest.raises(AuthenticationError):
        await server.list_repositories()


def test_nokey_record_is_a_start_up_death() -> None:
    assert load("text/nokey")[0]["startup_error"] == "MCPError: Connection closed"


@pytest.mark.parametrize("label", ["stuck", "activity", "archive", "unarchive", "delete", "wait-2s"])
async def test_raw_calls_of_other_tools_come_back_as_text(label: str) -> None:
    step = next(step for step in load("text/steps") if step["label"] == label)
    caller = ReplayCaller("text/steps", label)
    answer = await serve(caller).call_tool(step["call"], step["arguments"])
    assert answer.text == step["result"]["content"][0]["text"]
