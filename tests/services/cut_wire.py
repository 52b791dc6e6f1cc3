"""A server in this very process, behind the program's real gateway: what goes to and fro may be cut at any byte."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from jjm_tui.gateway.process import ServerProcess
from jjm_tui.gateway.stderr import StderrLog
from jjm_tui.simulator.dialect import Dialect
from tests.kills.raw_server import answer, changes_something, encode


class CutWire:
    """Starts such servers, one after the other. ``lost``: how many bytes the last cut kept back."""

    def __init__(self) -> None:
        self.dialect: Dialect | None = None
        self.lost = 0
        self._way = ""
        self._count = 0

    async def start(self, command: Any, env: Any, cwd: Any, max_line_bytes: int, stderr: StderrLog) -> ServerProcess:
        """In place of ``ServerProcess.start``."""
        return _Server(self, max_line_bytes, stderr)

    def cut_next(self, dialect: Dialect, way: str, count: int) -> None:
        """Answer from this world, and end after so many bytes of the next changing call's ``request`` or ``answer``."""
        self.dialect, self._way, self._count, self.lost = dialect, way, count, 0

    def cut(self, way: str, line: bytes) -> bytes:
        """What comes through of a line of a changing call."""
        if self._way != way or self.lost:
            return line
        self.lost = max(0, len(line) - self._count)
        return line[: self._count]


class _Server(ServerProcess):
    def __init__(self, wire: CutWire, max_line_bytes: int, stderr: StderrLog) -> None:
        super().__init__(max_line_bytes, stderr)
        self._wire = wire

    def write(self, data: bytes) -> None:
        """What the real one hands to a pipe."""
        asyncio.get_running_loop().call_soon(self._serve, data)

    def _serve(self, line: bytes) -> None:
        request = json.loads(line)
        if "id" not in request:
            return
        cuts = self._wire.cut if changes_something(request) else lambda _, line: line
        if len(cuts("request", line)) < len(line):
            self._die()
            return
        assert self._wire.dialect is not None
        told = encode(answer(self._wire.dialect, request))
        through = cuts("answer", told)
        self.pipe_data_received(1, through)
        if len(through) < len(told):
            self._die()

    def _die(self) -> None:
        self.returncode = -9
        self.pipe_connection_lost(1, None)
        self.pipe_connection_lost(2, None)
        self._exited.set()

    async def close(self) -> None:
        """Nothing is left of it."""
        self._die()
