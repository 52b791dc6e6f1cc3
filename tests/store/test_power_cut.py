"""A power cut at any moment loses nothing that was acknowledged, and the proof catches stores that would."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import StorageError, StoreDamagedError
from jjm_tui.store.durable import replace_file
from jjm_tui.store.event_file import FileEventLog
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from jjm_tui.store.outbox_file import FileOutbox
from tests.store.power_cut import Recorder, Remains, explore
from tests.store.stands import START, HandClock, make_task, no_pause, put

ENOUGH = 3
"""Bad states after which looking for more is pointless."""

See = Callable[[Path], object]


def see_tasks(folder: Path) -> object:
    tasks, info = read_tasks(folder / "a" / "tasks.json", pause=no_pause)
    return sorted((task.id, task.title) for task in tasks), info["forgotten"], info["sync"].keys()


async def record_tasks(recorder: Recorder, clock: HandClock) -> None:
    store = JsonTaskStore(recorder.root / "a" / "tasks.json", clock, ops=recorder)
    changes = [
        lambda: store.apply(put(make_task("1"), make_task("2"))),
        lambda: store.apply(put(make_task("2", "changed"))),
        lambda: store.forget(["1"], START),
        lambda: store.apply({"2": lambda _: None, **put(make_task("3"))}),
        lambda: store.remember(["1"]),
        lambda: store.apply(put(make_task("4"))),
    ]
    recorder.mark(see_tasks(recorder.root))
    for change in changes:
        await change()
        recorder.mark(see_tasks(recorder.root))


def find_bad_states(recorder: Recorder, see: See, tmp_path: Path) -> tuple[int, list[str]]:
    """How many states there are, and what is wrong with the bad ones."""
    bad = []
    number = -1
    for number, remains in enumerate(explore(recorder)):
        folder = tmp_path / f"cut-{number}"
        remains.rebuild(recorder.root, folder)
        problem = judge(remains, see, folder)
        if problem is not None:
            bad.append(problem)
        if len(bad) == ENOUGH:
            break
    return number + 1, bad


def judge(remains: Remains, see: See, folder: Path) -> str | None:
    allowed = [*remains.acknowledged[-1:], remains.next_state]
    try:
        found = see(folder)
    except StorageError as error:
        return error.message
    return None if found in allowed else f"{found} instead of one of {allowed}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


async def test_tasks_after_every_power_cut_are_all_there(root: Path, clock: HandClock, tmp_path: Path) -> None:
    recorder = Recorder(root)
    await record_tasks(recorder, clock)
    count, bad = find_bad_states(recorder, see_tasks, tmp_path)
    assert bad == []
    assert count > 50


async def test_tasks_after_every_power_cut_can_be_changed(root: Path, clock: HandClock, tmp_path: Path) -> None:
    recorder = Recorder(root)
    await record_tasks(recorder, clock)
    for number, remains in enumerate(explore(recorder)):
        if number % 7 == 0:
            folder = tmp_path / f"cut-{number}"
            remains.rebuild(root, folder)
            store = JsonTaskStore(folder / "a" / "tasks.json", clock, pause=no_pause)
            await store.apply(put(make_task("after")))
            assert [path for path in (folder / "a").iterdir() if ".tmp-" in path.name] == []
            assert await store.get_task("after") is not None


async def test_tasks_store_that_forgets_to_sync_the_file_is_caught(
    root: Path, clock: HandClock, tmp_path: Path
) -> None:
    recorder = Recorder(root, forget_file_sync=True)
    await record_tasks(recorder, clock)
    assert find_bad_states(recorder, see_tasks, tmp_path)[1]


@pytest.mark.parametrize("from_save", [1, 2])
async def test_tasks_store_that_forgets_to_sync_the_folder_is_caught(
    from_save: int, root: Path, clock: HandClock, tmp_path: Path
) -> None:
    recorder = Recorder(root)
    store = JsonTaskStore(root / "a" / "tasks.json", clock, ops=recorder)
    recorder.mark(see_tasks(root))
    for number in (1, 2):
        recorder.forget_folder_sync = number >= from_save
        await store.apply(put(make_task(str(number))))
        recorder.mark(see_tasks(root))
    assert find_bad_states(recorder, see_tasks, tmp_path)[1]


def see_operations(folder: Path) -> object:
    import asyncio

    outbox = FileOutbox(folder / "a" / "outbox.json", folder / "locks", HandClock(), pause=no_pause)
    return [(found.id, found.state) for found in asyncio.run(outbox.list_operations())]


@pytest.mark.parametrize("mutant", [{}, {"forget_file_sync": True}, {"forget_folder_sync": True}])
def test_outbox_after_every_power_cut_tells_the_truth(
    mutant: dict[str, bool], root: Path, clock: HandClock, tmp_path: Path
) -> None:
    import asyncio

    recorder = Recorder(root, **mutant)
    outbox = FileOutbox(root / "a" / "outbox.json", root / "locks", clock, ops=recorder)
    operation = Operation("1", OperationKind.MESSAGE, START, "p/s", task_id="t")
    recorder.mark(see_operations(root))
    asyncio.run(outbox.add(operation))
    recorder.mark(see_operations(root))
    for state in ("sending", "done"):
        outbox.change_now("1", lambda known, state=state: Operation.from_dict({**known.to_dict(), "state": state}))
        recorder.mark(see_operations(root))
    bad = find_bad_states(recorder, see_operations, tmp_path)[1]
    assert bool(bad) is bool(mutant), bad


@pytest.mark.parametrize("mutant", [{}, {"forget_file_sync": True}, {"forget_folder_sync": True}])
def test_damaged_outbox_after_every_power_cut_is_told_and_what_can_be_read_goes_on(
    mutant: dict[str, bool], root: Path, clock: HandClock, tmp_path: Path
) -> None:
    import asyncio

    recorder = Recorder(root)
    path = root / "a" / "outbox.json"
    outbox = FileOutbox(path, root / "locks", clock, ops=recorder, pause=no_pause)
    for number in ("1", "2"):
        asyncio.run(outbox.add(Operation(number, OperationKind.MESSAGE, START, "p/s", task_id=number)))
    damaged = path.read_bytes()[:-9]
    replace_file(path, damaged, ops=recorder)

    def see(folder: Path) -> object:
        with contextlib.suppress(StoreDamagedError):
            see_operations(folder)
        found = asyncio.run(FileOutbox(folder / "a" / "outbox.json", folder / "locks", clock).set_aside())
        return see_operations(folder), [Path(aside).read_bytes() == damaged for aside in found]

    recorder.mark("damaged")
    recorder.forget_file_sync = mutant.get("forget_file_sync", False)
    recorder.forget_folder_sync = mutant.get("forget_folder_sync", False)
    with pytest.raises(StoreDamagedError):
        asyncio.run(outbox.list_operations())
    cuts = [remains for remains in explore(recorder) if remains.acknowledged]
    assert len(cuts) > 5
    seen = []
    for number, remains in enumerate(cuts):
        remains.rebuild(root, tmp_path / f"cut-{number}")
        try:
            seen.append(see(tmp_path / f"cut-{number}"))
        except StorageError as error:
            seen.append(error.message)
    bad = [each for each in seen if each != ([("1", OperationState.PREPARED)], [True])]
    assert bool(bad) is bool(mutant), bad


@pytest.mark.parametrize("mutant", [{}, {"forget_file_sync": True}, {"forget_folder_sync": True}])
def test_events_after_every_power_cut_are_a_beginning_of_all(
    mutant: dict[str, bool], root: Path, clock: HandClock, tmp_path: Path
) -> None:
    import asyncio

    def see(folder: Path) -> list[str | None]:
        found = asyncio.run(FileEventLog(folder / "events.jsonl", clock).query())
        return [event.task_id for event in found]

    recorder = Recorder(root, **mutant)
    log = FileEventLog(root / "events.jsonl", clock, ops=recorder, rotate_at=150)
    recorder.mark([])
    for number in range(5):
        asyncio.run(log.append([TaskEvent(EventType.SEEN, START, str(number))]))
        recorder.mark(see(root))
    assert recorder.trace[-1] == ("acknowledged", ["0", "1", "2", "3", "4"])
    assert any(event[0] == "rename" for event in recorder.trace)
    bad = find_bad_states(recorder, see, tmp_path)[1]
    assert bool(bad) is bool(mutant), bad
