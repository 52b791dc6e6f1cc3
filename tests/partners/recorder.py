"""Stands between a client and a server and keeps every byte of the client: ``recorder FILE COMMAND…``.

The environment, the standard error and the exit code are the server's own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import BinaryIO


def keep_and_pass_on(source: int, record: BinaryIO, target: BinaryIO) -> None:
    """Copy until the client ends."""
    while chunk := os.read(source, 65536):
        record.write(chunk)
        record.flush()
        try:
            target.write(chunk)
            target.flush()
        except BrokenPipeError:
            break
    try:
        target.close()
    except BrokenPipeError:
        return


def main(path: str, *command: str) -> int:
    """Run the server until it ends."""
    with open(path, "ab") as record, subprocess.Popen(command, stdin=subprocess.PIPE) as server:  # noqa: PTH123
        assert server.stdin is not None
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        copier = threading.Thread(target=keep_and_pass_on, args=(0, record, server.stdin), daemon=True)
        copier.start()
        return server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
