"""Stands where a process is expected that a nursery forked: same streams, same end, signals passed on.

``python -I -S stand_in.py SOCKET EXECUTABLE [-P] -m MODULE [ARGUMENT…]``
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from types import FrameType

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def order_process(hand: socket.socket, order: dict[str, object], streams: list[int]) -> None:
    """Tell a nursery what to fork, and give it the standard streams. ``hand``: a connection to it."""
    line = json.dumps(order).encode() + b"\n"
    sent = socket.send_fds(hand, [line], streams)
    if sent < len(line):  # a process that ended meanwhile has closed its end, and even sending nothing fails
        hand.sendall(line[sent:])


def main() -> int:
    path, executable, *words = sys.argv[1:]
    if not all(map(_is_open, (0, 1, 2))):  # only a process of its own can be without a stream
        os.execv(sys.executable, [sys.executable, *words])  # noqa: S606
    module, *arguments = words[words.index("-m") + 1 :]
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)  # one that came before the order would be read as part of it
    order: dict[str, object] = {
        "module": module,
        "arguments": arguments,
        "environ": dict(os.environ),
        "cwd": os.getcwd(),  # noqa: PTH109 - quick to start: no pathlib
        "executable": executable,
        "terminal": False,
    }
    hand = socket.socket(socket.AF_UNIX)
    hand.connect(path)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(BrokenPipeError):  # the process has ended, and its status is on the way
            hand.send(bytes([number]))

    order_process(hand, order, [0, 1, 2])
    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
    for number in (0, 1, 2):
        os.close(number)
    answer = b""
    while more := hand.recv(64):
        answer += more
    code = os.waitstatus_to_exitcode(int(answer.split()[1]))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
    return code


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    os._exit(main())
