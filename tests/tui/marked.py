"""Finding every process that belongs to a test, wherever it went: all of them carry a mark in their environment."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from tests.tui.terminal_stage import read_stat


class Marked:
    """Processes with ``mark`` (``NAME=value``) in their environment, and the guards of their groups."""

    def __init__(self, mark: str) -> None:
        self._mark = mark.encode()
        self._groups: set[str] = set()

    def living(self) -> dict[int, str]:
        """Their command lines by their ids. Guards are known by the groups that were seen in this or earlier looks."""
        commands = {int(entry): _command(entry) for entry in os.listdir("/proc") if entry.isdigit()}  # noqa: PTH208
        marked = {pid: command for pid, command in commands.items() if self._has_mark(pid)}
        self._groups |= set(map(str, marked))
        guards = {
            pid: command
            for pid, command in commands.items()
            if command.startswith("/bin/sh -c read") and command.rpartition(" ")[2] in self._groups
        }
        return {pid: command for pid, command in {**marked, **guards}.items() if read_stat(pid)[0] not in "-ZX"}

    def _has_mark(self, pid: int) -> bool:
        return self._mark in _read(f"/proc/{pid}/environ").split(b"\0")

    def end(self) -> None:
        """Kill what a failed test has left."""
        for pid in self.living():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _command(pid: str) -> str:
    return _read(f"/proc/{pid}/cmdline").rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace")
