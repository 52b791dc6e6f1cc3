"""A tool's input schema: which arguments it has, what they are for, and in which form an id goes in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from jjm_tui.ports import ToolInfo

IdForm = Literal["bare", "name"]
"""``bare``: the id alone; ``name``: ``sessions/ID``."""

ID_NAMES: Final = (
    "sessionId",
    "session_id",
    "session_name",
    "sessionName",
    "name",
    "taskId",
    "task_id",
    "session",
    "id",
)
TEXT_NAMES: Final = ("message", "prompt", "text", "content", "reply")
PAGE_SIZE_NAMES: Final = ("pageSize", "page_size", "limit", "maxResults", "max_results", "per_page")
PAGE_TOKEN_NAMES: Final = ("pageToken", "page_token", "nextPageToken", "next_page_token", "cursor")
FORMAT_NAMES: Final = ("response_format", "responseFormat", "output_format", "outputFormat", "format", "output")
CONFIRM_NAMES: Final = ("confirm", "confirmed")
MAX_PAGE_SIZE: Final = 100
"""The most the REST API answers in one page."""

_NO_PREFIX: Final = re.compile(
    r"""\b(?:without|not(?: include)?|no|omit\w*|exclud\w*|strip\w*)[\s`'"(]*+(?:the\s+)?+[`'"]*+sessions/"""
    r"|\bbare id\b",
    re.IGNORECASE,
)
_NAME_LIKE: Final = frozenset({"name", "session_name", "sessionName"})


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """The arguments of one tool. ``wrapper``: all of them go inside one argument of this name."""

    tool: str
    properties: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    wrapper: str | None = None

    def first(self, names: Iterable[str]) -> str | None:
        """The first of these arguments that the tool has."""
        return next((name for name in names if name in self.properties), None)

    def enum(self, name: str) -> tuple[str, ...]:
        """The words that an argument allows, if it lists them."""
        schema = self.properties.get(name, {})
        for variant in _variants(schema):
            words = variant.get("enum")
            if isinstance(words, list):
                return tuple(word for word in words if isinstance(word, str))
            if isinstance(variant.get("const"), str):
                return (variant["const"],)
        return ()

    def types(self, name: str) -> frozenset[str]:
        """The JSON types that an argument allows; empty when it does not say."""
        found: set[str] = set()
        for variant in _variants(self.properties.get(name, {})):
            kind = variant.get("type")
            kinds = kind if isinstance(kind, list) else [kind]
            found.update(each for each in kinds if isinstance(each, str))
        return frozenset(found)

    def describe(self, name: str) -> str:
        """Everything that the schema says about the form of an argument, as one text."""
        parts = []
        for variant in _variants(self.properties.get(name, {})):
            parts += [variant[key] for key in ("description", "pattern", "title") if isinstance(variant.get(key), str)]
            examples = variant.get("examples")
            parts += [item for item in examples if isinstance(item, str)] if isinstance(examples, list) else []
        return "\n".join(parts)

    def id_argument(self) -> str | None:
        """The argument that takes the id of a session."""
        return self.first(ID_NAMES)

    def id_form(self, name: str) -> tuple[IdForm, bool]:
        """In which form an id goes into the argument, and whether the schema itself says so."""
        words = self.describe(name)
        if _NO_PREFIX.search(words) is not None:
            return "bare", True
        if "sessions/" in words or re.search(r"(?i)\b(resource|full) name\b", words):
            return "name", True
        if re.search(r"\\d|\[0-9", words):
            return "bare", True
        return ("name" if name in _NAME_LIKE else "bare"), False

    def page_size(self, name: str) -> int | str:
        """The biggest page that the argument allows, at most what the REST API answers."""
        size = MAX_PAGE_SIZE
        for variant in _variants(self.properties.get(name, {})):
            most = variant.get("maximum")
            if isinstance(most, int | float) and not isinstance(most, bool) and 1 <= most < size:
                size = int(most)
        return str(size) if self.types(name) == {"string"} else size

    def fixed(self, *, writing: bool) -> dict[str, Any]:
        """Arguments whose value does not depend on the call: JSON answers, and the person's confirmation."""
        values: dict[str, Any] = {}
        for name in FORMAT_NAMES:
            word = next((item for item in self.enum(name) if item.lower() == "json"), None)
            if word is not None:
                values[name] = word
        for name in CONFIRM_NAMES:
            if writing and name in self.properties and self.types(name) <= {"boolean"}:
                values[name] = True
        return values

    def unknown_required(self, known: Iterable[str]) -> tuple[str, ...]:
        """Required arguments that would not be filled."""
        filled = set(known)
        return tuple(name for name in self.required if name not in filled)

    def wrap(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the tool wants them."""
        return {self.wrapper: dict(arguments)} if self.wrapper is not None else dict(arguments)


def read_schema(tool: ToolInfo) -> ToolSchema:
    """The arguments of a tool; a single argument that is an object with the real ones inside is seen through."""
    schema = tool.input_schema
    definitions = {**_mapping(schema.get("definitions")), **_mapping(schema.get("$defs"))}
    properties = _properties(schema, definitions)
    required = _required(schema)
    if len(properties) == 1 and required:
        name, only = next(iter(properties.items()))
        inner = _properties(only, definitions)
        if inner and name in required and name not in ("sourceContext", "query"):
            return ToolSchema(tool.name, inner, _required(only), name)
    return ToolSchema(tool.name, properties, required)


def _properties(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = _mapping(schema.get("properties"))
    return {str(name): _resolve(value, definitions) for name, value in found.items()}


def _resolve(schema: object, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    for _ in range(8):
        reference = _mapping(schema).get("$ref")
        if not isinstance(reference, str):
            break
        schema = definitions.get(reference.rsplit("/", 1)[-1])
    resolved = dict(_mapping(schema))
    for key in ("anyOf", "oneOf", "allOf"):
        variants = resolved.get(key)
        if isinstance(variants, list):
            resolved[key] = [
                _mapping(definitions.get(str(item.get("$ref", "")).rsplit("/", 1)[-1])) or item
                for item in variants
                if isinstance(item, Mapping)
            ]
    return resolved


def _variants(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = [schema]
    for key in ("anyOf", "oneOf", "allOf"):
        variants = schema.get(key)
        found += [item for item in variants if isinstance(item, Mapping)] if isinstance(variants, list) else []
    return found


def _required(schema: Mapping[str, Any]) -> tuple[str, ...]:
    names = schema.get("required")
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
