"""The overview of a task, drawn line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jjm_tui.domain.operations import Operation
from jjm_tui.domain.task import Task
from jjm_tui.services.unread import ReadTrouble
from jjm_tui.tui.text.overview import overview_blocks
from jjm_tui.tui.widgets.blocks.block_view import BlockView


class OverviewPane(BlockView):
    """What there is to know of a task at a glance; the colours are those of ``BlockView``."""

    DEFAULT_CSS = """
    OverviewPane { padding: 0 0 0 1; }
    """

    def __init__(self, **widget: Any) -> None:
        super().__init__(**widget)
        self._known: tuple[str, str] | None = None

    def show(
        self, task: Task, operations: Sequence[Operation], now: datetime, unread: ReadTrouble | None = None
    ) -> None:
        """Show a task; nothing is drawn when it reads the same as before. ``unread``: why it could not be read."""
        blocks = overview_blocks(task, operations, now, unread)
        known = (task.id, "\n".join(block.text for block in blocks))
        if known != self._known:
            is_other = self._known is None or self._known[0] != task.id
            self._known = known
            self.set_blocks(blocks, fresh=is_other)
