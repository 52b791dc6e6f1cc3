"""Drafts hear how messages ended and what becomes of operations, whichever screens are open then."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jjm_tui.services.board import Board, BoardChange
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.writing.drafts import Drafts


def attach(drafts: Drafts, engine: Engine, board: Board) -> None:
    """The services are open: listen to them, and use their store."""
    tell = engine.desk.on_result

    def heard(result: OperationResult) -> None:
        drafts.ended(result)
        tell(result)

    def changed(change: BoardChange) -> None:
        if "operations" in change.aspects:
            drafts.reconsider(change.task_ids)

    engine.desk.on_result = heard
    drafts.read_outcomes = engine.live.read_operations
    board.subscribe(changed)
    drafts.store_opened()
