"""The manager over a simulated world: what a person asks for comes out right, and is told truly."""

from __future__ import annotations

import pytest

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.text import clean
from jjm_tui.ports import CreateRequest
from jjm_tui.services.results import Outcome
from jjm_tui.services.selection import ListRequest
from tests.services.workbench import bench


async def test_list_from_server_has_every_task(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    result = await manager.list_tasks(ListRequest())
    assert result.source == "server"
    assert {task.id for task in result.tasks} == set(work.world.session_ids())
    assert result.synced_at == work.clock.now()


async def test_list_with_server_down_answers_from_store_and_says_so(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    await manager.list_tasks(ListRequest())
    synced = work.clock.now()
    work.clock.advance(600)
    caller.is_down = True
    result = await manager.list_tasks(ListRequest())
    assert result.source == "store"
    assert result.failure is not None
    assert result.synced_at == synced
    assert len(result.tasks) == 12


async def test_approve_plan_that_was_read_is_done_once(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    preview = await manager.preview_approval(task_id)
    assert preview.plan.steps
    result = await manager.approve_plan(task_id, preview.fingerprint)
    assert result.outcome is Outcome.DONE
    assert len(work.effects("approve")) == 1
    assert result.task is not None
    assert result.task.status is not TaskStatus.WAITING_APPROVAL


async def test_create_is_done_and_stored(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    result = await manager.create_task(CreateRequest("Add a badge.", "acme/webapp"))
    assert result.outcome is Outcome.DONE
    assert result.task_id == work.effects("create")[0][0]
    assert (await manager.get_task(result.task_id, cached=True)).task.description == "Add a badge."


@pytest.mark.parametrize("text", ["Take option 1.", "Zwei\nZeilen  \n", "[/foo] \x1b[31mred"])
async def test_message_is_done_and_in_the_chat_once(tmp_path, text):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    result = await manager.send_message(task_id, text)
    assert result.outcome is Outcome.DONE, result
    assert work.effects("message") == [(task_id, text)]
    chat = (await manager.get_task(task_id)).task.chat_history
    mine = [message for message in chat if message.content.rstrip() == clean(text).rstrip()]
    assert [message.delivery for message in mine] == [None]
