"""Signals that end the dashboard, as they end every command: it leaves in order, and an impatient person is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Final, Self

_OF_THE_LOOP: Final = (signal.SIGTERM, signal.SIGHUP)

_PATIENCE: Final = 0.5
"""Seconds that a terminal has to read what was written before."""


class Ending:
    """While it is open, SIGINT, SIGTERM and SIGHUP call ``leave``.

    One that comes after ``screen_gone`` tells that the end is under way; the one after that ends the program at once.
    SIGINT has a handler of the process, as one of the loop would hear it even while an editor has taken it over.
    """

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self._is_screen_gone = False
        self._loop = asyncio.get_running_loop()
        self._before = signal.getsignal(signal.SIGINT)

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
        for number in (*_OF_THE_LOOP, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        tell("ending the server; press Ctrl+C once more to leave at once.")

    def __enter__(self) -> Self:
        for number in _OF_THE_LOOP:
            self._loop.add_signal_handler(number, self._obey)
        signal.signal(signal.SIGINT, self._received)
        return self

    def __exit__(self, *_: object) -> None:
        for number in _OF_THE_LOOP:
            self._loop.remove_signal_handler(number)
        signal.signal(signal.SIGINT, self._before)


def tell(sentence: str) -> None:
    """A sentence below what the terminal showed before."""
    write_last(f"jjm: {sentence}\n")


def write_last(text: str) -> None:
    """Write to the terminal after the screen is gone; nothing when the terminal is gone or does not read."""
    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        return
    try:
        descriptor = sys.__stderr__.fileno()
        _, ready, _ = select.select([], [descriptor], [], _PATIENCE)
        if ready:
            os.write(descriptor, text.encode("utf-8", "replace"))
    except (OSError, ValueError):
        return
