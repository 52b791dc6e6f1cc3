"""The browser dialect's tools, resources and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from jjm_tui.simulator.dialect import FLAG, NUMBER, TEXT, build_schema
from jjm_tui.simulator.states import State

SITE: Final = "https://jules.google.com"
ACTIVE_TASKS: Final = "jules://current/active-tasks"
TASK_SCHEMA: Final = "jules://schemas/task"
TEMPLATES: Final = "jules://templates/common-tasks"

PAGE_WORDS: Final[Mapping[State, str]] = {
    State.QUEUED: "queued",
    State.PLANNING: "planning",
    State.AWAITING_PLAN_APPROVAL: "waiting for approval",
    State.AWAITING_USER_FEEDBACK: "waiting for feedback",
    State.IN_PROGRESS: "in progress",
    State.PAUSED: "paused",
    State.COMPLETED: "completed",
    State.FAILED: "failed",
}
"""What the page says, lower-cased, as ``jules_get_task`` passes it on."""

_TASK: Final = build_schema({"taskId": TEXT}, ["taskId"])
_NEW_TASK: Final = build_schema(
    {"description": TEXT, "repository": TEXT, "branch": TEXT}, ["description", "repository"]
)


def _words(*options: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(options)}


TOOLS: Final[tuple[dict[str, Any], ...]] = (
    {"name": "jules_create_task", "inputSchema": _NEW_TASK},
    {"name": "jules_get_task", "inputSchema": _TASK},
    {
        "name": "jules_list_tasks",
        "inputSchema": build_schema(
            {"status": _words("all", "active", "pending", "completed", "paused"), "limit": NUMBER}
        ),
    },
    {
        "name": "jules_send_message",
        "inputSchema": build_schema({"taskId": TEXT, "message": TEXT}, ["taskId", "message"]),
    },
    {"name": "jules_approve_plan", "inputSchema": _TASK},
    {"name": "jules_resume_task", "inputSchema": _TASK},
    {
        "name": "jules_analyze_code",
        "inputSchema": build_schema({"taskId": TEXT, "includeSourceCode": FLAG}, ["taskId"]),
    },
    {
        "name": "jules_bulk_create_tasks",
        "inputSchema": build_schema({"tasks": {"type": "array", "items": _NEW_TASK}}, ["tasks"]),
    },
    {"name": "jules_session_info", "inputSchema": build_schema({})},
    {
        "name": "jules_setup_wizard",
        "inputSchema": build_schema(
            {
                "environment": _words("local", "cloud", "smithery", "auto-detect"),
                "preferences": build_schema(
                    {
                        "priority": _words("ease-of-use", "reliability", "portability", "performance"),
                        "hasChrome": FLAG,
                        "cloudDeployment": FLAG,
                    }
                ),
            }
        ),
    },
    {"name": "jules_get_cookies", "inputSchema": build_schema({"format": _words("json", "string")})},
    {
        "name": "jules_set_cookies",
        "inputSchema": build_schema({"cookies": TEXT, "format": _words("json", "string")}, ["cookies"]),
    },
    {"name": "jules_screenshot", "inputSchema": build_schema({"taskId": TEXT, "filename": TEXT})},
)

RESOURCES: Final[tuple[dict[str, Any], ...]] = (
    {"uri": TASK_SCHEMA, "name": "Task Schema", "mimeType": "application/json"},
    {"uri": ACTIVE_TASKS, "name": "Active Tasks", "mimeType": "application/json"},
    {"uri": TEMPLATES, "name": "Common Task Templates", "mimeType": "application/json"},
)

TASK_FIELDS: Final = {
    "id": "string",
    "title": "string",
    "description": "string",
    "repository": "string (owner/repo-name)",
    "branch": "string",
    "status": "pending | in_progress | completed | paused",
    "createdAt": "ISO timestamp",
    "updatedAt": "ISO timestamp",
    "url": "Jules task URL",
    "chatHistory": "array of chat messages",
    "sourceFiles": "array of modified files",
}

COMMON_TASKS: Final = (
    {"name": "Bug fix", "description": "Fix the bug described below and add a test that fails without the fix."},
    {"name": "Dependency update", "description": "Update the dependencies and repair what breaks."},
    {"name": "Tests", "description": "Add tests for the module named below, error paths first."},
)

SESSION_INFO: Final = {
    "sessionMode": "fresh",
    "hasUserDataDir": False,
    "hasCookiePath": False,
    "hasGoogleAuthCookies": False,
    "hasBrowserbaseConfig": False,
    "isHeadless": True,
    "timeout": 30000,
    "baseUrl": SITE,
    "dataPath": "data.json",
    "browserConnected": True,
    "pageReady": True,
}


def task_url(task_id: str) -> str:
    return f"{SITE}/task/{task_id}"


def iso(moment: datetime) -> str:
    """JavaScript's ``toISOString``."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def locale_date(text: str) -> str:
    """JavaScript's ``toLocaleDateString`` in American English, from ISO text."""
    moment = datetime.fromisoformat(text)
    return f"{moment.month}/{moment.day}/{moment.year}"


def cut(text: str, limit: int) -> str:
    """The first characters, with three dots where something is missing."""
    return text if len(text) <= limit else f"{text[:limit]}..."


def locator_timeout(locator: str) -> str:
    """What Playwright says after thirty seconds without the element."""
    action = "fill" if locator.endswith("textarea") else "click"
    return (
        f"TimeoutError: locator.{action}: Timeout 30000ms exceeded.\nCall log:\n"
        f"\x1b[2m  - waiting for locator('{locator}')\x1b[22m\n"
    )


def aborted(task_id: str) -> str:
    """What Playwright says when another call takes the page away."""
    url = task_url(task_id)
    return (
        f"Error: page.goto: net::ERR_ABORTED at {url}\nCall log:\n"
        f'\x1b[2m  - navigating to "{url}", waiting until "load"\x1b[22m\n'
    )
