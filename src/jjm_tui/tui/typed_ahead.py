"""Keys typed faster than the focus moves: each one waits until the one before it has had its effect.

Textual gives a key to what has the focus when it arrives. A hand is faster than that: what follows a key that opens a
field, or goes on to the next one, would be commands, be lost, or stand in the field before.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from textual.events import Key, Paste
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

_PATIENCE: Final = 0.5
"""Seconds after which the next key no longer waits, whatever happened to the one before."""

_LOOK_AFTER: Final = 0.03
"""Seconds after which it is looked whether a screen that went has taken the follower of a key with it."""


_ROUNDS: Final = 3
"""How often a follower goes the way before the next key is handed on: what a key does may be carried by messages of its
own, one after the other, such as a line that was entered, and the bar that closes because of that."""


class KeyDone(Message):
    """Goes behind a key on the same way up to the app, and so comes there when the key has had its effect."""

    def __init__(self, target: Widget) -> None:
        super().__init__()
        self.target = target


class TypedAhead:
    """Keys and pastes on their way into an app. ``give`` hands one to what has the focus."""

    def __init__(self, app: App[Any], give: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._waiting: deque[Key | Paste] = deque()
        self._follower: KeyDone | None = None
        self._rounds = 0
        self._given_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, event: Key | Paste) -> None:
        """Hand a new key on, now or after those before it."""
        self._waiting.append(event)
        if self._follower is None:
            await self._next()

    def done(self, follower: KeyDone) -> None:
        """A follower has come up: the next key goes after what its own key has set going."""
        if follower is not self._follower:
            return
        self._rounds += 1
        if self._rounds < _ROUNDS and self._follow(follower.target):
            return
        self._app.call_later(self._go_on, self._follower)

    def _follow(self, target: Widget) -> bool:
        follower = KeyDone(target)
        if target.post_message(follower):
            self._follower = follower
            return True
        return False

    async def _go_on(self, follower: KeyDone) -> None:
        if follower is self._follower:
            await self._next()

    async def _next(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._follower = None
        while self._waiting and self._follower is None:
            event = self._waiting.popleft()
            target = self._app.focused or self._app.screen
            await self._give(event)
            self._rounds = 0
            if self._follow(target):
                self._given_at = asyncio.get_running_loop().time()
                self._look_later(target)

    def _look_later(self, target: Widget) -> None:
        self._timer = asyncio.get_running_loop().call_later(_LOOK_AFTER, self._look, target)

    def _look(self, target: Widget) -> None:
        is_there = target.is_attached and target.screen is self._app.screen
        if is_there and asyncio.get_running_loop().time() - self._given_at < _PATIENCE:
            self._look_later(target)
        else:
            self._app.call_later(self._next)
