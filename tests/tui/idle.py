"""When an app has come to rest: nothing is ready in its loop, no thread works for it, no timer is about to ring.

Textual's pilot guesses that by the processor time of the process, in steps of a fiftieth of a second: slow, and wrong
on a busy machine, where a process that waits for its turn looks idle.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any
from weakref import WeakKeyDictionary

import anyio.to_thread

_SOON = 1 / 50
"""Seconds: a timer that rings earlier belongs to what is going on; Textual draws with one of a sixtieth."""
_PUT_OFF = 0.2
"""Seconds: what waits for the next key or the next news waits for less."""
_LASTING = 3.0
"""Seconds: a thread that is at work for longer waits for somebody, and is not waited for."""
_QUIET_TURNS = 3
_STEP = 0.001

_WATCHERS = "_FolderWatch._run"
"""Tasks whose thread only watches."""

_working_since: WeakKeyDictionary[Any, float] = WeakKeyDictionary()


async def until_idle(min_sleep: float = 0.0, max_sleep: float = 20.0) -> None:
    """Wait until nothing is under way in this loop, at most ``max_sleep`` seconds; in place of ``wait_for_idle``."""
    await _wait(_SOON, max_sleep)


async def until_rest() -> None:
    """The same, and what was put off for a moment is done as well."""
    await _wait(_PUT_OFF, 20.0)


async def _wait(soon: float, max_sleep: float) -> None:
    loop: Any = asyncio.get_running_loop()
    end = loop.time() + max_sleep
    quiet = 0
    while quiet < _QUIET_TURNS and loop.time() < end:
        await asyncio.sleep(0)
        if loop._ready:
            quiet = 0
        elif (pause := _time_to_next(loop, soon)) is not None:
            quiet = 0
            await asyncio.sleep(pause)
        else:
            quiet += 1


def _works_in_thread(loop: Any, now: float) -> bool:
    """Whether a thread of anyio or asyncio is at work, and has not been for long."""
    borrowers = anyio.to_thread.current_default_thread_limiter().statistics().borrowers
    working: set[Any] = {each for each in borrowers if each.get_coro().__qualname__ != _WATCHERS}
    executor = loop._default_executor
    if executor is not None and len(executor._threads) > executor._idle_semaphore._value:
        working.add(executor)
    for rested in set(_working_since) - working:
        del _working_since[rested]
    return any(now - _working_since.setdefault(each, now) < _LASTING for each in working)


def _time_to_next(loop: Any, soon: float) -> float | None:
    """Seconds until it is worth looking again: until a timer rings that rings ``soon``, or a step for a thread."""
    now = loop.time()
    if _works_in_thread(loop, now):
        return _STEP
    rings = min((each._when for each in loop._scheduled if not each._cancelled), default=math.inf)
    return max(rings - now, _STEP) if rings < now + soon else None
