"""The rest dialect: tools that answer the REST JSON, as a good wrapper would offer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jjm_tui.simulator.api_errors import ApiError
from jjm_tui.simulator.catalogue import find_repository
from jjm_tui.simulator.dialect import (
    BAD_ARGUMENTS,
    BAD_REQUEST,
    FLAG,
    NUMBER,
    TEXT,
    UNKNOWN_TOOL,
    CallRefusedError,
    Reply,
    build_schema,
    is_of_type,
    name_type,
    show_json,
)
from jjm_tui.simulator.world import World

_DRAFT: Final[dict[str, Any]] = {"additionalProperties": False, "$schema": "http://json-schema.org/draft-07/schema#"}
_PAGING: Final = {"pageSize": NUMBER, "pageToken": TEXT, "filter": TEXT}

TOOLS: Final[tuple[dict[str, Any], ...]] = (
    {"name": "list_sources", "inputSchema": build_schema(_PAGING, **_DRAFT)},
    {"name": "get_source", "inputSchema": build_schema({"sourceName": TEXT}, ["sourceName"], **_DRAFT)},
    {"name": "get_session", "inputSchema": build_schema({"sessionId": TEXT}, ["sessionId"], **_DRAFT)},
    {
        "name": "create_session",
        "inputSchema": build_schema(
            {
                "prompt": TEXT,
                "source": TEXT,
                "requirePlanApproval": FLAG,
                "title": TEXT,
                "startingBranch": TEXT,
                "automationMode": {"type": "string", "enum": ["AUTO_CREATE_PR", "AUTOMATION_MODE_UNSPECIFIED"]},
            },
            ["prompt"],
            **_DRAFT,
        ),
    },
    {"name": "list_sessions", "inputSchema": build_schema(_PAGING, **_DRAFT)},
    {"name": "approve_plan", "inputSchema": build_schema({"sessionId": TEXT}, ["sessionId"], **_DRAFT)},
    {
        "name": "list_activities",
        "inputSchema": build_schema({"sessionId": TEXT, **_PAGING}, ["sessionId"], **_DRAFT),
    },
    {
        "name": "send_message",
        "inputSchema": build_schema({"sessionId": TEXT, "prompt": TEXT}, ["sessionId", "prompt"], **_DRAFT),
    },
)

DOING: Final = {
    "list_sources": "listing sources",
    "get_source": "getting source",
    "get_session": "getting session",
    "create_session": "creating session",
    "list_sessions": "listing sessions",
    "approve_plan": "approving plan",
    "list_activities": "listing activities",
    "send_message": "sending message",
}


def answer_rest(world: World, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The REST answer to one of the eight operations. Raises ApiError."""
    page = (arguments.get("pageSize"), arguments.get("pageToken"), arguments.get("filter"))
    session_id = arguments.get("sessionId", "")
    operations: dict[str, Callable[[], dict[str, Any]]] = {
        "list_sources": lambda: world.list_sources(*page[:2]),
        "get_source": lambda: world.get_source(arguments["sourceName"]),
        "get_session": lambda: world.get_session(session_id),
        "create_session": lambda: _create(world, arguments),
        "list_sessions": lambda: world.list_sessions(*page),
        "approve_plan": lambda: world.approve_plan(session_id),
        "list_activities": lambda: world.list_activities(session_id, *page),
        "send_message": lambda: world.send_message(session_id, arguments["prompt"]),
    }
    return operations[operation]()


def _create(world: World, arguments: Mapping[str, Any]) -> dict[str, Any]:
    source = arguments.get("source")
    repository = None if source is None else find_repository(source)
    branch = arguments.get("startingBranch") or (repository.default_branch if repository else "main")
    return world.create_session(
        arguments["prompt"],
        source,
        starting_branch=None if source is None else branch,
        title=arguments.get("title"),
        require_plan_approval=bool(arguments.get("requirePlanApproval")),
        automation_mode=arguments.get("automationMode"),
    )


def check_arguments(tool: str, schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Refuse missing and wrongly typed arguments in the words of the recorded server. Raises CallRefusedError."""
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    faults = [f"{name}: Required" for name in schema.get("required", ()) if name not in arguments]
    faults += [
        f"{name}: Expected {properties[name]['type']}, received {name_type(value)}"
        for name, value in arguments.items()
        if name in properties and not is_of_type(value, properties[name])
    ]
    if faults:
        raise CallRefusedError(
            BAD_ARGUMENTS,
            f"MCP error -32602: Tool '{tool}' parameter validation failed: {', '.join(faults)}. "
            "Please check the parameter types and values according to the tool's schema.",
        )


class RestDialect:
    """Tools with the names, answers and errors of the recorded rest server, with paging and all options of create."""

    name = "google-jules-api-mcp-server"
    version = "1.0.0"
    one_page = False

    def __init__(self, world: World) -> None:
        self._world = world
        self._schemas = {tool["name"]: tool["inputSchema"] for tool in TOOLS}

    def tools(self) -> Sequence[Mapping[str, Any]]:
        return TOOLS

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        schema = self._schemas.get(tool)
        if schema is None:
            raise CallRefusedError(UNKNOWN_TOOL, f"MCP error -32601: Unknown tool: {tool}")
        check_arguments(tool, schema, arguments)
        try:
            return Reply(show_json(answer_rest(self._world, tool, arguments)))
        except ApiError as error:
            return self.refuse(tool, arguments, error)

    def refuse(self, tool: str, arguments: Mapping[str, Any], error: ApiError) -> Reply:
        return Reply(f"Error {DOING[tool]}: Request failed with status code {error.code}", is_error=True)

    def resources(self) -> Sequence[Mapping[str, Any]]:
        return ()

    def read(self, uri: str) -> str:
        raise CallRefusedError(BAD_REQUEST, f"Unknown resource: {uri}")

    def interrupt(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        return self.call(tool, arguments)
