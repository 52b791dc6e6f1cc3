"""Looking at a store file and the history, and bringing a damaged store back, without ever overwriting anything."""

from __future__ import annotations

import shlex
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from jjm_tui.domain.task import Task
from jjm_tui.errors import StorageError
from jjm_tui.files import open_file
from jjm_tui.ports import Clock
from jjm_tui.store.backups import Backup, damaged_path, list_backups, list_damaged
from jjm_tui.store.confirmations import SYNC
from jjm_tui.store.document import (
    SCHEMA_VERSION,
    Document,
    Entry,
    parse_document,
    salvage_records,
    salvage_siblings,
)
from jjm_tui.store.document_file import SECOND_LOOK, refuse_newer
from jjm_tui.store.durable import FILE_OPS, FileOps, ensure_folder, replace_file, storage_error, whole_path
from jjm_tui.store.event_file import decode_event
from jjm_tui.store.event_lines import list_rotated
from jjm_tui.store.json_file import FORGOTTEN
from jjm_tui.store.json_scan import DamagedDocumentError
from jjm_tui.store.locks import hold_lock, lock_path
from jjm_tui.store.task_line import TASKS

__all__ = ["Backup", "RepairReport", "StoreReport", "check_history", "check_store", "list_backups", "repair_store"]

_PRIVATE: Final = 0o077
"""Permission bits that nobody but the owner should have."""

_CHANGEABLE: Final = 0o022
"""Permission bits of a folder with which others replace what is in it."""

_OWN_FOLDER: Final = "Keep the store in a folder of your own (storage.path or --store PATH)."

_MOST_NUMBERS: Final = 5
"""Lines of the history that are told by number, of each file."""


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What ``check_store`` found.

    ``damage`` says why the file is not a store file, ``None`` when it is one. ``remarks`` are sentences about
    records that are kept but not shown; ``warnings`` about permissions and formats. ``mode`` and ``folder_mode`` are
    permission bits.
    """

    path: Path
    exists: bool
    size: int = 0
    schema_version: int | None = None
    tasks: int = 0
    forgotten: int = 0
    archived: int = 0
    damage: str | None = None
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    backups: tuple[Backup, ...] = ()
    damaged_files: tuple[Path, ...] = ()
    mode: int | None = None
    folder_mode: int | None = None

    @property
    def damaged(self) -> bool:
        """The file is not a store file, or it is missing while earlier versions are there."""
        return self.damage is not None or (not self.exists and bool(self.backups or self.damaged_files))

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is not as it should be, worst first, as sentences."""
        worst: tuple[str, ...] = ()
        if self.damage is not None:
            worst = (f"{self.path} is damaged: {self.damage}.",)
        elif self.damaged:
            worst = (f"{self.path} is missing, but earlier versions of it are there.",)
        return (*worst, *self.remarks, *self.warnings)

    @property
    def way_out(self) -> str:
        """What helps against all of ``problems``; only what is damaged needs a repair."""
        if self.damaged:
            return "Run `jjm store check`; `jjm store repair` keeps the damaged file and restores what is good."
        found = ["What is not shown stays in the file."] if self.remarks else []
        if self.mode is not None and self.mode & _PRIVATE:
            found.append(_close("600", self.path))
        if self.folder_mode is not None and self.folder_mode & _CHANGEABLE:
            is_shared = bool(self.folder_mode & stat.S_ISVTX)
            found.append(_OWN_FOLDER if is_shared else _close("700", self.path.parent))
        if self.exists and _is_unknown(self.schema_version):
            found.append("Use the newer version of jjm-tui.")
        return " ".join(found)


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What ``repair_store`` did.

    ``action``: ``nothing`` the file was good; ``restored`` from ``backup``; ``salvaged`` from the readable lines of
    the damaged file alone; ``emptied`` nothing was readable anywhere, so a new file begins. ``set_aside`` is where
    the damaged file is now. ``salvaged`` counts the tasks that the backup lacked or had as they were before,
    ``lost_lines`` the unreadable lines of the damaged file.
    """

    path: Path
    action: Literal["nothing", "restored", "salvaged", "emptied"]
    set_aside: Path | None = None
    backup: Path | None = None
    tasks: int = 0
    salvaged: int = 0
    lost_lines: int = 0


def check_store(path: Path, *, ops: FileOps = FILE_OPS) -> StoreReport:
    """Look at a store file; changes nothing, takes no lock. Blocking.

    Raises:
        StorageError: the file is there and cannot be read.
    """
    path = whole_path(path)
    backups, damaged = list_backups(path), tuple(list_damaged(path))
    try:
        data, _ = ops.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return StoreReport(path, exists=False, backups=backups, damaged_files=damaged)
    except OSError as error:
        raise storage_error(error, path, "read", "") from error
    mode, folder_mode = _mode(path), _mode(path.parent)
    document, damage = _parse(data)
    marks = None if document is None else document.get_sibling(FORGOTTEN)
    tasks = [] if document is None else list(document.items())
    return StoreReport(
        path,
        exists=True,
        size=len(data),
        schema_version=None if document is None else document.schema_version,
        tasks=len(tasks),
        forgotten=len(marks) if isinstance(marks, dict) else 0,
        archived=sum(task.archived for task in tasks),
        damage=damage,
        remarks=() if document is None else document.problems(),
        warnings=tuple(_warnings(document, mode, folder_mode)),
        backups=backups,
        damaged_files=damaged,
        mode=mode,
        folder_mode=folder_mode,
    )


def check_history(path: Path, *, pause: Callable[[float], None] = time.sleep) -> tuple[StorageError, ...]:
    """What cannot be read of the history and its full files; changes nothing, takes no lock. Blocking."""
    path = whole_path(path)
    found = (_check_history_file(file, pause) for file in (path, *list_rotated(path)))
    return tuple(error for error in found if error is not None)


def _check_history_file(path: Path, pause: Callable[[float], None]) -> StorageError | None:
    """A last line without its end gets a second look, as somebody may be writing it."""
    try:
        numbers, has_end = _unreadable_lines(path)
        if numbers and not has_end:
            pause(SECOND_LOOK)
            numbers, _ = _unreadable_lines(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return storage_error(error, path, "read", "")
    if not numbers:
        return None
    lines = "1 line" if len(numbers) == 1 else f"{len(numbers)} lines"
    return StorageError(
        f"{lines} of the history {path} cannot be read ({_numbered(numbers)}): damaged, or from a newer version.",
        hint="What cannot be read is kept, and left out wherever the history is shown.",
        context={"path": str(path), "lines": numbers},
    )


def _unreadable_lines(path: Path) -> tuple[list[int], bool]:
    """Their numbers, counted from 1, and whether the last line is ended."""
    numbers = []
    line = b"\n"
    with open_file(path) as file:
        for number, line in enumerate(file, 1):
            text = line.removesuffix(b"\n")
            if text and decode_event(text) is None:
                numbers.append(number)
    return numbers, line.endswith(b"\n")


def _numbered(numbers: Sequence[int]) -> str:
    told = ", ".join(map(str, numbers[:_MOST_NUMBERS]))
    more = len(numbers) - _MOST_NUMBERS
    return f"line {told}" + (f" and {more} more" if more > 0 else "")


def repair_store(
    path: Path, clock: Clock, *, pause: Callable[[float], None] = time.sleep, ops: FileOps = FILE_OPS
) -> RepairReport:
    """Bring a damaged or missing store file back: newest good backup, and what can be read of a newer damaged file.

    What was changed since the backup counts, wherever its line is whole; an older damaged file only adds tasks.

    A good file is left alone, single unreadable records in it too. Nothing is overwritten: the damaged file is set
    aside, backups stay. Blocking.

    Raises:
        StoreSchemaError: a newer version of this program made the backup; nothing was changed.
        StorageError: nothing was changed, except that a damaged file may have been set aside.
    """
    path = whole_path(path)
    ensure_folder(path.parent, ops)
    with hold_lock(lock_path(path), ops=ops):
        data, good = _read_twice(path, pause, ops)
        if good is not None:
            return RepairReport(path, "nothing", tasks=len(list(good.items())))
        backup, document = _find_backup(path, ops)
        set_aside = None
        if data is not None:
            set_aside = damaged_path(path, clock.now())
            _move(path, set_aside, ops)
        return _rebuild(path, set_aside, backup, document, ops)


def _parse(data: bytes) -> tuple[Document[Task] | None, str | None]:
    try:
        return parse_document(data, TASKS), None
    except DamagedDocumentError as damage:
        return None, str(damage)


def _read_twice(path: Path, pause: Callable[[float], None], ops: FileOps) -> tuple[bytes | None, Document[Task] | None]:
    """The bytes and the document; a file that looks damaged gets a second look, as somebody may be writing it."""
    data: bytes | None = None
    for look in range(2):
        try:
            data, _ = ops.read(path)
        except (FileNotFoundError, NotADirectoryError):
            return None, None
        except OSError as error:
            raise storage_error(error, path, "read") from error
        document, _ = _parse(data)
        if document is not None:
            return data, document
        if look == 0:
            pause(SECOND_LOOK)
    return data, None


def _rebuild(
    path: Path, set_aside: Path | None, backup: Path | None, document: Document[Task] | None, ops: FileOps
) -> RepairReport:
    damaged = set_aside
    if damaged is None and not path.exists():
        damaged = next((found for found in list_damaged(path) if _is_newer(found, backup)), None)
    remains = _salvage(damaged, ops)
    whole: Document[Task] = Document(TASKS) if document is None else document
    is_newer = damaged is not None and _is_newer(damaged, backup)
    salvaged = _take_changes(whole, remains) if is_newer else _take_missing(whole, remains)
    replace_file(path, whole.encode(), ops=ops)
    action: Literal["restored", "salvaged", "emptied"] = (
        "restored" if document is not None else "salvaged" if salvaged else "emptied"
    )
    return RepairReport(path, action, set_aside, backup, len(list(whole.items())), salvaged, remains.lost)


def _take_changes(whole: Document[Task], remains: _Remains) -> int:
    """Take over what changed after the backup ``whole``: records, marks, whatever else stands beside them."""
    forgotten_before, forgotten = _marks(whole), remains.marks
    whole.siblings.update(remains.siblings)
    for task_id in forgotten:
        whole.remove(task_id)
    shown = {key: entry for key, entry in remains.entries.items() if key not in forgotten}
    salvaged = sum(whole.raw(key) != entry.raw for key, entry in shown.items())
    whole.entries.update(shown)
    marks = {key: mark for key, mark in {**forgotten_before, **forgotten}.items() if key not in shown}
    if marks != _marks(whole):
        whole.set_sibling(FORGOTTEN, marks)
    return salvaged


def _take_missing(whole: Document[Task], remains: _Remains) -> int:
    """Add the tasks that the backup ``whole``, which is newer, knows nothing of."""
    known = {*whole.entries, *_marks(whole)}
    missing = {key: entry for key, entry in remains.entries.items() if key not in known}
    whole.entries.update(missing)
    return len(missing)


def _marks(document: Document[Task]) -> Mapping[str, Any]:
    marks = document.get_sibling(FORGOTTEN)
    return marks if isinstance(marks, Mapping) else {}


def _find_backup(path: Path, ops: FileOps) -> tuple[Path | None, Document[Task] | None]:
    for backup in list_backups(path):
        try:
            document, _ = _parse(ops.read(backup.path)[0])
        except OSError:
            continue
        if document is not None:
            refuse_newer(backup.path, document.schema_version)
            return backup.path, document
    return None, None


def _is_newer(damaged: Path, backup: Path | None) -> bool:
    return backup is None or damaged.stat().st_mtime_ns >= backup.stat().st_mtime_ns


@dataclass(frozen=True, slots=True)
class _Remains:
    """What can be read of a damaged file: records by id, what stands beside them by name, and the forgotten tasks.

    ``lost``: the lines that cannot be read.
    """

    entries: Mapping[str, Entry[Task]] = field(default_factory=dict)
    siblings: Mapping[str, bytes] = field(default_factory=dict)
    marks: Mapping[str, Any] = field(default_factory=dict)
    lost: int = 0


def _salvage(damaged: Path | None, ops: FileOps) -> _Remains:
    if damaged is None:
        return _Remains()
    try:
        data, _ = ops.read(damaged)
    except OSError as error:
        raise storage_error(error, damaged, "read") from error
    found, lost = salvage_records(data, TASKS)
    siblings, lost_siblings = salvage_siblings(data, TASKS.list_name)
    siblings.pop(SYNC, None)  # it tells when the list was whole, and lines of it may be missing now
    entries: dict[str, Entry[Task]] = {}
    for entry in found:
        if entry.key is not None:
            entries.setdefault(entry.key, entry)
    marks = _marks(Document(TASKS, siblings=siblings))
    if not marks:
        siblings.pop(FORGOTTEN, None)
    return _Remains(entries, siblings, marks, lost + lost_siblings)


def _move(path: Path, target: Path, ops: FileOps) -> None:
    try:
        ops.rename(path, target)
        ops.sync_folder(path.parent)
    except OSError as error:
        raise storage_error(error, path, "set aside") from error


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def _close(mode: str, path: Path) -> str:
    return f"Run `chmod {mode} {shlex.quote(str(path))}`."


def _is_unknown(schema_version: int | None) -> bool:
    return schema_version is None or schema_version > SCHEMA_VERSION


def _warnings(document: Document[Task] | None, mode: int | None, folder_mode: int | None) -> list[str]:
    found = []
    if mode is not None and mode & _PRIVATE:
        found.append(f"Others on this machine may read or write the file (mode {mode:04o}); 0600 is right.")
    if folder_mode is not None and folder_mode & _CHANGEABLE:
        found.append(f"Others on this machine may change its folder (mode {folder_mode:04o}); 0700 is right.")
    if document is not None and _is_unknown(document.schema_version):
        found.append(f"A newer version of jjm-tui wrote it (format {document.schema_version}); it will not be changed.")
    return found
