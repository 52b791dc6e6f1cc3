"""Watching tasks: every look tells its age, ends when nothing more can happen, polls once between processes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from jjm_tui.domain.status import TaskStatus
from jjm_tui.errors import OperationTimeoutError, StorageError, TaskNotFoundError
from jjm_tui.ports import ToolAnswer
from jjm_tui.services.manager import JobManager
from jjm_tui.services.results import MonitorRequest
from jjm_tui.services.selection import ListRequest
from tests.services.workbench import CuttingCaller, Workbench, bench, other_origin


async def _watch(work: Workbench, request: MonitorRequest, step=None, most: int = 20):
    manager, caller, context = work.process()
    updates = []
    async for update in manager.monitor(request):
        updates.append(update)
        assert len(updates) <= most
        if step is not None:
            step(len(updates), caller)
    context.leadership.resign()
    return updates


async def test_monitor_of_one_task_ends_when_it_is_completed(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("IN_PROGRESS")

    def finish(look, _):
        if look == 2:
            work.world.set_state(task_id, "COMPLETED")

    updates = await _watch(work, MonitorRequest((task_id,), interval=5), finish)
    assert updates[-1].finished == "final"
    assert updates[-1].tasks[0].status is TaskStatus.COMPLETED
    assert any(event.data.get("to") == "completed" for event in updates[-1].events)


async def test_monitor_until_a_status_that_cannot_be_reached_any_more_says_so(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("FAILED")
    request = MonitorRequest((task_id,), until=frozenset({TaskStatus.COMPLETED}))
    assert (await _watch(work, request))[-1].finished == "unreachable"


async def test_monitor_until_needs_me_ends_when_something_waits(tmp_path):
    work = bench(tmp_path)
    updates = await _watch(work, MonitorRequest(until_needs_me=True))
    assert updates[-1].finished == "reached"


def _only_running(work: Workbench) -> list[str]:
    """Let every task that is not over be in progress; their ids."""
    running = [
        each
        for each in work.world.session_ids()
        if work.world.get_session(each)["state"] not in ("COMPLETED", "FAILED")
    ]
    for each in running:
        work.world.set_state(each, "IN_PROGRESS")
    return running


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED"])
async def test_monitor_of_every_active_task_ends_when_one_of_them_comes_to_the_wanted_end(tmp_path, end):
    work = bench(tmp_path)
    running = _only_running(work)
    before = {each for each in work.world.session_ids() if each not in running}

    def finish(look, _):
        if look == 2:
            work.world.set_state(running[0], end)

    request = MonitorRequest(interval=5, timeout=60, until=frozenset({TaskStatus(end.lower())}))
    updates = await _watch(work, request, finish)
    assert [update.finished for update in updates] == [None, None, "reached"]
    assert [task.id for task in updates[-1].tasks if task.status.value == end.lower()] == [running[0]]
    assert not before & {task.id for update in updates for task in update.tasks}


@pytest.mark.parametrize("end", ["COMPLETED", "FAILED"])
async def test_monitor_of_every_active_task_until_needs_me_ends_at_a_review_and_at_a_failure(tmp_path, end):
    work = bench(tmp_path)
    running = _only_running(work)

    def finish(look, _):
        if look == 2:
            work.world.set_state(running[0], end)

    updates = await _watch(work, MonitorRequest(interval=5, timeout=60, until_needs_me=True), finish)
    assert [update.finished for update in updates] == [None, None, "reached"]


async def test_monitor_of_every_active_task_says_that_none_comes_to_the_wanted_end_when_all_are_over(tmp_path):
    work = bench(tmp_path)
    running = _only_running(work)

    def finish(look, _):
        if look == 2:
            for each in running:
                work.world.set_state(each, "FAILED")

    request = MonitorRequest(interval=5, timeout=60, until=frozenset({TaskStatus.COMPLETED}))
    updates = await _watch(work, request, finish)
    assert [update.finished for update in updates] == [None, None, "unreachable"]
    assert {task.id for task in updates[-1].tasks} == set(running)


async def test_monitor_of_every_active_task_counts_what_was_active_until_its_first_look(tmp_path):
    work = bench(tmp_path)
    running = _only_running(work)
    manager, _, _ = work.process()
    await manager.list_tasks(ListRequest())
    work.clock.advance(60)
    work.world.set_state(running[0], "COMPLETED")
    updates = await _watch(work, MonitorRequest(timeout=60, until=frozenset({TaskStatus.COMPLETED})))
    assert [update.finished for update in updates] == ["reached"]


async def test_monitor_of_every_active_task_counts_one_that_was_made_and_over_between_two_looks(tmp_path):
    work = bench(tmp_path)
    _only_running(work)
    made = []

    def make(look, _):
        if look == 2:
            made.append(work.world.create_session("Quick.")["id"])
            work.world.set_state(made[0], "COMPLETED")

    request = MonitorRequest(interval=5, timeout=60, until=frozenset({TaskStatus.COMPLETED}))
    updates = await _watch(work, request, make)
    assert [update.finished for update in updates] == [None, None, "reached"]
    assert made[0] in {task.id for task in updates[-1].tasks}


@pytest.mark.parametrize("until", [frozenset(), frozenset({TaskStatus.COMPLETED})])
async def test_monitor_of_a_task_that_is_forgotten_meanwhile_does_not_take_it_for_reached(tmp_path, until):
    work = bench(tmp_path)
    task_id = work.session_in("IN_PROGRESS")
    manager, _, context = work.process()
    watching = manager.monitor(MonitorRequest((task_id,), interval=5, until=until))
    assert (await anext(watching)).finished is None
    other, _, _ = work.process()
    await other.forget([task_id])
    assert (await anext(watching)).finished == "unreachable"
    context.leadership.resign()


async def test_monitor_goes_on_for_the_others_when_one_of_its_tasks_is_forgotten(tmp_path):
    work = bench(tmp_path)
    forgotten, kept = _only_running(work)[:2]
    manager, _, context = work.process()
    watching = manager.monitor(MonitorRequest((forgotten, kept), interval=5, until=frozenset({TaskStatus.COMPLETED})))
    await anext(watching)
    other, _, _ = work.process()
    await other.forget([forgotten])
    assert (await anext(watching)).finished is None
    work.world.set_state(kept, "COMPLETED")
    assert (await anext(watching)).finished == "unreachable"
    context.leadership.resign()


async def test_monitor_of_tasks_that_are_gone_from_the_server_ends_with_its_first_look(tmp_path):
    work = bench(tmp_path)
    manager, _, context = work.process()
    await manager.list_tasks(ListRequest())
    work.clock.advance(3600)
    gone = work.world.session_ids()[:3]
    for each in gone:
        work.world.delete_session(each)
    await manager.list_tasks(ListRequest())
    context.leadership.resign()
    work.clock.advance(3600)
    updates = await _watch(work, MonitorRequest(tuple(gone), timeout=60))
    assert [(update.finished, update.failure) for update in updates] == [("final", None)]
    assert [task.on_server for task in updates[-1].tasks] == [False, False, False]


def _leave_out(caller: CuttingCaller, task_id: str) -> None:
    """The server's list does not have this task."""
    honest = caller.answer

    def answer(tool, arguments):
        given = honest(tool, arguments)
        if tool != "list_sessions":
            return given
        listed = json.loads(given.text)
        listed["sessions"] = [each for each in listed["sessions"] if each["id"] != task_id]
        return ToolAnswer(json.dumps(listed))

    caller.answer = answer


@pytest.mark.parametrize("named", [True, False])
async def test_monitor_that_polls_takes_nothing_for_reached_that_this_list_and_no_reading_told(tmp_path, named):
    work = bench(tmp_path)
    running = _only_running(work)
    work.world.set_state(running[0], "PAUSED")
    manager, _, _ = work.process()
    await manager.list_tasks(ListRequest())
    work.clock.advance(3600)
    work.world.set_state(running[0], "IN_PROGRESS")
    manager, caller, context = work.process()
    _leave_out(caller, running[0])
    late = OperationTimeoutError("Too slow.")
    caller.cut = lambda tool, place: None if tool == "list_sessions" else late

    watched = (running[0],) if named else ()
    watching = manager.monitor(MonitorRequest(watched, interval=5, until=frozenset({TaskStatus.PAUSED})))
    for _ in range(3):
        update = await anext(watching)
        assert (update.finished, update.source) == (None, "store")
        assert "Too slow." in str(update.failure)
    caller.cut = lambda tool, place: None
    work.clock.advance(7200)
    told = await anext(watching)
    assert (told.finished, told.source, told.failure) == (None, "server", None)
    assert running[0] in [task.id for task in told.tasks if task.status is TaskStatus.IN_PROGRESS]
    work.world.set_state(running[0], "PAUSED")
    work.world.say(running[0], "Paused.")
    await manager.get_task(running[0])
    assert (await anext(watching)).finished == "reached"
    context.leadership.resign()


async def test_monitor_until_needs_me_takes_no_notice_of_what_another_server_told(tmp_path):
    work = bench(tmp_path)
    manager, _, context = work.process()
    await manager.list_tasks(ListRequest())
    context.leadership.resign()
    work.clock.advance(14 * 86400)
    empty = bench(tmp_path / "other", tasks=0)
    _, _, elsewhere = empty.process()
    stranger = JobManager(replace(other_origin(context), server=elsewhere.server))
    watching = stranger.monitor(MonitorRequest(until_needs_me=True))
    update = await anext(watching)
    assert (update.finished, update.tasks) == ("unreachable", ())


async def test_monitor_of_a_task_of_another_server_asks_this_one_first(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("COMPLETED")
    manager, _, context = work.process()
    await manager.list_tasks(ListRequest())
    context.leadership.resign()
    work.clock.advance(60)
    empty = bench(tmp_path / "other", tasks=0)
    _, _, elsewhere = empty.process()
    stranger = JobManager(replace(other_origin(context), server=elsewhere.server))
    with pytest.raises(TaskNotFoundError):
        await anext(stranger.monitor(MonitorRequest((task_id,), until=frozenset({TaskStatus.COMPLETED}))))
    known = await context.store.get_task(task_id)
    assert known is not None
    assert (known.origin, known.on_server) == (context.origin, True)


async def test_monitor_until_idle_ends_when_every_task_waits_for_a_person_or_is_over(tmp_path):
    work = bench(tmp_path)
    over = work.session_in("COMPLETED")
    asks, runs = work.session_in("AWAITING_USER_FEEDBACK"), work.session_in("IN_PROGRESS")

    def stop(look, _):
        if look == 2:
            work.world.set_state(runs, "PAUSED")

    updates = await _watch(work, MonitorRequest((over, asks, runs), interval=5, until_idle=True), stop)
    assert [update.finished for update in updates] == [None, None, "final"]


async def test_monitor_with_time_out_ends_with_it(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("IN_PROGRESS")
    updates = await _watch(work, MonitorRequest((task_id,), interval=30, timeout=45))
    assert [update.finished for update in updates] == [None, None, "timeout"]


async def test_monitor_with_failing_server_changes_no_status_and_goes_on(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("IN_PROGRESS")

    def break_and_mend(look, caller):
        caller.is_down = look == 1
        if look == 3:
            work.world.set_state(task_id, "COMPLETED")

    updates = await _watch(work, MonitorRequest((task_id,), interval=5), break_and_mend)
    assert updates[1].failure is not None
    assert updates[1].source == "store"
    assert updates[1].tasks[0].status is TaskStatus.IN_PROGRESS
    assert updates[1].synced_at == updates[0].synced_at
    assert updates[-1].finished == "final"


async def test_monitor_takes_nothing_for_reached_that_no_server_told_now(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("COMPLETED")
    manager, _, _ = work.process()
    await manager.list_tasks(ListRequest())

    work.clock.advance(60)
    manager, caller, context = work.process()
    caller.is_down = True
    request = MonitorRequest((task_id,), interval=5, timeout=12, until=frozenset({TaskStatus.COMPLETED}))
    updates = [update async for update in manager.monitor(request)]
    context.leadership.resign()
    assert updates[0].tasks[0].status is TaskStatus.COMPLETED
    assert [update.finished for update in updates[-2:]] == [None, "timeout"]


@pytest.mark.parametrize("named", [True, False])
async def test_monitor_beside_one_that_polls_in_vain_asks_before_it_takes_anything_for_reached(tmp_path, named):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    polling, broken, polls = work.process()
    await polling.list_tasks(ListRequest())
    work.clock.advance(600)
    for waiting in work.world.session_ids():
        if work.world.get_session(waiting).get("state") in ("AWAITING_USER_FEEDBACK", "AWAITING_PLAN_APPROVAL"):
            work.world.set_state(waiting, "IN_PROGRESS")
    broken.is_down = True
    assert polls.leadership.try_lead()

    manager, caller, _ = work.process()
    caller.is_down = True
    watched, until = ((task_id,), frozenset({TaskStatus.WAITING_FEEDBACK})) if named else ((), frozenset())
    watching = manager.monitor(MonitorRequest(watched, interval=5, until=until, until_needs_me=not named))
    in_vain = await anext(watching)
    assert task_id in [task.id for task in in_vain.tasks if task.status is TaskStatus.WAITING_FEEDBACK]
    assert (in_vain.finished, in_vain.source, in_vain.failure is None) == (None, "store", False)
    caller.is_down = False
    asked = await anext(watching)
    assert (asked.finished, asked.source, asked.failure) == (None, "server", None)
    caller.calls.clear()
    assert (await anext(watching)).source == "store"
    assert caller.calls == []
    broken.is_down = False
    work.world.set_state(task_id, "AWAITING_USER_FEEDBACK")
    await polling.list_tasks(ListRequest())
    assert (await anext(watching)).finished == "reached"
    polls.leadership.resign()


async def test_monitor_of_a_finished_task_ends_at_once_beside_one_that_polls(tmp_path):
    work = bench(tmp_path, dialect="browser")
    task_id = work.session_in("COMPLETED")
    other, _, polls = work.process()
    await other.get_task(task_id)
    assert polls.leadership.try_lead()
    work.clock.advance(600)
    manager, _, _ = work.process()
    updates = [update async for update in manager.monitor(MonitorRequest((task_id,), timeout=60))]
    assert [update.finished for update in updates] == ["final"]
    polls.leadership.resign()


async def test_monitor_of_an_unknown_task_is_told(tmp_path):
    work = bench(tmp_path)
    with pytest.raises(TaskNotFoundError):
        await _watch(work, MonitorRequest(("99999999999999999999",)))


async def test_second_monitor_follows_the_store_without_calls(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("IN_PROGRESS")
    leader, _, _ = work.process()
    follower, follower_caller, _ = work.process()
    leading = leader.monitor(MonitorRequest((task_id,), interval=5))
    following = follower.monitor(MonitorRequest((task_id,), interval=5))
    await anext(leading)
    assert (await anext(following)).source == "store"
    work.world.set_state(task_id, "COMPLETED")
    await anext(leading)
    last = await anext(following)
    assert last.finished == "final"
    assert [event.data["to"] for event in last.events if event.type.value == "status_changed"] == ["completed"]
    assert follower_caller.calls == []
    await leading.aclose()


async def test_poll_asks_for_details_only_where_something_moved(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    watching = manager.monitor(MonitorRequest(interval=60))
    await anext(watching)
    caller.calls.clear()
    await anext(watching)
    assert caller.calls == ["list_sessions"]
    work.world.say(work.session_in("IN_PROGRESS"), "Halfway there.")
    caller.calls.clear()
    update = await anext(watching)
    assert caller.calls == ["list_sessions", "list_activities"]
    assert [event.data["content"] for event in update.events if event.type.value == "message_received"] == [
        "Halfway there."
    ]
    await watching.aclose()


async def test_monitor_of_one_task_reads_no_other(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("IN_PROGRESS")
    manager, caller, _ = work.process()
    watching = manager.monitor(MonitorRequest((task_id,), interval=60))
    await anext(watching)
    for session_id in work.world.session_ids():
        if work.world.get_session(session_id).get("state") in ("IN_PROGRESS", "AWAITING_PLAN_APPROVAL"):
            work.world.say(session_id, "Something moved.")
    caller.calls.clear()
    await anext(watching)
    assert caller.calls == ["list_sessions", "list_activities"]
    await watching.aclose()


async def test_poll_keeps_to_its_share_of_the_budget_and_comes_back_to_the_rest(tmp_path):
    work = bench(tmp_path, tasks=60)
    manager, caller, _ = work.process()
    watching = manager.monitor(MonitorRequest(interval=5))
    counts = []
    for _ in range(8):
        caller.calls.clear()
        await anext(watching)
        counts.append(caller.calls.count("list_activities"))
    assert max(counts) <= 4
    assert sum(counts) > max(counts)
    await watching.aclose()


async def test_first_look_says_that_finished_tasks_of_the_past_count_as_seen(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    first = await manager.list_tasks(ListRequest())
    assert any("count as seen" in remark for remark in first.remarks)
    second = await manager.list_tasks(ListRequest())
    assert second.remarks == ()


async def test_monitor_of_every_active_task_tells_nothing_of_what_was_over_before(tmp_path):
    work = bench(tmp_path)
    over, runs = work.session_in("COMPLETED"), work.session_in("IN_PROGRESS")

    def finish(look, _):
        if look == 2:
            work.world.set_state(runs, "COMPLETED")

    updates = await _watch(work, MonitorRequest(interval=5, timeout=60), finish)
    told = [(event.task_id, event.type.value) for update in updates for event in update.events]
    assert (runs, "task_discovered") in told
    assert (runs, "status_changed") in told
    assert over not in {task_id for task_id, _ in told}


async def test_monitor_that_polls_tells_what_another_process_recorded_first(tmp_path):
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    watcher, _, _ = work.process()
    watching = watcher.monitor(MonitorRequest(interval=60))
    await anext(watching)
    other, _, _ = work.process()
    fingerprint = (await other.preview_approval(task_id)).fingerprint
    await other.approve_plan(task_id, fingerprint)
    update = await anext(watching)
    kinds = [event.type.value for event in update.events if event.task_id == task_id]
    assert "operation_done" in kinds
    assert "status_changed" in kinds
    await watching.aclose()


async def test_statuses_that_are_only_a_servers_own_note_are_told_as_such(tmp_path):
    work = bench(tmp_path, dialect="browser")
    manager, _, _ = work.process()
    listed = await manager.list_tasks(ListRequest())
    assert any("first note" in remark for remark in listed.remarks)
    for task in listed.tasks:
        await manager.get_task(task.id)
    again = await manager.list_tasks(ListRequest())
    assert not any("first note" in remark for remark in again.remarks)


async def test_monitor_that_never_got_an_answer_does_not_say_that_nothing_is_left(tmp_path):
    work = bench(tmp_path)
    manager, caller, context = work.process()
    caller.is_down = True
    found = [update async for update in manager.monitor(MonitorRequest(interval=30, timeout=45))]
    context.leadership.resign()
    assert found[-1].finished == "timeout"
    assert found[-1].failure is not None


async def test_monitor_of_a_store_in_which_no_lock_can_be_made_ends_with_the_reason(tmp_path):
    work = bench(tmp_path)
    (tmp_path / "locks").write_text("no folder")
    with pytest.raises(StorageError, match="locks"):
        await _watch(work, MonitorRequest(interval=5))
