"""A wall clock that tests move, and worlds that stand still until they are stepped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jjm_tui.simulator.world import World

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class HandClock:
    """A wall clock moved by hand."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def world(clock: HandClock) -> World:
    return World(clock=clock)


def ids_in(world: World, state: str) -> list[str]:
    """The sessions that are in a state now, newest first."""
    sessions = world.list_sessions(100).get("sessions", [])
    return [session["id"] for session in sessions if session["state"] == state]
