"""The program that the conformance suite starts: our own caller, over Streamable HTTP, calling what is offered.

``python -m tests.partners.conformance_client URL``. Every tool of the server is called once with arguments made from
its schema, as the scenarios expect of a client.
"""

from __future__ import annotations

import sys

import anyio

from jjm_tui.gateway.calls import SupervisedCaller
from jjm_tui.gateway.spec import CallerSettings, ServerSpec
from jjm_tui.gateway.wire import CallPolicy
from tests.gateway.stand import RealClock

VALUES = {"number": 5, "integer": 5, "string": "five", "boolean": True}


async def main(url: str) -> None:
    caller = SupervisedCaller(ServerSpec("conformance", url=url), RealClock(), CallerSettings(start_timeout=20.0))
    try:
        for tool in (await caller.connect()).tools:
            fields = dict(tool.input_schema or {}).get("properties", {})
            answer = await caller.call(
                tool.name, {name: VALUES[kind["type"]] for name, kind in fields.items()}, CallPolicy(timeout=20.0)
            )
            print(tool.name, answer.text)
    finally:
        await caller.close()


if __name__ == "__main__":
    anyio.run(main, sys.argv[-1])
