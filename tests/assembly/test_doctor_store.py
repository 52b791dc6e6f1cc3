"""What the doctor says of the store: whether it can be written once more, who else may change it, what is unsettled."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jjm_tui.assembly import Options
from jjm_tui.assembly.clock import SystemClock
from jjm_tui.assembly.doctor import check_outbox, check_store
from jjm_tui.assembly.workplace import open_workplace
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.services.results import Check
from jjm_tui.store.durable import FileOps
from jjm_tui.store.outbox_file import FileOutbox


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A good store file of one page."""
    path = tmp_path / "a store" / "tasks.json"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b'{"schema_version":1,"tasks":[\n]}\n' + b" " * 4096)
    path.chmod(0o600)
    return path


async def _examine(store: Path) -> list[Check]:
    options = Options(overrides={"storage.path": store})
    with open_workplace(options, {"JJM_HOME": str(store.parents[1] / "home")}) as place:
        return await check_store(place)


async def test_store_that_can_be_written_is_well_and_nothing_is_left_beside_it(store: Path) -> None:
    before = store.read_bytes()
    assert [(check.state, check.message) for check in await _examine(store)] == [("ok", f"{store}: 0 tasks.")]
    assert (store.read_bytes(), os.listdir(store.parent)) == (before, ["tasks.json"])  # noqa: PTH208


@pytest.mark.parametrize(
    ("operation", "number", "reason", "help_"),
    [
        ("write", errno.ENOSPC, "the disk is full", "Free some space"),
        ("sync", errno.EDQUOT, "your disk quota is used up", "Free some space"),
        ("create", errno.EROFS, "the file system is read-only", "--store PATH"),
    ],
)
async def test_store_that_cannot_be_written_once_more_is_told(
    store: Path, monkeypatch: pytest.MonkeyPatch, operation: str, number: int, reason: str, help_: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(FileOps, operation, fail)
    readable, failed = await _examine(store)
    assert (readable.state, failed.name, failed.state) == ("ok", "store", "failed")
    assert failed.message == f"The store cannot be written: {store.parent}: {reason}."
    assert help_ in (failed.way_out or "")
    assert failed.error is not None
    assert [each.name for each in store.parent.iterdir()] == ["tasks.json"]


async def test_room_for_a_small_file_is_not_taken_for_room_for_the_store(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = FileOps.write

    def write_little(ops: FileOps, descriptor: int, data: bytes) -> None:
        write(ops, descriptor, data[:1024])
        if len(data) > 1024:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FileOps, "write", write_little)
    assert [check.state for check in await _examine(store)] == ["ok", "failed"]
    assert [each.name for each in store.parent.iterdir()] == ["tasks.json"]


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "way_out"),
    [
        (0o600, 0o777, "Run `chmod 700 '{folder}'`."),
        (0o644, 0o700, "Run `chmod 600 '{file}'`."),
        (0o644, 0o775, "Run `chmod 600 '{file}'`. Run `chmod 700 '{folder}'`."),
        (0o600, 0o1777, "Keep the store in a folder of your own (storage.path or --store PATH)."),
    ],
)
async def test_way_out_of_open_permissions_closes_them(
    store: Path, file_mode: int, folder_mode: int, way_out: str
) -> None:
    store.chmod(file_mode)
    store.parent.chmod(folder_mode)
    (check,) = await _examine(store)
    assert (check.state, check.way_out) == ("warning", way_out.format(folder=store.parent, file=store))


async def test_way_out_of_a_newer_store_is_the_newer_program(store: Path) -> None:
    store.write_bytes(store.read_bytes().replace(b":1,", b":99,"))
    (check,) = await _examine(store)
    assert (check.state, check.way_out) == ("warning", "Use the newer version of jjm-tui.")


async def test_operation_that_is_under_way_is_not_told_as_unconfirmed(store: Path) -> None:
    options = Options(overrides={"storage.path": store})
    with open_workplace(options, {"JJM_HOME": str(store.parents[1] / "home")}) as place:
        outbox = FileOutbox(place.store.outbox, place.store.locks, SystemClock())
        sending = Operation("a1", OperationKind.MESSAGE, datetime.now(UTC), "test", OperationState.SENDING, "1234")
        await outbox.add(replace(sending, owner=outbox.owner()))
        check = await check_outbox(place)
        assert (check.state, check.message, check.way_out) == ("ok", "1 operation under way.", None)
        await outbox.add(replace(sending, id="a2", task_id="5678", state=OperationState.UNCONFIRMED))
        check = await check_outbox(place)
        assert (check.state, check.message) == ("warning", "1 operation not confirmed. 1 operation under way.")
        assert check.way_out == "Run `jjm outbox settle`."
        outbox.close()  # as when its process ends
        check = await check_outbox(place)
        assert (check.state, check.message) == ("warning", "2 operations not confirmed.")
