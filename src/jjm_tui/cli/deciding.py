"""``message``, ``approve`` and ``resume``: what a person decides about one task or several."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.appearance import task_heading
from jjm_tui.cli.consent import require_yes_to_plans, require_yes_to_resume
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.interruption import truth_after_interruption
from jjm_tui.cli.loop import run_async
from jjm_tui.cli.operating import (
    NO_YES,
    confirm_rows,
    declined,
    failed,
    read_standard_input,
    resolve_all,
    tell_results,
)
from jjm_tui.cli.plan_view import preview_lines
from jjm_tui.cli.progress import answer_awaited, waiting_for
from jjm_tui.cli.selection import chosen_query
from jjm_tui.cli.session import expand_reference, refuse_rows_with_yes
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import OperationKind
from jjm_tui.domain.repository import validate_message
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import tell_unreadable
from jjm_tui.errors import JulesManagerError, StorageError, WrongStateError
from jjm_tui.services.results import ApprovalPreview, OperationResult, Outcome
from jjm_tui.services.selection import ListRequest, ListResult

if TYPE_CHECKING:
    from jjm_tui.services.manager import JobManager

_SHORTEST_FINGERPRINT = 8
_LIKE_AN_ID: Final = re.compile(r"[A-Za-z0-9_-]{6,}")
"""What is shorter may well be an answer, such as a number."""


def message(context: CommandContext) -> int:
    """Send a message."""
    given = context.arguments
    text = read_standard_input("message") if given.text == "-" else given.text
    validate_message(text)

    async def send(context: CommandContext) -> int:
        asked = [given.task]
        async with context.manager() as manager:
            async with (
                truth_after_interruption(context, manager, OperationKind.MESSAGE, asked) as results,
                _kept_when_interrupted(context, manager, asked, text, results),
            ):
                if await _may_be_sent(context, manager, asked, text):
                    async with answer_awaited(context.out, manager, "Sending the message"):
                        results.append(await manager.send_message(asked[0], text))
                else:
                    results.append(await _left_unsent(context, manager, asked[0], text, NO_YES))
            return tell_results(context, results, many=False)

    return run_async(send, context)


async def _may_be_sent(context: CommandContext, manager: JobManager, asked: list[str], text: str) -> bool:
    """Put the id of the task that is meant into ``asked``, and ask where it was named by ``@N``. True: go on.

    Raises JulesManagerError; the text is kept then.
    """
    reference = asked[0]
    try:
        if context.arguments.text != "-":
            await _refuse_id(manager, text.strip(), reference)
        asked[0] = expand_reference(context, reference)
        async with waiting_for(context.out, "Finding the task"):
            asked[:] = await resolve_all(context, manager, asked, ask_server=True)
        return await confirm_rows(context, manager, [reference], asked, "Send the message to this task?")
    except _IdForTextError:
        raise
    except JulesManagerError as error:
        await _keep(context, manager, asked[0], text, error)
        raise


@asynccontextmanager
async def _kept_when_interrupted(
    context: CommandContext, manager: JobManager, asked: Sequence[str], text: str, results: list[OperationResult]
) -> AsyncIterator[None]:
    """When the body is interrupted before the message is on record, add a result that tells where its text is."""
    try:
        yield
    except asyncio.CancelledError:
        with suppress(StorageError):  # which is told as the reason why nobody knows how far it got
            if not await manager.own_operations():
                results.append(await _left_unsent(context, manager, asked[0], text, "Interrupted; nothing was sent."))
        raise


async def _left_unsent(
    context: CommandContext, manager: JobManager, task_id: str, text: str, why: str
) -> OperationResult:
    """Nothing was sent, as the person wanted; the text is kept."""
    ended = JulesManagerError(why)
    await _keep(context, manager, task_id, text, ended)
    return failed(OperationKind.MESSAGE, task_id, ended)


async def _keep(
    context: CommandContext, manager: JobManager, reference: str, text: str, error: JulesManagerError
) -> None:
    """Keep the text as the task's draft; the error's hint tells of it. Nothing outlives a demo's command."""
    if not context.arguments.demo:
        await manager.keep_message(reference, text, error)


class _IdForTextError(UsageError):
    """A task is named where the text belongs."""


async def _refuse_id(manager: JobManager, word: str, reference: str) -> None:
    """A second task stands where the text belongs: nobody wants its id sent to Jules. Raises _IdForTextError."""
    if _LIKE_AN_ID.fullmatch(word) is None:
        return
    ids = [task.id for task in await manager.list_stored() if task.id.startswith(word)]
    if len(ids) == 1 or word in ids:
        quoted = spell_command("jjm message", reference, text="'TEXT'")
        raise _IdForTextError(
            f"{word} is a task, not a text, and a message goes to one task; nothing was sent.",
            hint=f"Give the text in quotes: {quoted}. With - in its place standard input is sent as it is.",
            context={"text": word},
        )


async def approve(context: CommandContext) -> int:
    """Read plans and approve them."""
    given = context.arguments
    _check_approve(context)
    async with context.manager() as manager:
        await require_yes_to_plans(context, manager)
        if given.all:
            return await _approve_all(context, manager)
        return await _one_by_one(context, manager, OperationKind.APPROVE, _approve_one)


async def _one_by_one(
    context: CommandContext,
    manager: JobManager,
    kind: OperationKind,
    decide: Callable[[CommandContext, JobManager, str], Awaitable[OperationResult]],
) -> int:
    """Each task that was named, once; of several, one that cannot be worked on does not keep the others from it."""
    asked = list(context.arguments.tasks)
    many = len(asked) > 1
    async with truth_after_interruption(context, manager, kind, asked, many=many) as results:
        async with waiting_for(context.out, "Finding the tasks" if many else "Finding the task"):
            meant = await _each_once(context, manager, asked)
        asked[:] = meant
        for task_id, unknown in meant.items():
            try:
                if unknown is not None:
                    raise unknown
                results.append(await decide(context, manager, task_id))
            except JulesManagerError as error:
                if not many:
                    raise
                results.append(failed(kind, task_id, error))
    return tell_results(context, results, many=many)


async def _each_once(
    context: CommandContext, manager: JobManager, references: Sequence[str]
) -> dict[str, JulesManagerError | None]:
    """The ids of the references; one that means no task stands as it was written, with the reason."""
    meant: dict[str, JulesManagerError | None] = {}
    for reference in references:
        try:
            (task_id,) = await resolve_all(context, manager, [reference], ask_server=True)
        except JulesManagerError as error:
            meant[reference] = error
        else:
            meant[task_id] = None
    return meant


def _check_approve(context: CommandContext) -> None:
    given = context.arguments
    if not given.tasks and not given.all:
        raise UsageError("Which task? Name one, or use --all.", hint="See what waits: jjm list --filter is:needs-me")
    if given.tasks and given.all:
        raise UsageError("Tasks and --all do not go together.", hint="See: jjm approve --help")
    if given.filter is not None and not given.all:
        raise UsageError("--filter goes with --all.", hint="jjm approve --all --filter QUERY")
    if given.plan is not None and len(given.tasks) != 1:
        raise UsageError("--plan names one plan, so it goes with exactly one task.", hint="See: jjm approve --help")
    if given.plan is not None and len(given.plan) < _SHORTEST_FINGERPRINT:
        raise UsageError(
            f"--plan needs {_SHORTEST_FINGERPRINT} or more characters of the fingerprint, not {given.plan!r}.",
            hint=f"It stands above the plan: {spell_command('jjm get', given.tasks[0])}",
        )
    if given.all and given.incomplete:
        raise UsageError(
            "Plans that cannot be shown whole are never approved in bulk.",
            hint="Name the task: jjm approve TASK --incomplete",
        )
    refuse_rows_with_yes(given.tasks, yes=given.yes)


async def _approve_one(context: CommandContext, manager: JobManager, task_id: str) -> OperationResult:
    given = context.arguments
    async with waiting_for(context.out, "Reading the plan"):
        preview = await manager.preview_approval(task_id)
    _show_plan(context, preview)
    if given.plan is not None and not preview.fingerprint.startswith(given.plan.lower()):
        return _not_sent(
            preview,
            f"The plan that waits now is {preview.fingerprint}, not {given.plan}; nothing was sent.",
            f"Read it, then: {spell_command('jjm approve', task_id, options=f'--plan {preview.fingerprint}')}",
        )
    if preview.needs_extra_word and not given.incomplete:
        return _not_sent(
            preview,
            "The server cannot show the whole plan for certain; nothing was sent.",
            f"Look at the task page ({spell_command('jjm open', task_id)}); "
            "to approve it all the same add --incomplete.",
        )
    exactly = spell_command("jjm approve", task_id, options=f"--plan {preview.fingerprint} --yes")
    if not given.yes and not await context.prompts.confirm("Approve this plan?", hint=exactly):
        return declined(OperationKind.APPROVE, task_id)
    async with answer_awaited(context.out, manager, "Approving the plan"):
        return await manager.approve_plan(task_id, preview.fingerprint, incomplete=given.incomplete, read=preview.plan)


def _not_sent(preview: ApprovalPreview, sentence: str, hint: str) -> OperationResult:
    error = WrongStateError(sentence, hint=hint)
    return OperationResult(
        OperationKind.APPROVE, Outcome.NOT_SENT, sentence, preview.task.id, task=preview.task, hint=hint, error=error
    )


def _show_plan(context: CommandContext, preview: ApprovalPreview) -> None:
    context.out.styled(preview_lines(preview, context.now()), to_error=context.as_json)


async def _approve_all(context: CommandContext, manager: JobManager) -> int:
    """Every plan that waits: all are shown first, then one question about their number, then one after the other."""
    query, now = chosen_query(context.arguments.filter), context.now()
    request = ListRequest(statuses=frozenset({TaskStatus.WAITING_APPROVAL}))
    async with waiting_for(context.out, "Reading the plans that wait"):
        listed = await manager.list_tasks(request)
        if listed.failure is not None:
            raise listed.failure
        chosen = [task.id for task in listed.tasks if query is None or query.matches(task, now)]
        previews, results = await _previews(manager, chosen)
        is_whole = not (await manager.sync_state()).may_lack_tasks
    _tell_what_is_missing(context, listed)
    for preview in previews:
        _show_plan(context, preview)
        context.out.say("")
    if not chosen:
        count = len(listed.tasks)
        waits = f"{count} wait" if count != 1 else "1 waits"
        none = "No plan waits for approval." if is_whole else "No plan that waits was found."
        context.out.remark(f"No waiting plan matches the filter ({waits})." if count else none)
    if previews and not await _counted_yes(context, len(previews)):
        results += [declined(OperationKind.APPROVE, preview.task.id) for preview in previews]
        previews = []
    asked = [*(result.task_id for result in results), *(preview.task.id for preview in previews)]
    async with truth_after_interruption(context, manager, OperationKind.APPROVE, asked, many=True) as told:
        told.extend(results)
        for number, preview in enumerate(previews, 1):
            async with answer_awaited(context.out, manager, f"Approving plan {number} of {len(previews)}"):
                try:
                    told.append(await manager.approve_plan(preview.task.id, preview.fingerprint, read=preview.plan))
                except JulesManagerError as error:
                    told.append(failed(OperationKind.APPROVE, preview.task.id, error))
    return tell_results(context, told, many=True)


def _tell_what_is_missing(context: CommandContext, listed: ListResult) -> None:
    """Plans of tasks that the server's list does not show are not approved, and may wait all the same."""
    if listed.truncated:
        context.out.warn("The server shows only a part of its tasks; a plan of another one may wait as well.")
    if listed.unreadable:
        context.out.warn(tell_unreadable(listed.unreadable))
    for remark in listed.remarks:
        context.out.remark(remark)


async def _previews(
    manager: JobManager, task_ids: Sequence[str]
) -> tuple[list[ApprovalPreview], list[OperationResult]]:
    previews, results = [], []
    for task_id in task_ids:
        try:
            preview = await manager.preview_approval(task_id)
        except JulesManagerError as error:
            results.append(failed(OperationKind.APPROVE, task_id, error))
            continue
        if preview.needs_extra_word:
            results.append(
                _not_sent(
                    preview,
                    "This plan cannot be shown whole for certain, so it is not approved in bulk.",
                    spell_command("jjm approve", task_id, options="--incomplete"),
                )
            )
        else:
            previews.append(preview)
    return previews, results


async def _counted_yes(context: CommandContext, count: int) -> bool:
    if context.arguments.yes:
        return True
    answer = await context.prompts.text(f"To approve these {count} plans, type their number:")
    return answer == str(count)


async def resume(context: CommandContext) -> int:
    """Resume paused tasks."""
    given = context.arguments
    refuse_rows_with_yes(given.tasks, yes=given.yes)
    async with context.manager() as manager:
        await require_yes_to_resume(context, manager)
        return await _one_by_one(context, manager, OperationKind.RESUME, _resume_one)


async def _resume_one(context: CommandContext, manager: JobManager, task_id: str) -> OperationResult:
    async with waiting_for(context.out, "Reading the task"):
        preview = await manager.preview_resume(task_id)
    context.out.styled([(task_heading(preview.task), "bold")], to_error=True)
    if preview.message is not None:
        context.out.say(f"  This server resumes by a message: {preview.message}")
    for remark in preview.remarks:
        context.out.remark(remark)
    surely = spell_command("jjm resume", task_id, options="--yes")
    if not context.arguments.yes and not await context.prompts.confirm("Resume this task?", hint=surely):
        return declined(OperationKind.RESUME, task_id)
    async with answer_awaited(context.out, manager, "Resuming the task"):
        return await manager.resume_task(task_id)
