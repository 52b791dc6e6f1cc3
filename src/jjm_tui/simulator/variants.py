"""Rest servers that nobody has seen yet: the same operations with other names, arguments and wrappings.

A specification is ``KEY=VALUE,…``:

=============  ====================================================================================================
``prefix``     put before every tool name, such as ``jules_``
``id``         the argument for the session: ``sessionId``, ``session_id``, ``session_name``, ``name``, ``taskId``
``names``      1: ids must have the form ``sessions/ID``
``text``       the argument for a message: ``prompt`` or ``message``
``wrap``       ``bare`` lists, ``envelope`` with ``success`` and ``data`` (failures without ``isError``), or
               ``structured`` content
``list``       ``tool`` or ``resource``: the session list is a resource
``action``     1: one tool with an ``action`` for approve and send
``page``       ``pageSize``, ``page_size``, ``limit``, or ``none``
``create``     how the repository is named: ``source``, ``source_id``, ``sourceContext``, ``repo``, ``repository``,
               ``split`` (``repoOwner`` and ``repoName``)
``format``     1: prose unless ``response_format`` is ``json``
``confirm``    1: changes need ``confirm: true``
``plain``      1: exactly the recorded server: no paging, no title, branch ``main``, always a pull request
``required``   the name of one more required argument of create
=============  ====================================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self, get_type_hints

from jjm_tui.errors import ValidationError
from jjm_tui.simulator.api_errors import ApiError
from jjm_tui.simulator.dialect import (
    BAD_REQUEST,
    FLAG,
    NUMBER,
    TEXT,
    UNKNOWN_TOOL,
    CallRefusedError,
    Reply,
    build_schema,
    show_json,
)
from jjm_tui.simulator.rest_dialect import DOING, answer_rest, check_arguments
from jjm_tui.simulator.world import World

LIST_RESOURCE: Final = "jules://sessions"
CHANGES: Final = frozenset({"create_session", "approve_plan", "send_message", "reply_to_session"})

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("sessionId", "session_id", "session_name", "name", "taskId"),
    "text": ("prompt", "message"),
    "wrap": ("none", "bare", "envelope", "structured"),
    "list": ("tool", "resource"),
    "page": ("pageSize", "page_size", "limit", "none"),
    "create": ("source", "source_id", "sourceContext", "repo", "repository", "split"),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """A parsed specification; see the module."""

    prefix: str = ""
    id: str = "sessionId"
    names: bool = False
    text: str = "prompt"
    wrap: str = "none"
    list: str = "tool"
    action: bool = False
    page: str = "pageSize"
    create: str = "source"
    format: bool = False
    confirm: bool = False
    plain: bool = False
    required: str = ""

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a specification.

        Raises:
            ValidationError: an unknown key or value; the message is one sentence for people.
        """
        kinds = get_type_hints(cls)
        values: dict[str, Any] = {}
        for part in filter(None, spec.split(",")):
            key, _, value = part.partition("=")
            if key not in kinds:
                known = ", ".join(field.name for field in fields(cls))
                raise ValidationError(f"{key!r} is not part of a variant; known are {known}.")
            if key in _CHOICES and value not in _CHOICES[key]:
                raise ValidationError(f"{key!r} must be one of {', '.join(_CHOICES[key])}, not {value!r}.")
            if kinds[key] is bool and value not in {"0", "1"}:
                raise ValidationError(f"{key!r} must be 0 or 1, not {value!r}.")
            values[key] = value == "1" if kinds[key] is bool else value
        return cls(**values)


class VariantDialect:
    """The rest operations in the spelling of a variant."""

    name = "jules-variant"
    version = "0.0.1"
    one_page = False

    def __init__(self, world: World, variant: Variant) -> None:
        self._world = world
        self._variant = variant
        self._tools = {tool["name"]: tool for tool in self._build_tools()}

    def tools(self) -> Sequence[Mapping[str, Any]]:
        return tuple(self._tools.values())

    # --- what it offers -------------------------------------------------------------------------------------------

    def _build_tools(self) -> list[dict[str, Any]]:
        shape = self._variant
        session = {shape.id: {"type": "string", "description": self._id_hint()}}
        schemas: dict[str, tuple[dict[str, Any], list[str]]] = {
            "list_sources": (self._paging(), []),
            "get_source": ({"sourceName": TEXT}, ["sourceName"]),
            "get_session": (session, [shape.id]),
            "create_session": self._create_schema(),
            "list_activities": ({**session, **self._paging()}, [shape.id]),
        }
        if shape.list == "tool":
            schemas["list_sessions"] = (self._paging(), [])
        if shape.action:
            actions = {"type": "string", "enum": ["approve", "send"]}
            schemas["reply_to_session"] = ({**session, "action": actions, shape.text: TEXT}, [shape.id, "action"])
        else:
            schemas["approve_plan"] = (session, [shape.id])
            schemas["send_message"] = ({**session, shape.text: TEXT}, [shape.id, shape.text])
        return [self._build_tool(name, properties, required) for name, (properties, required) in schemas.items()]

    def _build_tool(self, name: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
        shape = self._variant
        if shape.format:
            properties = {**properties, "response_format": {"type": "string", "enum": ["markdown", "json"]}}
        if shape.confirm and name in CHANGES:
            properties, required = {**properties, "confirm": FLAG}, [*required, "confirm"]
        return {"name": shape.prefix + name, "inputSchema": build_schema(properties, required)}

    def _id_hint(self) -> str:
        return "The session, as sessions/ID" if self._variant.names else "The id of the session"

    def _paging(self) -> dict[str, Any]:
        if self._variant.plain or self._variant.page == "none":
            return {}
        token = "page_token" if self._variant.page == "page_size" else "pageToken"
        return {self._variant.page: NUMBER, token: TEXT}

    def _create_schema(self) -> tuple[dict[str, Any], list[str]]:
        shape = self._variant
        properties: dict[str, Any] = {"prompt": TEXT, "requirePlanApproval": FLAG}
        repository = ["repoOwner", "repoName"] if shape.create == "split" else [shape.create]
        kind = {"type": "object"} if shape.create == "sourceContext" else TEXT
        properties.update(dict.fromkeys(repository, kind))
        required = ["prompt", *repository]
        if not shape.plain:
            modes = {"type": "string", "enum": ["AUTO_CREATE_PR", "AUTOMATION_MODE_UNSPECIFIED"]}
            properties.update({"title": TEXT, "startingBranch": TEXT, "automationMode": modes})
        if shape.required:
            properties[shape.required] = TEXT
            required.append(shape.required)
        return properties, required

    def resources(self) -> Sequence[Mapping[str, Any]]:
        if self._variant.list == "tool":
            return ()
        return ({"uri": LIST_RESOURCE, "name": "Sessions", "mimeType": "application/json"},)

    def read(self, uri: str) -> str:
        if uri != LIST_RESOURCE or self._variant.list == "tool":
            raise CallRefusedError(BAD_REQUEST, f"Unknown resource: {uri}")
        reply = self._wrap("list_sessions", answer_rest(self._world, "list_sessions", {"pageSize": 100}))
        return reply.text if reply.structured is None else show_json(reply.structured)

    # --- what it does ---------------------------------------------------------------------------------------------

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        known = self._tools.get(tool)
        if known is None:
            raise CallRefusedError(UNKNOWN_TOOL, f"MCP error -32601: Unknown tool: {tool}")
        check_arguments(tool, known["inputSchema"], arguments)
        operation = tool.removeprefix(self._variant.prefix)
        if self._variant.confirm and operation in CHANGES and arguments.get("confirm") is not True:
            return Reply("Not done: set confirm to true.", is_error=True)
        try:
            operation, meant = self._translate(operation, arguments)
            answer = answer_rest(self._world, operation, meant)
        except ApiError as error:
            return self.refuse(tool, arguments, error)
        if self._variant.format and arguments.get("response_format") != "json":
            return Reply(f"**{operation}**\n\n{len(answer)} fields. Ask for JSON to see them.")
        return self._wrap(operation, answer)

    def _translate(self, operation: str, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Our arguments out of theirs. Raises ApiError when an id has the wrong form."""
        shape = self._variant
        meant = dict(arguments)
        if shape.id in arguments:
            meant["sessionId"] = self._read_id(arguments[shape.id])
        if shape.text in arguments:
            meant["prompt"] = arguments.get(shape.text, "")
        if operation == "reply_to_session":
            operation = "approve_plan" if arguments["action"] == "approve" else "send_message"
            meant.setdefault("prompt", "")
        if shape.page in arguments:
            meant["pageSize"] = arguments[shape.page]
        if "page_token" in arguments:
            meant["pageToken"] = arguments["page_token"]
        if operation == "create_session":
            meant["prompt"] = arguments["prompt"]
            meant["source"] = self._read_source(arguments)
            if shape.plain:
                meant.update(startingBranch="main", automationMode="AUTO_CREATE_PR", title=None)
        return operation, meant

    def _read_id(self, text: str) -> str:
        if self._variant.names != text.startswith("sessions/"):
            raise ApiError(404)
        return text.removeprefix("sessions/")

    def _read_source(self, arguments: Mapping[str, Any]) -> str:
        match self._variant.create:
            case "split":
                return f"sources/github/{arguments['repoOwner']}/{arguments['repoName']}"
            case "sourceContext":
                return str(arguments["sourceContext"].get("source", ""))
            case "repo" | "repository":
                return f"sources/github/{arguments[self._variant.create]}"
            case "source_id":
                return f"sources/{arguments['source_id'].removeprefix('sources/')}"
            case _:
                return str(arguments["source"])

    def _wrap(self, operation: str, answer: Mapping[str, Any]) -> Reply:
        shown: Any = answer
        member = {"list_sessions": "sessions", "list_activities": "activities", "list_sources": "sources"}
        match self._variant.wrap:
            case "bare" if operation in member:
                return Reply(show_json(answer.get(member[operation], [])))
            case "envelope":
                shown = {"success": True, "message": f"{operation} done", "data": answer}
            case "structured":
                return Reply(f"{operation}: done", structured=json.loads(json.dumps(answer)))
            case _:
                pass
        return Reply(show_json(shown))

    def refuse(self, tool: str, arguments: Mapping[str, Any], error: ApiError) -> Reply:
        operation = tool.removeprefix(self._variant.prefix)
        if self._variant.wrap == "envelope":
            return Reply(show_json({"success": False, "message": f"{operation} failed", "error": error.message}))
        if self._variant.plain:
            return Reply(f"Error {DOING[operation]}: Request failed with status code {error.code}", is_error=True)
        return Reply(f"Jules API error {error.code}: {error.message}", is_error=True)

    def interrupt(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        return self.call(tool, arguments)
