"""Repeating a read whose failure passes by, within the one deadline of the operation. Writes run exactly once."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from jjm_tui.errors import (
    AnswerTooLongError,
    Effect,
    JulesManagerError,
    RateLimitedError,
    ServerConnectionError,
    ServerStartError,
    ServiceUnavailableError,
)
from jjm_tui.gateway.spec import CallerSettings
from jjm_tui.ports import Clock

_T = TypeVar("_T")
_TRANSIENT = (RateLimitedError, ServiceUnavailableError, ServerConnectionError)


class Allowance:
    """The seconds that an operation may still take; waiting in the queue costs nothing."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self.attempts = 0
        self.alone = False
        """Whether the next attempt waits until no other such attempt is under way."""

    def spend(self, seconds: float) -> None:
        """Take some away."""
        self.left = max(0.0, self.left - seconds)


def is_transient(error: BaseException) -> bool:
    """Whether a read may be repeated after this error."""
    return (
        isinstance(error, _TRANSIENT)
        and not isinstance(error, ServerStartError)
        and not {"breaker", "closed"} & error.context.keys()
    )


def is_given_up(error: BaseException, attempts: int) -> bool:
    """Whether the server ended in this very call for the second time: asking a third time might end it again."""
    return isinstance(error, ServerConnectionError) and error.effect is Effect.UNKNOWN and attempts > 1


def is_lost(error: BaseException) -> bool:
    """Whether an answer was thrown away and nobody can tell whose it was: asked alone, that shows."""
    return isinstance(error, AnswerTooLongError) and "shared_by" in error.context


async def run_reads_again(
    attempt: Callable[[], Awaitable[_T]],
    allowance: Allowance,
    settings: CallerSettings,
    clock: Clock,
    rng: random.Random,
    on_retry: Callable[[Mapping[str, Any]], None],
) -> _T:
    """Run ``attempt`` until it succeeds, fails for good, or no time or attempt is left; the last error is raised.

    What lost its answer together with others is asked once more, one after the other.
    Waits grow from ``retry_min`` to ``retry_max`` with jitter; a longer wait that the server asked for is honoured.
    """
    from tenacity import AsyncRetrying, RetryCallState

    def wait(state: RetryCallState) -> float:
        grown = min(settings.retry_max, settings.retry_min * 2.0 ** (state.attempt_number - 1))
        error = state.outcome.exception() if state.outcome is not None else None
        asked = error.context.get("retry_after", 0.0) if isinstance(error, JulesManagerError) else 0.0
        return max(grown * rng.uniform(0.75, 1.0), float(asked))

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number >= settings.retry_attempts or state.upcoming_sleep >= allowance.left

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        code = error.code if isinstance(error, JulesManagerError) else "error"
        on_retry({"attempt": state.attempt_number, "wait": round(state.upcoming_sleep, 3), "code": code})

    def again(state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome is not None else None
        if error is None:
            return False
        first, allowance.alone = not allowance.alone, allowance.alone or is_lost(error)
        if is_given_up(error, state.attempt_number):
            return False
        return is_transient(error) or (is_lost(error) and first)

    async def sleep(seconds: float) -> None:
        allowance.spend(seconds)
        await clock.sleep(seconds)

    retrying = AsyncRetrying(sleep=sleep, stop=stop, wait=wait, retry=again, before_sleep=tell, reraise=True)
    return await retrying(attempt)
