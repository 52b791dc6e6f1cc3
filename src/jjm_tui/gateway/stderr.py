"""A server's standard error: kept in a file of limited size, its newest lines at hand, never on the screen."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.to_thread

from jjm_tui.files import open_descriptor
from jjm_tui.gateway.environment import Redactor

TAIL_LINES = 40
_LINE_CHARS = 600
_FILE_BYTES = 1024 * 1024
_UNFINISHED_BYTES = 8192
_HIGH_WATER = 256 * 1024


class LastWords:
    """The newest lines that a server wrote to its standard error; of its former life while this one is silent."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._former: tuple[str, ...] = ()

    def add(self, text: str) -> None:
        """Add whole lines."""
        self._lines.extend(line[:_LINE_CHARS] for line in text.splitlines() if line.strip())

    def begin(self) -> None:
        """A new server has not said anything yet."""
        self._former = tuple(self._lines) or self._former
        self._lines.clear()

    def lines(self) -> tuple[str, ...]:
        """They, made harmless."""
        return _harmless(tuple(self._lines) or self._former)

    def of_this_life(self) -> tuple[str, ...]:
        """Only those of the server that runs now or ran last."""
        return _harmless(tuple(self._lines))


def _harmless(lines: tuple[str, ...]) -> tuple[str, ...]:
    from jjm_tui.domain.text import clean

    return tuple(clean(line).strip() for line in lines)


class StderrLog:
    """Takes standard error in chunks; ``on_drained`` is called when more is welcome."""

    def __init__(self, path: Path | None, words: LastWords, redact: Redactor) -> None:
        self._path = path
        self._words = words
        self._redact = redact
        self.on_drained: Callable[[], None] = lambda: None
        self._unfinished = b""
        self._pending: list[str] = []
        self._pending_size = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether the writer should be made to wait."""
        return self._pending_size > _HIGH_WATER

    def feed(self, chunk: bytes) -> None:
        """Take a chunk; the file is written in a worker thread."""
        whole, end, rest = (self._unfinished + chunk).rpartition(b"\n")
        self._unfinished = rest
        if len(rest) > _UNFINISHED_BYTES:
            whole, end, self._unfinished = whole + end + rest, b"\n", b""
        if whole or end:
            self._keep((whole + end).decode("utf-8", "replace"))

    def _keep(self, text: str) -> None:
        text = self._redact(text)
        self._words.add(text)
        if self._path is None:
            return
        self._pending.append(text)
        self._pending_size += len(text)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush(), name="server stderr")

    async def _flush(self) -> None:
        while self._pending and self._path is not None:
            text = "".join(self._pending)
            self._pending.clear()
            self._pending_size = 0
            try:
                await anyio.to_thread.run_sync(_append, self._path, text)
            except OSError:
                self._path = None
            self.on_drained()

    async def finish(self, patience: float) -> None:
        """Keep the unfinished line too, and wait until the file is written."""
        if self._unfinished:
            self._keep(self._unfinished.decode("utf-8", "replace") + "\n")
            self._unfinished = b""
        if self._task is not None and not self._task.done():
            with anyio.move_on_after(patience):
                await asyncio.shield(self._task)


def _append(path: Path, text: str) -> None:
    """Append privately and harmlessly; above the limit the file moves aside as ``.1`` and a new one begins."""
    from jjm_tui.domain.text import clean

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _FILE_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    file = open_descriptor(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with os.fdopen(file, "w", encoding="utf-8", errors="replace") as stream:
        stream.write(clean(text[-_FILE_BYTES:]))
