"""A Python that starts at once: ``python -m tests.forking.nursery SOCKET``.

This process imports everything once and then forks one process per connection. The connection brings a line of JSON,
``module``, ``arguments``, ``environ``, ``cwd``, ``executable`` (what the process takes for its Python) and
``terminal`` (whether the streams are a terminal to be taken as its own), and with it three open files: its standard
streams. The answers are a line with the process id and, at its end, one with its status as ``waitpid`` gives it. A byte
that comes later is the number of a signal to pass on; the end of the connection is the end of the process.

What a Python reads from its environment before it runs anything (``PYTHON…``, the locale) is as it was for this one.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import termios
import threading
import time
import traceback
from dataclasses import dataclass
from typing import Any

import jjm_tui

_FLUSH_FAILED = 120
"""The exit code of a Python that could not write the last of its output."""

_ALSO = (
    "_strptime",
    "anyio._backends._asyncio",
    "filelock",
    "jsonschema.validators",
    "mcp.server.stdio",
    "textual.widgets",
)
"""What our modules import only when they run."""


@dataclass
class _Child:
    pid: int
    hand: socket.socket
    """The other end knows the process through this connection, and ends it by closing."""


class _Nursery:
    def __init__(self, path: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        self._children: dict[int, _Child] = {}
        self._told, self._telling = os.pipe()
        os.set_blocking(self._told, False)
        os.set_blocking(self._telling, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._told, selectors.EVENT_READ)
        self._selector.register(0, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._telling, warn_on_full_buffer=False)

    def run(self) -> None:
        """Fork until standard input ends; then end every child."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._take_order()
                elif key.fileobj == self._told:
                    self._bury()
                elif key.fileobj == 0:
                    return
                else:
                    self._listen_to(key.data)

    def end(self) -> None:
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)

    def _take_order(self) -> None:
        hand, _ = self._listener.accept()
        received, streams, _, _ = socket.recv_fds(hand, 1 << 20, 3)
        while not received.endswith(b"\n"):
            more = hand.recv(1 << 20)
            if not more:
                break
            received += more
        pid = os.fork() if received.endswith(b"\n") and len(streams) == 3 else None
        if pid == 0:
            try:
                self._let_go()
                hand.close()
                _live(json.loads(received), streams)
            finally:
                os._exit(1)  # an interrupt that comes this early must not run on as a second nursery
        for stream in streams:
            os.close(stream)
        if pid is None:
            hand.close()
            return
        child = self._children[pid] = _Child(pid, hand)
        with contextlib.suppress(OSError):
            hand.sendall(b"%d\n" % pid)
        self._selector.register(hand, selectors.EVENT_READ, child)

    def _let_go(self) -> None:
        """Forget, in a child, what belongs to this process."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        self._listener.close()
        os.close(self._told)
        os.close(self._telling)
        for child in self._children.values():
            child.hand.close()

    def _listen_to(self, child: _Child) -> None:
        if self._children.get(child.pid) is not child:
            return  # buried since the selector told of its hand
        wishes = b""
        with contextlib.suppress(ConnectionError):
            wishes = child.hand.recv(64)
        if not wishes:
            self._selector.unregister(child.hand)
        for wish in wishes or [signal.SIGKILL]:
            if child.pid in self._children:
                os.kill(child.pid, wish)

    def _bury(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._told, 4096)
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                pid, status = ended
                child = self._children.pop(pid)
                with contextlib.suppress(KeyError):
                    self._selector.unregister(child.hand)
                with contextlib.suppress(OSError):
                    child.hand.sendall(b"%d\n" % status)
                child.hand.close()


def _live(order: dict[str, Any], streams: list[int]) -> None:
    """Be the process that was ordered; never comes back."""
    code: object = 1
    try:
        if order["terminal"]:
            os.setsid()
            fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
        for number, (stream, name) in enumerate(zip(streams, ("stdin", "stdout", "stderr"), strict=True)):
            os.dup2(stream, number)
            _reopen(number, name)
        os.closerange(3, max(streams) + 1)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["environ"])
        time.tzset()
        sys.executable = order["executable"]
        sys.argv[1:] = order["arguments"]
        code = _run(order["module"])
    finally:
        os._exit(code if isinstance(code, int) else 1)


def _reopen(number: int, name: str) -> None:
    """Let a standard stream stand on what its number means now, as a Python that starts would."""
    old = getattr(sys, name)
    stream = open(  # noqa: SIM115
        number,
        "w" if number else "r",
        encoding=old.encoding,
        errors=old.errors,
        buffering=1 if name == "stderr" else -1,
        closefd=False,
    )
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def _run(module: str) -> object:
    """Run a module as a program runs, and end as one ends; answers its exit code."""
    code: object = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        code = leaving.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OSError:
        code = _FLUSH_FAILED
    return code


def main() -> None:
    for module in pkgutil.walk_packages(jjm_tui.__path__, "jjm_tui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in _ALSO:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    nursery = _Nursery(sys.argv[1])
    os.write(1, b"ready\n")
    try:
        nursery.run()
    finally:
        nursery.end()


if __name__ == "__main__":
    main()
