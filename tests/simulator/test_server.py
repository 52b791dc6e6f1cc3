"""The simulator as a process: handshake, faults, ends, and nothing but MCP on standard output."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest

from jjm_tui.simulator.faults import GARBAGE, Fault
from jjm_tui.simulator.journal import read_journal
from jjm_tui.simulator.rest_dialect import RestDialect
from jjm_tui.simulator.world import World
from tests.simulator.process import LIMIT, command, simulator, text_in
from tests.simulator.recorded import load

SOURCE = "sources/github/acme/webapp"


@pytest.mark.parametrize(
    ("dialect", "tools", "resources"), [("rest", 8, False), ("official", 7, False), ("browser", 13, True)]
)
async def test_handshake_tells_name_and_tools_of_the_real_server(dialect: str, tools: int, resources: bool) -> None:
    recorded = load(f"{dialect}/steps")
    async with simulator("--dialect", dialect) as server:
        hello = (await server.shake_hands())["result"]
        assert hello["serverInfo"] == recorded["initialize"]["result"]["serverInfo"]
        assert hello["protocolVersion"] == "2025-11-25"
        assert ("resources" in hello["capabilities"]) is resources
        listed = (await server.ask("tools/list"))["result"]["tools"]
        assert len(listed) == tools
        if dialect != "rest":
            assert listed == recorded["tools/list"]["result"]["tools"]
        assert await server.end() == 0
        assert server.noise == []


async def test_every_line_on_standard_output_is_json_rpc() -> None:
    async with simulator("--tasks", "60") as server:
        await server.shake_hands()
        for tool, arguments in (
            ("list_sessions", {"pageSize": 100}),
            ("list_sources", {}),
            ("get_session", {}),
            ("nope", {}),
        ):
            answer = await server.call(tool, **arguments)
            assert answer["jsonrpc"] == "2.0"
            assert ("result" in answer) is not ("error" in answer)
        assert server.noise == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_ends_it_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    async with simulator(errors=errors) as server:
        await server.shake_hands()
        server.process.send_signal(number)
        with anyio.fail_after(LIMIT):
            assert await server.process.wait() == 0
    assert errors.read_text() == ""


async def test_end_of_file_ends_it_cleanly(tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    async with simulator(errors=errors) as server:
        assert await server.end() == 0
    assert errors.read_text() == ""


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--fault", "nope"], 2, "'nope' is not a fault"),
        (["--fault", "error=abc"], 2, "cannot be read"),
        (["--variant", "shape=round"], 2, "not part of a variant"),
        (["--fault", "die-at-start=Error: JULES_API_KEY environment variable not set."], 1, "JULES_API_KEY"),
        (["--tasks", "-1"], 2, "--tasks"),
        (["--speed", "nan"], 2, "--speed"),
        (["--dialect", "klingon"], 2, "--dialect"),
    ],
)
async def test_wrong_start_says_why(options: list[str], code: int, words: str) -> None:
    ended = await anyio.run_process([*command(), *options], check=False, input=b"")
    assert ended.returncode == code
    assert ended.stdout == b""
    assert words in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()


async def test_damaged_state_file_is_told_at_start(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text("{")
    ended = await anyio.run_process([*command(), "--state", str(path)], check=False, input=b"")
    assert ended.returncode == 1
    assert "does not hold a simulated world" in ended.stderr.decode()


async def test_silent_server_never_answers_and_ends_with_its_input() -> None:
    async with simulator("--fault", "silent-start") as server:
        await server.send("initialize", {})
        assert await server.end() == 0
        with pytest.raises(anyio.IncompleteRead):
            await server.answer_to(1)


async def test_crash_before_leaves_no_effect_and_strikes_once(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    options = ("--state", path, "--fault", "crash-before=create_session:1")
    async with simulator(*options) as server:
        await server.shake_hands()
        await server.send("tools/call", {"name": "create_session", "arguments": {"prompt": "x", "source": SOURCE}})
        with anyio.fail_after(LIMIT):
            assert await server.process.wait() != 0
    assert read_journal(path) == ()
    async with simulator(*options) as server:
        await server.shake_hands()
        assert json.loads(text_in(await server.call("create_session", prompt="x", source=SOURCE)))["state"] == "QUEUED"
    assert [entry.kind for entry in read_journal(path)] == ["create"]


async def test_crash_after_keeps_the_effect(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    async with simulator("--state", path, "--fault", "crash-after=create_session:1") as server:
        await server.shake_hands()
        request = await server.send(
            "tools/call", {"name": "create_session", "arguments": {"prompt": "x", "source": SOURCE}}
        )
        with pytest.raises(anyio.IncompleteRead):
            await server.answer_to(request)
    assert [entry.text for entry in read_journal(path)] == ["x"]


async def test_lost_answer_happens_and_hang_does_not(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    faults = ("--fault", "lost-answer=create_session:1", "--fault", "hang=approve_plan:1")
    async with simulator("--state", path, *faults) as server:
        await server.shake_hands()
        sessions = json.loads(text_in(await server.call("list_sessions")))["sessions"]
        waiting = next(session["id"] for session in sessions if session["state"] == "AWAITING_PLAN_APPROVAL")
        await server.send("tools/call", {"name": "create_session", "arguments": {"prompt": "lost", "source": SOURCE}})
        await server.send("tools/call", {"name": "approve_plan", "arguments": {"sessionId": waiting}})
        after = json.loads(text_in(await server.call("list_sessions")))["sessions"]
        assert len(after) == len(sessions) + 1
        assert server.noise == []
    assert [entry.text for entry in read_journal(path)] == ["lost"]


async def test_errors_come_as_often_as_asked_for() -> None:
    async with simulator("--fault", "error=429:list_sessions:2", "--fault", "latency=0.01") as server:
        await server.shake_hands()
        answers = [await server.call("list_sessions") for _ in range(3)]
        assert [answer["result"].get("isError", False) for answer in answers] == [True, True, False]
        assert text_in(answers[0]) == "Error listing sessions: Request failed with status code 429"


async def test_refused_key_fails_every_call() -> None:
    async with simulator("--fault", "refuse-key") as server:
        await server.shake_hands()
        assert (
            text_in(await server.call("list_sources")) == "Error listing sources: Request failed with status code 400"
        )


async def test_garbage_comes_between_good_answers() -> None:
    async with simulator("--fault", "garbage=1") as server:
        await server.shake_hands()
        for _ in range(15):
            assert "sources" in text_in(await server.call("list_sources"))
        assert len(server.noise) == 15
        assert set(server.noise) <= {line.rstrip(b"\n") for line in GARBAGE}


async def test_overlapping_browser_calls_break_each_other() -> None:
    async with simulator("--dialect", "browser", "--speed", "0") as server:
        await server.shake_hands()
        listed = text_in(await server.call("jules_list_tasks"))
        task_id = listed.split("\n")[2].split(" ")[0]
        call = {"name": "jules_get_task", "arguments": {"taskId": task_id}}
        for _ in range(50):  # on a busy machine the second call may come when the first one has left the page
            first, second = await server.send("tools/call", call), await server.send("tools/call", call)
            broken = await server.answer_to(first)
            assert text_in(await server.answer_to(second)).startswith("Task Details")
            if "error" in broken:
                break
        assert broken["error"]["code"] == -32603
        assert "net::ERR_ABORTED" in broken["error"]["message"]
        resources = (await server.ask("resources/list"))["result"]["resources"]
        assert "jules://current/active-tasks" in [resource["uri"] for resource in resources]
        read = (await server.ask("resources/read", uri="jules://current/active-tasks"))["result"]["contents"][0]
        assert len(json.loads(read["text"])) == 11
        unknown = await server.ask("resources/read", uri="jules://nope")
        assert unknown["error"]["code"] == -32600


async def test_control_tool_is_there_only_when_asked_for() -> None:
    async def act(server: Any, **arguments: Any) -> dict[str, Any]:
        return dict(json.loads(text_in(await server.call("simulator_control", **arguments))))

    async with simulator("--speed", "0", "--control") as server:
        await server.shake_hands()
        tools = [tool["name"] for tool in (await server.ask("tools/list"))["result"]["tools"]]
        assert tools[-1] == "simulator_control"
        before = json.loads(text_in(await server.call("list_sessions")))
        assert json.loads(text_in(await server.call("list_sessions"))) == before
        await act(server, action="step", seconds=30)
        assert json.loads(text_in(await server.call("list_sessions"))) != before
        session_id = before["sessions"][0]["id"]
        await act(server, action="set_state", sessionId=session_id, state="PAUSED")
        assert json.loads(text_in(await server.call("get_session", sessionId=session_id)))["state"] == "PAUSED"
        await act(server, action="fault", spec="error=503:list_sources:1")
        assert (await server.call("list_sources"))["result"]["isError"] is True
        assert (await server.call("list_sources"))["result"].get("isError", False) is False
        made = await act(server, action="create", text="By somebody else")
        assert (await act(server, action="calls"))["calls"] == {"list_sessions": 3, "get_session": 1, "list_sources": 2}
        assert (await act(server, action="journal"))["journal"][-1]["session"] == made["id"]
        assert (await server.call("simulator_control", action="dance"))["result"]["isError"] is True
    async with simulator() as server:
        await server.shake_hands()
        assert (await server.call("simulator_control", action="now"))["error"]["code"] == -32601


async def test_two_processes_share_a_state_file(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(simulator("--state", path, "--speed", "0"))
        await one.shake_hands()
        two = await stack.enter_async_context(simulator("--state", path, "--speed", "0", "--tasks", "3"))
        await two.shake_hands()
        made = json.loads(text_in(await one.call("create_session", prompt="Shared", source=SOURCE)))
        seen = json.loads(text_in(await two.call("list_sessions")))["sessions"]
        assert len(seen) == 13
        assert seen[0]["id"] == made["id"]
        await two.call("send_message", sessionId=made["id"], prompt="Hello from two")
        activities = json.loads(text_in(await one.call("list_activities", sessionId=made["id"])))["activities"]
        assert activities[-1]["userMessaged"] == {"userMessage": "Hello from two"}
    assert [entry.kind for entry in read_journal(path)] == ["create", "message"]


async def test_http_serves_on_loopback_and_says_where(tmp_path: Path) -> None:
    from mcp import Client

    errors = tmp_path / "errors"
    async with simulator("--http", "0", errors=errors) as server:
        with anyio.fail_after(LIMIT):
            address = (await server._lines.receive_until(b"\n", 1000)).decode()
        assert address.startswith("http://127.0.0.1:")
        async with Client(address, mode="legacy", read_timeout_seconds=LIMIT, cache=None) as client:
            await client.list_tools()
            sessions = await client.call_tool("list_sessions", {})
            assert len(json.loads(sessions.content[0].text)["sessions"]) == 12
        server.process.send_signal(signal.SIGTERM)
        with anyio.fail_after(LIMIT):
            assert await server.process.wait() == 0
    assert "Traceback" not in errors.read_text()


async def test_server_in_one_process_answers_an_sdk_client(world: World) -> None:
    from mcp import Client

    from jjm_tui.simulator.server import build_server

    faults = [Fault.parse("error=503:list_sources:1")]
    async with Client(build_server(world, RestDialect(world), faults), mode="legacy", cache=None) as client:
        await client.list_tools()
        assert (await client.call_tool("list_sources", {})).is_error
        assert not (await client.call_tool("list_sources", {})).is_error


async def test_speed_of_a_shared_world_can_be_set_anew(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    World(tasks=2, speed=0, state_path=path)
    async with simulator("--state", path, "--control") as server:
        await server.shake_hands()
        assert json.loads(text_in(await server.call("simulator_control", action="now")))["speed"] == 0
    async with simulator("--state", path, "--speed", "60", "--control") as server:
        await server.shake_hands()
        assert json.loads(text_in(await server.call("simulator_control", action="now")))["speed"] == 60


def test_client_that_goes_away_in_an_answer_ends_it_quietly() -> None:
    with subprocess.Popen(command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        request = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.stdout.close()
        request = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        assert process.wait(timeout=LIMIT) == 0
        assert process.stderr.read() == b""
