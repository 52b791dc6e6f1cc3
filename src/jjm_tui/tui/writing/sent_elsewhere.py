"""A message that went out from another terminal while it stood in a field here: what is told, and what is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textual.content import Content

from jjm_tui.domain.draft_keys import message_key
from jjm_tui.domain.operations import Operation, OperationState
from jjm_tui.errors import StorageError
from jjm_tui.services.drafting.draft_kinds import sent_since
from jjm_tui.tui.literal import literal

if TYPE_CHECKING:
    from textual.app import App

    from jjm_tui.tui.app import JulesApp


def why_gone(app: JulesApp, task_id: str, text: str, typed_at: datetime | None) -> str:
    """What is told when ``text``, in these words since then, is taken out of the field from elsewhere."""
    sent = _sent_elsewhere(app, task_id, text, typed_at)
    if sent is None:
        return "This text was sent or cleared elsewhere; it was taken out."
    return f"This text {_verb(sent)} sent already, from elsewhere; it was taken out."


async def sent_meanwhile(app: JulesApp, task_id: str, text: str) -> Operation | None:
    """The message in these words that another program sent, or is sending, since the text handed over was typed.

    What is on disk is read for it once more: the board may not have heard of it yet.
    """
    drafts = app.drafts
    if drafts.read_outcomes is None:
        return None
    await drafts.read_outcomes()
    return _sent_elsewhere(app, task_id, text, drafts.held_since(message_key(task_id)))


def not_again(sent: Operation) -> str:
    """What is told when a text is not sent because of ``sent``."""
    return f"This text {_verb(sent)} sent already, from elsewhere; it was not sent again."


def _sent_elsewhere(app: JulesApp, task_id: str, text: str, since: datetime | None) -> Operation | None:
    """The newest message in these words that another program sent since then, as far as that is certain."""
    sent = sent_since(app.launch.board, message_key(task_id), text.strip(), since)
    sent = [each for each in sent if each.state is not OperationState.UNCONFIRMED]
    if app.engine is None or not sent:
        return None
    try:
        own = app.engine.context.outbox.owner()
    except StorageError:
        return None  # nothing can be sent, either; that is told with the outcome
    return next((each for each in reversed(sent) if each.owner != own), None)


def _verb(sent: Operation) -> str:
    return "was" if sent.state is OperationState.DONE else "is being"


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
