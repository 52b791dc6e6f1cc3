"""Damaged files: never a crash, never an overwrite, and the way back is told."""

from __future__ import annotations

import errno
import os
import random
import shutil
from pathlib import Path

import pytest

from jjm_tui.errors import StorageError, StoreDamagedError, StoreSchemaError
from jjm_tui.store.backups import list_damaged
from jjm_tui.store.inspection import check_store, list_backups, repair_store
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from jjm_tui.store.task_line import encode_task
from tests.store.stands import HandClock, RefusingOps, attempt, make_task, no_pause, put, say


@pytest.fixture
async def store(store_path: Path, clock: HandClock) -> JsonTaskStore:
    store = JsonTaskStore(store_path, clock, pause=no_pause)
    await store.apply(put(*(make_task(str(n), chat_history=say("hello", "world")) for n in range(8))))
    await store.apply(put(make_task("8")))
    return store


def fresh(path: Path, clock: HandClock) -> JsonTaskStore:
    return JsonTaskStore(path, clock, pause=no_pause)


def all_bytes(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir() if not path.name.endswith(".lock")]


@pytest.mark.parametrize("how", ["truncate", "flip"])
async def test_damage_at_200_offsets_is_never_overwritten(
    how: str, store: JsonTaskStore, clock: HandClock, tmp_path: Path
) -> None:
    good = store.path.read_bytes()
    chance = random.Random(how)
    offsets = [0, 1, len(good) - 1, len(good) - 2, len(good) - 3, *(chance.randrange(len(good)) for _ in range(195))]
    outcomes = set()
    for number, offset in enumerate(offsets):
        folder = tmp_path / f"case-{number}"
        shutil.copytree(store.path.parent, folder)
        path = folder / "tasks.json"
        flipped = bytes([good[offset] ^ (1 << chance.randrange(8))])
        bad = good[:offset] if how == "truncate" else good[:offset] + flipped + good[offset + 1 :]
        path.write_bytes(bad)
        outcomes.add(await _use_damaged(path, bad, clock))
    assert "damaged" in outcomes
    assert len(offsets) == 200


async def _use_damaged(path: Path, bad: bytes, clock: HandClock) -> str:
    """Read, then write; whatever happens, the bytes found at first are still there under some name."""
    shown, unread = await attempt(fresh(path, clock).list_tasks())
    if unread is not None:
        assert type(unread) is StoreDamagedError
        assert unread.context["path"] == str(path)
        assert path.read_bytes() == bad
    _, unwritten = await attempt(fresh(path, clock).apply(put(make_task("new"))))
    assert bad in all_bytes(path.parent)
    if isinstance(unwritten, StoreSchemaError):
        assert path.read_bytes() == bad
        return "schema"
    if unwritten is None:
        assert shown is not None
        after = {task.id: task for task in read_tasks(path)[0]}
        assert {task.id: task for task in shown}.items() <= after.items()
        return "fine"
    assert shown is None
    assert Path(unwritten.context["damaged"][0]).read_bytes() == bad
    assert Path(unwritten.context["backup"]).exists()
    assert repair_store(path, clock, pause=no_pause).action == "restored"
    assert {str(n) for n in range(8)} <= {task.id for task in read_tasks(path)[0]}
    assert bad in all_bytes(path.parent)
    return "damaged"


async def test_read_damaged_file_is_left_alone_and_named(store: JsonTaskStore, clock: HandClock) -> None:
    store.path.write_bytes(b"")
    with pytest.raises(StoreDamagedError, match="empty") as caught:
        await store.list_tasks()
    assert str(store.path) in caught.value.message
    assert "backup-" in (caught.value.hint or "")
    assert store.path.read_bytes() == b""
    with pytest.raises(StoreDamagedError):
        read_tasks(store.path)


async def test_apply_damaged_file_is_set_aside_and_newest_good_backup_named(
    store: JsonTaskStore, clock: HandClock
) -> None:
    backups = list_backups(store.path)
    store.path.write_bytes(b"{")
    with pytest.raises(StoreDamagedError, match=r"set aside as tasks\.json\.damaged-") as caught:
        await store.apply(put(make_task("9")))
    assert Path(caught.value.context["damaged"][0]).read_bytes() == b"{"
    assert caught.value.context["backup"] == str(backups[0].path)
    assert not store.path.exists()


@pytest.mark.parametrize("step", ["rename", "sync_folder"])
async def test_apply_damaged_file_that_cannot_be_set_aside_is_told_with_its_name(
    step: str, store: JsonTaskStore, clock: HandClock
) -> None:
    store.path.write_bytes(b"{")
    failing = JsonTaskStore(store.path, clock, pause=no_pause, ops=RefusingOps(step, errno.EIO))
    with pytest.raises(StorageError, match="could not be set aside") as caught:
        await failing.apply(put(make_task("9")))
    assert ("Nothing was changed" in (caught.value.hint or "")) is store.path.exists()
    assert all(aside.name in (caught.value.hint or "") for aside in list_damaged(store.path))


async def test_apply_looks_twice_before_setting_aside(store: JsonTaskStore, clock: HandClock) -> None:
    good = store.path.read_bytes()
    store.path.write_bytes(good[:-20])
    patient = JsonTaskStore(store.path, clock, pause=lambda _: store.path.write_bytes(good) and None)
    await patient.apply(put(make_task("9")))
    assert len(await patient.list_tasks()) == 10


async def test_read_file_that_never_settles_is_told(store: JsonTaskStore, clock: HandClock) -> None:
    count = iter(range(1, 1000))
    restless = JsonTaskStore(
        store.path, clock, pause=lambda _: store.path.write_bytes(b"{" + b"x" * next(count)) and None
    )
    store.path.write_bytes(b"{")
    with pytest.raises(StorageError, match="keeps changing"):
        await restless.list_tasks()


async def test_missing_file_beside_backups_is_told_not_taken_for_empty(store: JsonTaskStore, clock: HandClock) -> None:
    store.path.unlink()
    other = fresh(store.path, clock)
    with pytest.raises(StoreDamagedError, match="missing"):
        await other.list_tasks()
    with pytest.raises(StoreDamagedError, match="missing"):
        await other.apply(put(make_task("9")))
    assert not store.path.exists()
    assert check_store(store.path).damaged


async def test_memory_damaged_file_is_not_answered_from_memory(store: JsonTaskStore) -> None:
    assert len(await store.list_tasks()) == 9
    store.path.write_bytes(b"[]")
    with pytest.raises(StoreDamagedError):
        await store.get_task("1")


@pytest.mark.parametrize("version", ["2", '"two"', "null"])
async def test_newer_schema_is_readable_and_not_written(version: str, store_path: Path, clock: HandClock) -> None:
    store_path.parent.mkdir()
    data = f'{{"schema_version":{version},"tasks":[{{"id":"1","new":{{"a":1}}}},{{"id":"2","status":"odd"}}]}}'.encode()
    store_path.write_bytes(data)
    store = fresh(store_path, clock)
    assert [task.id for task in await store.list_tasks()] == ["1"]
    for change in (
        store.apply(put(make_task("1"))),
        store.forget(["1"], clock.now()),
        store.apply({"1": lambda _: None}),
    ):
        with pytest.raises(StoreSchemaError, match="newer version"):
            await change
    assert store_path.read_bytes() == data


async def test_bad_record_the_rest_works(store_path: Path, clock: HandClock) -> None:
    store_path.parent.mkdir()
    store_path.write_bytes(b'{"tasks":[{"id":"1"},{"id":7,"x":[1]},{"id":"1","title":"twin"},{"id":"2"}]}')
    store = fresh(store_path, clock)
    await store.apply(put(make_task("2", "new"), make_task("3")))
    assert sorted(await store.find_ids("")) == ["1", "2", "3"]
    assert b'{"id":7,"x":[1]}' in store_path.read_bytes()
    assert b'"twin"' in store_path.read_bytes()
    assert len(store.problems()) == 2
    assert len(check_store(store_path).remarks) == 2


async def test_forget_takes_twins_along_and_remember_brings_them_back(store_path: Path, clock: HandClock) -> None:
    store_path.parent.mkdir()
    store_path.write_bytes(b'{"tasks":[{"id":"1","title":"a"},{"id":"1","title":"twin"}]}')
    store = fresh(store_path, clock)
    await store.forget(["1"], clock.now())
    assert await store.list_tasks() == ()
    assert (await store.remember(["1"]))["1"].title == "a"
    assert b'"twin"' in store_path.read_bytes()


async def test_sibling_of_another_kind_is_not_overwritten(store_path: Path, clock: HandClock) -> None:
    store_path.parent.mkdir()
    data = b'{"forgotten":["1"],"tasks":[{"id":"1"}]}'
    store_path.write_bytes(data)
    store = fresh(store_path, clock)
    assert len(await store.list_tasks()) == 1
    with pytest.raises(StoreDamagedError, match="forgotten"):
        await store.forget(["1"], clock.now())
    assert store_path.read_bytes() == data


async def test_repair_good_file_does_nothing(store: JsonTaskStore, clock: HandClock) -> None:
    before = store.path.read_bytes()
    report = repair_store(store.path, clock, pause=no_pause)
    assert (report.action, report.tasks) == ("nothing", 9)
    assert store.path.read_bytes() == before


async def test_repair_backup_gets_what_only_the_damaged_file_had(store: JsonTaskStore, clock: HandClock) -> None:
    await store.apply(put(make_task("late")))
    bad = store.path.read_bytes()[:-2]
    store.path.write_bytes(bad)
    report = repair_store(store.path, clock, pause=no_pause)
    assert (report.action, report.tasks, report.salvaged, report.lost_lines) == ("restored", 10, 1, 0)
    assert report.set_aside is not None
    assert report.set_aside.read_bytes() == bad
    assert len(await store.list_tasks()) == 10


async def test_repair_without_backup_salvages_lines(store: JsonTaskStore, clock: HandClock) -> None:
    for backup in list_backups(store.path):
        backup.path.unlink()
    data = store.path.read_bytes()
    store.path.write_bytes(data.replace(b'{"id":"4"', b'{"id"4"'))
    report = repair_store(store.path, clock, pause=no_pause)
    assert (report.action, report.tasks, report.lost_lines) == ("salvaged", 8, 1)


async def test_repair_after_setting_aside_finds_the_damaged_file_again(store: JsonTaskStore, clock: HandClock) -> None:
    await store.apply(put(make_task("late")))
    store.path.write_bytes(store.path.read_bytes()[:-2])
    with pytest.raises(StoreDamagedError):
        await store.apply(put(make_task("9")))
    report = repair_store(store.path, clock, pause=no_pause)
    assert (report.action, report.salvaged) == ("restored", 1)
    assert await store.get_task("late") == make_task("late")


async def test_repair_nothing_readable_begins_anew_and_keeps_the_bytes(store_path: Path, clock: HandClock) -> None:
    store_path.parent.mkdir()
    store_path.write_bytes(b"\x00" * 100)
    report = repair_store(store_path, clock, pause=no_pause)
    assert report.action == "emptied"
    assert report.set_aside is not None
    assert report.set_aside.read_bytes() == b"\x00" * 100
    assert await fresh(store_path, clock).list_tasks() == ()


async def test_repair_forgotten_tasks_do_not_come_back(store: JsonTaskStore, clock: HandClock) -> None:
    await store.forget(["1"], clock.now())
    await store.apply(put(make_task("late")))
    line = encode_task(make_task("1")) + b",\n"
    store.path.write_bytes(store.path.read_bytes().replace(b'"tasks":[\n', b'"tasks":[\n' + line)[:-2])
    repair_store(store.path, clock, pause=no_pause)
    assert await store.get_task("1") is None


def break_line(path: Path, task_id: str) -> None:
    """The line of this task cannot be read any more; all others stay as they are."""
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'{"id":"' + task_id.encode() + b'"', b'{"id"', 1))
    assert path.read_bytes() != whole


async def test_repair_changes_made_since_the_backup_stay_where_their_lines_are_whole(
    store: JsonTaskStore, clock: HandClock
) -> None:
    await store.apply({"1": lambda _: make_task("1", archived=True)})
    break_line(store.path, "4")
    report = repair_store(store.path, clock, pause=no_pause)
    assert (report.action, report.tasks, report.salvaged, report.lost_lines) == ("restored", 9, 1, 1)
    assert await store.get_task("1") == make_task("1", archived=True)
    assert await store.get_task("4") == make_task("4", chat_history=say("hello", "world"))


async def test_repair_damaged_file_that_is_older_than_the_backup_changes_nothing_in_it(
    store: JsonTaskStore, clock: HandClock
) -> None:
    await store.apply({"1": lambda _: make_task("1", archived=True)})
    break_line(store.path, "4")
    os.utime(store.path, (0, 0))
    report = repair_store(store.path, clock, pause=no_pause)
    assert (report.tasks, report.salvaged) == (9, 0)
    assert await store.get_task("1") == make_task("1", chat_history=say("hello", "world"))


async def test_repair_task_that_was_forgotten_since_the_backup_stays_forgotten_and_can_come_back(
    store: JsonTaskStore, clock: HandClock
) -> None:
    await store.forget(["1"], clock.now())
    break_line(store.path, "4")
    repair_store(store.path, clock, pause=no_pause)
    assert await store.get_task("1") is None
    assert set(await store.remember(["1"])) == {"1"}


async def test_repair_task_that_was_remembered_since_the_backup_stays_here(
    store: JsonTaskStore, clock: HandClock
) -> None:
    await store.forget(["1", "2", "3"], clock.now())
    await store.remember(["1", "3"])
    break_line(store.path, "3")
    repair_store(store.path, clock, pause=no_pause)
    assert await store.get_task("1") == make_task("1", chat_history=say("hello", "world"))
    assert set(await store.forgotten()) == {"2", "3"}  # of "3" only the mark of the backup can be read
    assert set(await store.remember(["3"])) == {"3"}


async def test_repair_without_backup_keeps_what_was_forgotten(store: JsonTaskStore, clock: HandClock) -> None:
    await store.forget(["1"], clock.now())
    for backup in list_backups(store.path):
        backup.path.unlink()
    break_line(store.path, "4")
    repair_store(store.path, clock, pause=no_pause)
    assert set(await store.forgotten()) == {"1"}


async def test_repair_unreadable_marks_count_as_a_line_that_is_lost(store: JsonTaskStore, clock: HandClock) -> None:
    await store.forget(["1"], clock.now())
    store.path.write_bytes(store.path.read_bytes().replace(b'"forgotten":{', b'"forgotten":'))
    report = repair_store(store.path, clock, pause=no_pause)
    assert (report.tasks, report.lost_lines) == (9, 1)


async def test_repair_newer_backup_is_left_to_the_newer_version(store: JsonTaskStore, clock: HandClock) -> None:
    for backup in list_backups(store.path):
        backup.path.write_bytes(backup.path.read_bytes().replace(b'"schema_version":1', b'"schema_version":2'))
    store.path.write_bytes(b"{")
    with pytest.raises(StoreSchemaError):
        repair_store(store.path, clock, pause=no_pause)
    assert store.path.read_bytes() == b"{"


async def test_repair_messages_on_lines_of_their_own_are_not_taken_for_tasks(
    store_path: Path, clock: HandClock
) -> None:
    store_path.parent.mkdir()
    store_path.write_bytes(b'{"tasks":[{"id":"1","chat_history":[\n{"id":"m1","type":"user","content":"x"},\n')
    report = repair_store(store_path, clock, pause=no_pause)
    assert (report.action, report.tasks, report.lost_lines) == ("emptied", 0, 2)


async def test_check_good_store_counts(store: JsonTaskStore, clock: HandClock) -> None:
    await store.apply({"1": lambda task: task and make_task("1", archived=True)})
    await store.forget(["2"], clock.now())
    report = check_store(store.path)
    assert (report.tasks, report.archived, report.forgotten, report.schema_version) == (8, 1, 1, 1)
    assert (report.mode, report.folder_mode) == (0o600, 0o700)
    assert report.problems == ()
    assert len(report.backups) == 3
    assert not report.damaged


async def test_check_open_permissions_are_told(store: JsonTaskStore) -> None:
    store.path.chmod(0o644)
    store.path.parent.chmod(0o777)
    assert len(check_store(store.path).problems) == 2


def test_check_no_store_is_no_problem(store_path: Path) -> None:
    report = check_store(store_path)
    assert (report.exists, report.damaged, report.problems) == (False, False, ())


async def test_apply_private_modes_whatever_the_umask(store: JsonTaskStore) -> None:
    for path in store.path.parent.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
