"""A simulator process, spoken to line by line as it stands in the protocol, without any SDK."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.forking.quick_python import python_for_servers

LIMIT = 60.0
"""Seconds after which a test gives up waiting."""


def command() -> list[str]:
    """The command of a simulator that starts quickly."""
    return [python_for_servers(), "-m", "jjm_tui.simulator"]


@dataclass
class Conversation:
    """Requests and answers on the standard streams of a process."""

    process: Process
    noise: list[bytes] = field(default_factory=list)
    _next: int = 0

    def __post_init__(self) -> None:
        assert self.process.stdout is not None
        self._lines = BufferedByteReceiveStream(self.process.stdout)

    async def send(self, method: str, params: dict[str, Any]) -> int:
        self._next += 1
        await self.write({"jsonrpc": "2.0", "id": self._next, "method": method, "params": params})
        return self._next

    async def write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send(json.dumps(message).encode() + b"\n")

    async def answer_to(self, request_id: int) -> dict[str, Any]:
        """The answer to a request; whatever else comes before is noise."""
        while True:
            with anyio.fail_after(LIMIT):
                line = await self._lines.receive_until(b"\n", 8_000_000)
            try:
                message = json.loads(line)
            except ValueError:
                self.noise.append(line)
                continue
            if message.get("id") == request_id:
                return dict(message)
            self.noise.append(line)

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return await self.answer_to(await self.send(method, params))

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return await self.ask("tools/call", name=tool, arguments=arguments)

    async def shake_hands(self) -> dict[str, Any]:
        who = {"name": "test", "version": "1"}
        answer = await self.ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=who)
        await self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    async def end(self) -> int:
        """Close its standard input and wait."""
        assert self.process.stdin is not None
        await self.process.stdin.aclose()
        with anyio.fail_after(LIMIT):
            return await self.process.wait()


@asynccontextmanager
async def simulator(*options: str | Path, errors: Path | None = None) -> AsyncIterator[Conversation]:
    """A simulator process; it is gone when the block ends."""
    with (errors or Path("/dev/null")).open("wb") as stderr:
        async with await anyio.open_process([*command(), *map(str, options)], stderr=stderr) as process:
            try:
                yield Conversation(process)
            finally:
                if process.returncode is None:
                    process.kill()


def text_in(answer: dict[str, Any]) -> str:
    return str(answer["result"]["content"][0]["text"])
