"""The history: JSON lines that are only ever appended, and followed by whoever wants to know."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.times import format_time
from jjm_tui.errors import ValidationError
from jjm_tui.ports import Clock
from jjm_tui.store.document import decode_json, encode_json
from jjm_tui.store.durable import FILE_OPS, FileOps, ensure_folder, storage_error, whole_path
from jjm_tui.store.event_lines import Tail, list_rotated, read_backwards, rotated_path
from jjm_tui.store.locks import hold_lock, lock_path

ROTATE_AT: Final = 8 * 1024 * 1024
"""Bytes from which on a new file is begun: some 40 000 events."""

_TIME_STARTS: Final = len(b'{"at":"')
_TIME_ENDS: Final = _TIME_STARTS + len("2026-11-20T21:34:54")


class FileEventLog:
    """An ``EventLog`` in a file of JSON lines; full files are kept beside it and still queried.

    A line torn by a crash is closed by the next append and skipped when reading, as are events of kinds that only
    a newer version knows.
    """

    def __init__(self, path: Path, clock: Clock, *, rotate_at: int = ROTATE_AT, ops: FileOps = FILE_OPS) -> None:
        self._path = whole_path(path)
        self._clock = clock
        self._rotate_at = rotate_at
        self._ops = ops
        self._left_out = 0

    async def append(self, events: Sequence[TaskEvent]) -> None:
        """See ``EventLog.append``.

        Raises:
            StorageError: none of the events was recorded; only when even going back failed, the hint says that it is
                not certain.
        """
        from anyio import to_thread

        if events:
            data = b"".join(encode_json(event.to_dict()) + b"\n" for event in events)
            await to_thread.run_sync(self._append, data)

    async def query(
        self,
        *,
        task_id: str | None = None,
        types: frozenset[EventType] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[TaskEvent, ...]:
        """See ``EventLog.query``; with a small ``limit`` only the end of the history is read.

        Raises:
            StorageError: the history cannot be read.
        """
        from anyio import to_thread

        return await to_thread.run_sync(self._query, task_id, types, since, limit)

    @property
    def left_out(self) -> int:
        """See ``EventLog.left_out``."""
        return self._left_out

    def follow(self) -> AsyncIterator[TaskEvent]:
        """See ``EventLog.follow``; *now* is this call, not the first step of the iteration.

        Raises:
            StorageError: the history cannot be read; while iterating, too.
        """
        try:
            return self._follow(Tail(self._path))
        except OSError as error:
            raise storage_error(error, self._path, "read", "") from error

    async def _follow(self, tail: Tail) -> AsyncIterator[TaskEvent]:
        from anyio import to_thread

        from jjm_tui.store.watching import watch_file

        with contextlib.closing(tail):
            async with watch_file(self._path) as bell:
                while True:
                    try:
                        lines = await to_thread.run_sync(tail.read_lines)
                    except OSError as error:
                        raise storage_error(error, self._path, "read", "") from error
                    for line in lines:
                        event = decode_event(line)
                        if event is not None:
                            yield event
                    await bell.wait()
                    bell.clear()

    def _append(self, data: bytes) -> None:
        ensure_folder(self._path.parent, self._ops)
        with hold_lock(lock_path(self._path), ops=self._ops):
            try:
                self._rotate()
                descriptor = self._ops.open_append(self._path)
                try:
                    self._write(descriptor, data)
                finally:
                    with contextlib.suppress(OSError):
                        self._ops.close(descriptor)
            except OSError as error:
                raise storage_error(error, self._path, "written", "The history is as it was.") from error

    def _rotate(self) -> None:
        known = self._ops.signature(self._path)
        if known is not None and known.size >= self._rotate_at:
            self._ops.rename(self._path, rotated_path(self._path, self._clock.now()))
            self._ops.sync_folder(self._path.parent)

    def _write(self, descriptor: int, data: bytes) -> None:
        """Append, or leave the file as it was. A new file gets its name on the disk first."""
        size = os.fstat(descriptor).st_size
        if size == 0:
            self._ops.sync_folder(self._path.parent)
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        try:
            self._ops.write(descriptor, b"\n" + data if is_torn else data)
            self._ops.sync(descriptor)
        except OSError as error:
            try:
                self._ops.truncate(descriptor, size)
            except OSError:
                effect = "It is not certain whether some of it was kept."
                raise storage_error(error, self._path, "written", effect) from error
            raise

    def _query(
        self, task_id: str | None, types: frozenset[EventType] | None, since: datetime | None, limit: int | None
    ) -> tuple[TaskEvent, ...]:
        most = math.inf if limit is None else limit
        found: list[TaskEvent] = []
        self._left_out = 0
        for line in self._lines_backwards() if most > 0 else ():
            if _is_worth_decoding(line, task_id, since):
                event = decode_event(line)
                if event is None:
                    self._left_out += bool(line)
                elif _is_wanted(event, task_id, types, since):
                    found.append(event)
                    if len(found) >= most:
                        break
        return tuple(reversed(found))

    def _lines_backwards(self) -> Iterator[bytes]:
        """All lines, newest first; a file that is rotated meanwhile is not read twice."""
        seen: set[tuple[int, int]] = set()
        yield from self._lines_of(self._path, seen)
        for path in list_rotated(self._path):
            yield from self._lines_of(path, seen)

    def _lines_of(self, path: Path, seen: set[tuple[int, int]]) -> Iterator[bytes]:
        try:
            yield from read_backwards(path, seen)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise storage_error(error, path, "read", "") from error


def decode_event(line: bytes) -> TaskEvent | None:
    """The event of a line, ``None`` for an empty line and for one that this version cannot read."""
    if not line:
        return None
    try:
        return TaskEvent.from_dict(decode_json(line))
    except (ValueError, ValidationError):
        return None


def _is_worth_decoding(line: bytes, task_id: str | None, since: datetime | None) -> bool:
    """A quick look at the bytes as this program writes them; it may say yes too often, never no."""
    if task_id is not None and task_id.isascii() and encode_json(task_id) not in line:
        return False
    if since is not None and line.startswith(b'{"at":"'):
        return line[_TIME_STARTS:_TIME_ENDS] >= format_time(since)[: _TIME_ENDS - _TIME_STARTS].encode()
    return True


def _is_wanted(
    event: TaskEvent, task_id: str | None, types: frozenset[EventType] | None, since: datetime | None
) -> bool:
    return (
        (task_id is None or event.task_id == task_id)
        and (types is None or event.type in types)
        and (since is None or event.at >= since)
    )
