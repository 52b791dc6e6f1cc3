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
    """Reads tasks for the detail of a screen, which it hands each newer state: one at a time from the server, and
    meanwhile another from disk.

    ``fail`` gets a sentence when the store or the server did not answer for the task that is shown.
    """

    def __init__(
        self, screen: TaskScreen, find_detail: Callable[[], TaskDetail | None], fail: Callable[[str], None]
    ) -> None:
        self._screen = screen
        self._find_detail = find_detail
        self._fail = fail
        self._asking: Worker[None] | None = None
        self._looking: Worker[None] | None = None
        self._so_far: Details | None = None

    @property
    def asked(self) -> str | None:
        """The task that the server is being asked for, and then for its changes while their tab is shown."""
        return _read_by(self._asking)

    def is_reading(self, task_id: str) -> bool:
        """Whether this task is being read, from disk or from the server."""
        return task_id in (self.asked, _read_by(self._looking))

    def read(self, task: Task, *, fresh: bool, seen: bool = False) -> None:
        """Read a task from disk, and with ``fresh`` from the server as well, which ends what was being read.

        Without it nothing is begun while the same task is read; what is known of it by then is shown. ``seen``: the
        person looks at the task, so that its failure or review needs nobody any more.
        """
        if fresh:
            if self._looking is not None:
                self._looking.cancel()  # what it read would be handed over what is newer
            self._so_far = None
            self._asking = self._begin(task, "asking", fresh=True, seen=seen)
        elif task.id == self.asked:
            self._show_so_far()
        elif not self.is_reading(task.id):
            self._looking = self._begin(task, "looking", fresh=False, seen=seen)

    def _begin(self, task: Task, group: str, *, fresh: bool, seen: bool) -> Worker[None]:
        return self._screen.run_worker(self._read(task, fresh, seen), name=task.id, group=group, exclusive=True)

    def _show_so_far(self) -> None:
        """A detail that showed another task meanwhile has dropped what it was handed of the one that is asked for."""
        detail = self._find_detail()
        if detail is not None and detail.details is None and self._so_far is not None:
            detail.show_details(self._so_far)

    def _hand(self, detail: TaskDetail, details: Details) -> None:
        if details.task.id == self.asked:
            self._so_far = details
        detail.show_details(details)

    def _tell(self, detail: TaskDetail, task: Task, sentence: str) -> None:
        if detail.task_id == task.id:
            self._fail(sentence)

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
            details = replace(details, task=stored.task, diff=stored.patch, is_diff_cut=stored.patch_cut)
            details = replace(details, diff_read_at=stored.patch_read_at)
        except JulesManagerError as error:
            details = replace(details, diff_note=error.message)
            self._tell(detail, task, error.message)
        if known is None:
            self._hand(detail, details)
        elif details.diff is None and known.task.id == task.id:
            details = replace(known, task=details.task, is_reading=False)
        try:
            details = replace(details, events=await engine.manager.query_events(task_id=task.id, limit=_EVENTS))
        except JulesManagerError as error:
            self._tell(detail, task, error.message)
        self._hand(detail, details)
        return details

    async def _read_fresh(self, engine: Engine, detail: TaskDetail, details: Details, seen: bool) -> Details:
        try:
            result = await engine.manager.get_task(details.task.id, mark_seen=seen)
        except JulesManagerError as error:
            self._tell(detail, details.task, " ".join(filter(None, (error.message, error.hint))))
            return details
        if result.failure is not None:
            self._tell(detail, details.task, result.failure.message)
        details = replace(details, task=result.task)
        self._hand(detail, details)
        return details

    async def _read_diff(self, engine: Engine, detail: TaskDetail, details: Details) -> None:
        """Its changes from the server; the stored ones stay when there is no answer."""
        self._hand(detail, replace(details, is_reading=True))
        asked_at = engine.context.clock.now()  # what changes while it is read may not be in it
        try:
            reading = await engine.manager.get_diff(details.task.id)
        except JulesManagerError as error:
            why = " ".join(filter(None, (error.message, error.hint)))
            details = replace(details, diff_note=f"The changes were not read. {why}")
        else:
            note = " ".join(reading.remarks) or None
            details = replace(details, diff=reading.text, is_diff_cut=reading.truncated, diff_note=note)
            details = replace(details, diff_read_at=asked_at)
        self._hand(detail, details)


def _read_by(worker: Worker[None] | None) -> str | None:
    """The task that is being read."""
    return worker.name if worker is not None and worker.is_running else None
