"""Tasks that could not be read: why, since when, and how long polling leaves each of them alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from jjm_tui.errors import (
    Effect,
    JulesManagerError,
    OperationFailedError,
    OperationTimeoutError,
    RateLimitedError,
    ServerConnectionError,
    ServerStartError,
    UnsupportedOperationError,
)

_FIRST_REST: Final = timedelta(minutes=1)
_LONG_FIRST_REST: Final = timedelta(seconds=200)
"""After a reading that the server did not survive: longer than the time within which its ends are counted."""
_LONGEST_REST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ReadTrouble:
    """Why a task could not be read when it was asked for last, ``at``. ``failures``: how often in a row.

    ``message`` and ``hint`` are for people. ``rests_until``: polling does not ask for it before.
    """

    task_id: str
    message: str
    hint: str | None
    at: datetime
    failures: int
    rests_until: datetime


@dataclass(slots=True)
class ReadTroubles:
    """What this process knows of tasks that could not be read; a reading that works takes a task out again."""

    on_change: Callable[[], None] = lambda: None
    _troubles: dict[str, ReadTrouble] = field(default_factory=dict)

    @property
    def known(self) -> Mapping[str, ReadTrouble]:
        """All of them by id, as they are now."""
        return dict(self._troubles)

    def of(self, task_id: str) -> ReadTrouble | None:
        """Why a task could not be read, ``None`` when it could or was not tried."""
        return self._troubles.get(task_id)

    def rests(self, task_id: str, now: datetime) -> bool:
        """Whether polling leaves a task alone."""
        trouble = self._troubles.get(task_id)
        return trouble is not None and now < trouble.rests_until

    def note(self, task_id: str, error: JulesManagerError, now: datetime) -> None:
        """It could not be read; the rest doubles with every failure in a row."""
        known = self._troubles.get(task_id)
        failures = 1 if known is None else known.failures + 1
        first = _LONG_FIRST_REST if isinstance(error, ServerConnectionError) else _FIRST_REST
        rest = min(_LONGEST_REST, first * 2.0 ** min(failures - 1, 10))
        self._troubles[task_id] = ReadTrouble(task_id, error.message, error.hint, now, failures, now + rest)
        self.on_change()

    def clear(self, task_id: str) -> None:
        """It was read, or is not there any more."""
        if self._troubles.pop(task_id, None) is not None:
            self.on_change()


def is_of_the_task(error: JulesManagerError) -> bool:
    """Whether a failed reading tells something about this one task, and not about the whole way to the server.

    An end of the connection counts when it came while this task was being asked for: the task may be why.
    """
    if "breaker" in error.context or isinstance(error, RateLimitedError | UnsupportedOperationError | ServerStartError):
        return False
    if isinstance(error, ServerConnectionError):
        return error.effect is Effect.UNKNOWN
    return isinstance(error, OperationFailedError | OperationTimeoutError)


def may_be_the_way(error: JulesManagerError) -> bool:
    """Whether it is wise to ask for the list again before the next task: the server ended or did not answer."""
    return isinstance(error, ServerConnectionError | OperationTimeoutError)
