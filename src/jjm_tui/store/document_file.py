"""A store file on the disk: read without a lock, changed under one, replaced whole, set aside when damaged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from jjm_tui.errors import StorageError, StoreDamagedError, StoreSchemaError
from jjm_tui.store.backups import damaged_path, list_backups, list_damaged, next_backup_path, sweep, sweep_temporaries
from jjm_tui.store.document import (
    SCHEMA_VERSION,
    Document,
    RecordKind,
    parse_document,
    salvage_records,
)
from jjm_tui.store.durable import (
    FILE_OPS,
    FileOps,
    Signature,
    ensure_folder,
    link_outgoing,
    replace_file,
    storage_error,
    whole_path,
)
from jjm_tui.store.json_scan import DamagedDocumentError
from jjm_tui.store.locks import hold_lock, lock_path

T = TypeVar("T")
R = TypeVar("R")

SECOND_LOOK: Final = 0.2
"""Seconds between two readings of a file that looks damaged: somebody may just be writing it in place."""

_MOST_LOOKS: Final = 10


class Beside(Protocol[T]):
    """A smaller file that tells of some records something newer than the store file does. Nothing of it raises."""

    def look(self) -> Signature | None:
        """Which version is there."""

    def read_into(self, document: Document[T]) -> None:
        """Show the records of the document as the newest version tells them."""

    def write(self, document: Document[T]) -> Signature | None:
        """Write what the document shows newer than its bytes; answer the version written."""


class DocumentFile(Generic[T]):
    """One file of records of one kind. Every method blocks: call it in a thread.

    ``keeps_backups``: the outgoing file stays as a backup, and a missing file beside backups is told instead of
    taken for an empty one. ``salvages``: after a damaged file was set aside, its readable records go on in a new
    one at once (for files that have no backup worth restoring). ``pause`` waits for the second look. ``beside``: where
    newer forms of records are kept that are not worth a whole save.
    """

    def __init__(
        self,
        path: Path,
        kind: RecordKind[T],
        now: Callable[[], datetime],
        *,
        keeps_backups: bool = False,
        salvages: bool = False,
        beside: Beside[T] | None = None,
        pause: Callable[[float], None] = time.sleep,
        ops: FileOps = FILE_OPS,
    ) -> None:
        self.path = whole_path(path)
        self.kind = kind
        self._now = now
        self._keeps_backups = keeps_backups
        self._salvages = salvages
        self._beside = beside
        self._pause = pause
        self._ops = ops
        self._cached: tuple[Signature | None, Document[T], Signature | None] | None = None
        self._loading = threading.Lock()

    @property
    def cached(self) -> Document[T] | None:
        """The version that was read or written last."""
        cached = self._cached
        return None if cached is None else cached[1]

    @property
    def newest(self) -> tuple[Signature, Document[T]] | None:
        """The same, together with the signature of exactly that version; ``None`` for a file that is not there."""
        cached = self._cached
        return None if cached is None or cached[0] is None else (cached[0], cached[1])

    def is_current(self) -> bool:
        """Whether the cached version is still the one on the disk."""
        return self._current() is not None

    def _current(self) -> Document[T] | None:
        cached = self._cached
        if cached is None or cached[0] is None or self._look() != cached[0]:
            return None
        return cached[1] if self._look_beside() == cached[2] else None

    def read(self) -> Document[T]:
        """The newest version; a missing file is an empty one. Not to be changed.

        Raises:
            StoreDamagedError: it is not a store file; it was left alone, or, where readable records can go on without
                anybody's decision, it was set aside now and the next reading goes on with them.
            StorageError: it cannot be read.
        """
        try:
            return self._load(self._report_damage)
        except StoreDamagedError:
            if not self._salvages:
                raise
        return self.update(lambda document: document)

    def update(self, change: Callable[[Document[T]], R]) -> R:
        """Apply ``change`` to the newest version, under the lock, and write the result durably if it differs.

        Raises:
            StoreDamagedError: the file was set aside under the name that the error tells.
            StoreSchemaError: a newer version of this program wrote the file.
            StorageError: nothing was changed.
        """
        ensure_folder(self.path.parent, self._ops)
        with hold_lock(lock_path(self.path), ops=self._ops):
            current = self._load(self._set_aside)
            signature = self._signature_of(current)
            refuse_newer(self.path, current.schema_version)
            work = current.copy()
            result = change(work)
            if work.is_changed:
                signature = self._save(work)
            if work.is_renewed and self._beside is not None:
                work.is_renewed = False
                self._cached = (signature, work, self._beside.write(work))
            return result

    def _signature_of(self, document: Document[T]) -> Signature | None:
        """Which version that is; ``None`` when a reader of this process holds another one already."""
        cached = self._cached
        return cached[0] if cached is not None and cached[1] is document else None

    def _look(self) -> Signature | None:
        try:
            return self._ops.signature(self.path)
        except OSError as error:
            raise storage_error(error, self.path, "read") from error

    def _look_beside(self) -> Signature | None:
        return None if self._beside is None else self._beside.look()

    def _accept(self, signature: Signature, document: Document[T]) -> Document[T]:
        """Take over a version that was read, with what stands beside it."""
        beside = self._look_beside()
        if self._beside is not None:
            self._beside.read_into(document)
        self._cached = (signature, document, beside)
        return document

    def _load(self, on_damage: Callable[[bytes, str], StoreDamagedError]) -> Document[T]:
        """One thread at a time: whoever comes while a big file is being read would decode a second copy of it."""
        with self._loading:
            return self._load_alone(on_damage)

    def _load_alone(self, on_damage: Callable[[bytes, str], StoreDamagedError]) -> Document[T]:
        last_bad: bytes | None = None
        for _ in range(_MOST_LOOKS):
            if (current := self._current()) is not None:
                return current
            cached = self._cached
            if cached is not None and cached[0] is not None and self._look() == cached[0]:
                return self._accept(cached[0], cached[1].copy())
            try:
                data, signature = self._ops.read(self.path)
            except (FileNotFoundError, NotADirectoryError):
                return self._accept_missing()
            except OSError as error:
                raise storage_error(error, self.path, "read", "") from error
            try:
                document = parse_document(data, self.kind, self.cached)
            except DamagedDocumentError as damage:
                if last_bad == data:
                    raise on_damage(data, str(damage)) from None
                last_bad = data
                self._pause(SECOND_LOOK)
                continue
            return self._accept(signature, document)
        raise StorageError(
            f"{self.path} keeps changing and never is a whole store file.",
            hint="Nothing was changed. Find out which program writes it, then try again.",
            context={"path": str(self.path), "errno": "EBUSY"},
        )

    def _accept_missing(self) -> Document[T]:
        if self._keeps_backups:
            backups, damaged = list_backups(self.path), list_damaged(self.path)
            if (backups or damaged) and self._look() is None:
                raise StoreDamagedError(
                    f"The store file {self.path} is missing, but earlier versions of it are there.",
                    hint="Nothing was changed. Run `jjm store repair` to bring the newest good version back.",
                    context={**self._context(), "damaged": [str(path) for path in damaged]},
                )
        document: Document[T] = Document(self.kind)
        self._cached = (None, document, None)
        return document

    def _context(self) -> dict[str, Any]:
        backup = newest_good_backup(self.path, self.kind, self._ops) if self._keeps_backups else None
        return {"path": str(self.path), "backup": None if backup is None else str(backup)}

    def _report_damage(self, _: bytes, reason: str) -> StoreDamagedError:
        context = self._context()
        return StoreDamagedError(
            f"{self.path} is damaged: {reason}.",
            hint=f"It was left as it is. {self._way_out(context)}",
            context=context,
        )

    def _set_aside(self, data: bytes, reason: str) -> StoreDamagedError:
        context = self._context()
        aside, hint = self._salvage(data) if self._salvages else (self._move_aside(), self._way_out(context))
        return StoreDamagedError(
            f"{self.path} was damaged ({reason}) and is set aside as {aside.name}.",
            hint=hint,
            context={**context, "damaged": [str(aside)]},
        )

    def _move_aside(self) -> Path:
        aside = damaged_path(self.path, self._now())
        effect = "Nothing was changed."
        try:
            self._ops.rename(self.path, aside)
            effect = f"It is named {aside.name} now; after a power cut it may have its old name again."
            self._ops.sync_folder(self.path.parent)
        except OSError as error:
            raise storage_error(error, self.path, "set aside", effect) from error
        self._cached = None
        return aside

    def _salvage(self, data: bytes) -> tuple[Path, str]:
        """Put a file of what can be read in place of the damaged one, which stays there until that one is whole."""
        aside = self._keep_damaged(data)
        found, lost = salvage_records(data, self.kind)
        document: Document[T] = Document(self.kind)
        for entry in found:
            document.admit(entry)
        self._save(document)
        return aside, f"{len(found)} readable records go on in a new file, {lost} lines could not be read."

    def _keep_damaged(self, data: bytes) -> Path:
        """Keep the damaged file under another name as well, durably; one that an earlier try gave it will do."""
        try:
            aside = next(iter(list_damaged(self.path)), None)
            if aside is None or self._ops.read(aside)[0] != data:
                aside = damaged_path(self.path, self._now())
                if not link_outgoing(self.path, aside, self._ops):
                    replace_file(aside, data, ops=self._ops)
            self._ops.sync_folder(self.path.parent)
        except OSError as error:
            raise storage_error(error, self.path, "set aside") from error
        return aside

    def _way_out(self, context: dict[str, Any]) -> str:
        if not self._keeps_backups:
            return "The next change sets it aside and keeps what can be read."
        newest = context["backup"]
        offer = f"The newest good backup is {Path(newest).name}." if newest else "There is no good backup."
        return f"{offer} Run `jjm store repair` to restore what can be restored."

    def _save(self, document: Document[T]) -> Signature:
        now = self._now()
        keep_as = None
        if self._keeps_backups:
            keep_as = next_backup_path(self.path, now, list_backups(self.path))
        before = self._cached
        beside = None if before is None else before[2]
        self._cached = None
        try:
            signature = replace_file(self.path, document.encode(), ops=self._ops, keep_as=keep_as)
        except BaseException:
            self._cached = before
            raise
        document.is_changed = False
        self._cached = (signature, document, beside)
        if self._keeps_backups:
            sweep(self.path, now, self._ops)
        else:
            sweep_temporaries(self.path, self._ops)
        return signature


def refuse_newer(path: Path, version: int | None) -> None:
    """Leave alone what a newer version of this program wrote.

    Raises:
        StoreSchemaError: the version is newer than ours, or no number.
    """
    if version is not None and version <= SCHEMA_VERSION:
        return
    raise StoreSchemaError(
        f"{path} was written by a newer version of jjm-tui (format {version}, not {SCHEMA_VERSION}).",
        hint="Nothing was changed; reading still works: jjm list --cached. "
        "Update jjm-tui, or keep another store (--store PATH).",
        context={"path": str(path), "schema_version": version},
    )


def newest_good_backup(path: Path, kind: RecordKind[T], ops: FileOps = FILE_OPS) -> Path | None:
    """The newest backup that is a whole store file."""
    for backup in list_backups(path):
        try:
            parse_document(ops.read(backup.path)[0], kind)
        except (OSError, DamagedDocumentError):
            continue
        return backup.path
    return None
