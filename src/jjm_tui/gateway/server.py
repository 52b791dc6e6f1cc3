"""A Jules MCP server as the services see it: the right dialect behind one set of names, and raw access to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import unquote

import anyio

from jjm_tui.domain.task import Task
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.errors import AnswerTooLongError, ConfigurationError, ToolNotFoundError, UnsupportedOperationError
from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.dialects.base import Dialect
from jjm_tui.gateway.dialects.detection import detect
from jjm_tui.gateway.echoes import list_words
from jjm_tui.gateway.refusals import classify_text
from jjm_tui.gateway.spec import CallerState
from jjm_tui.gateway.wire import Caller, CallPolicy, Handshake
from jjm_tui.ports import (
    Answer,
    Capabilities,
    Clock,
    CreatePlan,
    CreateRequest,
    DiffReading,
    Priority,
    RecentCall,
    Repository,
    ResourceInfo,
    ServerInfo,
    TaskListing,
    TaskReading,
    ToolAnswer,
    ToolInfo,
)

_SECRET_TOOLS: Final = re.compile(r"cookie|wizard", re.IGNORECASE)
_SECRET_RESOURCES: Final = re.compile(r"(?:^|[:/])(?:prompts|guides)(?:$|[/?#])|cookie|wizard", re.IGNORECASE)


class JulesServer:
    """Implements ``ports.TaskServer`` over a ``Caller``. ``label`` names the server in the settings."""

    def __init__(self, caller: Caller, clock: Clock, label: str) -> None:
        self._caller = caller
        self._clock = clock
        self._label = label
        self._lock = anyio.Lock()
        self._handshake: Handshake | None = None
        self._dialect: Dialect | None = None

    async def connect(self) -> Capabilities:
        """Start, shake hands and find the dialect if that has not happened.

        Raises:
            ConfigurationError: a server of no known family; raw access still works.
            ServerConnectionError: it could not be started or does not answer.
        """
        return (await self._connected()).capabilities

    async def _connected(self) -> Dialect:
        """The dialect of the server that runs now: one that was started again may offer other tools."""
        handshake = await self._shake_hands()
        async with self._lock:
            if self._dialect is None:
                self._dialect = await detect(handshake, self._caller, self._clock)
            return self._dialect

    async def _shake_hands(self) -> Handshake:
        handshake = await self._caller.connect()
        if self._handshake is None or self._handshake.tools != handshake.tools:
            self._dialect = None
        self._handshake = handshake
        return handshake

    async def close(self) -> None:
        """End the connection and the server's whole process group."""
        await self._caller.close()
        self._handshake = None
        self._dialect = None

    def info(self) -> ServerInfo:
        """What is known about the server now; never waits."""
        shaken = self._handshake
        capabilities = None if self._dialect is None else self._dialect.capabilities
        state = getattr(self._caller, "state", None)
        state = state if isinstance(state, CallerState) else CallerState(self._label, "idle")
        return ServerInfo(
            label=self._label,
            name=None if shaken is None or shaken.name is None else clean_line(shaken.name),
            version=None if shaken is None or shaken.version is None else clean_line(shaken.version),
            protocol=None if shaken is None or shaken.protocol is None else clean_line(shaken.protocol),
            dialect=None if capabilities is None else capabilities.dialect,
            capabilities=capabilities,
            tools=() if shaken is None else tuple(clean_line(tool.name) for tool in shaken.tools),
            last_words=state.last_words,
            breaker=state.breaker,
            restarts=state.restarts,
            status=state.status,
            trouble=state.trouble,
            budget_used=state.budget_used,
            budget_limit=state.budget_limit,
            waiting=state.waiting,
            running=state.running,
            was_up=state.was_up,
            next_start_at=state.next_start_at,
            silent_since=state.silent_since,
            recent=tuple(
                RecentCall(call.tool, call.started_at, call.seconds, call.attempts, call.outcome)
                for call in state.recent
            ),
        )

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever the connection or the breaker changes; answer how to stop that."""
        if isinstance(self._caller, SupervisedCaller):
            return self._caller.watch(lambda _: listener())
        return lambda: None

    async def restart(self) -> None:
        """End the server if it runs, forget that it gave up, and start it again.

        Raises:
            ServerConnectionError: it could not be started.
        """
        if isinstance(self._caller, SupervisedCaller):
            await self._caller.restart()
        await self.connect()

    # --- tasks ----------------------------------------------------------------------------------------------

    async def list_tasks(
        self, *, priority: Priority = Priority.USER, on_page: Callable[[int], None] | None = None
    ) -> TaskListing:
        """See ``ports.TaskServer``."""
        return await (await self._connected()).list_tasks(priority, on_page)

    async def get_task(
        self, task_id: str, *, known: Task | None = None, priority: Priority = Priority.USER
    ) -> TaskReading:
        """See ``ports.TaskServer``."""
        dialect = await self._connected()
        with _about(task_id):
            return await dialect.get_task(task_id, known, priority)

    async def get_diff(self, task_id: str, *, priority: Priority = Priority.USER) -> DiffReading:
        """See ``ports.TaskServer``."""
        dialect = await self._connected()
        with _about(task_id):
            return await dialect.get_diff(task_id, priority)

    async def list_repositories(self, *, priority: Priority = Priority.USER) -> tuple[Repository, ...]:
        """See ``ports.TaskServer``."""
        return await (await self._connected()).list_repositories(priority)

    async def plan_create(self, request: CreateRequest) -> CreatePlan:
        """See ``ports.TaskServer``."""
        return await (await self._connected()).plan_create(request)

    async def create_task(self, request: CreateRequest, *, written: Callable[[], None]) -> Answer:
        """See ``ports.TaskServer``. Raises UnsupportedOperationError when ``plan_create`` refuses."""
        return await (await self._connected()).create_task(request, written)

    async def send_message(self, task_id: str, text: str, *, written: Callable[[], None]) -> Answer:
        """See ``ports.TaskServer``."""
        return await (await self._connected()).send_message(task_id, text, written)

    async def approve_plan(self, task_id: str, *, written: Callable[[], None]) -> Answer:
        """See ``ports.TaskServer``."""
        return await (await self._connected()).approve_plan(task_id, written)

    async def resume_task(self, task_id: str, message: str, *, written: Callable[[], None]) -> Answer:
        """See ``ports.TaskServer``."""
        return await (await self._connected()).resume_task(task_id, message, written)

    # --- raw access -----------------------------------------------------------------------------------------

    async def list_tools(self) -> tuple[ToolInfo, ...]:
        """All tools, all pages; names and descriptions are cleaned."""
        tools = (await self._shake_hands()).tools
        return tuple(ToolInfo(clean_line(tool.name), _cleaned(tool.description), tool.input_schema) for tool in tools)

    async def call_tool(
        self, name: str, arguments: Mapping[str, Any], *, written: Callable[[], None] | None = None
    ) -> ToolAnswer:
        """Call a tool directly. Never repeated; its text comes back cleaned.

        Raises:
            UnsupportedOperationError: a tool that hands out or takes cookies or other credentials.
            ToolNotFoundError: the server does not offer it.
            JulesManagerError: what the answer amounts to when it is a failure.
        """
        if _SECRET_TOOLS.search(name) is not None:
            raise _holds_secrets(f"The tool {clean_line(name)!r}")
        tools = (await self._shake_hands()).tools
        if tools and name not in {tool.name for tool in tools}:
            raise ToolNotFoundError(
                f"The server has no tool {clean_line(name)!r}.",
                hint="`jjm server tools` lists them.",
                context={"tool": clean_line(name)},
            )
        await self._use_its_manners()
        answer = await self._caller.call(name, arguments, CallPolicy(kind="write", written=written))
        if answer.is_error:
            raise classify_text(answer.text, writing=True, sent=list_words(arguments))
        return ToolAnswer(clean(answer.text), answer.structured)

    async def list_resources(self) -> tuple[ResourceInfo, ...]:
        """All resources, all pages; cleaned."""
        await self._shake_hands()
        found = await self._caller.list_resources(CallPolicy())
        return tuple(
            ResourceInfo(
                clean_line(item.uri), clean_line(item.name), _cleaned(item.description), _cleaned(item.mime_type)
            )
            for item in found
        )

    async def read_resource(self, uri: str) -> str:
        """The text of a resource, cleaned.

        Raises:
            UnsupportedOperationError: a resource that is known to hold credentials.
            ToolNotFoundError: the server has no such resource.
        """
        if _SECRET_RESOURCES.search(unquote(uri)) is not None:
            raise _holds_secrets(f"The resource {clean_line(uri)!r}")
        await self._shake_hands()
        await self._use_its_manners()
        return clean(await self._caller.read_resource(uri, CallPolicy()))

    async def _use_its_manners(self) -> None:
        """Find the dialect first, because some servers must be spoken to one call at a time."""
        try:
            await self._connected()
        except ConfigurationError:
            return


@contextmanager
def _about(task_id: str) -> Iterator[None]:
    """An answer that was too long to be kept is told with the task that it was about."""
    try:
        yield
    except AnswerTooLongError as error:
        error.context["task_id"] = task_id
        error.message = f"Task {task_id} cannot be read: {error.message}"
        error.args = (error.message,)
        raise


def _cleaned(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _holds_secrets(what: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(
        f"{what} is not used: it handles sign-in cookies or other people's credentials.",
        hint="Sign in with the server's own program instead.",
    )
