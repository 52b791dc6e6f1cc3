"""Reading the history files: from the end, and from where the last reading stopped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jjm_tui.files import open_descriptor, open_file

_BLOCK: Final = 64 * 1024
_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"


def rotated_path(path: Path, now: datetime) -> Path:
    """A free name for a full history file that sorts after all earlier ones."""
    name = f"{path.name}.old-{now.astimezone(UTC).strftime(_STAMP)}"
    newest = next(iter(list_rotated(path)), None)
    if newest is not None and newest.name >= name:
        stem, _, number = newest.name.partition("~")
        name = f"{stem}~{int(number or 0) + 1:06d}"
    return path.with_name(name)


def list_rotated(path: Path) -> list[Path]:
    """The full history files beside ``path``, newest first."""
    prefix = f"{path.name}.old-"
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(prefix)]
    except OSError:
        return []
    return [path.with_name(name) for name in sorted(names, reverse=True)]


def read_backwards(path: Path, seen: set[tuple[int, int]]) -> Iterator[bytes]:
    """The lines of a file, last first; nothing when the file is among ``seen`` (device, inode), to which it is added.

    Raises:
        OSError: it cannot be read.
    """
    with open_file(path) as file:
        stat = os.fstat(file.fileno())
        if (stat.st_dev, stat.st_ino) in seen:
            return
        seen.add((stat.st_dev, stat.st_ino))
        position = stat.st_size
        parts: list[bytes] = []
        while position > 0:
            start = max(0, position - _BLOCK)
            block = os.pread(file.fileno(), position - start, start)
            position = start
            head, *lines = block.split(b"\n")
            if lines:
                yield b"".join([lines.pop(), *reversed(parts)])
                yield from reversed(lines)
                parts = []
            parts.append(head)
        yield b"".join(reversed(parts))


class Tail:
    """What is appended after its making, through rotations. ``read_lines`` blocks: call it in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._rest = b""
        self._open(path, os.SEEK_END)
        if self._file is None:  # a rotation that ended half-way, or is just going on
            for newest in list_rotated(path)[:1]:
                self._open(newest, os.SEEK_END)

    def read_lines(self) -> list[bytes]:
        """The whole lines that came since the last call, oldest first.

        Raises:
            OSError: a file cannot be read.
        """
        lines = self._read_open_file()
        for path in self._newer_files():
            lines += self._read_open_file()
            self._rest = b""
            self._open(path)
            lines += self._read_open_file()
        return lines

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _open(self, path: Path, whence: int = os.SEEK_SET) -> None:
        try:
            opened = open_descriptor(path)
        except FileNotFoundError:
            return
        os.lseek(opened, 0, whence)
        self.close()
        self._file = opened

    def _newer_files(self) -> list[Path]:
        """The files after the open one, oldest first; all of them where there was none to open."""
        newer: list[Path] = []
        mine = None if self._file is None else os.fstat(self._file)
        for path in (self._path, *list_rotated(self._path)):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            if mine is not None and os.path.samestat(stat, mine):
                break
            newer.insert(0, path)
        return newer

    def _read_open_file(self) -> list[bytes]:
        if self._file is None:
            return []
        size = os.fstat(self._file).st_size
        if size < os.lseek(self._file, 0, os.SEEK_CUR):
            self._rest = b""
            os.lseek(self._file, size, os.SEEK_SET)
        data = [self._rest]
        while block := os.read(self._file, _BLOCK):
            data.append(block)
        *lines, self._rest = b"".join(data).split(b"\n")
        return lines
