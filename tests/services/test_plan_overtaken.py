"""A plan is read, and something happens to its task before it is approved: nothing is sent, and it is told why."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.ports import ToolAnswer
from jjm_tui.services.courses.base import NothingToDoError
from jjm_tui.services.manager import JobManager
from jjm_tui.services.results import ApprovalPreview, Outcome
from tests.services.workbench import WRITES, CuttingCaller, Workbench, bench, hide_plans, lost

WORDS = {"COMPLETED": "is finished", "FAILED": "failed", "PAUSED": "is paused", "IN_PROGRESS": "is being worked on"}


async def preview(work: Workbench) -> tuple[JobManager, CuttingCaller, ApprovalPreview]:
    """A process that has read the plan that waits."""
    manager, caller, _ = work.process()
    return manager, caller, await manager.preview_approval(work.session_in("AWAITING_PLAN_APPROVAL"))


@pytest.mark.parametrize("state", WORDS)
@pytest.mark.parametrize("dialect", ["rest", "official", "browser"])
async def test_approval_of_a_task_that_went_on_meanwhile_sends_nothing_and_says_so(
    tmp_path: Path, dialect: str, state: str
) -> None:
    work = bench(tmp_path, dialect=dialect)
    manager, caller, read = await preview(work)
    task_id = read.task.id
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
    manager, caller, read = await preview(work)
    task_id = read.task.id
    work.world.approve_plan(task_id)
    result = await manager.approve_plan(task_id, read.fingerprint, incomplete=True)
    assert result.outcome is Outcome.NOT_SENT
    assert not set(caller.calls) & set(WRITES)
    await manager.close()


@pytest.mark.parametrize("dialect", ["rest", "official"])
async def test_plan_that_the_server_no_longer_shows_is_neither_previewed_nor_approved(
    tmp_path: Path, dialect: str
) -> None:
    work = bench(tmp_path, dialect=dialect)
    manager, caller, read = await preview(work)
    task_id = read.task.id
    hide_plans(work, task_id)
    with pytest.raises(NothingToDoError, match=r"The server shows no plan of task \d+ now; nothing was sent"):
        await manager.preview_approval(task_id)
    result = await manager.approve_plan(task_id, read.fingerprint, incomplete=True)
    assert result.outcome is Outcome.NOT_SENT
    assert "The server shows no plan of task" in result.message
    assert not set(caller.calls) & set(WRITES)
    assert work.effects("approve") == []
    await manager.close()


async def test_plan_that_the_server_no_longer_shows_is_told_with_its_own_age_and_not_as_complete(
    tmp_path: Path,
) -> None:
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    told = await manager.get_task(task_id)
    assert told.task.plan is not None
    assert told.task.plan.complete
    assert told.remarks == ()
    hide_plans(work, task_id)
    work.clock.advance(600)
    for cached in (False, True):
        now = await manager.get_task(task_id, cached=cached)
        assert now.task.plan is not None
        assert now.task.plan.fingerprint == told.task.plan.fingerprint
        assert not now.task.plan.complete
        assert ("The server does not show the plan now; this one was read 10m ago." in now.remarks) is not cached
    await manager.close()


async def test_older_plan_that_the_server_shows_again_is_previewed_as_not_the_latest(tmp_path: Path) -> None:
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    older = await manager.preview_approval(task_id)
    work.world.step(60)
    work.world.change_plan(task_id)
    newer = await manager.preview_approval(task_id)
    hide_plans(work, task_id, but=1)
    shown = await manager.preview_approval(task_id)
    assert (shown.fingerprint, shown.needs_extra_word) == (older.fingerprint, True)
    assert shown.difference
    assert (await manager.approve_plan(task_id, newer.fingerprint, incomplete=True)).outcome is Outcome.NOT_SENT
    assert (await manager.approve_plan(task_id, older.fingerprint)).outcome is Outcome.NOT_SENT
    assert work.effects("approve") == []
    await manager.close()


async def test_approval_in_doubt_is_not_called_absent_while_the_server_shows_no_plan(tmp_path: Path) -> None:
    work = bench(tmp_path)
    manager, caller, read = await preview(work)
    task_id = read.task.id

    def cut(tool: str, place: str) -> BaseException | None:
        if tool == "approve_plan" and place == "written":
            hide_plans(work, task_id)
            work.clock.advance(600)
            return lost()
        return None

    caller.cut = cut
    result = await manager.approve_plan(task_id, read.fingerprint)
    assert result.outcome is Outcome.UNCONFIRMED
    await manager.close()


async def test_plan_missing_from_activities_that_never_end_is_told_as_missing_from_what_was_read(
    tmp_path: Path,
) -> None:
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    hide_plans(work, task_id)
    real, pages = caller.answer, count()

    def answer(name, arguments):
        if name != "list_activities":
            return real(name, arguments)
        said = real(name, {"sessionId": task_id})
        return ToolAnswer(json.dumps({**json.loads(said.text), "nextPageToken": f"page {next(pages)}"}))

    caller.answer = answer
    partly = "The server's list of activities was read up to 100 pages; it is longer."
    shown = await manager.get_task(task_id)
    assert shown.task.chat_truncated
    assert shown.remarks == (partly,)
    with pytest.raises(NothingToDoError, match=r"shows no plan of task .* in what it lets be read of it") as told:
        await manager.preview_approval(task_id)
    assert partly in (told.value.hint or "")
    await manager.close()
