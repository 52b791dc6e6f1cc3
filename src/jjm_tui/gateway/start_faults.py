"""Why a server could not be started or reached, in words that say what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from jjm_tui.errors import (
    AuthenticationError,
    ConfigurationError,
    Effect,
    JulesManagerError,
    ProtocolError,
    ServerConnectionError,
    ServerStartError,
)
from jjm_tui.gateway.faults import flatten, is_closed, made_by_http, not_mcp
from jjm_tui.gateway.refusals import strip_decoration
from jjm_tui.gateway.spec import server_named

if TYPE_CHECKING:
    from jjm_tui.gateway.spec import ServerSpec
    from jjm_tui.gateway.wires import Wire

_INSTALL = {
    "node": "Install Node.js 22 or newer from nodejs.org.",
    "npx": "Install Node.js 22 or newer from nodejs.org; npx comes with it.",
    "npm": "Install Node.js 22 or newer from nodejs.org; npm comes with it.",
    "uvx": "Install uv; uvx comes with it.",
    "uv": "Install uv.",
    "docker": "Install Docker, and start it.",
}
_KEY_MISSING = re.compile(
    r"api[ _-]?key.*(?:required|missing|not |invalid|must|please|undefined|expired|empty|refused|denied)"
    r"|(?:missing|no|set|provide|need|invalid|require[sd]?|without|pass)\b.*api[ _-]?key",
    re.IGNORECASE,
)
_START_HINTS = (
    (
        re.compile(r"markAsUncloneable|Unsupported engine|EBADENGINE|requires? Node", re.IGNORECASE),
        "The server needs a newer Node.js; install version 22.19 or later.",
    ),
    (
        re.compile(r"ENOTFOUND|EAI_AGAIN|network|ECONNREFUSED", re.IGNORECASE),
        "It could not be downloaded or reach the network; check the connection.",
    ),
    (
        re.compile(r"\bE404\b|npm (?:ERR!|error) 404", re.IGNORECASE),
        "npm does not know that package; check its name in the settings.",
    ),
    (
        re.compile(r"Cannot find module|MODULE_NOT_FOUND|ModuleNotFoundError", re.IGNORECASE),
        "The server is not completely installed; install or build it again.",
    ),
)
_LOST = ("ReadError", "WriteError", "CloseError", "ReadTimeout", "WriteTimeout")
"""What the HTTP client raises when a connection that was made comes to nothing."""
_START_HINT = "Run its command by hand to see more; `jjm doctor` checks what it needs."


def start_error(
    error: BaseException, spec: ServerSpec, wire: Wire | None, last_words: tuple[str, ...]
) -> JulesManagerError:
    """Why a server could not be started or did not shake hands."""
    cause = flatten(error)
    if spec.url is not None:
        return _not_ready(cause, spec)
    if isinstance(cause, OSError) and not isinstance(cause, TimeoutError):
        return _cannot_run(cause, spec)
    if isinstance(cause, JulesManagerError) and not isinstance(cause, ServerConnectionError):
        return cause
    words = [strip_decoration(line) for line in last_words]
    context = {"last_words": words[-10:]}
    quote = _quote(words)
    if any(_KEY_MISSING.search(line) for line in words):
        return AuthenticationError(
            f"The {server_named(spec.label)} does not start without an API key{quote}.",
            hint="Set JULES_API_KEY, and let the settings pass it to the server (`pass_env`).",
            context=context,
        )
    how = wire.describe_end() if wire is not None else "could not be started"
    if isinstance(cause, JulesManagerError) or is_closed(cause):
        return ServerStartError(
            f"The {server_named(spec.label)} {how} before it was ready{quote}.",
            hint=_find_start_hint(words),
            context=context,
        )
    return ProtocolError(
        f"The {server_named(spec.label)} does not speak MCP as expected.",
        hint="Check the command in the settings: does it start an MCP server over stdio?",
        context={**context, "what": str(cause)[:300]},
    )


def _find_start_hint(words: Sequence[str]) -> str:
    for pattern, hint in _START_HINTS:
        if any(pattern.search(line) for line in words):
            return hint
    return _START_HINT


def _quote(words: Sequence[str]) -> str:
    """Its most telling last line, in quotes."""
    lines = [line.strip() for line in words if line.strip()]
    if not lines:
        return ""
    telling = [line for line in lines if "error" in line.lower() and not line.startswith("at ")]
    line = (telling or lines)[-1]
    return f": “{line[:200].rstrip('.')}”"


def cannot_run(error: JulesManagerError) -> bool:
    """Whether starting it again is pointless until somebody installs something or corrects the settings."""
    return isinstance(error, ConfigurationError) or "cannot_run" in error.context


def _cannot_run(cause: OSError, spec: ServerSpec) -> JulesManagerError:
    program = spec.command[0] if spec.command else ""
    if spec.cwd is not None and cause.filename is not None and str(cause.filename) == str(spec.cwd):
        return ServerStartError(
            f"The folder {spec.cwd} of the {server_named(spec.label)} is not there.",
            hint="Correct `cwd` in the settings.",
            context={"cannot_run": True},
        )
    if cause.errno in (errno.ENOENT, errno.ENOTDIR):
        hint = _INSTALL.get(PurePath(program).name, "Install it, or correct the command in the settings.")
        return ServerStartError(
            f"The program {program} of the {server_named(spec.label)} is not there.",
            hint=hint,
            context={"command": program, "cannot_run": True},
        )
    if cause.errno in (errno.EACCES, errno.ENOEXEC):
        return ServerStartError(
            f"The program {program} of the {server_named(spec.label)} cannot be run.",
            hint="Is it executable?",
            context={"command": program, "cannot_run": True},
        )
    return ServerStartError(
        f"The {server_named(spec.label)} could not be started: {cause.strerror or cause}.", context={"command": program}
    )


def _not_ready(cause: BaseException, spec: ServerSpec) -> JulesManagerError:
    """Why a server behind an address did not shake hands; that it was reached is never denied."""
    from httpx2 import InvalidURL, TransportError

    if isinstance(cause, JulesManagerError | InvalidURL | TransportError | OSError):
        return unreachable(cause, spec)
    return made_by_http(cause, spec.label, Effect.NONE) or not_mcp(cause, spec.label, Effect.NONE)


def unreachable(cause: BaseException, spec: ServerSpec) -> JulesManagerError:
    """Why no answer came from an address."""
    words = str(cause) or type(cause).__name__
    if type(cause).__name__ in ("InvalidURL", "UnsupportedProtocol"):
        return ConfigurationError(
            f"The address of the {server_named(spec.label)} is not a URL.", hint="Correct `url` in the settings."
        )
    if isinstance(cause, JulesManagerError):
        return cause
    if "certificate" in words.lower() or "ssl" in words.lower():
        return ServerConnectionError(
            f"The certificate of the {server_named(spec.label)} is not trusted.",
            hint="Check the address; a company proxy may need its own certificate authority.",
            context={"what": words[:300]},
        )
    is_over = type(cause).__name__ == "RemoteProtocolError" and "disconnected" in words
    if is_over or type(cause).__name__ in _LOST:
        return ServerConnectionError(
            f"The {server_named(spec.label)} was reached, but the connection ended without an answer.",
            hint="Check the address: is it the MCP endpoint? The server's log may tell more.",
            context={"what": words[:300]},
        )
    if type(cause).__name__ == "RemoteProtocolError":
        return not_mcp(cause, spec.label, Effect.NONE)
    return ServerConnectionError(
        f"The {server_named(spec.label)} cannot be reached.",
        hint="Check the address and the network; is the server running?",
        context={"what": words[:300]},
    )
