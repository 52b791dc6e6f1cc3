"""Local marks: archive, snooze, seen, forget. All are reversible, and no server hears of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.task import Task
from jjm_tui.errors import AmbiguousTaskError, TaskNotFoundError
from jjm_tui.ports import TaskChange
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.results import MarkResult

Marking = Callable[[Task], Task]
_UNDONE: Final[Mapping[str, Any]] = {"undone": True}


class LocalMarks:
    """Sets and clears marks on stored tasks."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    async def archive(self, task_ids: Iterable[str]) -> MarkResult:
        return await self._mark(task_ids, lambda task: replace(task, archived=True), EventType.ARCHIVED)

    async def unarchive(self, task_ids: Iterable[str]) -> MarkResult:
        return await self._mark(task_ids, lambda task: replace(task, archived=False), EventType.UNARCHIVED)

    async def snooze(self, task_ids: Iterable[str], until: datetime | None) -> MarkResult:
        data = _UNDONE if until is None else None
        return await self._mark(task_ids, lambda task: replace(task, snoozed_until=until), EventType.SNOOZED, data)

    async def seen(self, task_ids: Iterable[str]) -> MarkResult:
        """Mark finished tasks as looked at; on others there is nothing to mark."""
        now = self._context.clock.now()

        def look(task: Task) -> Task:
            since = task.waiting_since
            if not task.status.is_final or (task.seen_at is not None and (since is None or task.seen_at >= since)):
                return task
            return replace(task, seen_at=now if since is None else max(now, since))

        return await self._mark(task_ids, look, EventType.SEEN)

    async def unseen(self, task_ids: Iterable[str]) -> MarkResult:
        """Undo ``seen``: as if nobody had ever looked at these finished tasks; on others there is no such mark."""

        def look_away(task: Task) -> Task:
            return replace(task, seen_at=None) if task.status.is_final else task

        return await self._mark(task_ids, look_away, EventType.SEEN, _UNDONE)

    async def _mark(
        self, task_ids: Iterable[str], mark: Marking, kind: EventType, data: Mapping[str, Any] | None = None
    ) -> MarkResult:
        changed: dict[str, bool] = {}

        def change_for(task_id: str) -> TaskChange:
            def change(stored: Task | None) -> Task | None:
                marked = None if stored is None else mark(stored)
                changed[task_id] = marked != stored
                return marked

            return change

        ids = list(dict.fromkeys(task_ids))
        await self._require_known(ids)
        tasks = await self._context.store.apply({task_id: change_for(task_id) for task_id in ids})
        remarks = await self._tell(kind, [task_id for task_id in ids if changed.get(task_id)], data)
        return MarkResult(
            tasks=tuple(task for task_id in ids if (task := tasks.get(task_id)) is not None),
            unchanged=tuple(task_id for task_id in ids if not changed.get(task_id)),
            remarks=remarks,
        )

    async def _require_known(self, task_ids: list[str]) -> None:
        for task_id in task_ids:
            if await self._context.store.get_task(task_id) is None:
                raise TaskNotFoundError(
                    f"No task {task_id} is stored; nothing was changed.",
                    hint="Run `jjm list --all` to see the ids.",
                    context={"task_id": task_id},
                )

    async def forget(self, task_ids: Iterable[str]) -> MarkResult:
        ids = list(dict.fromkeys(task_ids))
        await self._require_known(ids)
        removed = await self._context.store.forget(ids, self._context.clock.now())
        remarks = await self._tell(EventType.FORGOTTEN, list(removed))
        unchanged = tuple(task_id for task_id in ids if task_id not in removed)
        return MarkResult(tuple(removed.values()), unchanged, remarks)

    async def remember(self, references: Iterable[str]) -> MarkResult:
        forgotten = await self._context.store.forgotten()
        ids = [_match(reference, forgotten) for reference in references]
        restored = await self._context.store.remember(ids)
        remarks = await self._tell(EventType.REMEMBERED, list(restored))
        unchanged = tuple(task_id for task_id in ids if task_id not in restored)
        return MarkResult(tuple(restored.values()), unchanged, remarks)

    async def _tell(
        self, kind: EventType, task_ids: list[str], data: Mapping[str, Any] | None = None
    ) -> tuple[str, ...]:
        now = self._context.clock.now()
        if not task_ids:
            return ()
        return await self._context.tell_done([TaskEvent(kind, now, task_id, data or {}) for task_id in task_ids])


def _match(reference: str, forgotten: Collection[str]) -> str:
    matches = sorted(task_id for task_id in forgotten if task_id.startswith(reference))
    if reference in matches or len(matches) == 1:
        return reference if reference in matches else matches[0]
    if matches:
        raise AmbiguousTaskError(
            f"{len(matches)} forgotten tasks start with {reference}.", hint="Give more characters of the id."
        )
    raise TaskNotFoundError(f"No forgotten task matches {reference}.", hint="Only forgotten tasks can be brought back.")
