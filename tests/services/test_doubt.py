"""Answers that are not clearly a yes are not believed until a re-read shows what happened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.errors import StorageError, WrongStateError
from jjm_tui.ports import CreateRequest, ToolAnswer
from jjm_tui.services.drafting.joined_texts import split_texts
from jjm_tui.services.results import Outcome
from tests.services.workbench import bench

DOUBTFUL = [
    "Could not do it: quota exceeded",
    "Unable to comply: task limit reached",
    "Permission denied",
    "429 Too Many Requests",
    "You are not signed in. Please sign in.",
    "Message not sent",
    "Operation failed",
    "Rejected by policy",
    "null",
    "I will see what I can do.",
]


def _answer(caller, tool: str, text: str, *, does_it: bool) -> None:
    """Let a tool answer these words, with or without the effect."""
    real = caller.answer

    def answer(name, arguments):
        if name != tool:
            return real(name, arguments)
        if does_it:
            real(name, arguments)
        return ToolAnswer(text)

    caller.answer = answer


@pytest.mark.parametrize("text", DOUBTFUL)
async def test_words_that_are_no_clear_yes_without_effect_are_never_done(tmp_path, text):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    _answer(caller, "send_message", text, does_it=False)
    result = await manager.send_message(task_id, "Take the first way.")
    assert result.outcome in (Outcome.UNCONFIRMED, Outcome.REFUSED), result
    work.clock.advance(120)
    await manager.settle_operations()
    (operation,) = await manager.list_operations(open_only=False)
    assert operation.state in (OperationState.NOT_SENT, OperationState.REFUSED)


@pytest.mark.parametrize("text", ["Queued for the agent!", "I will see what I can do."])
async def test_words_that_are_no_clear_yes_with_effect_are_done_after_a_reread(tmp_path, text):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    _answer(caller, "send_message", text, does_it=True)
    assert (await manager.send_message(task_id, "Take the first way.")).outcome is Outcome.DONE
    assert len(work.effects("message")) == 1


@pytest.mark.parametrize("text", ["{}", "Task created successfully!", ""])
async def test_create_without_an_id_is_done_only_when_the_list_shows_it(tmp_path, text):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    _answer(caller, "create_session", text, does_it=False)
    assert (await manager.create_task(CreateRequest("Add a badge.", "acme/webapp"))).outcome is Outcome.UNCONFIRMED
    work.clock.advance(120)
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.NOT_SENT
    second, other, _ = work.process()
    _answer(other, "create_session", text, does_it=True)
    result = await second.create_task(CreateRequest("Add a badge.", "acme/webapp"))
    assert result.outcome is Outcome.DONE
    assert [task_id for task_id, _ in work.effects("create")] == [result.task_id]


async def test_create_that_names_a_task_which_was_there_before_is_not_believed(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    old = work.world.session_ids()[0]
    _answer(caller, "create_session", f"Session created. ID: {old}", does_it=False)
    result = await manager.create_task(CreateRequest("Add a badge.", "acme/webapp"))
    assert result.outcome is Outcome.UNCONFIRMED
    assert "there before" in result.message


async def test_another_plan_after_the_approval_raises_the_alarm(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    fingerprint = (await manager.preview_approval(task_id)).fingerprint
    real = caller.answer

    def swap_then_approve(name, arguments):
        if name == "approve_plan":
            work.world.change_plan(task_id, "Something else")
        return real(name, arguments)

    caller.answer = swap_then_approve
    result = await manager.approve_plan(task_id, fingerprint)
    assert any("ALARM" in remark for remark in result.remarks)
    assert isinstance(result.error, WrongStateError)
    assert [event.type.value for event in await manager.query_events(task_id=task_id)].count("plan_mismatch") == 1


async def test_approval_that_names_another_plan_raises_the_alarm(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    fingerprint = (await manager.preview_approval(task_id)).fingerprint
    (plan,) = work.world.session(task_id).plans[-1:]
    real = caller.answer

    def name_another(name, arguments):
        answer = real(name, arguments)
        named = answer.text.replace(f'"planId": "{plan.id}"', '"planId": "another"')
        return replace(answer, text=named)

    caller.answer = name_another
    result = await manager.approve_plan(task_id, fingerprint)
    assert any("another plan than the one you read was approved" in remark for remark in result.remarks)
    assert isinstance(result.error, WrongStateError)


async def test_damaged_drafts_never_turn_a_sent_message_into_a_failure(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    (tmp_path / "drafts.json").write_text('{"drafts": [')
    assert (await manager.send_message(task_id, "Take the first way.")).outcome is Outcome.DONE
    assert len(work.effects("message")) == 1


async def test_damaged_outbox_is_set_aside_and_work_goes_on_when_somebody_has_looked_at_it(tmp_path):
    work = bench(tmp_path)
    manager, _, context = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    (tmp_path / "outbox.json").write_text("not json")
    for text in ("Take the first way.", "Or the second."):
        with pytest.raises(StorageError, match="set aside") as caught:
            await manager.send_message(task_id, text)
        assert (caught.value.hint or "").startswith("The text is kept as the task's draft. ")
    assert split_texts(await context.drafts.get(f"message:{task_id}")) == ["Take the first way.", "Or the second."]
    assert work.effects("message") == []
    (aside,) = (path for path in tmp_path.iterdir() if "damaged" in path.name)
    for _ in range(2):
        later, _, _ = work.process()
        assert await later.what_is_unknown()
        with pytest.raises(StorageError, match="what else was sent, or waited there, is not known") as caught:
            await later.send_message(task_id, "Take the first way.")
        assert f"rm {aside}" in (caught.value.hint or "")
    assert work.effects("message") == []
    aside.unlink()
    assert await later.what_is_unknown() == ()
    assert (await later.send_message(task_id, "Take the first way.")).outcome is Outcome.DONE


async def test_refusal_names_the_task_to_look_at(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    _answer(caller, "send_message", f"Session {task_id} is not waiting.", does_it=False)
    result = await manager.send_message(task_id, "Take the first way.")
    assert result.outcome is Outcome.REFUSED
    assert (result.hint or "").startswith(f"Look at the task: jjm get {task_id}. Your text is kept: jjm outbox resend ")
