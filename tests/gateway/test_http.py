"""Streamable HTTP: the same promises over the SDK's transport, with a real server and with scripted ones."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from jjm_tui.errors import (
    AnswerTooLongError,
    AuthenticationError,
    ConfigurationError,
    Effect,
    JulesManagerError,
    OperationTimeoutError,
    ProtocolError,
    RateLimitedError,
    ServerConnectionError,
    ServiceUnavailableError,
    StorageError,
)
from jjm_tui.gateway.spec import ServerSpec
from jjm_tui.gateway.wire import CallPolicy
from tests.gateway.stand import MARK, READ, Stand, wait_until

WRITE = CallPolicy(kind="write")
Respond = Callable[[dict[str, Any]], bytes | None]


def answer_json(request: dict[str, Any], result: dict[str, Any], *headers: str) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": request.get("id"), "result": result}).encode()
    return respond(200, body, "Content-Type: application/json", *headers)


def respond(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer_packed(request: dict[str, Any], result: dict[str, Any]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": request.get("id"), "result": result}).encode()
    return respond(200, gzip.compress(body), "Content-Type: application/json", "Content-Encoding: gzip")


def text(words: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": words}]}


class ScriptedServer:
    """Speaks just enough HTTP: the handshake properly, a tool call as told."""

    def __init__(self, on_call: Respond) -> None:
        self.on_call = on_call
        self.heard: list[dict[str, Any]] = []
        self.sessions = 0
        self.unused = 0
        """How many connections ended without a request."""
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            if (answer := self._answer(head.split(" ", 1)[0], json.loads(body or b"{}"))) is not None:
                writer.write(answer)
                await writer.drain()
            else:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.unused += 1
        finally:
            writer.close()

    def _answer(self, verb: str, request: dict[str, Any]) -> bytes | None:
        if verb != "POST":
            return respond(405)
        self.heard.append(request)
        method = request.get("method")
        if method == "initialize":
            self.sessions += 1
            about = {"name": "scripted", "version": "1"}
            result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": about}
            return answer_json(request, result, f"Mcp-Session-Id: s{self.sessions}")
        if method == "tools/list":
            return answer_json(request, {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]})
        if method == "tools/call":
            return self.on_call(request)
        return respond(202)

    @property
    def calls(self) -> int:
        return sum(request.get("method") == "tools/call" for request in self.heard)


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer(lambda request: answer_json(request, text("hi")))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/mcp"
    yield server
    listener.close()


def over_http(url: str, **more: Any) -> ServerSpec:
    return ServerSpec("remote", url=url, **more)


@pytest.fixture(scope="module")
def real_server() -> Any:
    import os

    script = Path(__file__).with_name("http_server.py")
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(script)], stdout=subprocess.PIPE, env={**os.environ, MARK: "http"}
    )
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/mcp"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_real_server_is_called_with_our_headers(stand: Stand, real_server: str, mode: Any) -> None:
    spec = over_http(real_server, headers={"Authorization": "Bearer t0ken-t0ken"}, protocol_mode=mode)
    caller = stand.caller(spec=spec)
    shaken = await caller.connect()
    assert {tool.name for tool in shaken.tools} == {"echo", "whoami", "crash"}
    written: list[int] = []
    answer = await caller.call("echo", {"text": "hi"}, CallPolicy(kind="write", written=lambda: written.append(1)))
    assert answer.text == "hi"
    assert written == [1]
    assert (await caller.call("whoami", {}, READ)).text == "Bearer t0ken-t0ken"
    assert caller.state.status == "connected"


async def test_write_is_announced_before_the_server_hears_it(stand: Stand, scripted: ScriptedServer) -> None:
    caller = stand.caller(spec=over_http(scripted.url))
    await caller.connect()
    heard_before: list[int] = []
    policy = CallPolicy(kind="write", written=lambda: heard_before.append(scripted.calls))
    assert (await caller.call("echo", {"text": "x"}, policy)).text == "hi"
    assert heard_before == [0]
    assert scripted.calls == 1
    assert "_meta" not in scripted.heard[-1]["params"]


@pytest.mark.parametrize("error", [StorageError("full"), ValueError("odd"), TimeoutError()])
async def test_write_whose_callback_raises_is_not_sent(
    stand: Stand, scripted: ScriptedServer, error: Exception
) -> None:
    caller = stand.caller(spec=over_http(scripted.url))

    def refuse() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await caller.call("echo", {}, CallPolicy(kind="write", written=refuse))
    assert caught.value is error
    assert scripted.calls == 0
    assert (await caller.call("echo", {}, READ)).text == "hi"
    assert scripted.sessions == 1


def redirect(_: dict[str, Any]) -> bytes:
    return respond(307, b"", "Location: http://other.example/mcp")


def redirect_once(status: int) -> Respond:
    """The first call is redirected to another path of the same server; what follows is answered."""
    answers = iter([respond(status, b"", "Location: /mcp/")])
    return lambda request: next(answers, None) or answer_json(request, text("twice"))


FAILURES: dict[str, tuple[Respond, type[JulesManagerError], Effect]] = {
    "401": (lambda _: respond(401), AuthenticationError, Effect.REFUSED),
    "403": (lambda _: respond(403), AuthenticationError, Effect.REFUSED),
    "404": (lambda _: respond(404), ServerConnectionError, Effect.REFUSED),
    "429": (lambda _: respond(429, b"", "Retry-After: 5"), RateLimitedError, Effect.REFUSED),
    "500": (lambda _: respond(500, b"<html>"), ServiceUnavailableError, Effect.UNKNOWN),
    "html": (lambda _: respond(200, b"<html>", "Content-Type: text/html"), ProtocolError, Effect.UNKNOWN),
    "bad json": (lambda _: respond(200, b"{nope", "Content-Type: application/json"), ProtocolError, Effect.UNKNOWN),
    "too long": (
        lambda r: answer_json(r, text("x" * 300_000)),
        AnswerTooLongError,
        Effect.UNKNOWN,
    ),
    "too long when unpacked": (
        lambda r: answer_packed(r, text("x" * 300_000)),
        AnswerTooLongError,
        Effect.UNKNOWN,
    ),
    "too long, its kind in capitals": (
        lambda r: answer_json(r, text("x" * 300_000)).replace(b"application/json", b"Application/JSON"),
        AnswerTooLongError,
        Effect.UNKNOWN,
    ),
    "cut body": (
        lambda r: answer_json(r, text("x"))[:-10],
        ServerConnectionError,
        Effect.UNKNOWN,
    ),
    "accepted": (lambda _: respond(202), ProtocolError, Effect.UNKNOWN),
    "redirect": (redirect, ServerConnectionError, Effect.UNKNOWN),
    "redirect within the server": (redirect_once(307), ServerConnectionError, Effect.UNKNOWN),
    "lasting redirect within the server": (redirect_once(308), ServerConnectionError, Effect.UNKNOWN),
    "endless redirect": (lambda _: respond(307, b"", "Location: /mcp"), ServerConnectionError, Effect.UNKNOWN),
    "hang up": (lambda _: b"", ServerConnectionError, Effect.UNKNOWN),
    "too long an event": (
        lambda r: respond(
            200,
            b"event: message\ndata: " + json.dumps(text("x" * 300_000)).encode() + b"\n\n",
            "Content-Type: text/event-stream",
        ),
        AnswerTooLongError,
        Effect.UNKNOWN,
    ),
    "cut stream": (
        lambda _: respond(200, b": hello\n\n", "Content-Type: text/event-stream"),
        ServerConnectionError,
        Effect.UNKNOWN,
    ),
    "bad event": (
        lambda _: respond(200, b"event: message\ndata: {nope\n\n", "Content-Type: text/event-stream"),
        ProtocolError,
        Effect.UNKNOWN,
    ),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_call_failing_over_http_raises_the_right_error(stand: Stand, scripted: ScriptedServer, case: str) -> None:
    on_call, kind, effect = FAILURES[case]
    scripted.on_call = on_call
    caller = stand.caller(spec=over_http(scripted.url), max_line_bytes=200_000)
    await caller.connect()
    with anyio.fail_after(10), pytest.raises(kind) as caught:
        await caller.call("echo", {}, WRITE)
    assert type(caught.value) is kind
    assert caught.value.effect is effect
    assert scripted.calls == 1
    scripted.on_call = lambda request: answer_json(request, text("fine"))
    assert (await caller.call("echo", {}, READ)).text == "fine"


async def test_packed_answer_is_read(stand: Stand, scripted: ScriptedServer) -> None:
    scripted.on_call = lambda request: answer_packed(request, text("x" * 150_000))
    caller = stand.caller(spec=over_http(scripted.url), max_line_bytes=200_000)
    assert (await caller.call("echo", {}, READ)).text == "x" * 150_000


async def test_call_never_answered_times_out(stand: Stand, scripted: ScriptedServer) -> None:
    scripted.on_call = lambda _: None
    caller = stand.caller(spec=over_http(scripted.url))
    await caller.connect()
    with pytest.raises(OperationTimeoutError) as caught:
        await caller.call("echo", {}, CallPolicy(kind="write", timeout=3))
    assert caught.value.effect is Effect.UNKNOWN


@pytest.mark.parametrize("how", ["deadline", "cancelled"])
async def test_write_given_up_while_it_connects_never_goes_out(
    stand: Stand, scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    caller = stand.caller(spec=over_http(scripted.url))
    await caller.connect()
    connecting, is_there, connect = asyncio.Event(), asyncio.Event(), anyio.connect_tcp

    async def connect_late(*args: Any, **options: Any) -> Any:
        connecting.set()
        await is_there.wait()
        return await connect(*args, **options)

    monkeypatch.setattr(anyio, "connect_tcp", connect_late)
    written: list[int] = []
    policy = CallPolicy(kind="write", written=lambda: written.append(1), timeout=3 if how == "deadline" else None)
    call = asyncio.create_task(caller.call("echo", {}, policy))
    await connecting.wait()
    if how == "cancelled":
        call.cancel()
    (error,) = await asyncio.gather(call, return_exceptions=True)
    if how == "deadline":
        assert isinstance(error, OperationTimeoutError)
        assert error.effect is Effect.NONE
    is_there.set()
    await wait_until(lambda: scripted.unused or scripted.calls)
    assert (scripted.calls, written) == (0, [])
    assert (await caller.call("echo", {}, READ)).text == "hi"


@pytest.mark.parametrize("one_at_a_time", [False, True])
async def test_write_cancelled_at_any_step_goes_out_only_after_it_was_announced(
    stand: Stand, scripted: ScriptedServer, one_at_a_time: bool
) -> None:
    caller = stand.caller(spec=over_http(scripted.url))
    await caller.connect()
    if one_at_a_time:  # then the server is not told about calls that were given up
        caller.use_one_call_at_a_time()
    announced: set[int] = set()
    for steps in range(60):
        policy = CallPolicy(kind="write", written=lambda number=steps: announced.add(number))
        call = asyncio.create_task(caller.call("echo", {"number": steps}, policy))
        for _ in range(steps):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    assert (await caller.call("echo", {"number": -1}, READ)).text == "hi"
    calls = [request["params"] for request in scripted.heard if request.get("method") == "tools/call"]
    assert {call["arguments"]["number"] for call in calls} - {-1} <= announced


async def test_close_does_not_wait_for_a_server_that_ignores_the_farewell(
    stand: Stand, scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = stand.caller(spec=over_http(scripted.url))
    await caller.connect()
    monkeypatch.setattr(scripted, "_answer", lambda verb, request: None)
    with anyio.fail_after(60):
        await caller.close()


async def test_session_forgotten_by_the_server_is_begun_anew(stand: Stand, scripted: ScriptedServer) -> None:
    caller = stand.caller(spec=over_http(scripted.url))
    await caller.connect()
    scripted.on_call = lambda _: respond(404)
    with pytest.raises(ServerConnectionError):
        await caller.call("echo", {}, WRITE)
    scripted.on_call = lambda request: answer_json(request, text("again"))
    assert (await caller.call("echo", {}, READ)).text == "again"
    assert scripted.sessions == 2


async def test_server_gone_is_told_and_found_again(stand: Stand, deaf_socket: socket.socket) -> None:
    url = f"http://127.0.0.1:{deaf_socket.getsockname()[1]}/mcp"
    caller = stand.caller(spec=over_http(url), retry_attempts=1)
    with anyio.fail_after(10), pytest.raises(ServerConnectionError, match="cannot be reached") as caught:
        await caller.call("echo", {}, WRITE)
    assert caught.value.effect is Effect.NONE
    server = ScriptedServer(lambda request: answer_json(request, text("here")))
    async with await asyncio.start_server(server.serve, sock=deaf_socket):
        assert (await caller.call("echo", {}, READ)).text == "here"
    await wait_until(lambda: server.calls == 1)
    written: list[int] = []
    with anyio.fail_after(10), pytest.raises(ServerConnectionError) as caught:
        await caller.call("echo", {}, CallPolicy(kind="write", written=lambda: written.append(1)))
    assert caught.value.effect is Effect.NONE
    assert written == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http://", "not a url"])
async def test_address_that_is_none_is_a_configuration_error(stand: Stand, url: str) -> None:
    with anyio.fail_after(10), pytest.raises(ConfigurationError):
        await stand.caller(spec=over_http(url)).connect()


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationError), (503, ServiceUnavailableError)])
async def test_connect_refused_by_status_is_typed(
    stand: Stand, scripted: ScriptedServer, status: int, kind: type[JulesManagerError], monkeypatch: Any
) -> None:
    monkeypatch.setattr(scripted, "_answer", lambda verb, request: respond(status))
    with anyio.fail_after(10), pytest.raises(kind):
        await stand.caller(spec=over_http(scripted.url)).connect()


NOT_MCP = "sent an answer that is not MCP"
ENDPOINT = "Check the address: is it the MCP endpoint?"
JSON = "Content-Type: application/json"
EVENTS = "Content-Type: text/event-stream"
STRANGE: dict[str, tuple[bytes, type[JulesManagerError], str, str]] = {
    "html": (respond(200, b"<html>", "Content-Type: text/html"), ProtocolError, NOT_MCP, ENDPOINT),
    "other json": (respond(200, b'{"x": 1}', JSON), ProtocolError, NOT_MCP, ENDPOINT),
    "bad json": (respond(200, b'{"x":', JSON), ProtocolError, NOT_MCP, ENDPOINT),
    "accepted": (respond(202), ProtocolError, NOT_MCP, ENDPOINT),
    "no gzip": (respond(200, b"nope", JSON, "Content-Encoding: gzip"), ProtocolError, NOT_MCP, ENDPOINT),
    "no http": (b"\xff\x00nope\r\n\r\n", ProtocolError, NOT_MCP, ENDPOINT),
    "redirect": (redirect({}), ServerConnectionError, "redirects elsewhere", "address, http://other.example/mcp"),
    "hang up": (b"", ServerConnectionError, "was reached, but the connection ended without an answer", ENDPOINT),
    "cut body": (respond(200, b"{" * 9, JSON)[:-5], ServerConnectionError, "ended in its answer", "log may tell more"),
    "too long": (respond(200, b"[" * 300_000, JSON), AnswerTooLongError, "longer than accepted", "max_line_bytes"),
    "too long when unpacked": (
        respond(200, gzip.compress(b" " * 10_000_000), JSON, "Content-Encoding: gzip"),
        AnswerTooLongError,
        "longer than accepted",
        "max_line_bytes",
    ),
    "too long an event": (
        respond(200, b"data: x\n" * 40_000, EVENTS),
        AnswerTooLongError,
        "longer than accepted",
        "max_line_bytes",
    ),
    "not found": (respond(404), ServerConnectionError, "answers 404", ENDPOINT),
    "in trouble": (respond(500), ServiceUnavailableError, "is in trouble (500)", "It may pass by itself"),
    "too many": (respond(429), RateLimitedError, "asks for fewer calls", "Wait a minute, then try again."),
    "too many for now": (
        respond(429, b"", "Retry-After: 300"),
        RateLimitedError,
        "asks for fewer calls",
        "It asks to wait for 300 s.",
    ),
    "too many for ever": (
        respond(429, b"", "Retry-After: 99999999999999999999"),
        RateLimitedError,
        "asks for fewer calls",
        "Wait a minute, then try again.",
    ),
}


@pytest.mark.parametrize("mode", ["legacy", "auto"])
@pytest.mark.parametrize("case", STRANGE)
async def test_connect_to_what_answers_something_else_tells_that_and_what_to_do(
    stand: Stand, scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch, case: str, mode: Any
) -> None:
    answer, kind, words, hint = STRANGE[case]
    monkeypatch.setattr(scripted, "_answer", lambda verb, request: answer)
    spec = over_http(scripted.url, protocol_mode=mode)
    caller = stand.caller(spec=spec, max_line_bytes=200_000, retry_attempts=1)
    with anyio.fail_after(10), pytest.raises(kind) as caught:
        await caller.connect()
    assert type(caught.value) is kind
    assert words in caught.value.message
    assert hint in (caught.value.hint or "")


async def test_connect_to_what_never_answers_is_not_told_about_commands(
    stand: Stand, scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripted, "_answer", lambda verb, request: None)
    with pytest.raises(OperationTimeoutError, match="was not ready within") as caught:
        await stand.caller(spec=over_http(scripted.url), start_timeout=0.3).connect()
    assert "npx" not in (caught.value.hint or "")
    assert "Check the address" in (caught.value.hint or "")


async def test_connection_lost_in_a_call_is_not_told_as_unreachable(stand: Stand, scripted: ScriptedServer) -> None:
    scripted.on_call = lambda _: b""
    caller = stand.caller(spec=over_http(scripted.url))
    await caller.connect()
    with anyio.fail_after(10), pytest.raises(ServerConnectionError, match="was reached") as caught:
        await caller.call("echo", {}, WRITE)
    assert caught.value.effect is Effect.UNKNOWN


@pytest.fixture
def deaf_socket() -> Iterator[socket.socket]:
    """Of a port that nobody else can take; connections are refused until somebody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound
