"""One connection's life with the SDK on it: handshake, the list of tools, and single calls. No retries, no queue.

Importing this module costs half a second (the SDK); ``connection`` does it in a worker thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread
import mcp_types as types
from mcp import Client
from pydantic import TypeAdapter

from jjm_tui import __version__
from jjm_tui.errors import (
    ConfigurationError,
    ProtocolError,
    ToolNotFoundError,
    UnsupportedOperationError,
)
from jjm_tui.gateway import faults
from jjm_tui.gateway.http import HttpWire
from jjm_tui.gateway.slips import Slip
from jjm_tui.gateway.spec import CallerSettings, ServerSpec, server_named
from jjm_tui.gateway.stderr import StderrLog
from jjm_tui.gateway.transport import Log, StdioWire
from jjm_tui.gateway.wire import Handshake
from jjm_tui.gateway.wires import Wire
from jjm_tui.ports import ResourceInfo, ToolAnswer, ToolInfo

_PAGES = 200
"""More pages than any real list has; beyond that the server is broken."""

_ENDLESS = (
    *("pattern", "patternProperties", "additionalProperties", "unevaluatedProperties", "unevaluatedItems"),
    *("$ref", "$dynamicRef", "$recursiveRef", "uniqueItems"),
)
"""What is not checked of the schema of an answer: following it may take for ever, and nobody can stop it."""

_SLOW_RULES = ("uniqueItems",)
"""What is not checked of a schema itself: it takes the square of the length of a list."""

_CHECK_SECONDS = 1.0
"""How long an answer may be held against its schema, far more than any real one takes; the rest is not checked."""

_check_until: ContextVar[float] = ContextVar("check_until")

_TOOL_RESULT: TypeAdapter[Any] = TypeAdapter(types.CallToolResult | types.InputRequiredResult)
_READ_RESULT: TypeAdapter[Any] = TypeAdapter(types.ReadResourceResult | types.InputRequiredResult)
_T = TypeVar("_T")

logging.getLogger("mcp").addHandler(logging.NullHandler())


def make_wire(spec: ServerSpec, settings: CallerSettings, stderr: StderrLog, log: Log) -> Wire:
    """The transport that the spec asks for. Raises ConfigurationError when it asks for none."""
    if spec.url is not None:
        return HttpWire(spec, settings, log)
    if not spec.command:
        raise ConfigurationError(
            f"The {server_named(spec.label)} has neither a command nor an address.",
            hint="Give it a command or a url in the settings; `jjm setup` helps.",
        )
    return StdioWire(spec, settings, stderr, log)


@asynccontextmanager
async def open_link(wire: Wire, spec: ServerSpec, settings: CallerSettings) -> AsyncIterator[Link]:
    """Connect, shake hands, list the tools. Enter and leave it in the same task.

    Raises:
        BaseExceptionGroup, MCPError, OSError, JulesManagerError: see ``start_faults.start_error``.
    """
    news = _News()
    client = Client(
        wire.open(),
        mode=spec.protocol_mode,
        read_timeout_seconds=settings.start_timeout,
        client_info=types.Implementation(name="jjm-tui", version=__version__),
        message_handler=lambda message: _notice(news, message),
        cache=None,
    )
    async with client:
        link = Link(client, wire, spec.label, news)
        await link.learn()
        yield link


class _News:
    """What the server told without being asked."""

    def __init__(self) -> None:
        self.tools_changed = False


async def _notice(news: _News, message: Any) -> None:
    if getattr(message, "method", None) == "notifications/tools/list_changed":
        news.tools_changed = True


class Link:
    """A live connection. Its methods may be called from any task."""

    def __init__(self, client: Client, wire: Wire, label: str, news: _News) -> None:
        self.wire = wire
        self.handshake = Handshake(None, None, None, (), has_resources=False)
        self._client = client
        self._label = label
        self._news = news
        self._output_schemas: dict[str, Mapping[str, Any]] = {}

    @property
    def is_alive(self) -> bool:
        """Whether the connection has not ended, as far as known."""
        return not self.wire.ended.is_set()

    async def learn(self) -> None:
        """Read all pages of the list of tools: once, and again only when the server says that it changed."""
        self._news.tools_changed = False
        tools: list[ToolInfo] = []
        if self._client.server_capabilities.tools is not None:
            async for page in self._pages(lambda cursor: self._client.list_tools(cursor=cursor), "tools"):
                for tool in page.tools:
                    tools.append(ToolInfo(tool.name, tool.description, tool.input_schema))
                    if tool.output_schema is not None:
                        self._output_schemas[tool.name] = tool.output_schema
        about = self._client.server_info
        self.handshake = Handshake(
            name=about.name if about else None,
            version=about.version if about else None,
            protocol=self._client.protocol_version,
            tools=tuple(tools),
            has_resources=self._client.server_capabilities.resources is not None,
        )

    async def _pages(self, fetch: Callable[[str | None], Awaitable[_T]], what: str) -> AsyncIterator[_T]:
        seen: set[str] = set()
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await fetch(cursor)
            yield page
            cursor = getattr(page, "next_cursor", None)
            if not cursor:
                return
            if cursor in seen:
                break
            seen.add(cursor)
        raise ProtocolError(
            f"The {server_named(self._label)} answers its list of {what} without an end.",
            hint="This is a fault of the server; try another version of it.",
        )

    async def call_tool(self, tool: str, arguments: Mapping[str, Any], timeout: float, slip: Slip) -> ToolAnswer:
        """Call a tool once.

        Raises:
            JulesManagerError: whatever went wrong, with its effect; also what the slip's callback raised.
        """
        until = anyio.current_time() + timeout
        if not self._knows(tool) and self._news.tools_changed:
            await self._learn_again(timeout)
            timeout = max(0.0, until - anyio.current_time())
        if not self._knows(tool):
            raise ToolNotFoundError(
                f"The {server_named(self._label)} has no tool named {tool}.",
                hint="`jjm server tools` shows what it has.",
            )

        try:
            meta = cast("types.RequestParamsMeta", self.wire.book.announce(slip))
            params = types.CallToolRequestParams(name=tool, arguments=dict(arguments), _meta=meta)
        except ValueError as error:
            raise faults.unsendable(error, tool) from error

        async def send() -> Any:
            return await self._client.session.send_request(
                types.CallToolRequest(params=params), _TOOL_RESULT, request_read_timeout_seconds=timeout
            )

        try:
            result = await self._attempt(send, timeout, slip, tool)
        except faults.Answered as answer:
            return answer.judge_tool(tool, self._label)
        if not isinstance(result, types.CallToolResult):
            raise UnsupportedOperationError(
                f"The {server_named(self._label)} wants to ask something before it carries out {tool}.",
                hint="Questions of a server in the middle of a call are not supported.",
                effect=slip.effect,
            )
        if not result.is_error:
            await self._check_output(tool, result.structured_content, slip, until - anyio.current_time())
        return ToolAnswer(_join_text(result.content), result.structured_content, bool(result.is_error))

    def _knows(self, tool: str) -> bool:
        return any(known.name == tool for known in self.handshake.tools)

    async def _learn_again(self, timeout: float) -> None:
        try:
            await self._attempt(self.learn, timeout, Slip(), "tools/list")
        except faults.Answered as answer:
            raise ProtocolError(
                f"The {server_named(self._label)} does not tell its tools any more: {answer}."
            ) from answer

    async def _attempt(self, send: Callable[[], Awaitable[Any]], timeout: float, slip: Slip, what: str) -> Any:
        """Run one request under its deadline and translate every foreign failure.

        Raises:
            faults.Answered: the server answered with a JSON-RPC error.
            JulesManagerError: everything else.
        """
        try:
            with anyio.fail_after(timeout):
                return await send()
        except Exception as error:
            raise faults.call_error(error, slip, self.wire, self._label, what, timeout) from error
        finally:
            self.wire.book.forget(slip)

    async def _check_output(self, tool: str, structured: Any, slip: Slip, left: float) -> None:
        """Hold the answer against the tool's own schema, off the loop: a big answer takes long.

        Nobody can end the thread, so it ends by itself within the time that is ``left`` of the call.
        """
        schema = self._output_schemas.get(tool)
        if schema is None:
            return
        seconds = min(_CHECK_SECONDS, left)
        fault = await anyio.to_thread.run_sync(_find_schema_fault, schema, structured, seconds)
        if fault is not None:
            raise ProtocolError(
                f"The {server_named(self._label)} broke its own promise about the answer of {tool}.",
                hint="This is a fault of the server; try another version of it.",
                context={"what": fault},
                effect=slip.effect,
            )

    async def list_resources(self, timeout: float, slip: Slip) -> tuple[ResourceInfo, ...]:
        """All resources, all pages."""
        if not self.handshake.has_resources:
            return ()
        found: list[ResourceInfo] = []

        async def send() -> None:
            async for page in self._pages(lambda cursor: self._client.list_resources(cursor=cursor), "resources"):
                found.extend(ResourceInfo(str(r.uri), r.name, r.description, r.mime_type) for r in page.resources)

        try:
            await self._attempt(send, timeout, slip, "resources/list")
        except faults.Answered as answer:
            raise answer.judge_resource("resources/list", self._label) from answer
        return tuple(found)

    async def read_resource(self, uri: str, timeout: float, slip: Slip) -> str:
        """The text of one resource. Raises ToolNotFoundError for an unknown one."""

        async def send() -> Any:
            params = types.ReadResourceRequestParams(
                uri=uri, _meta=cast("types.RequestParamsMeta", self.wire.book.announce(slip))
            )
            return await self._client.session.send_request(
                types.ReadResourceRequest(params=params), _READ_RESULT, request_read_timeout_seconds=timeout
            )

        try:
            result = await self._attempt(send, timeout, slip, uri)
        except faults.Answered as answer:
            raise answer.judge_resource(uri, self._label) from answer
        if not isinstance(result, types.ReadResourceResult):
            raise UnsupportedOperationError(
                f"The {server_named(self._label)} wants to ask something before it shows {uri}."
            )
        return "\n".join(part.text for part in result.contents if isinstance(part, types.TextResourceContents))


def _join_text(content: list[Any]) -> str:
    parts: list[str] = []
    for block in content:
        if isinstance(block, types.TextContent):
            parts.append(block.text)
        elif isinstance(block, types.EmbeddedResource) and isinstance(block.resource, types.TextResourceContents):
            parts.append(block.resource.text)
    return "\n".join(parts)


def _stop_when_late() -> None:
    if time.monotonic() > _check_until.get():
        raise TimeoutError


def _find_nothing(*_: Any) -> None:
    """A keyword that is not checked."""


@cache
def _bounded(validator: Any, unchecked: tuple[str, ...]) -> Any:
    """The validator without some keywords, whose every step looks at the time, whatever a part of a schema says.

    Raises:
        TimeoutError: from within a check, when its time is over.
    """
    from jsonschema.validators import extend  # type: ignore[import-untyped]

    bounded = extend(validator, dict.fromkeys(unchecked, _find_nothing))
    evolve, descend = bounded.evolve, bounded.descend

    def evolve_as_it_is(self: Any, **changes: Any) -> Any:
        _stop_when_late()
        schema = changes.get("schema")
        if isinstance(schema, dict) and "$schema" in schema:  # by which it would become another, unbounded validator
            changes["schema"] = {key: value for key, value in schema.items() if key != "$schema"}
        return evolve(self, **changes)

    def descend_in_time(self: Any, *given: Any, **options: Any) -> Any:
        _stop_when_late()
        return descend(self, *given, **options)

    bounded.evolve, bounded.descend = evolve_as_it_is, descend_in_time
    return bounded


def _find_schema_fault(schema: Mapping[str, Any], structured: Any, seconds: float) -> str | None:
    from jsonschema.validators import validator_for

    if structured is None:
        return "no structured content"
    _check_until.set(time.monotonic() + seconds)
    try:
        validator = validator_for(schema)
        rules = validator.META_SCHEMA
        if any(_bounded(validator_for(rules), _SLOW_RULES)(rules).iter_errors(schema)):
            return None
        fault = next(_bounded(validator, _ENDLESS)(schema).iter_errors(structured), None)
    except Exception:  # noqa: BLE001 - a schema that nobody can follow, or not in time, promises nothing
        return None
    return None if fault is None else str(fault.message)[:300]
