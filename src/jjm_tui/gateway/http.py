"""MCP over Streamable HTTP: the SDK's transport with our headers, our limits and our knowledge of what left."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import anyio
import httpx2
import mcp_types as types
from mcp.client.streamable_http import MCP_SESSION_ID, streamable_http_client
from mcp.shared.message import SessionMessage

from jjm_tui.errors import Effect, JulesManagerError, ServerConnectionError
from jjm_tui.gateway import faults, start_faults
from jjm_tui.gateway.slips import Slip, SlipBook, WritingRefused, is_abandonment, request_params
from jjm_tui.gateway.spec import CallerSettings, ServerSpec, server_named

Log = Callable[[str, Mapping[str, Any]], None]
_CONNECT_SECONDS = 30.0
_FAREWELL_SECONDS = 2.0
"""How long the server may take to hear that the session is over."""
_NO_ANSWER = 503
"""The status of the answers that we make up where there is none; the slip holds the true failure."""


class HttpWire:
    """One session over HTTP. ``ended`` is set when the server forgot it, and ``failure`` then says why."""

    is_http = True

    def __init__(self, spec: ServerSpec, settings: CallerSettings, log: Log) -> None:
        self.book = SlipBook()
        self.ended = anyio.Event()
        self.failure: JulesManagerError | None = None
        self.spec = spec
        self.limit = settings.max_line_bytes
        self._settings = settings
        self._log = log

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[Any, Any]]:
        """The pair of streams that ``mcp.Client`` wants."""
        patience = httpx2.Timeout(_CONNECT_SECONDS, read=max(self._settings.call_timeout, self._settings.start_timeout))
        try:
            async with (
                _Client(self, headers=dict(self.spec.headers), timeout=patience) as client,
                streamable_http_client(self.spec.url or "", http_client=client, max_sse_event_size=self.limit) as (
                    read,
                    write,
                ),
            ):
                self._log("server_opened", {"label": self.spec.label})
                yield _Reader(read, self.book), _Writer(write, self.book)
        finally:
            self.book.end()
            self.ended.set()

    async def wait_last_words(self) -> None:
        """A server behind a URL has no standard error."""

    def describe_end(self) -> str:
        """How it ended, to follow its name in a sentence."""
        return "ended the connection"

    def note(self, error: JulesManagerError, slip: Slip | None) -> None:
        """Keep why a request failed; one without a slip belongs to the handshake."""
        if slip is not None:
            error.effect = slip.effect
            slip.failure = error
        else:
            self.failure = error


class _Client(httpx2.AsyncClient):
    """Tells each slip when its first byte leaves, and keeps one failed request from ending the whole session.

    No redirect is followed, not even one that stays on the server: who redirects a change may have made it already.
    """

    def __init__(self, wire: HttpWire, **options: Any) -> None:
        super().__init__(max_redirects=0, **options)
        self._wire = wire

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send one request of the SDK's; one that nobody waits for any more is not sent.

        The SDK sends in a task of its own, which does not end with the call: it may come here after it.
        """
        request_id = _request_id(request)
        if request_id is not None and not self._wire.book.is_waiting(request_id):
            return httpx2.Response(_NO_ANSWER, request=request)
        slip = None if request_id is None else self._wire.book.find(request_id)
        if slip is not None:
            request.extensions = {**request.extensions, "trace": _tracer(slip)}
        if request.method == "DELETE":
            request.extensions = {**request.extensions, "timeout": httpx2.Timeout(_FAREWELL_SECONDS).as_dict()}
        try:
            response = await super().send(request, **options)
        except WritingRefused:
            return httpx2.Response(_NO_ANSWER, request=request)
        except httpx2.TransportError as error:
            self._wire.note(start_faults.unreachable(error, self._wire.spec), slip)
            return httpx2.Response(_NO_ANSWER, request=request)
        self._note_status(request, response, slip)
        kind = response.headers.get("content-type", "").lower()
        if kind.startswith("application/json") or (request_id is not None and kind.startswith("text/event-stream")):
            unpacked = httpx2.Response(
                response.status_code, headers=response.headers, stream=response.stream, request=request
            )
            response.headers.pop("content-encoding", None)
            response.stream = _Capped(unpacked, self._wire, slip)
        return response

    def _note_status(self, request: httpx2.Request, response: httpx2.Response, slip: Slip | None) -> None:
        if response.status_code < 400 or request.method != "POST":
            return
        seconds = _seconds(response.headers.get("retry-after"))
        if slip is not None:
            slip.http_status, slip.retry_after = response.status_code, seconds
        else:
            refused = faults.http_error(response.status_code, seconds, self._wire.spec.label, Effect.NONE)
            self._wire.failure = refused
        if response.status_code == 404 and MCP_SESSION_ID in request.headers:
            self._wire.failure = ServerConnectionError(f"The {server_named(self._wire.spec.label)} ended our session.")
            self._wire.ended.set()


def _request_id(request: httpx2.Request) -> int | str | None:
    """The id of a JSON-RPC request; ``None`` for notifications, for our answers to the server, and without a body."""
    if request.method != "POST":
        return None
    try:
        message = json.loads(request.content)
        request_id = message.get("id") if "method" in message else None
    except (ValueError, TypeError, AttributeError, httpx2.RequestNotRead):
        return None
    return request_id if isinstance(request_id, int | str) else None


def _tracer(slip: Slip) -> Callable[[str, Mapping[str, Any]], Any]:
    async def trace(event: str, _: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            slip.leave()

    return trace


def _seconds(value: str | None) -> float | None:
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None


class _Capped(httpx2.AsyncByteStream):
    """A body whose messages may not be longer than the limit, and whose sudden end fails only its own request.

    It is one message, or a stream of events with an empty line behind each. It is unpacked piece by piece before it is
    measured, because a few bytes may hold more than fits into memory.
    """

    def __init__(self, inner: httpx2.Response, wire: HttpWire, slip: Slip | None) -> None:
        self._inner = inner
        self._wire = wire
        self._slip = slip

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size, limit, label = 0, self._wire.limit, self._wire.spec.label
        try:
            async for chunk in self._inner.aiter_bytes():
                end = max(chunk.rfind(b"\n\n"), chunk.rfind(b"\r\n\r\n"))
                size = len(chunk) - end if end >= 0 else size + len(chunk)
                if size > limit:
                    self._fail(faults.too_long(label, size, limit, Effect.NONE, has_end=False))
                yield chunk
        except httpx2.TransportError as error:
            why = f"The connection to {label} ended in its answer."
            self._fail(ServerConnectionError(why, hint="The server's own log may tell more."), error)

    def _fail(self, error: JulesManagerError, cause: Exception | None = None) -> None:
        self._wire.note(error, self._slip)
        raise httpx2.StreamError(error.message) from cause

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Reader:
    """The SDK's receiving stream, noting which requests were answered."""

    def __init__(self, inner: Any, book: SlipBook) -> None:
        self._inner = inner
        self._book = book

    @property
    def last_context(self) -> Any:
        """The context of the sender, for the dispatcher."""
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> Any:
        """The next message."""
        item = await self._inner.receive()
        message = getattr(item, "message", None)
        if isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
            self._book.answer(message.id)
        return item

    def __aiter__(self) -> _Reader:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        """Close it."""
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Writer:
    """The SDK's sending stream, taking the slips out of the requests."""

    def __init__(self, inner: Any, book: SlipBook) -> None:
        self._inner = inner
        self._book = book

    async def send(self, item: SessionMessage) -> None:
        """Hand one message to the HTTP layer."""
        message = item.message
        if isinstance(message, types.JSONRPCRequest):
            self._book.expect(message.id, self._book.take(message.id, request_params(message)))
        elif self._book.quiet_when_abandoned and is_abandonment(message):
            return
        await self._inner.send(item)

    async def aclose(self) -> None:
        """Close it."""
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
