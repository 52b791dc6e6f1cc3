"""A status that the server no longer tells is never shown as read now, and no approval goes out on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.query import parse_query
from jjm_tui.domain.status import TaskStatus
from jjm_tui.errors import Effect, OperationTimeoutError
from jjm_tui.ports import CreateRequest, ToolAnswer
from jjm_tui.services.manager import JobManager
from jjm_tui.services.results import Outcome
from jjm_tui.services.selection import ListRequest
from tests.services.workbench import START, CuttingCaller, bench, lost, other_origin

GONE = object()
WEEKS: Final = 14 * 86400.0


def _retell(caller: CuttingCaller, change: Callable[[str, Any], Any]) -> None:
    """From now on the server's JSON answers are what ``change`` makes of a tool's name and value."""
    real = caller.answer

    def answer(name, arguments):
        said = real(name, arguments)
        try:
            value = json.loads(said.text)
        except ValueError:
            return said
        return ToolAnswer(json.dumps(change(name, value)), is_error=said.is_error)

    caller.answer = answer


def _state_is(task_id: str, word: object) -> Callable[[str, Any], Any]:
    """The records of a task have this state, or none at all."""

    def change(name: str, value: Any) -> Any:
        for record in value.get("sessions", [value]):
            if record.get("id") == task_id:
                record["state"] = word
                if word is GONE:
                    del record["state"]
        return value

    return change


def _unlisted(task_id: str) -> Callable[[str, Any], Any]:
    """The official server's list is full of other tasks, and its cache does not tell which state this one is in."""

    def change(name: str, value: Any) -> Any:
        if name == "list_sessions":
            others = [record for record in value["sessions"] if record["id"] != task_id]
            return {"sessions": others, "nextPageToken": "more"}
        if name == "get_session_state":
            value.pop("pendingPlan", None)
        if name == "query_cache" and any(record.get("id") == task_id for record in value["results"]):
            return {"results": []}
        return value

    return change


@pytest.mark.parametrize("word", [GONE, None, "", 3, {}, "STATE_UNSPECIFIED"])
@pytest.mark.parametrize("by_list", [True, False])
async def test_whole_session_without_a_state_is_unknown_and_no_plan_of_it_is_approved(
    tmp_path: Path, word: object, by_list: bool
) -> None:
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    read = await manager.preview_approval(task_id)
    _retell(caller, _state_is(task_id, word))
    if by_list:
        (task,) = [each for each in (await manager.list_tasks(ListRequest())).tasks if each.id == task_id]
    else:
        task = (await manager.get_task(task_id)).task
    assert (task.status, task.waiting_since) == (TaskStatus.UNKNOWN, None)
    assert task.status_detail == ("STATE_UNSPECIFIED" if word == "STATE_UNSPECIFIED" else None)
    assert (await manager.preview_approval(task_id)).needs_extra_word
    assert (await manager.approve_plan(task_id, read.fingerprint)).outcome is Outcome.NOT_SENT
    assert work.effects("approve") == []
    await manager.close()


async def test_new_task_without_a_state_in_its_answer_is_as_it_was_asked_for(tmp_path: Path) -> None:
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    _retell(caller, lambda name, value: {**value, "state": None} if name == "create_session" else value)
    caller.cut = lambda tool, place: lost() if tool == "get_session" else None
    result = await manager.create_task(CreateRequest("Do it.", "acme/webapp"))
    assert result.task is not None
    assert result.task.status is TaskStatus.PENDING
    await manager.close()


async def test_status_that_a_partial_answer_leaves_out_keeps_its_own_age_and_no_approval_goes_out_on_it(
    tmp_path: Path,
) -> None:
    work = bench(tmp_path, dialect="official")
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    read = await manager.preview_approval(task_id)
    assert not read.needs_extra_word
    assert (await manager.get_task(task_id)).remarks == ()
    _retell(caller, _unlisted(task_id))
    work.clock.advance(600)
    shown = await manager.get_task(task_id)
    assert shown.task.status is TaskStatus.WAITING_APPROVAL
    assert "The server does not tell the status for certain now; this one was read 10m ago." in shown.remarks
    assert shown.task.status_read_at == START
    assert shown.task.synced_at == START + timedelta(seconds=600)
    assert (await manager.preview_approval(task_id)).needs_extra_word
    assert (await manager.approve_plan(task_id, read.fingerprint)).outcome is Outcome.NOT_SENT
    assert work.effects("approve") == []
    await manager.close()


async def test_status_that_was_told_before_its_time_is_not_taken_for_one_told_now(tmp_path: Path) -> None:
    work = bench(tmp_path, dialect="official")
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    await manager.get_task(task_id)
    _retell(caller, _unlisted(task_id))
    work.clock.set_back(7200)
    shown = await manager.get_task(task_id)
    told = "The server does not tell the status for certain now; this one was read at an unknown time."
    assert told in shown.remarks
    assert (await manager.preview_approval(task_id)).needs_extra_word
    await manager.close()


async def test_approval_in_doubt_is_not_called_absent_because_of_a_status_of_before(tmp_path: Path) -> None:
    work = bench(tmp_path, dialect="official")
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    read = await manager.preview_approval(task_id)

    def cut(tool: str, place: str) -> BaseException | None:
        if tool != "send_reply_to_session" or place != "written":
            return None
        _retell(caller, _unlisted(task_id))
        work.clock.advance(600)
        return lost()

    caller.cut = cut
    result = await manager.approve_plan(task_id, read.fingerprint)
    assert result.outcome is Outcome.UNCONFIRMED
    (operation,) = await manager.list_operations(open_only=False)
    assert operation.state is OperationState.UNCONFIRMED
    await manager.close()


async def test_resume_in_doubt_is_not_called_absent_while_the_server_does_not_tell_the_status(tmp_path: Path) -> None:
    work = bench(tmp_path, dialect="browser")
    manager, caller, _ = work.process()
    await manager.list_tasks(ListRequest())
    task_id = work.session_in("IN_PROGRESS")
    work.world.set_state(task_id, "PAUSED")
    real = caller.answer

    def answer(name, arguments):
        said = real(name, arguments)
        return ToolAnswer(said.text.replace("paused", "somewhere")) if name == "jules_get_task" else said

    def cut(tool: str, place: str) -> BaseException | None:
        if tool != "jules_resume_task" or place != "written":
            return None
        work.clock.advance(600)
        return lost()

    caller.answer, caller.cut = answer, cut
    assert (await manager.resume_task(task_id)).outcome is Outcome.UNCONFIRMED
    await manager.close()


def _not_listed(task_id: str, *, is_cut: bool) -> Callable[[str, Any], Any]:
    """The list has all tasks but this one, and says whether there are more."""

    def change(name: str, value: Any) -> Any:
        if name == "list_sessions":
            others = [record for record in value["sessions"] if record["id"] != task_id]
            return {"sessions": others, **({"nextPageToken": "more"} if is_cut else {})}
        return value

    return change


@pytest.mark.parametrize("is_cut", [True, False])
async def test_list_says_how_old_a_status_is_that_the_server_did_not_tell(tmp_path: Path, *, is_cut: bool) -> None:
    work = bench(tmp_path, dialect="official" if is_cut else "rest")
    manager, caller, _ = work.process()
    fresh = await manager.list_tasks(ListRequest())
    assert (fresh.untold, fresh.warnings) == (frozenset(), ())
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    work.clock.advance(WEEKS)
    work.world.set_state(task_id, "COMPLETED")
    _retell(caller, _not_listed(task_id, is_cut=is_cut))
    too_slow = OperationTimeoutError("too slow", effect=Effect.NONE)
    caller.cut = lambda tool, place: None if tool == "list_sessions" else too_slow
    warnings = (
        "The server did not tell the status of 1 of 12 tasks now; it was read 14d ago. `jjm get TASK` asks for one.",
    )
    listed = await manager.list_tasks(ListRequest())
    (task,) = [task for task in listed.tasks if task.id == task_id]
    assert (listed.source, task.status, task.synced_at) == ("server", TaskStatus.WAITING_APPROVAL, START)
    assert (listed.untold, listed.warnings) == ({task_id}, warnings)
    for request in (
        ListRequest(statuses=frozenset({TaskStatus.COMPLETED})),
        ListRequest(query=parse_query("status:completed")),
    ):
        hiding = await manager.list_tasks(request)
        assert task_id not in {task.id for task in hiding.tasks}
        assert hiding.warnings == warnings
    assert (await manager.list_tasks(ListRequest(repository="nobody/nothing"))).warnings == ()
    assert (await manager.list_tasks(ListRequest(), cached=True)).untold == frozenset()
    await manager.close()


async def test_list_tells_apart_the_tasks_of_a_server_that_was_not_asked(tmp_path: Path) -> None:
    work = bench(tmp_path)
    manager, _, _ = work.process()
    theirs = {task.id for task in (await manager.list_tasks(ListRequest())).tasks}
    await manager.close()
    other = bench(tmp_path, tasks=3, seed=9)
    ours = JobManager(other_origin(other.process()[2]))
    for seconds, age in ((0.0, "just now"), (WEEKS, "14d ago")):
        other.clock.advance(seconds)
        listed = await ours.list_tasks(ListRequest())
        assert (listed.source, len(listed.tasks), listed.untold) == ("server", 15, theirs)
        assert listed.warnings == (
            f"12 of 15 tasks are of another server, which was not asked; the oldest status was read {age}.",
        )
    await ours.close()


async def test_status_from_ahead_of_now_is_not_one_that_the_list_told(tmp_path: Path) -> None:
    work = bench(tmp_path, dialect="official")
    manager, caller, _ = work.process()
    await manager.list_tasks(ListRequest())
    task_id = work.session_in("IN_PROGRESS")
    _retell(caller, _not_listed(task_id, is_cut=True))
    work.clock.set_back(3600)
    listed = await manager.list_tasks(ListRequest())
    assert listed.untold == {task_id}
    assert "it was read at an unknown time" in listed.warnings[0]
    await manager.close()


async def test_list_of_a_server_that_never_asks_jules_makes_no_status_newer(tmp_path: Path) -> None:
    work = bench(tmp_path, dialect="browser")
    manager, _, _ = work.process()
    await manager.list_tasks(ListRequest())
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    assert (await manager.get_task(task_id)).task.status is TaskStatus.WAITING_APPROVAL
    work.clock.advance(3600)
    listed = await manager.list_tasks(ListRequest())
    assert listed.untold == {task_id}
    assert "it was read 1h ago" in listed.warnings[0]
    await manager.close()
