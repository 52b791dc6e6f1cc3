"""A dashboard that kills itself: ``self_killing SAVE STEP [ARGUMENT…]``.

It does so when it saves the outbox for the SAVE-th time, so many file operations or lines to the server after the first
one of that: with STEP 0 before anything of it was done. With SAVE 0 it never does.
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
    """Kills this process so many steps after a save of the outbox has begun."""

    def __init__(self, save: int, step: int) -> None:
        self._saves_left = save
        self._steps_left = step

    def tick(self, name: str, arguments: tuple[object, ...]) -> None:
        if name == "create" and Path(str(arguments[0])).name.startswith(".outbox."):
            self._saves_left -= 1
        if self._saves_left < 0 or (self._saves_left == 0 and self._steps_left == 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._saves_left == 0:
            self._steps_left -= 1


def _arm(countdown: _Countdown) -> None:
    for owner, name in [(ServerProcess, "write"), *((FileOps, name) for name in _COUNTED)]:
        original = getattr(owner, name)

        def counted(self: Any, *arguments: Any, _name: str = name, _original: Any = original) -> Any:
            countdown.tick(_name, arguments)
            return _original(self, *arguments)

        setattr(owner, name, counted)


if __name__ == "__main__":
    if int(sys.argv[1]):
        _arm(_Countdown(int(sys.argv[1]), int(sys.argv[2])))
    sys.exit(run(sys.argv[3:]))
