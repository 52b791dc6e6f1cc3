"""Importing tasks that ``export`` or ``list --json`` wrote: nothing that is known and newer is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

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
        """Add what is new, take over what was read from a server later than the stored one; local marks stay.

        Of several records of one task the newest counts. What is forgotten here stays so, and is named.
        """
        records: dict[str, list[Task]] = {}
        for task in tasks:
            records.setdefault(task.id, []).append(task)
        fates: dict[str, str] = {}

        def change_for(task_id: str, found: Sequence[Task]) -> TaskChange:
            def change(stored: Task | None) -> Task | None:
                imported = reduce(_newer, found if stored is None else [stored, *found])
                fates[task_id] = "added" if stored is None else "unchanged" if imported == stored else "updated"
                return stored if dry_run else imported

            return change

        await self._context.store.apply({task_id: change_for(task_id, found) for task_id, found in records.items()})
        forgotten = tuple(task_id for task_id in records if task_id not in fates)
        counts = {fate: sum(1 for value in fates.values() if value == fate) for fate in set(fates.values())}
        changed = [task_id for task_id, fate in fates.items() if fate != "unchanged"]
        remarks: tuple[str, ...] = ()
        if changed and not dry_run:
            now = self._context.clock.now()
            remarks = await self._context.tell_done([TaskEvent(EventType.IMPORTED, now, each) for each in changed])
        return ImportResult(
            counts.get("added", 0), counts.get("updated", 0), counts.get("unchanged", 0), forgotten, remarks
        )


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
