"""The row index: the first page of a big store in a small file of its own, which can be rebuilt at any time.

It stands beside the store file as ``tasks.json.index``: one line with format, version of this program and checksum,
one line of JSON. It tells which exact version of the store file it describes; for any other it is worth nothing, and
whoever reads ignores it and reads the store whole. It is therefore never synced to the disk, needs no lock, and a
failure to write it is no error.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jjm_tui import __version__
from jjm_tui.domain.counts import KINDS, REASONS, TaskCounts, count_tasks, is_archived, is_snoozed
from jjm_tui.domain.order import sort_tasks
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.times import format_time, parse_time
from jjm_tui.errors import JulesManagerError
from jjm_tui.store.backups import sweep_temporaries
from jjm_tui.store.confirmations import confirmations_path, read_confirmations
from jjm_tui.store.durable import FILE_OPS, FileOps, Signature, replace_loosely

if TYPE_CHECKING:
    from jjm_tui.store.document import Document

DEPTH: Final = 80
"""Rows that the first page needs: as many as a terminal shows, and some."""

QUICK_BYTES: Final = 512 * 1024
"""A store file up to this size is read whole (measured: 55 µs for each task of 2 KB, so 14 ms at most, where the index
takes 5); only bigger ones have an index, and an index must not be bigger either."""

_MAGIC: Final = b"jjm row index 2 "
_SYNC: Final = "sync"


@dataclass(frozen=True, slots=True)
class RowIndex:
    """What the first page needs of one version of a store, true from ``made_at`` on.

    ``rows`` are tasks that are not archived, here or on the server: all that are snoozed, because their place depends
    on the time; the first ``DEPTH`` that need a person; of the others, for each status, vanished from the server or
    not, the first that have room below those. Of their conversations only the newest entry is there, and one that makes
    the task unread; ``chat_truncated`` says so. ``counts`` leave out the snoozed. ``sync`` is what the store has beside
    the tasks, by origin; ``synced``, when a list was read again since, is not part of the file but read with it, as are
    newer times of the rows (``confirmations``).
    """

    store: tuple[int, int, int]
    made_at: datetime
    rows: tuple[Task, ...]
    counts: TaskCounts
    sync: Mapping[str, Any]
    synced: Mapping[str, datetime] = field(default_factory=dict)

    def count_at(self, now: datetime) -> TaskCounts:
        """The counts of all tasks of the store at ``now``."""
        return self.counts + count_tasks((task for task in self.rows if is_snoozed(task, self.made_at)), now)


def index_path(store: Path) -> Path:
    """The index file beside a store file."""
    return store.parent / f"{store.name}.index"


def identify(signature: Signature) -> tuple[int, int, int]:
    """What must be equal for an index to be of this version; device numbers may change when the machine starts."""
    return signature.inode, signature.size, signature.mtime_ns


def build_index(document: Document[Task], signature: Signature, now: datetime, depth: int = DEPTH) -> RowIndex:
    """The index of a version of the store. Pure; takes about 3 µs for each task."""
    others: dict[tuple[TaskStatus, bool], list[Task]] = {}
    rows: list[Task] = []
    needing: list[Task] = []
    counted: list[Task] = []
    for task in document.stored_items():
        if is_archived(task):
            counted.append(task)
        elif is_snoozed(task, now):
            rows.append(task)
        else:
            counted.append(task)
            if needs_me(task, now) is None:
                others.setdefault((task.status, task.on_server is False), []).append(task)
            else:
                needing.append(task)
    rows += sort_tasks(needing, "needs-me", now=now)[:depth]
    for group in others.values():
        rows += sort_tasks(group, "needs-me", now=now)[: max(0, depth - len(needing))]
    sync = document.get_sibling(_SYNC)
    return RowIndex(
        identify(signature),
        now,
        tuple(_as_row(task) for task in rows),
        count_tasks(counted, now),
        sync if isinstance(sync, Mapping) else {},
    )


def encode_index(index: RowIndex) -> bytes:
    """The bytes of the index file."""
    from jjm_tui.store.document import encode_json
    from jjm_tui.store.task_line import encode_task

    head = {
        "store": index.store,
        "made_at": format_time(index.made_at),
        "needs": index.counts.needs,
        "kinds": index.counts.kinds,
        "sync": index.sync,
    }
    rows = b",".join([encode_task(task) for task in index.rows])
    body = encode_json(head)[:-1] + b',"rows":[' + rows + b"]}"
    return _first_line(body) + body


def decode_index(data: bytes) -> RowIndex | None:
    """Read the bytes of an index file; ``None`` for anything that this version did not write, or that is damaged."""
    from jjm_tui.store.document import decode_json

    head, _, body = data.partition(b"\n")
    if head + b"\n" != _first_line(body):
        return None
    try:
        value = decode_json(body)
        inode, size, mtime_ns = value["store"]
        return RowIndex(
            (inode, size, mtime_ns),
            parse_time(value["made_at"]),
            tuple([Task.from_dict(row) for row in value["rows"]]),
            TaskCounts(
                {reason: value["needs"][reason] for reason in REASONS},
                {kind: value["kinds"][kind] for kind in KINDS},
            ),
            value["sync"],
        )
    except (JulesManagerError, ValueError, TypeError, KeyError, RecursionError):
        return None


def read_index(store: Path, signature: Signature, now: datetime, ops: FileOps = FILE_OPS) -> RowIndex | None:
    """The index of exactly this version of the store file, if there is one that holds at ``now``. Never raises."""
    try:
        data, _ = ops.read(index_path(store))
    except OSError:
        return None
    index = decode_index(data)
    if index is None or index.store != identify(signature) or now < index.made_at:
        return None
    told = read_confirmations(confirmations_path(store), ops)
    return replace(index, rows=tuple([told.confirm_task(task) for task in index.rows]), synced=told.synced)


def write_index(store: Path, data: bytes, ops: FileOps = FILE_OPS) -> bool:
    """Replace the index file, atomically, without making it durable; answer whether it worked."""
    path = index_path(store)
    is_written = replace_loosely(path, data, ops)
    sweep_temporaries(path, ops)
    return is_written


def _first_line(body: bytes) -> bytes:
    """Another version of the program may order and count otherwise, so its index is not believed either."""
    return b"%b%b %08x\n" % (_MAGIC, __version__.encode(), zlib.crc32(body))


def _as_row(task: Task) -> Task:
    """The task with no more of its conversation than a row and its overview tell."""
    from jjm_tui.domain.conversation import is_unread

    kept = task.chat_history[-1:]
    row = replace(task, chat_history=kept, chat_truncated=True)
    if is_unread(task) and not is_unread(row):
        newest = (entry for entry in reversed(task.chat_history) if is_unread(replace(row, chat_history=(entry,))))
        kept = (next(newest), *kept)
    return task if len(kept) == len(task.chat_history) else replace(row, chat_history=kept)
