"""MCP over the pipes of a process that we started: bounded, and a broken answer fails its call at once.

The SDK's own stdio transport has no limit on a line, slows down quadratically on long ones, dies of one wrong byte and
leaves grandchildren behind. This one plugs into ``mcp.Client`` in its place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import anyio
import mcp_types as types
from mcp.shared.message import SessionMessage

from jjm_tui.domain.text import clean
from jjm_tui.errors import Effect, JulesManagerError, ProtocolError, ServerConnectionError
from jjm_tui.gateway import faults
from jjm_tui.gateway.environment import build_environment
from jjm_tui.gateway.lines import Line, LongLine, find_answer_ids, find_long_answer_ids
from jjm_tui.gateway.process import ServerProcess
from jjm_tui.gateway.slips import SlipBook, is_abandonment, request_params
from jjm_tui.gateway.spec import CallerSettings, ServerSpec, server_named
from jjm_tui.gateway.stderr import StderrLog

Log = Callable[[str, Mapping[str, Any]], None]
_LOGGED_GARBAGE = 20
_LOGGED_BYTES = 80
_BOM = b"\xef\xbb\xbf"


class StdioWire:
    """One connection over stdio. ``ended`` is set when it ended by itself, and ``failure`` then says why."""

    is_http = False

    def __init__(self, spec: ServerSpec, settings: CallerSettings, stderr: StderrLog, log: Log) -> None:
        self.book = SlipBook()
        self.ended = anyio.Event()
        self.failure: JulesManagerError | None = None
        self._spec = spec
        self._settings = settings
        self._stderr = stderr
        self._log = log
        self._process: ServerProcess | None = None
        self._garbage = 0
        self._cut_an_answer = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[Any, Any]]:
        """The pair of streams that ``mcp.Client`` wants; leaving it ends the process and its group.

        Raises:
            OSError: it could not be started.
        """
        process = await ServerProcess.start(
            self._spec.command or (),
            build_environment(self._spec.env),
            self._spec.cwd,
            self._settings.max_line_bytes,
            self._stderr,
        )
        self._process = process
        self._log("server_started", {"pid": process.pid})
        try:
            send, receive = anyio.create_memory_object_stream[SessionMessage | Exception](0)
            async with anyio.create_task_group() as group, receive:
                group.start_soon(self._pump, process, send)
                try:
                    yield receive, _Writer(process, self.book)
                finally:
                    group.cancel_scope.cancel()
        finally:
            self.book.end()
            await process.close()
            self._log("server_ended", {"pid": process.pid, "how": process.describe_end()})

    async def wait_last_words(self) -> None:
        """Wait a moment for the exit code and the last lines of standard error."""
        if self._process is not None:
            await self._process.wait_last_words()

    def describe_end(self) -> str:
        """How it ended, to follow its name in a sentence."""
        return self._process.describe_end() if self._process is not None else "could not be started"

    async def _pump(self, process: ServerProcess, send: Any) -> None:
        async with send:
            try:
                while (line := await process.next_line()) is not None:
                    for message in self._read(line):
                        await send.send(message)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                return
            is_known = process.returncode is not None or process.is_endless or process.is_stuck
            await process.wait_last_words(0.02 if is_known else 1.0)  # its death may be noticed later than its silence
            self.failure = ServerConnectionError(
                f"The {server_named(self._spec.label)} {process.describe_end()}.",
                hint="It is started again by itself; its last words are on the connection screen and in `jjm doctor`.",
                context={"cut_an_answer": True} if process.is_endless and self._cut_an_answer else None,
            )
            self.ended.set()

    def _read(self, line: Line) -> list[SessionMessage]:
        if isinstance(line, LongLine):
            return self._pass_over(line)
        line = line.strip(b"\r\t ").removeprefix(_BOM)
        if not line:
            return []
        message = _parse(line) or self._salvage(line)
        if message is None:
            return self._fail_waiting(line)
        if isinstance(message, types.JSONRPCError) and message.id is None:
            return self._fail_only_waiter(message)
        if isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
            self.book.answer(message.id)
        return [SessionMessage(message)]

    def _salvage(self, line: bytes) -> types.JSONRPCMessage | None:
        """Wrong bytes are made visible; an awaited answer glued to debug text is taken from behind it."""
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            line = line.decode("utf-8", "replace").encode()
            if (message := _parse(line)) is not None:
                return message
        start = line.find(b'{"', 1)
        for _ in range(3):
            if start < 0:
                return None
            message = _parse(line[start:])
            if isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
                known = message.id is not None and self.book.is_waiting(message.id)
                return message if known else None
            start = line.find(b'{"', start + 1)
        return None

    def _pass_over(self, line: LongLine) -> list[SessionMessage]:
        """Fail the request that an over-long line answered; where nobody can tell which, all that wait."""
        named = find_long_answer_ids(line)
        waiting = self.book.waiting_ids()
        ids = () if named is None else tuple(filter(self.book.is_waiting, named)) if named else waiting
        self._log("server_line_too_long", {"bytes": line.size, "calls": len(ids)})
        self._cut_an_answer = bool(ids)
        return [self._fail(request_id, self._too_long(line, request_id, len(ids))) for request_id in ids]

    def _too_long(self, line: LongLine, request_id: int | str, shared_by: int) -> JulesManagerError:
        """Why; a request without a slip belongs to the handshake, so that the wire keeps it."""
        slip = self.book.find(request_id)
        error = faults.too_long(
            self._spec.label,
            line.size,
            self._settings.max_line_bytes,
            Effect.NONE if slip is None else slip.effect,
            shared_by=shared_by,
            has_end=line.has_end,
        )
        if slip is None:
            self.failure = error
        return error

    def _fail_waiting(self, line: bytes) -> list[SessionMessage]:
        self._garbage += 1
        ids = [request_id for request_id in find_answer_ids(line) if self.book.is_waiting(request_id)]
        if self._garbage <= _LOGGED_GARBAGE:
            text = clean(line[:_LOGGED_BYTES].decode("utf-8", "replace"))
            self._log("server_line_unreadable", {"line": text, "bytes": len(line), "calls": len(ids)})
        return [self._unreadable(request_id, f"{len(line)} bytes") for request_id in ids]

    def _fail_only_waiter(self, message: types.JSONRPCError) -> list[SessionMessage]:
        """An error without an id means that the server could not even read which request it was."""
        waiting = self.book.waiting_ids()
        return [self._unreadable(waiting[0], message.error.message)] if len(waiting) == 1 else []

    def _unreadable(self, request_id: int | str, what: str) -> SessionMessage:
        slip = self.book.find(request_id)
        error = ProtocolError(
            f"The {server_named(self._spec.label)} sent an answer that nobody can read.",
            hint="This is a fault of the server; its log may tell more.",
            context={"what": what[:200]},
        )
        if slip is not None:
            error.effect = slip.effect
        return self._fail(request_id, error)

    def _fail(self, request_id: int | str, error: JulesManagerError) -> SessionMessage:
        self.book.fail(request_id, error)
        data = types.ErrorData(code=types.PARSE_ERROR, message=error.message)
        return SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=request_id, error=data))


class _Writer:
    """Our end of the server's standard input, as the SDK's dispatcher wants it. ``send`` runs in the caller's task."""

    def __init__(self, process: ServerProcess, book: SlipBook) -> None:
        self._process = process
        self._book = book

    async def send(self, item: SessionMessage) -> None:
        """Write one message whole. A request's ``written`` callback runs immediately before its first byte.

        Raises:
            WritingRefused: the callback raised; nothing was written.
            anyio.ClosedResourceError: the server cannot be written to; nothing was written.
        """
        message = item.message
        if not isinstance(message, types.JSONRPCRequest):
            if self._process.can_write and not (self._book.quiet_when_abandoned and is_abandonment(message)):
                self._process.write(_encode(message))
            return
        slip = self._book.take(message.id, request_params(message))
        line = _encode(message)
        if not self._process.can_write:
            raise anyio.ClosedResourceError
        if slip is not None:
            slip.leave()
        self._book.expect(message.id, slip)
        self._process.write(line)
        await self._process.drain()

    async def aclose(self) -> None:
        """The process is ended by the transport, not by the dispatcher."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _encode(message: types.JSONRPCMessage) -> bytes:
    return message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"


def _parse(line: bytes) -> types.JSONRPCMessage | None:
    try:
        return types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return None
