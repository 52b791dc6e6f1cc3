"""Decisions on their way: from the key to the outcome there is always something to be seen of them, and it is true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.ports import CreateRequest
from jjm_tui.services.outbox import OperationRunner
from jjm_tui.services.results import Outcome
from jjm_tui.tui.app import JulesApp
from jjm_tui.tui.screens.snooze import SnoozeDialog
from tests.services.workbench import lost
from tests.tui.half_closed import Last
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


@pytest.mark.parametrize(
    ("place", "outcome"),
    [(("send_message", "before write"), "not_sent"), (("send_message", "written"), "unconfirmed"), (None, "done")],
)
async def test_mistake_of_ours_over_a_message_is_told_with_what_became_of_it(
    tmp_path: Path, place: tuple[str, str] | None, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RecursionError("too deep")

    async with stage(tmp_path) as on:
        task_id = next(task.id for task in on.board.tasks.values() if task.status.value == "waiting_feedback")
        assert on.app.engine is not None
        if place is None:
            monkeypatch.setattr(OperationRunner, "_confirm", fail)
        on.caller.cut = lambda *where: RecursionError("too deep") if where == place else None
        result = await on.app.engine.desk.send_message(task_id, "Take way 1.")
        (record,) = on.board.operations_of(task_id)
        assert (result.outcome.value, record.state.value, result.operation_id) == (outcome, outcome, record.id)
        if place is None:
            await on.shows("Something went wrong inside jjm itself: RecursionError: too deep")
        else:
            await on.shows("The server's answer cannot be worked with (RecursionError)")


async def test_mistake_of_ours_before_a_new_task_is_sent_is_told_as_not_sent(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert on.app.engine is not None
        on.caller.cut = lambda tool, _: RecursionError("too deep") if tool == "list_sessions" else None
        result = await on.app.engine.desk.create(CreateRequest("Do it", "acme/webapp"))
        assert result.outcome is Outcome.NOT_SENT
        await on.shows("cannot be worked with (RecursionError)")


async def test_outcome_that_comes_when_the_screens_are_gone_is_no_mistake(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert on.app.engine is not None
        desk = on.app.engine.desk
        task_id = next(task.id for task in on.board.tasks.values() if task.status.value == "waiting_feedback")
        result = await desk.send_message(task_id, "Take way 1.")
    assert not on.app.screen_stack
    for outcome in Outcome:
        desk.on_result(replace(result, outcome=outcome, hint="jjm outbox show 1"))


async def _hear_while_closing(folder: Path, end: Callable[[JulesApp], None], heard: list[Outcome]) -> None:
    """Let every outcome come when the keys of the dialog are gone and the dialog is not yet."""
    async with stage(folder) as on:
        assert on.app.engine is not None
        desk = on.app.engine.desk
        task_id = next(task.id for task in on.board.tasks.values() if task.status.value == "waiting_feedback")
        result = await desk.send_message(task_id, "Take way 1.")
        await on.app.push_screen(SnoozeDialog())
        await on.app.screen.query_one("#frame").mount(last := Last())

        async def hear() -> None:
            await last.alone()
            try:
                for outcome in Outcome:
                    desk.on_result(replace(result, outcome=outcome, hint="jjm outbox show 1"))
                    heard.append(outcome)
            finally:
                last.may_go.set()

        hearing = asyncio.create_task(hear())
        end(on.app)
        assert on.app.is_leaving
    await hearing


async def test_outcome_that_comes_while_the_screens_are_taken_down_is_no_mistake(tmp_path: Path) -> None:
    heard: list[Outcome] = []
    await _hear_while_closing(tmp_path, JulesApp.interrupt, heard)
    assert heard == list(Outcome)


async def test_outcome_that_comes_after_a_mistake_of_ours_is_no_second_one(tmp_path: Path) -> None:
    heard: list[Outcome] = []
    with pytest.raises(RecursionError, match="too deep"):
        await _hear_while_closing(tmp_path, lambda app: app._handle_exception(RecursionError("too deep")), heard)
    assert heard == list(Outcome)


async def test_outcome_that_cannot_be_told_is_still_answered(tmp_path: Path) -> None:
    def fail(_: object) -> None:
        raise RecursionError("too deep")

    async with stage(tmp_path) as on:
        assert on.app.engine is not None
        desk = on.app.engine.desk
        desk.on_result = fail
        task_id = next(task.id for task in on.board.tasks.values() if task.status.value == "waiting_feedback")
        result = await desk.send_message(task_id, "Take way 1.")
        assert result.outcome is Outcome.DONE
