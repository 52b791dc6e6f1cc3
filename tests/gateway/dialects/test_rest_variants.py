"""Servers of the rest family that nobody recorded: other names, other arguments, other wrappings."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest

from jjm_tui.domain.facts import SILENT, ChatFacts
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan
from jjm_tui.errors import (
    AuthenticationError,
    Effect,
    JulesManagerError,
    ProtocolError,
    TaskNotFoundError,
    ToolRefusedError,
    UnsupportedOperationError,
)
from jjm_tui.gateway.dialects.options import Verdict, choose_branch
from jjm_tui.gateway.dialects.sessions import said_url
from jjm_tui.ports import CreateRequest, DiffReading, Repository, ToolAnswer, ToolInfo
from tests.gateway.dialects.replay import FakeCaller, Written, serve

SESSION = {
    "name": "sessions/1001",
    "id": "1001",
    "prompt": "Do it",
    "state": "AWAITING_PLAN_APPROVAL",
    "sourceContext": {"source": "sources/github/acme/webapp", "githubRepoContext": {"startingBranch": "dev"}},
    "createTime": "2026-11-19T11:00:00Z",
    "updateTime": "2026-11-19T11:05:00Z",
}
PLAN = {
    "id": "a2",
    "createTime": "2026-11-19T11:02:00Z",
    "originator": "agent",
    "planGenerated": {"plan": {"id": "p", "steps": [{"title": "One"}, {"title": "Two", "index": 1}]}},
}
HELLO = {"id": "a1", "createTime": "2026-11-19T11:01:00Z", "agentMessaged": {"agentMessage": "Hello"}}
SOURCE = {
    "name": "sources/github-acme-webapp",
    "id": "github-acme-webapp",
    "githubRepo": {"owner": "acme", "repo": "webapp", "defaultBranch": {"displayName": "trunk"}},
}


def tool(name: str, required: str = "", optional: str = "", **schemas: Mapping[str, Any]) -> ToolInfo:
    names = [*required.split(), *optional.split()]
    properties = {item: dict(schemas.get(item, {"type": "string"})) for item in names}
    return ToolInfo(name, None, {"type": "object", "properties": properties, "required": required.split()})


def text(value: object) -> ToolAnswer:
    return ToolAnswer(json.dumps(value))


class Backend:
    """Google's side of an invented server: answers by what the tool is for, whatever its name and arguments."""

    def __init__(self, wrap: str = "text", *, wants_name: bool | None = None, bare: bool = False) -> None:
        self.wrap = wrap
        self.wants_name = wants_name
        self.bare = bare
        self.activities: list[dict[str, Any]] = [HELLO, PLAN]

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        flat = json.dumps(arguments)
        if self.wants_name is not None and "1001" in flat and ("sessions/1001" in flat) is not self.wants_name:
            return ToolAnswer("Error: Request failed with status code 404", is_error=True)
        lowered = name.lower()
        if "activities" in lowered:
            return self.listed("activities", self.activities)
        if "source" in lowered or "repo" in lowered:
            return self.listed("sources", [SOURCE])
        if "create" in lowered:
            return self.wrapped(SESSION)
        if "sessions" in lowered or "tasks" in lowered:
            return self.listed("sessions", [SESSION])
        if any(word in lowered for word in ("approve", "message", "decide", "resume")):
            return self.wrapped({})
        return self.wrapped(SESSION)

    def listed(self, key: str, records: list[Any]) -> ToolAnswer:
        return self.wrapped(records if self.bare else {key: records})

    def wrapped(self, value: Any) -> ToolAnswer:
        if self.wrap == "structured":
            structured = value if isinstance(value, dict) else {"result": value}
            return ToolAnswer("", structured)
        if self.wrap == "structured-text":
            return ToolAnswer(json.dumps(value), {"result": json.dumps(value)})
        if self.wrap == "envelope":
            return text({"success": True, "message": "ok", "data": value, "error": None})
        if self.wrap == "fenced":
            return ToolAnswer(f"```json\n{json.dumps(value, indent=1)}\n```")
        if self.wrap == "heading":
            return ToolAnswer(f"Here you are:\n\n{json.dumps(value)}")
        return text(value)


def server_tools(prefix: str, id_name: str, text_name: str) -> list[ToolInfo]:
    return [
        tool(f"{prefix}list_sessions", "", "page_size page_token"),
        tool(f"{prefix}get_session", id_name),
        tool(f"{prefix}list_activities", id_name, "pageSize pageToken"),
        tool(f"{prefix}create_session", "prompt source", "title starting_branch require_plan_approval automation_mode"),
        tool(f"{prefix}send_message", f"{id_name} {text_name}"),
        tool(f"{prefix}approve_plan", id_name),
        tool(f"{prefix}list_sources"),
    ]


@pytest.mark.parametrize(
    ("prefix", "id_name", "wrap", "bare"),
    list(
        itertools.product(
            ("", "jules_"),
            ("sessionId", "session_id", "session_name", "name", "taskId"),
            ("text", "structured", "structured-text", "envelope", "fenced", "heading"),
            (False, True),
        )
    ),
)
async def test_every_spelling_reads_and_writes(prefix: str, id_name: str, wrap: str, bare: bool) -> None:
    backend = Backend(wrap, bare=bare)
    caller = FakeCaller(server_tools(prefix, id_name, "message"), backend)
    server = serve(caller)
    assert (await server.connect()).dialect == "rest"
    listing = await server.list_tasks()
    assert [(task.id, task.status) for task in listing.tasks] == [("1001", TaskStatus.WAITING_APPROVAL)]
    assert listing.complete
    reading = await server.get_task("1001")
    more = reading.facts[-1]
    assert isinstance(more.plan, Plan)
    assert ([step.title for step in more.plan.steps], more.plan.complete) == (["One", "Two"], True)
    assert isinstance(more.chat, ChatFacts)
    assert [message.content for message in more.chat.messages] == ["Hello"]
    assert (await server.send_message("1001", "Hi", written=Written())).accepted
    assert (await server.approve_plan("1001", written=Written())).accepted
    answer = await server.create_task(CreateRequest("Do it", "acme/webapp"), written=Written())
    assert answer.facts[0].id == "1001"
    created = caller.calls[-1][1]
    assert created["source"] == "sources/github-acme-webapp"
    assert created["starting_branch"] == "trunk"
    assert (created["require_plan_approval"], created["automation_mode"]) == (True, "AUTO_CREATE_PR")


@pytest.mark.parametrize("id_name", ["sessionId", "session_name", "name", "taskId"])
@pytest.mark.parametrize("wants_name", [True, False])
async def test_the_form_of_an_id_is_found_by_reading_and_used_for_writing(id_name: str, wants_name: bool) -> None:
    caller = FakeCaller(server_tools("", id_name, "prompt"), Backend(wants_name=wants_name))
    server = serve(caller)
    assert (await server.get_task("1001")).facts[0].id == "1001"
    written = Written()
    assert (await server.approve_plan("1001", written=written)).accepted
    assert written.count == 1
    assert caller.calls[-1][1][id_name] == ("sessions/1001" if wants_name else "1001")
    reads = len(caller.calls)
    await server.get_task("1001")
    assert len(caller.calls) == reads + 2


@pytest.mark.parametrize(
    ("description", "form"),
    [
        ("Session resource name, e.g. sessions/123", "sessions/1001"),
        ("The session ID without the 'sessions/' prefix", "1001"),
        ("Numeric id", "1001"),
    ],
)
async def test_the_schema_tells_the_form_of_an_id_before_any_reading(description: str, form: str) -> None:
    tools = server_tools("", "session_id", "message")
    tools[5] = tool("approve_plan", "session_id", session_id={"type": "string", "description": description})
    caller = FakeCaller(tools, Backend())
    await serve(caller).approve_plan("1001", written=Written())
    assert caller.calls == [("approve_plan", {"session_id": form})]


async def test_camel_case_tools_are_found() -> None:
    tools = [tool("listSessions"), tool("getSession", "sessionId"), tool("listSessionActivities", "sessionId")]
    server = serve(FakeCaller(tools, Backend()))
    assert (await server.get_task("1001")).facts[0].branch == "dev"
    capabilities = await server.connect()
    assert {"create", "message", "approve", "resume", "repositories"} <= capabilities.unavailable.keys()
    with pytest.raises(UnsupportedOperationError):
        await server.approve_plan("1001", written=Written())


async def test_one_tool_with_an_action_takes_both_decisions() -> None:
    actions = {"type": "string", "enum": ["approve_plan", "send_message", "delete"]}
    tools = [
        *server_tools("", "sessionId", "prompt")[:3],
        tool("decide", "sessionId action", "message confirm", action=actions, confirm={"type": "boolean"}),
    ]
    caller = FakeCaller(tools, Backend())
    server = serve(caller)
    await server.approve_plan("1001", written=Written())
    await server.send_message("1001", "Hi", written=Written())
    assert [arguments for _, arguments in caller.calls] == [
        {"sessionId": "1001", "action": "approve_plan", "confirm": True},
        {"sessionId": "1001", "action": "send_message", "message": "Hi", "confirm": True},
    ]


async def test_a_list_that_is_only_a_resource_is_read_and_never_called_complete() -> None:
    tools = [tool("get_session", "sessionId"), tool("list_activities", "sessionId")]
    resources = {"jules://sessions": json.dumps([SESSION]), "jules://guides/sessions": "secret"}
    caller = FakeCaller(tools, Backend(), resources=resources)
    listing = await serve(caller).list_tasks()
    assert ([task.id for task in listing.tasks], listing.complete) == (["1001"], False)
    assert caller.calls == [("@resource", {"uri": "jules://sessions"})]


async def test_arguments_inside_one_object_are_seen_through() -> None:
    inner = {
        "type": "object",
        "properties": {
            "session_id": {"type": "string"},
            "response_format": {"$ref": "#/$defs/Format"},
            "limit": {"anyOf": [{"type": "integer", "maximum": 50}, {"type": "null"}]},
        },
        "required": ["session_id"],
    }
    schema = {
        "type": "object",
        "properties": {"params": {"$ref": "#/$defs/Input"}},
        "required": ["params"],
        "$defs": {"Input": inner, "Format": {"type": "string", "enum": ["markdown", "json"]}},
    }
    tools = [
        tool("jules_list_sessions"),
        ToolInfo("jules_list_activities", None, schema),
        tool("jules_get_session", "id"),
    ]
    caller = FakeCaller(tools, Backend())
    await serve(caller).get_task("1001")
    params = caller.calls[-1][1]["params"]
    assert (params["session_id"], params["limit"]) == ("1001", 50)


async def test_json_answers_are_asked_for_where_a_schema_offers_them() -> None:
    formats = {"type": "string", "enum": ["markdown", "json"], "default": "markdown"}
    tools = [
        tool("list_sessions", "", "response_format limit", response_format=formats, limit={"type": "integer"}),
        tool("list_activities", "sessionId"),
    ]
    caller = FakeCaller(tools, Backend())
    await serve(caller).list_tasks()
    assert caller.calls == [("list_sessions", {"response_format": "json", "limit": 100})]


async def test_an_unknown_required_argument_makes_the_operation_unavailable() -> None:
    tools = server_tools("", "sessionId", "prompt")
    tools[5] = tool("approve_plan", "sessionId signature")
    capabilities = await serve(FakeCaller(tools, Backend())).connect()
    assert "approve" not in capabilities.operations
    assert "'signature'" in capabilities.unavailable["approve"]


async def test_an_unknown_required_create_argument_is_refused_before_sending() -> None:
    tools = server_tools("", "sessionId", "prompt")
    tools[3] = tool("create_session", "prompt source budget")
    plan = await serve(FakeCaller(tools, Backend())).plan_create(CreateRequest("x", "acme/webapp"))
    assert "'budget'" in str(plan.refusal)


@pytest.mark.parametrize(
    ("optional", "expected"),
    [
        ("repo", {"repo": "acme/webapp"}),
        ("repository", {"repository": "acme/webapp"}),
        ("repoOwner repoName", {"repoOwner": "acme", "repoName": "webapp"}),
        ("owner repo", {"owner": "acme", "repo": "webapp"}),
        ("source_id", {"source_id": "github-acme-webapp"}),
        (
            "sourceContext",
            {
                "sourceContext": {
                    "source": "sources/github-acme-webapp",
                    "githubRepoContext": {"startingBranch": "trunk"},
                }
            },
        ),
    ],
)
async def test_the_repository_goes_into_whatever_argument_there_is(optional: str, expected: dict[str, Any]) -> None:
    tools = server_tools("", "sessionId", "prompt")
    objects = {"sourceContext": {"type": "object"}}
    tools[3] = tool("create_session", "prompt", f"{optional} autoApprove autoPr", **objects)
    plan = await serve(FakeCaller(tools, Backend())).plan_create(CreateRequest("x", "Acme/WebApp"))
    assert plan.refusal is None
    assert expected.items() <= plan.arguments.items()
    assert (plan.arguments["autoApprove"], plan.arguments["autoPr"]) == (False, True)


@pytest.mark.parametrize(
    ("branch", "others"),
    [("mian", "main, …"), ("release/3.0", "release/2.0, …"), ("xyzzy", "main, develop, release/2.0, a, b, …")],
)
def test_a_branch_that_the_server_does_not_list_is_told_with_those_that_it_lists(branch: str, others: str) -> None:
    verdict = Verdict()
    branches = ("main", "develop", "release/2.0", "a", "b", "c")
    repository = Repository("acme/webapp", "sources/github/acme/webapp", default_branch="main", branches=branches)
    assert choose_branch(CreateRequest("x", "acme/webapp", branch=branch), repository, verdict) == branch
    assert verdict.remarks == [f"The server does not list a branch '{branch}' of acme/webapp. It lists {others}."]


@pytest.mark.parametrize("address", ["ftp://x/", "https://a b/", "https://[x", "https://\u2100/", 7, None])
def test_an_address_that_cannot_be_taken_apart_is_none(address: object) -> None:
    assert said_url(address) is SILENT


async def test_the_source_has_its_documented_name_where_nothing_lists_sources() -> None:
    tools = [item for item in server_tools("", "sessionId", "prompt") if item.name != "list_sources"]
    plan = await serve(FakeCaller(tools, Backend())).plan_create(CreateRequest("x", "acme/webapp"))
    assert plan.arguments["source"] == "sources/github/acme/webapp"
    assert plan.arguments["starting_branch"] == "main"


async def test_pages_are_followed_to_the_end() -> None:
    def respond(name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        number = int(arguments.get("page_token", 0))
        record = {**SESSION, "id": str(1001 + number)}
        token = {"nextPageToken": str(number + 1)} if number < 4 else {}
        return text({"sessions": [record], **token})

    counts: list[int] = []
    listing = await serve(FakeCaller(server_tools("", "sessionId", "prompt"), respond)).list_tasks(
        on_page=counts.append
    )
    assert [task.id for task in listing.tasks] == ["1001", "1002", "1003", "1004", "1005"]
    assert (listing.truncated, listing.complete, counts) == (False, True, [1, 2, 3, 4, 5])


async def test_a_server_that_repeats_its_pages_is_stopped() -> None:
    def respond(name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        return text({"sessions": [SESSION], "nextPageToken": "again"})

    caller = FakeCaller(server_tools("", "sessionId", "prompt"), respond)
    listing = await serve(caller).list_tasks()
    assert (len(caller.calls), listing.truncated, listing.complete) == (2, True, False)
    assert listing.remarks


async def test_a_bare_list_as_long_as_a_page_is_not_called_complete() -> None:
    records = [{**SESSION, "id": str(number)} for number in range(1000, 1030)]
    tools = [tool("list_sessions"), tool("list_activities", "sessionId")]
    listing = await serve(FakeCaller(tools, lambda name, arguments: text(records))).list_tasks()
    assert (len(listing.tasks), listing.truncated, listing.complete) == (30, False, False)


async def test_bad_records_are_counted_and_the_rest_is_kept() -> None:
    records = [
        SESSION,
        None,
        7,
        "x",
        [],
        {},
        {"id": 2002},
        {"id": 3.5},
        {"id": True},
        {"name": "sessions/3003", "state": 1},
    ]
    tools = server_tools("", "sessionId", "prompt")
    listing = await serve(FakeCaller(tools, lambda name, arguments: text({"sessions": records}))).list_tasks()
    assert [task.id for task in listing.tasks] == ["1001", "2002", "3003"]
    assert listing.tasks[1].status is TaskStatus.UNKNOWN
    assert listing.unreadable == 7
    assert not listing.complete


async def test_records_with_the_id_of_another_one_are_counted_but_not_repeated_ones() -> None:
    moved = {**SESSION, "state": "COMPLETED"}
    pages = iter([{"sessions": [SESSION, SESSION, moved], "nextPageToken": "2"}, {"sessions": [moved]}])
    caller = FakeCaller(server_tools("", "sessionId", "prompt"), lambda name, arguments: text(next(pages)))
    listing = await serve(caller).list_tasks()
    assert ([task.id for task in listing.tasks], listing.unreadable) == (["1001"], 1)
    assert not listing.complete


async def test_long_numbers_keep_all_their_digits() -> None:
    padding = "x" * 200_000
    answer = ToolAnswer('{"sessions": [{"id": 98765432109876543210, "prompt": "' + padding + '"}]}')
    tools = server_tools("", "sessionId", "prompt")
    listing = await serve(FakeCaller(tools, lambda name, arguments: answer)).list_tasks()
    assert listing.tasks[0].id == "98765432109876543210"


@pytest.mark.parametrize(
    "body", ["{}", "[]", '{"sessions": []}', "No sessions found.", '{"success": true, "data": null}']
)
async def test_an_empty_list_is_empty(body: str) -> None:
    tools = server_tools("", "sessionId", "prompt")
    listing = await serve(FakeCaller(tools, lambda name, arguments: ToolAnswer(body))).list_tasks()
    assert (listing.tasks, listing.complete) == ((), True)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"success": false, "message": "no", "data": null, "error": "API key not valid"}', AuthenticationError),
        ('{"success": false, "error": {"code": 404, "message": "Requested entity was not found."}}', TaskNotFoundError),
        ('{"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}', JulesManagerError),
        ("Error: something broke", ToolRefusedError),
        ("once upon a time", ProtocolError),
        ('"text"', ProtocolError),
        ("", ProtocolError),
    ],
)
async def test_failures_without_is_error_are_seen(body: str, error: type[JulesManagerError]) -> None:
    tools = server_tools("", "sessionId", "prompt")
    with pytest.raises(error):
        await serve(FakeCaller(tools, lambda name, arguments: ToolAnswer(body))).list_tasks()


async def test_activities_in_any_order_are_sorted() -> None:
    backend = Backend()
    later = {"id": "a9", "createTime": "2026-11-19T12:00:00Z", "userMessaged": {"userMessage": "Later"}}
    backend.activities = [later, PLAN, HELLO]
    more = (await serve(FakeCaller(server_tools("", "sessionId", "prompt"), backend)).get_task("1001")).facts[-1]
    assert isinstance(more.chat, ChatFacts)
    assert [message.content for message in more.chat.messages] == ["Hello", "Later"]


@pytest.mark.parametrize(("order", "coverage"), [(1, "oldest"), (-1, "newest")])
async def test_a_cut_conversation_tells_which_part_it_is(order: int, coverage: str) -> None:
    records = [
        HELLO,
        PLAN,
        {"id": "a3", "createTime": "2026-11-19T11:09:00Z", "agentMessaged": {"agentMessage": "Bye"}},
    ]

    def respond(name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        return text({"activities": records[::order], "nextPageToken": "x"}) if "act" in name else text(SESSION)

    tools = [tool("list_sessions"), tool("get_session", "id"), tool("list_activities", "id")]
    reading = await serve(FakeCaller(tools, respond)).get_task("1001")
    assert reading.remarks == ("The server shows only a part of this task's activities.",)
    more = reading.facts[-1]
    assert isinstance(more.chat, ChatFacts)
    assert more.chat.coverage == coverage
    assert isinstance(more.plan, Plan)
    assert (more.plan.complete, more.plan.approved) == (False, None)


async def test_a_plan_made_after_an_approval_is_not_approved() -> None:
    backend = Backend()
    approved = {"id": "b1", "createTime": "2026-11-19T11:03:00Z", "planApproved": {"planId": "p"}}
    again = {
        "id": "b2",
        "createTime": "2026-11-19T11:04:00Z",
        "planGenerated": {"plan": {"id": "q", "steps": [{"title": "New"}]}},
    }
    backend.activities = [PLAN, approved, again]
    more = (await serve(FakeCaller(server_tools("", "sessionId", "prompt"), backend)).get_task("1001")).facts[-1]
    assert isinstance(more.plan, Plan)
    assert (more.plan.id, more.plan.approved) == ("q", False)


@pytest.mark.parametrize("steps", [None, [], ["x"], [{"title": "a"}, None], [{}], "text"])
async def test_a_plan_that_cannot_be_shown_whole_is_not_complete(steps: object) -> None:
    backend = Backend()
    backend.activities = [{**PLAN, "planGenerated": {"plan": {"id": "p", "steps": steps}}}]
    more = (await serve(FakeCaller(server_tools("", "sessionId", "prompt"), backend)).get_task("1001")).facts[-1]
    assert isinstance(more.plan, Plan)
    assert more.plan.complete is False


async def test_an_unreadable_activity_leaves_the_plan_incomplete() -> None:
    backend = Backend()
    backend.activities = [PLAN, 5]  # type: ignore[list-item]
    reading = await serve(FakeCaller(server_tools("", "sessionId", "prompt"), backend)).get_task("1001")
    assert isinstance(reading.facts[-1].plan, Plan)
    assert reading.facts[-1].plan.complete is False
    assert reading.remarks


async def test_an_answer_about_another_task_is_refused() -> None:
    tools = server_tools("", "sessionId", "prompt")
    with pytest.raises(ProtocolError):
        await serve(FakeCaller(tools, Backend())).get_task("9999")


async def test_opaque_source_names_are_explained_by_the_source_list() -> None:
    record = {**SESSION, "sourceContext": {"source": "sources/github-acme-webapp"}}

    def respond(name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        return text({"sources": [SOURCE]}) if "source" in name else text({"sessions": [record]})

    caller = FakeCaller(server_tools("", "sessionId", "prompt"), respond)
    server = serve(caller)
    assert (await server.list_tasks()).tasks[0].repository == "acme/webapp"
    await server.list_tasks()
    assert caller.called().count("list_sources") == 1


async def test_a_session_without_its_repository_is_silent_about_it() -> None:
    tools = server_tools("", "sessionId", "prompt")
    listing = await serve(FakeCaller(tools, lambda name, arguments: text([{"id": "1"}]))).list_tasks()
    assert (listing.tasks[0].repository, listing.tasks[0].title, listing.tasks[0].url) == (SILENT, SILENT, SILENT)


async def test_a_write_says_no_in_an_envelope() -> None:
    tools = server_tools("", "sessionId", "prompt")
    refusal = {"success": False, "error": "FAILED_PRECONDITION"}
    with pytest.raises(JulesManagerError):
        await serve(FakeCaller(tools, lambda name, arguments: text(refusal))).approve_plan("1001", written=Written())


async def test_an_own_resume_tool_is_used() -> None:
    tools = [*server_tools("", "sessionId", "prompt"), tool("resume_session", "sessionId")]
    caller = FakeCaller(tools, Backend())
    server = serve(caller)
    assert (await server.connect()).resume_by_message is False
    await server.resume_task("1001", "Please continue.", written=Written())
    assert caller.calls == [("resume_session", {"sessionId": "1001"})]


async def test_a_create_whose_reading_fails_was_not_sent() -> None:
    def respond(name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        return ToolAnswer("Error: fetch failed", is_error=True)

    written = Written()
    with pytest.raises(JulesManagerError) as caught:
        await serve(FakeCaller(server_tools("", "sessionId", "prompt"), respond)).create_task(
            CreateRequest("x", "acme/webapp"), written=written
        )
    assert (caught.value.effect, written.count) == (Effect.NONE, 0)


PATCH = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n"
EDIT = {
    "id": "a4",
    "createTime": "2026-11-19T11:10:00Z",
    "progressUpdated": {"title": "Edited"},
    "artifacts": [{"changeSet": {"gitPatch": {"unidiffPatch": PATCH}}}, {"media": {}}, None],
}


async def test_a_task_is_found_in_the_list_where_no_tool_gets_one() -> None:
    tools = [tool("list_sessions"), tool("list_activities", "sessionId")]
    server = serve(FakeCaller(tools, Backend()))
    assert (await server.get_task("1001")).facts[0].status is TaskStatus.WAITING_APPROVAL
    with pytest.raises(TaskNotFoundError):
        await server.get_task("9999")


async def test_the_diff_comes_from_the_newest_activity_where_the_session_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = Backend()
    backend.activities = [EDIT, {**EDIT, "id": "a3", "createTime": "2026-11-19T11:09:00Z", "artifacts": []}, HELLO]
    server = serve(FakeCaller(server_tools("", "sessionId", "prompt"), backend))
    reading = await server.get_diff("1001")
    assert (reading.text, reading.truncated) == (PATCH, False)
    assert "no final diff yet" in reading.remarks[0]
    monkeypatch.setitem(SESSION, "state", "FAILED")
    assert "The task failed and left no final diff; these" in (await server.get_diff("1001")).remarks[0]
    backend.activities = [HELLO]
    assert await server.get_diff("sessions/1001") == DiffReading("")


async def test_the_diff_of_a_cut_conversation_may_be_old() -> None:
    def respond(name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        return text({"activities": [EDIT], "nextPageToken": "x"}) if "act" in name else text({"session": SESSION})

    tools = [tool("list_sessions"), tool("get_session", "id"), tool("list_activities", "id")]
    diff = await serve(FakeCaller(tools, respond)).get_diff("1001")
    assert (diff.text, diff.truncated, len(diff.remarks)) == (PATCH, True, 1)


async def test_a_create_that_answers_a_sentence_is_understood() -> None:
    def respond(name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        return ToolAnswer("Session created! ID: 4004.") if "create" in name else text({"sources": [SOURCE]})

    server = serve(FakeCaller(server_tools("", "sessionId", "prompt"), respond))
    answer = await server.create_task(CreateRequest("x", "acme/webapp"), written=Written())
    assert (answer.facts[0].id, answer.text) == ("4004", "Session created! ID: 4004.")


async def test_a_repository_beyond_a_cut_list_is_sent_with_a_remark() -> None:
    def respond(name: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        return text({"sources": [SOURCE, None], "nextPageToken": "x"})

    server = serve(FakeCaller(server_tools("", "sessionId", "prompt"), respond))
    plan = await server.plan_create(CreateRequest("x", "other/repo"))
    assert (plan.refusal, plan.arguments["source"]) == (None, "sources/github/other/repo")
    assert any("only some of its repositories" in remark for remark in plan.remarks)


@pytest.mark.parametrize(
    "odd",
    [
        {"type": [{"type": "integer"}, {"type": "null"}]},
        {"type": {"type": "integer"}},
        {"type": [["integer"], None, 1]},
        {"anyOf": [{"type": [{}]}, ["integer"], None], "enum": {"json": 1}, "examples": 5, "description": ["x"]},
        {"maximum": [1], "$ref": ["x"], "const": {}},
    ],
)
async def test_schema_of_odd_types_costs_no_server_its_list(odd: Mapping[str, Any]) -> None:
    odd_tools = [
        tool("list_sessions", "", "limit format", limit=odd, format=odd),
        tool("list_activities", "sessionId", "limit", sessionId=odd, limit=odd),
        tool("approve_plan", "sessionId", "confirm", sessionId=odd, confirm=odd),
        tool("do", "", "action session", action=odd),
        tool("create_session", "prompt source", "sourceContext automationMode", sourceContext=odd, automationMode=odd),
    ]
    server = serve(FakeCaller(odd_tools, lambda name, arguments: text({"sessions": [SESSION]})))
    listing = await server.list_tasks()
    assert [facts.id for facts in listing.tasks] == ["1001"]
    assert (await server.approve_plan("1001", written=Written())).accepted
