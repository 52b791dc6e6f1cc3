"""Who may call next: people before polling, so many at once, or strictly one at a time on this whole machine."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from jjm_tui.errors import StorageError
from jjm_tui.gateway.slips import Slip
from jjm_tui.ports import Priority

if TYPE_CHECKING:
    from filelock import BaseFileLock

_ASK_AGAIN = 0.01


class Gate:
    """A queue by priority with a number of places behind it."""

    def __init__(self, places: int, lock_path: Path | None) -> None:
        self._places = places
        self._lock_path = lock_path
        self._running = 0
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._one_at_a_time = False
        self._held: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(not place.done() for _, _, place in self._queue)

    @property
    def running(self) -> int:
        """How many are through."""
        return self._running

    @property
    def is_one_at_a_time(self) -> bool:
        """Whether calls never overlap, across processes."""
        return self._one_at_a_time

    def use_one_call_at_a_time(self) -> None:
        """From now on one place, shared by all processes that know the same lock."""
        self._one_at_a_time = True
        self._places = 1

    @asynccontextmanager
    async def place(self, priority: Priority, slip: Slip, busy_after: float) -> AsyncIterator[None]:
        """Wait for a place and hold it.

        One call at a time: a call that was given up still keeps the server busy, so its place stays taken until the
        late answer came or the connection ended, but at most ``busy_after`` seconds.
        """
        await self._enter(priority)
        lock: BaseFileLock | None = None
        try:
            lock = await self._lock() if self._one_at_a_time else None
            yield
        finally:
            if self._one_at_a_time and slip.left and not slip.over.is_set():
                held = asyncio.create_task(self._hold(slip, lock, busy_after), name="server still busy")
                self._held.add(held)
                held.add_done_callback(self._held.discard)
            else:
                self._leave(lock)

    async def _hold(self, slip: Slip, lock: BaseFileLock | None, busy_after: float) -> None:
        try:
            with anyio.move_on_after(busy_after):
                await slip.over.wait()
        finally:
            self._leave(lock)

    async def _enter(self, priority: Priority) -> None:
        if self._running < self._places and not self.waiting:
            self._running += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (int(priority), next(self._numbers), place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave(None)
            raise

    def _leave(self, lock: BaseFileLock | None) -> None:
        if lock is not None:
            lock.release()
        self._running -= 1
        while self._queue and self._running < self._places:
            _, _, place = heapq.heappop(self._queue)
            if not place.done():
                self._running += 1
                place.set_result(None)

    async def _lock(self) -> BaseFileLock | None:
        """The lock across processes. Who waits holds the turn, so that a busy process cannot keep others out."""
        if self._lock_path is None:
            return None
        turn = await self._acquire(self._lock_path.with_suffix(".turn"))
        try:
            return await self._acquire(self._lock_path)
        finally:
            turn.release()

    async def _acquire(self, path: Path) -> BaseFileLock:
        """Ask again and again, because waiting in a thread cannot be cancelled. Raises StorageError."""
        from filelock import FileLock, Timeout

        lock = FileLock(path, thread_local=False)
        while True:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                lock.acquire(blocking=False)
            except Timeout:
                await anyio.sleep(_ASK_AGAIN)
            except OSError as error:
                raise StorageError(
                    f"The lock file {path} cannot be used, so calls could overlap with those of another process.",
                    hint="Make its folder writable.",
                    context={"path": str(path)},
                ) from error
            else:
                return lock

    async def close(self) -> None:
        """Let go of places that are held for a busy server."""
        for held in tuple(self._held):
            held.cancel()
        await asyncio.gather(*self._held, return_exceptions=True)
