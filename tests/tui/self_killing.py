"""A dashboard that kills itself: ``self_killing ARMED NUMBER [ARGUMENT…]``.

It does so at the file operation or line to the server with this number, counted from the moment on at which the file
``ARMED`` exists; with 0 it never does.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from jjm_tui.cli.runner import run
from jjm_tui.gateway.process import ServerProcess
from jjm_tui.store.durable import FileOps

_COUNTED = ("create", "write", "sync", "link", "rename", "sync_folder", "open_append")


class _Countdown:
    """Kills this process at the n-th operation after the file appeared."""

    def __init__(self, armed: Path, kill_at: int) -> None:
        self._armed = armed
        self._left = kill_at
        self.done = 0

    def tick(self) -> None:
        if not self._armed.exists():
            return
        self.done += 1
        if self.done == self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def _arm(countdown: _Countdown) -> None:
    for owner, name in [(ServerProcess, "write"), *((FileOps, name) for name in _COUNTED)]:
        original = getattr(owner, name)

        def counted(self: Any, *arguments: Any, _original: Any = original) -> Any:
            countdown.tick()
            return _original(self, *arguments)

        setattr(owner, name, counted)


if __name__ == "__main__":
    _arm(_Countdown(Path(sys.argv[1]), int(sys.argv[2])))
    sys.exit(run(sys.argv[3:]))
