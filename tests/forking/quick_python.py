"""A test's hand on a nursery: a command that stands for ``python``, and processes forked onto a terminal."""

from __future__ import annotations

import atexit
import functools
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.forking.stand_in import order_process

ROOT = Path(__file__).parents[2]
_STAND_IN = Path(__file__).with_name("stand_in.py")


class Nursling:
    """A forked process, as far as ``subprocess.Popen`` is asked about one."""

    def __init__(self, hand: socket.socket) -> None:
        self._hand = hand
        self._code: int | None = None
        self.pid = int(self._read_line())

    def _read_line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            more = self._hand.recv(1)
            assert more, "the nursery is gone"
            line += more
        return line

    def _has_ended(self, patience: float) -> bool:
        if self._code is None and select.select([self._hand], [], [], patience)[0]:
            self._code = os.waitstatus_to_exitcode(int(self._read_line()))
            self._hand.close()
        return self._code is not None

    def poll(self) -> int | None:
        """The exit code, or ``None`` while it lives."""
        self._has_ended(0)
        return self._code

    def wait(self, timeout: float) -> int:
        """The exit code, as soon as there is one."""
        assert self._has_ended(timeout), "it does not end"
        assert self._code is not None
        return self._code

    def kill(self) -> None:
        """Kill it."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class QuickPython:
    """A Python that has everything imported. ``command``: the program to start instead of ``python``."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="quick-python-"))
        self._socket = self._folder / "socket"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking.nursery", str(self._socket)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"
        self.command = self._folder / "python"
        words = [sys.executable, "-I", "-S", str(_STAND_IN), str(self._socket), str(self.command)]
        self.command.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        self.command.chmod(0o755)

    def fork(self, module: str, arguments: Sequence[str], terminal: str, environ: Mapping[str, str]) -> Nursling:
        """Run a module on a terminal of its own, which is named by its path."""
        order: dict[str, object] = {
            "module": module,
            "arguments": list(arguments),
            "environ": dict(environ),
            "cwd": str(Path.cwd()),
            "executable": sys.executable,
            "terminal": True,
        }
        hand = socket.socket(socket.AF_UNIX)
        hand.connect(str(self._socket))
        stream = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        order_process(hand, order, [stream] * 3)
        os.close(stream)
        return Nursling(hand)

    def close(self) -> None:
        """End it and what it forked."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def python_for_servers() -> str:
    """What to start instead of ``python`` for servers of tests that need no environment of their own."""
    return str(quick_python({}).command)


def quick_python(environ: Mapping[str, str]) -> QuickPython:
    """One for all tests of this worker whose processes start with an environment that Python reads alike."""
    return _shared(tuple(sorted((name, value) for name, value in environ.items() if _is_read_early(name))))


def _is_read_early(name: str) -> bool:
    """Whether Python, or a library while it is imported, reads this variable."""
    return name.startswith(("PYTHON", "LC_", "LANG", "TEXTUAL", "COVERAGE", "TZ"))


@functools.cache
def _shared(early: tuple[tuple[str, str], ...]) -> QuickPython:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    python = QuickPython({**kept, "TERM": "xterm-256color", **dict(early)})
    atexit.register(python.close)
    return python
