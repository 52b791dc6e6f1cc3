"""The default store: all tasks in one JSON file, one task per line."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from jjm_tui.domain.codec import FieldReader
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task
from jjm_tui.domain.times import format_time
from jjm_tui.errors import StorageError, StoreDamagedError, ValidationError
from jjm_tui.store.confirmations import SYNC, ConfirmationFile, is_only_confirmed
from jjm_tui.store.document import Document, decode_json, encode_json
from jjm_tui.store.document_file import DocumentFile
from jjm_tui.store.durable import FILE_OPS, FileOps, whole_path
from jjm_tui.store.task_line import TASKS, encode_task

if TYPE_CHECKING:
    import asyncio

    from jjm_tui.ports import Clock, SyncChange, TaskChange
    from jjm_tui.store.group_commit import GroupCommit
    from jjm_tui.store.index_keeper import IndexKeeper

R = TypeVar("R")

KEPT_MESSAGES: Final = 20
"""Messages of a task in the store; the whole conversation is in ``activities/``."""

FORGOTTEN: Final = "forgotten"
"""The name beside the tasks that holds what was forgotten, by id."""


def read_tasks(path: Path, *, pause: Callable[[float], None] = time.sleep) -> tuple[tuple[Task, ...], dict[str, Any]]:
    """Read the store file at once, without locks; only a file that looks damaged is looked at twice, after ``pause``.

    The second value holds ``schema_version`` (``None``: not a number), ``sync`` (SyncState by origin),
    ``forgotten`` (the ids) and ``remarks`` (a sentence for each record that is kept but not shown).

    Raises:
        StoreDamagedError: the file is not a store file; it was left alone.
        StorageError: it cannot be read.
    """
    beside = ConfirmationFile(whole_path(path))
    document = DocumentFile(
        path, TASKS, lambda: datetime.now(UTC), keeps_backups=True, beside=beside, pause=pause
    ).read()
    info = {
        "schema_version": document.schema_version,
        "sync": {origin: _sync_of(document, origin) for origin in _members(document, SYNC)},
        "forgotten": frozenset(_members(document, FORGOTTEN)),
        "remarks": document.problems(),
    }
    return tuple(document.items()), info


class JsonTaskStore:
    """A ``TaskStore`` in one JSON file.

    Concurrent changes are written together; each call returns after its own change is on the disk. While an id
    has a mark of ``forget``, ``apply`` answers ``None`` for it and stores nothing: call ``remember`` first. A change
    that only moves times at which something was told is kept beside the file (``confirmations``), as is a sync state
    whose time alone moved: everybody sees it, but a power cut may make it older again.
    ``gather_seconds`` is how long a save waits for company when changes come in faster than they can be saved: never
    more than ten saves a second, and one change alone does not wait; ``index_seconds`` is how long after a save the row
    index of a big store is written.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        gather_seconds: float = 0.12,
        index_seconds: float = 2.0,
        pause: Callable[[float], None] = time.sleep,
        ops: FileOps = FILE_OPS,
    ) -> None:
        self._beside = ConfirmationFile(whole_path(path), ops)
        self._file = DocumentFile(path, TASKS, clock.now, keeps_backups=True, beside=self._beside, pause=pause, ops=ops)
        self._clock = clock
        self._gather_seconds = gather_seconds
        self._index_seconds = index_seconds
        self._ops = ops
        self._commit: GroupCommit[Task] | None = None
        self._index: IndexKeeper | None = None
        self._bells: set[asyncio.Event] = set()

    @property
    def path(self) -> Path:
        """The file, symbolic links resolved."""
        return self._file.path

    def problems(self) -> tuple[str, ...]:
        """Sentences about records of the version read last that are kept but not shown."""
        document = self._file.cached
        return () if document is None else document.problems()

    async def list_tasks(self) -> tuple[Task, ...]:
        return tuple((await self._read()).items())

    async def get_task(self, task_id: str) -> Task | None:
        return (await self._read()).get(task_id)

    async def find_ids(self, prefix: str) -> tuple[str, ...]:
        return tuple(task_id for task_id in (await self._read()).ids() if task_id.startswith(prefix))

    async def apply(
        self, changes: Mapping[str, TaskChange], sync: Mapping[str, SyncChange] | None = None
    ) -> dict[str, Task | None]:
        """See ``TaskStore.apply``. A change that raises takes back the whole call, and its error is raised here."""
        wanted, wanted_sync = dict(changes), dict(sync or {})
        return await self._change(lambda document: _apply(document, wanted, wanted_sync))

    async def get_sync_state(self, origin: str) -> SyncState:
        return _sync_of(await self._read(), origin)

    async def forget(self, task_ids: Iterable[str], at: datetime) -> dict[str, Task]:
        wanted = tuple(task_ids)
        return await self._change(lambda document: _forget(document, wanted, at))

    async def remember(self, task_ids: Iterable[str]) -> dict[str, Task]:
        wanted = tuple(task_ids)
        return await self._change(lambda document: _remember(document, wanted))

    async def forgotten(self) -> dict[str, datetime | None]:
        marks = _members(await self._read(), FORGOTTEN)
        return {task_id: _forgotten_at(mark) for task_id, mark in marks.items()}

    def watch(self) -> AsyncIterator[frozenset[str]]:
        """See ``TaskStore.watch``. Changes count from what this store read or wrote last; before that, all is new.

        An empty set says that the file changed and cannot be read now; the next reading tells why.
        """
        return self._watch(self._file.cached)

    async def close(self) -> None:
        if self._commit is not None:
            await self._commit.close()
        if self._index is not None:
            await self._index.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _read(self) -> Document[Task]:
        from anyio import to_thread

        document = self._file.cached
        if document is not None and self._file.is_current():
            return document
        return await to_thread.run_sync(self._file.read)

    async def _change(self, change: Callable[[Document[Task]], R]) -> R:
        if self._commit is None:
            from jjm_tui.store.group_commit import GroupCommit
            from jjm_tui.store.index_keeper import IndexKeeper

            self._index = IndexKeeper(self._file, self._clock.now, pause=self._index_seconds, ops=self._ops)
            self._commit = GroupCommit(self._file, self._gather_seconds, self._note_save)
        return await self._commit.change(change)

    def _note_save(self) -> None:
        if self._index is not None:
            self._index.note_save()
        for bell in self._bells:
            bell.set()

    async def _watch(self, seen: Document[Task] | None) -> AsyncIterator[frozenset[str]]:
        from jjm_tui.store.watching import watch_file

        async with watch_file(self.path, self._bells, beside=self._beside.path) as bell:
            while True:
                try:
                    newest = await self._read()
                except StorageError:
                    yield frozenset()
                else:
                    changed = frozenset(newest.ids()) if seen is None else _differing_ids(seen, newest)
                    seen = newest
                    if changed:
                        yield changed
                await bell.wait()
                bell.clear()


def _members(document: Document[Task], name: str) -> Mapping[str, Any]:
    value = document.get_sibling(name)
    return value if isinstance(value, Mapping) else {}


def _own_members(document: Document[Task], name: str) -> dict[str, Any]:
    """A copy to change. A value of another kind is somebody else's and must not be overwritten."""
    value = document.get_sibling(name)
    if value is not None and not isinstance(value, Mapping):
        raise StoreDamagedError(
            f"In the store file, {name!r} is not an object.",
            hint="Nothing was changed. Correct the file by hand, or run `jjm store repair`.",
            context={"field": name},
        )
    return dict(value or {})


def _differing_ids(before: Document[Task], after: Document[Task]) -> frozenset[str]:
    if before is after:
        return frozenset()
    old, new = before.entries, after.entries
    slots = [slot for slot in {**old, **new} if old.get(slot) is not new.get(slot)]
    return frozenset(slot for slot in slots if isinstance(slot, str) and before.get(slot) != after.get(slot))


def _apply(
    document: Document[Task], changes: Mapping[str, TaskChange], sync: Mapping[str, SyncChange]
) -> dict[str, Task | None]:
    from jjm_tui.domain.merge import keep_newest

    forgotten = _members(document, FORGOTTEN)
    answers: dict[str, Task | None] = {}
    for task_id, change in changes.items():
        known = document.get(task_id)
        wanted = None if known is None and task_id in forgotten else change(known)
        if wanted is None:
            answers[task_id] = None
            if known is not None:
                document.remove(task_id)
            continue
        if wanted.id != task_id:
            raise ValidationError(
                f"A change of task {task_id} must not give it another id.",
                hint="Report this: it should not happen.",
                context={"field": "id"},
            )
        wanted = keep_newest(wanted, KEPT_MESSAGES)
        if known is None or not is_only_confirmed(known, wanted):
            answers[task_id] = document.put(encode_task(wanted))
            continue
        if wanted != known:
            document.renew(task_id, wanted)
        answers[task_id] = wanted
    for origin, change_sync in sync.items():
        _set_sync(document, change_sync(_sync_of(document, origin)))
    return answers


def _forget(document: Document[Task], task_ids: Iterable[str], at: datetime) -> dict[str, Task]:
    marks = _own_members(document, FORGOTTEN)
    removed: dict[str, Task] = {}
    for task_id in task_ids:
        task = document.get(task_id)
        if task is None:
            continue
        whole, *others = (decode_json(raw) for raw in document.remove(task_id))
        marks[task_id] = {"at": format_time(at), "task": whole} | ({"others": others} if others else {})
        removed[task_id] = task
    if removed:
        document.set_sibling(FORGOTTEN, marks)
    return removed


def _forgotten_at(mark: object) -> datetime | None:
    try:
        return FieldReader(mark, FORGOTTEN).take_optional_time("at")
    except ValidationError:
        return None


def _remember(document: Document[Task], task_ids: Iterable[str]) -> dict[str, Task]:
    marks = _own_members(document, FORGOTTEN)
    returned: dict[str, Task] = {}
    for task_id in task_ids:
        mark = marks.pop(task_id, None)
        if not isinstance(mark, Mapping):
            continue
        others = mark.get("others")
        for record in (mark.get("task"), *(others if isinstance(others, list) else ())):
            document.keep(encode_json(record))
        task = document.get(task_id)
        if task is not None:
            returned[task_id] = task
    if len(marks) != len(_members(document, FORGOTTEN)):
        document.set_sibling(FORGOTTEN, marks)
    return returned


def decode_sync(origin: str, mark: object) -> SyncState:
    """The sync state of ``origin`` as it is stored; what cannot be read counts as not known."""
    try:
        read = FieldReader(mark or {}, SYNC)
        return SyncState(
            origin=origin,
            synced_at=read.take_optional_time("synced_at"),
            truncated=read.take_bool("truncated", False),
            complete=read.take_bool("complete", False),
            first_sync_done=read.take_bool("first_sync_done", False),
            polling_stopped=read.take_optional_text("polling_stopped"),
            unreadable=max(0, read.take_optional_int("unreadable") or 0),
        )
    except ValidationError:
        return SyncState(origin)


def _sync_of(document: Document[Task], origin: str) -> SyncState:
    stored = decode_sync(origin, _members(document, SYNC).get(origin))
    return newest_sync(stored, document.notes.get(SYNC, {}))


def newest_sync(stored: SyncState, again: Mapping[str, datetime]) -> SyncState:
    """The stored state, with the time by origin at which the list was read again since, without anything else new."""
    moment = again.get(stored.origin)
    return replace(stored, synced_at=moment) if _is_later(moment, stored.synced_at) else stored


def _is_later(moment: datetime | None, stored: datetime | None) -> bool:
    return moment is not None and stored is not None and moment > stored


def _set_sync(document: Document[Task], state: SyncState) -> None:
    marks = _own_members(document, SYNC)
    known = marks.get(state.origin)
    again = dict(document.notes.get(SYNC, {}))
    stored = decode_sync(state.origin, known)
    if replace(stored, synced_at=state.synced_at) == state and _is_later(state.synced_at, stored.synced_at):
        document.note(SYNC, {**again, state.origin: state.synced_at})
        return
    again.pop(state.origin, None)
    document.note(SYNC, again)
    marks[state.origin] = {
        **(known if isinstance(known, Mapping) else {}),
        "synced_at": None if state.synced_at is None else format_time(state.synced_at),
        "truncated": state.truncated,
        "complete": state.complete,
        "first_sync_done": state.first_sync_done,
        "polling_stopped": state.polling_stopped,
        "unreadable": state.unreadable,
    }
    document.set_sibling(SYNC, marks)
