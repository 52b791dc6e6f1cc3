"""The quick way to what is stored: no server, no locks, nothing heavy imported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jjm_tui.assembly.options import Options
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task


@dataclass(frozen=True, slots=True)
class CachedTasks:
    """The store at one moment. ``remarks``: sentences about records that are kept but cannot be shown."""

    tasks: tuple[Task, ...]
    synced_at: datetime | None
    truncated: bool
    origin: str
    remarks: tuple[str, ...] = ()
    unreadable: int = 0


def read_cached(options: Options, environ: Mapping[str, str] | None = None) -> CachedTasks:
    """Read the store of the chosen profile; a demo's is made from its seed.

    Raises:
        ConfigurationError: the settings are wrong.
        StorageError: the store is damaged or cannot be read.
    """
    if options.demo:
        return _read_demo(options, environ)
    from jjm_tui.assembly.workplace import open_workplace
    from jjm_tui.store.json_file import read_tasks

    with open_workplace(options, os.environ if environ is None else environ) as place:
        tasks, info = read_tasks(place.store.tasks)
        sync = info["sync"].get(place.origin, SyncState(place.origin))
        remarks = tuple(info["remarks"])
        return CachedTasks(tasks, sync.synced_at, sync.truncated, place.origin, remarks, sync.unreadable)


def _read_demo(options: Options, environ: Mapping[str, str] | None) -> CachedTasks:
    import anyio

    from jjm_tui.assembly.graph import open_manager

    async def read() -> CachedTasks:
        async with open_manager(options, environ) as manager:
            sync = await manager.sync_state()
            tasks = await manager.list_stored()
            return CachedTasks(tasks, sync.synced_at, sync.truncated, sync.origin, unreadable=sync.unreadable)

    return anyio.run(read)
