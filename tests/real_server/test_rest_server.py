"""The real rest server, spoken to with the plain SDK client: what it answers is what the dialects must read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.real_server.harness import RealServer

pytestmark = pytest.mark.needs_node


@asynccontextmanager
async def connected(server: RealServer, errors: Path) -> AsyncIterator[Any]:
    from mcp import Client, StdioServerParameters, stdio_client

    command, *arguments = server.command
    parameters = StdioServerParameters(command=command, args=arguments, env=dict(server.env))
    with errors.open("w") as errlog:
        transport = stdio_client(parameters, errlog=errlog)
        async with Client(transport, mode="legacy", read_timeout_seconds=30, cache=None) as client:
            await client.list_tools()
            yield client


async def ask(client: Any, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content[0].text
    return json.loads(result.content[0].text)


async def refused(client: Any, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content[0].text)


async def find(client: Any, state: str) -> str:
    sessions = (await ask(client, "list_sessions"))["sessions"]
    return str(next(session["id"] for session in sessions if session["state"] == state))


async def test_list_and_get_show_the_world(real_server: RealServer, tmp_path: Path) -> None:
    async with connected(real_server, tmp_path / "errors") as client:
        sessions = (await ask(client, "list_sessions"))["sessions"]
        assert len(sessions) == 12
        first = await ask(client, "get_session", sessionId=sessions[0]["id"])
        assert first == sessions[0]
        sources = (await ask(client, "list_sources"))["sources"]
        assert "sources/github/octo-labs/docs_site" in [source["name"] for source in sources]


async def test_activities_of_a_waiting_plan_hold_the_plan(real_server: RealServer, tmp_path: Path) -> None:
    async with connected(real_server, tmp_path / "errors") as client:
        waiting = await find(client, "AWAITING_PLAN_APPROVAL")
        activities = (await ask(client, "list_activities", sessionId=waiting))["activities"]
        plan = next(
            activity["planGenerated"]["plan"] for activity in reversed(activities) if "planGenerated" in activity
        )
        assert "index" not in plan["steps"][0]
        assert plan["steps"][1]["index"] == 1


async def test_approve_twice_is_refused_and_happens_once(real_server: RealServer, tmp_path: Path) -> None:
    async with connected(real_server, tmp_path / "errors") as client:
        waiting = await find(client, "AWAITING_PLAN_APPROVAL")
        assert await ask(client, "approve_plan", sessionId=waiting) == {}
        again = await refused(client, "approve_plan", sessionId=waiting)
        assert again == "Error approving plan: Request failed with status code 400"
        assert (await ask(client, "get_session", sessionId=waiting))["state"] == "IN_PROGRESS"
    assert [(entry["kind"], entry["session"]) for entry in real_server.world.journal()] == [("approve", waiting)]


async def test_message_answers_a_question(real_server: RealServer, tmp_path: Path) -> None:
    async with connected(real_server, tmp_path / "errors") as client:
        asking = await find(client, "AWAITING_USER_FEEDBACK")
        assert await ask(client, "send_message", sessionId=asking, prompt="Take way 1.") == {}
        assert (await ask(client, "get_session", sessionId=asking))["state"] == "IN_PROGRESS"
        real_server.world.step(5)
        last = (await ask(client, "list_activities", sessionId=asking))["activities"][-1]
        assert last["agentMessaged"]["agentMessage"] == "Understood: Take way 1."


async def test_create_walks_to_a_plan(real_server: RealServer, tmp_path: Path) -> None:
    async with connected(real_server, tmp_path / "errors") as client:
        made = await ask(
            client,
            "create_session",
            prompt="Add a badge",
            source="sources/github/acme/webapp",
            requirePlanApproval=True,
        )
        assert made["state"] == "QUEUED"
        assert await ask(client, "list_activities", sessionId=made["id"]) == {}
        real_server.world.step(40)
        assert (await ask(client, "get_session", sessionId=made["id"]))["state"] == "AWAITING_PLAN_APPROVAL"
    created = [entry for entry in real_server.world.journal() if entry["kind"] == "create"]
    assert [(entry["text"], entry["detail"]["approval"]) for entry in created] == [("Add a badge", True)]


async def test_unknown_source_and_session_are_not_found(real_server: RealServer, tmp_path: Path) -> None:
    async with connected(real_server, tmp_path / "errors") as client:
        assert "404" in await refused(client, "create_session", prompt="x", source="acme/webapp")
        assert "404" in await refused(client, "get_session", sessionId="99999999999999999999")


async def test_rate_limit_is_passed_on_once(real_server: RealServer, tmp_path: Path) -> None:
    async with connected(real_server, tmp_path / "errors") as client:
        real_server.world.fail("GET /v1alpha/sessions", 429)
        assert await refused(client, "list_sessions") == "Error listing sessions: Request failed with status code 429"
        assert (await ask(client, "list_sessions"))["sessions"]


async def test_refused_key_is_an_error_400(real_server: RealServer, tmp_path: Path) -> None:
    async with connected(real_server.with_key("wrong"), tmp_path / "errors") as client:
        assert "400" in await refused(client, "list_sessions")


async def test_missing_key_ends_the_server_at_start(real_server: RealServer) -> None:
    server = real_server.with_key(None)
    ended = await anyio.run_process(list(server.command), env=dict(server.env), check=False)
    assert ended.returncode != 0
    assert b"JULES_API_KEY" in ended.stderr
