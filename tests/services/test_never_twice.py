"""Sending again, sending the same, two at once, failing disks: never a second effect, and the outcome told is true.

The simulated world's own journal is the truth. Where an exchange can be cut is gone through in ``test_cut_places``,
byte by byte in ``test_cut_bytes``, and with real processes in ``tests/kills``.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from jjm_tui.domain.draft_keys import message_key
from jjm_tui.domain.events import EventType
from jjm_tui.domain.kept_draft import UNKNOWN_TIMES
from jjm_tui.domain.operations import Operation, OperationState
from jjm_tui.domain.plans import diff_plans
from jjm_tui.errors import Effect, StorageError, WrongStateError
from jjm_tui.ports import CreateRequest
from jjm_tui.services.drafting.joined_texts import split_texts
from jjm_tui.services.manager import JobManager
from jjm_tui.services.recording import OperationRecorder
from jjm_tui.services.results import Outcome
from jjm_tui.services.selection import ListRequest
from jjm_tui.store.draft_file import FileDrafts
from jjm_tui.store.durable import FileOps
from jjm_tui.store.outbox_file import FileOutbox
from tests.services.cutting import TEXT, count_effects
from tests.services.workbench import WRITES, Cut, CuttingCaller, Killed, Workbench, bench, lost, other_origin


def _cut_once(caller: CuttingCaller, place: str, failure: BaseException) -> None:
    pending = [failure]
    caller.cut = lambda tool, where: pending.pop() if tool in WRITES and where == place and pending else None


async def test_identical_create_while_one_is_unconfirmed_sends_nothing(tmp_path):
    work = bench(tmp_path)
    first, caller, context = work.process()
    _cut_once(caller, "effect", lost())
    caller.cut = _and_no_reading(caller)
    request = CreateRequest(TEXT, "acme/webapp")
    assert (await first.create_task(request)).outcome is Outcome.UNCONFIRMED
    context.outbox.close()
    second, _, _ = work.process()
    with pytest.raises(WrongStateError):
        await second.create_task(request)
    assert count_effects(work, "create") == 1


def _and_no_reading(caller: CuttingCaller) -> Callable[[str, str], BaseException | None]:
    """After the cut the server cannot be read either, so the outcome stays open."""
    cut, state = caller.cut, {"over": False}

    def later(tool: str, place: str) -> BaseException | None:
        if state["over"]:
            return lost(Effect.NONE)
        failure = cut(tool, place)
        state["over"] = failure is not None
        return failure

    return later


async def test_equal_messages_one_after_the_other_are_two_effects_and_both_done(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    outcomes = [(await manager.send_message(task_id, TEXT)).outcome for _ in range(2)]
    assert outcomes == [Outcome.DONE, Outcome.DONE]
    assert count_effects(work, "message") == 2


async def test_lost_answer_of_a_message_equal_to_an_earlier_one_is_settled_by_counting(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    await manager.send_message(task_id, TEXT)
    _cut_once(caller, "written", lost())
    second = await manager.send_message(task_id, TEXT)
    assert second.outcome is Outcome.UNCONFIRMED
    work.clock.advance(120)
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.NOT_SENT
    assert count_effects(work, "message") == 1


async def test_two_processes_with_the_same_text_each_tell_the_truth(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    (one, _, first), (two, _, second) = work.process(), work.process()
    results = []
    for manager in (one, two):
        results.append((await manager.send_message(task_id, TEXT)).outcome)
    assert results == [Outcome.DONE, Outcome.DONE]
    assert count_effects(work, "message") == 2
    first.outbox.close()
    second.outbox.close()


async def test_operation_of_a_living_process_is_not_adopted(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, _ = work.process()
    seen = []

    def look_from_elsewhere(tool: str, place: str) -> BaseException | None:
        if tool in WRITES and place == "written":
            seen.append([op.state for op in context.outbox._file.read().items()])
        return None

    _, _, context = work.process()
    caller.cut = look_from_elsewhere
    await manager.send_message(task_id, TEXT)
    assert seen == [[OperationState.SENDING]]
    other, _, _ = work.process()
    assert [op.state for op in await other.list_operations(open_only=False)] == [OperationState.DONE]


async def test_operation_that_was_told_as_not_sent_is_not_sent_after_that(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, _ = work.process()
    _, _, elsewhere = work.process()

    def settle_elsewhere(tool: str, place: str) -> BaseException | None:
        if tool in WRITES and place == "before write":
            for op in elsewhere.outbox._file.read().items():
                elsewhere.outbox.change_now(op.id, lambda known: replace(known, state=OperationState.NOT_SENT))
        return None

    caller.cut = settle_elsewhere
    result = await manager.send_message(task_id, TEXT)
    assert result.outcome is Outcome.NOT_SENT
    assert count_effects(work, "message") == 0


@pytest.mark.parametrize("is_read_meanwhile", [False, True])
async def test_plan_changed_between_reading_and_approving_sends_nothing(tmp_path, is_read_meanwhile):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    preview = await manager.preview_approval(task_id)
    work.world.change_plan(task_id, "Another way")
    if is_read_meanwhile:
        await manager.get_task(task_id)
    result = await manager.approve_plan(task_id, preview.fingerprint, read=preview.plan)
    assert result.outcome is Outcome.NOT_SENT
    assert result.task is not None
    assert result.difference == diff_plans(preview.plan, result.task.plan)
    assert result.difference
    assert count_effects(work, "approve") == 0


async def test_unsent_message_is_kept_as_a_draft(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, context = work.process()
    await manager.get_task(task_id)
    caller.is_down = True
    result = await manager.send_message(task_id, TEXT)
    assert result.outcome is Outcome.NOT_SENT
    assert await context.drafts.get(f"message:{task_id}") == TEXT
    shown = (await manager.get_task(task_id, cached=True)).task.chat_history[-1]
    assert (shown.content, shown.delivery) == (TEXT, "failed")


class _TypedElsewhere(FileDrafts):
    """Another dashboard saves what somebody types there, in the moment before a draft is written here."""

    async def put(self, key, text, times=UNKNOWN_TIMES):
        await super().put(key, "typed elsewhere")
        await super().put(key, text, times)

    async def exchange(self, key, known, draft):
        await super().put(key, "typed elsewhere")
        return await super().exchange(key, known, draft)


async def test_unsent_message_takes_the_place_of_no_draft_that_is_saved_in_the_same_moment(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    _, caller, context = work.process()
    drafts = _TypedElsewhere(tmp_path / "drafts.json")
    caller.cut = lambda tool, place: lost(Effect.NONE) if tool in WRITES else None
    result = await JobManager(replace(context, drafts=drafts)).send_message(task_id, TEXT)
    assert result.outcome is Outcome.NOT_SENT
    assert await drafts.get(message_key(task_id)) == "typed elsewhere"


async def test_interrupted_person_is_told_what_is_known(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, _ = work.process()
    _cut_once(caller, "written", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await manager.send_message(task_id, TEXT)
    (operation,) = await manager.list_operations(open_only=False)
    assert operation.state is OperationState.UNCONFIRMED


async def test_task_of_another_origin_is_refused_before_anything_is_sent_and_the_text_is_kept(tmp_path):
    work = bench(tmp_path)
    manager, _, context = work.process()
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    await manager.get_task(task_id)
    stranger = JobManager(other_origin(context))
    for _ in range(2):
        with pytest.raises(WrongStateError, match="belongs to test/simulator") as caught:
            await stranger.send_message(task_id, TEXT)
        assert (caught.value.hint or "").startswith("The text is kept as the task's draft. Use that profile or server")
    assert count_effects(work, "message") == 0
    assert split_texts(await context.drafts.get(f"message:{task_id}") or "") == [TEXT]


async def _not_sent(work: Workbench) -> tuple[JobManager, str]:
    """The id of a message that did not go out, and who may send it again."""
    manager, caller, _ = work.process()
    _cut_once(caller, "before write", lost(Effect.NONE))
    first = await manager.send_message(work.session_in("AWAITING_USER_FEEDBACK"), TEXT)
    assert first.outcome is Outcome.NOT_SENT
    return manager, first.operation_id or ""


async def test_resend_after_not_sent_happens_once(tmp_path):
    work = bench(tmp_path)
    manager, first = await _not_sent(work)
    again = await manager.resend_operation(first)
    assert again.outcome is Outcome.DONE
    assert count_effects(work, "message") == 1


async def test_resend_that_cannot_begin_leaves_the_old_one_as_it_was(tmp_path):
    work = bench(tmp_path)
    manager, first = await _not_sent(work)
    aside = tmp_path / "outbox.json.damaged-20261120T080000.000000Z"
    aside.write_text("{")
    with pytest.raises(StorageError, match="set aside"):
        await manager.resend_operation(first)
    assert [each.state for each in await manager.list_operations(open_only=False)] == [OperationState.NOT_SENT]
    aside.unlink()
    assert (await manager.resend_operation(first)).outcome is Outcome.DONE
    assert count_effects(work, "message") == 1


async def test_same_message_while_it_is_open_is_told_as_open_and_not_as_a_draft(tmp_path):
    work = bench(tmp_path)
    manager, _, known = await _in_doubt(work)
    with pytest.raises(WrongStateError) as caught:
        await manager.send_message(known.task_id or "", TEXT)
    assert caught.value.hint == f"Nothing was sent. Wait for it, or look at: jjm outbox show {known.id}"
    assert await manager.list_drafts() == {}
    with pytest.raises(WrongStateError) as caught:
        await manager.send_message(known.task_id or "", "Another one.")
    assert (caught.value.hint or "").startswith("The text is kept as the task's draft. Nothing was sent.")
    assert list((await manager.list_drafts()).values()) == ["Another one."]


async def test_resend_of_what_was_sent_again_sends_nothing(tmp_path):
    work = bench(tmp_path)
    manager, first = await _not_sent(work)
    again = await manager.resend_operation(first)
    with pytest.raises(WrongStateError, match=f"sent again already, as {again.operation_id}; nothing was sent"):
        await manager.resend_operation(first)
    assert count_effects(work, "message") == 1


async def test_resend_of_a_text_that_arrived_since_sends_nothing(tmp_path):
    work = bench(tmp_path)
    manager, first = await _not_sent(work)
    work.clock.advance(60)
    later = await manager.send_message(work.session_in("AWAITING_USER_FEEDBACK"), TEXT)
    assert later.outcome is Outcome.DONE
    with pytest.raises(WrongStateError, match=f"arrived since, as {later.operation_id}; nothing was sent"):
        await manager.resend_operation(first)
    assert count_effects(work, "message") == 1
    assert [each.state for each in await manager.list_operations(open_only=False)] == [
        OperationState.NOT_SENT,
        OperationState.DONE,
    ]


async def test_resend_from_two_processes_that_read_the_same_happens_once(tmp_path):
    work = bench(tmp_path)
    manager, first = await _not_sent(work)
    _, _, other = work.process()
    known = await other.outbox.get(first)
    assert known is not None
    await manager.resend_operation(first)
    again = replace(known, id="ffff00001111", state=OperationState.PREPARED)
    with pytest.raises(WrongStateError, match="has changed meanwhile: it is sent again now"):
        await OperationRecorder(other).request(again, instead_of=known)
    assert await other.outbox.get(again.id) is None


async def _in_doubt(work: Workbench) -> tuple[JobManager, CuttingCaller, Operation]:
    """A message that may have arrived, and of which nothing is seen yet."""
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, context = work.process()
    _cut_once(caller, "written", lost(Effect.UNKNOWN))
    first = await manager.send_message(task_id, TEXT)
    known = await context.outbox.get(first.operation_id or "")
    assert known is not None
    assert known.state is OperationState.UNCONFIRMED
    return manager, caller, known


async def _only(manager: JobManager) -> tuple[str, OperationState]:
    (operation,) = await manager.list_operations(open_only=False)
    return operation.id, operation.state


async def test_resend_that_was_not_sent_leaves_the_doubt(tmp_path):
    work = bench(tmp_path)
    manager, caller, known = await _in_doubt(work)
    _cut_once(caller, "before write", lost(Effect.NONE))
    again = await manager.resend_operation(known.id)
    assert (again.outcome, again.operation_id) == (Outcome.NOT_SENT, known.id)
    assert again.message.endswith("What it was sent again for is as unconfirmed as before.")
    assert await _only(manager) == (known.id, OperationState.UNCONFIRMED)
    assert (await manager.resend_operation(known.id)).outcome is Outcome.DONE


async def test_resend_interrupted_before_sending_leaves_the_doubt(tmp_path):
    work = bench(tmp_path)
    manager, caller, known = await _in_doubt(work)
    _cut_once(caller, "before write", Killed())
    with pytest.raises(Killed):
        await manager.resend_operation(known.id)
    assert await _only(manager) == (known.id, OperationState.UNCONFIRMED)


async def test_resend_of_a_process_that_died_before_sending_leaves_the_doubt(tmp_path):
    work = bench(tmp_path)
    _, _, known = await _in_doubt(work)
    _, _, dying = work.process()
    again = replace(known, id="ffff00001111", state=OperationState.PREPARED, owner=dying.outbox.owner())
    await OperationRecorder(dying).request(replace(again, instead_of=known), instead_of=known)
    dying.outbox.close()
    manager, _, _ = work.process()
    (settled,) = await manager.settle_operations()
    assert (settled.operation_id, settled.outcome) == (known.id, Outcome.UNCONFIRMED)
    assert await _only(manager) == (known.id, OperationState.UNCONFIRMED)


async def test_resend_of_a_resend_that_left_no_trace_goes_back_to_what_is_in_doubt(tmp_path):
    work = bench(tmp_path)
    manager, caller, known = await _in_doubt(work)
    _cut_once(caller, "written", lost(Effect.UNKNOWN))
    second = await manager.resend_operation(known.id)
    assert second.outcome is Outcome.UNCONFIRMED
    work.clock.advance(120.0)
    third = await manager.resend_operation(second.operation_id or "")
    assert third.outcome is Outcome.DONE
    assert count_effects(work, "message") == 1


async def test_resend_of_what_shows_by_now_sends_nothing(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, _ = work.process()
    _cut_once(caller, "effect", lost(Effect.UNKNOWN))
    caller.cut = _and_no_reading(caller)
    first = await manager.send_message(task_id, TEXT)
    assert first.outcome is Outcome.UNCONFIRMED
    caller.is_down, caller.cut = False, lambda tool, place: None
    again = await manager.resend_operation(first.operation_id or "")
    assert (again.outcome, again.operation_id) == (Outcome.DONE, first.operation_id)
    assert again.message.endswith("There was no clear answer; a re-read shows it.")
    assert count_effects(work, "message") == 1


async def test_resend_of_what_was_discarded_since_it_was_seen_sends_nothing(tmp_path):
    work = bench(tmp_path)
    manager, _, known = await _in_doubt(work)
    await manager.discard_operation(known.id)
    effects = count_effects(work, "message")
    with pytest.raises(WrongStateError, match="has changed meanwhile: it is discarded now"):
        await manager.resend_operation(known.id, seen=known)
    assert count_effects(work, "message") == effects


async def test_what_another_process_saw_arrive_stays_done_whatever_an_earlier_reading_says(tmp_path):
    work = bench(tmp_path)
    manager, caller, known = await _in_doubt(work)
    work.world.send_message(known.task_id or "", TEXT)
    other, _, _ = work.process()
    real = caller.call

    async def call(*arguments):
        await other.settle_operations()
        raise lost(Effect.NONE)

    caller.call = call
    (settled,) = await manager.settle_operations()
    assert (settled.operation_id, settled.outcome, settled.error) == (known.id, Outcome.DONE, None)
    caller.call = real
    assert await _only(manager) == (known.id, OperationState.DONE)


@pytest.mark.parametrize("verdict", [OperationState.NOT_SENT, OperationState.UNCONFIRMED, OperationState.REFUSED])
async def test_done_is_not_overwritten_and_its_text_is_no_draft(tmp_path, verdict):
    work = bench(tmp_path)
    _, _, known = await _in_doubt(work)
    _, _, one = work.process()
    _, _, two = work.process()
    await OperationRecorder(one).finish(known, OperationState.DONE, "It arrived.")
    told = await OperationRecorder(two).finish(known, verdict, "No sign of it.")
    assert (told.state, told.message) == (OperationState.DONE, "It arrived.")
    assert await two.outbox.get(known.id) == told
    assert (await two.drafts.read()).drafts == {}


async def test_resend_that_was_seen_to_be_done_is_not_withdrawn(tmp_path):
    work = bench(tmp_path)
    manager, caller, known = await _in_doubt(work)
    _cut_once(caller, "written", lost(Effect.UNKNOWN))
    second = await manager.resend_operation(known.id)
    _, _, one = work.process()
    _, _, two = work.process()
    again = await two.outbox.get(second.operation_id or "")
    assert again is not None
    await OperationRecorder(one).finish(again, OperationState.DONE, "It arrived.")
    told = await OperationRecorder(two).finish(again, OperationState.NOT_SENT, "No sign of it.")
    assert (told.id, told.state) == (again.id, OperationState.DONE)
    states = [each.state for each in await two.outbox.list_operations()]
    assert states == [OperationState.DISCARDED, OperationState.DONE]


async def test_verdict_on_what_was_sent_again_meanwhile_changes_nothing(tmp_path):
    work = bench(tmp_path)
    manager, _, known = await _in_doubt(work)
    await manager.resend_operation(known.id)
    _, _, other = work.process()
    told = await OperationRecorder(other).finish(known, OperationState.NOT_SENT, "No sign of it.")
    assert told.state is OperationState.NOT_SENT
    kept = await other.outbox.get(known.id)
    assert kept is not None
    assert kept.sent_again_as is not None


_FILES = ("outbox.json", "events.jsonl", "tasks.json")


def _break(folder: Path, place: str, names: Sequence[str] = _FILES) -> Cut:
    """At this place of a write the disk fails: these files can be neither read nor written."""

    def cut(tool: str, where: str) -> BaseException | None:
        if tool in WRITES and where == place:
            for name in names:
                (folder / name).rename(folder / f"{name}.away")
                (folder / name).mkdir()
        return None

    return cut


def _mend(folder: Path, names: Sequence[str] = _FILES) -> None:
    """The disk is well again, and the files are as they were."""
    for name in names:
        (folder / name).rmdir()
        (folder / f"{name}.away").rename(folder / name)


async def test_outcome_is_told_truly_when_the_disk_fails_after_the_answer(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, context = work.process()
    await manager.get_task(task_id)

    caller.cut = _break(tmp_path, "effect")
    result = await manager.send_message(task_id, TEXT)
    assert result.outcome is Outcome.DONE
    assert any("could not be written down" in remark for remark in result.remarks)
    assert count_effects(work, "message") == 1
    context.outbox.close()
    _mend(tmp_path)
    later, _, _ = work.process()
    (settled,) = await later.settle_operations()
    assert settled.outcome is Outcome.DONE
    assert count_effects(work, "message") == 1


async def test_outcome_that_could_not_be_written_down_is_written_once_the_disk_is_well(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, _ = work.process()
    await manager.get_task(task_id)
    caller.cut = _break(tmp_path, "effect")
    result = await manager.send_message(task_id, TEXT)
    caller.cut = lambda tool, place: None
    _mend(tmp_path)
    (operation,) = await manager.list_operations(open_only=False)
    assert (operation.state, operation.message) == (OperationState.DONE, result.message)
    assert (await manager.send_message(task_id, "And this.")).outcome is Outcome.DONE
    assert count_effects(work, "message") == 2


async def test_outcome_that_could_not_be_written_down_is_told_by_settling(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, context = work.process()
    await manager.get_task(task_id)
    caller.cut = _break(tmp_path, "effect")
    first = await manager.send_message(task_id, TEXT)
    caller.cut = lambda tool, place: None
    _mend(tmp_path)
    context.unrecorded.clear()  # as when the record was written by a thread that was no longer waited for
    (settled,) = await manager.settle_operations()
    assert (settled.operation_id, settled.outcome) == (first.operation_id, Outcome.DONE)
    assert count_effects(work, "message") == 1


async def test_outcome_that_is_only_missing_in_the_history_is_told_as_written_and_the_history_makes_up_for_it(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, context = work.process()
    await manager.get_task(task_id)
    caller.cut = _break(tmp_path, "effect", ["events.jsonl"])
    result = await manager.send_message(task_id, TEXT)
    assert result.outcome is Outcome.DONE
    assert [remark for remark in result.remarks if "not in the history: " in remark]
    assert not [remark for remark in result.remarks if "jjm outbox settle" in remark]
    recorded = await context.outbox.get(result.operation_id or "")
    assert recorded is not None
    assert (recorded.state, dict(recorded.extra)) == (OperationState.DONE, {})
    caller.cut = lambda tool, place: None
    _mend(tmp_path, ["events.jsonl"])
    await manager.list_tasks(ListRequest())
    told = [event.type for event in await manager.query_events(task_id=task_id) if "operation_id" in event.data]
    assert told == [EventType.OPERATION_REQUESTED, EventType.OPERATION_DONE]


async def test_history_that_cannot_be_written_stops_no_sending(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, _, context = work.process()
    await manager.list_tasks(ListRequest())
    await manager.get_task(task_id)
    (tmp_path / "events.jsonl").rename(tmp_path / "events.jsonl.away")
    (tmp_path / "events.jsonl").mkdir()
    result = await manager.send_message(task_id, TEXT)
    assert (result.outcome, count_effects(work, "message")) == (Outcome.DONE, 1)
    assert [remark for remark in result.remarks if "not in the history: " in remark]
    assert (await context.drafts.read()).drafts == {}
    created = await manager.create_task(CreateRequest("Add a login", "acme/webapp"))
    assert (created.outcome, count_effects(work, "create")) == (Outcome.DONE, 1)
    assert created.task_id in work.world.session_ids()
    _mend(tmp_path, ["events.jsonl"])
    await manager.list_tasks(ListRequest())
    told = [event.type for event in await manager.query_events(task_id=task_id) if "operation_id" in event.data]
    assert told == [EventType.OPERATION_REQUESTED, EventType.OPERATION_DONE]


async def test_what_is_sent_again_goes_although_the_history_cannot_be_written(tmp_path):
    work = bench(tmp_path)
    manager, caller, known = await _in_doubt(work)
    caller.cut = lambda tool, place: None
    before = count_effects(work, "message")
    (tmp_path / "events.jsonl").rename(tmp_path / "events.jsonl.away")
    (tmp_path / "events.jsonl").mkdir()
    result = await manager.resend_operation(known.id)
    assert (result.outcome, count_effects(work, "message")) == (Outcome.DONE, before + 1)


async def test_text_that_was_not_sent_is_a_draft_although_the_history_cannot_be_written(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, context = work.process()
    await manager.get_task(task_id)
    broken = _break(tmp_path, "before write", ["events.jsonl"])
    caller.cut = lambda tool, place: broken(tool, place) or (lost(Effect.NONE) if tool in WRITES else None)
    result = await manager.send_message(task_id, TEXT)
    assert result.outcome is Outcome.NOT_SENT
    assert [draft.text for draft in (await context.drafts.read()).drafts.values()] == [TEXT]


class _SlowDisk(FileOps):
    """A disk that takes its time to sync until it ``goes_on``; ``syncs`` tells that it does."""

    def __init__(self) -> None:
        self.syncs, self.goes_on = threading.Event(), threading.Event()

    def sync(self, descriptor: int) -> None:
        self.syncs.set()
        self.goes_on.wait(20)
        super().sync(descriptor)


async def test_record_that_was_written_after_its_caller_was_gone_is_not_sent(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    _, _, context = work.process()
    disk = _SlowDisk()
    outbox = FileOutbox(tmp_path / "outbox.json", tmp_path / "locks", work.clock, ops=disk)
    manager = JobManager(replace(context, outbox=outbox))
    sending = asyncio.create_task(manager.send_message(task_id, TEXT))
    assert await anyio.to_thread.run_sync(disk.syncs.wait, 60)
    sending.cancel()
    await asyncio.wait([sending])
    disk.goes_on.set()
    with anyio.fail_after(60):
        while not await outbox.list_operations():  # noqa: ASYNC110 - the state is on the disk
            await anyio.sleep(0.01)
    (operation,) = await manager.list_operations(open_only=False)
    assert (operation.state, operation.message) == (OperationState.NOT_SENT, "Interrupted before anything was sent.")
    assert count_effects(work, "message") == 0


async def test_nothing_is_sent_when_it_cannot_be_written_down_first(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, _, _ = work.process()
    await manager.get_task(task_id)
    (tmp_path / "outbox.json").mkdir()
    with pytest.raises(StorageError):
        await manager.send_message(task_id, TEXT)
    assert count_effects(work, "message") == 0


async def test_approved_plan_is_not_approved_again(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    fingerprint = (await manager.preview_approval(task_id)).fingerprint
    assert (await manager.approve_plan(task_id, fingerprint)).outcome is Outcome.DONE
    again = await manager.approve_plan(task_id, fingerprint)
    assert again.outcome is Outcome.NOT_SENT
    assert count_effects(work, "approve") == 1
