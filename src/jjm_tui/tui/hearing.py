"""What the open screens hear: changes of the board, the clock, events, and how operations ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jjm_tui.tui.screens.base import DashboardScreen, Dialog

if TYPE_CHECKING:
    from jjm_tui.domain.events import TaskEvent
    from jjm_tui.services.board import BoardChange
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.app import JulesApp


class Hearing:
    """Tells every screen that is open, the covered ones as well; screens take what they know to handle."""

    def __init__(self, app: JulesApp) -> None:
        self._app = app

    def board_changed(self, change: BoardChange) -> None:
        """Tasks or operations are other than they were."""
        for screen in self._open():
            screen.board_changed(change)

    def clock_ticked(self, now: datetime) -> None:
        """Ages move on."""
        for screen in self._open():
            screen.clock_ticked(now)

    def events_happened(self, events: Sequence[TaskEvent]) -> None:
        """The history got longer."""
        self._call("events_happened", events)

    def operation_ended(self, result: OperationResult) -> None:
        """What became of a decision is known."""
        self._call("operation_ended", result)

    def creation_begun(self) -> None:
        """The person sent a new task off."""
        self._call("creation_begun")

    def keys_changed(self) -> None:
        """Something can be undone now."""
        self._call("keys_changed")

    def density_changed(self) -> None:
        """Rows and panes are closer together, or further apart."""
        self._call("density_changed")

    def _call(self, name: str, *told: object) -> None:
        for screen in self._open():
            heard = getattr(screen, name, None)
            if heard is not None:
                heard(*told)

    def _open(self) -> Iterator[DashboardScreen[Any] | Dialog[Any]]:
        """Ours that can be told something: made, and not being taken down."""
        if self._app.is_leaving:
            return
        for screen in list(self._app.screen_stack):
            if isinstance(screen, DashboardScreen | Dialog) and screen.is_mounted and screen.is_running:
                yield screen
