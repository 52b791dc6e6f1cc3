"""How many calls a minute all processes of this machine may make together: a token bucket in a small file."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from jjm_tui.files import read_file
from jjm_tui.ports import Clock, Priority

_LOCK_PATIENCE = 2.0
_ASK_AGAIN = 0.005
_RESERVE = 10
"""One token in this many is kept for people; polling does not get it."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    """Wall-clock seconds since the epoch, because processes share it."""


class Budget:
    """Hands out ``limit`` calls a minute, all of them at once if nobody called for a minute; 0 is no limit."""

    def __init__(self, clock: Clock, limit: int, path: Path | None) -> None:
        self.limit = limit
        self._clock = clock
        self._path = path
        self._bucket = _Bucket(float(limit), 0.0)
        self._turn = anyio.Lock()

    @property
    def used(self) -> int:
        """Tokens gone and not yet back, as far as known."""
        if self.limit <= 0:
            return 0
        return max(0, self.limit - math.floor(self._refilled(self._bucket).tokens))

    async def take(self, priority: Priority) -> float:
        """Take one token and answer 0, or answer the seconds after which to ask again."""
        if self.limit <= 0:
            return 0.0
        if self._path is None:
            return self._take(priority)
        async with self._turn:
            return await anyio.to_thread.run_sync(self._take_shared, self._path, priority)

    def _take_shared(self, path: Path, priority: Priority) -> float:
        """Under a file lock; without the file the process keeps its own count rather than not work at all."""
        from filelock import FileLock, Timeout

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(path.with_name(path.name + ".lock"), timeout=_LOCK_PATIENCE, poll_interval=_ASK_AGAIN):
                self._bucket = _read(path) or self._bucket
                wait = self._take(priority)
                # Also when nothing was taken: time counts from this look on where the clock was set back.
                _write(path, self._bucket)
                return wait
        except (OSError, Timeout):
            return self._take(priority)

    def _take(self, priority: Priority) -> float:
        bucket = self._refilled(self._bucket)
        self._bucket = bucket
        floor = self.limit / _RESERVE if priority is Priority.POLL and self.limit >= _RESERVE else 0.0
        missing = floor + 1.0 - bucket.tokens
        if missing > 0:
            return missing * 60.0 / self.limit
        bucket.tokens -= 1.0
        return 0.0

    def _refilled(self, bucket: _Bucket) -> _Bucket:
        now = self._clock.now().timestamp()
        passed = max(0.0, now - bucket.at)
        return _Bucket(min(float(self.limit), max(0.0, bucket.tokens) + passed * self.limit / 60.0), now)


def _read(path: Path) -> _Bucket | None:
    try:
        raw = json.loads(read_file(path))
        tokens, at = float(raw["tokens"]), float(raw["at"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return _Bucket(tokens, at) if _are_finite((tokens, at)) else None


def _are_finite(numbers: Iterable[float]) -> bool:
    return all(map(math.isfinite, numbers))


def _write(path: Path, bucket: _Bucket) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps({"tokens": bucket.tokens, "at": bucket.at}), encoding="ascii")
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
