"""A pause for everybody after several failures in a row, and one call that tries whether it is over."""

from __future__ import annotations

from typing import Literal

from jjm_tui.errors import Effect, ServiceUnavailableError
from jjm_tui.ports import Clock

BreakerState = Literal["closed", "open", "half_open"]


class Breaker:
    """Opens after ``failures`` in a row, lets one probe through after ``cooldown`` seconds, closes when it succeeds.

    Only failures of the way count (connection, time-out, 5xx); a refusal is an answer and therefore a success. An
    answer that nobody can read tells neither: it opens nothing, and makes no failure forgotten.
    """

    def __init__(self, clock: Clock, failures: int, cooldown: float) -> None:
        self._clock = clock
        self._limit = failures
        self._cooldown = cooldown
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """Where it stands now."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._probing or self.seconds_left <= 0 else "open"

    @property
    def seconds_left(self) -> float:
        """Seconds until the next try is let through; 0 when closed."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._cooldown - self._clock.monotonic())

    def check(self, label: str) -> bool:
        """Let a call through; answer whether it is the probe.

        Raises:
            ServiceUnavailableError: paused; nothing was sent.
        """
        self.refuse_if_paused(label)
        self._probing = self._opened_at is not None
        return self._probing

    def refuse_if_paused(self, label: str) -> None:
        """The same question without being let through.

        Raises:
            ServiceUnavailableError: paused; nothing was sent.
        """
        if self._opened_at is None or (self.seconds_left <= 0 and not self._probing):
            return
        when = "a try is under way" if self._probing else f"next try in {max(1, round(self.seconds_left))} s"
        raise ServiceUnavailableError(
            f"Calls to {label} are paused after {self._failures} failures; {when}.",
            hint="Nothing was sent. The connection screen shows the last failure; a restart tries at once.",
            context={"breaker": "open", "seconds_left": self.seconds_left},
            effect=Effect.NONE,
        )

    def succeeded(self) -> None:
        """An answer came."""
        self.reset()

    def failed(self) -> bool:
        """The way failed; answer whether this opened the breaker."""
        self._failures += 1
        was_open = self._opened_at is not None
        if self._probing or self._failures >= self._limit:
            self._probing = False
            self._opened_at = self._clock.monotonic()
            return not was_open
        return False

    def gave_up(self) -> None:
        """The probe ended without telling anything (cancelled): the next call may probe."""
        self._probing = False

    def reset(self) -> None:
        """Close it."""
        self._failures = 0
        self._opened_at = None
        self._probing = False
