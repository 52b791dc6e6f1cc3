"""Stand-ins for the store tests: a clock, tasks, and file operations that record, fail or forget."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import ChatMessage, Task
from jjm_tui.errors import StorageError
from jjm_tui.ports import SyncChange, TaskChange
from jjm_tui.store.durable import FileOps, Signature

T = TypeVar("T")

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class HandClock:
    """A clock that goes only when told."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def advance(self, step: timedelta) -> None:
        self._now += step


def make_task(task_id: str, title: str | None = None, **fields: Any) -> Task:
    return Task(id=task_id, title=title or f"Task {task_id}", updated_at=START, **fields)


def say(*texts: str) -> tuple[ChatMessage, ...]:
    return tuple(ChatMessage(text, "jules", START + timedelta(seconds=n), f"m{n}") for n, text in enumerate(texts))


def put(*tasks: Task) -> dict[str, TaskChange]:
    """Changes that store these tasks whatever was there."""
    return {task.id: lambda _, task=task: task for task in tasks}


def put_sync(state: SyncState) -> dict[str, SyncChange]:
    """A change that stores this state whatever was there."""
    return {state.origin: lambda _: state}


class CountingOps(FileOps):
    """Counts the operations by name."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def _about_to(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def make_folder(self, path: Path) -> None:
        self._about_to("make_folder")
        super().make_folder(path)

    def read(self, path: Path) -> tuple[bytes, Signature]:
        self._about_to("read")
        return super().read(path)

    def signature(self, path: Path) -> Signature | None:
        self._about_to("signature")
        return super().signature(path)

    def create(self, path: Path) -> int:
        self._about_to("create")
        return super().create(path)

    def open_append(self, path: Path) -> int:
        self._about_to("open_append")
        return super().open_append(path)

    def write(self, descriptor: int, data: bytes) -> None:
        self._about_to("write")
        super().write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        self._about_to("truncate")
        super().truncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        self._about_to("sync")
        super().sync(descriptor)

    def close(self, descriptor: int) -> None:
        self._about_to("close")
        super().close(descriptor)

    def link(self, source: Path, target: Path) -> None:
        self._about_to("link")
        super().link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        self._about_to("rename")
        super().rename(source, target)

    def remove(self, path: Path) -> None:
        self._about_to("remove")
        super().remove(path)

    def sync_folder(self, folder: Path) -> None:
        self._about_to("sync_folder")
        super().sync_folder(folder)


class FailingOps(CountingOps):
    """Fails at the ``fail_at``-th operation (from 1), once or from then on; a failing write writes a part first."""

    def __init__(self, fail_at: int, number: int, *, forever: bool = False) -> None:
        super().__init__()
        self.fail_at = fail_at
        self.number = number
        self.forever = forever
        self.done = 0
        self.failed: list[str] = []

    def heal(self) -> None:
        self.fail_at = 1 << 60

    def _about_to(self, name: str) -> None:
        super()._about_to(name)
        self.done += 1
        if self.done == self.fail_at or (self.forever and self.done > self.fail_at):
            self.failed.append(name)
            raise OSError(self.number, os.strerror(self.number))

    def write(self, descriptor: int, data: bytes) -> None:
        try:
            super().write(descriptor, data)
        except OSError:
            os.write(descriptor, data[: len(data) // 2])
            raise

    def close(self, descriptor: int) -> None:
        try:
            super().close(descriptor)
        except OSError:
            os.close(descriptor)
            raise


class RefusingOps(CountingOps):
    """Fails one kind of operation every time."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__()
        self.name = name
        self.number = number

    def _about_to(self, name: str) -> None:
        super()._about_to(name)
        if name == self.name:
            raise OSError(self.number, os.strerror(self.number))


async def attempt(work: Awaitable[T]) -> tuple[T | None, StorageError | None]:
    """The answer, or the storage error."""
    try:
        return await work, None
    except StorageError as error:
        return None, error


def no_pause(_: float) -> None:
    """For the second look at a damaged file."""
