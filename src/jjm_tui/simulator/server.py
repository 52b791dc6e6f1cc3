"""The MCP server around a dialect: handlers, faults, stdio and streamable HTTP."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from io import BufferedReader, TextIOWrapper
from typing import Any, BinaryIO

import anyio
import mcp_types as types
from anyio.abc import TaskStatus
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from jjm_tui.simulator.api_errors import ApiError, bad_key
from jjm_tui.simulator.control import CONTROL_TOOL, Controller
from jjm_tui.simulator.dialect import CallRefusedError, Dialect, Reply
from jjm_tui.simulator.faults import Fault, FaultPlan
from jjm_tui.simulator.world import World

CRASHED = 70
PAGE_SECONDS = 0.02
"""How long a call of a one-page dialect holds its page."""


class SimulatorServer:
    """Answers MCP requests from a world, with the faults that were asked for.

    ``say_garbage`` puts bytes on the wire where that is possible (stdio).
    """

    def __init__(
        self,
        world: World,
        dialect: Dialect,
        faults: FaultPlan,
        controller: Controller | None = None,
        say_garbage: Callable[[bytes], None] | None = None,
    ) -> None:
        self._world = world
        self._dialect = dialect
        self._faults = faults
        self._controller = controller
        self._say_garbage = say_garbage
        self._page_call: anyio.Event | None = None
        self.calls: Counter[str] = Counter() if controller is None else controller.calls
        """How often each tool was called and each resource read."""

    def build(self) -> Server[Any]:
        """The SDK's server with our handlers."""
        resources = self._dialect.resources()
        return Server(
            self._dialect.name,
            version=self._dialect.version,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources if resources else None,
            on_read_resource=self._read_resource if resources else None,
        )

    async def _list_tools(self, _context: Any, _params: Any) -> types.ListToolsResult:
        tools = [*self._dialect.tools(), *([CONTROL_TOOL] if self._controller is not None else [])]
        return types.ListToolsResult(tools=[types.Tool.model_validate(tool) for tool in tools])

    async def _list_resources(self, _context: Any, _params: Any) -> types.ListResourcesResult:
        resources = [types.Resource.model_validate(resource) for resource in self._dialect.resources()]
        return types.ListResourcesResult(resources=resources)

    async def _read_resource(self, _context: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        async def read() -> Reply:
            return Reply(self._dialect.read(params.uri))

        reply = await self._with_faults(params.uri, {}, read)
        content = types.TextResourceContents(uri=params.uri, mime_type="application/json", text=reply.text)
        return types.ReadResourceResult(contents=[content])

    async def _call_tool(self, _context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        arguments = params.arguments or {}
        if self._controller is not None and params.name == CONTROL_TOOL["name"]:
            reply = self._controller.call(arguments)
        else:

            async def call() -> Reply:
                return await self._call_page(params.name, arguments)

            reply = await self._with_faults(params.name, arguments, call)
        result = types.CallToolResult(content=[types.TextContent(type="text", text=reply.text)])
        if reply.is_error:
            result.is_error = True
        if reply.structured is not None:
            result.structured_content = reply.structured
        return result

    async def _call_page(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        """Call the dialect; where there is only one page, a later call breaks the one before."""
        if not self._dialect.one_page:
            return self._dialect.call(tool, arguments)
        if self._page_call is not None:
            self._page_call.set()
        broken = self._page_call = anyio.Event()
        with anyio.move_on_after(PAGE_SECONDS):
            await broken.wait()
            return self._dialect.interrupt(tool, arguments)
        if self._page_call is broken:
            self._page_call = None
        return self._dialect.call(tool, arguments)

    async def _with_faults(
        self, tool: str, arguments: Mapping[str, Any], call: Callable[[], Awaitable[Reply]]
    ) -> Reply:
        self.calls[tool] += 1
        try:
            latency = self._faults.latency()
            if latency:
                await anyio.sleep(latency)
            with self._world.changing() if self._faults.needs_counts else nullcontext():
                struck = self._faults.strike(tool)
            if "hang" in struck:
                await anyio.sleep_forever()
            if "crash-before" in struck:
                os._exit(CRASHED)
            reply = await self._answer(tool, arguments, call, int(struck["error"].number) if "error" in struck else 0)
            if "crash-after" in struck:
                os._exit(CRASHED)
            if "lost-answer" in struck:
                await anyio.sleep_forever()
        except CallRefusedError as refusal:
            raise MCPError(refusal.code, refusal.message) from refusal
        if self._say_garbage is not None and self._faults.is_garbage_due():
            self._say_garbage(self._faults.pick_garbage())
        return reply

    async def _answer(
        self, tool: str, arguments: Mapping[str, Any], call: Callable[[], Awaitable[Reply]], error: int
    ) -> Reply:
        if self._faults.has("refuse-key"):
            return self._dialect.refuse(tool, arguments, bad_key())
        if error:
            return self._dialect.refuse(tool, arguments, ApiError(error))
        return await call()


def build_server(world: World, dialect: Dialect, faults: Iterable[Fault] = (), *, control: bool = False) -> Server[Any]:
    """The SDK's server over a world, for use in one process: ``Client(build_server(world, RestDialect(world)))``."""
    plan = FaultPlan(faults, used=lambda: world.faults_used)
    controller = Controller(world, plan) if control else None
    return SimulatorServer(world, dialect, plan, controller).build()


async def _end_on_signals(*, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
    """End at once on SIGTERM and SIGINT: every effect is already kept, and a blocked reader cannot be woken."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            os._exit(0)


class WireWriter(TextIOWrapper):
    """Standard output as text; when nobody reads it any more, the process ends, whatever its reader waits for."""

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            os._exit(0)


async def serve_stdio(server: Server[Any], stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Serve until end of file or a signal."""
    from mcp.server.stdio import stdio_server

    reader = anyio.wrap_file(TextIOWrapper(stdin, encoding="utf-8", errors="replace"))
    writer = anyio.wrap_file(WireWriter(stdout, encoding="utf-8", newline="\n"))
    async with anyio.create_task_group() as group:
        await group.start(_end_on_signals)
        async with stdio_server(reader, writer) as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
        group.cancel_scope.cancel()


async def serve_http(server: Server[Any], port: int, announce: Callable[[str], None]) -> None:
    """Serve streamable HTTP on loopback; ``announce`` gets the address once it can be used."""
    import socket

    import uvicorn

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        config = uvicorn.Config(server.streamable_http_app(), log_level="warning", timeout_graceful_shutdown=1)

        class Web(uvicorn.Server):
            """Without uvicorn's own handlers, which raise the signal again at the end."""

            @contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield

        async with anyio.create_task_group() as group:
            await group.start(_end_on_signals)
            announce(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp")
            await Web(config).serve(sockets=[listener])


def guard_stdout() -> tuple[BufferedReader, BinaryIO]:
    """Take the two standard streams for MCP; whatever else is printed goes to standard error."""
    wire_in = os.fdopen(os.dup(0), "rb")
    wire_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return wire_in, wire_out
