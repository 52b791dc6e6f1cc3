"""A Jules MCP server without an SDK, quick to start: the simulated world behind plain JSON lines.

``python -m tests.kills.raw_server WORLD [FAULT]``. FAULT is ``PLACE:BYTES:MARKER``: at the first changing call for
which the file MARKER does not exist yet, the server ends ``before`` the effect, after it (``effect``), or after
BYTES bytes of its ``answer``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from jjm_tui.simulator.dialect import CallRefusedError
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


def _say(message: dict[str, object], cut: int | None = None) -> None:
    line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
    os.write(1, line if cut is None else line[: cut % len(line)])
    if cut is not None:
        os._exit(9)


def main() -> None:
    world = World(1, 12, 0.0, state_path=Path(sys.argv[1]))
    dialect = RestDialect(world)
    fault = sys.argv[2].split(":", 2) if len(sys.argv) > 2 else None
    for line in sys.stdin.buffer:
        request = json.loads(line)
        method, params = request.get("method"), request.get("params") or {}
        if "id" not in request:
            continue
        if method == "initialize":
            about = {"name": "raw", "version": "1"}
            result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": about}
            _say({"id": request["id"], "result": result})
        elif method == "tools/list":
            _say({"id": request["id"], "result": {"tools": list(dialect.tools())}})
        elif method == "tools/call":
            name = params["name"]
            strikes = fault is not None and name in _WRITES and _claim(fault[2])
            if strikes and fault[0] == "before":
                os._exit(9)
            try:
                reply = dialect.call(name, params.get("arguments") or {})
                answer = {
                    "id": request["id"],
                    "result": {"content": [{"type": "text", "text": reply.text}], "isError": reply.is_error},
                }
            except CallRefusedError as refusal:
                answer = {"id": request["id"], "error": {"code": refusal.code, "message": refusal.message}}
            if strikes and fault[0] == "effect":
                os._exit(9)
            _say(answer, int(fault[1]) if strikes and fault is not None else None)
        else:
            _say({"id": request["id"], "error": {"code": -32601, "message": "Method not found"}})


if __name__ == "__main__":
    main()
