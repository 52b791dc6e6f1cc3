"""Prepared tasks: those of the settings, those that a server offers, and failed ones. All but the first are foreign."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from jjm_tui.domain.text import clean, clean_line, heading, truncate
from jjm_tui.errors import ToolNotFoundError, UnsupportedOperationError

if TYPE_CHECKING:
    from jjm_tui.domain.task import Task
    from jjm_tui.ports import TaskServer
    from jjm_tui.settings.model import Settings

RESOURCE: Final = "jules://templates/common-tasks"
"""Where browser-driven servers keep them: a JSON object of texts by name (``servers.md`` 3.1)."""

_MOST: Final = 200
_LONGEST: Final = 100_000
"""Characters of a description; a longer one is not one that a person prepared."""

_SHOWN_NAME: Final = 50
"""Cells."""

_NAMES: Final = ("name", "title", "id", "key")
_TEXTS: Final = ("description", "prompt", "text", "template", "content", "example")
_LISTS: Final = ("templates", "tasks", "items")


@dataclass(frozen=True, slots=True)
class PreparedTask:
    """A task to start from. All texts are clean; ``name`` and all but the description are one line.

    ``note``: what the person should know of it before it is sent.
    """

    name: str
    description: str
    title: str = ""
    repository: str = ""
    branch: str = ""
    source: Literal["settings", "server", "task"] = "settings"
    note: str = ""


def once_more(task: Task) -> PreparedTask:
    """What a task that failed was asked, to ask it anew."""
    words = truncate(heading(task.title, task.description, task.id), _SHOWN_NAME)
    is_cut = "description_cut" in task.provenance
    return PreparedTask(
        words,
        clean(task.description or ""),
        clean_line(task.title or ""),
        clean_line(task.repository or ""),
        clean_line(task.branch or ""),
        "task",
        f"as for: {words}" + (" · only the beginning of its text is known" if is_cut else ""),
    )


def settings_templates(settings: Settings) -> tuple[PreparedTask, ...]:
    """The templates of the settings, by name."""
    return tuple(
        PreparedTask(
            clean_line(name),
            clean(template.description),
            clean_line(template.title or ""),
            clean_line(template.repository or ""),
            clean_line(template.branch or ""),
        )
        for name, template in sorted(settings.templates.items())
    )


def find_template(settings: Settings, template: str | PreparedTask | None) -> PreparedTask | None:
    """The one that is meant; a name means one of the settings."""
    if not isinstance(template, str):
        return template
    return next((each for each in settings_templates(settings) if each.name == template), None)


async def server_templates(server: TaskServer) -> tuple[PreparedTask, ...]:
    """The templates that the server offers; none when it has no such resource.

    Raises:
        JulesManagerError: the server cannot be reached, or what it answered is not understood.
    """
    try:
        if not any(resource.uri == RESOURCE for resource in await server.list_resources()):
            return ()
        return decode_templates(await server.read_resource(RESOURCE))
    except (ToolNotFoundError, UnsupportedOperationError):
        return ()


def decode_templates(text: str) -> tuple[PreparedTask, ...]:
    """What a resource of templates says: texts by name, or a list of objects. What is not understood is left out."""
    try:
        data = json.loads(text)
    except ValueError:
        return ()
    if isinstance(data, dict):
        nested = next((data[name] for name in _LISTS if isinstance(data.get(name), dict | list)), None)
        data = data if nested is None else nested
    items: Iterable[tuple[str, Any]] = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list):
        items = (("", item) for item in data)
    found = (_decode(name, item) for name, item in items)
    return tuple(template for template in found if template is not None)[:_MOST]


def _decode(name: str, item: object) -> PreparedTask | None:
    fields: Mapping[str, Any] = item if isinstance(item, dict) else {"text": item}
    description = clean(_first(fields, _TEXTS))[:_LONGEST].strip()
    shown = clean_line(name or _first(fields, _NAMES) or description)[:200]
    if not description or not shown:
        return None
    return PreparedTask(
        shown,
        description,
        clean_line(_first(fields, ("title",))) if name else "",
        clean_line(_first(fields, ("repository",))),
        clean_line(_first(fields, ("branch",))),
        "server",
    )


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := fields.get(name), str) and value.strip()), "")
