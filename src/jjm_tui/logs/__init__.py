"""Logs: cheap loggers for every room, one masked file a day, nothing on the screen.

``get_logger`` costs nothing until a record of an enabled level is emitted; only then is structlog imported
(``warm_up`` does it ahead, in a worker thread). Records of the standard library's ``logging`` end in the same file.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jjm_tui.logs.pipeline import Pipeline
    from jjm_tui.settings.locations import Locations
    from jjm_tui.settings.model import Settings

LEVELS: Final[Mapping[str, int]] = MappingProxyType(
    {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
)
_OFF: Final = 1000
_OURS: Final = "jjm_tui"

_context: ContextVar[Mapping[str, Any]] = ContextVar("log_context", default=MappingProxyType({}))


@dataclass
class _State:
    """What ``configure_logging`` set; before it nothing is logged."""

    level: int = _OFF
    folder: Path | None = None
    format: str = "console"
    keep_days: int = 30
    to_terminal: bool = False
    pipeline: Pipeline | None = None


_state = _State()


class Logger:
    """A logger of one room. Records are an event - a short fixed sentence - and fields.

    ``log.info("call done", tool="list_sessions", seconds=0.4)``
    """

    __slots__ = ("_fields", "_name")

    def __init__(self, name: str, fields: Mapping[str, Any] | None = None) -> None:
        self._name = name
        self._fields: dict[str, Any] = dict(fields or {})

    def bind(self, **fields: Any) -> Logger:
        """The same logger with fields that every record carries."""
        return Logger(self._name, {**self._fields, **fields})

    def is_enabled(self, level: str) -> bool:
        """Whether records of this level are kept; for fields that are costly to make."""
        return LEVELS[level] >= _state.level

    def debug(self, event: str, **fields: Any) -> None:
        """For finding faults."""
        self._log("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Something worth knowing later."""
        self._log("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something went wrong and was dealt with."""
        self._log("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Something went wrong."""
        self._log("error", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """``error`` with the exception that is being handled."""
        self._log("error", event, {"exc_info": True, **fields})

    def _log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        if LEVELS[level] >= _state.level:
            emit(self._name, level, event, {**self._fields, **fields})


def get_logger(name: str, **fields: Any) -> Logger:
    """A logger; ``name`` is the room (``store``, ``server.stderr``)."""
    return Logger(name, fields)


@contextlib.contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Give every record inside these fields: ``task``, ``operation``, ``server``. Follows async tasks."""
    token = _context.set(MappingProxyType({**_context.get(), **fields}))
    try:
        yield
    finally:
        _context.reset(token)


def emit(name: str, level: str, event: str, fields: Mapping[str, Any]) -> None:
    """Write one record, whatever its level. A log that cannot be written never stops the program."""
    _pipeline().write(name, level, event, {**_context.get(), **fields})


def _pipeline() -> Pipeline:
    if _state.pipeline is None:
        from jjm_tui.logs.pipeline import Pipeline

        _state.pipeline = Pipeline(_state.folder, _state.format, _state.keep_days, to_terminal=_state.to_terminal)
    return _state.pipeline


class _FromStandardLogging(logging.Handler):
    """Takes records of libraries and of our own rooms that use ``logging``."""

    def emit(self, record: logging.LogRecord) -> None:
        own = {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS}
        if record.exc_info:
            own["exc_info"] = record.exc_info
        level = next((name for name, number in reversed(list(LEVELS.items())) if record.levelno >= number), "debug")
        try:
            event = record.getMessage()
        except (TypeError, ValueError, KeyError):
            event = str(record.msg)
        emit(record.name.removeprefix(f"{_OURS}."), level, event, own)


_STANDARD_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure_logging(settings: Settings, locations: Locations, *, to_terminal: bool) -> None:
    """Start keeping records; called again it changes everything.

    Args:
        settings: level, format, folder and days to keep are taken from ``settings.logging``.
        locations: the folder of the logs unless the settings name one.
        to_terminal: show records on standard error as well. Never while a dashboard runs.
    """
    close_logging()
    chosen = settings.logging
    _state.level = LEVELS[chosen.level]
    _state.folder = chosen.folder or locations.log_dir
    _state.format = chosen.format
    _state.keep_days = chosen.keep_days
    _state.to_terminal = to_terminal
    root = logging.getLogger()
    root.addHandler(_FromStandardLogging())
    root.setLevel(max(_state.level, logging.WARNING))
    logging.getLogger(_OURS).setLevel(_state.level)
    logging.captureWarnings(not to_terminal)


def close_logging() -> None:
    """Stop keeping records and close the file. What libraries log goes nowhere until configured again."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _FromStandardLogging)]:
        root.removeHandler(handler)
    logging.captureWarnings(False)
    if _state.pipeline is not None:
        _state.pipeline.close()
    _state.pipeline = None
    _state.level = _OFF


def warm_up() -> None:
    """Import what the first record needs (90 ms): call it in a worker thread, behind the first frame."""
    if _state.level < _OFF:
        _pipeline()


def log_server_line(server: str, line: str) -> None:
    """Keep one line that a server wrote to its standard error."""
    get_logger("server.stderr", server=server).info(line)


def log_trouble() -> str | None:
    """Why records cannot be written at the moment, for the doctor; ``None`` when all is well."""
    return None if _state.pipeline is None else _state.pipeline.trouble
