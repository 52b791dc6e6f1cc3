"""Ends a server when this program dies without a chance to do it (``kill -9``, a crash of the interpreter).

Most servers end by themselves when their standard input closes; some do not, and their children need not notice.
A parent-death signal would have to be set between fork and exec, which is unsafe in a process with threads, reaches
only the direct child and exists on Linux only. So a small shell waits on a pipe that only we hold: a line means that
all went well, end-of-file means that we are gone, and then it kills the server's process group after a grace.
"""

from __future__ import annotations

import contextlib
import os
import subprocess

import anyio
import anyio.to_thread

_SCRIPT = 'read -r _ || { sleep 2; kill -s KILL -- "-$1"; }'


class Guard:
    """Watches over one process group for as long as this process lives."""

    def __init__(self, group: int) -> None:
        try:
            self._shell: subprocess.Popen[bytes] | None = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, "sh", str(group)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={"PATH": os.defpath},
                cwd="/",
            )
        except OSError:
            self._shell = None

    def dismiss(self) -> None:
        """The group is gone; the guard may go home. Never waits."""
        if self._shell is not None and self._shell.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._shell.stdin.write(b"\n")
                self._shell.stdin.flush()
            with contextlib.suppress(OSError):
                self._shell.stdin.close()

    async def wait_gone(self) -> None:
        """Wait until it has gone home."""
        if self._shell is not None:
            shell = self._shell
            with anyio.move_on_after(1):
                await anyio.to_thread.run_sync(shell.wait, abandon_on_cancel=True)
