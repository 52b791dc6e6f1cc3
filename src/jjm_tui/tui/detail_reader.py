"""Reading what the detail shows beyond the board: whole conversation, changes, history; from disk first, then fresh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from jjm_tui.errors import JulesManagerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jjm_tui.domain.task import Task
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.widgets.detail_panes import Details

_EVENTS: Final = 500
"""How much of its history the timeline of a task shows at most."""


class DetailReader:
    """``show`` gets each newer state of the details, ``fail`` a sentence when the server did not answer."""

    def __init__(self, engine: Engine, show: Callable[[Details], None], fail: Callable[[str], None]) -> None:
        self._engine = engine
        self._show = show
        self._fail = fail

    async def read_stored(self, task: Task, *, shows_at_once: bool) -> Details:
        """What is on disk of a task; asks no server. ``shows_at_once``: all but its history, before that is read."""
        from jjm_tui.tui.widgets.detail_panes import Details

        manager = self._engine.manager
        details = Details(task)
        try:
            stored = await manager.get_task(task.id, cached=True)
            details = replace(details, task=stored.task, diff=stored.patch)
        except JulesManagerError as error:
            details = replace(details, diff_note=error.message)
            self._fail(error.message)
        if shows_at_once:
            self._show(details)
        try:
            events = await manager.query_events(task_id=task.id, limit=_EVENTS)
            details = replace(details, events=events)
        except JulesManagerError as error:
            self._fail(error.message)
        self._show(details)
        return details

    async def read_fresh(self, details: Details, *, seen: bool) -> Details:
        """The task from the server; ``seen``: the person looks at it, so failure and review need nobody any more."""
        try:
            result = await self._engine.manager.get_task(details.task.id, mark_seen=seen)
        except JulesManagerError as error:
            self._fail(" ".join(filter(None, (error.message, error.hint))))
            return details
        if result.failure is not None:
            self._fail(result.failure.message)
        details = replace(details, task=result.task)
        self._show(details)
        return details

    async def read_diff(self, details: Details) -> Details:
        """Its changes from the server; the stored ones stay when there is no answer."""
        self._show(replace(details, is_reading=True))
        try:
            reading = await self._engine.manager.get_diff(details.task.id)
        except JulesManagerError as error:
            why = " ".join(filter(None, (error.message, error.hint)))
            details = replace(details, diff_note=f"The changes were not read. {why}")
        else:
            note = " ".join(reading.remarks) or None
            details = replace(details, diff=reading.text, is_diff_cut=reading.truncated, diff_note=note)
        self._show(details)
        return details
