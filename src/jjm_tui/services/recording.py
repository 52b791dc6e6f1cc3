"""Recording how an operation ended: the outbox record, the history and the kept draft, in that order."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from jjm_tui.domain.draft_keys import message_key
from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.kept_draft import UNKNOWN_TIMES, KeptDraft
from jjm_tui.domain.operation_words import changed_meanwhile, sent_again_message, state_word
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.errors import JulesManagerError, StorageError, StoreDamagedError
from jjm_tui.logs import get_logger
from jjm_tui.services.context import NOT_IN_HISTORY, ServiceContext, Unwritten
from jjm_tui.services.drafting.joined_texts import NOT_SENT, text_with, text_without, words_in
from jjm_tui.services.results import OperationResult, Outcome

_log: Final = get_logger("operations")

_UNRECORDED: Final = "unrecorded"
_UNTOLD: Final = "untold"
_REMARKS: Final = {
    _UNRECORDED: "This could not be written down: {} Mend that, then run `jjm outbox settle`.",
    _UNTOLD: NOT_IN_HISTORY,
}
"""Why something is missing on the disk, by the name in ``Operation.extra`` under which it is told."""

_EXCHANGES: Final = 5
"""How often a draft that others change at the same time is tried again."""

_MAY_BE_LET_GO: Final = (OperationState.UNCONFIRMED, OperationState.NOT_SENT, OperationState.REFUSED)

_EVENTS: Final = {
    OperationState.DONE: EventType.OPERATION_DONE,
    OperationState.REFUSED: EventType.OPERATION_REFUSED,
    OperationState.NOT_SENT: EventType.OPERATION_NOT_SENT,
    OperationState.UNCONFIRMED: EventType.OPERATION_UNCONFIRMED,
    OperationState.DISCARDED: EventType.OPERATION_DISCARDED,
}


class OperationRecorder:
    """Writes outcomes down, durably, before anybody is told."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def request(self, operation: Operation, *, instead_of: Operation | None = None) -> None:
        """Put a new operation on disk, and what it is sent again for is over in the same write.

        Its record is what counts: a history that cannot be written stops nothing, and how it ends says so.

        Raises:
            WrongStateError: one of the same task and kind is open, or the other one has changed meanwhile.
            StorageError: a damaged outbox was set aside, and nobody has looked at it yet: the same may have been sent.
        """
        if aside := await self._context.outbox.set_aside():
            raise unknown_outbox(aside)
        if instead_of is None:
            await self._context.outbox.add(operation)
        else:
            over = _sent_again(instead_of, operation, self._context.clock.now())
            await self._context.outbox.supersede(instead_of, over, operation)
            await self._try_to_tell(_EVENTS[over.state], over, over.message)
        await self._try_to_tell(EventType.OPERATION_REQUESTED, operation)

    async def keep_unrecorded(self, operation: Operation, error: JulesManagerError) -> None:
        """Keep the text of a message that could not be put on disk as the task's draft; the error's hint says so.

        The same text that is open already is kept there: as a draft it would go when that one arrives.
        """
        with contextlib.suppress(StorageError):
            opened = await self._context.outbox.get(str(error.context.get("operation_id")))
            if opened is not None and opened.payload.get("text") == operation.payload.get("text"):
                return
        if await self._keep_refused_text(operation):
            error.hint = f"The text is kept as the task's draft. {error.hint or ''}".rstrip()

    async def finish(
        self, operation: Operation, state: OperationState, message: str, *, task_id: str | None = None
    ) -> Operation:
        """Record an outcome. Text that did not go out is kept as a draft as well; the draft of what went out goes.

        An outcome is true whether or not it can be written down: when the disk fails, the operation is answered with
        the reason in ``extra["unrecorded"]``, and its record stays what it was, until the next adoption. What a person
        has let go or sent again meanwhile stays that; what was seen to be done stays done, and is answered. When what
        was to be sent again for one that may have arrived was not sent, that one is answered: it stays as it was.
        """
        finished = await self._record(operation, state, message, task_id)
        if state is OperationState.DONE:
            await self._clear_draft(operation)
        return finished

    async def discard(self, operation: Operation) -> Operation:
        """Let go of an operation, because the person wants that; unlike an outcome it is so only once it is written.

        Raises:
            WrongStateError: its outcome, or another copy, was quicker.
            StorageError: it stays as it was.
        """
        now = self._context.clock.now()

        def let_go(current: Operation) -> Operation:
            if current.state not in _MAY_BE_LET_GO:
                return current
            return replace(current, state=OperationState.DISCARDED, message="Discarded by you.", finished_at=now)

        gone = await self._context.outbox.change(operation.id, let_go)
        if gone.state is not OperationState.DISCARDED:
            raise changed_meanwhile(gone)
        self._context.unrecorded.pop(operation.id, None)
        message = gone.message or ""
        return _with_extra(gone, await self._try_to_tell(EventType.OPERATION_DISCARDED, gone, message))

    async def _record(
        self, operation: Operation, state: OperationState, message: str, task_id: str | None
    ) -> Operation:
        if state is OperationState.NOT_SENT and (former := operation.instead_of):
            return await self._withdraw(operation, former, message)
        now = self._context.clock.now()

        def change(current: Operation) -> Operation:
            if current.state is OperationState.DISCARDED:
                return current
            if current.state is OperationState.DONE and state is not OperationState.DONE:
                return current  # a reading that shows it outweighs any that does not
            return replace(
                current,
                state=state,
                message=message,
                task_id=task_id or current.task_id,
                finished_at=None if state is OperationState.UNCONFIRMED else now,
            )

        try:
            finished = await self._context.outbox.change(operation.id, change)
            self._context.unrecorded.pop(operation.id, None)
            if finished.state is not state:
                return finished if finished.state is OperationState.DONE else change(operation)
        except StorageError as error:
            ended = change(operation)
            return _with_extra(ended, self._keep_ending(ended, error))
        untold = await self._try_to_tell(_EVENTS[state], finished, message)
        if state in (OperationState.NOT_SENT, OperationState.REFUSED):
            await self._keep_text(finished)
        return _with_extra(finished, untold)

    async def _withdraw(self, operation: Operation, former: Operation, message: str) -> Operation:
        how = "as unconfirmed" if former.state is OperationState.UNCONFIRMED else state_word(former)
        told = f"{message} What it was sent again for is {how} as before."
        answered = replace(former, state=OperationState.NOT_SENT, message=told)
        try:
            left = await self._context.outbox.withdraw(operation, former)
            self._context.unrecorded.pop(operation.id, None)
            if left.state is OperationState.DONE:
                return left
        except StorageError as error:
            ended = replace(
                operation, state=OperationState.NOT_SENT, message=message, finished_at=self._context.clock.now()
            )
            return _with_extra(answered, self._keep_ending(ended, error))
        untold = await self._try_to_tell(EventType.OPERATION_NOT_SENT, replace(operation, message=told), told)
        return _with_extra(answered, untold)

    async def _try_to_tell(
        self, kind: EventType, operation: Operation, message: str | None = None
    ) -> Mapping[str, str]:
        """Append what is on disk to the history; where that fails, why, for ``Operation.extra``."""
        try:
            await self.tell(kind, operation, {} if message is None else {"message": message})
        except StorageError as error:
            _log.error("operation_untold", operation=operation.id, told=kind.value, reason=error.message)
            return {_UNTOLD: error.message}
        return {}

    def _keep_ending(self, ended: Operation, error: StorageError) -> Mapping[str, str]:
        """Remember how an operation ended where that could not be written down; why, for ``Operation.extra``."""
        _log.error("operation_unrecorded", operation=ended.id, state=ended.state.value, reason=error.message)
        self._context.unrecorded[ended.id] = Unwritten(ended, error.message)
        return {_UNRECORDED: error.message}

    async def _clear_draft(self, operation: Operation) -> None:
        """A message goes from the draft once it went out; another text there, or one that was typed since, stays."""
        text, drafts = operation.payload.get("text"), self._context.drafts
        if operation.kind is not OperationKind.MESSAGE or not isinstance(text, str):
            return
        key = message_key(operation.task_id or "")
        with contextlib.suppress(StorageError):
            for _ in range(_EXCHANGES):
                known = (await drafts.read()).drafts.get(key, KeptDraft())
                if known.times.typed_at.get(text.strip(), operation.created_at) > operation.created_at:
                    return
                left = known._replace(text=text_without(known.text, text))
                if left == known or await drafts.exchange(key, known, left):
                    return

    async def _keep_text(self, operation: Operation) -> None:
        """Keep the typed text as the task's draft, unless another draft is there: the record has it anyway."""
        text = operation.payload.get("text")
        if operation.kind is not OperationKind.MESSAGE or not isinstance(text, str):
            return
        key = message_key(operation.task_id or "")
        try:
            times = UNKNOWN_TIMES.typed(words_in(text), operation.created_at)
            await self._context.drafts.exchange(key, KeptDraft(), KeptDraft(text, times))
        except StorageError as error:
            _log.warning("draft_not_kept", operation=operation.id, reason=error.message)

    async def _keep_refused_text(self, operation: Operation) -> bool:
        """Keep a text of which there is no record, behind a draft that is there already. Whether it is kept."""
        text = operation.payload.get("text")
        if operation.kind is not OperationKind.MESSAGE or not isinstance(text, str):
            return False
        key, drafts = message_key(operation.task_id or ""), self._context.drafts
        for _ in range(_EXCHANGES):
            with contextlib.suppress(StorageError):  # what is damaged is set aside now, and the next turn finds it well
                known = (await drafts.read()).drafts.get(key, KeptDraft())
                both = text_with(known.text, text, NOT_SENT)
                times = known.times.typed(words_in(both), operation.created_at)
                if both == known.text or await drafts.exchange(key, known, KeptDraft(both, times)):
                    return True
        return False

    async def tell(self, kind: EventType, operation: Operation, data: Mapping[str, Any]) -> None:
        """Append one event about an operation to the history."""
        event = TaskEvent(
            type=kind,
            at=self._context.clock.now(),
            task_id=operation.task_id,
            data={"operation_id": operation.id, "kind": operation.kind.value, **data},
        )
        await self._context.tell([event])
        _log.info(kind.value, operation=operation.id, kind=operation.kind.value, task=operation.task_id)

    async def result(
        self,
        operation: Operation,
        *,
        error: JulesManagerError | None = None,
        hint: str | None = None,
        server_said: str | None = None,
        remarks: tuple[str, ...] = (),
    ) -> OperationResult:
        """What the face shows of a recorded operation."""
        task = None
        if operation.task_id is not None:
            with contextlib.suppress(StorageError):
                task = await self._context.store.get_task(operation.task_id)
        return OperationResult(
            kind=operation.kind,
            outcome=Outcome(operation.state.value),
            message=operation.message or "",
            task_id=operation.task_id,
            operation_id=operation.id,
            task=task,
            hint=hint or _join(error.hint if error is not None else None, _kept_text_hint(operation)),
            server_said=server_said,
            remarks=(*remarks, *_write_failures(operation)),
            error=error,
        )


def unknown_outbox(aside: Sequence[str]) -> StoreDamagedError:
    """What a damaged outbox means as long as it is there: nothing may be sent that perhaps was sent before."""
    return StoreDamagedError(
        f"A damaged outbox was set aside as {aside[0]}: what else was sent, or waited there, is not known.",
        hint="Look at your tasks in Jules and into that file. When nothing is missing, remove it: "
        + spell_command("rm", *aside),
        context={"damaged": list(aside)},
    )


def missing_drafts(aside: Sequence[str]) -> StoreDamagedError:
    """What damaged drafts mean as long as they are there: a text that somebody typed may be only in that file."""
    return StoreDamagedError(
        f"Damaged drafts were set aside as {aside[0]}: texts that were typed and not sent may be missing.",
        hint=f"Look for them in that file. When nothing is missing, remove it: {spell_command('rm', *aside)}",
        context={"damaged": list(aside)},
    )


def what_is_unknown(outbox: Sequence[str], drafts: Sequence[str]) -> tuple[StoreDamagedError, ...]:
    """What the damaged files mean that were set aside and that nobody has removed, the gravest first."""
    return (*([unknown_outbox(outbox)] if outbox else ()), *([missing_drafts(drafts)] if drafts else ()))


def _sent_again(operation: Operation, again: Operation, now: datetime) -> Operation:
    message = sent_again_message(operation, again.id)
    return replace(operation, state=OperationState.DISCARDED, message=message, finished_at=now)


def _kept_text_hint(operation: Operation) -> str | None:
    """Where the typed text is when it did not go out. A failed task would refuse it again, so that is not offered."""
    has_text = operation.kind in (OperationKind.MESSAGE, OperationKind.CREATE)
    if not has_text or operation.state not in (OperationState.NOT_SENT, OperationState.REFUSED):
        return None
    is_final = operation.baseline.get("status") == TaskStatus.FAILED.value
    return f"Your text is kept: jjm outbox {'show' if is_final else 'resend'} {operation.id}"


def _with_extra(operation: Operation, told: Mapping[str, str]) -> Operation:
    return replace(operation, extra={**operation.extra, **told}) if told else operation


def _join(*sentences: str | None) -> str | None:
    return " ".join(sentence for sentence in sentences if sentence) or None


def _write_failures(operation: Operation) -> tuple[str, ...]:
    reasons = ((remark, operation.extra.get(name)) for name, remark in _REMARKS.items())
    return tuple(remark.format(reason) for remark, reason in reasons if reason is not None)
