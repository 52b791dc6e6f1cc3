"""Making the tasks of a form, one attempt after the other; it goes on when the form is closed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from jjm_tui.domain.draft_keys import CREATE_KEY
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.tui.notices.key_here import key_here

if TYPE_CHECKING:
    from jjm_tui.ports import CreateRequest
    from jjm_tui.tui.app import JulesApp
    from jjm_tui.tui.engine import Engine


async def submit(app: JulesApp, engine: Engine, task: NewTask, request: CreateRequest) -> None:
    """Make every attempt, and stop at the first that is not done.

    Each outcome is told by the app. What was certainly not made comes back as the draft of the form, with as many
    attempts as are left; the form opens again where that disturbs nobody.
    """
    drafts = app.drafts
    made, word = 0, "done"
    while made < task.attempts and word == "done":
        creating = engine.desk.create(request)
        await asyncio.wait({creating})
        if creating.cancelled():
            return  # the program ends; the draft on disk and the outbox tell how far it got
        word = creating.result().outcome.value
        made += word == "done"
    perhaps = word == "unconfirmed"
    left = task.attempts - made - perhaps
    if left == 0:
        drafts.release(CREATE_KEY, is_done=word == "done")
        return
    drafts.give_back(CREATE_KEY, replace(task, attempts=left, saved_at=app.launch.clock.now()).write())
    if task.attempts > 1:
        app.tell(f"{made} of {task.attempts} attempts were made; {left} were not, and wait in the form.")
    _bring_back(app)


def _bring_back(app: JulesApp) -> None:
    """Open the form again, unless the person went on to something else."""
    from jjm_tui.tui.screens.main import MainScreen

    screen = app.screen
    if not isinstance(screen, MainScreen) or not screen.awaits_new or screen.is_typing():
        key = key_here(app, "task.create")
        app.tell(f"The form of the new task is kept as it was: {key} opens it.", severity="warning")
    else:
        app.open_screen("create")
