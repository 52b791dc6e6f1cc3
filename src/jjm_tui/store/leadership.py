"""Who polls: one process per store, the one that holds a lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jjm_tui.store.durable import ensure_folder
from jjm_tui.store.locks import try_lock

if TYPE_CHECKING:
    from filelock import FileLock


class FileLeadership:
    """A ``Leadership`` by a lock file, which the system releases when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._lock: FileLock | None = None
        self._inode: tuple[int, int] | None = None

    @property
    def is_leader(self) -> bool:
        """Whether this object leads, as of the last ``try_lead``."""
        return self._lock is not None

    def try_lead(self) -> bool:
        """Become or stay the leader; never waits.

        Raises:
            StorageError: the lock file cannot be made.
        """
        if self._lock is not None and self._find_inode() == self._inode:
            return True
        self.resign()
        ensure_folder(self._path.parent)
        self._lock = try_lock(self._path)
        self._inode = self._find_inode()
        return self._lock is not None

    def resign(self) -> None:
        """Let another process lead."""
        if self._lock is not None:
            self._lock.release()
        self._lock = None

    def _find_inode(self) -> tuple[int, int] | None:
        """Whoever deletes the lock file takes the lead away: others would lock a new file."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
