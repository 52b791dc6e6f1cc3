"""A Jules MCP server without an SDK, quick to start: the simulated world behind plain JSON lines.

``python -m tests.kills.raw_server WORLD [FAULT]``. FAULT is ``PLACE:BYTES:MARKER``: at the first changing call for
which the file MARKER does not exist yet, the server kills itself ``before`` the effect, after it (``effect``), or after
BYTES bytes of its ``answer``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from jjm_tui.simulator.dialect import CallRefusedError, Dialect
from jjm_tui.simulator.rest_dialect import RestDialect
from jjm_tui.simulator.world import World

_WRITES = ("create_session", "send_message", "approve_plan")


def _claim(marker: str) -> bool:
    """Whether the fault is still to strike; it strikes once."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def answer(dialect: Dialect, request: dict[str, Any]) -> dict[str, object]:
    """The answer to a request, without the version of the protocol."""
    method, params = request["method"], request.get("params") or {}
    told: dict[str, object] = {"id": request["id"]}
    if method == "initialize":
        about = {"name": "raw", "version": "1"}
        return told | {"result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": about}}
    if method == "tools/list":
        return told | {"result": {"tools": list(dialect.tools())}}
    if method != "tools/call":
        return told | {"error": {"code": -32601, "message": "Method not found"}}
    try:
        reply = dialect.call(params["name"], params.get("arguments") or {})
    except CallRefusedError as refusal:
        return told | {"error": {"code": refusal.code, "message": refusal.message}}
    return told | {"result": {"content": [{"type": "text", "text": reply.text}], "isError": reply.is_error}}


def encode(message: dict[str, object]) -> bytes:
    """A message as a line."""
    return json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"


def changes_something(request: dict[str, Any]) -> bool:
    """Whether it is a changing call."""
    return request.get("method") == "tools/call" and request["params"]["name"] in _WRITES


def main() -> None:
    dialect = RestDialect(World(1, 12, 0.0, state_path=Path(sys.argv[1])))
    fault = sys.argv[2].split(":", 2) if len(sys.argv) > 2 else None
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "id" not in request:
            continue
        if fault is None or not changes_something(request) or not _claim(fault[2]):
            os.write(1, encode(answer(dialect, request)))
            continue
        if fault[0] == "before":
            _die()
        told = encode(answer(dialect, request))
        if fault[0] == "answer":
            os.write(1, told[: int(fault[1]) % len(told)])
        _die()


if __name__ == "__main__":
    main()
