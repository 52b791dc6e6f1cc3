"""A message that went out from another terminal while it stood in a field here: what is told, and what is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.content import Content

from jjm_tui.domain.operations import OperationKind, OperationState
from jjm_tui.tui.literal import literal

if TYPE_CHECKING:
    from textual.app import App

    from jjm_tui.services.board import Board


def why_gone(board: Board, task_id: str | None, text: str) -> str:
    """What is told when ``text`` is taken out of the field from elsewhere."""
    messages = [each for each in board.operations_of(task_id or "") if each.kind is OperationKind.MESSAGE]
    states = {each.state for each in messages if str(each.payload.get("text", "")).strip() == text.strip()}
    if any(state.is_open for state in states):
        verb = "is being"
    elif OperationState.DONE in states:
        verb = "was"
    else:
        return "This text was sent or cleared elsewhere; it was taken out."
    return f"This text {verb} sent already, from elsewhere; it was taken out."


def ask_about(app: App[Any], sent: str, answered: Callable[[bool | None], Awaitable[None]]) -> None:
    """Ask whether a text goes out that begins with ``sent``, a message that went out already."""
    from jjm_tui.tui.screens.confirm import ConfirmDialog

    body = Content.assemble(
        "This text begins with a message that was sent already:\n\n",
        literal(sent),
        "\n\nIf you send all of it, this part goes out a second time.",
    )
    app.push_screen(
        ConfirmDialog("Sent in part already", body, yes="send all of it", no="back to the text", must_be_seen=True),
        answered,
    )
