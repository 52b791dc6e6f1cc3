"""Keeping the row index of a store fresh: behind the saves, never in their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from anyio import to_thread

from jjm_tui.domain.task import Task
from jjm_tui.errors import JulesManagerError
from jjm_tui.store.document_file import DocumentFile
from jjm_tui.store.durable import FILE_OPS, FileOps, Signature
from jjm_tui.store.row_index import QUICK_BYTES, build_index, encode_index, write_index


class IndexKeeper:
    """Writes the row index of one store file for what this process saved, in a thread; one at a time.

    ``pause``: seconds from a save to the writing of the index, because several saves are worth one index. What cannot
    be written is left out: the store is then read whole, and the next save tries again.
    """

    def __init__(
        self,
        file: DocumentFile[Task],
        now: Callable[[], datetime],
        *,
        pause: float,
        ops: FileOps = FILE_OPS,
    ) -> None:
        self._file = file
        self._now = now
        self._pause = pause
        self._ops = ops
        self._hurry = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._indexed: Signature | None = None

    def note_save(self) -> None:
        """The store file was saved. Called in the event loop."""
        if self._is_wanted() and (self._writer is None or self._writer.done()):
            self._hurry = asyncio.Event()
            self._writer = asyncio.create_task(self._write_later())

    async def close(self) -> None:
        """Write now what would be written soon."""
        self._hurry.set()
        if self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer])

    async def _write_later(self) -> None:
        while self._is_wanted():
            await self._wait()
            await to_thread.run_sync(self._write)

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._hurry.wait(), self._pause)
        except TimeoutError:
            return

    def _is_wanted(self) -> bool:
        newest = self._file.newest
        return newest is not None and newest[0].size > QUICK_BYTES and newest[0] != self._indexed

    def _write(self) -> None:
        newest = self._file.newest
        if newest is None:
            return
        self._indexed, document = newest
        try:
            data = encode_index(build_index(document, self._indexed, self._now()))
            if len(data) <= QUICK_BYTES and self._file.is_current():
                write_index(self._file.path, data, self._ops)
        except (JulesManagerError, OSError, ValueError, TypeError, RecursionError):
            return
