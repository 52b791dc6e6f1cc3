"""One log file per day, named by the day, appended to by every running copy, gone after its time."""

from __future__ import annotations

import os
import re
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from jjm_tui.files import open_descriptor

_NAME: Final = re.compile(r"jjm-(\d{4}-\d{2}-\d{2})\.log")


def file_name(day: date) -> str:
    """``jjm-2026-11-20.log``; days are UTC, as the times inside."""
    return f"jjm-{day.isoformat()}.log"


class DailyFile:
    """Appends lines to the file of the day.

    Several processes may do so at once: a line is one write at the end of the file, and nothing is ever renamed.
    ``trouble`` says why the last line was not written; the next line tries again.
    """

    def __init__(self, folder: Path, keep_days: int) -> None:
        self._folder = folder
        self._keep_days = keep_days
        self._day: date | None = None
        self._handle: int | None = None
        self._lock = threading.Lock()
        self.trouble: str | None = None

    def write(self, line: str, moment: datetime) -> None:
        """Append one record, which may have several lines. ``moment`` is aware and chooses the file."""
        raw = (line + "\n").encode("utf-8", "backslashreplace")
        with self._lock:
            try:
                handle = self._open(moment.astimezone(UTC).date())
                while raw:
                    raw = raw[os.write(handle, raw) :]
                self.trouble = None
            except OSError as error:
                self.trouble = f"The log in {self._folder} cannot be written: {error.strerror or error}."
                self._close()

    def _open(self, day: date) -> int:
        if self._handle is not None and self._day == day:
            return self._handle
        self._close()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = open_descriptor(self._folder / file_name(day), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._day = day
        self._drop_old(day)
        return self._handle

    def _drop_old(self, today: date) -> None:
        oldest = today - timedelta(days=self._keep_days - 1)
        for path in self._folder.iterdir():
            found = _NAME.fullmatch(path.name)
            if found is not None and _is_before(found[1], oldest):
                path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def close(self) -> None:
        """Close the file; a later line opens it again."""
        with self._lock:
            self._close()


def _is_before(text: str, day: date) -> bool:
    try:
        return date.fromisoformat(text) < day
    except ValueError:
        return False
