"""Dashboards that start quickly, and kill themselves at a chosen file operation or before a chosen line to the server.

This process imports everything once and then forks one dashboard per line of its standard input: JSON with
``terminal`` (its path), ``environ``, ``arguments``, ``armed`` (operations count from the moment on at which this file
exists) and ``kill_at`` (the number of the operation; ``null``: never). It answers a line with the process id, and one
with the id and how it ended, as ``waitpid`` gives it.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import termios
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_STEP = 0.01
_COUNTED = ("create", "write", "sync", "link", "rename", "sync_folder", "open_append")
_LOADED = (
    "jjm_tui.cli.dashboard",
    "jjm_tui.cli.runner",
    "jjm_tui.assembly.first_page",
    "jjm_tui.assembly.graph",
    "jjm_tui.gateway.calls",
    "jjm_tui.gateway.link",
    "jjm_tui.services.live",
    "jjm_tui.services.manager",
    "jjm_tui.store.json_file",
    "jjm_tui.store.outbox_file",
    "jjm_tui.tui.running",
    "jjm_tui.tui.screens.approval",
    "jjm_tui.tui.screens.confirm",
    "jjm_tui.tui.screens.create",
    "jjm_tui.tui.screens.outbox",
    "jjm_tui.tui.steady_driver",
    "jjm_tui.tui.widgets.composer",
    "jsonschema.validators",
    "textual.widgets",
)


class Nursling:
    """A forked dashboard, as far as ``subprocess.Popen`` is asked about one."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid

    def poll(self) -> int | None:
        """The exit code, or ``None`` while it lives."""
        return self._nursery.find_end(self.pid, 0)

    def wait(self, timeout: float) -> int:
        """The exit code, as soon as there is one."""
        code = self._nursery.find_end(self.pid, timeout)
        assert code is not None, "it does not end"
        return code

    def kill(self) -> None:
        """Kill it."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class Nursery:
    """A test's hand on the process that forks."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.tui.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environ),
            cwd=ROOT,
        )
        self._ends: dict[int, int] = {}

    def fork(
        self,
        terminal: str,
        environ: Mapping[str, str],
        arguments: Sequence[str] = (),
        armed: Path | None = None,
        kill_at: int | None = None,
    ) -> Nursling:
        """Open a dashboard on a terminal."""
        assert self._process.stdin is not None
        order = {
            "terminal": terminal,
            "environ": dict(environ),
            "arguments": list(arguments),
            "armed": str(armed),
            "kill_at": kill_at,
        }
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        pid = None
        while pid is None:
            pid = self._read_line(60)
        return Nursling(self, pid)

    def find_end(self, pid: int, patience: float) -> int | None:
        """The exit code of a dashboard; ``None`` when it does not end in time."""
        deadline = time.monotonic() + patience
        while pid not in self._ends and self._has_news(max(0.0, deadline - time.monotonic())):
            self._read_line(0)
        return self._ends.get(pid)

    def _has_news(self, patience: float) -> bool:
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], patience)[0])

    def _read_line(self, patience: float) -> int | None:
        """Note the end of a dashboard, or answer the process id of one that begins."""
        assert self._process.stdout is not None
        assert self._has_news(patience), "the nursery says nothing"
        pid, *status = map(int, self._process.stdout.readline().split())
        if not status:
            return pid
        self._ends[pid] = os.waitstatus_to_exitcode(status[0])
        return None

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@functools.cache
def shared_nursery() -> Nursery:
    """One for all tests of this process."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "COVERAGE_PROCESS_START") if name in os.environ}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    fixed = {
        "PYTHONPATH": paths,
        "TEXTUAL_ANIMATIONS": "none",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "xterm-256color",
    }
    nursery = Nursery({**kept, **fixed})
    atexit.register(nursery.close)
    return nursery


class _Countdown:
    """Kills this process at the n-th operation after the file appeared."""

    def __init__(self, armed: str, kill_at: int | None) -> None:
        self._armed = Path(armed)
        self._left = kill_at
        self.done = 0

    def tick(self) -> None:
        if not self._armed.exists():
            return
        self.done += 1
        if self.done == self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def _arm(countdown: _Countdown) -> None:
    from jjm_tui.gateway.process import ServerProcess
    from jjm_tui.store.durable import FileOps

    for owner, name in [(ServerProcess, "write"), *((FileOps, name) for name in _COUNTED)]:
        original = getattr(owner, name)

        def counted(self: Any, *arguments: Any, _original: Any = original) -> Any:
            countdown.tick()
            return _original(self, *arguments)

        setattr(owner, name, counted)


def _live(order: dict[str, Any]) -> None:
    os.setsid()
    terminal = os.open(order["terminal"], os.O_RDWR)
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(terminal, descriptor)
    os.close(terminal)
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        stream = open(descriptor, "w" if descriptor else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ.clear()
    os.environ.update(order["environ"])
    time.tzset()
    _arm(_Countdown(order["armed"], order["kill_at"]))
    from jjm_tui.cli.runner import run

    os._exit(run(order["arguments"]))


def main() -> None:
    for name in _LOADED:
        importlib.import_module(name)
    gc.freeze()
    while True:
        ready, _, _ = select.select([0], [], [], _STEP)
        if ready:
            line = sys.stdin.buffer.raw.readline()
            if not line:
                return
            _fork(json.loads(line))
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                os.write(1, b"%d %d\n" % ended)


def _fork(order: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        try:
            _live(order)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.write(1, b"%d\n" % pid)


if __name__ == "__main__":
    main()
