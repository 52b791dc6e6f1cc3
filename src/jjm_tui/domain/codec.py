"""Reading JSON objects field by field: wrong types are told by field name, unknown fields are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from jjm_tui.domain.times import NoMomentError, parse_time
from jjm_tui.errors import ValidationError

T = TypeVar("T")

NO_EXTRA: Final[Mapping[str, Any]] = {}


class FieldReader:
    """Takes the known fields out of one decoded JSON object; what is left are the unknown ones.

    Raises:
        ValidationError: from every ``take_`` method when the value has another type; ``context["field"]`` is
            the dotted path, such as ``plan.steps.title``.
    """

    __slots__ = ("_rest", "_where")

    def __init__(self, data: object, where: str = "") -> None:
        self._where = where
        if type(data) is not dict and not isinstance(data, Mapping):
            raise self.wrong("", "an object", data)
        self._rest = dict(data)

    def wrong(self, name: str, wanted: str, value: object) -> ValidationError:
        """The error for a field that holds something else than ``wanted``."""
        field = ".".join(part for part in (self._where, name) if part) or "task"
        return ValidationError(
            f"The field {field!r} must be {wanted}, not {type(value).__name__}.",
            hint="Correct the field, or leave it out where it may be unknown.",
            context={"field": field},
        )

    def path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def take_text(self, name: str) -> str:
        value = self._rest.pop(name, None)
        if not isinstance(value, str):
            raise self.wrong(name, "text", value)
        return value

    def take_optional_text(self, name: str) -> str | None:
        value = self._rest.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "text or null", value)
        return value

    def take_optional_bool(self, name: str) -> bool | None:
        value = self._rest.pop(name, None)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "true, false or null", value)
        return value

    def take_bool(self, name: str, default: bool) -> bool:
        value = self.take_optional_bool(name)
        return default if value is None else value

    def take_optional_int(self, name: str) -> int | None:
        value = self._rest.pop(name, None)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self.wrong(name, "a whole number or null", value)
        return value

    def take_optional_time(self, name: str) -> datetime | None:
        value = self._rest.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.wrong(name, "an RFC 3339 time or null", value)
        try:
            return parse_time(value)
        except NoMomentError:
            return None
        except ValueError as error:
            raise self.wrong(name, "an RFC 3339 time or null", value) from error

    def take_word(self, name: str, words: Iterable[str], default: str | None = None) -> str:
        value = self._rest.pop(name, default)
        allowed = words if isinstance(words, tuple) else tuple(words)
        if not isinstance(value, str) or value not in allowed:
            raise self.wrong(name, "one of " + ", ".join(allowed), value)
        return value

    def take_optional_object(self, name: str, decode: Callable[[object, str], T]) -> T | None:
        value = self._rest.pop(name, None)
        return None if value is None else decode(value, self.path(name))

    def take_objects(self, name: str, decode: Callable[[object, str], T]) -> tuple[T, ...]:
        value = self._rest.pop(name, None)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            raise self.wrong(name, "a list", value)
        path = self.path(name)
        return tuple([decode(item, path) for item in value])

    def drop(self, name: str) -> None:
        """Forget a field that is derived and therefore not read."""
        self._rest.pop(name, None)

    def take_rest(self) -> Mapping[str, Any]:
        """The unknown fields, written by a newer version; they survive a load-save cycle."""
        return self._rest or NO_EXTRA
