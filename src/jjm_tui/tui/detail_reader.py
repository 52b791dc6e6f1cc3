"""Reading what a detail shows beyond the board: whole conversation, changes, history; from disk first, then fresh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from jjm_tui.errors import JulesManagerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.worker import Worker

    from jjm_tui.domain.task import Task
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.screens.task_actions import TaskScreen
    from jjm_tui.tui.widgets.detail import TaskDetail
    from jjm_tui.tui.widgets.detail_panes import Details

_EVENTS: Final = 500
"""How much of its history the timeline of a task shows at most."""


class DetailReader:
    """Reads one task at a time for the detail of a screen, which it hands each newer state.

    ``fail`` gets a sentence when the store or the server did not answer.
    """

    def __init__(
        self, screen: TaskScreen, find_detail: Callable[[], TaskDetail | None], fail: Callable[[str], None]
    ) -> None:
        self._screen = screen
        self._find_detail = find_detail
        self._fail = fail
        self._reading: Worker[None] | None = None
        self._asked: str | None = None

    @property
    def is_reading(self) -> bool:
        """Whether something is being read, from disk or from the server."""
        return self._reading is not None and self._reading.is_running

    def is_asking(self, task: Task) -> bool:
        """Whether the server is being asked for this task, and then for its changes while their tab is shown."""
        return self._asked == task.id and self.is_reading

    def read(self, task: Task, *, fresh: bool, seen: bool = False) -> None:
        """Read a task from disk, and with ``fresh`` from the server as well, which ends what was being read.

        Without it nothing is begun while something is read. ``seen``: the person looks at the task, so that its failure
        or review needs nobody any more.
        """
        if self.is_reading and not fresh:
            return
        self._asked = task.id if fresh else None
        self._reading = self._screen.run_worker(self._read(task, fresh, seen), group="details", exclusive=True)

    async def _read(self, task: Task, fresh: bool, seen: bool) -> None:
        engine, detail = self._screen.engine, self._find_detail()
        if engine is None or detail is None:
            return  # the screen was closed before this began
        details = await self._read_stored(engine, detail, task)
        if fresh and engine.context.server is not None:
            details = await self._read_fresh(engine, detail, details, seen)
        elif seen:
            await engine.manager.mark_seen([task.id])
        if fresh and detail.tab == "files" and self._screen.board.connection.unavailable.get("diff") is None:
            await self._read_diff(engine, detail, details)

    async def _read_stored(self, engine: Engine, detail: TaskDetail, task: Task) -> Details:
        """What is on disk: for a detail that shows nothing yet all but the history at once, before that is read."""
        from jjm_tui.tui.widgets.detail_panes import Details

        known = detail.details
        details = Details(task)
        try:
            stored = await engine.manager.get_task(task.id, cached=True)
            details = replace(details, task=stored.task, diff=stored.patch)
        except JulesManagerError as error:
            details = replace(details, diff_note=error.message)
            self._fail(error.message)
        if known is None:
            detail.show_details(details)
        elif details.diff is None and known.task.id == task.id:
            details = replace(known, task=details.task, is_reading=False)
        try:
            details = replace(details, events=await engine.manager.query_events(task_id=task.id, limit=_EVENTS))
        except JulesManagerError as error:
            self._fail(error.message)
        detail.show_details(details)
        return details

    async def _read_fresh(self, engine: Engine, detail: TaskDetail, details: Details, seen: bool) -> Details:
        try:
            result = await engine.manager.get_task(details.task.id, mark_seen=seen)
        except JulesManagerError as error:
            self._fail(" ".join(filter(None, (error.message, error.hint))))
            return details
        if result.failure is not None:
            self._fail(result.failure.message)
        details = replace(details, task=result.task)
        detail.show_details(details)
        return details

    async def _read_diff(self, engine: Engine, detail: TaskDetail, details: Details) -> None:
        """Its changes from the server; the stored ones stay when there is no answer."""
        detail.show_details(replace(details, is_reading=True))
        try:
            reading = await engine.manager.get_diff(details.task.id)
        except JulesManagerError as error:
            why = " ".join(filter(None, (error.message, error.hint)))
            details = replace(details, diff_note=f"The changes were not read. {why}")
        else:
            note = " ".join(reading.remarks) or None
            details = replace(details, diff=reading.text, is_diff_cut=reading.truncated, diff_note=note)
        detail.show_details(details)
