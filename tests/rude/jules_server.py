"""A Jules server that misbehaves at one of its tools: ``python -m tests.rude.jules_server MODE WORLD [TOOL [deaf]]``.

The modes are those of ``tests/gateway/rude_server.py``. The tool is the list's unless another is named. What was asked
for is done first, in the world; a ``deaf`` server does nothing.
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
    rude_at, *more = sys.argv[3:] or [LIST]
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
        if name != rude_at:
            rude.answer(request, dialect.call(name, arguments).text)
        else:
            rude.misbehave(request, "" if "deaf" in more else dialect.call(name, arguments).text)

    rude.list_tools, rude.serve_tool = list_tools, serve_tool
    rude.main()


if __name__ == "__main__":
    main()
