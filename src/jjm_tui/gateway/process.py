"""A server's process: bounded lines out of it, whole lines into it, and nothing left of its group afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio

from jjm_tui.gateway.guard import Guard
from jjm_tui.gateway.lines import EndlessLine, Line, LineSplitter, LongLine
from jjm_tui.gateway.stderr import StderrLog

STDIN_GRACE = 1.5
"""Seconds a server has to end by itself after its standard input closed."""
TERM_GRACE = 1.0
_FAULT_GRACE = 0.1
"""The same for a server that already stopped talking to us."""
KILL_GRACE = 1.0
_LEFTOVER_GRACE = 0.2
_LAST_OUTPUT_GRACE = 0.1
"""Seconds in which the output of a dead server may still arrive while a child of it holds the pipe open."""
_LAST_OUTPUT_ROUNDS = 50
_STUCK_AFTER = 1.0
_ASK_AGAIN = 0.01
_HIGH_WATER = 1024 * 1024


class ServerProcess(asyncio.SubprocessProtocol):
    """One running server; made by ``start``, ended by ``close`` and by nothing else."""

    def __init__(self, max_line_bytes: int, stderr: StderrLog) -> None:
        self.pid = 0
        self.returncode: int | None = None
        self.is_endless = False
        self.is_stuck = False
        self._stderr = stderr
        stderr.on_drained = lambda: self._resume(2)
        self._transport: asyncio.SubprocessTransport | None = None
        self._guard: Guard | None = None
        self._splitter = LineSplitter(max_line_bytes)
        self._lines: deque[Line] = deque()
        self._lines_size = 0
        self._chunks = 0
        self._arrived = asyncio.Event()
        self._output_ended = False
        self._input_ended = False
        self._closing = False
        self._reading_paused = False
        self._exited = asyncio.Event()
        self._stderr_ended = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        env: Mapping[str, str],
        cwd: str | Path | None,
        max_line_bytes: int,
        stderr: StderrLog,
    ) -> ServerProcess:
        """Start it in a session of its own.

        Raises:
            OSError: there is no such program or folder, or it cannot be run.
        """
        loop = asyncio.get_running_loop()
        with anyio.CancelScope(shield=True):
            _, process = await loop.subprocess_exec(
                lambda: cls(max_line_bytes, stderr), *command, env=dict(env), cwd=cwd, start_new_session=True
            )
        process._guard = Guard(process.pid)  # noqa: SLF001
        return process

    # --- called by the event loop ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process runs."""
        if isinstance(transport, asyncio.SubprocessTransport):
            self._transport = transport
            self.pid = transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Output came."""
        if fd == 2:
            self._stderr.feed(data)
            if self._stderr.is_full:
                self._pause(2)
            return
        if self._closing or self._output_ended:
            return
        self._chunks += 1
        try:
            lines = self._splitter.feed(data)
        except EndlessLine:
            self.is_endless = True
            self._lines.append(self._splitter.rest())
            self._end_output()
            return
        if lines:
            self._lines.extend(lines)
            self._lines_size += sum(map(_weight, lines))
            self._arrived.set()
            if self._lines_size > _HIGH_WATER and not self._reading_paused:
                self._reading_paused = True
                self._pause(1)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """A pipe ended."""
        if fd == 0:
            self._input_ended = True
            self._writable.set()
        elif fd == 1:
            if rest := self._splitter.rest():
                self._lines.append(rest)
            self._end_output()
        else:
            self._stderr_ended.set()

    def process_exited(self) -> None:
        """It is dead; a child of it may keep the pipes open, which must not make it look alive."""
        if self._transport is not None:
            self.returncode = self._transport.get_returncode()
        self._exited.set()
        self._input_ended = True
        self._writable.set()
        self._await_last_output(self._chunks, _LAST_OUTPUT_ROUNDS)

    def _await_last_output(self, chunks: int, rounds: int) -> None:
        """End the output when nothing came for a while; a child of the dead server may hold the pipe for ever."""

        def look() -> None:
            if rounds > 0 and (self._reading_paused or self._chunks != chunks):
                self._await_last_output(self._chunks, rounds - 1)
            else:
                self._end_output()

        if not self._output_ended:
            asyncio.get_running_loop().call_later(_LAST_OUTPUT_GRACE, look)

    def pause_writing(self) -> None:
        """It does not read as fast as we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It reads again."""
        self._writable.set()

    # --- called by us ----------------------------------------------------------------------------------------

    @property
    def can_write(self) -> bool:
        """Whether bytes may still reach it."""
        return not (self._input_ended or self._closing or self._output_ended)

    def write(self, data: bytes) -> None:
        """Hand over a whole line; it is written whole even if the caller goes away."""
        stdin = self._transport.get_pipe_transport(0) if self._transport is not None else None
        if isinstance(stdin, asyncio.WriteTransport):
            stdin.write(data)

    async def drain(self) -> None:
        """Wait until it has read most of what we wrote."""
        try:
            await self._writable.wait()
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(_STUCK_AFTER, self._check_stuck)
            raise

    def _check_stuck(self) -> None:
        if not self._writable.is_set() and not self._output_ended:
            self.is_stuck = True
            self._end_output()

    async def next_line(self) -> Line | None:
        """The next line of its output, ``None`` at the end."""
        while not self._lines:
            if self._output_ended:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        line = self._lines.popleft()
        self._lines_size = max(0, self._lines_size - _weight(line))
        if self._reading_paused and self._lines_size < _HIGH_WATER // 2:
            self._reading_paused = False
            self._resume(1)
        return line

    def describe_end(self) -> str:
        """How it ended, to follow its name in a sentence."""
        if self.is_endless:
            return "was closed by jjm, because it sent a line without an end"
        if self.is_stuck:
            return "was closed by jjm, because it does not read what is sent to it"
        if self.returncode is None:
            return "closed its output"
        if self.returncode < 0:
            with contextlib.suppress(ValueError):
                return f"was killed by {signal.Signals(-self.returncode).name}"
        return f"ended with exit code {self.returncode}"

    async def wait_last_words(self, patience: float = 0.3) -> None:
        """Wait a moment for the exit code and for what it says while dying."""
        with anyio.move_on_after(patience):
            await self._exited.wait()
            await self._stderr_ended.wait()
        await self._stderr.finish(patience)

    async def close(self) -> None:
        """End it and its whole group: close its input, then SIGTERM, then SIGKILL. At most about four seconds."""
        self._closing = True
        try:
            with anyio.CancelScope(shield=True):
                await self._end_politely()
                self._signal(signal.SIGKILL)
                await self._wait_exit(KILL_GRACE)
                await self.wait_last_words(0.2)
        finally:
            self._signal(signal.SIGKILL)
            if self._transport is not None:
                with contextlib.suppress(PermissionError, ProcessLookupError):
                    self._transport.close()
            if self._guard is not None:
                self._guard.dismiss()
        if self._guard is not None:
            with anyio.CancelScope(shield=True):
                await self._guard.wait_gone()

    async def _end_politely(self) -> None:
        stdin = self._transport.get_pipe_transport(0) if self._transport is not None else None
        if stdin is not None:
            stdin.close()
        for fd in (1, 2):
            self._resume(fd)
        if not await self._wait_exit(_FAULT_GRACE if self._output_ended else STDIN_GRACE):
            self._signal(signal.SIGTERM)
            await self._wait_exit(TERM_GRACE)
        elif self._signal(signal.SIGTERM):
            await self._wait_group_gone()

    async def _wait_group_gone(self) -> None:
        """Nothing tells when children of a dead child are gone, so ask."""
        asked_until = anyio.current_time() + _LEFTOVER_GRACE
        for _ in range(round(_LEFTOVER_GRACE / _ASK_AGAIN)):
            if not self._signal(0) or anyio.current_time() > asked_until:
                return
            await anyio.sleep(_ASK_AGAIN)

    async def _wait_exit(self, patience: float) -> bool:
        with anyio.move_on_after(patience):
            await self._exited.wait()
        return self._exited.is_set()

    def _signal(self, number: int) -> bool:
        """Signal the group; answer whether there is one."""
        if self.pid <= 1:
            return False
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _end_output(self) -> None:
        self._output_ended = True
        self._arrived.set()

    def _pause(self, fd: int) -> None:
        pipe = self._transport.get_pipe_transport(fd) if self._transport is not None else None
        if isinstance(pipe, asyncio.ReadTransport):
            pipe.pause_reading()

    def _resume(self, fd: int) -> None:
        pipe = self._transport.get_pipe_transport(fd) if self._transport is not None else None
        if isinstance(pipe, asyncio.ReadTransport) and not pipe.is_closing():
            pipe.resume_reading()


def _weight(line: Line) -> int:
    return len(line.head) + len(line.tail) if isinstance(line, LongLine) else len(line)
