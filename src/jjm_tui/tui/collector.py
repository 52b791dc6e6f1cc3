"""Garbage is collected when nobody waits for it.

Python's own collector stops the program whenever enough was allocated, for 50 ms and more with thousands of tasks in
memory (measured: most of the pauses above 30 ms). So it is off while the dashboard runs: what is young is collected by
the clock, in steps of a few milliseconds, and everything only when the person has been away for a while.
"""

from __future__ import annotations

import gc
from typing import Final

_WORTH_IT: Final = 2_000
"""Young objects below which a step is not worth its fixed cost."""

_ALL_EVERY: Final = 600.0
_AWAY: Final = 20.0
"""Seconds."""


class Collector:
    """Takes over from the automatic collector, and hands back at the end."""

    def __init__(self) -> None:
        self._was_on = gc.isenabled()
        self._all_at = 0.0
        gc.disable()

    def settle(self) -> None:
        """Much was loaded that stays: it is never looked at again."""
        gc.freeze()

    def tick(self, monotonic: float, away_for: float) -> None:
        """Called about once a second. ``away_for``: seconds since the person last did something."""
        if away_for >= _AWAY and monotonic - self._all_at >= _ALL_EVERY:
            self._all_at = monotonic
            gc.collect()
        elif gc.get_count()[0] >= _WORTH_IT:
            gc.collect(1)

    def stop(self) -> None:
        """The automatic collector takes over again."""
        if self._was_on:
            gc.enable()
