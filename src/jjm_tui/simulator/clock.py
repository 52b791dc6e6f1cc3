"""Simulated time: runs, stops, jumps and hurries, and means the same in every process that shares a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

from jjm_tui.domain.times import format_time, parse_time


class WallClock(Protocol):
    """The part of ``ports.Clock`` that a world needs."""

    def now(self) -> datetime:
        """The wall clock, timezone-aware, UTC."""


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SimulatedTime:
    """Where simulated time stands: ``simulated`` was the time at ``wall``; ``speed`` is simulated seconds per second.

    A speed of 0 is a stopped clock. ``usual`` is the speed that it returns to when it goes on.
    """

    simulated: datetime
    wall: datetime
    speed: float = 1.0
    usual: float = 1.0

    def at(self, wall: datetime) -> datetime:
        """Simulated time at a wall-clock time; never before ``simulated``, also when the wall clock was set back."""
        elapsed = max(0.0, (wall - self.wall).total_seconds())
        return self.simulated + timedelta(seconds=elapsed * self.speed)

    def stepped(self, wall: datetime, seconds: float) -> Self:
        """Jump ahead by simulated seconds."""
        return replace(self, simulated=self.at(wall) + timedelta(seconds=seconds), wall=wall)

    def with_speed(self, wall: datetime, speed: float) -> Self:
        """From now on at another speed; 0 stops."""
        return replace(self, simulated=self.at(wall), wall=wall, speed=speed, usual=speed or self.usual)

    def resumed(self, wall: datetime) -> Self:
        """Go on at the usual speed after a stop."""
        return self.with_speed(wall, self.usual)

    def to_dict(self) -> dict[str, Any]:
        return {
            "simulated": format_time(self.simulated),
            "wall": format_time(self.wall),
            "speed": self.speed,
            "usual": self.usual,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(parse_time(data["simulated"]), parse_time(data["wall"]), float(data["speed"]), float(data["usual"]))
