"""Rest servers with other spellings behave like the plain one underneath."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jjm_tui.errors import ValidationError
from jjm_tui.simulator.dialect import CallRefusedError
from jjm_tui.simulator.variants import LIST_RESOURCE, Variant, VariantDialect
from jjm_tui.simulator.world import World
from tests.simulator.conftest import ids_in


def dialect_of(world: World, spec: str) -> VariantDialect:
    return VariantDialect(world, Variant.parse(spec))


def ask(dialect: VariantDialect, tool: str, **arguments: Any) -> Any:
    reply = dialect.call(tool, arguments)
    assert not reply.is_error, reply.text
    return json.loads(reply.text)


@pytest.mark.parametrize("spec", ["shape=round", "id=number", "wrap=paper", "names=yes", "page=many"])
def test_unknown_variant_is_refused(spec: str) -> None:
    with pytest.raises(ValidationError):
        Variant.parse(spec)


@pytest.mark.parametrize("id_name", ["sessionId", "session_id", "session_name", "name", "taskId"])
@pytest.mark.parametrize("names", [0, 1])
def test_ids_go_into_the_named_argument_in_the_wanted_form(world: World, id_name: str, names: int) -> None:
    dialect = dialect_of(world, f"prefix=jules_,id={id_name},names={names},text=message")
    waiting = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    good, bad = (f"sessions/{waiting}", waiting) if names else (waiting, f"sessions/{waiting}")
    assert ask(dialect, "jules_get_session", **{id_name: good})["id"] == waiting
    assert dialect.call("jules_get_session", {id_name: bad}).is_error
    assert ask(dialect, "jules_list_activities", **{id_name: good})["activities"]
    ask(dialect, "jules_approve_plan", **{id_name: good})
    ask(dialect, "jules_send_message", **{id_name: good, "message": "Hello"})
    assert [(entry.kind, entry.session_id) for entry in world.journal] == [("approve", waiting), ("message", waiting)]


def test_one_tool_with_an_action_does_both(world: World) -> None:
    dialect = dialect_of(world, "action=1,text=message")
    names = [tool["name"] for tool in dialect.tools()]
    assert "reply_to_session" in names
    assert not {"approve_plan", "send_message"} & set(names)
    waiting = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    ask(dialect, "reply_to_session", sessionId=waiting, action="send", message="Change it")
    world.step(30)
    ask(dialect, "reply_to_session", sessionId=waiting, action="approve")
    assert [entry.kind for entry in world.journal] == ["message", "approve"]


def test_wrappings_hold_the_same_answer(world: World) -> None:
    plain = ask(dialect_of(world, ""), "list_sessions")
    assert ask(dialect_of(world, "wrap=bare"), "list_sessions") == plain["sessions"]
    enveloped = ask(dialect_of(world, "wrap=envelope"), "list_sessions")
    assert (enveloped["success"], enveloped["data"]) == (True, plain)
    structured = dialect_of(world, "wrap=structured").call("list_sessions", {})
    assert structured.structured == plain
    failed = dialect_of(world, "wrap=envelope").call("get_session", {"sessionId": "1"})
    assert not failed.is_error
    assert json.loads(failed.text)["success"] is False


def test_list_can_be_a_resource_only(world: World) -> None:
    dialect = dialect_of(world, "list=resource,wrap=bare")
    with pytest.raises(CallRefusedError):
        dialect.call("list_sessions", {})
    assert [resource["uri"] for resource in dialect.resources()] == [LIST_RESOURCE]
    assert len(json.loads(dialect.read(LIST_RESOURCE))) == 12
    with pytest.raises(CallRefusedError):
        dialect_of(world, "").read(LIST_RESOURCE)


@pytest.mark.parametrize(
    ("page", "token"), [("pageSize", "pageToken"), ("page_size", "page_token"), ("limit", "pageToken")]
)
def test_paging_by_any_name_reaches_everything(world: World, page: str, token: str) -> None:
    dialect = dialect_of(world, f"page={page}")
    first = ask(dialect, "list_sessions", **{page: 10})
    second = ask(dialect, "list_sessions", **{page: 10, token: first["nextPageToken"]})
    assert len(first["sessions"] + second["sessions"]) == 12


@pytest.mark.parametrize(
    ("create", "arguments"),
    [
        ("source", {"source": "sources/github/acme/webapp"}),
        ("source_id", {"source_id": "github/acme/webapp"}),
        ("sourceContext", {"sourceContext": {"source": "sources/github/acme/webapp"}}),
        ("repo", {"repo": "acme/webapp"}),
        ("repository", {"repository": "acme/webapp"}),
        ("split", {"repoOwner": "acme", "repoName": "webapp"}),
    ],
)
def test_repository_can_be_named_in_any_way(world: World, create: str, arguments: dict[str, Any]) -> None:
    made = ask(
        dialect_of(world, f"create={create}"), "create_session", prompt="x", startingBranch="develop", **arguments
    )
    assert made["sourceContext"]["source"] == "sources/github/acme/webapp"
    assert made["sourceContext"]["githubRepoContext"]["startingBranch"] == "develop"


def test_changes_wait_for_confirm_where_wanted(world: World) -> None:
    dialect = dialect_of(world, "confirm=1")
    waiting = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    assert dialect.call("approve_plan", {"sessionId": waiting, "confirm": False}).is_error
    assert world.journal == ()
    ask(dialect, "approve_plan", sessionId=waiting, confirm=True)
    assert len(world.journal) == 1


def test_prose_comes_unless_json_is_asked_for(world: World) -> None:
    dialect = dialect_of(world, "format=1")
    assert not dialect.call("list_sessions", {}).text.startswith("{")
    assert len(ask(dialect, "list_sessions", response_format="json")["sessions"]) == 12


def test_plain_variant_drops_what_the_recorded_server_drops(world: World) -> None:
    dialect = dialect_of(world, "plain=1")
    made = ask(
        dialect, "create_session", prompt="x", source="sources/github/acme/webapp", title="T", startingBranch="develop"
    )
    assert made["title"] == "x"
    assert made["sourceContext"]["githubRepoContext"] == {"startingBranch": "main"}
    assert (
        dialect.call("get_session", {"sessionId": "1"}).text
        == "Error getting session: Request failed with status code 404"
    )


def test_one_more_required_argument_can_be_demanded(world: World) -> None:
    dialect = dialect_of(world, "required=workspace")
    with pytest.raises(CallRefusedError):
        dialect.call("create_session", {"prompt": "x", "source": "sources/github/acme/webapp"})
