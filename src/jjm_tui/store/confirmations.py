"""What servers told again, word for word, beside the store file: a poll without news moves ages and nothing else.

The file stands beside the store as ``tasks.json.confirmed``: one line with format and checksum, one line of JSON::

    {"synced": {"profile/server": "2026-11-20T12:00:15Z"},
     "tasks": [{"marks": [[3, "2026-11-20T12:00:00Z", "list"], [3, "2026-11-20T12:00:15Z", "list"]],
                "fields": {"title": [0, 1], "status": [0, 1]}, "ids": ["1", "2"]}]}

Each pair of marks is a fact for ever: the value that was told with the first was told again with the second. It holds
for every version of the store file whose task still has the first mark, and says nothing about any other. The file is
therefore never synced to the disk, and a failure to write it is no error: without it tasks are shown as older than they
are, never as newer.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from jjm_tui.domain.task import Provenance, Task, says_the_same
from jjm_tui.domain.times import format_time, parse_time
from jjm_tui.errors import JulesManagerError
from jjm_tui.store.backups import sweep_temporaries
from jjm_tui.store.document import Document, decode_json, encode_plain
from jjm_tui.store.durable import FILE_OPS, FileOps, Signature, replace_loosely

SYNC: Final = "sync"
"""The name beside the tasks under which the last readings of lists are, by origin."""

_MAGIC: Final = b"jjm confirmations 1 "
Marks = Mapping[str, tuple[Provenance, Provenance]]
"""By field: the mark with which its value is stored, and the one with which it was told last."""


def is_only_confirmed(known: Task, task: Task) -> bool:
    """Whether ``task`` is ``known`` with newer marks at the same fields, and nothing else."""
    if known.provenance.keys() != task.provenance.keys() or not says_the_same(known, task):
        return False
    before, after = known.provenance.get("synced_at"), task.provenance.get("synced_at")
    if before == after:
        return known.synced_at == task.synced_at
    return before is not None and after is not None and after.observed_at == task.synced_at


def confirm(task: Task, marks: Marks) -> Task:
    """The task as it was told last; marks of another telling than the one that is stored say nothing about it."""
    moved = {
        name: after
        for name, (before, after) in marks.items()
        if (known := task.provenance.get(name)) is before or known == before
    }
    if not moved:
        return task
    newest = moved.get("synced_at")
    synced_at = task.synced_at if newest is None else newest.observed_at
    return replace(task, synced_at=synced_at, provenance={**task.provenance, **moved})


@dataclass(frozen=True, slots=True)
class Confirmations:
    """What one file of confirmations says: when lists were read last, by origin, and marks by task."""

    synced: Mapping[str, datetime] = field(default_factory=dict)
    tasks: Mapping[str, Marks] = field(default_factory=dict)

    def confirm_task(self, task: Task) -> Task:
        """The task as it was told last."""
        marks = self.tasks.get(task.id)
        return task if marks is None else confirm(task, marks)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What moved of one task: ``encoded`` begins with the newest mark and goes on with ``rest``, which stays the same
    while the stored task does and the same fields are told. Without ``rest`` that is not as simple.
    """

    stored: Task
    task: Task
    names: list[str]
    rest: bytes
    encoded: bytes


class ConfirmationFile:
    """The file of confirmations beside one store file. Nothing here raises; every method blocks."""

    def __init__(self, store: Path, ops: FileOps = FILE_OPS) -> None:
        self._path = confirmations_path(store)
        self._ops = ops
        self._known: dict[str, _Kind] = {}

    @property
    def path(self) -> Path:
        return self._path

    def look(self) -> Signature | None:
        """Which version is there; ``None``: none, or it cannot be told."""
        try:
            return self._ops.signature(self._path)
        except OSError:
            return None

    def read_into(self, document: Document[Task]) -> None:
        """Show the records of the document as they were told last."""
        confirmations = read_confirmations(self._path, self._ops)
        for task_id, marks in confirmations.tasks.items():
            stored = document.stored(task_id)
            if stored is not None:
                newest = confirm(stored, marks)
                if newest is not stored and newest != document.get(task_id):
                    document.renew(task_id, newest)
        document.notes[SYNC] = dict(confirmations.synced)
        document.is_renewed = False

    def write(self, document: Document[Task]) -> Signature | None:
        """Replace the file by what the document shows newer than its bytes tell; answer the version written."""
        groups = [kind + b',"ids":' + encode_plain(ids) + b"}" for kind, ids in self._find_kinds(document).items()]
        synced = encode_plain(_encode_synced(document))
        body = b'{"synced":' + synced + b',"tasks":[' + b",\n".join(groups) + b"]}"
        replace_loosely(self._path, _first_line(body) + body, self._ops)
        sweep_temporaries(self._path, self._ops)
        return self.look()

    def _find_kinds(self, document: Document[Task]) -> dict[bytes, list[str]]:
        """Ids by what moved, encoded: all that one list told of have few kinds. Only what is newer than at the last
        writing is compared again, and of that mostly nothing but the newest mark is other.
        """
        known, self._known = self._known, {}
        encoded: dict[int, bytes] = {}
        kinds: dict[bytes, list[str]] = {}
        for stored, task in document.renewed():
            before = known.get(task.id)
            if before is None or before.stored is not stored or before.task is not task:
                before = _encode_kind(stored, task, before, encoded)
            self._known[task.id] = before
            kinds.setdefault(before.encoded, []).append(task.id)
        return kinds


def confirmations_path(store: Path) -> Path:
    """The file of confirmations beside a store file."""
    return store.parent / f"{store.name}.confirmed"


def read_confirmations(path: Path, ops: FileOps = FILE_OPS) -> Confirmations:
    """What a file of confirmations says: nothing, when it is not there or damaged. Never raises."""
    try:
        data, _ = ops.read(path)
    except OSError:
        return Confirmations()
    head, _, body = data.partition(b"\n")
    if head + b"\n" != _first_line(body):
        return Confirmations()
    try:
        value = decode_json(body)
        tasks: dict[str, Marks] = {}
        for group in value["tasks"]:
            table = [Provenance.from_dict(mark) for mark in group["marks"]]
            marks = {name: (table[before], table[after]) for name, (before, after) in group["fields"].items()}
            tasks.update(dict.fromkeys(group["ids"], marks))
        return Confirmations({origin: parse_time(text) for origin, text in value["synced"].items()}, tasks)
    except (JulesManagerError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Confirmations()


def _first_line(body: bytes) -> bytes:
    return b"%b%08x\n" % (_MAGIC, zlib.crc32(body))


def _encode_synced(document: Document[Task]) -> dict[str, str]:
    return {origin: format_time(moment) for origin, moment in document.notes.get(SYNC, {}).items()}


def _encode_kind(stored: Task, task: Task, before: _Kind | None, encoded: dict[int, bytes]) -> _Kind:
    """``before``: what was written of this task last. ``encoded``: marks by their identity, which many tasks share."""
    told = stored.provenance
    pairs = [(name, told[name], after) for name, after in task.provenance.items() if after is not told[name]]
    names = [name for name, *_ in pairs]
    newest = {id(after): after for *_, after in pairs}
    marks = b",".join([_encode_mark(mark, encoded) for mark in newest.values()])
    if before is not None and before.rest and before.stored is stored and before.names == names and len(newest) == 1:
        return _Kind(stored, task, names, before.rest, b'{"marks":[' + marks + before.rest)
    rest = _encode_rest(pairs, newest, encoded)
    return _Kind(stored, task, names, rest if len(newest) == 1 else b"", b'{"marks":[' + marks + rest)


def _encode_rest(
    pairs: list[tuple[str, Provenance, Provenance]], newest: Mapping[int, Provenance], encoded: dict[int, bytes]
) -> bytes:
    """What follows the newest marks: the marks that are stored, and which of both each field has."""
    places = {each: place for place, each in enumerate(newest)}
    marks = b""
    for _, mark, _ in pairs:
        if id(mark) not in places:
            places[id(mark)] = len(places)
            marks += b"," + _encode_mark(mark, encoded)
    fields = {name: (places[id(mark)], places[id(after)]) for name, mark, after in pairs}
    return marks + b'],"fields":' + encode_plain(fields)


def _encode_mark(mark: Provenance, encoded: dict[int, bytes]) -> bytes:
    known = encoded.get(id(mark))
    if known is None:
        known = encoded[id(mark)] = encode_plain(mark.to_dict())
    return known
