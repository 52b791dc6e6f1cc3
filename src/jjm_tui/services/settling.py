"""Settling: what became of operations that got no answer, or whose process died."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import anyio

from jjm_tui.domain.operation_words import state_word
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import AmbiguousTaskError, JulesManagerError, TaskNotFoundError, WrongStateError
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.courses.approve import ApproveCourse
from jjm_tui.services.courses.base import Course, Sight, Verdict
from jjm_tui.services.courses.create import CreateCourse
from jjm_tui.services.courses.message import MessageCourse
from jjm_tui.services.courses.resume import ResumeCourse
from jjm_tui.services.reading import TaskReader
from jjm_tui.services.recording import OperationRecorder
from jjm_tui.services.results import OperationResult

_UNCONFIRMED_HINT: Final = (
    "It may have happened. Look at the task, then: jjm outbox settle, jjm outbox resend ID, or jjm outbox discard ID."
)

_REFUSAL_PATIENCE: Final = 20.0
"""Seconds that a re-read after a refusal may take: a server that asks for fewer calls may let it wait for long."""


class Settler:
    """Adopts operations of dead processes and settles unconfirmed ones by re-reading; it never sends anything."""

    def __init__(self, context: ServiceContext, reader: TaskReader) -> None:
        self._context = context
        self.recorder = OperationRecorder(context)
        self.approve_course = ApproveCourse(context, reader)
        self.resume_course = ResumeCourse(context, reader)
        self._courses: Mapping[OperationKind, Course] = {
            OperationKind.CREATE: CreateCourse(context, reader),
            OperationKind.MESSAGE: MessageCourse(context, reader),
            OperationKind.APPROVE: self.approve_course,
            OperationKind.RESUME: self.resume_course,
        }

    def course(self, kind: OperationKind) -> Course:
        """The course of a kind of operation."""
        return self._courses[kind]

    async def adopt(self) -> tuple[Operation, ...]:
        """Give operations that nobody carries out any more a true state: how they ended, where this process knows it;
        else never written is *not sent*, and the others are *unconfirmed*."""
        adopted = []
        for operation in await self._context.outbox.list_operations(open_only=True):
            known = self._context.unrecorded.get(operation.id)
            if known is None and (operation.state is OperationState.UNCONFIRMED or await self._is_owned(operation)):
                continue
            how = "Interrupted" if operation.id in self._context.let_go else "The program ended"
            adopted.append(await self.end(operation, how))
        return tuple(adopted)

    async def end(self, operation: Operation, how: str) -> Operation:
        """Record how an operation ended that is no longer carried out; ``how`` is told where that is not known."""
        if (known := self._context.unrecorded.get(operation.id)) is not None:
            ended = known.operation
            return await self.recorder.finish(operation, ended.state, ended.message or "", task_id=ended.task_id)
        return await self.recorder.finish(operation, *_ending_of(operation, how))

    async def _is_owned(self, operation: Operation) -> bool:
        if operation.owner is None or operation.id in self._context.let_go:
            return False
        return await self._context.outbox.is_alive(operation.owner)

    async def settle_all(self) -> tuple[OperationResult, ...]:
        """Re-read for every unconfirmed operation and record what is seen."""
        adopted = await self.adopt()
        unsettled = await self._context.outbox.list_operations(open_only=True)
        unclear = {operation.id for operation in unsettled if operation.state is OperationState.UNCONFIRMED}
        ended = [op for op in adopted if op.state is not OperationState.UNCONFIRMED and op.id not in unclear]
        results = [await self.recorder.result(operation) for operation in ended]
        results.extend([await self.settle(op) for op in unsettled if op.state is OperationState.UNCONFIRMED])
        return tuple(results)

    async def settle(self, operation: Operation, error: JulesManagerError | None = None) -> OperationResult:
        """Re-read once and record what is seen; ``error`` is why there was no answer."""
        if operation.origin != self._context.origin:
            return await self.recorder.result(
                operation,
                hint=f"It went through {operation.origin}: settle it with that profile and server.",
                remarks=("This operation belongs to another server, so nothing was asked.",),
            )
        verdict = await self.look(operation)
        if verdict.sight is Sight.HAPPENED:
            return await self._done(operation, verdict, "There was no clear answer; a re-read shows it.")
        if verdict.sight is Sight.ABSENT:
            absent = await self.recorder.finish(operation, OperationState.NOT_SENT, verdict.message)
            return await self._told(absent, error)
        return await self._unconfirmed(operation, verdict, error)

    async def doubt_refusal(self, operation: Operation, error: JulesManagerError) -> OperationResult | Verdict:
        """Re-read once what is called refused; what that shows, where it does not speak against the refusal.

        A server that says in its own words that there was nothing to approve or to resume is right about that, though
        the task goes on by now: somebody else did it.
        """
        verdict = Verdict(Sight.UNCLEAR, "")
        with anyio.move_on_after(_REFUSAL_PATIENCE):
            verdict = await self.look(operation)
        is_in_words = "server_said" in error.context
        can_be_ours = not is_in_words or self.course(operation.kind).leaves_mark(operation)
        if verdict.sight is Sight.HAPPENED and can_be_ours:
            return await self._done(
                operation, verdict, f"A re-read shows it, whatever else went wrong. {error.message}"
            )
        return await self._unconfirmed(operation, verdict, error) if verdict.has_trace else verdict

    def may_be_there(self, operation: Operation) -> bool:
        """Whether a text that was told as refused or not sent was written to this server, so that it may be there."""
        return (
            operation.kind in (OperationKind.MESSAGE, OperationKind.CREATE)
            and operation.state in (OperationState.REFUSED, OperationState.NOT_SENT)
            and operation.sent_at is not None
            and operation.origin == self._context.origin
        )

    async def doubt_outcome(self, operation: Operation) -> OperationResult | None:
        """Re-read once what was told as refused or not sent; ``None`` where the server does not show it."""
        verdict = await self.look(operation)
        if verdict.sight is not Sight.HAPPENED:
            return None
        return await self._done(operation, verdict, f"It was told as {state_word(operation)}; a re-read shows it.")

    async def _done(self, operation: Operation, verdict: Verdict, how_known: str) -> OperationResult:
        sentence = self.course(operation.kind).done_sentence(operation, verdict.task_id)
        done = await self.recorder.finish(
            operation, OperationState.DONE, f"{sentence} {how_known}", task_id=verdict.task_id
        )
        return await self.recorder.result(done, remarks=verdict.remarks)

    async def look(self, operation: Operation) -> Verdict:
        """What a re-read shows; a failing re-read shows nothing."""
        try:
            return await self.course(operation.kind).inspect(operation)
        except JulesManagerError as failure:
            return Verdict(Sight.UNCLEAR, f"It could not be looked up: {failure.message}", operation.task_id)

    async def _unconfirmed(
        self, operation: Operation, verdict: Verdict, error: JulesManagerError | None
    ) -> OperationResult:
        reason = f"{error.message} {verdict.message}" if error is not None else verdict.message
        if operation.state is OperationState.UNCONFIRMED and operation.message == reason:
            recorded = operation
        else:
            recorded = await self.recorder.finish(operation, OperationState.UNCONFIRMED, reason)
        return await self._told(recorded, error, hint=_UNCONFIRMED_HINT)

    async def _told(
        self, operation: Operation, error: JulesManagerError | None, *, hint: str | None = None
    ) -> OperationResult:
        """What is recorded; where another process has seen that it is done, without what speaks against that."""
        if operation.state is OperationState.DONE:
            return await self.recorder.result(operation)
        return await self.recorder.result(operation, error=error, hint=hint)

    async def find(self, reference: str) -> Operation:
        """An operation by id or unambiguous prefix.

        Raises:
            TaskNotFoundError, AmbiguousTaskError: nothing or too much matches.
        """
        await self.adopt()
        operations = await self._context.outbox.list_operations()
        matching = [op for op in operations if op.id == reference] or [
            op for op in operations if reference and op.id.startswith(reference)
        ]
        if not matching:
            raise TaskNotFoundError(
                f"There is no operation {reference} in the outbox.", hint="See what is there: jjm outbox list --all"
            )
        if len(matching) > 1:
            raise AmbiguousTaskError(
                f"{len(matching)} operations start with {reference}.", hint="Give more characters of the id."
            )
        return matching[0]

    async def discard(self, operation: Operation) -> Operation:
        """Stop caring about an operation.

        Raises:
            WrongStateError: it is done, was sent again, or is being sent by a living process.
            StorageError: that cannot be written down; it stays as it was.
        """
        if operation.sent_again_as is not None:
            raise WrongStateError(
                f"The operation {operation.id} was sent again, as {operation.sent_again_as}; nothing to discard.",
                hint=f"See what became of that: jjm outbox show {operation.sent_again_as}",
            )
        if operation.state in (OperationState.DONE, OperationState.DISCARDED):
            raise WrongStateError(f"The operation {operation.id} is {operation.state.value}; nothing to discard.")
        if operation.state.is_under_way:
            raise WrongStateError(
                f"The operation {operation.id} is being sent right now.", hint="Wait for its outcome."
            )
        return await self.recorder.discard(operation)


def _ending_of(operation: Operation, how: str) -> tuple[OperationState, str]:
    """What the record of an operation that was broken off tells of its outcome, and that in a sentence."""
    if operation.state is OperationState.PREPARED:
        return OperationState.NOT_SENT, f"{how} before anything was sent."
    return OperationState.UNCONFIRMED, f"{how} while this was being sent."
