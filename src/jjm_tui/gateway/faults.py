"""Every foreign failure on the way of a call, turned into one of our errors with its true effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jjm_tui.errors import (
    AnswerTooLongError,
    AuthenticationError,
    Effect,
    JulesManagerError,
    OperationTimeoutError,
    ProtocolError,
    RateLimitedError,
    ServerConnectionError,
    ServiceUnavailableError,
    ToolArgumentsError,
    ToolNotFoundError,
)
from jjm_tui.gateway.refusals import classify_text, leaves_doubt, strip_decoration
from jjm_tui.gateway.slips import Slip, WritingRefused
from jjm_tui.gateway.spec import server_named
from jjm_tui.ports import ToolAnswer

if TYPE_CHECKING:
    from jjm_tui.gateway.wires import Wire

__all__ = [
    "Answered",
    "call_error",
    "flatten",
    "http_error",
    "is_closed",
    "made_by_http",
    "not_mcp",
    "too_long",
    "unsendable",
]

_UNKNOWN_METHOD = -32601
_BAD_ARGUMENTS = -32602
_PARSE_ERROR = -32700
_CLOSED = -32000
_TIMED_OUT = -32001
_NO_RESOURCE = -32002
_HTTP_TIMED_OUT = 408
_REDIRECT = "Redirect to "
_DAY = 86_400


class Answered(Exception):  # noqa: N818
    """The server answered a request with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def judge_tool(self, tool: str, label: str) -> ToolAnswer:
        """The tool's failure for the dialect to read.

        Some servers check their own answer after the tool has run, and complain about it under the number for wrong
        arguments: then the words decide.

        Raises:
            ToolNotFoundError, ToolArgumentsError: the protocol itself says so.
        """
        context = {"server_said": strip_decoration(self.message)[:2000], "rpc_code": self.code}
        if self.code in (_UNKNOWN_METHOD, _BAD_ARGUMENTS) and not leaves_doubt(self.message):
            said = classify_text(self.message, writing=True)
            if self.code == _UNKNOWN_METHOD or isinstance(said, ToolNotFoundError):
                raise ToolNotFoundError(
                    f"The {server_named(label)} has no tool named {tool}.",
                    hint="`jjm server tools` shows what it has.",
                    context=context,
                    effect=Effect.REFUSED,
                )
            raise ToolArgumentsError(
                said.message,
                hint="`jjm server tools` shows what it takes.",
                context=context,
                effect=Effect.REFUSED,
            )
        return ToolAnswer(self.message, structured=self.data, is_error=True)

    def judge_resource(self, uri: str, label: str) -> JulesManagerError:
        """The error that it is for a resource."""
        said = classify_text(self.message, writing=False)
        unknown = "unknown resource" in self.message.lower() or "resource not found" in self.message.lower()
        if unknown or self.code in (_UNKNOWN_METHOD, _NO_RESOURCE):
            return ToolNotFoundError(
                f"The {server_named(label)} has no resource {uri}.",
                hint="`jjm server resources` shows what it has.",
                context=said.context,
                effect=Effect.REFUSED,
            )
        return said


def flatten(error: BaseException) -> BaseException:
    """The failure at the bottom of nested exception groups; ours first, cancellations last."""
    leaves = _leaves(error)
    for kind in (JulesManagerError, Exception, BaseException):
        for leaf in leaves:
            if isinstance(leaf, kind):
                return leaf
    return error


def _leaves(error: BaseException) -> Sequence[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def call_error(error: Exception, slip: Slip, wire: Wire, label: str, what: str, timeout: float) -> Exception:
    """What a failed request amounts to. ``error`` is anything that came out of the SDK, the pipe or our callback."""
    from mcp import MCPError
    from pydantic import ValidationError as SchemaMismatch

    cause = flatten(error)
    if (known := _known_failure(cause, slip, label)) is not None:
        return known
    if isinstance(cause, MCPError):
        return _rpc_error(cause, slip, wire, label, what, timeout)
    if isinstance(cause, TimeoutError):
        return _timed_out(what, timeout, label, slip)
    if isinstance(cause, ValueError | TypeError) and not isinstance(cause, SchemaMismatch) and not slip.left:
        return unsendable(cause, what)
    never_began = isinstance(cause, RuntimeError) and not slip.left
    if wire.ended.is_set() or is_closed(cause) or never_began:
        return _ended(wire, label, slip)
    return _unreadable(cause, slip, label, what)


def unsendable(cause: BaseException, what: str) -> ToolArgumentsError:
    """Arguments that cannot be written as JSON, such as half a character."""
    return ToolArgumentsError(
        f"The arguments of {what} cannot be sent.",
        hint="They hold something that is not text, such as half a character.",
        context={"what": type(cause).__name__},
    )


def _known_failure(cause: BaseException, slip: Slip, label: str) -> Exception | None:
    """What we noted on the slip while the request was on its way, or raised ourselves."""
    refusal = slip.refusal or (cause if isinstance(cause, WritingRefused) else None)
    if refusal is not None:
        return refusal.cause
    if slip.failure is not None:
        return slip.failure
    if isinstance(cause, JulesManagerError):
        return cause
    return http_error(slip.http_status, slip.retry_after, label, slip.effect)


def _rpc_error(error: Any, slip: Slip, wire: Wire, label: str, what: str, timeout: float) -> Exception:
    if not slip.is_answered and error.code == _TIMED_OUT:
        return _timed_out(what, timeout, label, slip)
    if not slip.is_answered and error.code == _CLOSED:
        return _ended(wire, label, slip)
    made_up = made_by_http(error, label, slip.effect) if wire.is_http else None
    return made_up or Answered(error.code, error.message, error.data)


def made_by_http(error: BaseException, label: str, effect: Effect) -> JulesManagerError | None:
    """What it amounts to when it is an answer that the SDK's HTTP transport writes itself when there is none."""
    words = str(error)
    if getattr(error, "code", None) == _PARSE_ERROR or words.startswith(
        ("Unexpected content type", "server answered a request with 202")
    ):
        return not_mcp(error, label, effect)
    if words.startswith(_REDIRECT):
        address = words.removeprefix(_REDIRECT).partition(" not followed")[0]
        return ServerConnectionError(
            f"The {server_named(label)} redirects elsewhere, which is not followed.",
            hint=f"If you trust the new address, {address[:300]}, put it into the settings.",
            context={"what": words[:300]},
            effect=effect,
        )
    if words == "Session terminated" or words.startswith("SSE stream") or is_closed(error):
        return ServerConnectionError(
            f"The connection to {label} ended before it answered.",
            hint="Try `jjm doctor`: it tests the server.",
            context={"what": words[:300]},
            effect=effect,
        )
    return None


def not_mcp(cause: BaseException, label: str, effect: Effect) -> ProtocolError:
    """An address answered, with something else than MCP."""
    return ProtocolError(
        f"The {server_named(label)} sent an answer that is not MCP.",
        hint="Check the address: is it the MCP endpoint?",
        context={"what": str(cause)[:300]},
        effect=effect,
    )


def http_error(status: int | None, retry_after: float | None, label: str, effect: Effect) -> JulesManagerError | None:
    """What an HTTP status other than success amounts to."""
    if status is None or status < 400:
        return None
    context: dict[str, Any] = {"http_status": status}
    if retry_after is not None:
        context["retry_after"] = retry_after
    refused = Effect.NONE if effect is Effect.NONE else Effect.REFUSED
    if status in (401, 403):
        return AuthenticationError(
            f"The {server_named(label)} refuses our credentials ({status}).",
            hint="Check the headers in the settings of this server.",
            context=context,
            effect=refused,
        )
    if status == 429:
        is_told = retry_after is not None and 1 <= retry_after <= _DAY
        return RateLimitedError(
            f"The {server_named(label)} asks for fewer calls.",
            hint=f"It asks to wait for {retry_after:.0f} s." if is_told else "Wait a minute, then try again.",
            context=context,
            effect=refused,
        )
    if status >= 500 or status == _HTTP_TIMED_OUT:
        return ServiceUnavailableError(
            f"The {server_named(label)} is in trouble ({status}).",
            hint="It may pass by itself; if it stays, the server's own log may tell more.",
            context=context,
            effect=effect,
        )
    return ServerConnectionError(
        f"The {server_named(label)} answers {status}.",
        hint="Check the address: is it the MCP endpoint?",
        context=context,
        effect=refused,
    )


def _timed_out(what: str, timeout: float, label: str, slip: Slip) -> OperationTimeoutError:
    return OperationTimeoutError(
        f"The {server_named(label)} did not answer {what} within {max(round(timeout, 1), 0.1):g} s.",
        hint="It may still be busy; read the task again before you repeat anything." if slip.left else None,
        context={"timeout": timeout},
        effect=slip.effect,
    )


def too_long(
    label: str, size: int, limit: int, effect: Effect, *, shared_by: int = 1, has_end: bool = True
) -> AnswerTooLongError:
    """An answer that was thrown away; ``shared_by``: how many calls it may have been the answer to."""
    which = "An answer" if shared_by == 1 else f"One of {shared_by} answers"
    context: dict[str, Any] = {"bytes": size, "limit": limit, "setting": "server.max_line_bytes"}
    if shared_by > 1:
        context["shared_by"] = shared_by
    return AnswerTooLongError(
        f"{which} of the {server_named(label)} is longer than accepted: "
        f"{'' if has_end else 'more than '}{_megabytes(size)}, and server.max_line_bytes allows {_megabytes(limit)}.",
        hint=f"Raise server.max_line_bytes in the settings (now {limit}) if you want to read it.",
        context=context,
        effect=effect,
    )


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, size // 1024)} KB"


def _unreadable(cause: BaseException, slip: Slip, label: str, what: str) -> ProtocolError:
    return ProtocolError(
        f"The {server_named(label)} sent an answer to {what} that is not MCP.",
        hint="This is a fault of the server; try another version of it.",
        context={"what": str(cause)[:300]},
        effect=slip.effect,
    )


def _ended(wire: Wire, label: str, slip: Slip) -> JulesManagerError:
    why = wire.failure
    if why is None:
        return ServerConnectionError(f"The connection to {label} ended before it answered.", effect=slip.effect)
    return type(why)(why.message, hint=why.hint, context=why.context, effect=slip.effect)


def is_closed(cause: BaseException) -> bool:
    """Whether it says that the connection is closed."""
    return getattr(cause, "code", None) == _CLOSED or type(cause).__name__ in (
        "ClosedResourceError",
        "BrokenResourceError",
    )
