"""A message that went out from another terminal while it stood in a field here: what is told, and what is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.content import Content

from jjm_tui.domain.draft_keys import message_key
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import StorageError
from jjm_tui.tui.literal import literal
from jjm_tui.tui.writing.drafts import drafts_of

if TYPE_CHECKING:
    from textual.app import App

    from jjm_tui.services.board import Board
    from jjm_tui.tui.app import JulesApp


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


async def sent_meanwhile(app: JulesApp, task_id: str, text: str) -> Operation | None:
    """The message in these words that another program sent, or is sending, since the text handed over was begun here.

    What is on disk is read for it once more: the board may not have heard of it yet.
    """
    drafts, engine = drafts_of(app), app.engine
    since = drafts.held_since(message_key(task_id))
    if drafts.read_outcomes is None or engine is None or since is None:
        return None
    await drafts.read_outcomes()
    try:
        own = engine.context.outbox.owner()
    except StorageError:
        return None  # nothing can be sent, either; that is told with the outcome
    found = (
        each
        for each in app.launch.board.operations_of(task_id)
        if each.kind is OperationKind.MESSAGE
        and each.owner not in (None, own)
        and each.created_at >= since
        and (each.state.is_under_way or each.state is OperationState.DONE)
        and str(each.payload.get("text", "")).strip() == text.strip()
    )
    return next(found, None)


def not_again(sent: Operation) -> str:
    """What is told when a text is not sent because of ``sent``."""
    verb = "was" if sent.state is OperationState.DONE else "is being"
    return f"This text {verb} sent already, from elsewhere; it was not sent again."


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
