"""Local marks, lookups and imports: reversible, never told to a server, never losing what is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jjm_tui.domain.events import EventType
from jjm_tui.domain.task import ChatMessage, Plan, PlanStep, SourceFile, needs_me
from jjm_tui.errors import AmbiguousTaskError, TaskNotFoundError, ValidationError
from jjm_tui.services.selection import ListRequest
from tests.services.workbench import bench


async def _listed(work):
    manager, caller, context = work.process()
    await manager.list_tasks(ListRequest())
    return manager, caller, context


async def test_archived_task_is_hidden_until_unarchived(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = await _listed(work)
    task_id = work.world.session_ids()[0]
    caller.calls.clear()
    await manager.archive([task_id])
    assert task_id not in {task.id for task in (await manager.list_tasks(ListRequest(), cached=True)).tasks}
    everything = await manager.list_tasks(ListRequest(include_archived=True), cached=True)
    assert task_id in {task.id for task in everything.tasks}
    assert (await manager.archive([task_id])).unchanged == (task_id,)
    await manager.unarchive([task_id])
    assert task_id in {task.id for task in (await manager.list_tasks(ListRequest(), cached=True)).tasks}
    assert caller.calls == []


async def test_snoozed_task_needs_nobody_until_the_time_is_over(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    (task,) = (await manager.snooze([task_id], work.clock.now() + timedelta(hours=1))).tasks
    assert needs_me(task, work.clock.now()) is None
    work.clock.advance(3601)
    assert needs_me(task, work.clock.now()) == "approval"


async def test_history_tells_the_waking_of_a_snoozed_task_from_snoozing_it(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    await manager.snooze([task_id], work.clock.now() + timedelta(hours=1))
    await manager.snooze([task_id], None)
    events = await manager.query_events(task_id=task_id, types=frozenset({EventType.SNOOZED}))
    assert [dict(event.data) for event in events] == [{}, {"undone": True}]


async def test_failure_found_at_first_synchronisation_counts_as_seen_and_a_later_one_does_not(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    old = (await manager.get_task(work.session_in("FAILED"), cached=True)).task
    assert needs_me(old, work.clock.now()) is None
    task_id = work.session_in("IN_PROGRESS")
    work.clock.advance(60)
    work.world.set_state(task_id, "FAILED")
    await manager.list_tasks(ListRequest())
    assert needs_me((await manager.get_task(task_id, cached=True)).task, work.clock.now()) == "failure"
    await manager.get_task(task_id, mark_seen=True)
    assert needs_me((await manager.get_task(task_id, cached=True)).task, work.clock.now()) is None


async def test_seen_is_taken_back_until_somebody_looks_again(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = await _listed(work)
    failed, running = work.session_in("FAILED"), work.session_in("IN_PROGRESS")
    caller.calls.clear()
    result = await manager.mark_unseen([failed, running])
    assert (result.unchanged, [task.seen_at for task in result.tasks]) == ((running,), [None, None])
    assert needs_me((await manager.get_task(failed, cached=True)).task, work.clock.now()) == "failure"
    assert (await manager.mark_unseen([failed])).unchanged == (failed,)
    await manager.mark_seen([failed])
    assert needs_me((await manager.get_task(failed, cached=True)).task, work.clock.now()) is None
    events = await manager.query_events(task_id=failed, types=frozenset({EventType.SEEN}))
    assert [dict(event.data) for event in events] == [{"undone": True}, {}]
    assert caller.calls == []


async def test_forgotten_task_does_not_come_back_by_polling_but_by_remembering(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.world.session_ids()[0]
    await manager.forget([task_id])
    assert task_id not in {task.id for task in (await manager.list_tasks(ListRequest())).tasks}
    await manager.remember([task_id[:10]])
    assert task_id in {task.id for task in (await manager.list_tasks(ListRequest(), cached=True)).tasks}


async def test_mark_on_an_unknown_task_changes_nothing(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    known = work.world.session_ids()[0]
    with pytest.raises(TaskNotFoundError):
        await manager.archive([known, "nothing-like-it"])
    assert not (await manager.get_task(known, cached=True)).task.archived


async def test_prefix_is_resolved_and_ambiguity_is_told_with_titles(tmp_path):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    task = (await context.store.list_tasks())[0]
    twin = replace(task, id=task.id[:-1] + ("0" if task.id[-1] != "0" else "1"), title="The twin")
    await manager.import_tasks([twin])
    with pytest.raises(AmbiguousTaskError) as caught:
        await manager.resolve(task.id[:-1])
    assert "The twin" in (caught.value.hint or "")
    assert await manager.resolve(task.id) == task.id
    assert await manager.resolve(f"https://jules.google.com/session/{task.id}") == task.id
    with pytest.raises(ValidationError):
        await manager.resolve("12")
    with pytest.raises(TaskNotFoundError):
        await manager.resolve("zzzzzz")


async def test_task_gone_from_a_complete_list_is_unknown_and_not_on_the_server(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.session_in("IN_PROGRESS")
    work.clock.advance(600)
    work.world.delete_session(task_id)
    await manager.list_tasks(ListRequest())
    task = (await manager.get_task(task_id, cached=True)).task
    assert task.on_server is False
    assert task.status.value == "unknown"


async def test_import_keeps_what_is_newer_and_local_marks(tmp_path):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    tasks = await context.store.list_tasks()
    await manager.archive([tasks[0].id])
    newer = replace(tasks[0], synced_at=work.clock.now() + timedelta(hours=1), title="Renamed")
    older = replace(tasks[1], synced_at=work.clock.now() - timedelta(hours=1), title="Old name")
    result = await manager.import_tasks([newer, older, replace(tasks[2], id="brand-new-1")])
    assert (result.added, result.updated, result.unchanged) == (1, 1, 1)
    stored = {task.id: task for task in await context.store.list_tasks()}
    assert (stored[newer.id].title, stored[newer.id].archived) == ("Renamed", True)
    assert stored[older.id].title == tasks[1].title


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("is_stored", [False, True])
async def test_import_of_several_records_of_one_task_takes_the_newest(tmp_path, order, is_stored):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    task = (await context.store.list_tasks())[0]
    task_id = task.id if is_stored else "brand-new-1"
    records = [
        replace(task, id=task_id, title=f"Read {hours}", synced_at=work.clock.now() + timedelta(hours=hours))
        for hours in (1, 2, 3)
    ]
    result = await manager.import_tasks(records[::order])
    assert (result.added, result.updated, result.unchanged) == (not is_stored, is_stored, 0)
    assert (await context.store.get_task(task_id)).title == "Read 3"


@pytest.mark.parametrize("dry_run", [False, True])
async def test_import_of_a_forgotten_task_leaves_it_out_and_names_it(tmp_path, dry_run):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    known, forgotten = (await context.store.list_tasks())[:2]
    await manager.forget([forgotten.id])
    result = await manager.import_tasks([known, forgotten], dry_run=dry_run)
    assert (result.unchanged, result.forgotten) == (1, (forgotten.id,))
    assert await context.store.get_task(forgotten.id) is None


def _lose_history(folder):
    """The history can be neither read nor written from now on."""
    (folder / "events.jsonl").rename(folder / "away")
    (folder / "events.jsonl").mkdir()


async def test_mark_that_only_the_history_misses_is_told_as_made_and_made_up_for(tmp_path):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    task_id = work.session_in("IN_PROGRESS")
    _lose_history(tmp_path)
    results = [
        await manager.archive([task_id]),
        await manager.snooze([task_id], work.clock.now() + timedelta(hours=1)),
        await manager.forget([task_id]),
        await manager.remember([task_id]),
    ]
    assert [len(result.tasks) for result in results] == [1, 1, 1, 1]
    assert all("not in the history: " in remark for result in results for remark in result.remarks)
    assert [len(result.remarks) for result in results] == [1, 1, 1, 1]
    assert (await context.store.get_task(task_id)).archived
    (tmp_path / "events.jsonl").rmdir()
    (tmp_path / "away").rename(tmp_path / "events.jsonl")
    assert (await manager.unarchive([task_id])).remarks == ()
    told = {event.type.value for event in await manager.query_events(task_id=task_id)}
    assert told >= {"archived", "snoozed", "forgotten", "remembered", "unarchived"}


async def test_import_that_only_the_history_misses_is_told_as_made(tmp_path):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    task = (await context.store.list_tasks())[0]
    _lose_history(tmp_path)
    result = await manager.import_tasks([replace(task, id="brand-new-1")])
    assert (result.added, ["not in the history: " in remark for remark in result.remarks]) == (1, [True])
    assert await context.store.get_task("brand-new-1") is not None


async def test_import_adds_unknown_fields_to_parts_and_changes_none(tmp_path):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    task = (await context.store.list_tasks())[0]

    def with_parts(extra, later):
        return replace(
            task,
            plan=Plan("f", (PlanStep("One", extra=extra),), extra=extra),
            chat_history=(ChatMessage("Hello", "jules", id="7", extra=extra),),
            source_files=(SourceFile("a.py", extra=extra),),
            synced_at=work.clock.now() + timedelta(hours=later),
        )

    await manager.import_tasks([with_parts({"x-a": [1]}, 1)])
    await manager.import_tasks([with_parts({"x-a": [2], "x-b": None}, 2)])
    stored = await context.store.get_task(task.id)
    parts = (stored.plan, *stored.plan.steps, *stored.chat_history, *stored.source_files)
    assert [dict(part.extra) for part in parts] == [{"x-a": [1], "x-b": None}] * 4
