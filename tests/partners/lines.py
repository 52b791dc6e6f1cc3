"""Judges the lines of a client by the protocol's published schema of 2025-11-25.

The SDK carries models that its makers generated from that schema; our client writes with other ones, so they judge
independently of what is judged.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from mcp_types import _v2025_11_25 as schema
from pydantic import TypeAdapter, ValidationError

KINDS: dict[str, TypeAdapter[Any]] = {
    "request": TypeAdapter(schema.ClientRequest),
    "notification": TypeAdapter(schema.ClientNotification),
    "result": TypeAdapter(schema.JSONRPCResultResponse),
    "error": TypeAdapter(schema.JSONRPCErrorResponse),
}
RESULT: TypeAdapter[Any] = TypeAdapter(schema.ClientResult)


def kind_of(message: dict[str, Any]) -> str:
    """What a message is, by its members alone."""
    if "method" in message:
        return "request" if "id" in message else "notification"
    return "error" if "error" in message else "result"


_FREE = {("params", "arguments"), ("params", "_meta"), ("error", "data")}
"""Where any value may stand, null as well."""


def _empty_members(value: Any, *path: str) -> Iterator[str]:
    """Members that are null, which the schema allows nowhere else; the models take it for absent."""
    if value is None:
        yield ".".join(path)
    elif path not in _FREE and isinstance(value, (dict, list)):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _empty_members(member, *path, str(name))


def judge(recorded: bytes) -> tuple[Counter[str], list[str]]:
    """How many lines there were of each method (``result``, ``error`` for answers) and of calls of each tool, and what
    is wrong with which."""
    seen: Counter[str] = Counter()
    wrong = [] if recorded.endswith(b"\n") or not recorded else ["the last line has no end"]
    used: set[Any] = set()
    for line in recorded.split(b"\n")[:-1]:
        try:
            message = json.loads(line)
            kind = kind_of(message)
            seen[message.get("method", kind)] += 1
            KINDS[kind].validate_json(line, strict=True)
            if message.get("method") == "tools/call":
                seen[message["params"]["name"]] += 1
            if kind == "result":
                RESULT.validate_python(message["result"])
            wrong += [f"{name} has no value: {line!r}" for name in _empty_members(message)]
            if message.get("jsonrpc") != "2.0":
                wrong.append(f"no JSON-RPC 2.0: {line!r}")
        except (ValueError, ValidationError) as error:
            wrong.append(f"{line[:200]!r}: {error}")
            continue
        if kind == "request":
            if message["id"] in used and message["method"] != "initialize":
                wrong.append(f"id used twice: {line!r}")
            used = {message["id"]} if message["method"] == "initialize" else used | {message["id"]}
    return seen, wrong
