"""Locks between processes: files that are locked by the kernel, released at death, and never deleted while in use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jjm_tui.errors import StorageError
from jjm_tui.store.durable import FILE_MODE, FILE_OPS, FileOps, ensure_folder, storage_error

if TYPE_CHECKING:
    from filelock import FileLock

LOCK_TIMEOUT: Final = 30.0
"""Seconds to wait for another process; it holds the lock for some milliseconds at a time."""

_POLL: Final = 0.005


def make_lock(path: Path) -> FileLock:
    """A lock that is not taken yet; without kernel locks taking it fails instead of pretending."""
    from filelock import FileLock

    return FileLock(path, mode=FILE_MODE, thread_local=False, poll_interval=_POLL, fallback_to_soft=False)


def lock_path(path: Path) -> Path:
    """The lock file beside ``path``."""
    return path.parent / f"{path.name}.lock"


@contextlib.contextmanager
def hold_lock(path: Path, *, timeout: float = LOCK_TIMEOUT, ops: FileOps = FILE_OPS) -> Iterator[None]:
    """Hold the lock file ``path``, made when missing. Blocking: call it in a thread.

    Raises:
        StorageError: another process did not let go within ``timeout`` seconds, or there is no locking here.
    """
    from filelock import Timeout

    ensure_folder(path.parent, ops)
    lock = make_lock(path)
    try:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            _make_sure_it_can_be_there(path)
            lock.acquire(timeout=timeout)
    except Timeout as error:
        raise StorageError(
            f"{path} is held by another process for more than {timeout:g} seconds.",
            hint="Nothing was changed. End the process that hangs (another jjm), then try again.",
            context={"path": str(path), "errno": "EAGAIN"},
        ) from error
    except OSError as error:
        raise storage_error(error, path, "locked") from error
    try:
        yield
    finally:
        lock.release()


def _make_sure_it_can_be_there(path: Path) -> None:
    """Raise StorageError where no file can be created, as in ``/proc``: filelock takes that for a lock that is held."""
    if path.exists():
        return
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    except OSError as error:
        raise storage_error(error, path, "created") from error


def try_lock(path: Path) -> FileLock | None:
    """Take the lock without waiting; ``None`` when somebody else has it.

    Raises:
        StorageError: the file cannot be opened, or there is no locking here.
    """
    from filelock import Timeout

    lock = make_lock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    except OSError as error:
        raise storage_error(error, path, "locked") from error
    return lock
