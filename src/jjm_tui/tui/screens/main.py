"""The main screen: the tasks, the one under the cursor, and what can be done."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.literal import literal
from jjm_tui.tui.screens.base import DashboardScreen


class MainScreen(DashboardScreen[None]):
    """List, detail, composer."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "list", "detail"})

    def compose(self) -> ComposeResult:
        yield Static(literal(f"{len(self.board.tasks)} tasks"), id="count")

    def board_changed(self, change: BoardChange) -> None:
        self.query_one("#count", Static).update(
            literal(f"{len(self.board.tasks)} tasks {self.board.connection.status}")
        )
