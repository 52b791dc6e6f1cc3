"""Opening files by their names: a pipe, a socket or a device in the place of a file is told, and never waited for."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_descriptor(path: Path, flags: int = os.O_RDONLY, mode: int = 0o600, *, allows_devices: bool = False) -> int:
    """Open a regular file as ``os.open`` does; a character device, too, where the caller reads without waiting.

    Opening a pipe would block until somebody opens its other end, and no signal would be heard meanwhile.

    Raises:
        OSError: it cannot be opened, or it is not a regular file.
    """
    try:
        descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0), mode)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket, or a pipe that nobody reads
            raise _irregular(path) from error
        raise
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISREG(kind) or (allows_devices and stat.S_ISCHR(kind)):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise _irregular(path)


def open_file(path: Path) -> BinaryIO:
    """Open a regular file for reading. Raises OSError as ``open_descriptor`` does."""
    return os.fdopen(open_descriptor(path), "rb")


def read_file(path: Path) -> bytes:
    """The content of a regular file. Raises OSError as ``open_descriptor`` does."""
    with open_file(path) as file:
        return file.read()


def _irregular(path: Path) -> OSError:
    return OSError(errno.EINVAL, "it is not a regular file", str(path))
