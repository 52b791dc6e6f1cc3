"""The list of all settings, read off the dataclasses: key, kind of value, default, rules, environment variable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from jjm_tui.settings import model

ENV_PREFIX: Final = "JJM_"
ENV_SEPARATOR: Final = "__"
NOT_SETTINGS: Final = frozenset({"JJM_HOME", "JJM_CONFIG"})
"""Variables of ours that say where the settings are."""

SERVER_IDENTITY: Final = ("preset", "label", "command", "args", "script", "url", "headers")
"""What belongs to one server and is replaced together when a stronger layer names another one."""
SERVER_NAMING: Final = frozenset({"preset", "command", "url"})
"""The keys that name a server."""


class Kind(Enum):
    """What sort of value a setting takes; the value is the phrase for people."""

    TEXT = "a text"
    WHOLE = "a whole number"
    NUMBER = "a number"
    YES_NO = "true or false"
    WORD = "a word"
    PATH = "a path"
    TEXTS = "a list of texts"
    WORDS = "a list of words"
    TEXT_MAP = "a table of texts"
    KEYS_MAP = "a table of keys"
    TEMPLATES = "a table of templates"

    @property
    def is_map(self) -> bool:
        return self in (Kind.TEXT_MAP, Kind.KEYS_MAP, Kind.TEMPLATES)


@dataclass(frozen=True)
class Setting:
    """One setting. ``section`` is empty for those at the top of the file."""

    section: str
    name: str
    kind: Kind
    optional: bool
    words: tuple[str, ...]
    default: Any
    rules: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The dotted name, as ``config set`` takes it."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The environment variable: ``JJM_SECTION__KEY``."""
        parts = (self.section, self.name) if self.section else (self.name,)
        return ENV_PREFIX + ENV_SEPARATOR.join(parts).upper()

    @property
    def customary(self) -> str | None:
        """A customary environment variable that also sets it."""
        name = self.rules["customary"]
        return name if isinstance(name, str) else None

    @property
    def doc(self) -> str:
        """Sentences for people."""
        return str(self.rules["doc"])

    @property
    def is_secret(self) -> bool:
        """Whether values may be secrets, which the file may only refer to."""
        return bool(self.rules["secret"])

    @property
    def wanted(self) -> str:
        """What a value has to be, for people."""
        if self.rules["wanted"]:
            return str(self.rules["wanted"])
        if self.kind is Kind.WORD:
            return "one of " + ", ".join(self.words)
        if self.kind is Kind.WORDS:
            return "a list of " + ", ".join(self.words)
        least, most = self.rules["at_least"], self.rules["at_most"]
        if least is not None and most is not None:
            return f"{self.kind.value} from {least:g} to {most:.10g}"
        return str(self.kind.value)


@dataclass(frozen=True)
class Section:
    """A section of the file: a name, what it is about, its settings."""

    name: str
    doc: str
    settings: tuple[Setting, ...]


def _shape(hint: Any) -> tuple[Kind, bool, tuple[str, ...]]:
    """Kind, optional, words of one type hint."""
    if get_origin(hint) in (UnionType, Union):
        inner = [part for part in get_args(hint) if part is not type(None)]
        kind, _, words = _shape(inner[0])
        return kind, True, words
    simple = {str: Kind.TEXT, bool: Kind.YES_NO, int: Kind.WHOLE, float: Kind.NUMBER, Path: Kind.PATH}
    if hint in simple:
        return simple[hint], False, ()
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return Kind.WORD, False, tuple(args)
    if origin is tuple:
        return (Kind.TEXTS, False, ()) if args[0] is str else (Kind.WORDS, False, get_args(args[0]))
    values = {str: Kind.TEXT_MAP, model.Template: Kind.TEMPLATES}
    return values.get(args[1], Kind.KEYS_MAP), False, ()


def _settings_of(section: str, owner: type) -> list[Setting]:
    hints = get_type_hints(owner)
    found = []
    for item in fields(owner):
        if is_dataclass(hints[item.name]):
            continue
        kind, optional, words = _shape(hints[item.name])
        default = item.default_factory() if item.default_factory is not MISSING else item.default
        found.append(Setting(section, item.name, kind, optional, words, default, item.metadata))
    return found


@cache
def sections() -> tuple[Section, ...]:
    """All sections in the order of the file; the first, without a name, holds the settings at the top."""
    top = _settings_of("", model.Settings)
    hints = get_type_hints(model.Settings)
    parts = [Section("", model.Settings.__doc__ or "", tuple(top))]
    for item in fields(model.Settings):
        owner = hints[item.name]
        if is_dataclass(owner) and isinstance(owner, type):
            doc = " ".join((owner.__doc__ or "").split())
            parts.append(Section(item.name, doc, tuple(_settings_of(item.name, owner))))
    return tuple(parts)


@cache
def all_settings() -> Mapping[str, Setting]:
    """All settings by their dotted key."""
    return {setting.key: setting for section in sections() for setting in section.settings}


@cache
def section_names() -> frozenset[str]:
    """The names of the sections."""
    return frozenset(section.name for section in sections() if section.name)


def did_you_mean(word: str, words: Iterable[str]) -> str | None:
    """A sentence that suggests the nearest known word, or ``None``."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else None


def suggest_key(key: str) -> str:
    """What to do about an unknown key: the same name elsewhere, a like name in its section, anything like it."""
    known = all_settings()
    section, _, name = key.rpartition(".")
    same = [other for other in known if other.rpartition(".")[2] == name]
    if len(same) == 1:
        return f"Did you mean {same[0]!r}?"
    nearby = [other for other in known if section and other.startswith(f"{section}.")]
    found = did_you_mean(key, nearby) or did_you_mean(key, [*known, *section_names()])
    return found or "`jjm config show` lists every setting."
