"""The picture that a live face shows: all tasks, what is under way for them, how the server is doing.

State lives here once. Everything that changes comes in through one of the methods; listeners hear which ids are
dirty; nothing here waits. Only the domain is imported, so that a first frame can be drawn from it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from jjm_tui.domain.arrivals import Arrivals
from jjm_tui.domain.counts import TaskCounts
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task, says_the_same
from jjm_tui.services.read_troubles import ReadTrouble
from jjm_tui.services.store_troubles import StoreTrouble

Aspect = Literal["tasks", "operations", "connection", "sync", "watched", "store"]

ConnectionStatus = Literal[
    "none", "not ready", "idle", "starting", "connected", "reconnecting", "offline", "could not start", "gave up"
]

DeliveryWord = Literal["sending", "confirmed", "refused", "not sent", "unconfirmed"]

_DELIVERY: Final[Mapping[OperationState, DeliveryWord]] = {
    OperationState.PREPARED: "sending",
    OperationState.SENDING: "sending",
    OperationState.DONE: "confirmed",
    OperationState.REFUSED: "refused",
    OperationState.NOT_SENT: "not sent",
    OperationState.UNCONFIRMED: "unconfirmed",
}
_SHOWN_AFTER: Final[Mapping[DeliveryWord, timedelta]] = {
    "confirmed": timedelta(seconds=8),
    "refused": timedelta(minutes=10),
    "not sent": timedelta(minutes=10),
}
"""How long an outcome stays on the task's row; what is open stays until it is settled."""


_WORTH_A_WORD: Final = 10.0
"""Seconds that an answer may take without anybody wondering."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the newest operation of a task, for its row."""

    word: DeliveryWord
    kind: OperationKind
    operation_id: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """How the server is doing, for people.

    ``status``: ``none`` (no server configured), ``not ready`` (one is, but it cannot be used: its key is missing or
    something else that it needs), ``idle`` (not started yet), ``starting``, ``connected``,
    ``reconnecting``, ``offline``, ``could not start`` (it never ran), ``gave up``. ``trouble``: why, one sentence;
    ``way_out``: what to do. ``polls_elsewhere``: another process asks the server and this one follows the store.
    ``next_poll_at``: by the event loop's clock. ``budget_*``: calls spent and not come back, of all processes.
    ``silent_since``: when the server was asked something that it has not answered, with no answer since.
    ``resume_by_message``: whether a message is its only way to resume a task; ``None`` before that is known.
    """

    status: ConnectionStatus = "idle"
    label: str = ""
    dialect: str | None = None
    trouble: str | None = None
    way_out: str | None = None
    polls_elsewhere: bool = False
    is_polling: bool = False
    next_poll_at: float | None = None
    silent_since: datetime | None = None
    budget_used: int = 0
    budget_limit: int = 0
    restarts: int = 0
    unavailable: Mapping[str, str] = field(default_factory=dict)
    resume_by_message: bool | None = None

    def silence(self, now: datetime) -> float | None:
        """For how many seconds a server that runs has not answered, if that is worth a word."""
        if self.status != "connected" or self.silent_since is None:
            return None
        seconds = (now - self.silent_since).total_seconds()
        return seconds if seconds >= _WORTH_A_WORD else None


@dataclass(frozen=True, slots=True)
class BoardChange:
    """What is dirty: ids of tasks that changed, came or went, and which other aspects changed."""

    task_ids: frozenset[str] = frozenset()
    aspects: frozenset[Aspect] = frozenset()

    def __or__(self, other: BoardChange) -> BoardChange:
        return BoardChange(self.task_ids | other.task_ids, self.aspects | other.aspects)


Listener = Callable[[BoardChange], None]


class Board:
    """All tasks of one profile in memory, with the person's operations over them."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._recorded: tuple[Operation, ...] = ()
        self._unwritten: frozenset[str] = frozenset()
        self._begun: dict[str, Operation] = {}
        self._operations: tuple[Operation, ...] = ()
        self._by_task: dict[str, list[Operation]] = {}
        self._listeners: list[Listener] = []
        self.connection = Connection()
        self.sync = SyncState("")
        self.watched: frozenset[str] = frozenset()
        self.read_troubles: Mapping[str, ReadTrouble] = {}
        """Tasks that could not be read lately, and why, by id."""
        self.store_trouble: StoreTrouble | None = None
        """What does not work with the local files, as long as it does not."""
        self.first_counts: TaskCounts | None = None
        """Counts over all stored tasks while only the first page of them is here."""
        self.is_whole = False
        """Whether all stored tasks are here, and not only the first page of a big store."""

    @property
    def tasks(self) -> Mapping[str, Task]:
        """All tasks by id, always the same mapping: who keeps it sees what changes."""
        return self._tasks

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Recent operations, oldest first."""
        return self._operations

    def task(self, task_id: str | None) -> Task | None:
        """One task, or ``None`` when it is not known."""
        return None if task_id is None else self._tasks.get(task_id)

    def operations_of(self, task_id: str) -> tuple[Operation, ...]:
        """Recent operations of one task, oldest first."""
        return tuple(self._by_task.get(task_id, ()))

    def open_operations(self) -> tuple[Operation, ...]:
        """Those that are under way or unconfirmed, oldest first."""
        return tuple(operation for operation in self._operations if operation.state.is_open)

    def unwritten_operations(self) -> tuple[Operation, ...]:
        """Those that ended while that cannot be written down: who starts the program again will not know how."""
        ended = (operation for operation in self._operations if not operation.state.is_open)
        return tuple(operation for operation in ended if operation.id in self._unwritten)

    def operations_left(self) -> tuple[Operation, ...]:
        """Those that are open, and those that did not arrive and were not sent since, again or in the same words.

        A plan needs one approval only: when another window's arrived, one that came too late is nothing to look after.
        """
        arrivals = Arrivals(self._operations)
        approvals = (each for each in self._operations if each.kind is OperationKind.APPROVE)
        approved = {_plan(each) for each in approvals if each.state is OperationState.DONE}
        return tuple(
            each
            for each in self._operations
            if each.state.is_open
            or (
                each.state in (OperationState.NOT_SENT, OperationState.REFUSED)
                and each.sent_again_as is None
                and arrivals.since(each) is None
                and _plan(each) not in approved
            )
        )

    def delivery(self, task_id: str, now: datetime) -> Delivery | None:
        """What the row of a task says about the newest operation; open ones before finished ones."""
        operations = self._by_task.get(task_id)
        if not operations:
            return None
        newest = max(operations, key=lambda op: (op.state.is_open, op.created_at))
        word = _DELIVERY.get(newest.state)
        if word is None:
            return None
        shown_for = _SHOWN_AFTER.get(word)
        ended = newest.finished_at or newest.created_at
        if shown_for is not None and now - ended > shown_for:
            return None
        return Delivery(word, newest.kind, newest.id, newest.message)

    # listening

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at every change; answer how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _tell(self, change: BoardChange) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    # changes

    def load(self, tasks: Iterable[Task], *, counts: TaskCounts | None = None) -> None:
        """Replace all tasks; with ``counts`` over all of them these are only the first page of the store."""
        loaded = {task.id: task for task in tasks}
        dirty = {task_id for task_id, task in loaded.items() if self._tasks.get(task_id) != task}
        dirty |= self._tasks.keys() - loaded.keys()
        self._tasks.clear()
        self._tasks.update(loaded)
        self.is_whole, self.first_counts = counts is None, counts
        self._tell(BoardChange(frozenset(dirty), frozenset({"tasks"})))

    def apply(self, tasks: Mapping[str, Task | None]) -> None:
        """Take over changed tasks; ``None`` removes one. One that was only confirmed is newer, but not dirty."""
        dirty = set()
        for task_id, task in tasks.items():
            if task is None:
                if self._tasks.pop(task_id, None) is not None:
                    dirty.add(task_id)
            else:
                known = self._tasks.get(task_id)
                self._tasks[task_id] = task
                if known is None or not says_the_same(known, task):
                    dirty.add(task_id)
        if dirty:
            self._tell(BoardChange(frozenset(dirty), frozenset({"tasks"})))

    def set_operations(self, operations: Iterable[Operation], unwritten: Iterable[str] = ()) -> None:
        """Replace the recent operations with those on disk; ``unwritten``: ids of those whose records do not tell yet
        how they ended."""
        before, self._unwritten = self._unwritten, frozenset(unwritten)
        self._recorded = tuple(operations)
        self._show_operations(anew=before != self._unwritten)

    def begin(self, operation: Operation) -> None:
        """Show a decision of this process at once, before it is on disk; its record takes its place."""
        self._begun[operation.id] = operation
        self._show_operations()

    def end(self, operation_id: str) -> None:
        """Its outcome is known and recorded."""
        if self._begun.pop(operation_id, None) is not None:
            self._show_operations()

    def _show_operations(self, *, anew: bool = False) -> None:
        newest = (*self._recorded, *(op for op in self._begun.values() if not self._is_recorded(op)))
        if newest == self._operations and not anew:
            return
        before, self._operations = set(self._operations_keys()), newest
        self._by_task = {}
        for operation in newest:
            if operation.task_id is not None:
                self._by_task.setdefault(operation.task_id, []).append(operation)
        moved = before ^ set(self._operations_keys())
        self._tell(BoardChange(frozenset(task_id for _, _, task_id in moved if task_id), frozenset({"operations"})))

    def _is_recorded(self, begun: Operation) -> bool:
        return any(
            known.kind is begun.kind and known.task_id == begun.task_id and known.created_at >= begun.created_at
            for known in self._recorded
        )

    def _operations_keys(self) -> Iterable[tuple[str, OperationState, str | None]]:
        return ((op.id, op.state, op.task_id) for op in self._operations)

    def set_connection(self, connection: Connection) -> None:
        """Replace what is known about the server."""
        if connection != self.connection:
            self.connection = connection
            self._tell(BoardChange(aspects=frozenset({"connection"})))

    def change_connection(self, **changes: object) -> None:
        """Change some of it."""
        self.set_connection(replace(self.connection, **changes))  # type: ignore[arg-type]

    def set_sync(self, sync: SyncState) -> None:
        """Replace what is known about the last reading of the list."""
        if sync != self.sync:
            self.sync = sync
            self._tell(BoardChange(aspects=frozenset({"sync"})))

    def set_read_troubles(self, troubles: Mapping[str, ReadTrouble]) -> None:
        """Replace what is known of tasks that could not be read."""
        moved = {
            each for each in {*troubles, *self.read_troubles} if troubles.get(each) != self.read_troubles.get(each)
        }
        self.read_troubles = troubles
        if moved:
            self._tell(BoardChange(frozenset(moved), frozenset({"tasks"})))

    def set_store_trouble(self, trouble: StoreTrouble | None) -> None:
        """Replace what is wrong with the local files."""
        if trouble != self.store_trouble:
            self.store_trouble = trouble
            self._tell(BoardChange(aspects=frozenset({"store"})))

    def set_watched(self, task_ids: Iterable[str]) -> None:
        """Replace which tasks the person watches."""
        watched = frozenset(task_ids)
        if watched != self.watched:
            moved, self.watched = watched ^ self.watched, watched
            self._tell(BoardChange(moved, frozenset({"watched"})))


def _plan(operation: Operation) -> tuple[object, ...]:
    """Which plan was approved."""
    return operation.kind, operation.origin, operation.task_id, operation.payload.get("fingerprint")
