"""Several changes, one write: what comes in while a save is running goes out together with the next."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from anyio import to_thread

from jjm_tui.store.document import Document
from jjm_tui.store.document_file import DocumentFile

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class _Job(Generic[T]):
    change: Callable[[Document[T]], Any]
    done: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class GroupCommit(Generic[T]):
    """Writes changes of one file off the event loop, one save at a time.

    A change whose caller was cancelled is still carried out: the decision was made. ``on_saved`` is called in the
    event loop after each save.
    """

    def __init__(self, file: DocumentFile[T], gather_seconds: float, on_saved: Callable[[], None]) -> None:
        self._file = file
        self._gather_seconds = gather_seconds
        self._on_saved = on_saved
        self._waiting: list[_Job[T]] = []
        self._writer: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    async def change(self, change: Callable[[Document[T]], R]) -> R:
        """Answer what ``change`` answers, once it is durable. An error means that it was not made."""
        job: _Job[T] = _Job(change, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._writer is None or self._writer.done():
            self._hurry = asyncio.Event()
            self._writer = asyncio.create_task(self._drain())
        result: R = await job.done
        return result

    async def close(self) -> None:
        """Write what waits, without gathering more."""
        self._hurry.set()
        if self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer])

    async def _drain(self) -> None:
        while self._waiting:
            jobs, self._waiting = self._waiting, []
            try:
                await to_thread.run_sync(self._write, jobs)
            except asyncio.CancelledError:
                for job in jobs:
                    job.done.cancel()
                raise
            except Exception as error:  # noqa: BLE001 - it goes to every caller whose change was in this save
                for job in jobs:
                    job.error = job.error or error
            self._settle(jobs)
            if self._waiting:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), self._gather_seconds)

    def _write(self, jobs: list[_Job[T]]) -> None:
        def change_all(document: Document[T]) -> None:
            for job in jobs:
                work = document.copy()
                try:
                    job.result = job.change(work)
                except Exception as error:  # noqa: BLE001 - it goes to the caller who passed the change
                    job.error = error
                else:
                    document.take(work)

        self._file.update(change_all)

    def _settle(self, jobs: list[_Job[T]]) -> None:
        for job in jobs:
            if job.done.done():
                continue
            if job.error is None:
                job.done.set_result(job.result)
            else:
                job.done.set_exception(job.error)
        self._on_saved()
