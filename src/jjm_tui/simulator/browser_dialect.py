"""The browser dialect: one page, a store of its own that never learns a status, sentences instead of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jjm_tui.simulator import browser_texts as texts
from jjm_tui.simulator.api_errors import ApiError
from jjm_tui.simulator.dialect import BAD_REQUEST, INTERNAL, CallRefusedError, Reply, show_json
from jjm_tui.simulator.official_review import count_lines, list_changes
from jjm_tui.simulator.patches import render_file_diff
from jjm_tui.simulator.session import PlanRecord, Session
from jjm_tui.simulator.world import World

_STORE: Final = "browser"
_DEFAULT_LIMIT: Final = 10
_CHAT_BOX: Final = "div.bottom-bar-container textarea"
_REPOSITORIES: Final = "div.repo-select div.header-container"
_FAILED_TO: Final = {
    "jules_get_task": "get task",
    "jules_send_message": "send message",
    "jules_create_task": "create task",
    "jules_approve_plan": "approve plan",
    "jules_resume_task": "resume task",
    "jules_analyze_code": "analyze code",
}


class PageFailure(Exception):  # noqa: N818 - what the page did, not an error of ours
    """Playwright gave up."""


class BrowserDialect:
    """The tools of the browser-driven server.

    Its store holds the tasks with a repository that the world began with, and those created through it. A status in
    the store never changes; ``jules_get_task`` shows the page's and writes chat and files into the store.
    """

    name = "google-jules-mcp"
    version = "1.0.0"
    one_page = True

    def __init__(self, world: World) -> None:
        self._world = world
        self._tools: dict[str, Callable[[Mapping[str, Any]], str]] = {
            "jules_create_task": self._create,
            "jules_get_task": self._get,
            "jules_list_tasks": self._list,
            "jules_send_message": self._send,
            "jules_approve_plan": self._approve,
            "jules_resume_task": self._resume,
            "jules_analyze_code": self._analyze,
            "jules_bulk_create_tasks": self._bulk,
            "jules_session_info": lambda _: "Jules MCP Session Info:\\n" + show_json(texts.SESSION_INFO),
            "jules_setup_wizard": lambda _: "Jules MCP Setup Wizard\n\nNothing to set up in a simulated world.",
            "jules_get_cookies": lambda _: "Current session cookies (json):\\n\\n[]",
            "jules_set_cookies": lambda _: "Cookies set successfully.",
            "jules_screenshot": lambda _: "Screenshot saved to: screenshot.png",
        }
        with world.changing():
            if _STORE not in world.memory:
                world.memory[_STORE] = self._import_tasks()

    def tools(self) -> Sequence[Mapping[str, Any]]:
        return texts.TOOLS

    def resources(self) -> Sequence[Mapping[str, Any]]:
        return texts.RESOURCES

    def read(self, uri: str) -> str:
        match uri:
            case texts.ACTIVE_TASKS:
                return show_json([task for task in self._store if task["status"] in {"pending", "in_progress"}])
            case texts.TASK_SCHEMA:
                return show_json(texts.TASK_FIELDS)
            case texts.TEMPLATES:
                return show_json(texts.COMMON_TASKS)
            case _:
                raise CallRefusedError(BAD_REQUEST, f"MCP error -32600: Unknown resource: {uri}")

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        run = self._tools.get(tool)
        if run is None:
            raise CallRefusedError(
                INTERNAL, f"MCP error -32603: Error in {tool}: MCP error -32601: Unknown tool: {tool}"
            )
        try:
            return Reply(run(arguments))
        except PageFailure as failure:
            raise self._broken(tool, str(failure)) from failure
        except (ApiError, KeyError) as error:
            raise self._broken(tool, f"Error: {error}") from error

    def _broken(self, tool: str, words: str) -> CallRefusedError:
        doing = _FAILED_TO.get(tool, tool)
        return CallRefusedError(INTERNAL, f"MCP error -32603: Error in {tool}: Failed to {doing}: {words}")

    def interrupt(self, tool: str, arguments: Mapping[str, Any]) -> Reply:
        if tool in {"jules_list_tasks", "jules_session_info"}:
            return self.call(tool, arguments)
        raise self._broken(tool, texts.aborted(_task_id(arguments)))

    def refuse(self, tool: str, arguments: Mapping[str, Any], error: ApiError) -> Reply:
        """An error of the site; a refused key stands for nobody being signed in, which mostly looks like success."""
        if tool not in _FAILED_TO:
            return Reply(self.read(tool)) if "://" in tool else self.call(tool, arguments)
        task_id = _task_id(arguments)
        if error.reason != "API_KEY_INVALID":
            url = texts.task_url(task_id)
            raise self._broken(tool, f"Error: page.goto: the site answered {error.code} at {url}\n")
        match tool:
            case "jules_get_task":
                return Reply(self._show_page(task_id, None))
            case "jules_approve_plan":
                return Reply(_NO_APPROVAL.format(task_id))
            case "jules_resume_task":
                return Reply(_NOT_PAUSED.format(task_id))
            case "jules_analyze_code":
                return Reply(self._show_analysis(task_id, None))
            case _:
                locator = _REPOSITORIES if tool == "jules_create_task" else _CHAT_BOX
                raise self._broken(tool, texts.locator_timeout(locator))

    # --- the store ------------------------------------------------------------------------------------------------

    @property
    def _store(self) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = self._world.memory[_STORE]
        return tasks

    def _import_tasks(self) -> list[dict[str, Any]]:
        tasks = []
        for session_id in reversed(self._world.session_ids()):
            session = self._world.session(session_id)
            if session.spec.repository is not None:
                tasks.append(self._describe(session, session.spec.branch or "main"))
        return tasks

    def _describe(self, session: Session, branch: str) -> dict[str, Any]:
        spec = session.spec
        created = texts.iso(spec.created)
        return {
            "id": spec.id,
            "title": texts.cut(spec.prompt, 50),
            "description": spec.prompt,
            "repository": "" if spec.repository is None else spec.repository.full_name,
            "branch": branch,
            "status": "pending",
            "createdAt": created,
            "updatedAt": created,
            "url": texts.task_url(spec.id),
            "chatHistory": [],
            "sourceFiles": [],
        }

    def _scrape(self, task_id: str, session: Session | None) -> None:
        """Write what the page shows into the store; a page that shows nothing empties it."""
        now = texts.iso(self._world.now)
        with self._world.changing():
            for task in self._store:
                if task["id"] == task_id:
                    chat = [] if session is None else _chat(session)
                    files = [] if session is None else _files(session)
                    task["updatedAt"] = now
                    task["chatHistory"] = [{"content": line, "timestamp": now, "type": "system"} for line in chat]
                    task["sourceFiles"] = [
                        {"filename": name, "url": f"#{name}", "status": "modified"} for name in files
                    ]

    # --- tools ----------------------------------------------------------------------------------------------------

    def _find(self, arguments: Mapping[str, Any]) -> tuple[str, Session | None]:
        task_id = _task_id(arguments)
        try:
            return task_id, self._world.session(task_id)
        except ApiError:
            return task_id, None

    def _get(self, arguments: Mapping[str, Any]) -> str:
        return self._show_page(*self._find(arguments))

    def _show_page(self, task_id: str, session: Session | None) -> str:
        self._scrape(task_id, session)
        status = "unknown" if session is None else texts.PAGE_WORDS[session.state]
        files = [] if session is None else _files(session)
        chat = [] if session is None else _chat(session)
        names = "\n".join(f"  - {name}" for name in files)
        lines = "\n".join(f"  - {line[:100]}..." for line in chat[-3:])
        return (
            f"Task Details ({task_id}):\n\nStatus: {status}\nURL: {texts.task_url(task_id)}\n"
            f"Source Files ({len(files)}):\n{names}\n\nRecent Chat Messages ({len(chat)}):\n{lines}"
        )

    def _list(self, arguments: Mapping[str, Any]) -> str:
        wanted = arguments.get("status") or "all"
        limit = int(arguments.get("limit") or _DEFAULT_LIMIT)
        matching = [task for task in self._store if wanted in {"all", task["status"]}]
        entries = [
            f"{task['id']} - {task['title']}\n  Repository: {task['repository']}\n  Status: {task['status']}\n"
            f"  Created: {texts.locale_date(task['createdAt'])}\n  URL: {task['url']}\n"
            for task in matching[:limit]
        ]
        head = f"Jules Tasks ({len(entries)} of {len(matching)} total):\n\n"
        return head + ("\n".join(entries) or "No tasks found.")

    def _create(self, arguments: Mapping[str, Any]) -> str:
        description, repository = str(arguments["description"]), str(arguments["repository"])
        branch = arguments.get("branch") or "main"
        try:
            source = self._world.get_source(f"sources/github/{repository}")
        except ApiError:
            raise PageFailure(texts.locator_timeout(_REPOSITORIES)) from None
        with self._world.changing():
            view = self._world.create_session(
                description,
                source["name"],
                starting_branch=source["githubRepo"]["branches"][0]["displayName"],
                require_plan_approval=True,
                automation_mode="AUTO_CREATE_PR",
            )
            self._store.append(self._describe(self._world.session(view["id"]), branch))
        return (
            f"Task created successfully!\n\nTask ID: {view['id']}\nRepository: {repository}\nBranch: {branch}\n"
            f"Description: {description}\nURL: {texts.task_url(view['id'])}\n\n"
            "Task is now pending Jules' analysis. You can check progress with jules_get_task."
        )

    def _bulk(self, arguments: Mapping[str, Any]) -> str:
        lines = []
        for task in arguments["tasks"]:
            try:
                self._create(task)
                lines.append(f"✓ {task['repository']}: {task['description'][:50]}...")
            except (PageFailure, ApiError) as error:
                lines.append(f"✗ {task['repository']}: {error}")
        return f"Bulk Task Creation Results ({len(lines)} tasks):\n\n" + "\n".join(lines)

    def _send(self, arguments: Mapping[str, Any]) -> str:
        task_id, message = _task_id(arguments), str(arguments["message"])
        try:
            self._world.send_message(task_id, message)
        except ApiError:
            raise PageFailure(texts.locator_timeout(_CHAT_BOX)) from None
        return (
            f'Message sent to Jules task {task_id}: "{message}"\n\n'
            "Jules is processing your request. Check back with jules_get_task to see the response."
        )

    def _approve(self, arguments: Mapping[str, Any]) -> str:
        task_id = _task_id(arguments)
        try:
            self._world.approve_plan(task_id)
        except ApiError:
            return _NO_APPROVAL.format(task_id)
        return f"Plan approved for task {task_id}. Jules will now execute the planned changes."

    def _resume(self, arguments: Mapping[str, Any]) -> str:
        task_id = _task_id(arguments)
        try:
            self._world.resume(task_id)
        except ApiError:
            return _NOT_PAUSED.format(task_id)
        return f"Task {task_id} resumed successfully. Jules will continue working on this task."

    def _analyze(self, arguments: Mapping[str, Any]) -> str:
        return self._show_analysis(*self._find(arguments))

    def _show_analysis(self, task_id: str, session: Session | None) -> str:
        changes = [] if session is None else list_changes(session)
        names = "\n".join(f"  - {change.path}" for change in changes)
        summaries = []
        for change in changes:
            added, removed = count_lines(change)
            body = [line[1:] for line in render_file_diff(change).splitlines() if line.startswith("+")][1:]
            summaries.append(f"  - {f'{change.path} +{added} -{removed} ' + ' '.join(body):.100}...")
        return (
            f"Code Analysis for Task {task_id}:\n\nTotal Files: {len(changes)}\nTotal Changes: {len(changes)}\n\n"
            f"Modified Files:\n{names}\n\nCode Changes Summary:\n" + "\n".join(summaries)
        )


_NO_APPROVAL: Final = (
    "No plan approval needed for task {}. The task may already be approved or not ready for approval yet."
)
_NOT_PAUSED: Final = "Task {} doesn't appear to be paused or may already be active."


def _task_id(arguments: Mapping[str, Any]) -> str:
    """The id, also out of a whole URL."""
    return str(arguments.get("taskId", "")).rstrip("/").rsplit("/", maxsplit=1)[-1]


def _files(session: Session) -> list[str]:
    return [change.path for change in list_changes(session)]


def _chat(session: Session) -> list[str]:
    """The page's conversation: the prompt, messages of both sides and plans, without roles."""
    lines = [session.spec.prompt]
    for record in session.activities:
        if isinstance(record.payload, PlanRecord):
            steps = [f"{number}. {step.title}" for number, step in enumerate(record.payload.steps, 1)]
            lines.append("\n".join(["Here is my plan:", *steps]))
        elif record.kind in {"agentMessaged", "userMessaged"}:
            lines += record.payload.values()
        elif record.kind == "progressUpdated":
            lines.append(record.payload["title"])
    return lines
