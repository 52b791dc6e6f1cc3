"""Importing tasks that ``export`` or ``list --json`` wrote: nothing that is known and newer is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jjm_tui.domain.conversation import messages_with_known
from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.newer_copy import both_extras, files_with_known, plan_with_known
from jjm_tui.domain.task import Task
from jjm_tui.ports import TaskChange
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.results import ImportResult


class TaskImporter:
    """Puts foreign task records into the store."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def import_tasks(self, tasks: Sequence[Task], *, dry_run: bool = False) -> ImportResult:
        """Add what is new, take over what was read from a server later than the stored one; local marks stay."""
        fates: dict[str, str] = {}

        def change_for(task: Task) -> TaskChange:
            def change(stored: Task | None) -> Task | None:
                imported = task if stored is None else _newer(stored, task)
                fates[task.id] = "added" if stored is None else "unchanged" if imported == stored else "updated"
                return stored if dry_run else imported

            return change

        await self._context.store.apply({task.id: change_for(task) for task in tasks})
        counts = {fate: sum(1 for value in fates.values() if value == fate) for fate in set(fates.values())}
        changed = [task_id for task_id, fate in fates.items() if fate != "unchanged"]
        if changed and not dry_run:
            now = self._context.clock.now()
            await self._context.tell([TaskEvent(EventType.IMPORTED, now, task_id) for task_id in changed])
        return ImportResult(counts.get("added", 0), counts.get("updated", 0), counts.get("unchanged", 0))


def _newer(stored: Task, imported: Task) -> Task:
    """The one that a server told about later, with the local marks and unknown fields of the stored one."""
    if imported.synced_at is None or (stored.synced_at is not None and stored.synced_at >= imported.synced_at):
        return stored
    return replace(
        imported,
        plan=stored.plan if imported.plan is None else plan_with_known(imported.plan, stored.plan),
        chat_history=messages_with_known(imported.chat_history, stored.chat_history) or stored.chat_history,
        chat_truncated=imported.chat_truncated if imported.chat_history else stored.chat_truncated,
        source_files=stored.source_files
        if imported.source_files is None
        else files_with_known(imported.source_files, stored.source_files or ()),
        archived=stored.archived,
        seen_at=stored.seen_at or imported.seen_at,
        snoozed_until=stored.snoozed_until,
        origin=stored.origin,
        extra=both_extras(imported.extra, stored.extra),
    )
