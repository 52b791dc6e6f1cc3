"""Time, and somebody to tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.task import Task


class Clock(Protocol):
    """Time, injected everywhere so that tests own it."""

    def now(self) -> datetime:
        """The wall clock, timezone-aware, UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class Notifier(Protocol):
    """Tells the person about an event; called once per event and machine."""

    async def notify(self, events: Sequence[TaskEvent], tasks: Mapping[str, Task]) -> None:
        """Tell about these events, summed up when there are many."""
