"""Which tool of a REST-like server does what, found by the words of its name and by its input schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from jjm_tui.gateway.dialects.arguments import PAGE_SIZE_NAMES, PAGE_TOKEN_NAMES, TEXT_NAMES, ToolSchema, read_schema
from jjm_tui.ports import ResourceInfo, ToolInfo

Role = Literal["list", "get", "activities", "create", "message", "approve", "resume", "repositories"]

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_OWNERS: Final = frozenset({"jules", "google", "api", "mcp"})
_SESSION: Final = frozenset({"session", "task"})
_SESSIONS: Final = frozenset({"sessions", "tasks"})
_READ: Final = frozenset({"list", "get", "fetch", "show", "read", "all", "my"})
_CREATE_NAMES: Final = ("prompt", "description", "task", "message", "instructions")
_RESOURCE: Final = re.compile(
    r"(?i)(?:^|[/:_-])(?:sessions|tasks)(?:$|[/?#.])|(?:^|[/:_-])(?:all|active|current)-(?:sessions|tasks)$"
)
_NO_LIST: Final = re.compile(r"(?i)schema|template|guide|prompt|[{}]")


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(name)) - _OWNERS


def _is_role(role: Role, words: frozenset[str]) -> bool:
    """Whether a tool with these words in its name has this role; one word too many makes it another tool."""
    if role == "list":
        return bool(words & _SESSIONS) and bool(words & _READ) and words <= _SESSIONS | _READ
    if role == "get":
        extra = {"status", "state", "details", "detail", "info", "by", "id", "describe"}
        return bool(words & _SESSION) and bool(words & (_READ | {"describe"})) and words <= _SESSION | _READ | extra
    if role == "activities":
        return "activities" in words and words <= _READ | _SESSION | _SESSIONS | {"activities", "for", "of"}
    if role == "create":
        verbs = {"create", "start", "new"}
        return bool(words & verbs) and bool(words & _SESSION) and words <= _SESSION | verbs | {"a"}
    if role == "message":
        nouns = {"message", "reply"}
        return bool(words & nouns) and words <= _SESSION | nouns | {"send", "post", "to", "a", "user"}
    if role == "approve":
        return "approve" in words and words <= _SESSION | {"approve", "plan", "a"}
    if role == "resume":
        return "resume" in words and bool(words & _SESSION) and words <= _SESSION | {"resume", "a"}
    nouns = {"sources", "repositories", "repos"}
    return bool(words & nouns) and words <= nouns | _READ | {"connected", "available"}


ROLES: Final[tuple[Role, ...]] = (
    "list",
    "get",
    "activities",
    "create",
    "message",
    "approve",
    "resume",
    "repositories",
)


@dataclass(frozen=True, slots=True)
class Command:
    """One tool in one role. ``action``: the word for an ``action`` argument, where one tool does several things."""

    schema: ToolSchema
    id_argument: str | None = None
    text_argument: str | None = None
    action: str | None = None

    def known(self, *, writing: bool) -> set[str]:
        """Names of the arguments that a call of this tool fills."""
        names = set(self.schema.fixed(writing=writing))
        names.update(name for name in (self.id_argument, self.text_argument) if name is not None)
        if self.action is not None:
            names.add("action")
        return names


@dataclass(frozen=True, slots=True)
class RestTools:
    """The commands of a server by role, and why a role is not there."""

    commands: Mapping[Role, Command]
    missing: Mapping[Role, str]

    def page_arguments(self, role: Role) -> tuple[str | None, str | None]:
        """The arguments for page size and page token."""
        schema = self.commands[role].schema
        return schema.first(PAGE_SIZE_NAMES), schema.first(PAGE_TOKEN_NAMES)


def find_rest_tools(tools: Sequence[ToolInfo]) -> RestTools:
    """Find the tool of each role; the shortest name wins where several would do."""
    schemas = {tool.name: read_schema(tool) for tool in sorted(tools, key=lambda tool: (len(tool.name), tool.name))}
    commands: dict[Role, Command] = {}
    missing: dict[Role, str] = {}
    for role in ROLES:
        for name, schema in schemas.items():
            if _is_role(role, _words(name)):
                command, reason = _make_command(role, schema)
                if command is not None:
                    commands[role] = command
                    missing.pop(role, None)
                    break
                missing.setdefault(role, reason)
    for schema in schemas.values():
        _add_action_tool(schema, commands, missing)
    return RestTools(commands, missing)


def _make_command(role: Role, schema: ToolSchema) -> tuple[Command | None, str]:
    needs_id = role in ("get", "activities", "message", "approve", "resume")
    id_argument = schema.id_argument() if needs_id else None
    if needs_id and id_argument is None:
        return None, f"The tool {schema.tool!r} has no argument for the id of a session."
    text_argument = None
    if role in ("message", "create"):
        names = TEXT_NAMES if role == "message" else _CREATE_NAMES
        text_argument = schema.first(name for name in names if name != id_argument)
        if text_argument is None:
            return None, f"The tool {schema.tool!r} has no argument for the text."
    command = Command(schema, id_argument, text_argument)
    if role != "create":
        unknown = schema.unknown_required(_fillable(role, command))
        if unknown:
            return None, _unknown_arguments(schema, unknown)
    return command, ""


def _fillable(role: Role, command: Command) -> set[str]:
    names = command.known(writing=role in ("message", "approve", "resume"))
    if role in ("list", "activities", "repositories"):
        page_size = command.schema.first(PAGE_SIZE_NAMES)
        names.update([page_size] if page_size else [])
    return names


def _unknown_arguments(schema: ToolSchema, names: Sequence[str]) -> str:
    listed = ", ".join(repr(name) for name in names)
    return f"The tool {schema.tool!r} requires {listed}, which this program does not know how to fill."


def _add_action_tool(schema: ToolSchema, commands: dict[Role, Command], missing: dict[Role, str]) -> None:
    """Some servers put both decisions into one tool: ``action`` says which."""
    actions = schema.enum("action")
    approve = next((word for word in actions if "approve" in word.lower()), None)
    send = next((word for word in actions if word.lower().startswith(("send", "message", "reply"))), None)
    id_argument = schema.id_argument()
    if approve is None or id_argument is None:
        return
    text_argument = schema.first(name for name in TEXT_NAMES if name != id_argument)
    found: list[tuple[Role, Command]] = [("approve", Command(schema, id_argument, None, approve))]
    if send is not None and text_argument is not None:
        found.append(("message", Command(schema, id_argument, text_argument, send)))
    for role, command in found:
        if role in commands:
            continue
        unknown = schema.unknown_required(command.known(writing=True))
        if unknown:
            missing.setdefault(role, _unknown_arguments(schema, unknown))
        else:
            commands[role] = command
            missing.pop(role, None)


def find_list_resource(resources: Sequence[ResourceInfo]) -> str | None:
    """The resource that holds the sessions, for servers whose list is no tool."""
    found = [item.uri for item in resources if _RESOURCE.search(item.uri) and _NO_LIST.search(item.uri) is None]
    return min(found, key=len) if found else None
