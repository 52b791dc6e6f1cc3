"""Operations on disk: one open operation per task and kind, owners that are known to live, nothing dropped early."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import StorageError, StoreDamagedError, StoreSchemaError, ValidationError, WrongStateError
from jjm_tui.store.outbox_file import FileOutbox
from tests.store.stands import START, HandClock, no_pause

CREATE = {
    "description": "Do it",
    "repository": "a/b",
    "branch": None,
    "title": None,
    "approval": "required",
    "pr": "auto",
}


def make(number: int, kind: OperationKind = OperationKind.MESSAGE, **fields: object) -> Operation:
    created = START + timedelta(seconds=number)
    given = {"task_id": "t", "payload": {"text": "hello"}, **fields}
    return Operation(f"op-{number}", kind, created, "p/s", **given)  # type: ignore[arg-type]


@pytest.fixture
def outbox(tmp_path: Path, clock: HandClock) -> FileOutbox:
    return open_outbox(tmp_path, clock)


def open_outbox(folder: Path, clock: HandClock) -> FileOutbox:
    return FileOutbox(folder / "profile" / "outbox.json", folder / "profile" / "locks", clock, pause=no_pause)


async def test_add_is_there_for_everybody(outbox: FileOutbox, tmp_path: Path, clock: HandClock) -> None:
    operation = make(1, baseline={"equal_messages": 2}, extra={"new": 2**70}, payload={"text": "\ud800 NaN\n"})
    await outbox.add(operation)
    other = open_outbox(tmp_path, clock)
    assert await other.get("op-1") == operation
    assert await other.list_operations() == (operation,)
    assert await other.get("op-2") is None
    assert outbox.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("state", [OperationState.PREPARED, OperationState.SENDING, OperationState.UNCONFIRMED])
async def test_add_second_open_operation_of_task_and_kind_is_refused(
    state: OperationState, outbox: FileOutbox, tmp_path: Path, clock: HandClock
) -> None:
    await outbox.add(replace(make(1), state=state))
    other = open_outbox(tmp_path, clock)
    with pytest.raises(WrongStateError, match=state.value) as caught:
        await other.add(make(2, payload={"text": "another"}))
    assert caught.value.context["operation_id"] == "op-1"
    await other.add(make(3, task_id="other"))
    await other.add(make(4, OperationKind.APPROVE))
    assert [found.id for found in await outbox.list_operations()] == ["op-1", "op-3", "op-4"]


@pytest.mark.parametrize("state", [OperationState.DONE, OperationState.REFUSED, OperationState.NOT_SENT])
async def test_add_after_an_outcome_is_accepted(state: OperationState, outbox: FileOutbox) -> None:
    await outbox.add(make(1))
    await outbox.change("op-1", lambda known: replace(known, state=state, finished_at=START))
    await outbox.add(make(2))
    assert [found.id for found in await outbox.list_operations(open_only=True)] == ["op-2"]
    assert len(await outbox.list_operations()) == 2


async def test_add_equal_creates_go_one_at_a_time(outbox: FileOutbox) -> None:
    await outbox.add(make(1, OperationKind.CREATE, task_id=None, payload=CREATE))
    await outbox.add(make(2, OperationKind.CREATE, task_id=None, payload={**CREATE, "repository": "a/c"}))
    with pytest.raises(WrongStateError, match="created already"):
        await outbox.add(make(3, OperationKind.CREATE, task_id=None, payload={**CREATE, "title": "cannot settle it"}))


async def test_add_same_id_is_refused(outbox: FileOutbox) -> None:
    await outbox.add(make(1))
    with pytest.raises(WrongStateError, match="recorded already"):
        await outbox.add(make(1, task_id="other"))


async def test_add_at_once_from_two_stores_one_wins(outbox: FileOutbox, tmp_path: Path, clock: HandClock) -> None:
    stores = [outbox, open_outbox(tmp_path, clock), open_outbox(tmp_path, clock)]
    answers = await asyncio.gather(
        *(store.add(make(number)) for number, store in enumerate(stores)), return_exceptions=True
    )
    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, WrongStateError) for answer in answers) == 2


async def test_change_gets_newest_record(outbox: FileOutbox, tmp_path: Path, clock: HandClock) -> None:
    await outbox.add(make(1))
    other = open_outbox(tmp_path, clock)
    await other.list_operations()
    outbox.change_now("op-1", lambda known: replace(known, state=OperationState.SENDING, sent_at=START))
    done = await other.change("op-1", lambda known: replace(known, message=known.state.value))
    assert done.message == "sending"
    assert await outbox.get("op-1") == done


async def test_change_unknown_record_is_told(outbox: FileOutbox) -> None:
    with pytest.raises(StorageError, match="op-9"):
        await outbox.change("op-9", lambda known: known)
    with pytest.raises(StorageError):
        outbox.change_now("op-9", lambda known: known)


async def test_change_other_id_is_refused(outbox: FileOutbox) -> None:
    await outbox.add(make(1))
    with pytest.raises(ValidationError):
        await outbox.change("op-1", lambda known: replace(known, id="op-2"))
    assert [found.id for found in await outbox.list_operations()] == ["op-1"]


async def test_remove_is_gone(outbox: FileOutbox) -> None:
    await outbox.add(make(1))
    await outbox.remove("op-1")
    await outbox.remove("op-1")
    assert await outbox.list_operations() == ()


async def test_finished_operations_are_kept_for_seven_days(outbox: FileOutbox, clock: HandClock) -> None:
    await outbox.add(make(1))
    await outbox.add(make(2, task_id="open"))
    await outbox.change("op-1", lambda known: replace(known, state=OperationState.DONE, finished_at=START))
    clock.advance(timedelta(days=7))
    assert len(await outbox.list_operations()) == 2
    clock.advance(timedelta(seconds=1))
    assert [found.id for found in await outbox.list_operations()] == ["op-2"]
    await outbox.add(make(3, task_id="new"))
    assert b"op-1" not in outbox.path.read_bytes()
    assert len(await outbox.list_operations()) == 2


async def test_texts_that_did_not_go_out_stay_until_they_are_let_go_or_arrive(
    outbox: FileOutbox, clock: HandClock
) -> None:
    ended = {"finished_at": START}
    await outbox.add(make(1, state=OperationState.NOT_SENT, **ended))
    await outbox.add(make(2, OperationKind.CREATE, state=OperationState.REFUSED, payload=CREATE, **ended))
    await outbox.add(make(3, OperationKind.APPROVE, state=OperationState.REFUSED, **ended))
    clock.advance(timedelta(days=100))
    assert [found.id for found in await outbox.list_operations()] == ["op-1", "op-2"]
    late = clock.now()
    await outbox.add(replace(make(4), created_at=late, state=OperationState.DONE, finished_at=late))
    await outbox.change("op-2", lambda known: replace(known, state=OperationState.DISCARDED, finished_at=late))
    assert [found.id for found in await outbox.list_operations()] == ["op-2", "op-4"]
    clock.advance(timedelta(days=7, seconds=1))
    assert await outbox.list_operations() == ()
    await outbox.add(make(5, task_id="new"))
    assert outbox.path.read_bytes().count(b'"id"') == 1


async def test_owner_lives_until_closed(outbox: FileOutbox, tmp_path: Path, clock: HandClock) -> None:
    other = open_outbox(tmp_path, clock)
    owner = outbox.owner()
    assert owner == outbox.owner()
    assert owner != other.owner()
    assert await other.is_alive(owner)
    assert await outbox.is_alive(owner)
    outbox.close()
    assert not await other.is_alive(owner)
    assert not await outbox.is_alive(owner)


@pytest.mark.parametrize("name", ["", "../outbox", "nobody", "1-0123456789ab", "/etc/passwd", "poller"])
async def test_is_alive_strange_or_unknown_name_is_dead_and_touches_nothing(
    name: str, outbox: FileOutbox, tmp_path: Path
) -> None:
    outbox.owner()
    (tmp_path / "profile" / "locks" / "poller.lock").touch()
    before = sorted(tmp_path.rglob("*"))
    assert not await outbox.is_alive(name)
    assert sorted(tmp_path.rglob("*")) == before


async def test_is_alive_asked_by_many_at_once_is_the_truth(
    outbox: FileOutbox, tmp_path: Path, clock: HandClock
) -> None:
    owner = outbox.owner()
    others = [open_outbox(tmp_path, clock) for _ in range(8)]
    assert all(await asyncio.gather(*(other.is_alive(owner) for other in others)))
    outbox.close()
    assert not any(await asyncio.gather(*(other.is_alive(owner) for other in others)))


async def test_owner_files_of_dead_processes_are_swept(tmp_path: Path, clock: HandClock) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.store.test_outbox import open_outbox, HandClock;"
        "import os; print(open_outbox(Path(sys.argv[1]), HandClock()).owner(), flush=True); os._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    left = tmp_path / "profile" / "locks" / f"{done.stdout.strip()}.lock"
    assert left.exists()
    open_outbox(tmp_path, clock).owner()
    assert not left.exists()


async def test_damaged_outbox_is_set_aside_told_once_and_goes_on(outbox: FileOutbox) -> None:
    await outbox.add(make(1))
    await outbox.add(make(2, task_id="other"))
    bad = outbox.path.read_bytes()[:-9]
    outbox.path.write_bytes(bad)
    with pytest.raises(StoreDamagedError, match="set aside") as caught:
        await outbox.list_operations()
    assert Path(caught.value.context["damaged"][0]).read_bytes() == bad
    assert [found.id for found in await outbox.list_operations()] == ["op-1"]
    with pytest.raises(WrongStateError):
        await outbox.add(make(4))


async def test_newer_outbox_is_read_and_not_written(outbox: FileOutbox) -> None:
    await outbox.add(make(1))
    data = outbox.path.read_bytes().replace(b'"schema_version":1', b'"schema_version":2')
    outbox.path.write_bytes(data)
    assert len(await outbox.list_operations()) == 1
    with pytest.raises(StoreSchemaError):
        outbox.change_now("op-1", lambda known: replace(known, message="x"))
    assert outbox.path.read_bytes() == data


@pytest.mark.parametrize("what", [b'"kind":"dance"', b'"kind":"message","state":"unconfirmee"'])
async def test_record_that_is_not_understood_is_kept_and_nothing_is_added(what: bytes, outbox: FileOutbox) -> None:
    await outbox.add(make(1))
    odd = b'{"id":"op-0","created_at":"2026-11-20T08:00:00Z","origin":"p/s","task_id":"t",' + what + b"}"
    outbox.path.write_bytes(outbox.path.read_bytes().replace(b"[\n", b"[\n" + odd + b",\n"))
    outbox.change_now("op-1", lambda known: replace(known, message="x"))
    assert odd in outbox.path.read_bytes()
    with pytest.raises(StorageError, match=r"1 of the operations in .* cannot be read"):
        await outbox.list_operations()
    with pytest.raises(StorageError, match="cannot be read"):
        await outbox.add(make(2, task_id="u"))
    assert odd in outbox.path.read_bytes()
