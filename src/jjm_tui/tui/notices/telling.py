"""What the person hears about their decisions: one toast per outcome, and what was copied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from textual.notifications import SeverityLevel

from jjm_tui.domain.text import clean, clean_line, heading, truncate
from jjm_tui.logs import get_logger
from jjm_tui.tui.notices.key_here import key_here

if TYPE_CHECKING:
    from jjm_tui.errors import JulesManagerError
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.app import JulesApp

_log: Final = get_logger("dashboard")

_SEVERITY: Final[dict[str, SeverityLevel]] = {
    "done": "information",
    "refused": "error",
    "not_sent": "error",
    "unconfirmed": "warning",
}
_TITLES: Final = {
    "done": "Done",
    "refused": "The server said no",
    "not_sent": "Not sent",
    "unconfirmed": "Not confirmed",
}
_COPIED_CELLS: Final = 120
"""How much of a text that was copied is told: ids and addresses whole."""


def tell_result(app: JulesApp, result: OperationResult) -> None:
    """A toast with the outcome, what to do next, and alarms and remarks where there are any."""
    word = result.outcome.value
    lines = [_with_title(result), *result.remarks]
    if word != "done" and result.hint:
        lines.append(_on_screen(result.hint, key_here(app, "outbox")))
    severity = "error" if result.error is not None and word == "done" else _SEVERITY[word]
    app.tell("\n".join(line for line in lines if line), severity=severity, title=_TITLES[word])


def copy(app: JulesApp, text: str) -> None:
    """Give the terminal text for its clipboard and tell what; no terminal answers whether it took it."""
    app.copy_to_clipboard(clean(text))
    app.tell(f"Sent to the terminal's clipboard: {truncate(clean_line(text), _COPIED_CELLS)}")


def _with_title(result: OperationResult) -> str:
    """The sentence with the task's title in place of its id, which nobody knows by heart."""
    task = result.task
    if task is None or task.id not in result.message:
        return result.message
    title = truncate(heading(task.title, task.description, task.id), 50)
    return result.message.replace(f"task {task.id}", f"'{title}'").replace(f"Task {task.id}", f"'{title}'")


def _on_screen(hint: str, outbox_key: str) -> str:
    """A hint that names one command or several, as it is done here."""
    return re.sub(r"jjm outbox(?: \w+)*(?:,(?: or)? jjm outbox(?: \w+)*)*", f"{outbox_key} has it", hint)


def tell_trouble(app: JulesApp, error: JulesManagerError | None) -> None:
    """The local store failed, or works again."""
    if error is None:
        app.tell("The store can be read and written again.")
    else:
        app.tell(" ".join(filter(None, (error.message, error.hint))), severity="error")


def tell_failure(app: JulesApp, error: BaseException) -> None:
    """A mistake of ours ended what follows store, history and server."""
    _log.error("live_feed_failed", reason=repr(error))
    key = key_here(app, "refresh")
    way_out = f"{key} follows it again." if key else "restart it."
    app.tell(f"What is shown is no longer followed, because of a mistake inside jjm: {way_out}", severity="error")
