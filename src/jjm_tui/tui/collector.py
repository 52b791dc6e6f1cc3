"""Garbage is collected in small steps, and everything only when nobody waits for it.

Python's own collector now and then looks at everything that was ever made, which stops the program for 50 ms and more
with thousands of tasks in memory (measured: most of the pauses above 30 ms). So while the dashboard runs what is young
is collected, a few thousand objects at a time. A closed screen leaves some ten thousand objects that refer to each
other in circles and are no longer young by then (400 000 in half an hour of busy work, measured): those are looked for
in a moment when the person does nothing. What survives is not looked at again until the person is away for a while, or
until so much survived that a part of it must be garbage by now.
"""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 1_000
_STEPS: Final = 8
"""How many new objects make a step, and how many steps a larger one: 0.2 ms and 2 ms, measured."""

_NEVER: Final = 1 << 30

_CLOSED: Final = 2
_CLOSED_MANY: Final = 25
"""Closed screens after which it is worth looking in a still moment, and after which it cannot wait: some 25 MB."""

_MUCH: Final = 200_000
"""Objects that survived since everything was looked at; some are likely to be garbage by then. Some 25 MB."""

_ALL_EVERY: Final = 600.0
_STILL: Final = 1.0
_AWAY: Final = 20.0
"""Seconds."""


class Collector:
    """Takes over from the automatic collector, and hands back at the end. Nothing is collected before ``settle``."""

    def __init__(self) -> None:
        self._was_on = gc.isenabled()
        self._before = gc.get_threshold()
        self._all_at: float | None = None
        self._closed = 0
        self._kept = 0
        gc.disable()

    def settle(self) -> None:
        """Much was loaded that stays: it is never looked at again. From now on, small steps."""
        gc.freeze()
        self._kept = gc.get_freeze_count()
        gc.set_threshold(_YOUNG, _STEPS, _NEVER)
        gc.enable()

    def screen_closed(self) -> None:
        """There is something to collect."""
        self._closed += 1

    def tick(self, monotonic: float, still_for: float, *, is_alone: bool = True) -> None:
        """Called now and then. ``still_for``: seconds since the person last did something. ``is_alone``: only the main
        screen is open; what a screen above it holds would be kept for long, so it is waited for."""
        if self._all_at is None:
            self._all_at = monotonic
        is_due = still_for >= _AWAY and monotonic - self._all_at >= _ALL_EVERY
        if not is_due and self._closed < (_CLOSED if still_for >= _STILL and is_alone else _CLOSED_MANY):
            return
        is_all = is_due or gc.get_freeze_count() - self._kept > _MUCH
        if is_all:
            self._all_at = monotonic
            gc.unfreeze()
        self._closed = 0
        gc.collect()
        if is_alone:
            gc.freeze()
            if is_all:
                self._kept = gc.get_freeze_count()

    def stop(self) -> None:
        """The automatic collector takes over again, if it was on."""
        gc.set_threshold(*self._before)
        if self._was_on:
            gc.enable()
        else:
            gc.disable()
