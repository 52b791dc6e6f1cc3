"""A disk that fails at every single step: the error is told, the old data is whole, the next save works."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.task import Task
from jjm_tui.errors import StorageError, StoreDamagedError
from jjm_tui.store.backups import list_backups
from jjm_tui.store.draft_file import FileDrafts
from jjm_tui.store.durable import FileOps
from jjm_tui.store.event_file import FileEventLog
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from jjm_tui.store.outbox_file import FileOutbox
from jjm_tui.store.transcripts import FileTranscripts
from tests.store.stands import START, CountingOps, FailingOps, HandClock, RefusingOps, attempt, make_task, no_pause, put

ERRORS = [errno.EIO, errno.ENOSPC, errno.EACCES]
FOREVER = pytest.mark.parametrize("forever", [False, True], ids=["once", "for good"])


def temporaries(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if ".tmp-" in path.name] if folder.exists() else []


def tasks_on_disk(path: Path) -> dict[str, Task]:
    return {task.id: task for task in read_tasks(path)[0]}


@pytest.fixture(params=["first save", "fourth save"])
async def before(request: pytest.FixtureRequest, clock: HandClock) -> Callable[[Path], object]:
    async def fill(path: Path) -> None:
        if request.param == "fourth save":
            store = JsonTaskStore(path, clock)
            for number in range(4):
                await store.apply(put(make_task(str(number))))

    return fill


@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
async def test_apply_one_fault_at_every_operation(
    number: int, before: Callable[[Path], object], tmp_path: Path, clock: HandClock
) -> None:
    faults = 0
    for fail_at in range(1, 100):
        path = tmp_path / f"{fail_at}" / "tasks.json"
        await before(path)  # type: ignore[misc]
        old = tasks_on_disk(path)
        ops = FailingOps(fail_at, number)
        store = JsonTaskStore(path, clock, pause=no_pause, ops=ops)
        _, error = await attempt(store.apply(put(make_task("new"), make_task("1", "changed"))))
        ops.heal()
        if error is None:
            assert set(tasks_on_disk(path)) == {*old, "new", "1"}, ops.failed
        else:
            faults += 1
            assert tasks_on_disk(path) == old, ops.failed
            assert {task.id: task for task in await store.list_tasks()} == old
            assert error.context["path"]
            assert error.hint
        assert temporaries(path.parent) == [], ops.failed
        await store.apply(put(make_task("after")))
        assert "after" in tasks_on_disk(path)
        assert temporaries(path.parent) == []
        if not ops.failed:
            break
    else:
        pytest.fail("the save never came to an end")
    assert faults >= 7


@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
async def test_apply_disk_that_stays_broken_tells_the_truth(number: int, tmp_path: Path, clock: HandClock) -> None:
    for fail_at in range(1, 40):
        path = tmp_path / f"{fail_at}" / "tasks.json"
        await JsonTaskStore(path, clock).apply(put(make_task("old")))
        ops = FailingOps(fail_at, number, forever=True)
        store = JsonTaskStore(path, clock, pause=no_pause, ops=ops)
        _, error = await attempt(store.apply(put(make_task("new"))))
        if error is not None:
            found = set(tasks_on_disk(path))
            assert found == {"old"} or (found == {"old", "new"} and "not certain" in (error.hint or ""))
        ops.heal()
        await store.apply(put(make_task("after")))
        assert {"old", "after"} <= {task.id for task in await store.list_tasks()}
        assert temporaries(path.parent) == []
        if not ops.failed:
            break
    else:
        pytest.fail("the save never came to an end")


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK], ids=errno.errorcode.get)
async def test_apply_without_hard_links_saves_all_the_same(number: int, store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock, ops=RefusingOps("link", number))
    await store.apply(put(make_task("1")))
    await store.apply(put(make_task("2")))
    assert set(tasks_on_disk(store_path)) == {"1", "2"}
    assert list_backups(store_path) == ()


async def test_apply_without_hard_links_fault_in_folder_sync_goes_back(store_path: Path, clock: HandClock) -> None:
    await JsonTaskStore(store_path, clock).apply(put(make_task("1")))
    before = store_path.read_bytes()

    class Ops(RefusingOps):
        def sync_folder(self, folder: Path) -> None:
            raise OSError(errno.EIO, "broken")

    with pytest.raises(StorageError, match="disk reported"):
        await JsonTaskStore(store_path, clock, ops=Ops("link", errno.EPERM)).apply(put(make_task("2")))
    assert store_path.read_bytes() == before
    assert temporaries(store_path.parent) == []


async def test_apply_failed_sync_is_not_repeated_on_its_descriptor(store_path: Path, clock: HandClock) -> None:
    class Ops(CountingOps):
        synced: list[int]

        def sync(self, descriptor: int) -> None:
            super().sync(descriptor)
            raise OSError(errno.EIO, "broken")

    ops = Ops()
    with pytest.raises(StorageError):
        await JsonTaskStore(store_path, clock, ops=ops).apply(put(make_task("1")))
    assert (ops.counts["create"], ops.counts["sync"]) == (1, 1)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "permission"), (errno.EROFS, "read-only"), (errno.EIO, "disk")],
)
async def test_apply_fault_says_what_happened_and_what_to_do(
    number: int, words: str, store_path: Path, clock: HandClock
) -> None:
    with pytest.raises(StorageError, match=words) as caught:
        await JsonTaskStore(store_path, clock, ops=RefusingOps("create", number)).apply(put(make_task("1")))
    assert caught.value.context == {"path": str(store_path), "errno": errno.errorcode[number]}
    assert str(store_path) in caught.value.message
    assert (caught.value.hint or "").startswith("Nothing was changed.")


async def test_apply_path_that_is_a_folder_is_told(store_path: Path, clock: HandClock) -> None:
    store_path.mkdir(parents=True)
    with pytest.raises(StorageError, match="it is a folder"):
        await JsonTaskStore(store_path, clock).apply(put(make_task("1")))
    with pytest.raises(StorageError, match="it is a folder"):
        await JsonTaskStore(store_path, clock).list_tasks()


async def test_apply_folder_that_is_a_file_is_told(store_path: Path, clock: HandClock) -> None:
    store_path.parent.write_text("in the way")
    with pytest.raises(StorageError):
        await JsonTaskStore(store_path, clock).apply(put(make_task("1")))
    assert store_path.parent.read_text() == "in the way"


def event(number: int) -> TaskEvent:
    return TaskEvent(EventType.SEEN, START, str(number))


def may_be_kept(error: StorageError) -> bool:
    """Whether the error tells that the change may have been kept."""
    return "not certain" in (error.hint or "")


@FOREVER
@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
async def test_events_a_fault_at_every_operation(number: int, forever: bool, tmp_path: Path, clock: HandClock) -> None:
    faults = 0
    for fail_at in range(1, 60):
        path = tmp_path / f"{fail_at}" / "events.jsonl"
        plain = FileEventLog(path, clock)
        await plain.append([event(1)])
        ops = FailingOps(fail_at, number, forever=forever)
        log = FileEventLog(path, clock, ops=ops, rotate_at=10)
        _, error = await attempt(log.append([event(2), event(3)]))
        ops.heal()
        found = list(await plain.query())
        if error is None:
            assert found == [event(1), event(2), event(3)], ops.failed
        else:
            faults += 1
            assert found == [event(1)] or may_be_kept(error), ops.failed
        await log.append([event(4)])
        assert list(await plain.query()) == [*found, event(4)], ops.failed
        if not ops.failed:
            break
    else:
        pytest.fail("appending never came to an end")
    assert faults >= 4


def operation(number: int, **fields: object) -> Operation:
    return Operation(f"op{number}", OperationKind.MESSAGE, START, "p/s", task_id=str(number), **fields)  # type: ignore[arg-type]


@FOREVER
@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
async def test_outbox_a_fault_at_every_operation(number: int, forever: bool, tmp_path: Path, clock: HandClock) -> None:
    faults = 0
    for fail_at in range(1, 60):
        path = tmp_path / f"{fail_at}" / "outbox.json"
        plain = FileOutbox(path, path.parent / "locks", clock)
        await plain.add(operation(1))
        ops = FailingOps(fail_at, number, forever=forever)
        outbox = FileOutbox(path, path.parent / "locks", clock, ops=ops, pause=no_pause)
        sending = Operation.from_dict({**operation(1).to_dict(), "state": "sending"})
        _, error = await attempt(outbox.change("op1", lambda _, sending=sending: sending))
        ops.heal()
        assert forever or temporaries(path.parent) == [], ops.failed
        found = await plain.get("op1")
        assert found is not None
        if error is None:
            assert found.state is OperationState.SENDING, ops.failed
        else:
            faults += 1
            assert found.state is OperationState.PREPARED or may_be_kept(error), ops.failed
        await outbox.add(operation(2))
        assert [each.state for each in await plain.list_operations()] == [found.state, OperationState.PREPARED]
        assert temporaries(path.parent) == []
        if not ops.failed:
            break
    else:
        pytest.fail("the change never came to an end")
    assert faults >= 6


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir() if path.is_file()]


@FOREVER
@pytest.mark.parametrize("number", [*ERRORS, errno.EPERM], ids=errno.errorcode.get)
async def test_damaged_outbox_a_fault_at_every_operation(
    number: int, forever: bool, tmp_path: Path, clock: HandClock
) -> None:
    faults = 0
    for fail_at in range(1, 60):
        path = tmp_path / f"{fail_at}" / "outbox.json"
        plain = FileOutbox(path, path.parent / "locks", clock, pause=no_pause)
        await plain.add(operation(1))
        await plain.add(operation(2))
        bad = path.read_bytes()[:-9]
        path.write_bytes(bad)
        ops = FailingOps(fail_at, number, forever=forever)
        _, error = await attempt(
            FileOutbox(path, path.parent / "locks", clock, ops=ops, pause=no_pause).list_operations()
        )
        ops.heal()
        assert error is not None
        if not isinstance(error, StoreDamagedError):
            faults += 1
            assert path.read_bytes() == bad or may_be_kept(error), ops.failed
        assert bad in contents(path.parent), ops.failed
        if path.read_bytes() == bad:
            _, told = await attempt(plain.list_operations())
            assert isinstance(told, StoreDamagedError), ops.failed
        assert [known.id for known in await plain.list_operations()] == ["op1"], ops.failed
        (aside,) = await plain.set_aside()
        assert Path(aside).read_bytes() == bad, ops.failed
        await plain.add(operation(3))
        assert temporaries(path.parent) == [] or forever, ops.failed
        if not ops.failed:
            break
    else:
        pytest.fail("setting aside never came to an end")
    assert faults >= 6


class DraftsOrTranscripts:
    """One text in a store of drafts or of conversations."""

    def __init__(self, kind: str, folder: Path, **options: FileOps) -> None:
        self._drafts = FileDrafts(folder / "drafts.json", pause=no_pause, **options) if kind == "draft" else None
        self._transcripts = FileTranscripts(folder / "activities", **options)

    async def put(self, text: str) -> None:
        if self._drafts is not None:
            await self._drafts.put("create", text)
        else:
            await self._transcripts.update("1", lambda kept: replace(kept, patch=text))

    async def get(self) -> str | None:
        if self._drafts is not None:
            return await self._drafts.get("create")
        kept = await self._transcripts.get("1")
        return None if kept is None else kept.patch


@FOREVER
@pytest.mark.parametrize("number", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("kind", ["draft", "transcript"])
async def test_text_a_fault_at_every_operation(kind: str, number: int, forever: bool, tmp_path: Path) -> None:
    faults = 0
    for fail_at in range(1, 60):
        folder = tmp_path / f"{fail_at}"
        await DraftsOrTranscripts(kind, folder).put("old")
        ops = FailingOps(fail_at, number, forever=forever)
        store = DraftsOrTranscripts(kind, folder, ops=ops)
        _, error = await attempt(store.put("new"))
        ops.heal()
        assert forever or temporaries(folder) == [], ops.failed
        found = await store.get()
        if error is None:
            assert found == "new", ops.failed
        else:
            faults += 1
            assert found == "old" or (found == "new" and may_be_kept(error)), ops.failed
        await store.put("after")
        assert await DraftsOrTranscripts(kind, folder).get() == "after"
        assert temporaries(folder) == []
        if not ops.failed:
            break
    else:
        pytest.fail("the change never came to an end")
    assert faults >= 4
