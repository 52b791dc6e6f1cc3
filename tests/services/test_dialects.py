"""The same decisions through every family of servers: right effects, true outcomes, nothing erased."""

from __future__ import annotations

import pytest

from jjm_tui.domain.status import TaskStatus
from jjm_tui.errors import AuthenticationError, TaskNotFoundError, UnsupportedOperationError, WrongStateError
from jjm_tui.ports import CreateRequest, ToolAnswer
from jjm_tui.services.results import Outcome
from jjm_tui.services.selection import ListRequest
from tests.services.workbench import bench


@pytest.fixture(params=["rest", "official", "browser"])
def work(request, tmp_path):
    return bench(tmp_path, dialect=request.param)


async def test_message_is_done_and_effective_once(work):
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    result = await manager.send_message(task_id, "Take the first way.")
    assert result.outcome is Outcome.DONE, result
    assert work.effects("message") == [(task_id, "Take the first way.")]
    chat = (await manager.get_task(task_id)).task.chat_history
    assert [message.content for message in chat].count("Take the first way.") == 1


async def test_create_is_done_effective_once_and_found_again(work):
    manager, _, _ = work.process()
    result = await manager.create_task(CreateRequest("Add a badge to the readme.", "acme/webapp"))
    assert result.outcome is Outcome.DONE, result
    assert [task_id for task_id, _ in work.effects("create")] == [result.task_id]
    listed = await manager.list_tasks(ListRequest())
    (task,) = [task for task in listed.tasks if task.id == result.task_id]
    assert task.description == "Add a badge to the readme."
    assert task.repository == "acme/webapp"


async def test_approval_is_done_and_effective_once(work):
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    preview = await manager.preview_approval(task_id)
    if preview.needs_extra_word:
        without = await manager.approve_plan(task_id, preview.fingerprint)
        assert without.outcome is Outcome.NOT_SENT
        assert work.effects("approve") == []
    result = await manager.approve_plan(task_id, preview.fingerprint, incomplete=preview.needs_extra_word)
    assert result.outcome is Outcome.DONE, result
    assert len(work.effects("approve")) == 1
    with pytest.raises(WrongStateError):
        await manager.preview_approval(task_id)


async def test_resume_is_done_and_the_task_goes_on(work):
    manager, _, _ = work.process()
    task_id = work.session_in("PAUSED")
    result = await manager.resume_task(task_id)
    assert result.outcome is Outcome.DONE, result
    assert work.world.get_session(task_id)["state"] != "PAUSED"
    again = await manager.resume_task(task_id)
    assert again.outcome in (Outcome.NOT_SENT, Outcome.REFUSED)
    assert "paused" in again.message


async def test_failed_task_is_told_as_failed(work):
    manager, _, _ = work.process()
    task = (await manager.get_task(work.session_in("FAILED"))).task
    assert task.status is TaskStatus.FAILED


async def test_branch_that_a_server_does_not_keep_to_is_sent_with_a_remark_or_kept(work):
    manager, _, _ = work.process()
    request = CreateRequest("Try another branch.", "acme/webapp", branch="develop", explicit=frozenset({"branch"}))
    result = await manager.create_task(request)
    assert result.outcome is Outcome.DONE
    task = (await manager.get_task(result.task_id or "")).task
    branch = work.world.get_session(result.task_id)["sourceContext"]["githubRepoContext"]["startingBranch"]
    if branch != "develop":
        assert any("branch" in remark.lower() for remark in result.remarks)
    assert task.branch in (None, branch) or any("branch" in remark.lower() for remark in result.remarks)


async def test_browser_poll_learns_the_status_from_pages_that_the_list_never_tells(tmp_path):
    work = bench(tmp_path, dialect="browser")
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    listed = {task.id: task.status for task in (await manager.list_tasks(ListRequest())).tasks}
    assert listed[task_id] is TaskStatus.PENDING
    await manager.get_task(task_id)
    listed = {task.id: task.status for task in (await manager.list_tasks(ListRequest())).tasks}
    assert listed[task_id] is TaskStatus.WAITING_APPROVAL


async def test_browser_page_that_looks_signed_out_erases_nothing_and_stops_polling(tmp_path):
    work = bench(tmp_path, dialect="browser")
    manager, caller, context = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    before = (await manager.get_task(task_id)).task
    assert before.chat_history
    answer = caller.answer

    def signed_out(tool, arguments):
        if tool != "jules_get_task":
            return answer(tool, arguments)
        return ToolAnswer(
            f"Task Details ({arguments['taskId']}):\n\nStatus: unknown\n"
            f"URL: https://jules.google.com/task/{arguments['taskId']}\n"
            "Source Files (0):\n\n\nRecent Chat Messages (0):\n"
        )

    caller.answer = signed_out
    result = await manager.get_task(task_id)
    assert isinstance(result.failure, AuthenticationError)
    assert result.source == "store"
    assert [m.content for m in result.task.chat_history] == [m.content for m in before.chat_history]
    assert (await context.store.get_sync_state(context.origin)).polling_stopped
    with pytest.raises(TaskNotFoundError):
        await manager.get_task("5555555555555555555")
    caller.answer = answer
    assert (await manager.get_task(task_id)).source == "server"
    assert (await context.store.get_sync_state(context.origin)).polling_stopped is None


async def test_browser_cannot_show_a_diff_and_says_why(tmp_path):
    work = bench(tmp_path, dialect="browser")
    manager, _, _ = work.process()
    with pytest.raises(UnsupportedOperationError):
        await manager.get_diff(work.session_in("COMPLETED"))
