"""The board: what becomes dirty, deliveries, decisions of this process before they are on disk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.services.board import Board, BoardChange
from tests.services.workbench import START

ONE = Task("1", title="One", status=TaskStatus.IN_PROGRESS, synced_at=START)


def listen(board: Board) -> list[BoardChange]:
    heard: list[BoardChange] = []
    board.subscribe(heard.append)
    return heard


def message(state: OperationState, *, operation_id: str = "op", seconds: float = 0, text: str = "hello") -> Operation:
    return Operation(
        operation_id,
        OperationKind.MESSAGE,
        START + timedelta(seconds=seconds),
        "test/simulator",
        state,
        "1",
        {"text": text},
        finished_at=None if state.is_open else START + timedelta(seconds=seconds),
    )


def test_apply_tells_only_the_ids_that_look_different() -> None:
    board = Board()
    board.load([ONE, replace(ONE, id="2")])
    heard = listen(board)
    board.apply({"1": replace(ONE, synced_at=START + timedelta(minutes=1)), "2": replace(ONE, id="2", title="Two")})
    assert [change.task_ids for change in heard] == [frozenset({"2"})]
    assert board.tasks["1"].synced_at == START + timedelta(minutes=1)


def test_load_keeps_the_same_mapping_and_tells_what_went() -> None:
    board = Board()
    board.load([ONE])
    tasks, heard = board.tasks, listen(board)
    board.load([replace(ONE, id="2")])
    assert list(tasks) == ["2"]
    assert heard[0].task_ids == {"1", "2"}


def test_apply_none_removes_and_unknown_none_is_no_news() -> None:
    board = Board()
    board.load([ONE])
    heard = listen(board)
    board.apply({"1": None, "9": None})
    assert board.tasks == {}
    assert heard[0].task_ids == {"1"}


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (OperationState.PREPARED, "sending"),
        (OperationState.SENDING, "sending"),
        (OperationState.DONE, "confirmed"),
        (OperationState.REFUSED, "refused"),
        (OperationState.NOT_SENT, "not sent"),
        (OperationState.UNCONFIRMED, "unconfirmed"),
    ],
)
def test_delivery_tells_the_state_of_the_newest_operation(state: OperationState, word: str) -> None:
    board = Board()
    board.set_operations([message(state)])
    delivery = board.delivery("1", START)
    assert delivery is not None
    assert delivery.word == word


def test_delivery_of_what_is_done_goes_after_a_while_and_of_what_is_open_stays() -> None:
    board = Board()
    board.set_operations([message(OperationState.DONE)])
    assert board.delivery("1", START + timedelta(seconds=5)) is not None
    assert board.delivery("1", START + timedelta(minutes=1)) is None
    board.set_operations([message(OperationState.UNCONFIRMED)])
    assert board.delivery("1", START + timedelta(days=3)) is not None


def test_delivery_of_something_open_is_not_hidden_by_something_newer_that_is_done() -> None:
    board = Board()
    board.set_operations(
        [message(OperationState.UNCONFIRMED), message(OperationState.DONE, operation_id="later", seconds=5)]
    )
    delivery = board.delivery("1", START + timedelta(seconds=6))
    assert delivery is not None
    assert delivery.word == "unconfirmed"


def test_begin_shows_at_once_and_its_record_takes_its_place() -> None:
    board = Board()
    heard = listen(board)
    begun = message(OperationState.PREPARED, operation_id="begun")
    board.begin(begun)
    assert [operation.id for operation in board.operations] == ["begun"]
    assert heard[0] == BoardChange(frozenset({"1"}), frozenset({"operations"}))
    board.set_operations([message(OperationState.SENDING, operation_id="recorded", seconds=1)])
    assert [operation.id for operation in board.operations] == ["recorded"]
    board.end("begun")
    assert [operation.id for operation in board.operations] == ["recorded"]


def test_open_operations_are_those_under_way_or_unconfirmed() -> None:
    board = Board()
    states = [OperationState.DONE, OperationState.UNCONFIRMED, OperationState.SENDING, OperationState.DISCARDED]
    board.set_operations([message(state, operation_id=state.value) for state in states])
    assert {operation.id for operation in board.open_operations()} == {"unconfirmed", "sending"}


def test_watched_tells_the_ids_that_changed() -> None:
    board = Board()
    board.set_watched(["1"])
    heard = listen(board)
    board.set_watched(["2"])
    assert heard == [BoardChange(frozenset({"1", "2"}), frozenset({"watched"}))]


def test_a_listener_that_left_hears_nothing() -> None:
    board = Board()
    heard: list[BoardChange] = []
    stop = board.subscribe(heard.append)
    stop()
    board.load([ONE])
    assert heard == []


def test_operation_that_did_not_arrive_is_left_until_the_same_arrives_later() -> None:
    board = Board()
    failed = message(OperationState.NOT_SENT)
    board.set_operations([failed])
    assert board.operations_left() == (failed,)
    board.set_operations([message(OperationState.DONE, operation_id="before", seconds=-5), failed])
    assert board.operations_left() == (failed,)
    board.set_operations([failed, message(OperationState.DONE, operation_id="later", seconds=5)])
    assert board.operations_left() == ()
    unconfirmed = message(OperationState.UNCONFIRMED)
    board.set_operations([unconfirmed, message(OperationState.DONE, operation_id="later", seconds=5)])
    assert board.operations_left() == (unconfirmed,)


@pytest.mark.parametrize(("repository", "left"), [("acme/webapp", 0), ("acme/other", 1)])
def test_new_task_that_was_not_made_is_left_until_the_same_is_made_later(repository: str, left: int) -> None:
    board = Board()
    wanted = {"description": "Tidy up", "repository": "acme/webapp"}
    failed = replace(message(OperationState.NOT_SENT), kind=OperationKind.CREATE, task_id=None, payload=wanted)
    made = message(OperationState.DONE, operation_id="later", seconds=5)
    made = replace(made, kind=OperationKind.CREATE, payload={**wanted, "repository": repository})
    board.set_operations([failed, made])
    assert len(board.operations_left()) == left


@pytest.mark.parametrize(("approved", "left"), [("this plan", 0), ("another plan", 1)])
def test_approval_that_came_too_late_is_nothing_to_look_after(approved: str, left: int) -> None:
    board = Board()
    kind = OperationKind.APPROVE
    late = replace(message(OperationState.REFUSED), kind=kind, payload={"fingerprint": "this plan"})
    first = message(OperationState.DONE, operation_id="before", seconds=-5)
    board.set_operations([replace(first, kind=kind, payload={"fingerprint": approved}), late])
    assert len(board.operations_left()) == left
