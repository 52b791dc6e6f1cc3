"""The newest records of the program's own log file: read from its end, then followed. Blocking: for worker threads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jjm_tui.domain.text import clean_line
from jjm_tui.domain.times import parse_time
from jjm_tui.files import open_file
from jjm_tui.logs.daily import file_name

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
"""From the least important on."""

MOST_RECORDS: Final = 2000
_MOST_BYTES: Final = 1024 * 1024
"""So much of the end of a file is read; older records are in the file."""
_HEAD: Final = re.compile(r"(\d{4}-\d\d-\d\dT\S+Z) (debug|info|warning|error|critical) +([^\s:]+): ?(.*)", re.DOTALL)
_KNOWN: Final = frozenset({"time", "level", "logger", "event"})


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record. ``fields`` is the rest of its line; ``more`` its further lines, such as an exception.

    ``level`` is empty for lines that are no record of this program. Everything is as it is in the file: not clean.
    """

    at: datetime | None
    level: str
    logger: str
    event: str
    fields: str = ""
    more: tuple[str, ...] = ()


class LogTail:
    """Follows the file of the day in a folder; at midnight it goes on with the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._offset = 0
        self._unfinished = b""
        self.trouble: str | None = None
        """Why the file cannot be read. A file that is not there yet is no trouble."""

    def path_at(self, now: datetime) -> Path:
        """The file of the day."""
        return self._folder / file_name(now.astimezone(UTC).date())

    def read(self, now: datetime) -> tuple[tuple[LogRecord, ...], bool]:
        """The records that are new since the last call, and whether they replace the ones before: the file is another
        one than it was."""
        path = self.path_at(now)
        lines: list[str] = []
        is_replaced = False
        self.trouble = None
        try:
            if self._path is not None and self._path != path:
                lines = self._new_lines(self._path)
                self._path = None
            size = path.stat().st_size
            is_replaced = self._path is not None and size < self._offset
            if self._path is None or is_replaced:
                self._begin(path, size)
            lines += self._new_lines(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.trouble = f"{path} cannot be read: {error.strerror or error}."
        return tuple(parse_records(lines))[-MOST_RECORDS:], is_replaced

    def _begin(self, path: Path, size: int) -> None:
        """Begin with the last part of a file; half a line at its begin is dropped."""
        self._path, self._unfinished = path, b""
        self._offset = max(0, size - _MOST_BYTES)
        if self._offset:
            with open_file(path) as file:
                file.seek(self._offset)
                file.readline()
                self._offset = file.tell()

    def _new_lines(self, path: Path) -> list[str]:
        with open_file(path) as file:
            file.seek(self._offset)
            data = self._unfinished + file.read(_MOST_BYTES)
            self._offset = file.tell()
        whole, end, self._unfinished = data.rpartition(b"\n")
        return whole.decode("utf-8", "replace").split("\n") if end else []


def parse_records(lines: Iterable[str]) -> Iterator[LogRecord]:
    """Records from lines in either form, as ``logging.format`` has them; others are kept as they are."""
    head: LogRecord | None = None
    more: list[str] = []
    for line in lines:
        record = _parse(line)
        if record is None and head is not None:
            more.append(line)
            continue
        if head is not None:
            yield _with_more(head, more)
        head, more = record or LogRecord(None, "", "", line), []
    if head is not None:
        yield _with_more(head, more)


def _with_more(head: LogRecord, more: list[str]) -> LogRecord:
    return LogRecord(head.at, head.level, head.logger, head.event, head.fields, (*head.more, *more)) if more else head


def _parse(line: str) -> LogRecord | None:
    if line.startswith("{"):
        return _parse_json(line)
    found = _HEAD.fullmatch(line)
    if found is None:
        return None
    at, level, logger, rest = found.groups()
    event, _, fields = rest.partition("  ")
    return LogRecord(_time(at), level, logger, event, fields)


def _parse_json(line: str) -> LogRecord | None:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, Mapping) or data.get("level") not in LEVELS:
        return None
    exception = data.get("exception")
    more = tuple(f"    {row}" for row in str(exception).splitlines()) if exception else ()
    fields = "  ".join(
        f"{name}={_shown(value)}" for name, value in data.items() if name not in _KNOWN and name != "exception"
    )
    return LogRecord(
        _time(data.get("time")), str(data["level"]), str(data.get("logger")), str(data.get("event")), fields, more
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _time(text: object) -> datetime | None:
    try:
        return parse_time(text) if isinstance(text, str) else None
    except ValueError:
        return None


def record_text(record: LogRecord) -> str:
    """Everything that is said in a record, clean and on one line, for the text filter."""
    parts = (record.logger, record.event, record.fields, *record.more)
    return clean_line(" ".join(parts))


def is_at_least(record: LogRecord, level: str) -> bool:
    """Whether a record is important enough; lines that are no record always are."""
    return record.level not in LEVELS or LEVELS.index(record.level) >= LEVELS.index(level)
