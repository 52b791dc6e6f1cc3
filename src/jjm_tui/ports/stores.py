"""Where tasks, history, operations, drafts and conversations are kept, and who may poll."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.kept_draft import UNKNOWN_TIMES, DraftTimes, KeptDraft
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import ChatMessage, Task
from jjm_tui.errors import StorageError

TaskChange = Callable[[Task | None], Task | None]
"""A change of one task: gets the newest stored task (``None``: not there), answers the new one (``None``: remove).
It may be called more than once and must be pure."""

SyncChange = Callable[[SyncState], SyncState]
"""The same for what is known of the last list reading."""


class TaskStore(Protocol):
    """Where tasks live. Safe for several processes; a change is applied to the newest state, never to a stale one."""

    async def list_tasks(self) -> tuple[Task, ...]:
        """All tasks, in no promised order."""

    async def get_task(self, task_id: str) -> Task | None:
        """One task by full id."""

    async def find_ids(self, prefix: str) -> tuple[str, ...]:
        """Ids that start with ``prefix``."""

    async def apply(
        self, changes: Mapping[str, TaskChange], sync: Mapping[str, SyncChange] | None = None
    ) -> dict[str, Task | None]:
        """Apply changes of tasks by id and of sync states by origin, durably and all together; answer the new tasks.

        Where nothing but the time changed at which something was heard again, the new time need not survive a loss of
        power: the task or the list then looks older, never newer.

        Raises:
            StorageError: nothing was changed.
        """

    async def get_sync_state(self, origin: str) -> SyncState:
        """What was recorded of the last list reading."""

    async def forget(self, task_ids: Iterable[str], at: datetime) -> dict[str, Task]:
        """Remove tasks and leave marks, so that polling does not bring them back; answer what was removed."""

    async def remember(self, task_ids: Iterable[str]) -> dict[str, Task]:
        """Undo ``forget``: bring the tasks back as they were; answer them."""

    async def forgotten(self) -> Mapping[str, datetime | None]:
        """The marks that ``forget`` left, by id: when that was, ``None`` where the mark does not tell."""

    def watch(self) -> AsyncIterator[frozenset[str]]:
        """Yield ids that changed on disk, by whatever process, within 300 ms."""

    async def close(self) -> None:
        """Write what is pending."""


class EventLog(Protocol):
    """The append-only history."""

    async def append(self, events: Sequence[TaskEvent]) -> None:
        """Add events durably, in order."""

    async def query(
        self,
        *,
        task_id: str | None = None,
        types: frozenset[EventType] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[TaskEvent, ...]:
        """Events, oldest first; with ``limit`` the newest ones."""

    @property
    def left_out(self) -> int:
        """How many lines that the last query of this process came by cannot be read, and may be what was wanted."""

    def follow(self) -> AsyncIterator[TaskEvent]:
        """Yield events as they are appended by any process, from now on."""


class OutboxStore(Protocol):
    """Operations on disk, one record each; every method is durable when it returns.

    A record that is not understood may be of something that was sent: reading and adding raise StorageError then.
    """

    def owner(self) -> str:
        """The name of this process; it holds a lock of that name from the first call until it ends."""

    async def is_alive(self, owner: str) -> bool:
        """Whether the process of that name still holds its lock."""

    async def add(self, operation: Operation) -> None:
        """Record a new operation.

        Raises:
            WrongStateError: an open operation of the same task and kind exists (any process).
        """

    async def supersede(self, known: Operation, ended: Operation, new: Operation) -> None:
        """Write ``ended`` over ``known`` and record ``new``, in one write: either both are there or neither.

        Raises:
            WrongStateError: as for ``add``, or it is no longer in the state that was ``known``, or its text arrived
                since as another operation.
        """

    async def withdraw(self, operation: Operation, former: Operation) -> Operation:
        """Remove ``operation``, and put what it had superseded back as it was, in one write; answers ``former``.

        One that is done by now stays, and is answered.
        """

    async def change(self, operation_id: str, change: Callable[[Operation], Operation]) -> Operation:
        """Change one record under the lock. Raises StorageError when it is not there."""

    def change_now(self, operation_id: str, change: Callable[[Operation], Operation]) -> Operation:
        """The same, blocking: for the moment just before a request is written."""

    async def get(self, operation_id: str) -> Operation | None:
        """One record."""

    async def list_operations(self, *, open_only: bool = False) -> tuple[Operation, ...]:
        """Records, oldest first. Finished ones are kept for seven days; what holds a text of the person that did not go
        out, until it is sent again, arrives in the same words, or is discarded."""

    async def remove(self, operation_id: str) -> None:
        """Remove one record."""

    async def set_aside(self) -> tuple[str, ...]:
        """Damaged versions that were set aside and are still there. What they held beyond what goes on is not known."""

    def watch(self) -> AsyncIterator[None]:
        """Yield when records may have changed, by whatever process, within 300 ms."""

    def close(self) -> None:
        """Stop being an owner: other processes may adopt what is open."""


@dataclass(frozen=True, slots=True)
class DraftReading:
    """All drafts at one moment, by their keys.

    ``file_id`` is of the file they are in: one that was begun anew because it was lost or damaged has another one, and
    what is missing in it was not taken out. ``None``: not known.
    """

    drafts: Mapping[str, KeptDraft]
    file_id: str | None


class DraftStore(Protocol):
    """Texts not sent yet: ``message:<task id>`` or ``create``, kept until they went out."""

    async def get(self, key: str) -> str | None:
        """The draft, if there is one."""

    async def put(self, key: str, text: str, times: DraftTimes = UNKNOWN_TIMES) -> None:
        """Keep it durably; empty text removes it."""

    async def exchange(self, key: str, known: KeptDraft, draft: KeptDraft) -> str | None:
        """Keep ``draft`` durably if ``known`` is still there (empty: none), and answer the id of the file.

        ``None`` when somebody else changed it, or typed the same anew.
        """

    async def list_keys(self) -> tuple[str, ...]:
        """All keys."""

    async def read(self) -> DraftReading:
        """All drafts, and of which file they are."""

    async def set_aside(self) -> tuple[str, ...]:
        """Damaged versions that were set aside and are still there. Texts in them may be missing here."""

    async def find_trouble(self) -> StorageError | None:
        """Why some of the kept drafts cannot be read or changed, although nothing was set aside."""

    def watch(self) -> AsyncGenerator[None, None]:
        """Yield at once, and when drafts may have changed, by whatever process, within 300 ms."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The whole conversation and patch of one task, and when they were read.

    ``activities`` and ``patch`` are raw as the server gave them and must be cleaned when shown; ``messages`` is the
    conversation as the model holds it; ``whole``: all of it, as far as the last reading of it showed. ``patch_cut``:
    the server gave only a part of the changes; ``patch_read_at``: when it said so last, ``None`` where that is unknown.
    """

    task_id: str
    activities: tuple[Mapping[str, Any], ...] = ()
    messages: tuple[ChatMessage, ...] = ()
    patch: str | None = None
    read_at: datetime | None = None
    whole: bool = False
    patch_cut: bool = False
    patch_read_at: datetime | None = None


class TranscriptStore(Protocol):
    """Whole conversations and patches, one file per task (``activities/``)."""

    async def get(self, task_id: str) -> Transcript | None:
        """What is kept of one task."""

    async def update(self, task_id: str, change: Callable[[Transcript], Transcript]) -> Path | None:
        """Keep durably what ``change`` makes of what is kept of a task, an empty transcript where that is nothing.

        Nothing is written where it changes nothing. Answers where a damaged file was set aside for it.
        """

    async def remove(self, task_id: str) -> None:
        """Drop it."""


class Leadership(Protocol):
    """Only one process polls: a file lock beside the store."""

    def try_lead(self) -> bool:
        """Become or stay the leader; never waits."""

    def resign(self) -> None:
        """Let another process lead."""
