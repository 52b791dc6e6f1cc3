"""Noticing that a file changed, whoever changed it and however."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Final

from jjm_tui.store.durable import FILE_OPS, Signature

_LOOK_EVERY: Final = 0.1
"""Seconds between two looks where the system does not tell about changes; the promise is 300 ms."""

_STEP_MS: Final = 20
_DEBOUNCE_MS: Final = 60
_SAFETY_MS: Final = 200


@contextlib.asynccontextmanager
async def watch_file(path: Path, bells: set[asyncio.Event] | None = None) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever the file changed since entering; it is registered in ``bells`` meanwhile."""
    bell = asyncio.Event()
    known = [] if bells is None else [bells]
    for group in known:
        group.add(bell)
    ringer = asyncio.create_task(_ring(path, bell, _signature(path)))
    try:
        yield bell
    finally:
        for group in known:
            group.discard(bell)
        ringer.cancel()
        await asyncio.gather(ringer, return_exceptions=True)


async def _ring(path: Path, bell: asyncio.Event, last: Signature | None) -> None:
    async with contextlib.aclosing(_looks(path.parent)) as looks:
        async for _ in looks:
            newest = _signature(path)
            if newest != last:
                last = newest
                bell.set()


async def _looks(folder: Path) -> AsyncGenerator[None, None]:
    """Yield when it is worth looking: told by the system, or by time where the system cannot tell."""
    try:
        from watchfiles import awatch

        changes = awatch(
            folder,
            watch_filter=None,
            step=_STEP_MS,
            debounce=_DEBOUNCE_MS,
            rust_timeout=_SAFETY_MS,
            yield_on_timeout=True,
            recursive=False,
        )
        async with contextlib.aclosing(changes):
            async for _ in changes:
                yield
    except (ImportError, OSError, RuntimeError):
        while True:
            yield
            await asyncio.sleep(_LOOK_EVERY)


def _signature(path: Path) -> Signature | None:
    try:
        return FILE_OPS.signature(path)
    except OSError:
        return None
