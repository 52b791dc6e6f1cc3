"""Runs the real program in its own process, with pipes or on a terminal of its own."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from tests.forking.quick_python import Nursling, quick_python

PATIENCE = 40.0
"""Seconds until a program that says nothing is given up; no test asserts on it."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Result:
    code: int
    out: str
    err: str
    raw: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.out.splitlines()]


@dataclass
class Program:
    """The program with a home of its own; ``world``: the state file that its simulator shares between processes."""

    home: Path
    world: Path | None = None
    speed: float = 50.0
    tasks: int = 12
    dialect: str = "rest"
    faults: tuple[str, ...] = ()
    extra_environ: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_START") if name in os.environ
        }
        return {
            **kept,
            "JJM_HOME": str(self.home),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
            **self.extra_environ,
        }

    @property
    def simulator(self) -> str:
        words = [self._quick_python, "-P", "-m", "jjm_tui.simulator", "--state", str(self.world)]
        words += ["--speed", str(self.speed), "--tasks", str(self.tasks), "--dialect", self.dialect]
        for fault in self.faults:
            words += ["--fault", fault]
        return " ".join(words)

    @property
    def _quick_python(self) -> str:
        """What to start instead of a Python that first imports everything; that one while lines are counted."""
        environ = self.environ
        return sys.executable if "COVERAGE_PROCESS_START" in environ else str(quick_python(environ).command)

    def _words(self, arguments: Sequence[str]) -> list[str]:
        return [*([] if self.world is None else ["--server", self.simulator]), *arguments]

    def argv(self, *arguments: str) -> list[str]:
        """The command line with these arguments, for pipes and files; it starts quickly."""
        return [self._quick_python, "-m", "jjm_tui", *self._words(arguments)]

    def plain_argv(self, *arguments: str) -> list[str]:
        """The same for a process that starts as slowly as it does for a person, wherever it is run."""
        return [sys.executable, "-m", "jjm_tui", *self._words(arguments)]

    def run(self, *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Result:
        program = replace(self, extra_environ={**self.extra_environ, **(environ or {})})
        done = subprocess.run(
            program.argv(*arguments),
            input=stdin,
            capture_output=True,
            env=program.environ,
            timeout=PATIENCE * 2,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode(), done.stdout)

    def ok(self, *arguments: str, stdin: bytes = b"") -> Result:
        result = self.run(*arguments, stdin=stdin)
        assert result.code == 0, (arguments, result)
        return result

    def on_terminal(self, *arguments: str, columns: int = 100, rows: int = 40) -> Terminal:
        return Terminal([], {}, columns, rows, start=lambda terminal: self.fork(terminal, *arguments))

    def fork(self, terminal: str, *arguments: str) -> Nursling:
        """Start quickly on the terminal of this path."""
        environ = self.environ
        return quick_python(environ).fork("jjm_tui", self._words(arguments), terminal, environ)


class Terminal:
    """A program in its own session on its own terminal. ``start``: starts it on the terminal of a path."""

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        columns: int,
        rows: int,
        start: Callable[[str], Nursling] | None = None,
    ) -> None:
        self.seen = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process: Nursling | subprocess.Popen[bytes] = (
            start(os.ttyname(slave))
            if start is not None
            else subprocess.Popen(
                list(argv),
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=dict(environ),
                start_new_session=True,
                preexec_fn=_take_terminal,  # noqa: PLW1509 - the tests run no threads
            )
        )
        os.close(slave)

    @property
    def text(self) -> str:
        return _ESCAPES.sub("", self.seen.decode("utf-8", "replace")).replace("\r\n", "\n")

    def wait_for(self, words: str) -> None:
        end = time.monotonic() + PATIENCE
        while words not in self.text:
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"{words!r} did not come; there was: {self.text}")

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def interrupt(self) -> None:
        self.type("\x03")

    def hang_up(self) -> None:
        os.close(self._master)
        self._master = -1

    def finish(self) -> int:
        """Read to the end; answer the exit code."""
        end = time.monotonic() + PATIENCE
        while self._master >= 0 and self._read(end - time.monotonic()):
            pass
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def _read(self, patience: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, patience))
        if not ready:
            return False
        piece = b""
        with contextlib.suppress(OSError):
            piece = os.read(self._master, 65536)
        self.seen += piece
        return bool(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
