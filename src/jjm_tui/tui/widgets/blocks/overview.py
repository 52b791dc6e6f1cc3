"""The overview of a task, drawn line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.task import Task
from jjm_tui.services.read_troubles import ReadTrouble
from jjm_tui.tui.text.overview import overview_blocks, question_end
from jjm_tui.tui.widgets.blocks.block_view import BlockView


class OverviewPane(BlockView):
    """What there is to know of a task at a glance; the colours are those of ``BlockView``."""

    DEFAULT_CSS = """
    OverviewPane { padding: 0 0 0 1; }
    """

    def __init__(self, **widget: Any) -> None:
        super().__init__(**widget)
        self._known: tuple[str, str] | None = None
        self._question_end: int | None = None
        self._keeps_question = False

    def show(
        self,
        task: Task,
        operations: Sequence[Operation],
        now: datetime,
        trouble: ReadTrouble | None = None,
        events: Sequence[TaskEvent] = (),
    ) -> None:
        """Show a task; nothing is drawn when it reads the same as before. ``trouble``: why it could not be read;
        ``events``: its history, oldest first."""
        blocks = overview_blocks(task, operations, now, trouble, events)
        known = (task.id, "\n".join(block.text for block in blocks))
        if known != self._known:
            is_other = self._known is None or self._known[0] != task.id
            self._known = known
            self._question_end = question_end(task, operations, now, trouble)
            self._keeps_question = self._keeps_question and not is_other
            self.set_blocks(blocks, fresh=is_other)
            self._show_question()

    def keep_question(self) -> None:
        """Keep the end of what the task asks in view, until the person scrolls: they are about to answer it."""
        self._keeps_question = True
        self._show_question()

    def _show_question(self) -> None:
        if self._keeps_question and self._question_end is not None:
            self.show_end_of(self._question_end)

    def on_resize(self) -> None:
        """A composer that opens or grows takes rows away."""
        super().on_resize()
        self._show_question()

    def person_moved(self) -> None:
        """The person reads elsewhere."""
        self._keeps_question = False
