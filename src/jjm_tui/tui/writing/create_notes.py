"""What the connected server does with the fields of a new task, as sentences beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from jjm_tui.tui.widgets.new_task_form import AnyField

if TYPE_CHECKING:
    from jjm_tui.ports.server import Support
    from jjm_tui.services.context import ServiceContext

_NOTES: Final[Mapping[AnyField, Mapping[Support, str]]] = {
    "title": {
        "no": "This server takes no title: it will not be sent.",
        "never": "This server takes no title: it will not be sent.",
        "ignored": "This server takes a title, but is known not to use it.",
    },
    "branch": {
        "no": "This server takes no branch: a branch of yours would be refused here.",
        "never": "This server takes no branch: a branch of yours would be refused here.",
        "ignored": "This server takes a branch, but is known to use another one.",
    },
    "approval": {
        "no": "This server cannot be told; its own way applies.",
        "ignored": "This server takes it, but is known not to honour it.",
        "always": "This server has no switch for it: it always asks for approval.",
        "never": "This server has no switch for it: its plans are approved automatically.",
    },
    "pr": {
        "no": "This server cannot be told; its own way applies.",
        "ignored": "This server takes it, but is known not to honour it.",
        "always": "This server has no switch for it: it always opens one.",
        "never": "This server has no switch for it: it never opens one.",
    },
}


def notes_for(context: ServiceContext | None) -> dict[AnyField, str]:
    """The notes by field; none before the server is known."""
    if context is None or context.server is None:
        return {}
    capabilities = context.server.info().capabilities
    if capabilities is None:
        return {}
    supports: dict[AnyField, Support] = {
        "title": capabilities.create_title,
        "branch": capabilities.create_branch,
        "approval": capabilities.create_approval,
        "pr": capabilities.create_pull_request,
    }
    found = {name: _NOTES[name].get(support) for name, support in supports.items()}
    return {name: note for name, note in found.items() if note is not None}


def why_only_a_draft(context: ServiceContext | None) -> str:
    """Why what is filled in cannot be sent: there is no server; empty where there is one, or it is not known yet."""
    if context is None or context.server is not None:
        return ""
    what = "No server is set up" if context.no_server is None else "The server cannot be used yet"
    return f"{what}: this is kept as a draft, not sent"
