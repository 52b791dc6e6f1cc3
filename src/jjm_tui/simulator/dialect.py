"""What every simulated server has in common: tools, answers, refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from jjm_tui.simulator.api_errors import ApiError

UNKNOWN_TOOL: Final = -32601
BAD_ARGUMENTS: Final = -32602
INTERNAL: Final = -32603
BAD_REQUEST: Final = -32600


@dataclass(frozen=True, slots=True)
class Reply:
    """A tool's result: one text block, and structured content where a server gives any."""

    text: str
    is_error: bool = False
    structured: Any = None


class CallRefusedError(Exception):
    """A JSON-RPC error instead of a result."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Dialect(Protocol):
    """One family of Jules MCP servers, answering from a world."""

    name: str
    version: str
    one_page: bool
    """True: calls that overlap break each other, as one browser page does."""

    def tools(self) -> Sequence[Mapping[str, Any]]:
        """The tools as ``tools/list`` shows them, in wire form."""

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        """Carry out a call. Raises CallRefusedError."""

    def refuse(self, tool: str, arguments: Mapping[str, Any], error: ApiError) -> Reply:
        """How this family passes on an error of the REST API. Raises CallRefusedError."""

    def resources(self) -> Sequence[Mapping[str, Any]]:
        """The resources as ``resources/list`` shows them; none for a server without resources."""

    def read(self, uri: str) -> str:
        """The text of a resource. Raises CallRefusedError."""

    def interrupt(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        """What the earlier of two overlapping calls gets; only where ``one_page``. Raises CallRefusedError."""


def show_json(value: Any) -> str:
    """JSON as JavaScript's ``JSON.stringify(value, null, 2)`` writes it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def build_schema(properties: Mapping[str, Any], required: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """An input schema."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = list(required)
    return {**schema, **more}


TEXT: Final[Mapping[str, str]] = {"type": "string"}
NUMBER: Final[Mapping[str, str]] = {"type": "number"}
FLAG: Final[Mapping[str, str]] = {"type": "boolean"}


def is_of_type(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value has the type that a simple schema asks for."""
    match schema.get("type"):
        case "string":
            return isinstance(value, str)
        case "number" | "integer":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, Mapping)
        case _:
            return True


def name_type(value: Any) -> str:
    """The JavaScript word for the type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
