"""What the tests that cut an exchange share: the four decisions, and what really came of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from jjm_tui.ports import CreateRequest
from jjm_tui.services.manager import JobManager
from jjm_tui.services.results import OperationResult
from tests.services.workbench import Workbench

KINDS = ("create", "message", "approve", "resume")
TEXT = "Please take the first way."
Decision = Callable[[JobManager], Awaitable[OperationResult]]


async def make_decision(work: Workbench, kind: str) -> Decision:
    """A decision that a person makes, about a task that waits for it."""
    if kind == "create":
        return lambda manager: manager.create_task(CreateRequest(TEXT, "acme/webapp"))
    if kind == "message":
        waiting = work.session_in("AWAITING_USER_FEEDBACK")
        return lambda manager: manager.send_message(waiting, TEXT)
    if kind == "resume":
        paused = work.session_in("PAUSED")
        return lambda manager: manager.resume_task(paused)
    planned = work.session_in("AWAITING_PLAN_APPROVAL")
    manager, _, context = work.process()
    fingerprint = (await manager.preview_approval(planned)).fingerprint
    context.outbox.close()
    return lambda manager: manager.approve_plan(planned, fingerprint, incomplete=True)


def count_effects(work: Workbench, kind: str) -> int:
    """How often the world really did it; a resume is a message where the server has no tool for it."""
    kinds = ("message", "resume") if kind == "resume" else (kind,)
    return sum(len(work.effects(each)) for each in kinds)
