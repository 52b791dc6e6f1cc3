"""Writing files so that they survive a crash, a power cut, a full disk: whole replacement or nothing."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Final, NamedTuple

from jjm_tui.errors import StorageError
from jjm_tui.files import open_descriptor, open_file

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600

_NO_HARD_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_NO_FOLDER_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})

_REASONS: Final[dict[int, tuple[str, str]]] = {
    errno.ENOSPC: ("the disk is full", "Free some space, then try again."),
    errno.EDQUOT: ("your disk quota is used up", "Free some space, then try again."),
    errno.EFBIG: ("the file would become larger than allowed", "Free some space or raise the limit, then try again."),
    errno.EACCES: ("permission was denied", "Check who owns the file and its folder, and their permissions."),
    errno.EPERM: ("permission was denied", "Check who owns the file and its folder, and their permissions."),
    errno.EROFS: (
        "the file system is read-only",
        "Remount it for writing, or keep the store elsewhere (--store PATH).",
    ),
    errno.EIO: ("the disk reported an error", "Check the disk and the system log before you go on."),
    errno.EISDIR: ("it is a folder, not a file", "Move the folder away, or keep the store elsewhere (--store PATH)."),
    errno.ENOTDIR: ("a part of its path is not a folder", "Check the path of the store."),
    errno.ELOOP: ("its symbolic links go in a circle", "Check the path of the store."),
    errno.ENAMETOOLONG: ("its name is too long", "Keep the store under a shorter path."),
    errno.EMFILE: ("too many files are open", "Close some programs, or raise the limit of open files."),
    errno.ENFILE: ("too many files are open", "Close some programs, or raise the limit of open files."),
}


def storage_error(error: OSError, path: Path, action: str, effect: str = "Nothing was changed.") -> StorageError:
    """The error for people: ``action`` as in *could not be written*, ``effect`` as a sentence for the hint."""
    reason, way_out = explain_failure(error)
    return StorageError(
        f"{path} could not be {action}: {reason}.",
        hint=f"{effect} {way_out}".strip(),
        context={"path": str(path), "errno": errno.errorcode.get(error.errno or 0, str(error.errno))},
    )


def explain_failure(error: OSError) -> tuple[str, str]:
    """Why a file operation failed, and the way out."""
    return _REASONS.get(error.errno or 0, (error.strerror or type(error).__name__, "Check the path and try again."))


class Signature(NamedTuple):
    """What tells one version of a file from another without reading it."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Signature:
        return cls(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


class FileOps:
    """Every file operation that the stores use, in one place, so that tests can record, fail or forget each."""

    def make_folder(self, path: Path) -> None:
        path.mkdir(mode=FOLDER_MODE)

    def read(self, path: Path) -> tuple[bytes, Signature]:
        """The whole content, and the signature of exactly this content."""
        with open_file(path) as file:
            while True:
                before = Signature.of(os.fstat(file.fileno()))
                data = file.read()
                if Signature.of(os.fstat(file.fileno())) == before:
                    return data, before
                file.seek(0)

    def signature(self, path: Path) -> Signature | None:
        """``None`` when the file is not there."""
        try:
            return Signature.of(path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def create(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)

    def open_append(self, path: Path) -> int:
        return open_descriptor(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, FILE_MODE)

    def write(self, descriptor: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Until the data is on the disk. After a failure the descriptor must not be synced again."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def link(self, source: Path, target: Path) -> None:
        target.hardlink_to(source)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, path: Path) -> None:
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Until the names in the folder are on the disk."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise
        finally:
            os.close(descriptor)


FILE_OPS: Final = FileOps()


def whole_path(path: Path) -> Path:
    """The path with its symbolic links resolved.

    Raises:
        StorageError: the links go in a circle.
    """
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError) as error:
        raise storage_error(OSError(errno.ELOOP, "symbolic links in a circle"), path, "found") from error


def ensure_folder(folder: Path, ops: FileOps = FILE_OPS) -> None:
    """Make the folder and its parents, private to the user and durable; an existing one is left as it is.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        if folder.is_dir():
            return
        if folder.parent != folder:
            ensure_folder(folder.parent, ops)
        with contextlib.suppress(FileExistsError):
            ops.make_folder(folder)
        ops.sync_folder(folder.parent)
    except OSError as error:
        raise storage_error(error, folder, "made") from error


def temporary_prefix(path: Path) -> str:
    """How the names of temporary files for ``path`` start."""
    return f".{path.name}.tmp-"


def is_missing_hard_links(error: OSError) -> bool:
    """Whether the failure of a link says that this file system has none."""
    return error.errno in _NO_HARD_LINKS


def replace_file(path: Path, data: bytes, *, ops: FileOps = FILE_OPS, keep_as: Path | None = None) -> Signature:
    """Replace the whole content, durably and atomically; answer the signature of the new file.

    The signature is of what was written here, whatever another program puts in its place by now.
    ``keep_as`` is a new name for the outgoing file, linked just before the replacement, which file systems
    without hard links do without.

    Raises:
        StorageError: nothing was changed; only when even going back failed, the hint says that it is not certain.
    """
    temporary = path.with_name(temporary_prefix(path) + os.urandom(8).hex())
    linked = False
    try:
        signature = _write_new(temporary, data, ops)
        if keep_as is not None:
            linked = link_outgoing(path, keep_as, ops)
        outgoing = None if linked else _read_outgoing(path, ops)
        ops.rename(temporary, path)
    except BaseException as error:
        _remove_quietly(temporary, ops)
        if linked and keep_as is not None:
            _remove_quietly(keep_as, ops)
        if isinstance(error, OSError):
            raise storage_error(error, path, "written") from error
        raise
    try:
        ops.sync_folder(path.parent)
    except OSError as error:
        is_back = _go_back(path, keep_as if linked else None, outgoing, ops)
        effect = (
            "Nothing was changed."
            if is_back
            else "It is not certain whether the change was kept: look before you repeat it."
        )
        raise storage_error(error, path, "written", effect) from error
    return signature


def replace_loosely(path: Path, data: bytes, ops: FileOps = FILE_OPS) -> bool:
    """Replace the whole content atomically, without making it durable; answer whether that worked.

    For what can be made anew: its temporary files are left to ``backups.sweep_temporaries``.
    """
    temporary = path.with_name(temporary_prefix(path) + os.urandom(8).hex())
    try:
        descriptor = ops.create(temporary)
        try:
            ops.write(descriptor, data)
        finally:
            ops.close(descriptor)
        ops.rename(temporary, path)
    except OSError:
        return False
    return True


def try_writing(path: Path, data: bytes, ops: FileOps = FILE_OPS) -> None:
    """Write ``data`` durably beside ``path`` as replacing it would, and take it away again.

    Raises:
        OSError: it cannot be written there.
    """
    temporary = path.with_name(temporary_prefix(path) + os.urandom(8).hex())
    try:
        _write_new(temporary, data, ops)
    finally:
        _remove_quietly(temporary, ops)


def _write_new(temporary: Path, data: bytes, ops: FileOps) -> Signature:
    """Write a new file; answer its signature, which another name does not change."""
    descriptor = ops.create(temporary)
    try:
        ops.write(descriptor, data)
        ops.sync(descriptor)
        signature = Signature.of(os.fstat(descriptor))
    except BaseException:
        with contextlib.suppress(OSError):
            ops.close(descriptor)
        raise
    ops.close(descriptor)
    return signature


def link_outgoing(path: Path, keep_as: Path, ops: FileOps) -> bool:
    """Give the file a second name; ``False`` where it is not there, or where the file system has no hard links.

    Raises:
        OSError: it could not be linked.
    """
    try:
        ops.link(path, keep_as)
    except FileNotFoundError:
        return False
    except OSError as error:
        if not is_missing_hard_links(error):
            raise
        return False
    return True


def _read_outgoing(path: Path, ops: FileOps) -> bytes | None:
    try:
        return ops.read(path)[0]
    except FileNotFoundError:
        return None


def _go_back(path: Path, kept: Path | None, outgoing: bytes | None, ops: FileOps) -> bool:
    """Undo a replacement whose folder could not be synced; ``False`` when that failed as well."""
    temporary = path.with_name(temporary_prefix(path) + os.urandom(8).hex())
    try:
        if kept is not None:
            ops.rename(kept, path)
        elif outgoing is not None:
            _write_new(temporary, outgoing, ops)
            ops.rename(temporary, path)
        else:
            ops.remove(path)
    except OSError:
        _remove_quietly(temporary, ops)
        return False
    with contextlib.suppress(OSError):
        ops.sync_folder(path.parent)
    return True


def _remove_quietly(path: Path, ops: FileOps) -> None:
    """Remove what must not stay, trying once more after a passing failure."""
    for _ in range(2):
        try:
            ops.remove(path)
        except FileNotFoundError:
            return
        except OSError:
            continue
        return


def remove_file(path: Path, ops: FileOps = FILE_OPS) -> bool:
    """Remove a file durably; answer whether it was there.

    Raises:
        StorageError: it could not be removed.
    """
    try:
        ops.remove(path)
        ops.sync_folder(path.parent)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise storage_error(error, path, "removed", "It may come back after a power cut.") from error
    return True
