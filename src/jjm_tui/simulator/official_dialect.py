"""The official dialect: states as *busy* and *stable*, a local cache, diffs and reviews as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jjm_tui.simulator import official_views
from jjm_tui.simulator.api_errors import HTTP_WORDS, ApiError
from jjm_tui.simulator.dialect import (
    BAD_REQUEST,
    FLAG,
    INTERNAL,
    NUMBER,
    TEXT,
    CallRefusedError,
    Reply,
    build_schema,
    show_json,
)
from jjm_tui.simulator.official_cache import OfficialCache, validate_query
from jjm_tui.simulator.official_review import render_code_diff, render_review
from jjm_tui.simulator.script import acknowledge
from jjm_tui.simulator.session import Session
from jjm_tui.simulator.states import State
from jjm_tui.simulator.world import World

BASE: Final = "https://jules.googleapis.com/v1alpha"
FIRST_PAGE: Final = 10


def _words(*options: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(options)}


_QUERY: Final = build_schema(
    {
        "from": _words("sessions", "activities"),
        "select": {"type": "array", "items": {"type": "string"}},
        "where": {"type": "object"},
        "limit": NUMBER,
        "offset": NUMBER,
        "include": {"type": "object"},
        "tokenBudget": NUMBER,
    },
    ["from"],
)

TOOLS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "create_session",
        "inputSchema": build_schema(
            {"prompt": TEXT, "repo": TEXT, "branch": TEXT, "interactive": FLAG, "autoPr": FLAG, "title": TEXT},
            ["prompt"],
        ),
    },
    {"name": "list_sessions", "inputSchema": build_schema({"pageSize": NUMBER})},
    {"name": "query_cache", "inputSchema": build_schema({"query": _QUERY}, ["query"])},
    {
        "name": "get_code_review_context",
        "inputSchema": build_schema(
            {
                "sessionId": TEXT,
                "activityId": TEXT,
                "format": _words("summary", "tree", "detailed", "markdown"),
                "filter": _words("all", "created", "modified", "deleted"),
                "detail": _words("minimal", "standard", "full"),
            },
            ["sessionId"],
        ),
    },
    {
        "name": "send_reply_to_session",
        "inputSchema": build_schema(
            {"sessionId": TEXT, "action": _words("approve", "send", "ask"), "message": TEXT}, ["sessionId", "action"]
        ),
    },
    {"name": "get_session_state", "inputSchema": build_schema({"sessionId": TEXT}, ["sessionId"])},
    {
        "name": "show_code_diff",
        "inputSchema": build_schema({"sessionId": TEXT, "file": TEXT, "activityId": TEXT}, ["sessionId"]),
    },
)


class ToolFailure(Exception):  # noqa: N818 - it is an answer, not an error of ours
    """A refusal in the server's own words."""


class OfficialDialect:
    """The tools of the official server, with its cache that goes stale.

    Its inability to read ``bashOutput`` artifacts (every activity-based tool fails for such a session) is left out
    unless ``strict_artifacts`` is true, because nearly every simulated session has one.
    """

    name = "jules-mcp"
    version = "0.2.0"
    one_page = False

    def __init__(self, world: World, *, strict_artifacts: bool = False) -> None:
        self._world = world
        self._strict = strict_artifacts
        self._cache = OfficialCache()
        self._tools: dict[str, Callable[[Mapping[str, Any]], str]] = {
            "create_session": self._create,
            "list_sessions": self._list,
            "query_cache": self._query,
            "get_code_review_context": self._review,
            "send_reply_to_session": self._reply,
            "get_session_state": self._state,
            "show_code_diff": self._diff,
        }

    def tools(self) -> Sequence[Mapping[str, Any]]:
        return TOOLS

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        run = self._tools.get(tool)
        if run is None:
            raise CallRefusedError(INTERNAL, f"Tool not found: {tool}")
        try:
            return Reply(run(arguments))
        except ToolFailure as failure:
            return Reply(f"Error executing {tool}: {failure}", is_error=True)
        except ApiError as error:
            return self.refuse(tool, arguments, error)

    def refuse(self, tool: str, arguments: Mapping[str, Any], error: ApiError) -> Reply:
        method, url = self._request(tool, arguments)
        head = f"[{error.code} {HTTP_WORDS.get(error.code, 'Error')}]"
        if error.code in {401, 403}:
            said = f"{head} Authentication to {url} failed. Ensure your API key is correct."
        else:
            said = f"{head} {method} {url} - {show_json(error.body())}\n"
        return Reply(f"Error executing {tool}: {said}", is_error=True)

    def _request(self, tool: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
        """The request to Google that a tool makes first."""
        session = f"{BASE}/sessions/{_plain_id(arguments)}"
        if tool == "list_sessions":
            return "GET", f"{BASE}/sessions?pageSize={arguments.get('pageSize', FIRST_PAGE)}"
        if tool == "create_session":
            return "POST", f"{BASE}/sessions"
        if tool == "send_reply_to_session":
            return "POST", f"{session}:{'approvePlan' if arguments.get('action') == 'approve' else 'sendMessage'}"
        return "GET", f"{session}/activities"

    def resources(self) -> Sequence[Mapping[str, Any]]:
        return ()

    def read(self, uri: str) -> str:
        raise CallRefusedError(BAD_REQUEST, f"Unknown resource: {uri}")

    def interrupt(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        return self.call(tool, arguments)

    # --- tools ----------------------------------------------------------------------------------------------------

    def _create(self, arguments: Mapping[str, Any]) -> str:
        repo, branch = arguments.get("repo"), arguments.get("branch")
        source = f"sources/github/{repo}" if repo and branch else None
        if repo and branch:
            try:
                self._world.get_source(str(source))
            except ApiError:
                raise ToolFailure(f"Could not get source '{repo}'") from None
        view = self._world.create_session(
            arguments.get("prompt"),
            source,
            starting_branch=branch if source else None,
            title=arguments.get("title"),
            require_plan_approval=bool(arguments.get("interactive", False)),
            automation_mode="AUTO_CREATE_PR" if arguments.get("autoPr", True) else None,
        )
        return f"Session created. ID: {view['id']}"

    def _list(self, arguments: Mapping[str, Any]) -> str:
        answer = self._world.list_sessions(arguments.get("pageSize", FIRST_PAGE))
        entries = []
        for view in answer.get("sessions", []):
            session = self._world.session(view["id"])
            self._cache.forget_final(session)
            entries.append(official_views.show_entry(session))
        shown: dict[str, Any] = {"sessions": entries}
        if "nextPageToken" in answer:
            shown["nextPageToken"] = answer["nextPageToken"]
        return show_json(shown)

    def _load(self, arguments: Mapping[str, Any]) -> Session:
        """A session with its activities in the cache."""
        if not arguments.get("sessionId"):
            raise ToolFailure("sessionId is required")
        session = self._world.session(_plain_id(arguments))
        if self._strict and any(record.progress and record.progress.command for record in session.activities):
            work = session.spec.work
            raise ToolFailure(
                "Unknown artifact type: " + show_json({"bashOutput": {"command": work.command, "output": work.output}})
            )
        self._cache.store(session)
        if session.state is State.FAILED:
            raise ToolFailure(
                f"The Jules automated session terminated with a FAILED state. Reason: Session {session.spec.id} failed."
            )
        return session

    def _state(self, arguments: Mapping[str, Any]) -> str:
        stale = self._cache.stale_state(_plain_id(arguments))
        if stale is not None:
            return stale
        session = self._load(arguments)
        shown = show_json(official_views.show_state(session))
        if session.state is State.COMPLETED:
            self._cache.keep_final(session, shown)
        return shown

    def _query(self, arguments: Mapping[str, Any]) -> str:
        query = arguments.get("query")
        if not isinstance(query, Mapping):
            raise ToolFailure("query is required")
        refusal = validate_query(query)
        return show_json(refusal if refusal is not None else self._cache.query(query))

    def _review(self, arguments: Mapping[str, Any]) -> str:
        return render_review(self._load(arguments), arguments.get("format", "summary"), arguments.get("filter", "all"))

    def _diff(self, arguments: Mapping[str, Any]) -> str:
        session = self._load(arguments)
        return render_code_diff(session, arguments.get("file"), arguments.get("activityId"))

    def _reply(self, arguments: Mapping[str, Any]) -> str:
        if not arguments.get("sessionId"):
            raise ToolFailure("sessionId is required")
        session_id, action, message = _plain_id(arguments), arguments.get("action"), arguments.get("message")
        if action == "approve":
            self._world.approve_plan(session_id)
            return "Plan approved."
        if action not in {"send", "ask"}:
            raise ToolFailure(f"Invalid action: {action}")
        if not message:
            raise ToolFailure(f"Message is required for '{action}' action")
        self._world.send_message(session_id, message)
        return "Message sent." if action == "send" else f"Agent reply: {acknowledge(message)}"


def _plain_id(arguments: Mapping[str, Any]) -> str:
    return str(arguments.get("sessionId", "")).removeprefix("sessions/")
