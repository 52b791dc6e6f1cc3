"""The person's decisions on their way: shown on the board at once, carried out behind the screens, told when known.

Screens come and go; a decision outlives the screen it was made on, so its task belongs to the desk. Nothing here is
carried out twice: each call makes one operation, and the outbox below knows what became of it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import JulesManagerError, StorageError

if TYPE_CHECKING:
    from jjm_tui.ports import Clock, CreateRequest
    from jjm_tui.services.board import Board
    from jjm_tui.services.live import LiveFeed
    from jjm_tui.services.manager import JobManager
    from jjm_tui.services.results import OperationResult

ResultListener = Callable[["OperationResult"], None]


class Desk:
    """Starts operations and tells their outcome.

    Every method answers a task whose result is an ``OperationResult`` with a true outcome: wrong input and local
    failures become ``not_sent`` with the error, so that no caller can forget them; after a mistake of our own the
    outbox tells how far it got. ``on_result`` hears each as well.
    """

    def __init__(self, manager: JobManager, board: Board, live: LiveFeed, clock: Clock) -> None:
        self._manager = manager
        self._board = board
        self._live = live
        self._clock = clock
        self._running: set[asyncio.Task[OperationResult]] = set()
        self.on_result: ResultListener = lambda result: None

    @property
    def under_way(self) -> int:
        """How many decisions have no outcome yet."""
        return len(self._running)

    def send_message(self, task_id: str, text: str) -> asyncio.Task[OperationResult]:
        """Send a message to a task."""
        return self._start(
            OperationKind.MESSAGE, task_id, {"text": text}, lambda: self._manager.send_message(task_id, text)
        )

    def approve(self, task_id: str, fingerprint: str, *, incomplete: bool = False) -> asyncio.Task[OperationResult]:
        """Approve the plan with this fingerprint; nothing is sent when the server's plan is another one by now."""
        return self._start(
            OperationKind.APPROVE,
            task_id,
            {"fingerprint": fingerprint},
            lambda: self._manager.approve_plan(task_id, fingerprint, incomplete=incomplete),
        )

    def resume(self, task_id: str) -> asyncio.Task[OperationResult]:
        """Resume a paused task."""
        return self._start(OperationKind.RESUME, task_id, {}, lambda: self._manager.resume_task(task_id))

    def create(self, request: CreateRequest) -> asyncio.Task[OperationResult]:
        """Create one task."""
        shown = {"description": request.description, "repository": request.repository, "title": request.title}
        return self._start(OperationKind.CREATE, None, shown, lambda: self._manager.create_task(request))

    def resend(self, operation: Operation) -> asyncio.Task[OperationResult]:
        """Carry out again what was not confirmed, refused or not sent, because the person says so."""
        return self._start(
            operation.kind,
            operation.task_id,
            dict(operation.payload),
            lambda: self._manager.resend_operation(operation.id, seen=operation),
        )

    def _start(
        self,
        kind: OperationKind,
        task_id: str | None,
        payload: Mapping[str, Any],
        work: Callable[[], Awaitable[OperationResult]],
    ) -> asyncio.Task[OperationResult]:
        begun = Operation(
            id=f"begun-{secrets.token_hex(6)}",
            kind=kind,
            created_at=self._clock.now(),
            origin="",
            task_id=task_id,
            payload=payload,
        )
        self._board.begin(begun)
        task = asyncio.create_task(self._carry_out(begun, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _carry_out(self, begun: Operation, work: Callable[[], Awaitable[OperationResult]]) -> OperationResult:
        from jjm_tui.services.results import OperationResult, Outcome

        try:
            try:
                result = await work()
            except JulesManagerError as error:
                result = OperationResult(
                    begun.kind, Outcome.NOT_SENT, error.message, task_id=begun.task_id, hint=error.hint, error=error
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, what became of the decision is told
                result = await self._after_mistake(begun, error)
            await self._live.read_operations()  # its record takes its place at once, never nothing
        finally:
            self._board.end(begun.id)
        self._live.look_soon()
        self._tell(result)
        return result

    def _tell(self, result: OperationResult) -> None:
        """A mistake of ours in the telling changes nothing about the outcome."""
        from jjm_tui.tui.mistakes import report_mistake

        try:
            self.on_result(result)
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits for the outcome gets it
            report_mistake(error)

    async def _after_mistake(self, begun: Operation, mistake: Exception) -> OperationResult:
        """What the outbox tells of a decision after a mistake of ours: it is on disk before it is sent."""
        from jjm_tui.services.results import OperationResult, Outcome
        from jjm_tui.tui.mistakes import mistake_sentence, report_mistake

        report_mistake(mistake)
        error = JulesManagerError(mistake_sentence(mistake), hint="Please report it, with the newest log file.")
        result = OperationResult(
            begun.kind, Outcome.UNCONFIRMED, error.message, task_id=begun.task_id, hint=error.hint, error=error
        )
        try:
            records = [each for each in await self._manager.own_operations() if _is_record_of(each, begun)]
        except StorageError:
            return result
        if not records:
            return replace(result, outcome=Outcome.NOT_SENT)
        record = records[-1]
        hint = f"What became of it: {spell_command('jjm outbox show', record.id)}. {error.hint}"
        result = replace(result, operation_id=record.id, hint=hint)
        match record.state:
            case OperationState.DONE:
                said = record.message or ""
                return replace(result, outcome=Outcome.DONE, message=said, remarks=(error.message,), error=None)
            case OperationState.PREPARED | OperationState.NOT_SENT:
                return replace(result, outcome=Outcome.NOT_SENT)
            case OperationState.REFUSED:
                return replace(result, outcome=Outcome.REFUSED)
        return result

    async def close(self) -> None:
        """Interrupt what is under way; the outbox records truly how far each operation got."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _is_record_of(record: Operation, begun: Operation) -> bool:
    """Whether this is how the decision stands in the outbox; a new task has no id yet, and is told by its words."""
    if record.kind is not begun.kind or record.created_at < begun.created_at:
        return False
    if begun.kind is OperationKind.CREATE:
        return record.payload.get("description") == begun.payload.get("description")
    return record.task_id == begun.task_id
