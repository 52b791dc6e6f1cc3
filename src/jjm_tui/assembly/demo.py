"""The demo: a world shared with the simulator's process, and a store filled from it before anything opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.errors import ToolArgumentsError, ToolNotFoundError
from jjm_tui.gateway.server import JulesServer
from jjm_tui.gateway.wire import CallPolicy, Handshake
from jjm_tui.ports import ResourceInfo, ToolAnswer, ToolInfo
from jjm_tui.simulator.dialect import BAD_ARGUMENTS, UNKNOWN_TOOL, CallRefusedError, Dialect

if TYPE_CHECKING:
    from jjm_tui.services.context import ServiceContext
    from jjm_tui.settings.model import DemoSettings

_READ_WHOLE: Final = 50
"""Up to so many tasks are read with plan and chat; the details of more come when they are looked at."""


class WorldCaller:
    """A ``Caller`` that answers from a simulated dialect in this very process: no server, no wire."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    async def connect(self) -> Handshake:
        """What the simulated server tells about itself."""
        tools = tuple(
            ToolInfo(tool["name"], tool.get("description"), tool["inputSchema"]) for tool in self._dialect.tools()
        )
        return Handshake(
            self._dialect.name, self._dialect.version, None, tools, has_resources=bool(self._dialect.resources())
        )

    async def call(self, tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
        """Call a tool of the simulated server."""
        if policy.written is not None:
            policy.written()
        answer = self.answer(tool, arguments)
        error = policy.judge(answer) if policy.judge is not None else None
        if error is not None:
            raise error
        return answer

    def answer(self, tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        """The effect and the answer, without any judging. Raises ToolNotFoundError, ToolArgumentsError."""
        try:
            reply = self._dialect.call(tool, arguments)
        except CallRefusedError as refusal:
            if refusal.code == UNKNOWN_TOOL:
                raise ToolNotFoundError(refusal.message) from refusal
            if refusal.code == BAD_ARGUMENTS:
                raise ToolArgumentsError(refusal.message) from refusal
            return ToolAnswer(refusal.message, is_error=True)
        return ToolAnswer(reply.text, reply.structured, reply.is_error)

    async def list_resources(self, policy: CallPolicy) -> tuple[ResourceInfo, ...]:
        """The resources of the simulated server."""
        return tuple(
            ResourceInfo(item["uri"], item["name"], item.get("description"), item.get("mimeType"))
            for item in self._dialect.resources()
        )

    async def read_resource(self, uri: str, policy: CallPolicy) -> str:
        """A resource of the simulated server."""
        try:
            return self._dialect.read(uri)
        except CallRefusedError as refusal:
            raise ToolNotFoundError(refusal.message) from refusal

    def use_one_call_at_a_time(self) -> None:
        """Nothing to do: there is only one thread."""

    async def close(self) -> None:
        """Nothing to close."""


async def fill_from_seed(context: ServiceContext, demo: DemoSettings) -> None:
    """Put the demo's tasks into its store, from the very world that the simulator's process will show."""
    from dataclasses import replace

    from jjm_tui.services.reading import TaskReader
    from jjm_tui.simulator.rest_dialect import RestDialect
    from jjm_tui.simulator.world import World

    world = World(demo.seed, demo.tasks, demo.speed, state_path=demo.state)
    server = JulesServer(WorldCaller(RestDialect(world)), context.clock, "seed")
    reader = TaskReader(replace(context, server=server))
    reading = await reader.refresh_list()
    for task_id in list(reading.absorbed.tasks)[:_READ_WHOLE]:
        await reader.refresh_task(task_id)
