"""The rest family against every recorded file of it."""

from __future__ import annotations

import pytest

from jjm_tui.domain.facts import SILENT, ChatFacts, Rank
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan
from jjm_tui.errors import (
    AuthenticationError,
    Effect,
    JulesManagerError,
    RateLimitedError,
    ServiceUnavailableError,
    TaskNotFoundError,
    ToolRefusedError,
    UnsupportedOperationError,
)
from jjm_tui.ports import CreateRequest, Priority
from tests.gateway.dialects.replay import NOW, ReplayCaller, Written, load, replay, serve

S = TaskStatus


def request(**changes) -> CreateRequest:
    return CreateRequest(**{"description": "Add a README badge", "repository": "acme/webapp", **changes})


async def test_list_normal_decodes_every_state() -> None:
    server, caller = replay("rest/steps", "list")
    counts: list[int] = []
    listing = await server.list_tasks(on_page=counts.append)
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
    assert [task.id for task in listing.tasks][:2] == ["10000000000000000001", "10000000000000000002"]
    planning, done, bare = listing.tasks[1], listing.tasks[6], listing.tasks[8]
    assert planning.status_detail == "PLANNING"
    assert (planning.repository, planning.branch, planning.title) == ("acme/webapp", "main", "Split the build")
    assert done.pull_request_url == "https://github.com/acme/webapp/pull/35"
    assert (bare.title, bare.repository) == (SILENT, SILENT)
    assert all(task.origin.rank is Rank.LIVE and task.origin.observed_at == NOW for task in listing.tasks)
    assert all(task.archived_on_server is False and task.on_server is True for task in listing.tasks)
    assert (listing.truncated, listing.complete, listing.remarks) == (False, True, ())
    assert counts == [10]
    assert caller.calls == [("list_sessions", {})]


async def test_list_longer_than_a_page_is_truncated() -> None:
    server, _ = replay("rest/bulk", "list-bulk")
    listing = await server.list_tasks()
    assert len(listing.tasks) == 30
    assert (listing.truncated, listing.complete) == (True, False)
    capabilities = await server.connect()
    assert (capabilities.list_limit, capabilities.list_is_complete) == (30, False)


async def test_list_hostile_keeps_all_and_cleans_all() -> None:
    server, _ = replay("rest/hostile", "list-hostile")
    tasks = {task.id: task for task in (await server.list_tasks()).tasks}
    assert len(tasks) == 18
    assert (tasks["30000000000000000005"].status, tasks["30000000000000000005"].status_detail) == (S.UNKNOWN, None)
    assert (tasks["30000000000000000004"].status, tasks["30000000000000000004"].status_detail) == (
        S.UNKNOWN,
        "REVIEWING",
    )
    markup = tasks["30000000000000000006"]
    assert str(markup.title).startswith("[link=x]Markup and newline[/] long title")
    assert markup.description == "p" * 5000


@pytest.mark.parametrize(
    ("label", "error"),
    [("list-rate-limited", RateLimitedError), ("list-502-html", ServiceUnavailableError)],
)
async def test_list_refused_raises_typed_error(label: str, error: type[JulesManagerError]) -> None:
    server, _ = replay("rest/steps", label)
    with pytest.raises(error):
        await server.list_tasks()


async def test_get_waiting_plan_has_whole_plan_and_no_chat() -> None:
    server, _ = replay("rest/steps", "get-plan", "activities-plan")
    reading = await server.get_task("10000000000000000003")
    session, more = reading.facts
    assert (session.status, session.branch) == (S.WAITING_APPROVAL, "develop")
    plan = more.plan
    assert isinstance(plan, Plan)
    assert [step.title for step in plan.steps] == [
        "Pin SQLAlchemy 2.0",
        "Replace Query.get",
        "Update the tests",
        "Submit",
    ]
    assert plan.steps[1].description == "Use Session.get in `app/models/*.py`."
    assert (plan.id, plan.complete, plan.approved) == ("plan-orm", True, False)
    assert more.chat == ChatFacts((), "whole")
    assert len(reading.activities) == 2
    assert reading.remarks == ()


async def test_get_busy_has_roles_approved_plan_and_files() -> None:
    steps = load("rest/steps")
    caller = ReplayCaller("rest/steps")
    busy = next(step for step in steps if step["label"] == "get-plan")
    text = busy["result"]["content"][0]["text"].replace("10000000000000000003", "10000000000000000005")
    again = {"call": "get_session", "result": {"content": [{"type": "text", "text": text}]}}
    caller.replies['["get_session", {"sessionId": "10000000000000000005"}]'].append(again)
    reading = await serve(caller).get_task("10000000000000000005")
    more = reading.facts[-1]
    assert isinstance(more.chat, ChatFacts)
    assert [(message.type, message.content, message.id) for message in more.chat.messages] == [
        ("user", "Please also add a test.", "0000000000050005"),
        ("jules", "Sure, adding a test.", "0000000000050006"),
    ]
    assert isinstance(more.plan, Plan)
    assert more.plan.approved is True
    assert more.source_files is not SILENT
    assert [(file.filename, file.status, file.additions, file.deletions) for file in more.source_files] == [
        ("src/auth/login.py", "modified", 2, 1),
        ("tests/test_login.py", "created", 3, 0),
    ]
    assert reading.patch is not None
    assert reading.patch.startswith("diff --git a/src/auth/login.py")


@pytest.mark.parametrize("label", ["get-done", "get-failed", "get-repoless"])
async def test_get_without_recorded_activities_decodes_the_session(label: str) -> None:
    step = next(step for step in load("rest/steps") if step["label"] == label)
    caller = ReplayCaller("rest/steps", label, "activities-missing")
    task_id = step["arguments"]["sessionId"]
    caller.replies[f'["list_activities", {{"sessionId": "{task_id}"}}]'] = caller.replies[
        '["list_activities", {"sessionId": "99999999999999999999"}]'
    ]
    reading = await serve(caller).get_task(task_id)
    expected = {"get-done": S.COMPLETED, "get-failed": S.FAILED, "get-repoless": S.COMPLETED}
    assert reading.facts[0].status is expected[label]
    assert reading.remarks == ("The server does not show the conversation of this task yet.",)


async def test_get_long_conversation_is_its_oldest_part() -> None:
    caller = ReplayCaller("rest/bulk")
    listing = await serve(ReplayCaller("rest/bulk", "list-bulk")).list_tasks()
    assert listing.tasks[9].id == "20000000000000000000"
    bulk = next(step for step in load("rest/bulk") if step["label"] == "list-bulk")
    import json

    session = json.loads(bulk["result"]["content"][0]["text"])["sessions"][9]
    answer = {"call": "get_session", "result": {"content": [{"type": "text", "text": json.dumps(session)}]}}
    caller.replies['["get_session", {"sessionId": "20000000000000000000"}]'].append(answer)
    more = (await serve(caller).get_task("20000000000000000000")).facts[-1]
    assert isinstance(more.chat, ChatFacts)
    assert more.chat.coverage == "oldest"
    assert len(more.chat.messages) == 50
    assert [message.type for message in more.chat.messages[:2]] == ["user", "jules"]
    assert more.plan is SILENT


@pytest.mark.parametrize("label", ["activities-shell", "activities-untyped", "activities-shot"])
async def test_get_odd_activities_are_survived(label: str) -> None:
    step = next(step for step in load("rest/hostile") if step["label"] == label)
    task_id = step["arguments"]["sessionId"]
    caller = ReplayCaller("rest/hostile")
    session = f'{{"id": "{task_id}", "state": "IN_PROGRESS"}}'
    answer = {"call": "get_session", "result": {"content": [{"type": "text", "text": session}]}}
    caller.replies[f'["get_session", {{"sessionId": "{task_id}"}}]'].append(answer)
    reading = await serve(caller).get_task(task_id)
    assert isinstance(reading.facts[-1].chat, ChatFacts)
    texts = [(message.type, message.content) for message in reading.facts[-1].chat.messages]
    assert texts == ([("system", "Session started")] if label == "activities-untyped" else [])
    assert len(reading.activities) == 1


async def test_get_missing_tries_the_other_form_of_id_and_says_not_found() -> None:
    server, caller = replay("rest/steps", "get-missing", "get-name-form")
    caller.replies['["get_session", {"sessionId": "sessions/99999999999999999999"}]'] = caller.replies[
        '["get_session", {"sessionId": "sessions/10000000000000000003"}]'
    ]
    with pytest.raises(TaskNotFoundError):
        await server.get_task("99999999999999999999")
    assert caller.called() == ["get_session", "get_session"]


async def test_approve_accepted_then_refused() -> None:
    server, caller = replay("rest/steps", "approve", "approve-again")
    written = Written()
    assert (await server.approve_plan("10000000000000000003", written=written)).accepted
    with pytest.raises(JulesManagerError) as caught:
        await server.approve_plan("10000000000000000003", written=written)
    assert caught.value.effect is Effect.REFUSED
    assert written.count == 2
    assert [policy.kind for policy in caller.policies] == ["write", "write"]


async def test_message_goes_into_the_prompt_argument() -> None:
    server, caller = replay("rest/steps", "send")
    written = Written()
    answer = await server.send_message("10000000000000000004", "Take option 1.", written=written)
    assert (answer.accepted, written.count) == (True, 1)
    assert caller.calls == [("send_message", {"sessionId": "10000000000000000004", "prompt": "Take option 1."})]
    resumed = await server.resume_task("10000000000000000004", "Take option 1.", written=written)
    assert resumed.accepted


async def test_create_answers_the_session() -> None:
    server, caller = replay("rest/steps", "sources", "create")
    written = Written()
    answer = await server.create_task(request(), written=written)
    assert (answer.accepted, written.count) == (True, 1)
    assert (answer.facts[0].id, answer.facts[0].status) == ("9007199254740993001", S.PENDING)
    assert caller.calls[-1] == (
        "create_session",
        {"prompt": "Add a README badge", "source": "sources/github/acme/webapp", "requirePlanApproval": True},
    )


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"branch": "develop", "explicit": frozenset({"branch"})}, True),
        ({"branch": "main", "explicit": frozenset({"branch"})}, False),
        ({"pr": "none", "explicit": frozenset({"pr"})}, True),
        ({"pr": "auto", "explicit": frozenset({"pr"})}, False),
        ({"approval": "auto", "explicit": frozenset({"approval"})}, False),
        ({"repository": "acme/webap"}, True),
    ],
)
async def test_plan_create_refuses_what_the_server_cannot_do(changes: dict[str, object], refused: bool) -> None:
    server, caller = replay("rest/steps", "sources")
    plan = await server.plan_create(request(**changes))
    assert (plan.refusal is not None) is refused
    if refused:
        with pytest.raises(UnsupportedOperationError):
            await server.create_task(request(**changes), written=Written())
    assert "create_session" not in caller.called()


async def test_plan_create_tells_what_is_dropped() -> None:
    server, _ = replay("rest/steps", "sources")
    plan = await server.plan_create(request(repository="octo-labs/docs_site", title="T"))
    assert plan.refusal is None
    assert plan.arguments["source"] == "sources/github/octo-labs/docs_site"
    assert any("title" in remark for remark in plan.remarks)
    assert any("'trunk'" in remark for remark in plan.remarks)
    near = await server.plan_create(request(repository="acme/webap"))
    assert "acme/webapp" in str(near.refusal)


async def test_repositories_are_listed_with_branches() -> None:
    server, _ = replay("rest/steps", "sources")
    found = await server.list_repositories()
    assert [(item.name, item.default_branch, item.private) for item in found] == [
        ("acme/webapp", "main", True),
        ("acme/api.server", "main", False),
        ("octo-labs/docs_site", "trunk", False),
    ]
    assert found[0].branches == ("main", "develop", "release/2.0")


@pytest.mark.parametrize("name", ["rest/badkey-400", "rest/badkey-401"])
async def test_repositories_with_a_bad_key_are_refused(name: str) -> None:
    server, _ = replay(name)
    with pytest.raises((AuthenticationError, ToolRefusedError)) as caught:
        await server.list_repositories(priority=Priority.POLL)
    assert caught.value.hint


async def test_diff_prefers_the_outputs_of_the_session() -> None:
    server, caller = replay("rest/steps", "get-done")
    diff = await server.get_diff("10000000000000000007")
    assert diff.text.startswith("diff --git a/old/legacy.py")
    assert diff.text.endswith('not markup[/red]")\n')
    assert caller.called() == ["get_session"]


async def test_nokey_record_is_a_start_up_death() -> None:
    assert load("rest/nokey")[0]["startup_error"] == "MCPError: Connection closed"
