"""Every dialect answers in the form that the real servers were recorded with."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from jjm_tui.simulator.api_errors import ApiError, bad_key
from jjm_tui.simulator.browser_dialect import BrowserDialect
from jjm_tui.simulator.dialect import CallRefusedError
from jjm_tui.simulator.official_dialect import OfficialDialect
from jjm_tui.simulator.rest_dialect import RestDialect
from jjm_tui.simulator.world import World
from tests.simulator.conftest import HandClock, ids_in
from tests.simulator.recorded import differences, form_of, load, merge, skeleton, text_of

REST, OFFICIAL, BROWSER = load("rest/steps"), load("official/steps"), load("browser/browser")
SIGNED_OUT, STEPS, PARALLEL = load("browser/signedout"), load("browser/steps"), load("browser/parallel")
NEWER = {"outputs[].pullRequest.baseRef is not theirs", "outputs[].pullRequest.headRef is not theirs"}
"""In the API's reference, not in the recordings."""


def tools_of(steps: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {tool["name"]: tool["inputSchema"] for tool in steps["tools/list"]["result"]["tools"]}


def ask(dialect: Any, tool: str, **arguments: Any) -> Any:
    reply = dialect.call(tool, arguments)
    assert not reply.is_error, reply.text
    return json.loads(reply.text)


def refused(dialect: Any, tool: str, **arguments: Any) -> CallRefusedError:
    with pytest.raises(CallRefusedError) as error:
        dialect.call(tool, arguments)
    return error.value


# --- rest ---------------------------------------------------------------------------------------------------------


def test_rest_tools_have_the_recorded_names_and_arguments(world: World) -> None:
    ours = {tool["name"]: tool["inputSchema"] for tool in RestDialect(world).tools()}
    theirs = tools_of(REST)
    assert list(ours) == list(theirs)
    for name, schema in theirs.items():
        assert schema["properties"].items() <= ours[name]["properties"].items()
        assert set(ours[name].get("required", [])) <= set(schema.get("required", []))
        assert ours[name]["$schema"] == schema["$schema"]


def test_rest_sessions_and_activities_have_the_recorded_form(world: World) -> None:
    dialect = RestDialect(world)
    theirs = form_of(json.loads(text_of(REST["list"])))
    ours = form_of(ask(dialect, "list_sessions"))
    assert {line.removeprefix("sessions[].") for line in differences(ours, theirs)} <= NEWER
    known: Any = None
    for recording in (REST, load("rest/hostile"), load("rest/bulk")):
        for label, step in recording.items():
            if label.startswith("activities") and not step["result"].get("isError"):
                known = merge(known, form_of(json.loads(text_of(step))))
    seen: Any = None
    for session_id in world.session_ids():
        seen = merge(seen, form_of(ask(dialect, "list_activities", sessionId=session_id, pageSize=100)))
    unknown = [line for line in differences(seen, known) if "changeSet" not in line]
    assert set(unknown) <= {
        "activities[].sessionFailed is not theirs",
        "activities[].sessionCompleted is not theirs",
        "activities[].progressUpdated.description is not theirs",
        "nextPageToken is not theirs",
    }


def test_rest_key_order_is_the_recorded_one(world: World) -> None:
    theirs = json.loads(text_of(REST["get-done"]))
    ours = ask(RestDialect(world), "get_session", sessionId=ids_in(world, "COMPLETED")[0])
    assert list(ours) == list(theirs)


def test_rest_refusals_have_the_recorded_words(world: World) -> None:
    dialect = RestDialect(world)
    waiting = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    dialect.call("approve_plan", {"sessionId": waiting})
    for label, tool, arguments in (
        ("source-missing", "get_source", {"sourceName": "sources/github/acme/none"}),
        ("get-name-form", "get_session", {"sessionId": f"sessions/{waiting}"}),
        ("get-missing", "get_session", {"sessionId": "99999999999999999999"}),
        ("activities-missing", "list_activities", {"sessionId": "99999999999999999999"}),
        ("approve-again", "approve_plan", {"sessionId": waiting}),
        ("create-bad-source", "create_session", {"prompt": "x", "source": "acme/webapp"}),
    ):
        reply = dialect.call(tool, arguments)
        assert (reply.text, reply.is_error) == (text_of(REST[label]), True)
    for code, label in ((429, "list-rate-limited"), (502, "list-502-html")):
        assert dialect.refuse("list_sessions", {}, ApiError(code)).text == text_of(REST[label])
    for label, tool, arguments in (
        ("get-noarg", "get_session", {}),
        ("get-number", "get_session", {"sessionId": 123}),
        ("send-wrong-arg", "send_message", {"sessionId": waiting, "message": "x"}),
        ("unknown-tool", "no_such_tool", {}),
    ):
        error, theirs = refused(dialect, tool, **arguments), REST[label]["protocol_error"]
        assert (error.code, error.message) == (theirs["code"], theirs["message"])


def test_rest_changes_answer_an_empty_object(world: World) -> None:
    dialect = RestDialect(world)
    asking = ids_in(world, "AWAITING_USER_FEEDBACK")[0]
    assert dialect.call("send_message", {"sessionId": asking, "prompt": "x"}).text == text_of(REST["send"])
    made = ask(dialect, "create_session", prompt="x", source="sources/github/acme/webapp")
    assert list(made) == list(json.loads(text_of(REST["create"])))
    assert dialect.call("list_activities", {"sessionId": made["id"]}).text == text_of(REST["activities-empty"])


def test_rest_create_takes_title_branch_and_mode(world: World) -> None:
    made = ask(
        RestDialect(world),
        "create_session",
        prompt="x",
        source="sources/github/acme/webapp",
        title="T",
        startingBranch="develop",
        automationMode="AUTO_CREATE_PR",
    )
    assert made["title"] == "T"
    assert made["sourceContext"]["githubRepoContext"] == {"startingBranch": "develop"}


def test_rest_paging_walks_through_everything() -> None:
    dialect = RestDialect(World(tasks=45, clock=HandClock()))
    first = ask(dialect, "list_sessions")
    assert len(first["sessions"]) == 30
    second = ask(dialect, "list_sessions", pageToken=first["nextPageToken"])
    assert len(second["sessions"]) == 15


# --- official -----------------------------------------------------------------------------------------------------


def test_official_tools_are_the_recorded_ones(world: World) -> None:
    assert {tool["name"]: tool["inputSchema"] for tool in OfficialDialect(world).tools()} == tools_of(OFFICIAL)


def test_official_list_and_states_have_the_recorded_form(world: World) -> None:
    dialect = OfficialDialect(world)
    theirs = form_of(json.loads(text_of(OFFICIAL["list"])))
    unknown = differences(form_of(ask(dialect, "list_sessions", pageSize=100)), theirs)
    assert all("baseRef" in line or "headRef" in line for line in unknown)
    for label, state in (
        ("state-planning", "PLANNING"),
        ("state-plan", "AWAITING_PLAN_APPROVAL"),
        ("state-ask", "AWAITING_USER_FEEDBACK"),
        ("state-busy", "IN_PROGRESS"),
        ("state-done", "COMPLETED"),
    ):
        ours = ask(dialect, "get_session_state", sessionId=f"sessions/{ids_in(world, state)[0]}")
        known = json.loads(text_of(OFFICIAL[label]))
        assert ours["status"] == known["status"]
        assert set(differences(form_of(ours), form_of(known))) <= {"lastAgentMessage is not theirs"}
        assert ("pendingPlan" in ours) is ("pendingPlan" in known)
    failed = dialect.call("get_session_state", {"sessionId": ids_in(world, "FAILED")[0]})
    assert skeleton(failed.text) == skeleton(text_of(OFFICIAL["state-failed"]))


def test_official_sentences_are_the_recorded_ones(world: World) -> None:
    dialect = OfficialDialect(world)
    waiting, asking = ids_in(world, "AWAITING_PLAN_APPROVAL")[0], ids_in(world, "AWAITING_USER_FEEDBACK")[0]
    queued = world.create_session("New", "sources/github/acme/webapp", starting_branch="main")["id"]
    reply = "send_reply_to_session"
    for label, tool, arguments in (
        ("approve", reply, {"sessionId": waiting, "action": "approve"}),
        ("approve-again", reply, {"sessionId": waiting, "action": "approve"}),
        ("send", reply, {"sessionId": asking, "action": "send", "message": "x"}),
        ("send-empty", reply, {"sessionId": asking, "action": "send"}),
        ("create", "create_session", {"prompt": "x", "repo": "acme/webapp", "branch": "main"}),
        ("create-repoless", "create_session", {"prompt": "x"}),
        ("create-unknown-repo", "create_session", {"prompt": "x", "repo": "acme/none", "branch": "main"}),
        ("state-missing", "get_session_state", {"sessionId": "99999999999999999999"}),
        ("state-noarg", "get_session_state", {}),
        ("list-bad-type", "list_sessions", {"pageSize": "two"}),
        ("diff-none", "show_code_diff", {"sessionId": queued}),
    ):
        ours, theirs = dialect.call(tool, arguments), OFFICIAL[label]["result"]
        assert skeleton(ours.text) == skeleton(text_of(OFFICIAL[label])), label
        assert ours.is_error is theirs.get("isError", False)
    error = refused(dialect, "no_such_tool")
    assert (error.code, error.message) == (-32603, OFFICIAL["unknown-tool"]["protocol_error"]["message"])
    for code, recording in ((400, "badkey-400"), (401, "badkey-401")):
        key_error = bad_key() if code == 400 else ApiError(401)
        assert dialect.refuse("list_sessions", {}, key_error).text == text_of(load(f"official/{recording}")["list"])


def test_official_create_without_branch_loses_the_repository(world: World) -> None:
    said = OfficialDialect(world).call("create_session", {"prompt": "x", "repo": "acme/webapp"}).text
    assert "sourceContext" not in world.get_session(said.removeprefix("Session created. ID: "))


def test_official_cache_is_empty_until_a_state_was_read(world: World) -> None:
    dialect = OfficialDialect(world)
    waiting = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    whole = {"from": "activities", "select": ["*"], "where": {"sessionId": waiting}}
    assert ask(dialect, "query_cache", query=whole) == {"results": []}
    ask(dialect, "get_session_state", sessionId=waiting)
    ours = ask(dialect, "query_cache", query=whole)
    theirs = json.loads(text_of(OFFICIAL["cache-activities-all-fields"]))
    assert set(differences(form_of(ours), form_of(theirs))) <= {
        "results[].message is not theirs",
        "results[].planId is not theirs",
    }
    times = [row["createTime"] for row in ours["results"]]
    assert times == sorted(times, reverse=True)
    brief = ask(dialect, "query_cache", query={"from": "activities", "where": {"sessionId": waiting}, "limit": 2})
    assert form_of(brief) == form_of(json.loads(text_of(OFFICIAL["cache-activities"])))
    assert len(brief["results"]) == 2
    wrong = ask(dialect, "query_cache", query={"from": "nowhere"})
    assert wrong["message"] == json.loads(text_of(OFFICIAL["cache-invalid"]))["message"]
    rows = ask(dialect, "query_cache", query={"from": "sessions", "where": {"state": {"in": ["awaitingPlanApproval"]}}})
    assert form_of(rows) == form_of(json.loads(text_of(OFFICIAL["cache-sessions"])))


def test_official_state_of_a_completed_session_is_stale_until_listed(world: World) -> None:
    dialect = OfficialDialect(world)
    done = ids_in(world, "COMPLETED")[0]
    before = ask(dialect, "get_session_state", sessionId=done)
    world.send_message(done, "One more thing.")
    assert ask(dialect, "get_session_state", sessionId=done) == before
    ask(dialect, "list_sessions", pageSize=100)
    assert ask(dialect, "get_session_state", sessionId=done)["status"] == "busy"


def test_official_reviews_and_diffs_have_the_recorded_form(world: World) -> None:
    dialect = OfficialDialect(world)
    done = next(
        session["id"] for session in world.list_sessions()["sessions"] if session.get("title", "").startswith("Remove")
    )
    diff = dialect.call("show_code_diff", {"sessionId": done}).text
    assert diff == world.get_session(done)["outputs"][1]["changeSet"]["gitPatch"]["unidiffPatch"]
    one = dialect.call("show_code_diff", {"sessionId": done, "file": "old/legacy.py"}).text
    assert one.count("diff --git") == 1
    patterns = {
        "summary": r'Session: "[^\n]+" \(completed\)\nURL: [^\n]+\nPR: \[[^\n]+\]\([^\n]+\)\n\n'
        r"📊 Summary: \d+ files changed \(\+\d+ / -\d+\)\n(  [🟢🟡🔴] \d+ \w+\n)+\n"
        r"📁 Changes:\n(.+/\n(  [🟢🟡🔴] .+ \(.+\) \[\w{8}\]\n?)+)+",
        "detailed": r"([🟢🟡🔴] .+\n   Type: \w+\n   Lines: \+\d+ / -\d+\n   Activities: \w{8}\n?)+",
    }
    for form, label in (("summary", "review-done"), ("detailed", "review-busy-detailed")):
        ours = dialect.call("get_code_review_context", {"sessionId": done, "format": form}).text
        assert re.fullmatch(patterns[form], ours)
        assert re.fullmatch(patterns[form], text_of(OFFICIAL[label]))
    markdown = dialect.call("get_code_review_context", {"sessionId": done, "format": "markdown"}).text
    theirs = text_of(OFFICIAL["review-done-md"])
    assert (
        re.findall(r"^#+ [A-Z]\w+", markdown, re.MULTILINE)[1:] == re.findall(r"^#+ [A-Z]\w+", theirs, re.MULTILINE)[1:]
    )


def test_official_strict_server_cannot_read_command_output(world: World) -> None:
    reply = OfficialDialect(world, strict_artifacts=True).call(
        "get_session_state", {"sessionId": ids_in(world, "COMPLETED")[0]}
    )
    assert reply.is_error
    assert "Unknown artifact type" in reply.text


# --- browser ------------------------------------------------------------------------------------------------------


def test_browser_tools_are_the_recorded_ones(world: World) -> None:
    assert {tool["name"]: tool["inputSchema"] for tool in BrowserDialect(world).tools()} == tools_of(STEPS)


def test_browser_list_has_the_recorded_form_and_never_changes_a_status(world: World) -> None:
    dialect = BrowserDialect(world)
    record = re.compile(
        r"\d{19,20} - [^\n]+\n  Repository: [^\n]+\n  Status: \w+\n  Created: \d+/\d+/\d{4}\n  URL: https://[^\n]+\n"
    )
    said = dialect.call("jules_list_tasks", {}).text
    for text in (said, text_of(STEPS["list"])):
        head, _, body = text.partition("\n\n")
        assert re.fullmatch(r"Jules Tasks \(\d+ of \d+ total\):", head)
        assert all(record.fullmatch(f"{entry}\n") for entry in body.rstrip("\n").split("\n\n"))
    assert said.startswith("Jules Tasks (10 of 11 total)")
    for session_id in world.session_ids():
        dialect.call("jules_get_task", {"taskId": session_id})
    world.step(600)
    assert dialect.call("jules_list_tasks", {}).text == said
    assert dialect.call("jules_list_tasks", {"status": "active"}).text == text_of(STEPS["list-active"])


def test_browser_task_page_has_the_recorded_form(world: World) -> None:
    dialect = BrowserDialect(world)
    asking = ids_in(world, "AWAITING_USER_FEEDBACK")[0]
    by_id = dialect.call("jules_get_task", {"taskId": asking}).text
    assert dialect.call("jules_get_task", {"taskId": f"https://jules.google.com/task/{asking}"}).text == by_id
    form = re.compile(
        r"Task Details \(\d+\):\n\nStatus: [a-z ]+\nURL: https://jules.google.com/task/\d+\nSource Files \(\d+\):\n"
        r"(  - [^\n]+\n)*\n\nRecent Chat Messages \(\d+\):\n(  - (.|\n){0,100}\.\.\.\n?){0,3}"
    )
    for text in (by_id, text_of(BROWSER["get"])):
        assert form.fullmatch(text.replace(":\n\nRecent", ":\n\n\nRecent").replace("py\n\nRecent", "py\n\n\nRecent"))
    unknown = dialect.call("jules_get_task", {"taskId": "5555555555555555555"}).text
    assert unknown == text_of(BROWSER["get-unknown"])


def test_browser_resource_tells_the_whole_chat_after_a_look(world: World) -> None:
    dialect = BrowserDialect(world)
    asking = ids_in(world, "AWAITING_USER_FEEDBACK")[0]
    before = {task["id"]: task for task in json.loads(dialect.read("jules://current/active-tasks"))}
    assert before[asking]["chatHistory"] == []
    dialect.call("jules_get_task", {"taskId": asking})
    after = json.loads(dialect.read("jules://current/active-tasks"))
    theirs = json.loads(BROWSER["res-active-after-get"]["result"]["contents"][0]["text"])
    assert differences(form_of(after), form_of(theirs)) == []
    chat = next(task["chatHistory"] for task in after if task["id"] == asking)
    assert chat[0]["content"] == world.get_session(asking)["prompt"]
    assert "There are two ways forward" in chat[-1]["content"]
    schema = STEPS["res-schema"]["result"]["contents"][0]["text"]
    assert dialect.read("jules://schemas/task") == schema
    with pytest.raises(CallRefusedError) as error:
        dialect.read("jules://nope")
    assert (error.value.code, error.value.message) == (-32600, STEPS["res-unknown"]["protocol_error"]["message"])


def test_browser_sentences_are_the_recorded_ones(world: World) -> None:
    dialect = BrowserDialect(world)
    waiting, resting = ids_in(world, "AWAITING_PLAN_APPROVAL")[0], ids_in(world, "PAUSED")[0]
    for label, tool, arguments in (
        ("approve", "jules_approve_plan", {"taskId": waiting}),
        ("approve-again", "jules_approve_plan", {"taskId": waiting}),
        ("resume", "jules_resume_task", {"taskId": resting}),
        ("resume-again", "jules_resume_task", {"taskId": resting}),
        ("send", "jules_send_message", {"taskId": resting, "message": "Please add a test."}),
        ("create", "jules_create_task", BROWSER["create"]["arguments"]),
        ("bulk", "jules_bulk_create_tasks", BROWSER["bulk"]["arguments"]),
    ):
        assert skeleton(dialect.call(tool, arguments).text) == skeleton(text_of(BROWSER[label])), label
    info = dialect.call("jules_session_info", {}).text
    assert info.split("\n", 1)[0] == text_of(BROWSER["info-after"]).split("\n", 1)[0]
    assert [entry.kind for entry in world.journal] == ["approve", "resume", "message", "create", "create"]
    created = [entry for entry in world.journal if entry.kind == "create"]
    assert BROWSER["create"]["arguments"]["description"] == created[0].text


def test_browser_ignores_the_branch_and_claims_it_did_not(world: World) -> None:
    dialect = BrowserDialect(world)
    said = dialect.call(
        "jules_create_task", {"description": "x", "repository": "octo-labs/docs_site", "branch": "gh-pages"}
    ).text
    assert "Branch: gh-pages" in said
    task_id = re.findall(r"Task ID: (\d+)", said)[0]
    assert world.get_session(task_id)["sourceContext"]["githubRepoContext"] == {"startingBranch": "trunk"}


def test_browser_signed_out_looks_like_success_and_empties_the_store(world: World) -> None:
    dialect = BrowserDialect(world)
    asking = ids_in(world, "AWAITING_USER_FEEDBACK")[0]
    dialect.call("jules_get_task", {"taskId": asking})
    page = dialect.refuse("jules_get_task", {"taskId": asking}, bad_key())
    assert skeleton(page.text) == skeleton(text_of(SIGNED_OUT["get-signed-out"]))
    tasks = {task["id"]: task for task in json.loads(dialect.read("jules://current/active-tasks"))}
    assert tasks[asking]["chatHistory"] == []
    said = dialect.refuse("jules_approve_plan", {"taskId": asking}, bad_key())
    assert skeleton(said.text) == skeleton(text_of(SIGNED_OUT["approve-signed-out"]))
    for label, tool in (("send-signed-out", "jules_send_message"), ("create-signed-out", "jules_create_task")):
        with pytest.raises(CallRefusedError) as error:
            dialect.refuse(tool, SIGNED_OUT[label]["arguments"], bad_key())
        assert error.value.message == SIGNED_OUT[label]["protocol_error"]["message"]
    assert dialect.refuse("jules_list_tasks", {}, bad_key()).text.startswith("Jules Tasks")
    assert dialect.refuse("jules://schemas/task", {}, bad_key()).text.startswith("{")


def test_browser_overlapping_call_is_aborted_in_the_recorded_words(world: World) -> None:
    with pytest.raises(CallRefusedError) as error:
        BrowserDialect(world).interrupt("jules_get_task", {"taskId": "1111111111111111111"})
    recorded = PARALLEL["three-more"]["result"]["parallel"][0]["protocol_error"]
    assert recorded.endswith(error.value.message)
    assert error.value.code == -32603


def test_browser_unknown_tool_and_forged_title_are_as_recorded(world: World) -> None:
    dialect = BrowserDialect(world)
    error = refused(dialect, "no_such_tool")
    assert error.message == STEPS["unknown-tool"]["protocol_error"]["message"]
    made = dialect.call("jules_create_task", PARALLEL["newline-create"]["arguments"]).text
    assert skeleton(made) == skeleton(text_of(PARALLEL["newline-create"]))
    listed = dialect.call("jules_list_tasks", {"limit": 50}).text
    assert " - First line\n  Status: completed\nthird line\n  Repository: acme/webapp\n" in listed


def test_browser_store_is_remembered_with_the_world(clock: HandClock, tmp_path: Any) -> None:
    path = tmp_path / "world.json"
    one = BrowserDialect(World(clock=clock, state_path=path))
    one.call("jules_create_task", {"description": "Kept", "repository": "acme/webapp"})
    two = BrowserDialect(World(clock=clock, state_path=path))
    assert " - Kept\n" in two.call("jules_list_tasks", {"limit": 50}).text
