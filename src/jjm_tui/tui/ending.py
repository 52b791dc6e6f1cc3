"""Signals that end the dashboard, as they end every command: it leaves in order, and an impatient person is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any, Final, Self, TextIO

_SIGNALS: Final = (
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
"""All that would end the program at once and leave the terminal as it is, and can be obeyed in order instead."""

_PATIENCE: Final = 0.5
"""Seconds that a terminal has to read what was written before."""


class Ending:
    """While it is open, signals that end a program call ``leave`` instead.

    One that comes after ``screen_gone`` tells that the end is under way; the one after that ends the program at once.
    The handlers are those of the process, as those of the loop would hear ctrl+c and ctrl+\\ even while an editor has
    taken them over.
    """

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self._is_screen_gone = False
        self._loop = asyncio.get_running_loop()
        self._before: dict[signal.Signals, Any] = {}

    def screen_gone(self) -> None:
        """The terminal is as it was; what is still to do needs no screen."""
        self._is_screen_gone = True

    def _received(self, _number: int, _frame: object) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._obey)

    def _obey(self) -> None:
        if not self._is_screen_gone:
            self._leave()
            return
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        tell("ending the server; press Ctrl+C once more to leave at once.")

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._received) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def tell(sentence: str) -> None:
    """A sentence on standard error, below what the terminal showed before."""
    _write(sys.__stderr__, f"jjm: {sentence}\n")


def write_last(text: str) -> None:
    """Write to the terminal after the screen is gone."""
    if sys.__stdout__ is not None and sys.__stdout__.isatty():
        _write(sys.__stdout__, text)


def _write(stream: TextIO | None, text: str) -> None:
    """Nothing is written when the stream is gone or nobody reads it."""
    if stream is None:
        return
    try:
        descriptor = stream.fileno()
        rest = text.encode("utf-8", "replace")
        while rest and select.select([], [descriptor], [], _PATIENCE)[1]:
            rest = rest[os.write(descriptor, rest) :]
    except (OSError, ValueError):
        return
