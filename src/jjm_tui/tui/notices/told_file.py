"""Which transitions the world outside was told about, so that the next dashboard does not tell them again.

Nothing in here is precious: a file that cannot be read is as good as none, one that cannot be written costs comfort.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import orjson

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.times import format_time
from jjm_tui.files import read_file

_KEPT: Final = 1000


class ToldFile:
    """The newest transitions that were told. Used by the one process that announces."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._told: dict[str, None] = {}

    def take(self, events: Iterable[TaskEvent]) -> list[TaskEvent]:
        """Those that nobody was told about yet; from now on they count as told. Blocking, a millisecond."""
        self._read()
        news = [event for event in events if _key(event) not in self._told]
        self._told.update(dict.fromkeys(map(_key, news)))
        if news:
            self._write()
        return news

    def _read(self) -> None:
        if self._path is None:
            return
        try:
            data = orjson.loads(read_file(self._path))
        except (OSError, ValueError):
            return
        if isinstance(data, list):
            self._told = dict.fromkeys([*(key for key in data if isinstance(key, str)), *self._told])

    def _write(self) -> None:
        if self._path is None:
            return
        self._told = dict.fromkeys([*self._told][-_KEPT:])
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(orjson.dumps([*self._told]))
            temporary.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _key(event: TaskEvent) -> str:
    return f"{event.task_id} {event.type} {event.data.get('to') or event.data.get('status')} {format_time(event.at)}"
