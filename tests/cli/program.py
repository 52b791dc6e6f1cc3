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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

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
        return {**kept, "JJM_HOME": str(self.home), "TZ": "UTC", "TERM": "xterm-256color", **self.extra_environ}

    @property
    def simulator(self) -> str:
        words = [sys.executable, "-P", "-m", "jjm_tui.simulator", "--state", str(self.world)]
        words += ["--speed", str(self.speed), "--tasks", str(self.tasks), "--dialect", self.dialect]
        for fault in self.faults:
            words += ["--fault", fault]
        return " ".join(words)

    def argv(self, *arguments: str) -> list[str]:
        through = [] if self.world is None else ["--server", self.simulator]
        return [sys.executable, "-m", "jjm_tui", *through, *arguments]

    def run(self, *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Result:
        done = subprocess.run(
            self.argv(*arguments),
            input=stdin,
            capture_output=True,
            env={**self.environ, **(environ or {})},
            timeout=PATIENCE * 2,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode(), done.stdout)

    def ok(self, *arguments: str, stdin: bytes = b"") -> Result:
        result = self.run(*arguments, stdin=stdin)
        assert result.code == 0, (arguments, result)
        return result

    def on_terminal(self, *arguments: str, columns: int = 100, rows: int = 40) -> Terminal:
        return Terminal(self.argv(*arguments), self.environ, columns, rows)


class Terminal:
    """A program in its own session on its own terminal."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], columns: int, rows: int) -> None:
        self.seen = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            list(argv),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environ),
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - the tests run no threads
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
            self.process.wait()
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
