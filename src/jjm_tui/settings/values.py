"""From raw values to checked ones: types told by name, ranges, words, paths."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from jjm_tui.errors import ConfigurationError, ValidationError
from jjm_tui.settings.catalogue import Kind, Setting, did_you_mean
from jjm_tui.settings.layers import Layer
from jjm_tui.settings.model import Template
from jjm_tui.settings.secrets import has_url_password

_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_TEMPLATE_FIELDS: Final = ("description", "title", "repository", "branch")


def checked(setting: Setting, raw: Any, layer: Layer) -> Any:
    """The value of a setting as its dataclass wants it.

    Raises:
        ConfigurationError: it has another type, or breaks a rule; the sentence names the place.
    """
    value = spoken(setting, raw, layer) if layer.spoken and isinstance(raw, str) else raw
    if setting.optional and value == "":
        return None
    return _READERS[setting.kind](setting, value, layer)


def wrong(
    setting: Setting, value: Any, layer: Layer, *, entry: tuple[str, ...] = (), wanted: str = ""
) -> ConfigurationError:
    """The error for a value that is not what the setting takes. Values that may be secret are not repeated."""
    name = ".".join((setting.key, *entry))
    is_hidden = setting.is_secret or (isinstance(value, str) and has_url_password(value))
    has = "" if is_hidden else f", not {_shown(value)}"
    hint = None
    if setting.words and isinstance(value, str):
        hint = did_you_mean(value, setting.words)
    if setting.optional and hint is None:
        hint = 'Leave it out, or set it to "", when there is none.'
    return layer.error(
        setting.key, f"{name} must be {wanted or setting.wanted}{has}.", hint=hint or f"{setting.doc}", entry=entry
    )


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    kind = {dict: "a table", list: "a list", str: "the text", bool: "", int: "", float: ""}.get(type(value), "")
    return f"{kind} {text[:60]}{'…' if len(text) > 60 else ''}".strip()


def spoken(setting: Setting, raw: str, layer: Layer) -> Any:
    """Read the text of an environment variable or an option as the type of the setting."""
    text = raw.strip()
    match setting.kind:
        case Kind.TEXT | Kind.WORD | Kind.PATH:
            return raw
        case Kind.YES_NO:
            word = text.lower()
            return True if word in _YES else False if word in _NO else raw
        case Kind.WHOLE | Kind.NUMBER:
            try:
                return int(text)
            except ValueError:
                pass
            try:
                number = float(text)
            except ValueError:
                return raw
            return number if math.isfinite(number) else raw
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError, RecursionError) as error:
        example = '["one", "two"]' if setting.kind in (Kind.TEXTS, Kind.WORDS) else '{ NAME = "value" }'
        raise layer.error(
            setting.key, f"{setting.key} must be {setting.wanted}, written as TOML.", hint=f"For example: {example}"
        ) from error


def _text(setting: Setting, value: Any, layer: Layer) -> str:
    if not isinstance(value, str):
        raise wrong(setting, value, layer)
    pattern = setting.rules["pattern"]
    if _CONTROL.search(value):
        raise wrong(setting, value, layer, wanted="a text without control characters")
    if pattern is not None and re.fullmatch(pattern, value) is None:
        raise wrong(setting, value, layer)
    if pattern is None and "\n" in value:  # a text of several lines has a pattern that says so
        raise wrong(setting, value, layer, wanted="a text of one line")
    rule = setting.rules["rule"]
    if rule == "address" and not _is_address(value):
        raise wrong(setting, value, layer, wanted=f"{setting.wanted} with a host and a port that can be")
    return value if rule in (None, "address") else _ruled(rule, setting, value, layer)


def _is_address(text: str) -> bool:
    """Whether it can be taken apart, has a host, and has a port that can be if it has one."""
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _ruled(rule: str, setting: Setting, value: str, layer: Layer, entry: tuple[str, ...] = ()) -> str:
    """A repository or branch in its usual form, by the rules that hold for creating tasks."""
    from jjm_tui.domain.repository import validate_branch, validate_repository

    try:
        return validate_repository(value) if rule == "repository" else validate_branch(value)
    except ValidationError as error:
        name = ".".join((setting.key, *entry))
        raise layer.error(setting.key, f"{name}: {error.message}", hint=error.hint, entry=entry) from error


def _word(setting: Setting, value: Any, layer: Layer) -> str:
    if not isinstance(value, str) or value not in setting.words:
        raise wrong(setting, value, layer)
    return value


def _yes_no(setting: Setting, value: Any, layer: Layer) -> bool:
    if not isinstance(value, bool):
        raise wrong(setting, value, layer)
    return value


def _number(setting: Setting, value: Any, layer: Layer) -> float | int:
    is_whole = setting.kind is Kind.WHOLE
    if isinstance(value, bool) or not isinstance(value, int if is_whole else int | float):
        raise wrong(setting, value, layer)
    least, most = setting.rules["at_least"], setting.rules["at_most"]
    if not math.isfinite(value) or (least is not None and value < least) or (most is not None and value > most):
        raise wrong(setting, value, layer)
    return value if is_whole else float(value)


def _path(setting: Setting, value: Any, layer: Layer) -> Path:
    if isinstance(value, Path):
        value = str(value)
    if not isinstance(value, str) or not value or "\0" in value:
        raise wrong(setting, value, layer)
    try:
        path = Path(value).expanduser()
    except RuntimeError as error:
        raise layer.error(
            setting.key, f"{setting.key}: there is no home folder for {value!r}.", hint="Write the whole path."
        ) from error
    return path if path.is_absolute() else (layer.base / path).absolute()


def _texts(setting: Setting, value: Any, layer: Layer) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and "\0" not in item for item in value):
        raise wrong(setting, value, layer)
    if setting.kind is Kind.WORDS:
        for item in value:
            if item not in setting.words:
                raise wrong(setting, item, layer)
    return tuple(value)


def _table(setting: Setting, value: Any, layer: Layer) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong(setting, value, layer)
    return value


def _text_map(setting: Setting, value: Any, layer: Layer) -> Mapping[str, str]:
    table = _table(setting, value, layer)
    for name, item in table.items():
        if not name or not isinstance(item, str) or "\0" in item:
            raise wrong(setting, item, layer, entry=(name,), wanted="a text")
    return MappingProxyType(dict(table))


def _keys_map(setting: Setting, value: Any, layer: Layer) -> Mapping[str, tuple[str, ...]]:
    found = {}
    for action, keys in _table(setting, value, layer).items():
        listed = [keys] if isinstance(keys, str) else keys
        if not isinstance(listed, list | tuple) or not all(isinstance(key, str) and key.strip() for key in listed):
            raise wrong(setting, keys, layer, entry=(action,), wanted="a key or a list of keys")
        found[action] = tuple(key.strip() for key in listed)
    return MappingProxyType(found)


def _templates(setting: Setting, value: Any, layer: Layer) -> Mapping[str, Template]:
    found = {}
    for name, table in _table(setting, value, layer).items():
        if isinstance(table, Template):
            found[name] = table
            continue
        if not isinstance(table, Mapping):
            raise wrong(setting, table, layer, entry=(name,), wanted="a table with a description")
        for field, text in table.items():
            if field not in _TEMPLATE_FIELDS:
                raise layer.error(
                    setting.key,
                    f"{setting.key}.{name} has no setting {field!r}.",
                    hint=did_you_mean(field, _TEMPLATE_FIELDS) or "A template has " + ", ".join(_TEMPLATE_FIELDS) + ".",
                    entry=(name, field),
                )
            if not isinstance(text, str):
                raise wrong(setting, text, layer, entry=(name, field), wanted="a text")
        if not table.get("description", "").strip():
            raise wrong(setting, table, layer, entry=(name,), wanted="a table with a description")
        given: dict[str, Any] = {field: text or None for field, text in table.items()}
        for field in ("repository", "branch"):
            if given.get(field):
                given[field] = _ruled(field, setting, given[field], layer, (name, field))
        found[name] = Template(**given)
    return MappingProxyType(found)


_READERS: Final = {
    Kind.TEXT: _text,
    Kind.WORD: _word,
    Kind.YES_NO: _yes_no,
    Kind.WHOLE: _number,
    Kind.NUMBER: _number,
    Kind.PATH: _path,
    Kind.TEXTS: _texts,
    Kind.WORDS: _texts,
    Kind.TEXT_MAP: _text_map,
    Kind.KEYS_MAP: _keys_map,
    Kind.TEMPLATES: _templates,
}
