"""A call after some seconds that surely comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.message_pump import MessagePump


class Once:
    """``start`` it, and ``call`` is called once, among the messages of its owner; started again, it waits anew.

    An owner that is being taken down is no longer called: its children go before it does.

    Textual's ``set_timer`` counts a time that passed before it began to wait as told, and a timer for one time then
    never calls: on a busy machine that loses the call, and with it what was to be shown.
    """

    def __init__(self, owner: MessagePump, call: Callable[[], object]) -> None:
        self._owner = owner
        self._call = call
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the call is still to come."""
        return self._handle is not None

    def start(self, seconds: float) -> None:
        """Call after so many seconds, and no longer when it was started for before."""
        self.stop()
        self._handle = asyncio.get_running_loop().call_later(seconds, self._due)

    def stop(self) -> None:
        """Do not call."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _due(self) -> None:
        self._owner.call_next(self._ring, self._handle)

    def _ring(self, handle: asyncio.TimerHandle) -> None:
        if handle is self._handle:
            self._handle = None
            if self._owner.is_running:
                self._call()
