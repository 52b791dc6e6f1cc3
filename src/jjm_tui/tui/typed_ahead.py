"""Keys typed faster than the focus moves: each one waits until the one before it has had its effect.

Textual gives a key to what has the focus when it arrives. A hand is faster than that: what follows a key that opens a
field, or goes on to the next one, would be commands, be lost, or stand in the field before. And who types before there
is something to see, or goes on typing after a field was refused, does not know what the keys are going to meet.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from textual.app import ScreenStackError
from textual.events import Key, Paste
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

_LOOK_AFTER: Final = 0.03
"""Seconds after which it is looked whether a screen that went has taken the follower of a key with it."""

_LOOKS: Final = 1000
"""Looks after which the next key no longer waits, whatever happened to the one before. That is half a minute, as a busy
machine may take seconds for a key; where the program stood still, on one that slept, no look is taken meanwhile."""

_LOOK_FOR_SCREEN: Final = 0.01
"""Seconds between two looks whether a screen that comes takes keys."""

_LOOKS_FOR_SCREEN: Final = 500
"""Looks after which keys no longer wait for that: five seconds, or longer in the same way: a draft is read."""

_IN_ONE_GO: Final = 0.4
"""Seconds between two keys up to which they were typed in one go: nobody has read and decided in between."""

_ROUNDS: Final = 3
"""How often a follower goes the way before the next key is handed on: what a key does may be carried by messages of its
own, one after the other, such as a line that was entered, and the bar that closes because of that."""


class KeyDone(Message):
    """Goes behind a key on the same way up to the app, and so comes there when the key has had its effect."""

    def __init__(self, target: Widget) -> None:
        super().__init__()
        self.target = target


class TypedAhead:
    """Keys and pastes on their way into an app. ``give`` hands one to what has the focus.

    They also wait for a screen that is being opened: until it is mounted, and says ``takes_keys`` if it has that. One
    on which there may be nothing to see yet tells that by ``is_seen``.
    """

    def __init__(self, app: App[Any], give: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._waiting: deque[tuple[Key | Paste, bool]] = deque()
        self._follower: KeyDone | None = None
        self._rounds = 0
        self._looks = self._looks_for_screen = 0
        self._timer: asyncio.TimerHandle | None = None
        self._typed_at = -_IN_ONE_GO
        self._is_typed_blindly = self._is_forgetting = False
        self.is_blind = False
        """Whether the key handed on last was typed before there was anything to see, or in one go with such a key."""

    @property
    def _is_seen(self) -> bool:
        try:
            return getattr(self._app.screen, "is_seen", True)
        except ScreenStackError:
            return False

    def forget(self) -> None:
        """What a key wanted was refused: what was typed in one go with it was meant for something else."""
        self._waiting.clear()
        self._is_forgetting = True

    async def take(self, event: Key | Paste) -> None:
        """Hand a new key on, now or after those before it."""
        is_in_one_go = event.time - self._typed_at < _IN_ONE_GO
        self._typed_at = event.time
        self._is_forgetting = self._is_forgetting and is_in_one_go
        if self._is_forgetting:
            return
        self._is_typed_blindly = not self._is_seen or (self._is_typed_blindly and is_in_one_go)
        self._waiting.append((event, self._is_typed_blindly))
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
            if self._must_wait_for_screen():
                self._timer = asyncio.get_running_loop().call_later(_LOOK_FOR_SCREEN, self._look_for_screen)
                return
            event, self.is_blind = self._waiting.popleft()
            target = self._app.focused or self._app.screen
            await self._give(event)
            self._rounds = self._looks = 0
            if self._follow(target):
                self._look_later(target)

    # waiting for a screen

    def _must_wait_for_screen(self) -> bool:
        try:
            screen = self._app.screen
        except ScreenStackError:
            is_there = False
        else:
            is_there = screen.is_mounted and getattr(screen, "takes_keys", True)
        if is_there:
            self._looks_for_screen = 0
        return not is_there and self._looks_for_screen < _LOOKS_FOR_SCREEN

    def _look_for_screen(self) -> None:
        self._looks_for_screen += 1
        if self._follower is None:
            self._app.call_later(self._next)

    # a key whose screen went

    def _look_later(self, target: Widget) -> None:
        self._timer = asyncio.get_running_loop().call_later(_LOOK_AFTER, self._look, target)

    def _look(self, target: Widget) -> None:
        self._looks += 1
        is_there = target.is_attached and target.screen is self._app.screen
        if is_there and self._looks < _LOOKS:
            self._look_later(target)
        else:
            self._app.call_later(self._next)
