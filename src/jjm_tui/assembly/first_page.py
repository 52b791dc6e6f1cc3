"""What the first frame shows: read at once, without locks, before anything heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jjm_tui.assembly.workplace import Workplace
from jjm_tui.domain.counts import TaskCounts, count_tasks, is_archived
from jjm_tui.domain.order import sort_tasks
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task
from jjm_tui.errors import JulesManagerError
from jjm_tui.store.durable import FILE_OPS, Signature, whole_path
from jjm_tui.store.json_file import decode_sync, newest_sync, read_tasks
from jjm_tui.store.row_index import DEPTH, QUICK_BYTES, read_index


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The stored tasks that a list shows first, and the counts of all of them, at one moment.

    ``tasks`` are not archived, here or on the server; those that need a person come first (``sort_tasks(...,
    "needs-me")``). With ``is_whole`` they are all there are. Without it, their conversations are left out up to what
    a row and its overview tell (``chat_truncated`` says so), and only the first ``depth`` rows are certain to be the
    right ones: of the list in this order, and of one with those that need a person on top and the others below in
    groups by status, vanished or not, and snoozed or not. How many tasks there are of a kind, only ``counts`` tell. No
    filter, other order or other grouping is answered by them.
    """

    tasks: tuple[Task, ...]
    counts: TaskCounts
    sync: SyncState
    is_whole: bool
    depth: int = DEPTH

    @property
    def total(self) -> int:
        """How many tasks there are that are not archived, ``tasks`` or not."""
        return self.counts.total


def read_first_page(place: Workplace, now: datetime) -> FirstPage | None:
    """The first page of the store at ``now``: of a small store everything, of a big one what its row index has.

    ``None`` when there is no quick way to the truth: a big store without an index of exactly its present version, a
    damaged store, or one that cannot be read. Reading it whole tells. Never raises; blocking, some milliseconds.
    """
    try:
        path = whole_path(place.store.tasks)
        signature = FILE_OPS.signature(path)
        if signature is None or signature.size <= QUICK_BYTES:
            return _read_whole(path, place.origin, now)
        return _read_index(path, signature, place.origin, now)
    except (JulesManagerError, OSError):
        return None


def _read_whole(path: Path, origin: str, now: datetime) -> FirstPage:
    tasks, info = read_tasks(path, pause=lambda _: None)
    shown = sort_tasks((task for task in tasks if not is_archived(task)), "needs-me", now=now)
    return FirstPage(tuple(shown), count_tasks(tasks, now), info["sync"].get(origin, SyncState(origin)), True)


def _read_index(path: Path, signature: Signature, origin: str, now: datetime) -> FirstPage | None:
    index = read_index(path, signature, now)
    if index is None:
        return None
    sync = newest_sync(decode_sync(origin, index.sync.get(origin)), index.synced)
    return FirstPage(tuple(sort_tasks(index.rows, "needs-me", now=now)), index.count_at(now), sync, False)
