"""A plan is read, and something happens to its task before it is approved: nothing is sent, and it is told why."""

from __future__ import annotations

from pathlib import Path

import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.services.results import Outcome
from tests.services.workbench import WRITES, bench

WORDS = {"COMPLETED": "is finished", "FAILED": "failed", "PAUSED": "is paused", "IN_PROGRESS": "is being worked on"}


@pytest.mark.parametrize("state", WORDS)
@pytest.mark.parametrize("dialect", ["rest", "official", "browser"])
async def test_approval_of_a_task_that_went_on_meanwhile_sends_nothing_and_says_so(
    tmp_path: Path, dialect: str, state: str
) -> None:
    work = bench(tmp_path, dialect=dialect)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    read = await manager.preview_approval(task_id)
    work.world.set_state(task_id, state)
    result = await manager.approve_plan(task_id, read.fingerprint, incomplete=True)
    assert result.outcome is Outcome.NOT_SENT
    assert result.error is not None
    assert WORDS[state] in result.error.message or "is not the one that was read" in result.error.message
    assert not set(caller.calls) & set(WRITES)
    assert work.effects("approve") == []
    assert [each.state for each in await manager.list_operations(open_only=False)] == [OperationState.NOT_SENT]
    await manager.close()


async def test_approval_of_a_plan_that_somebody_else_approved_meanwhile_sends_nothing(tmp_path: Path) -> None:
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    read = await manager.preview_approval(task_id)
    work.world.approve_plan(task_id)
    result = await manager.approve_plan(task_id, read.fingerprint, incomplete=True)
    assert result.outcome is Outcome.NOT_SENT
    assert not set(caller.calls) & set(WRITES)
    await manager.close()
