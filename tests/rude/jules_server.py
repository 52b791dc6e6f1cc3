"""A Jules server that misbehaves whenever its tasks are listed: ``python -m tests.rude.jules_server MODE WORLD``.

The modes are those of ``tests/gateway/rude_server.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from jjm_tui.simulator.rest_dialect import RestDialect
from jjm_tui.simulator.world import World
from tests.gateway import rude_server as rude

LIST = "list_sessions"


def main() -> None:
    dialect = RestDialect(World(1, 12, 0.0, state_path=Path(sys.argv[2])))

    def list_tools(request: dict[str, Any]) -> None:
        result: dict[str, Any] = {"tools": [dict(tool) for tool in dialect.tools()]}
        if rude.MODE in ("breaks_schema", "forgets_structure"):
            for tool in result["tools"]:
                tool["outputSchema"] = rude.OUTPUT
        if rude.MODE == "repeats_cursor":
            result["nextCursor"] = "again"
        rude.send({"id": request["id"], "result": result})

    def serve_tool(request: dict[str, Any], name: str, arguments: dict[str, Any]) -> None:
        text = dialect.call(name, arguments).text
        (rude.misbehave if name == LIST else rude.answer)(request, text)

    rude.list_tools, rude.serve_tool = list_tools, serve_tool
    rude.main()


if __name__ == "__main__":
    main()
