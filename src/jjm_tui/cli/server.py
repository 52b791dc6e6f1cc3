"""``server``: the MCP server itself - its tools, its resources, single calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, UsageError
from jjm_tui.cli.loop import run_async
from jjm_tui.cli.operating import read_standard_input
from jjm_tui.cli.output import harmless
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.tables import GAP, cut, hanging, pairs
from jjm_tui.cli.values import json_complaint
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.errors import AmbiguousOutcomeError, Effect, JulesManagerError, UnsupportedOperationError

if TYPE_CHECKING:
    from jjm_tui.ports import ToolAnswer

_WIDEST_NAME: Final = 30
_MOST_CELLS: Final = 300
"""Of a description on a terminal; elsewhere it is whole."""


async def tools(context: CommandContext) -> int:
    """All tools."""
    async with context.manager() as manager, waiting_for(context.out, "Asking the server for its tools"):
        found = await manager.server.list_tools()
    if context.arguments.json:
        context.out.document(
            {
                "tools": [
                    harmless({"name": tool.name, "description": tool.description, "input_schema": tool.input_schema})
                    for tool in found
                ]
            }
        )
        return ExitCode.DONE
    _lines(context, [(tool.name, ", ".join(_properties(tool.input_schema)), tool.description or "") for tool in found])
    if not found:
        context.out.remark("The server has no tools.")
    return ExitCode.DONE


def _properties(schema: Any) -> list[str]:
    """Names of the arguments, required ones with a star."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    required = schema.get("required") if isinstance(schema, dict) else None
    needed = required if isinstance(required, list) else []
    return [f"{name}*" if name in needed else str(name) for name in (properties or {})]


def _lines(context: CommandContext, rows: Sequence[tuple[str, str, str]]) -> None:
    """Names, what belongs to them beside them, and descriptions below."""
    out = context.out
    names = [clean_line(name) for name, _, _ in rows]
    room = min(max(map(len, names), default=0), _WIDEST_NAME) + GAP
    for name, (_, middle, text) in zip(names, rows, strict=True):
        if not out.terminal:
            out.row([name, clean_line(middle), clean(text)])
            continue
        head = f"{name:<{room}}"
        out.styled((line, "bold") for line in hanging(head, clean_line(middle), out.look.width).splitlines())
        if text:
            out.line(hanging("    ", cut(clean_line(text), _MOST_CELLS, unicode=out.look.unicode), out.look.width))


def call(context: CommandContext) -> int:
    """One call of one tool, made once."""
    given = context.arguments
    _refuse_cookies(given.tool)
    arguments = _read_arguments(given.arguments)

    async def make(context: CommandContext) -> int:
        answer = await _call_truly(context, given.tool, arguments)
        if given.json:
            context.out.document(
                harmless(
                    {
                        "tool": given.tool,
                        "is_error": answer.is_error,
                        "text": answer.text,
                        "structured": answer.structured,
                    }
                )
            )
        else:
            context.out.line(answer.text.removesuffix("\n"))
        if answer.is_error:
            context.out.warn(f"The tool {given.tool} answered with an error.")
        return ExitCode.FAILED if answer.is_error else ExitCode.DONE

    return run_async(make, context)


async def _call_truly(context: CommandContext, tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
    """Call a tool; an interruption tells whether the call had left.

    Raises:
        AmbiguousOutcomeError: it may have happened.
        JulesManagerError: it failed, and nothing happened.
    """
    has_left = False

    def note() -> None:
        nonlocal has_left
        has_left = True

    try:
        async with context.manager() as manager, waiting_for(context.out, f"Calling {tool}"):
            return await manager.server.call_tool(tool, arguments, written=note)
    except asyncio.CancelledError:
        why = JulesManagerError("Interrupted; nothing was sent.")
        if has_left:
            why = _unconfirmed(tool, JulesManagerError("It was interrupted before its answer came."))
        context.out.tell_error(why, as_json=context.as_json)
        raise
    except JulesManagerError as error:
        if error.effect is Effect.UNKNOWN:
            raise _unconfirmed(tool, error) from error
        raise


def _unconfirmed(tool: str, why: JulesManagerError) -> AmbiguousOutcomeError:
    """What to tell of a call that left and has no clear answer."""
    look = "No outbox keeps this call: see what it did before you make it again."
    return AmbiguousOutcomeError(
        f"The call of {tool} may have happened: {why.message}",
        hint=f"{why.hint} {look}" if why.hint else look,
        context={**why.context, "cause": why.code},
        effect=Effect.UNKNOWN,
    )


def _read_arguments(text: str) -> dict[str, Any]:
    if text == "-":
        text = read_standard_input("arguments")
    try:
        arguments = json.loads(text)
        json.dumps(arguments, allow_nan=False)  # Python reads NaN and 1e999, which no JSON holds
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"The arguments are not JSON: {json_complaint(error)}.", hint="Example: '{\"pageSize\": 5}'"
        ) from error
    if not isinstance(arguments, dict):
        raise UsageError("The arguments must be a JSON object.", hint="Example: '{\"pageSize\": 5}'")
    return arguments


def _refuse_cookies(name: str) -> None:
    if "cookie" in name.lower():
        raise UnsupportedOperationError(
            f"{name} deals in cookies, which are as good as your password; it is refused.",
            hint="Sign in inside the server's own browser profile instead.",
            context={"tool": name},
        )


async def resources(context: CommandContext) -> int:
    """All resources."""
    async with context.manager() as manager, waiting_for(context.out, "Asking the server for its resources"):
        found = await manager.server.list_resources()
    if context.arguments.json:
        context.out.document(
            {
                "resources": [
                    harmless(
                        {
                            "uri": item.uri,
                            "name": item.name,
                            "description": item.description,
                            "mime_type": item.mime_type,
                        }
                    )
                    for item in found
                ]
            }
        )
        return ExitCode.DONE
    _lines(context, [(item.uri, item.name, item.description or "") for item in found])
    if not found:
        context.out.remark("The server has no resources.")
    return ExitCode.DONE


async def read(context: CommandContext) -> int:
    """The text of one resource."""
    uri = context.arguments.uri
    _refuse_cookies(uri)
    async with context.manager() as manager, waiting_for(context.out, f"Reading {uri}"):
        text = await manager.server.read_resource(uri)
    if context.arguments.json:
        context.out.document(harmless({"uri": uri, "text": text}))
    else:
        context.out.line(text.removesuffix("\n"))
    return ExitCode.DONE


async def info(context: CommandContext) -> int:
    """Who answers, and what it can do."""
    async with context.manager() as manager, waiting_for(context.out, "Connecting"):
        capabilities = await manager.server.connect()
        known = manager.server.info()
    document = {
        "label": known.label,
        "name": known.name,
        "version": known.version,
        "protocol": known.protocol,
        "dialect": capabilities.dialect,
        "operations": sorted(capabilities.operations),
        "unavailable": dict(capabilities.unavailable),
        "parallel_calls": capabilities.parallel_calls,
        "list_is_complete": capabilities.list_is_complete,
        "list_limit": capabilities.list_limit,
        "whole_plan": capabilities.whole_plan,
        "resume_by_message": capabilities.resume_by_message,
        "create": {
            "branch": capabilities.create_branch,
            "title": capabilities.create_title,
            "approval": capabilities.create_approval,
            "pull_request": capabilities.create_pull_request,
        },
        "tools": list(known.tools),
    }
    if context.arguments.json:
        context.out.document(harmless(document))
        return ExitCode.DONE
    rows = [(clean_line(key), clean_line(text)) for name, value in document.items() for key, text in _rows(name, value)]
    if context.out.terminal:
        for line in pairs(((key.replace("_", " "), text) for key, text in rows), context.out.look.width):
            context.out.line(line)
    else:
        for row in rows:
            context.out.row(row)
    return ExitCode.DONE


def _rows(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(f"{name}: {key}", str(text)) for key, text in value.items()]
    if isinstance(value, list):
        return [(name, ", ".join(str(item) for item in value))]
    if isinstance(value, bool):
        return [(name, "yes" if value else "no")]
    return [(name, "unknown" if value is None else str(value))]
