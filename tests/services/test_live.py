"""The live feed: board in step with store, outbox, history and server; pace; several processes."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import Effect, JulesManagerError, StorageError
from jjm_tui.gateway.spec import CallerState
from jjm_tui.services.board import Board
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.live import LiveFeed, Pace
from jjm_tui.services.manager import JobManager
from jjm_tui.services.reading import TaskReader
from jjm_tui.store.durable import FileOps
from jjm_tui.store.event_file import FileEventLog
from jjm_tui.store.outbox_file import FileOutbox
from tests.services.workbench import START, WRITES, Workbench, bench, lost


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not condition():  # noqa: ASYNC110 - the conditions are plain state
            await anyio.sleep(0.01)


@contextlib.asynccontextmanager
async def feed(context: ServiceContext, *, polls: bool = False, interval: float = 0.05) -> AsyncIterator[LiveFeed]:
    live = LiveFeed(context, TaskReader(context), Board(), Pace(interval, interval), polls=polls)
    async with anyio.create_task_group() as group:
        group.start_soon(live.run)
        await until(lambda: live.board.is_whole)
        try:
            yield live
        finally:
            group.cancel_scope.cancel()


async def test_store_changes_of_another_process_appear(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    manager, _, _ = workbench.process()
    _, _, other = workbench.process()
    await TaskReader(other).refresh_list()
    async with feed(other) as live:
        task_id = next(iter(live.board.tasks))
        await manager.archive([task_id])
        await until(lambda: live.board.tasks[task_id].archived)
        await manager.forget([task_id])
        await until(lambda: task_id not in live.board.tasks)


async def test_operations_of_another_process_appear(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    _, _, context = workbench.process()
    _, _, other = workbench.process()
    async with feed(context) as live:
        operation = Operation("op", OperationKind.MESSAGE, START, "test/simulator", task_id="1", owner="x")
        await other.outbox.add(operation)
        await until(lambda: [each.id for each in live.board.operations] == ["op"])


async def test_polling_fills_the_board_and_tells_events_in_bursts(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    _, _, context = workbench.process()
    bursts: list[Sequence[TaskEvent]] = []
    async with feed(context, polls=True) as live:
        live.on_events = bursts.append
        await until(lambda: len(live.board.tasks) == 12)
        await until(lambda: live.board.sync.synced_at is not None and bool(bursts))
        assert EventType.TASK_DISCOVERED in {event.type for event in bursts[0]}


async def test_a_failing_server_changes_no_status_and_says_why(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    _, caller, context = workbench.process()
    await TaskReader(context).refresh_list()
    caller.is_down = True
    async with feed(context, polls=True) as live:
        await until(lambda: live.board.connection.trouble is not None)
        assert live.board.connection.trouble == "The server is down."
        assert len(live.board.tasks) == 12
        caller.is_down = False
        live.refresh()
        await until(lambda: live.board.connection.trouble is None)


async def test_server_that_is_silent_in_the_middle_of_a_call_is_noticed(tmp_path: Path) -> None:
    _, caller, context = bench(tmp_path).process()
    async with feed(context) as live:
        vars(caller)["state"] = CallerState("simulator", "connected", silent_since=START)
        live.refresh()
        await until(lambda: live.board.connection.silent_since == START)


async def test_only_one_of_two_feeds_asks_the_server(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    first, second = workbench.process(), workbench.process()
    async with feed(first[2], polls=True) as leading:
        await until(lambda: leading.board.sync.synced_at is not None)
        async with feed(second[2], polls=True) as following:
            await until(lambda: following.board.connection.polls_elsewhere)
            await until(lambda: len(following.board.tasks) == 12)
            for _ in range(2):  # between two pauses lies a whole look
                due = following.board.connection.next_poll_at
                await until(lambda known=due: following.board.connection.next_poll_at != known)
            assert second[1].calls == []
        first[2].leadership.resign()


async def test_who_follows_a_feed_that_reads_nothing_for_long_is_told_so(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    first, second = workbench.process(), workbench.process()
    async with feed(first[2], polls=True) as leading, feed(second[2], polls=True) as following:
        await until(lambda: following.board.connection.polls_elsewhere or leading.board.connection.polls_elsewhere)
        follower, caller = (following, first[1]) if following.board.connection.polls_elsewhere else (leading, second[1])
        await until(lambda: len(follower.board.tasks) == 12)
        caller.is_down = True
        workbench.clock.advance(600)
        follower.refresh()
        await until(lambda: follower.board.connection.trouble is not None)
        assert "has read nothing for 10m" in (follower.board.connection.trouble or "")
        caller.is_down = False
        leading.refresh()
        following.refresh()
        await until(lambda: (follower.refresh(), follower.board.connection.trouble is None)[1])


async def test_no_server_is_told_with_the_way_out(tmp_path: Path) -> None:
    context = without_server(bench(tmp_path))
    async with feed(context, polls=True) as live:
        assert live.board.connection.status == "not ready"
        assert live.board.connection.trouble == "No server here."


def without_server(workbench: Workbench) -> ServiceContext:
    from jjm_tui.errors import ConfigurationError

    _, _, context = workbench.process()
    return replace(context, server=None, no_server=ConfigurationError("No server here.", hint="Set one up."))


async def test_a_store_that_cannot_be_read_is_told_once_and_again_when_it_works(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    _, _, context = workbench.process()
    await TaskReader(context).refresh_list()
    told: list[JulesManagerError | None] = []
    async with feed(context) as live:
        live.on_trouble = told.append
        path = tmp_path / "tasks.json"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        await until(lambda: bool(told))
        assert told[0] is not None
        assert len(live.board.tasks) == 12


async def test_store_that_can_be_read_again_is_soon_known_to_be_well(tmp_path: Path) -> None:
    _, _, context = bench(tmp_path).process()
    async with feed(context, polls=True, interval=3600.0) as live:
        await until(lambda: live.board.sync.synced_at is not None and not live.board.connection.is_polling)
        path = tmp_path / "tasks.json"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        live.refresh()
        await until(lambda: {"tasks", "news"} == {place for place in ("tasks", "news") if live._troubles.has(place)})
        path.write_bytes(whole)
        await until(lambda: live.board.store_trouble is None)


class _FullDisk(FileOps):
    """A disk on which nothing can be appended, and no file made, while it ``is_full``."""

    is_full = False

    def create(self, path: Path) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, "full")
        return super().create(path)

    def open_append(self, path: Path) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, "full")
        return super().open_append(path)


def _outbox_on_a_disk(workbench: Workbench) -> tuple[FileOutbox, _FullDisk]:
    """The outbox of a workbench, and the disk under it, which is not full yet."""
    disk = _FullDisk()
    return FileOutbox(workbench.folder / "outbox.json", workbench.folder / "locks", workbench.clock, ops=disk), disk


async def test_history_that_misses_something_is_trouble_until_it_has_it(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    _, _, context = workbench.process()
    disk = _FullDisk()
    context = replace(context, events=FileEventLog(tmp_path / "events.jsonl", workbench.clock, ops=disk))
    await TaskReader(context).refresh_list()
    told: list[EventType] = []
    async with feed(context, polls=True, interval=3600.0) as live:
        live.on_events = lambda events: told.extend(event.type for event in events)
        await until(lambda: live.board.connection.next_poll_at is not None)
        disk.is_full = True
        workbench.world.set_state(workbench.session_in("IN_PROGRESS"), "AWAITING_USER_FEEDBACK")
        live.refresh()
        await until(lambda: live._troubles.has("news") and not live.board.connection.is_polling)
        workbench.clock.advance(15)
        live.refresh()
        await until(lambda: live.board.sync.synced_at == workbench.clock.now() and not live.board.connection.is_polling)
        assert live._troubles.has("news")
        disk.is_full = False
        live.refresh()
        await until(lambda: not live._troubles.has("news"))
        await until(lambda: EventType.STATUS_CHANGED in told)


async def test_ending_that_cannot_be_written_down_is_shown_and_is_trouble_until_it_is(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    task_id = workbench.session_in("AWAITING_USER_FEEDBACK")
    _, caller, context = workbench.process()
    outbox, disk = _outbox_on_a_disk(workbench)
    context = replace(context, outbox=outbox)

    def fill(tool: str, place: str) -> None:
        disk.is_full = disk.is_full or (tool in WRITES and place == "effect")

    async with feed(context) as live:
        caller.cut = fill
        result = await JobManager(context).send_message(task_id, "Go on.")
        await live.read_operations()
        (shown,), (recorded,) = live.board.operations, await outbox.list_operations()
        assert (shown.state, shown.message) == (OperationState.DONE, result.message)
        assert recorded.state is OperationState.SENDING
        assert live.board.unwritten_operations() == (shown,)
        trouble = live.board.store_trouble
        assert trouble is not None
        assert (trouble.place, trouble.what) == ("endings", "the outbox cannot be written")
        caller.cut = lambda tool, place: None
        disk.is_full = False
        live.refresh()
        await until(lambda: live.board.store_trouble is None)
        assert [each.state for each in await outbox.list_operations()] == [OperationState.DONE]
        assert live.board.unwritten_operations() == ()
    assert len(workbench.effects("message")) == 1


async def test_discarding_that_cannot_be_written_down_changes_nothing(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    task_id = workbench.session_in("AWAITING_USER_FEEDBACK")
    _, caller, context = workbench.process()
    outbox, disk = _outbox_on_a_disk(workbench)
    context = replace(context, outbox=outbox)
    caller.cut = lambda tool, place: lost(Effect.NONE) if tool in WRITES else None
    manager = JobManager(context)
    left = await manager.send_message(task_id, "Go on.")
    disk.is_full = True
    with pytest.raises(StorageError):
        await manager.discard_operation(left.operation_id or "")
    async with feed(context) as live:
        await live.read_operations()
        assert [each.state for each in live.board.operations] == [OperationState.NOT_SENT]
        assert live.board.store_trouble is None
    disk.is_full = False
    gone = await manager.discard_operation(left.operation_id or "")
    assert gone.state is OperationState.DISCARDED
    assert [each.state for each in await outbox.list_operations()] == [OperationState.DISCARDED]


async def test_a_decision_makes_the_next_look_come_soon(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    _, caller, context = workbench.process()
    async with feed(context, polls=True, interval=3600.0) as live:
        await until(lambda: live.board.sync.synced_at is not None)
        looks = caller.calls.count("list_sessions")
        live.refresh()
        await until(lambda: caller.calls.count("list_sessions") > looks)


def test_pace_doubles_by_failures_and_is_slower_unfocused() -> None:
    pace = Pace(15.0, 60.0)
    assert pace.pause() == 15.0
    pace.is_focused = False
    assert pace.pause() == 60.0
    pace.failures = 2
    assert pace.pause() == 240.0
    pace.failures = 20
    assert pace.pause() == 300.0


async def test_open_and_visible_tasks_are_read_first(tmp_path: Path) -> None:
    workbench = bench(tmp_path)
    _, caller, context = workbench.process()
    await TaskReader(context).refresh_list()
    running = workbench.session_in("IN_PROGRESS")
    async with feed(context, polls=True, interval=3600.0) as live:
        await until(lambda: live.board.sync.synced_at is not None and not live.board.connection.is_polling)
        before = len(caller.calls)
        live.look_at([running], [])
        live.refresh()
        await until(lambda: "list_activities" in caller.calls[before:])


async def test_store_in_which_no_lock_can_be_made_is_trouble_and_the_feed_goes_on(tmp_path: Path) -> None:
    _, _, context = bench(tmp_path).process()
    (tmp_path / "locks").write_text("no folder")
    async with feed(context, polls=True) as live:
        await until(lambda: live.board.store_trouble is not None and live.board.connection.next_poll_at is not None)
        assert not live.board.tasks
        (tmp_path / "locks").unlink()
        live.refresh()
        await until(lambda: len(live.board.tasks) == 12 and live.board.store_trouble is None)
