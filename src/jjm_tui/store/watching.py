"""Noticing that a file changed, whoever changed it and however."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from jjm_tui.store.durable import FILE_OPS, Signature

_LOOK_EVERY: Final = 0.25
"""Seconds between two looks while the folder is not there, or where the system does not tell about changes; the promise
is 300 ms."""

_STEP_MS: Final = 100
_DEBOUNCE_MS: Final = 100
_SAFETY_MS: Final = 5000
"""Milliseconds: between two looks of the watcher's thread at what the system told, over which news are gathered, and
after which the file is looked at without any. The thread takes some 25 ms of processor time a minute, measured."""


@dataclass(slots=True)
class _Watched:
    """Files, the event to set when one of them changed, and how they were when they were last looked at."""

    paths: tuple[Path, ...]
    bell: asyncio.Event
    last: tuple[Signature | None, ...]

    def look(self) -> None:
        newest = _signatures(self.paths)
        if newest != self.last:
            self.last = newest
            self.bell.set()


@dataclass
class _FolderWatch:
    """One watcher for all files of a folder that somebody waits for."""

    folder: Path
    files: list[_Watched] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def add(self, watched: _Watched) -> None:
        self.files.append(watched)
        if self.task is None:
            self.task = asyncio.create_task(self._run())

    async def remove(self, watched: _Watched) -> None:
        self.files.remove(watched)
        if not self.files and self.task is not None:
            task, self.task = self.task, None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        async with contextlib.aclosing(_looks(self.folder)) as looks:
            async for _ in looks:
                for watched in tuple(self.files):
                    watched.look()


_WATCHES: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Path, _FolderWatch]]] = WeakKeyDictionary()


@contextlib.asynccontextmanager
async def watch_file(
    path: Path, bells: set[asyncio.Event] | None = None, *, beside: Path | None = None
) -> AsyncIterator[asyncio.Event]:
    """An event that is set whenever the file, or the one ``beside`` it, changed since entering; it is registered in
    ``bells`` meanwhile.
    """
    paths = (path,) if beside is None else (path, beside)
    watches = _WATCHES.setdefault(asyncio.get_running_loop(), {})
    watch = watches.setdefault(path.parent, _FolderWatch(path.parent))
    watched = _Watched(paths, asyncio.Event(), _signatures(paths))
    if bells is not None:
        bells.add(watched.bell)
    watch.add(watched)
    try:
        yield watched.bell
    finally:
        if bells is not None:
            bells.discard(watched.bell)
        await watch.remove(watched)


async def _looks(folder: Path) -> AsyncGenerator[None, None]:
    """Yield when it is worth looking: told by the system, or by time where the system cannot tell."""
    while _signature(folder) is None:
        yield
        await asyncio.sleep(_LOOK_EVERY)
    yield  # something may have come with the folder
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


def _signatures(paths: tuple[Path, ...]) -> tuple[Signature | None, ...]:
    return tuple([_signature(path) for path in paths])


def _signature(path: Path) -> Signature | None:
    try:
        return FILE_OPS.signature(path)
    except OSError:
        return None
