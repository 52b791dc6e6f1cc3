"""Decisions on their way: from the key to the outcome there is always something to be seen of them, and it is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from jjm_tui.domain.operations import OperationState
from tests.services.workbench import lost
from tests.tui.stage import stage


@pytest.mark.parametrize("outcome", ["done", "unconfirmed"])
async def test_decision_is_on_the_board_from_its_beginning_to_its_outcome_without_a_gap(
    tmp_path: Path, outcome: str
) -> None:
    async with stage(tmp_path) as on:
        task_id = next(task.id for task in on.board.tasks.values() if task.status.value == "waiting_feedback")
        assert on.app.engine is not None
        if outcome == "unconfirmed":
            on.caller.cut = lambda tool, place: lost() if (tool, place) == ("send_message", "written") else None
        seen: list[tuple[OperationState, ...]] = []
        on.board.subscribe(lambda change: seen.append(tuple(op.state for op in on.board.operations_of(task_id))))
        sending = on.app.engine.desk.send_message(task_id, "Take way 1.")
        assert [op.state for op in on.board.operations_of(task_id)] == [OperationState.PREPARED]
        result = await sending
        assert [(op.id, op.state.value) for op in on.board.operations_of(task_id)] == [(result.operation_id, outcome)]
        assert seen
        assert all(len(states) == 1 for states in seen)
