"""Settling: what a re-read shows is believed exactly as far as it goes."""

from __future__ import annotations

import pytest

from jjm_tui.domain.kept_draft import DraftTimes
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import AmbiguousTaskError, Effect, TaskNotFoundError, UnsupportedOperationError, WrongStateError
from jjm_tui.ports import CreateRequest
from jjm_tui.services.drafting.joined_texts import NOT_SENT, marker, words_in
from jjm_tui.services.manager import JobManager
from jjm_tui.services.results import Outcome
from tests.services.workbench import WRITES, CuttingCaller, Workbench, bench, lost, other_origin

REQUEST = CreateRequest("Add a badge to the readme.", "acme/webapp")


def _lose(caller: CuttingCaller, place: str = "effect", *, then_down: bool = True) -> None:
    """Lose the answer of the next changing call; afterwards the server cannot be read, unless told otherwise."""
    state = {"struck": False}

    def cut(tool: str, where: str) -> BaseException | None:
        if state["struck"]:
            return lost(Effect.NONE) if then_down else None
        if tool in WRITES and where == place:
            state["struck"] = True
            return lost()
        return None

    caller.cut = cut


async def _unconfirmed_create(work: Workbench, place: str = "effect") -> str:
    manager, caller, context = work.process()
    _lose(caller, place)
    result = await manager.create_task(REQUEST)
    assert result.outcome is Outcome.UNCONFIRMED
    context.outbox.close()
    return result.operation_id or ""


async def test_create_with_several_new_lookalikes_stays_unconfirmed(tmp_path):
    work = bench(tmp_path)
    await _unconfirmed_create(work)
    work.world.create_session(REQUEST.description, "sources/github/acme/webapp", starting_branch="main")
    work.clock.advance(120)
    manager, _, _ = work.process()
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.UNCONFIRMED
    assert "Several" in settled.message


async def test_create_is_not_mistaken_for_an_older_task_with_the_same_prompt(tmp_path):
    work = bench(tmp_path)
    work.world.create_session(REQUEST.description, "sources/github/acme/webapp", starting_branch="main")
    await _unconfirmed_create(work, "written")
    work.clock.advance(120)
    manager, _, _ = work.process()
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.NOT_SENT


async def test_create_is_not_called_absent_by_a_clock_that_is_ahead_of_the_servers(tmp_path):
    work = bench(tmp_path)
    work.clock.advance(3600)
    await _unconfirmed_create(work)
    work.clock.advance(120)
    manager, _, _ = work.process()
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.UNCONFIRMED
    ((task_id, _),) = work.effects("create")
    assert f"Task {task_id} is new and may be it" in settled.message


async def test_too_early_to_say_that_nothing_happened_stays_unconfirmed(tmp_path):
    work = bench(tmp_path)
    await _unconfirmed_create(work, "written")
    work.clock.advance(5)
    manager, _, _ = work.process()
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.UNCONFIRMED
    assert "too early" in settled.message


async def test_list_that_shows_only_a_part_proves_no_absence(tmp_path):
    work = bench(tmp_path, dialect="official", tasks=130)
    await _unconfirmed_create(work, "written")
    work.clock.advance(600)
    manager, _, _ = work.process()
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.UNCONFIRMED


async def test_operation_of_another_origin_is_left_alone(tmp_path):
    work = bench(tmp_path)
    await _unconfirmed_create(work)
    _, caller, context = work.process()
    (result,) = await JobManager(other_origin(context)).settle_operations()
    assert result.outcome is Outcome.UNCONFIRMED
    assert any("another server" in remark for remark in result.remarks)
    assert caller.calls == []


async def test_unconfirmed_create_is_not_sent_again_through_another_server(tmp_path):
    work = bench(tmp_path)
    operation_id = await _unconfirmed_create(work)
    _, caller, context = work.process()
    stranger = JobManager(other_origin(context))
    with pytest.raises(WrongStateError, match=r"may have arrived through .*, and test/other cannot show it"):
        await stranger.resend_operation(operation_id)
    assert caller.calls == []
    (left,) = await stranger.list_operations()
    assert (left.id, left.state) == (operation_id, OperationState.UNCONFIRMED)
    manager, _, _ = work.process()
    assert (await manager.resend_operation(operation_id)).outcome is Outcome.DONE
    assert len(work.effects("create")) == 1


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ("And now?", None),
        ("And now? Or later", "And now? Or later"),
        (f"And now?\n\n{marker(NOT_SENT)}\nOr later", "Or later"),
        (f"Or later\n\n{marker(NOT_SENT)}\nAnd now?", "Or later"),
    ],
)
async def test_message_settled_as_done_takes_its_draft_along(tmp_path, kept, left):
    work = bench(tmp_path)
    manager, caller, context = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    await context.drafts.put(f"message:{task_id}", kept, DraftTimes().typed(words_in(kept), work.clock.now()))
    _lose(caller, "effect")
    assert (await manager.send_message(task_id, "And now?")).outcome is Outcome.UNCONFIRMED
    context.outbox.close()
    assert list((await manager.list_drafts()).values()) == ([] if left is None else [left])
    manager, _, context = work.process()
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.DONE
    assert await context.drafts.get(f"message:{task_id}") == left


async def test_message_settled_as_done_leaves_an_equal_text_that_was_typed_since(tmp_path):
    work = bench(tmp_path)
    manager, caller, context = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    _lose(caller, "effect")
    assert (await manager.send_message(task_id, "And now?")).outcome is Outcome.UNCONFIRMED
    context.outbox.close()
    work.clock.advance(1)
    await context.drafts.put(f"message:{task_id}", "And now?", DraftTimes().typed(["And now?"], work.clock.now()))
    manager, _, context = work.process()
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.DONE
    assert await context.drafts.get(f"message:{task_id}") == "And now?"
    assert list((await manager.list_drafts()).values()) == ["And now?"]


async def test_operation_is_found_by_the_beginning_of_its_id(tmp_path):
    work = bench(tmp_path)
    operation_id = await _unconfirmed_create(work)
    manager, _, _ = work.process()
    assert (await manager.get_operation(operation_id[:6])).id == operation_id
    with pytest.raises(TaskNotFoundError):
        await manager.get_operation("zzz")
    with pytest.raises(TaskNotFoundError):
        await manager.get_operation("")


async def test_discarded_operation_stops_blocking_and_keeps_its_text(tmp_path):
    work = bench(tmp_path)
    operation_id = await _unconfirmed_create(work)
    manager, _, _ = work.process()
    discarded = await manager.discard_operation(operation_id)
    assert discarded.state is OperationState.DISCARDED
    assert discarded.payload["description"] == REQUEST.description
    assert await manager.list_operations() == ()
    assert (await manager.create_task(REQUEST)).outcome is Outcome.DONE
    with pytest.raises(WrongStateError):
        await manager.discard_operation(operation_id)


async def test_done_operation_is_neither_discarded_nor_sent_again(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    done = await manager.create_task(REQUEST)
    with pytest.raises(WrongStateError):
        await manager.discard_operation(done.operation_id or "")
    with pytest.raises(WrongStateError):
        await manager.resend_operation(done.operation_id or "")
    assert len(work.effects("create")) == 1


async def test_ambiguous_operation_prefix_is_told(tmp_path):
    work = bench(tmp_path)
    manager, _, context = work.process()
    origin, now = context.origin, work.clock.now()
    for operation_id in ("abc1", "abc2"):
        await context.outbox.add(
            Operation(operation_id, OperationKind.MESSAGE, now, origin, OperationState.UNCONFIRMED, operation_id)
        )
    with pytest.raises(AmbiguousTaskError):
        await manager.get_operation("abc")


async def test_resume_by_tool_without_an_answer_is_settled_by_the_status(tmp_path):
    work = bench(tmp_path, dialect="browser")
    manager, caller, _ = work.process()
    task_id = work.session_in("PAUSED")
    _lose(caller, then_down=False)
    assert (await manager.resume_task(task_id)).outcome is Outcome.DONE
    assert len(work.effects("resume")) == 1


async def test_approval_without_an_answer_while_another_plan_appears_stays_unconfirmed(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    fingerprint = (await manager.preview_approval(task_id)).fingerprint
    _lose(caller, "written")
    assert (await manager.approve_plan(task_id, fingerprint)).outcome is Outcome.UNCONFIRMED
    work.world.change_plan(task_id, "Another way")
    work.clock.advance(120)
    caller.cut = lambda tool, place: None
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.UNCONFIRMED
    assert "another plan" in settled.message


async def test_title_that_a_server_cannot_take_is_dropped_with_a_remark(tmp_path):
    work = bench(tmp_path, dialect="browser")
    manager, _, _ = work.process()
    request = CreateRequest("Add a badge.", "acme/webapp", title="Badge", explicit=frozenset({"title"}))
    result = await manager.create_task(request)
    assert result.outcome is Outcome.DONE
    assert any("title" in remark.lower() for remark in result.remarks)


async def test_option_that_a_server_has_no_switch_for_is_refused_before_sending(tmp_path):
    work = bench(tmp_path, dialect="browser")
    manager, _, _ = work.process()
    request = CreateRequest("Add a badge.", "acme/webapp", pr="none", explicit=frozenset({"pr"}))
    assert (await manager.plan_create(request)).refusal
    result = await manager.create_task(request)
    assert result.outcome is Outcome.NOT_SENT
    assert isinstance(result.error, UnsupportedOperationError)
    assert work.effects("create") == []
