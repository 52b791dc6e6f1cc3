"""The protocol's reference server as a partner, over both transports, and every line that we write to it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from jjm_tui.errors import OperationTimeoutError, ToolNotFoundError
from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.spec import ServerSpec
from jjm_tui.gateway.wire import CallPolicy
from tests.gateway.stand import READ, Stand, wait_until
from tests.partners.harness import EVERYTHING, install_partners, new_node
from tests.partners.lines import judge

pytestmark = pytest.mark.needs_node

RECORDER = Path(__file__).with_name("recorder.py")
READY = re.compile(r"listening on port \d+")
_PORTS = 3


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "lines"


@pytest.fixture
def over_stdio(stand: Stand, record: Path) -> SupervisedCaller:
    install_partners()
    command = (sys.executable, "-I", str(RECORDER), str(record), new_node(), str(EVERYTHING), "stdio")
    return stand.caller(spec=ServerSpec("everything", command))


@pytest.fixture
def over_http(stand: Stand, tmp_path: Path) -> Iterator[SupervisedCaller]:
    install_partners()
    for turn in range(_PORTS):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command, environ = [new_node(), str(EVERYTHING), "streamableHttp"], {**os.environ, "PORT": str(port)}
        said = tmp_path / f"said-{turn}"
        with said.open("wb") as output, subprocess.Popen(command, env=environ, stderr=output, stdout=output) as server:
            while not READY.search(said.read_text()) and server.poll() is None:
                time.sleep(0.05)
            if server.poll() is not None:  # somebody else has taken the port meanwhile
                continue
            yield stand.caller(spec=ServerSpec("everything", url=f"http://127.0.0.1:{port}/mcp"))
            server.kill()
            return
    raise AssertionError(f"the reference server did not start: {said.read_text()}")


@pytest.fixture(params=["over_stdio", "over_http"])
def caller(request: pytest.FixtureRequest, stand: Stand) -> SupervisedCaller:
    found: SupervisedCaller = request.getfixturevalue(request.param)
    return found


async def test_tools_and_resources_are_used_as_they_are_described(caller: SupervisedCaller) -> None:
    handshake = await caller.connect()
    assert handshake.protocol == "2025-11-25"
    assert {"echo", "get-sum", "get-structured-content", "get-env"} <= {tool.name for tool in handshake.tools}
    assert (await caller.call("echo", {"message": "[x] ☃"}, READ)).text == "Echo: [x] ☃"
    assert (await caller.call("get-sum", {"a": 1, "b": 2}, READ)).text == "The sum of 1 and 2 is 3."
    structured = (await caller.call("get-structured-content", {"location": "Chicago"}, READ)).structured
    assert structured is not None
    assert set(structured) == {"temperature", "conditions", "humidity"}
    assert "image" in (await caller.call("get-tiny-image", {}, READ)).text
    resources = await caller.list_resources(READ)
    assert len(resources) > 3
    text = next(resource for resource in resources if resource.mime_type == "text/markdown")
    assert await caller.read_resource(text.uri, READ)


async def test_wrong_calls_are_told_and_the_connection_stays(caller: SupervisedCaller) -> None:
    with pytest.raises(ToolNotFoundError):
        await caller.call("no-such-tool", {}, READ)
    assert (await caller.call("get-sum", {"a": "one", "b": 2}, READ)).is_error
    assert (await caller.call("echo", {"message": "still here"}, READ)).text == "Echo: still here"
    assert caller.state.restarts == 0


async def test_long_call_given_up_is_cancelled_and_the_connection_stays(caller: SupervisedCaller) -> None:
    await caller.connect()
    with pytest.raises(OperationTimeoutError):
        await caller.call("trigger-long-running-operation", {"duration": 60, "steps": 60}, CallPolicy(timeout=0.5))
    assert (await caller.call("echo", {"message": "next"}, READ)).text == "Echo: next"
    assert caller.state.restarts == 0


async def test_every_line_is_valid_and_a_killed_server_is_replaced(
    over_stdio: SupervisedCaller,
    stand: Stand,
    record: Path,
) -> None:
    await test_tools_and_resources_are_used_as_they_are_described(over_stdio)
    await test_wrong_calls_are_told_and_the_connection_stays(over_stdio)
    await test_long_call_given_up_is_cancelled_and_the_connection_stays(over_stdio)
    await over_stdio.call("toggle-simulated-logging", {}, READ)
    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(over_stdio.call, "echo", {"message": str(number)}, READ)
    started: Callable[[], int] = lambda: len(stand.events("server_started"))  # noqa: E731
    os.kill(int(stand.events("server_started")[0]["pid"]), signal.SIGKILL)
    await wait_until(lambda: started() == 2)
    assert (await over_stdio.call("echo", {"message": "back"}, READ)).text == "Echo: back"
    await over_stdio.close()
    seen, wrong = judge(record.read_bytes())
    assert wrong == []
    assert seen["tools/call"] > 25
    assert {"initialize", "notifications/initialized", "notifications/cancelled", "tools/list"} <= set(seen)
    assert {"resources/list", "resources/read"} <= set(seen)
