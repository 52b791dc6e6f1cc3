"""Every failure a person or a script can meet, each with a stable code.

::

    JulesManagerError                    error
    ├── ServerConnectionError            connection_failed
    │   └── ServerStartError             server_start_failed
    ├── AuthenticationError              not_authenticated
    ├── TaskNotFoundError                task_not_found
    │   └── AmbiguousTaskError           ambiguous_task
    ├── OperationFailedError             operation_failed
    │   ├── ToolNotFoundError            tool_not_found
    │   ├── ToolArgumentsError           invalid_arguments
    │   ├── ToolRefusedError             tool_refused
    │   ├── RateLimitedError             rate_limited
    │   ├── ServiceUnavailableError      service_unavailable
    │   ├── ProtocolError                protocol_error
    │   │   └── AnswerTooLongError       protocol_error
    │   └── UnsupportedOperationError    unsupported
    ├── WrongStateError                  wrong_state
    ├── ConfigurationError               configuration_error
    ├── StorageError                     storage_error
    │   ├── StoreDamagedError            store_damaged
    │   └── StoreSchemaError             store_schema
    ├── ValidationError                  validation_error
    │   └── FilterError                  filter_error
    ├── OperationTimeoutError            timeout
    └── AmbiguousOutcomeError            ambiguous_outcome

``message`` is one clear sentence for people, ``hint`` what to do next, ``context`` facts for logs and scripts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar


class Effect(StrEnum):
    """What a failed call may have changed on the server."""

    NONE = "none"
    """Nothing: no byte of the request left this machine."""
    REFUSED = "refused"
    """Nothing: the server answered and said no."""
    UNKNOWN = "unknown"
    """Perhaps: the request was at least partly written and no clear answer came."""


class JulesManagerError(Exception):
    """Base of all errors of this program.

    ``effect`` tells what the failed call may have changed on the server; it is ``Effect.NONE`` for
    everything that never reached a server.
    """

    code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        context: Mapping[str, Any] | None = None,
        effect: Effect = Effect.NONE,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context: dict[str, Any] = dict(context or {})
        self.effect = effect

    def to_dict(self) -> dict[str, Any]:
        """The ``error`` object of ``--json`` output (see ``cli.md``)."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "context": self.context}


class ServerConnectionError(JulesManagerError):
    """The MCP server is not reachable, or the connection to it ended."""

    code = "connection_failed"


class ServerStartError(ServerConnectionError):
    """The MCP server could not be started, or died or fell silent before the handshake was done."""

    code = "server_start_failed"


class AuthenticationError(JulesManagerError):
    """Jules refused the key, or nobody is signed in."""

    code = "not_authenticated"


class TaskNotFoundError(JulesManagerError):
    """No task has this id."""

    code = "task_not_found"


class AmbiguousTaskError(TaskNotFoundError):
    """Several tasks match an abbreviated id."""

    code = "ambiguous_task"


class OperationFailedError(JulesManagerError):
    """The server answered, and the answer is a failure."""

    code = "operation_failed"


class ToolNotFoundError(OperationFailedError):
    """The server has no tool or resource of this name."""

    code = "tool_not_found"


class ToolArgumentsError(OperationFailedError):
    """The server rejected the arguments of a tool."""

    code = "invalid_arguments"


class ToolRefusedError(OperationFailedError):
    """A tool answered with ``isError``, or with an envelope that says no."""

    code = "tool_refused"


class RateLimitedError(OperationFailedError):
    """Jules asks for fewer calls (HTTP 429)."""

    code = "rate_limited"


class ServiceUnavailableError(OperationFailedError):
    """Jules or the server behind the MCP server is in trouble (HTTP 5xx)."""

    code = "service_unavailable"


class ProtocolError(OperationFailedError):
    """The server sent something that is not MCP, or that nobody can read."""

    code = "protocol_error"


class AnswerTooLongError(ProtocolError):
    """An answer was longer than the setting ``server.max_line_bytes`` allows, and was thrown away unread.

    ``context``: ``bytes`` and ``limit``; ``shared_by`` where nobody can tell which of so many calls it answered.
    """


class UnsupportedOperationError(OperationFailedError):
    """This server has no way to do that."""

    code = "unsupported"


class WrongStateError(JulesManagerError):
    """The task is not in a state that allows the operation."""

    code = "wrong_state"


class ConfigurationError(JulesManagerError):
    """The settings are wrong or incomplete."""

    code = "configuration_error"


class StorageError(JulesManagerError):
    """A local file could not be read or written; ``context["path"]`` names it."""

    code = "storage_error"


class StoreDamagedError(StorageError):
    """A local file is not what it should be; it was set aside or left alone, never overwritten."""

    code = "store_damaged"


class StoreSchemaError(StorageError):
    """A local file was written by a newer version: readable, but not to be written."""

    code = "store_schema"


class ValidationError(JulesManagerError):
    """An input is not acceptable; ``context["field"]`` names it."""

    code = "validation_error"


class FilterError(ValidationError):
    """A filter query is wrong; ``context["position"]`` is the 0-based column."""

    code = "filter_error"


class OperationTimeoutError(JulesManagerError):
    """The server did not answer in time."""

    code = "timeout"


class AmbiguousOutcomeError(JulesManagerError):
    """The operation may or may not have happened."""

    code = "ambiguous_outcome"
