"""What the person hears about their decisions: one toast per outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.notifications import SeverityLevel

if TYPE_CHECKING:
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.app import JulesApp

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


def tell_result(app: JulesApp, result: OperationResult) -> None:
    """A toast with the outcome, what to do next, and alarms and remarks where there are any."""
    word = result.outcome.value
    lines = [result.message, *result.remarks]
    if word != "done" and result.hint:
        lines.append(result.hint)
    severity = "error" if result.error is not None and word == "done" else _SEVERITY[word]
    app.tell("\n".join(line for line in lines if line), severity=severity, title=_TITLES[word])
