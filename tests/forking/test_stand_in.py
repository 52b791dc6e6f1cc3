"""The stand-in loses neither a process that is over at once nor a signal that comes early or late."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forking import stand_in
from tests.forking.quick_python import ROOT

_PATIENCE = 20


class _SlowHand(socket.socket):
    """Comes back from sending only when the other end has read everything and left."""

    other: socket.socket

    def sendmsg(self, *arguments: Any) -> int:
        sent = super().sendmsg(*arguments)
        self.other.recv(1 << 20)
        self.other.close()
        return sent


def test_a_process_may_be_over_before_its_order_is_known_to_be_sent() -> None:
    near, far = socket.socketpair()
    hand = _SlowHand(fileno=near.detach())
    hand.other = far
    with hand, Path(os.devnull).open() as stream:
        stand_in.order_process(hand, {"module": "this"}, [stream.fileno()] * 3)


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """A nursery that only listens."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "nursery"))
        made.listen()
        made.settimeout(_PATIENCE)
        yield made


def _stand_in(path: Path, *python: str) -> subprocess.Popen[bytes]:
    words = python or ("-I", "-S", stand_in.__file__)
    command = [sys.executable, *words, str(path), "python", "-m", "this"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


_SIGNALLED_WHILE_IT_CONNECTS = f"""
import os, signal, socket, sys

class Hand(socket.socket):
    def connect(self, address):
        super().connect(address)
        os.kill(os.getpid(), signal.SIGTERM)

socket.socket = Hand
sys.path.insert(0, {os.fspath(ROOT)!r})
from tests.forking import stand_in
os._exit(stand_in.main())
"""


def test_a_signal_that_comes_early_is_passed_on_after_the_order(tmp_path: Path, listener: socket.socket) -> None:
    with _stand_in(tmp_path / "nursery", "-c", _SIGNALLED_WHILE_IT_CONNECTS) as process:
        hand, _ = listener.accept()
        with hand:
            hand.settimeout(_PATIENCE)
            received = b""
            while not received.endswith(bytes([signal.SIGTERM])):
                more = hand.recv(1 << 20)
                assert more, received
                received += more
            hand.sendall(b"12345\n0\n")
        _, told = process.communicate(timeout=_PATIENCE)
    assert json.loads(received[:-1])["module"] == "this"
    assert (process.returncode, told) == (0, b"")


def test_a_signal_that_comes_too_late_changes_nothing(tmp_path: Path, listener: socket.socket) -> None:
    with _stand_in(tmp_path / "nursery") as process:
        hand, _ = listener.accept()
        with hand:
            hand.settimeout(_PATIENCE)
            received = b""
            while not received.endswith(b"\n"):
                received += hand.recv(1 << 20)
            hand.shutdown(socket.SHUT_RD)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            hand.sendall(b"12345\n768\n")
        _, told = process.communicate(timeout=_PATIENCE)
    assert (process.returncode, told) == (3, b"")
