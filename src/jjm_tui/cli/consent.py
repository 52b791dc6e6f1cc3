"""Where nobody can be asked: the commands that look and that say yes, with the ids and the plan that are meant."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.selection import chosen_query
from jjm_tui.cli.session import expand_reference
from jjm_tui.domain.ids import spell_command
from jjm_tui.errors import JulesManagerError, WrongStateError

if TYPE_CHECKING:
    from jjm_tui.services.manager import JobManager


async def require_yes_to_plans(context: CommandContext, manager: JobManager) -> None:
    """For ``approve``. Raises UsageError when there is neither ``--yes`` nor somebody to ask; asks no server."""
    given = context.arguments
    if given.yes or context.prompts.can_ask:
        return
    context.prompts.require(_of_all(given.filter) if given.all else await _of_named(context, manager))


def _of_all(query: str | None) -> str:
    chosen_query(query)  # a wrong one is told first
    chosen = "" if query is None else f" --filter {shlex.quote(query)}"
    look = f"jjm list --status waiting_approval{chosen}"
    return f"See which wait: {look}. Approve all that wait then: jjm approve --all{chosen} --yes"


async def _of_named(context: CommandContext, manager: JobManager) -> str:
    given = context.arguments
    ids = await _ids_of(context, manager, given.tasks)
    if len(ids) > 1:
        approve = spell_command("jjm approve", *ids, options="--yes")
        return f"Read the plans: {_look(ids)}. Approve what waits then: {approve}"
    plan = given.plan or await _stored_fingerprint(manager, ids[0])
    above = "" if plan else ", with the fingerprint it shows"
    shown = shlex.quote(plan) if plan else "FINGERPRINT"
    approve = spell_command(
        "jjm approve", *ids, options=f"--plan {shown}{' --incomplete' if given.incomplete else ''} --yes"
    )
    return f"Read the plan: {_look(ids)}. Approve exactly that one{above}: {approve}"


async def require_yes_to_resume(context: CommandContext, manager: JobManager) -> None:
    """For ``resume``; the same, but the server is asked: where no task can be resumed, a yes is of no use.

    Raises JulesManagerError where it cannot be found out.
    """
    given = context.arguments
    if given.yes or context.prompts.can_ask:
        return
    ids = []
    async with waiting_for(context.out, "Reading the tasks"):
        for reference in given.tasks:
            with suppress(WrongStateError):  # which resuming tells of each
                ids.append((await manager.preview_resume(expand_reference(context, reference))).task.id)
    if ids := list(dict.fromkeys(ids)):
        context.prompts.require(
            f"Look at it: {_look(ids)}. Resume it: {spell_command('jjm resume', *ids, options='--yes')}"
        )


def _look(ids: Sequence[str]) -> str:
    return "; ".join(spell_command("jjm get", each) for each in ids)


async def _ids_of(context: CommandContext, manager: JobManager, references: Sequence[str]) -> list[str]:
    """The ids as far as they are known here, else what was typed; each once."""
    ids = []
    for reference in references:
        found = reference
        with suppress(JulesManagerError):
            found = await manager.resolve(expand_reference(context, reference), ask_server=False)
        ids.append(found)
    return list(dict.fromkeys(ids))


async def _stored_fingerprint(manager: JobManager, task_id: str) -> str | None:
    """Of the plan that was read last, if it waits; another one that waits by now is refused when it is approved."""
    with suppress(JulesManagerError):
        for task in await manager.list_stored():
            if task.id == task_id and task.plan is not None and not task.plan.approved:
                return task.plan.fingerprint
    return None
