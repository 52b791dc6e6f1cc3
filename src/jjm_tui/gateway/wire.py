"""The line between *how a call travels* (transport, connection, calls) and *what it means* (dialects)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from jjm_tui.errors import JulesManagerError
from jjm_tui.ports import Priority, ResourceInfo, ToolAnswer, ToolInfo

CallKind = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How one call is to be made.

    ``read`` calls may be repeated after failures that are safe to repeat; ``write`` calls never are.
    ``timeout``: seconds for the call with all its repetitions, waiting in the queue excluded; ``None``: as the
    settings say, but never less than ``at_least``. ``written``: called immediately before the first byte of the
    request goes out; when it raises, nothing goes out and its error comes back. ``judge`` reads the answer and returns
    the error it amounts to, or ``None`` when it is good; it decides what may be retried.
    """

    kind: CallKind = "read"
    priority: Priority = Priority.USER
    timeout: float | None = None
    at_least: float | None = None
    written: Callable[[], None] | None = None
    judge: Callable[[ToolAnswer], JulesManagerError | None] | None = None


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a server told about itself at the start. ``tools`` are complete (all pages)."""

    name: str | None
    version: str | None
    protocol: str | None
    tools: tuple[ToolInfo, ...]
    has_resources: bool


class Caller(Protocol):
    """Makes calls for a dialect.

    A tool's own failure (``isError``, and every JSON-RPC error other than unknown tool -32601 and bad arguments
    -32602) is a ``ToolAnswer`` with ``is_error``, handed to ``judge``; everything else that goes wrong is raised
    as an error of ``jjm_tui.errors`` with its ``effect``.
    """

    async def connect(self) -> Handshake:
        """Start and shake hands if needed. Raises ServerStartError, OperationTimeoutError, AuthenticationError."""

    async def call(self, tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
        """Call a tool."""

    async def list_resources(self, policy: CallPolicy) -> tuple[ResourceInfo, ...]:
        """All resources, all pages."""

    async def read_resource(self, uri: str, policy: CallPolicy) -> str:
        """The text of a resource."""

    def use_one_call_at_a_time(self) -> None:
        """From now on never two calls at once, across processes where a lock was configured."""

    async def close(self) -> None:
        """End the connection and the whole process group of the server."""
