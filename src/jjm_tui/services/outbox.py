"""Carrying out decisions: on disk first, sent once, told truly.

``prepared`` is on disk before anything else happens; ``sending`` is on disk before the first byte is written. So a
crash at any point leaves a record from which the outcome can be told, and nothing is ever sent a second time.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import anyio

from jjm_tui.domain.events import EventType
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operation_words import changed_meanwhile, nothing_to_resend
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.plans import diff_plans
from jjm_tui.domain.repository import (
    validate_branch,
    validate_description,
    validate_message,
    validate_repository,
)
from jjm_tui.domain.risks import risk_marks
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan
from jjm_tui.errors import (
    AmbiguousOutcomeError,
    Effect,
    JulesManagerError,
    StorageError,
    ToolRefusedError,
    WrongStateError,
)
from jjm_tui.ports import Answer, CreatePlan, CreateRequest
from jjm_tui.services.answers_told import answers_told
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.courses.approve import PlanChangedError
from jjm_tui.services.courses.base import Confirmation, Sight
from jjm_tui.services.courses.create import decode_request, encode_request
from jjm_tui.services.reading import TaskReader
from jjm_tui.services.results import ApprovalPreview, OperationResult, Outcome, ResumePreview
from jjm_tui.services.settling import Settler

_CONFIRM_PAUSE: Final = 0.5
"""Seconds between re-reads after an accepted change."""

_NOT_VISIBLE: Final = "The server accepted it, but does not show it yet."


class OperationRunner:
    """Takes decisions through their course, from validation to a true outcome."""

    def __init__(self, context: ServiceContext, reader: TaskReader, settler: Settler) -> None:
        self._context = context
        self._reader = reader
        self._settler = settler
        self._recorder = settler.recorder

    # decisions

    async def plan_create(self, request: CreateRequest) -> CreatePlan:
        """What a create would send. Raises ValidationError for wrong input."""
        return await self._reader.server.plan_create(_validated(request))

    async def create(self, request: CreateRequest) -> OperationResult:
        """Create one task. Raises ValidationError before anything is recorded."""
        return await self._carry_out(self._new(OperationKind.CREATE, None, encode_request(_validated(request))))

    async def send_message(self, task_id: str, text: str) -> OperationResult:
        """Send a message. Raises ValidationError, WrongStateError before anything is recorded; its text is kept."""
        validate_message(text)
        try:
            await self._require_own(task_id)
        except (StorageError, WrongStateError) as error:
            await self.keep_message(task_id, text, error)
            raise
        return await self._carry_out(self._new(OperationKind.MESSAGE, task_id, {"text": text}))

    async def keep_message(self, task_id: str | None, text: str, error: JulesManagerError) -> None:
        """Keep a text that nothing can be sent of; ``None``: nobody knows whose it is, and that is said."""
        if task_id is None:
            error.hint = f"The text is not kept: only a full id tells whose it is. {error.hint or ''}".rstrip()
            return
        await self._recorder.keep_unrecorded(self._new(OperationKind.MESSAGE, task_id, {"text": text}), error)

    async def preview_approval(self, task_id: str) -> ApprovalPreview:
        """Read the plan that waits now. Raises NothingToDoError."""
        await self._require_own(task_id)
        before = await self._context.store.get_task(task_id)
        task, plan, certain = await self._settler.approve_course.waiting_plan(task_id)
        old = before.plan if before is not None else None
        changed = old is not None and old.fingerprint != plan.fingerprint
        return ApprovalPreview(
            task=task,
            plan=plan,
            fingerprint=plan.fingerprint,
            needs_extra_word=not (plan.complete and certain),
            difference=diff_plans(old, plan) if changed else None,
            risks=risk_marks(plan),
        )

    async def approve(
        self, task_id: str, fingerprint: str, *, incomplete: bool = False, read: Plan | None = None
    ) -> OperationResult:
        """Approve the plan with this fingerprint; ``read``: the plan itself, to tell what changed since."""
        await self._require_own(task_id)
        payload = {"fingerprint": fingerprint, "incomplete": incomplete}
        result = await self._carry_out(self._new(OperationKind.APPROVE, task_id, payload))
        found = result.error.plan if isinstance(result.error, PlanChangedError) else None
        return result if read is None or found is None else replace(result, difference=diff_plans(read, found))

    async def preview_resume(self, task_id: str) -> ResumePreview:
        """Read whether and how the task can be resumed. Raises NothingToDoError."""
        await self._require_own(task_id)
        course = self._settler.resume_course
        task = (await self._reader.refresh_task(task_id)).tasks.get(task_id)
        if task is None:
            raise WrongStateError(
                f"The task {task_id} was forgotten here.",
                hint=f"Bring it back: {spell_command('jjm forget --undo', task_id)}",
            )
        await course.check(task)
        return ResumePreview(task, self._context.resume_message if await course.by_message() else None)

    async def resume(self, task_id: str) -> OperationResult:
        """Resume a paused task."""
        await self._require_own(task_id)
        return await self._carry_out(self._new(OperationKind.RESUME, task_id, {"text": self._context.resume_message}))

    async def resend(self, operation: Operation, seen: Operation | None = None) -> OperationResult:
        """Carry out again what was not confirmed, refused or not sent, because the person says so.

        ``seen`` is what the person saw when they said so.

        Raises:
            WrongStateError: it is done or under way, it was sent again already, its text arrived since as another
                operation, it is no longer what was seen, or it may have arrived at another server.
        """
        if (refusal := nothing_to_resend(operation)) is not None:
            raise refusal
        if seen is not None and seen.state is not operation.state:
            raise changed_meanwhile(operation)
        if operation.task_id is not None:
            await self._require_own(operation.task_id)
        if operation.state is OperationState.UNCONFIRMED:
            self._require_same_server(operation)
            settled = await self._settler.settle(operation)  # what shows by now is not sent again
            if settled.outcome is Outcome.DONE:
                return settled
            if settled.operation_id not in (None, operation.id):  # it left no trace; what it was sent for is in doubt
                return await self.resend(await self._settler.find(settled.operation_id))
            operation = await self._settler.find(operation.id)
        elif self._settler.may_be_there(operation) and (seen_now := await self._settler.doubt_outcome(operation)):
            return seen_now
        payload = dict(operation.payload)
        if operation.kind is OperationKind.CREATE:
            payload = encode_request(_validated(decode_request(operation)))
        again = self._new(
            operation.kind, None if operation.kind is OperationKind.CREATE else operation.task_id, payload
        )
        if operation.state is OperationState.UNCONFIRMED:
            again = replace(again, instead_of=operation)
        elif self._settler.may_be_there(operation):
            again = replace(again, instead_of=replace(operation, instead_of=None))
        return await self._carry_out(again, instead_of=operation)

    # the course of an operation

    def _new(self, kind: OperationKind, task_id: str | None, payload: Mapping[str, Any]) -> Operation:
        return Operation(
            id=secrets.token_hex(6),
            kind=kind,
            created_at=self._context.clock.now(),
            origin=self._context.origin,
            task_id=task_id,
            payload=payload,
            owner=self._context.outbox.owner(),
        )

    async def _require_own(self, task_id: str) -> None:
        """Raise WrongStateError when the task belongs to another profile or server."""
        task = await self._context.store.get_task(task_id)
        if task is not None and task.origin not in (None, self._context.origin):
            raise WrongStateError(
                f"The task {task_id} belongs to {task.origin}, not to {self._context.origin}; nothing was sent.",
                hint="Use that profile or server, or run `jjm list` to see whether this server has the task, too.",
                context={"task_id": task_id, "origin": task.origin},
            )

    def _require_same_server(self, operation: Operation) -> None:
        """Raise WrongStateError when only another profile or server can show whether it arrived."""
        if operation.origin != self._context.origin:
            raise WrongStateError(
                f"The {operation.kind.value} {operation.id} may have arrived through {operation.origin}, and "
                f"{self._context.origin} cannot show it; nothing was sent.",
                hint="Send it again with that profile and server. If you are sure that it did not arrive, let it go "
                f"and write it anew: jjm outbox discard {operation.id}",
                context={"operation_id": operation.id, "origin": operation.origin},
            )

    async def _carry_out(self, operation: Operation, *, instead_of: Operation | None = None) -> OperationResult:
        try:
            await self._begin(operation, instead_of)
            return await self._send(operation)
        except BaseException:
            with anyio.CancelScope(shield=True), contextlib.suppress(StorageError):
                await self._record_interruption(operation.id)
            raise
        finally:
            self._context.let_go.add(operation.id)

    async def _begin(self, operation: Operation, instead_of: Operation | None) -> None:
        """Put it on disk. Raises WrongStateError, StorageError; the text of a new message is kept then."""
        try:
            await self._settler.adopt()
            await self._recorder.request(operation, instead_of=instead_of)
        except (WrongStateError, StorageError) as error:
            if instead_of is None:
                await self._recorder.keep_unrecorded(operation, error)
            raise

    async def _send(self, operation: Operation) -> OperationResult:
        course = self._settler.course(operation.kind)
        remarks: tuple[str, ...] = ()
        newest = operation

        def begin(op: Operation) -> Operation:
            if op.state is not OperationState.PREPARED:  # its outcome is told already; nothing may go out after that
                raise changed_meanwhile(op)
            return replace(op, state=OperationState.SENDING, sent_at=self._context.clock.now())

        def written() -> None:
            nonlocal newest
            newest = self._context.outbox.change_now(operation.id, begin)

        try:
            preparation = await course.prepare(operation)
            remarks = preparation.remarks
            newest = operation = await self._context.outbox.change(
                operation.id, lambda op: replace(op, baseline=preparation.baseline)
            )
            with answers_told("The server's answer", effect=Effect.UNKNOWN):
                answer = await course.send(operation, written)
        except JulesManagerError as error:
            return await self._without_answer(newest, error, remarks)
        if not answer.accepted:
            return await self._without_answer(newest, _refusal(newest, answer), (*remarks, *answer.remarks))
        doubt = _doubt(newest, answer)
        if doubt is not None:
            return await self._settler.settle(newest, doubt)
        return await self._accepted(newest, answer, remarks)

    async def _accepted(self, operation: Operation, answer: Answer, remarks: tuple[str, ...]) -> OperationResult:
        course = self._settler.course(operation.kind)
        try:
            task_id = await course.accept(operation, answer)
        except StorageError as error:
            task_id = answer.facts[0].id if answer.facts else operation.task_id
            remarks = (*remarks, f"The store could not be updated: {error.message}")
        done = await self._recorder.finish(
            operation, OperationState.DONE, course.done_sentence(operation, task_id), task_id=task_id
        )
        confirmation = await self._confirm(done, task_id)
        if confirmation.alarms:
            with contextlib.suppress(StorageError):
                await self._recorder.tell(EventType.PLAN_MISMATCH, done, confirmation.data)
        shown = () if confirmation.visible else (_NOT_VISIBLE,)
        alarm = PlanChangedError(confirmation.alarms[0]) if confirmation.alarms else None
        return await self._recorder.result(
            done,
            error=alarm,
            server_said=answer.text or None,
            remarks=(*confirmation.alarms, *remarks, *answer.remarks, *confirmation.remarks, *shown),
        )

    async def _confirm(self, operation: Operation, task_id: str | None) -> Confirmation:
        """Re-read until the change shows or patience ends; reading again is always safe."""
        course = self._settler.course(operation.kind)
        clock = self._context.clock
        deadline = clock.monotonic() + self._context.confirm_for
        while True:
            try:
                confirmation = await course.confirm(operation, task_id)
            except JulesManagerError as error:
                confirmation = Confirmation(visible=False, remarks=(f"It could not be re-read: {error.message}",))
            if confirmation.visible or clock.monotonic() + _CONFIRM_PAUSE >= deadline:
                return confirmation
            await clock.sleep(_CONFIRM_PAUSE)

    async def _without_answer(
        self, operation: Operation, error: JulesManagerError, remarks: tuple[str, ...]
    ) -> OperationResult:
        """The call failed; what is on disk and what the gateway knows tell how far it got. A *no* is believed only
        while a re-read shows nothing of it: a server may act and fail afterwards, a proxy pass a call on and say no."""
        if operation.state is OperationState.PREPARED or error.effect is Effect.NONE:
            finished = await self._recorder.finish(operation, OperationState.NOT_SENT, error.message)
            return await self._recorder.result(finished, error=error, remarks=remarks)
        if error.effect is Effect.REFUSED:
            seen = await self._settler.doubt_refusal(operation, error)
            if isinstance(seen, OperationResult):
                return seen
            if seen.sight is Sight.HAPPENED:
                remarks = (*remarks, seen.message)
            if _explains_itself(operation, error):
                error.hint = None  # guesses at the reason would contradict the remark that tells it
            finished = await self._recorder.finish(operation, OperationState.REFUSED, error.message)
            return await self._recorder.result(finished, error=error, server_said=_server_said(error), remarks=remarks)
        return await self._settler.settle(operation, error)

    async def _record_interruption(self, operation_id: str) -> None:
        """Ctrl+C or a failure of our own: the record on disk tells whether anything can have been sent."""
        operation = await self._context.outbox.get(operation_id)
        if operation is not None and operation.state.is_under_way:
            await self._settler.end(operation, "Interrupted")


def _refusal(operation: Operation, answer: Answer) -> JulesManagerError:
    """What an answer that says no amounts to."""
    message = answer.text.strip().splitlines()[0] if answer.text.strip() else "The server said no."
    task_id = operation.task_id
    return WrongStateError(
        message,
        hint=None if task_id is None else f"Look at the task: {spell_command('jjm get', task_id)}.",
        context={"server_said": answer.text},
        effect=Effect.REFUSED,
    )


def _doubt(operation: Operation, answer: Answer) -> JulesManagerError | None:
    """Why an answer that looks like a yes is not believed until a re-read shows it."""
    said = answer.text.strip().splitlines()
    if not answer.certain:
        sentence = f"The server's answer is not understood: {said[0][:200]}" if said else "The server answered nothing."
    elif answer.facts and answer.facts[0].id in operation.baseline.get("known_ids", ()):
        sentence = f"The server named task {answer.facts[0].id} as the new one, and that one was there before."
    else:
        return None
    return AmbiguousOutcomeError(sentence, context={"server_said": answer.text}, effect=Effect.UNKNOWN)


def _explains_itself(operation: Operation, error: JulesManagerError) -> bool:
    """Whether a refusal without a reason is one of a task that takes no messages any more."""
    is_bare = isinstance(error, ToolRefusedError) and error.context.get("http_status") == 400
    has_failed = operation.baseline.get("status") == TaskStatus.FAILED.value
    return operation.kind is OperationKind.MESSAGE and is_bare and has_failed


def _server_said(error: JulesManagerError) -> str | None:
    said = error.context.get("server_said")
    return said if isinstance(said, str) and said else None


def _validated(request: CreateRequest) -> CreateRequest:
    """The request with its repository in normal form. Raises ValidationError naming the field."""
    validate_description(request.description)
    return replace(
        request,
        repository=validate_repository(request.repository),
        branch=None if request.branch is None else validate_branch(request.branch),
    )
