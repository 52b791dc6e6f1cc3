"""What happens to a record: structlog's chain of steps, the last of which masks and writes it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from jjm_tui.domain.text import clean
from jjm_tui.domain.times import format_time
from jjm_tui.logs.daily import DailyFile
from jjm_tui.settings.secrets import MASK, is_secret_name, masked

_DEEPEST: Final = 6
_LONGEST: Final = 20_000
"""Characters of one text that are kept; conversations and diffs have files of their own."""


class _Records(structlog.BoundLoggerBase):
    """structlog's chain of steps with one method for all levels."""

    def record(self, level: str, event: str, **fields: Any) -> None:
        """Send one record through the chain."""
        self._proxy_to_logger(level, event, **fields)


class Pipeline:
    """Takes records and writes them to the file of the day, and to standard error when wanted."""

    def __init__(
        self,
        folder: Path | None,
        form: str,
        keep_days: int,
        *,
        to_terminal: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._file = None if folder is None else DailyFile(folder, keep_days)
        self._render = _as_json if form == "json" else _for_people
        self._to_terminal = to_terminal
        self._now = now
        self._records: _Records = structlog.wrap_logger(
            structlog.ReturnLogger(),  # writing is done by the last processor; the default wants a standard output
            processors=[self._stamp, structlog.processors.format_exc_info, _mask_fields, self._deliver],
            wrapper_class=_Records,
        )

    @property
    def trouble(self) -> str | None:
        """Why the file cannot be written, if so."""
        return None if self._file is None else self._file.trouble

    def write(self, name: str, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Write one record."""
        clash = {f"{key}_" if key in ("event", "level", "logger", "time") else key: fields[key] for key in fields}
        self._records.record(level, event, logger=name, **clash)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _stamp(self, _: Any, level: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        fields["time"] = self._now()
        fields["level"] = level
        return fields

    def _deliver(self, _: Any, __: str, fields: MutableMapping[str, Any]) -> str:
        moment = fields["time"]
        record = {**fields, "time": format_time(moment)}
        if self._file is not None:
            self._file.write(masked(self._render(record)), moment)
        if self._to_terminal:
            with contextlib.suppress(OSError, ValueError):
                print(masked(_for_people(record)), file=sys.stderr)  # noqa: T201 - asked for with -v
        raise structlog.DropEvent


def _mask_fields(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in fields.items():
        if name != "time":
            fields[name] = _masked_value(name, value, 0)
    return fields


def _masked_value(name: str, value: Any, depth: int) -> Any:
    """A value that JSON can hold, without secrets: known ones, shapes of keys, and whatever is named like one."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if name not in ("", "key", "keys") and is_secret_name(name):
        return MASK
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): _masked_value(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return _masked_list(list(value), depth)
    text = masked(value if isinstance(value, str) else _text_of(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _masked_list(values: list[Any], depth: int) -> list[Any]:
    """A list; in what looks like a command line the values of options named like secrets go."""
    found: list[Any] = []
    flag = ""
    for value in values:
        text = value if isinstance(value, str) else ""
        option, equals, _ = text.partition("=")
        if option.startswith("-") and is_secret_name(option) and equals:
            found.append(f"{option}={MASK}")
        elif flag.startswith("-") and is_secret_name(flag) and not text.startswith("-"):
            found.append(MASK)
        else:
            found.append(_masked_value("", value, depth + 1))
        flag = text if "=" not in text else ""
    return found


def _text_of(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - whatever a foreign __str__ raises must not stop the program
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"


def _as_json(record: Mapping[str, Any]) -> str:
    return json.dumps(record, default=_text_of, ensure_ascii=True, allow_nan=True)


def _for_people(record: Mapping[str, Any]) -> str:
    """``time level logger: event  key=value …``, then the exception; harmless in any terminal."""
    head = f"{record['time']} {record['level']:<8} {record['logger']}: {_one_line(str(record['event']))}"
    known = ("time", "level", "logger", "event", "exception")
    fields = [f"{name}={_shown(value)}" for name, value in record.items() if name not in known]
    line = "  ".join([head, *fields])
    exception = record.get("exception")
    if exception:
        line += "".join(f"\n    {row}" for row in clean(str(exception)).splitlines())
    return line


def _one_line(text: str) -> str:
    return clean(text).replace("\n", "\\n").replace("\t", " ")


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=_text_of, ensure_ascii=False)
    text = _one_line(text)
    return text if text and not any(character in ' "=' for character in text) else json.dumps(text, ensure_ascii=False)
