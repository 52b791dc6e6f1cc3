"""The doctor's checks of a server: does it start, is it understood, does it let us in; each with the way out."""

from __future__ import annotations

from collections.abc import AsyncIterator

from jjm_tui.domain.sync import tell_unreadable
from jjm_tui.errors import (
    AuthenticationError,
    ConfigurationError,
    JulesManagerError,
    OperationTimeoutError,
    ToolRefusedError,
)
from jjm_tui.ports import Capabilities, TaskServer
from jjm_tui.services.results import Check

_OPERATIONS = ("list", "get", "plan", "diff", "create", "message", "approve", "resume")


async def check_server(server: TaskServer) -> AsyncIterator[Check]:
    """Start the server, shake hands, recognise its dialect, and read its list once."""
    try:
        capabilities = await server.connect()
    except ConfigurationError as error:
        yield Check("server", "ok", _greeting(server))
        yield _failed("dialect", error, server)
        return
    except JulesManagerError as error:
        yield _failed("server", error, server)
        return
    yield Check("server", "ok", _greeting(server), facts={"protocol": server.info().protocol})
    yield describe_dialect(capabilities)
    yield await _check_account(server, capabilities)


def _greeting(server: TaskServer) -> str:
    info = server.info()
    name = " ".join(word for word in (info.name, info.version) if word) or info.label
    return f"{name} answered with {len(info.tools)} tools (protocol {info.protocol or 'not told'})."


def describe_dialect(capabilities: Capabilities) -> Check:
    """Which family the server is of, and what it cannot do, with the reasons as details."""
    missing = [name for name in _OPERATIONS if name in capabilities.unavailable]
    limits = []
    if not capabilities.list_has_status:
        limits.append("Its list never changes a status: only a task's page tells it, which get and monitor read.")
    if capabilities.list_limit is not None:
        limits.append(f"Its list shows {capabilities.list_limit} tasks at most.")
    if not capabilities.whole_plan:
        limits.append("Plans cannot be shown whole: approving one needs --incomplete.")
    if not capabilities.parallel_calls:
        limits.append("It is asked one thing at a time.")
    reasons = sorted(capabilities.unavailable.items())
    details = (*limits, *(f"{name}: {reason}" if name in _OPERATIONS else reason for name, reason in reasons))
    if missing:
        return Check(
            "dialect",
            "warning",
            f"{capabilities.dialect} · not offered: {', '.join(missing)}.",
            way_out="Use another server for these, see jjm setup.",
            details=details,
        )
    return Check("dialect", "ok", f"{capabilities.dialect} · every operation on tasks is available.", details=details)


async def _check_account(server: TaskServer, capabilities: Capabilities) -> Check:
    try:
        listing = await server.list_tasks()
    except AuthenticationError as error:
        return _failed("account", error, server)
    except ToolRefusedError as error:
        return Check(
            "account",
            "failed",
            f"The server does not show its list: {error.message}",
            way_out=error.hint or "Most often the API key is wrong: check it on the settings page of jules.google.com.",
            error=error,
        )
    except JulesManagerError as error:
        return _failed("account", error, server)
    count = len(listing.tasks)
    seen = f"{count} task{'' if count == 1 else 's'}{' and more' if listing.truncated else ''}"
    missing = tell_unreadable(listing.unreadable) if listing.unreadable else ""
    if not capabilities.list_has_status:
        told = f"The server's own list has {seen}; whether you are signed in shows only when a task is opened."
        return Check(
            "account", "warning", f"{told} {missing}".strip(), way_out="Open one: jjm get TASK", details=listing.remarks
        )
    told = f"Jules let us in: {seen} listed."
    if not missing:
        return Check("account", "ok", told, details=listing.remarks)
    way_out = "`jjm server call` shows the server's whole answer; the website of Jules has every task."
    return Check("account", "warning", f"{told} {missing}", way_out=way_out, details=listing.remarks)


def _failed(name: str, error: JulesManagerError, server: TaskServer) -> Check:
    way_out = error.hint
    if isinstance(error, OperationTimeoutError) and way_out is None:
        way_out = (
            "Start the command by hand and see whether it waits for something; server.start_timeout sets the wait."
        )
    words = server.info().last_words
    said = error.context.get("last_words")
    if not words and isinstance(said, list | tuple):
        words = tuple(str(line) for line in said)
    details = ("The server's last words:", *(f"  {line}" for line in words[-10:])) if words else ()
    return Check(name, "failed", error.message, way_out=way_out, details=details, error=error)
