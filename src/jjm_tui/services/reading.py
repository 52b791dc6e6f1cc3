"""Reading tasks: ask the server, merge into the store, record what happened; fall back to the store, and say so."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.facts import FactSource, Rank, TaskFacts
from jjm_tui.domain.merge import merge
from jjm_tui.domain.retelling import is_said_again
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Plan, Task
from jjm_tui.domain.text import ago
from jjm_tui.errors import (
    AuthenticationError,
    ConfigurationError,
    JulesManagerError,
    OperationFailedError,
    OperationTimeoutError,
    ServerConnectionError,
    StorageError,
    TaskNotFoundError,
)
from jjm_tui.logs import get_logger
from jjm_tui.ports import (
    DiffReading,
    Priority,
    SyncChange,
    TaskChange,
    TaskListing,
    TaskReading,
    TaskServer,
    Transcript,
)
from jjm_tui.services.answers_told import answers_told
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.conversations import (
    Conversations,
    is_overtaken,
    is_silent,
    shows_whole_chat,
    with_operations,
    with_whole_chat,
)
from jjm_tui.services.merging import Merger
from jjm_tui.services.read_troubles import is_of_the_task, may_be_the_way
from jjm_tui.services.results import GetResult
from jjm_tui.services.selection import ListRequest, ListResult, select_tasks
from jjm_tui.services.told_plans import find_told_plan, with_plan_as_told
from jjm_tui.services.told_statuses import (
    own_note_remarks,
    status_remarks,
    tells_status,
    untold_since,
    untold_warnings,
)

_log: Final = get_logger("reading")

PageListener = Callable[[int], None]

_NEW_TASK_GRACE: Final = timedelta(minutes=2)
"""A task this young may be *not found* for a moment (jules-sdk issue 19), so it has not vanished."""

_VANISHED_CHECKS: Final = 20
"""How many tasks missing from a complete list are looked up one by one per reading."""

_SERVER_AWAY: Final = (ServerConnectionError, OperationTimeoutError, OperationFailedError, AuthenticationError)


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Facts merged into the store: the tasks with their whole conversations, and what happened.

    ``saw_whole_chat``: this very reading showed the whole conversation, so that it can prove an absence.
    ``is_overtaken``: a later reading was merged first, so that the conversation of this one was not taken.
    ``told_plan``: the plan that this very reading told. ``tells_status``: the task's status is what it told, and not
    what was known before. ``remarks``: what that reading could not tell.
    """

    tasks: Mapping[str, Task]
    events: tuple[TaskEvent, ...]
    saw_whole_chat: bool = False
    is_overtaken: bool = False
    told_plan: Plan | None = None
    tells_status: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListReading:
    """One reading of the server's list, merged."""

    listing: TaskListing
    absorbed: Absorbed
    at: datetime


class TaskReader:
    """Asks the server and keeps the store true."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._conversations = Conversations(context)
        self._merger = Merger(context.origin, context.clock)
        self._said_last: dict[str, Sequence[TaskFacts]] = {}

    @property
    def server(self) -> TaskServer:
        """The server. Raises ConfigurationError when there is none to use."""
        if self._context.server is None:
            raise self._context.no_server or ConfigurationError(
                "No Jules MCP server is configured.",
                hint="Run `jjm setup`, or try `jjm --demo list`; `jjm list --cached` shows what is stored.",
            )
        return self._context.server

    # lists

    async def list_tasks(
        self, request: ListRequest, *, cached: bool = False, on_page: PageListener | None = None
    ) -> ListResult:
        """Tasks for people: filtered, sorted, with their source and age.

        Raises:
            ConfigurationError: no server is configured and ``cached`` was not asked for.
            StorageError: the store cannot be read or written.
        """
        failure: JulesManagerError | None = None
        remarks: tuple[str, ...] = ()
        began = self._context.clock.now()
        if not cached:
            try:
                reading = await self.refresh_list(on_page=on_page)
                remarks = reading.listing.remarks
            except _SERVER_AWAY as error:
                failure = error
                _log.warning("list_failed", code=error.code, reason=error.message)
        sync = await self._context.store.get_sync_state(self._context.origin)
        stored = await self._context.store.list_tasks()
        now = self._context.clock.now()
        tasks = select_tasks(stored, request, now)
        is_answered = not cached and failure is None
        untold, warnings = self._find_untold(stored, request, began, now) if is_answered else (frozenset(), ())
        return ListResult(
            tasks=tasks if request.limit is None else tasks[: request.limit],
            source="server" if is_answered else "store",
            synced_at=sync.synced_at or max((task.synced_at for task in tasks if task.synced_at), default=None),
            truncated=sync.truncated,
            total=len(tasks),
            remarks=(*remarks, *own_note_remarks(stored)),
            failure=failure,
            unreadable=sync.unreadable,
            untold=untold,
            warnings=warnings,
        )

    def _find_untold(
        self, stored: Iterable[Task], request: ListRequest, began: datetime, now: datetime
    ) -> tuple[frozenset[str], tuple[str, ...]]:
        """Ids of tasks whose status an answered reading did not tell, also of those that an old status may hide."""
        listable = select_tasks(stored, replace(request, statuses=frozenset(), query=None), now)
        untold = untold_since(listable, began, self._context.origin, now)
        warnings = untold_warnings(untold, len(listable), self._context.origin, now)
        return frozenset(task.id for task in untold), warnings

    async def refresh_list(
        self, *, priority: Priority = Priority.USER, on_page: PageListener | None = None
    ) -> ListReading:
        """Read the server's list, merge it, and look up what is missing from a complete one.

        Raises:
            ProtocolError: also where nothing here was made for what the server answered.
        """
        with answers_told("The server's list of tasks"):
            return await self._refresh_list(priority, on_page)

    async def _refresh_list(self, priority: Priority, on_page: PageListener | None) -> ListReading:
        store, origin = self._context.store, self._context.origin
        listing = await self.server.list_tasks(priority=priority, on_page=on_page)
        now = self._context.clock.now()
        sync = await store.get_sync_state(origin)
        if listing.unreadable != sync.unreadable:
            _log.warning("list_records_unreadable", count=listing.unreadable)

        def read(known: SyncState) -> SyncState:
            return replace(
                known,
                synced_at=now,
                truncated=listing.truncated,
                complete=listing.complete,
                first_sync_done=True,
                unreadable=listing.unreadable,
            )

        absorbed = await self.absorb(listing.tasks, first_sync=not sync.first_sync_done, sync=read)
        if not sync.first_sync_done:
            listing = replace(listing, remarks=(*listing.remarks, *_first_sync_remarks(absorbed.tasks.values())))
        if listing.complete and not listing.truncated:
            vanished = await self._check_missing({facts.id for facts in listing.tasks}, priority)
            absorbed = Absorbed({**absorbed.tasks, **vanished.tasks}, (*absorbed.events, *vanished.events))
        return ListReading(listing, absorbed, now)

    async def _check_missing(self, listed: set[str], priority: Priority) -> Absorbed:
        missing = [
            task.id
            for task in await self._context.store.list_tasks()
            if task.id not in listed
            and not self._context.read_troubles.rests(task.id, self._context.clock.now())
            and task.origin == self._context.origin
            and task.on_server
            and not task.archived_on_server
        ]
        tasks: dict[str, Task] = {}
        events: list[TaskEvent] = []
        for task_id in missing[:_VANISHED_CHECKS]:
            try:
                absorbed = await self.refresh_task(task_id, priority=priority)
            except TaskNotFoundError:
                absorbed = await self.mark_vanished(task_id)
            except JulesManagerError as error:
                if not is_of_the_task(error):
                    raise
                if may_be_the_way(error):
                    break
                continue  # noted on the task; the list itself was read
            tasks.update(absorbed.tasks)
            events.extend(absorbed.events)
        return Absorbed(tasks, tuple(events))

    # one task

    async def get_task(self, task_id: str, *, cached: bool = False) -> GetResult:
        """One task for people.

        Raises:
            TaskNotFoundError: neither the server nor the store knows it.
            ConfigurationError: no server is configured and ``cached`` was not asked for.
        """
        failure: JulesManagerError | None = None
        remarks: tuple[str, ...] = ()
        task: Task | None = None
        kept: Transcript | None = None
        if not cached:
            try:
                absorbed = await self.refresh_task(task_id)
                task = absorbed.tasks.get(task_id)
                if task is not None:
                    now = self._context.clock.now()
                    status = () if absorbed.tells_status else status_remarks(task, now)
                    task, plan = with_plan_as_told(task, absorbed.told_plan, now)
                    remarks = (*absorbed.remarks, *status, *plan)
            except TaskNotFoundError as error:
                failure = error
                if await self._context.store.get_task(task_id) is None:
                    raise
                await self.mark_vanished(task_id)
                remarks = ("The server no longer has this task; this is what was known of it.",)
            except _SERVER_AWAY as error:
                failure = error
                _log.warning("get_failed", task=task_id, code=error.code, reason=error.message)
        if task is None:
            task, kept = await self._stored_task(task_id, failure)
        operations = tuple(op for op in await self._context.outbox.list_operations() if op.task_id == task_id)
        return GetResult(
            task=with_operations(task, operations),
            source="store" if cached or failure is not None else "server",
            synced_at=task.synced_at,
            operations=tuple(op for op in operations if op.state.is_open),
            remarks=remarks,
            failure=failure,
            patch=None if kept is None else kept.patch,
            patch_cut=kept is not None and kept.patch_cut,
            patch_read_at=None if kept is None else kept.patch_read_at,
        )

    async def _stored_task(self, task_id: str, failure: JulesManagerError | None) -> tuple[Task, Transcript | None]:
        task = await self._context.store.get_task(task_id)
        if task is None:
            if failure is not None:
                raise failure
            raise TaskNotFoundError(
                f"No task {task_id} is stored.",
                hint="Run `jjm list --all` to see what is known.",
                context={"task_id": task_id},
            )
        transcript = await self._context.transcripts.get(task_id)
        return (task, None) if transcript is None else (with_whole_chat(task, transcript), transcript)

    async def refresh_task(
        self, task_id: str, *, priority: Priority = Priority.USER, told_again: list[TaskFacts] | None = None
    ) -> Absorbed:
        """Read one task from the server and merge it. A failure of this task alone is noted in ``read_troubles``.

        ``told_again`` is given the facts that say nothing new, instead of the store: who passes it absorbs them with
        those of other tasks, as each absorbing is a save.

        Raises:
            TaskNotFoundError: the server says that there is no such task.
            AuthenticationError: the answer looks signed out; nothing was merged, polling of pages is stopped.
        """
        troubles = self._context.read_troubles
        try:
            with answers_told(f"The server's answer about task {task_id}", {"task_id": task_id}):
                absorbed = await self._refresh_task(task_id, priority, told_again)
        except TaskNotFoundError:
            troubles.clear(task_id)
            raise
        except JulesManagerError as error:
            if is_of_the_task(error):
                troubles.note(task_id, error, self._context.clock.now())
            raise
        troubles.clear(task_id)
        return absorbed

    async def _refresh_task(self, task_id: str, priority: Priority, told_again: list[TaskFacts] | None) -> Absorbed:
        known = await self._context.store.get_task(task_id)
        reading = await self.server.get_task(task_id, known=known, priority=priority)
        if told_again is not None and known is not None and self._says_nothing_new(known, reading):
            told_again.extend(reading.facts)
            return Absorbed({}, ())
        sync = await self._context.store.get_sync_state(self._context.origin)
        if reading.suspicious:
            raise await self._suspect_signed_out(task_id, known)
        if sync.polling_stopped is not None:
            await self._stop_polling(None)
        absorbed = await self.absorb(reading.facts)
        task = absorbed.tasks.get(task_id)
        if task is not None:
            await self._conversations.keep(task, reading)
        return replace(
            absorbed,
            saw_whole_chat=task is not None and shows_whole_chat(task, reading),
            is_overtaken=task is not None and is_overtaken(task, reading),
            told_plan=find_told_plan(reading.facts),
            tells_status=task is not None and tells_status(task, reading.facts, self._context.clock.now()),
            remarks=reading.remarks,
        )

    def _says_nothing_new(self, known: Task, reading: TaskReading) -> bool:
        if reading.suspicious or not is_silent(reading) or known.origin != self._context.origin:
            return False
        before = self._said_last.get(known.id, ())  # saves merging here what is merged when all are absorbed
        self._said_last[known.id] = reading.facts
        if len(before) == len(reading.facts) and all(map(is_said_again, before, reading.facts)):
            return True
        now = self._context.clock.now()
        for facts in reading.facts:
            result = merge(known, facts, now=now)
            if result.changed or result.events:
                return False
            known = result.task
        return True

    async def _suspect_signed_out(self, task_id: str, known: Task | None) -> JulesManagerError:
        if known is None:
            return TaskNotFoundError(
                f"The server shows nothing for {task_id}: there is no such task, or nobody is signed in.",
                hint="Check the id with `jjm list`, and the sign-in with `jjm doctor`.",
                context={"task_id": task_id},
            )
        reason = "The server's page looks signed out: no status, no files, no messages."
        await self._stop_polling(reason)
        return AuthenticationError(
            reason,
            hint="Sign in to Jules in the server's browser profile, then run `jjm doctor`. What was known is kept.",
            context={"task_id": task_id},
        )

    async def _stop_polling(self, reason: str | None) -> None:
        """Pages are polled no more, or, without a reason, again."""
        changes = {self._context.origin: lambda known: replace(known, polling_stopped=reason)}
        await self._context.store.apply({}, changes)

    async def mark_vanished(self, task_id: str) -> Absorbed:
        """Record that the server says *not found*, unless the task is so young that this is a known race."""
        known = await self._context.store.get_task(task_id)
        now = self._context.clock.now()
        if known is None or (known.created_at is not None and now - known.created_at < _NEW_TASK_GRACE):
            return Absorbed({}, ())
        facts = TaskFacts(id=task_id, origin=FactSource(Rank.LIVE, now, "not found"), on_server=False)
        return await self.absorb([facts])

    async def get_diff(self, task_id: str, *, cached: bool = False) -> DiffReading:
        """The task's changes; ``cached``: as last read.

        Raises:
            TaskNotFoundError: the server has no such task, or ``cached`` and no diff was read yet.
            UnsupportedOperationError: this server cannot show one.
        """
        if cached:
            transcript = await self._context.transcripts.get(task_id)
            if transcript is None or transcript.patch is None:
                raise TaskNotFoundError(
                    f"No diff of {task_id} is stored.",
                    hint="Run the command without --cached to ask the server.",
                    context={"task_id": task_id},
                )
            since = transcript.patch_read_at
            when = ago((self._context.clock.now() - since).total_seconds()) if since else "at an unknown time"
            return DiffReading(transcript.patch, transcript.patch_cut, (f"This is the diff as it was read {when}.",))
        asked_at = self._context.clock.now()  # what changes while it is read may not be in it
        with answers_told(f"The server's diff of task {task_id}", {"task_id": task_id}):
            reading = await self.server.get_diff(task_id)
        await self._conversations.keep_patch(task_id, reading.text, is_cut=reading.truncated, read_at=asked_at)
        return reading

    # merging

    async def absorb(
        self, facts: Iterable[TaskFacts], *, first_sync: bool = False, sync: SyncChange | None = None
    ) -> Absorbed:
        """Merge facts into the store, weakest first per task, and append what happened to the history. ``sync`` is
        recorded in the same save.

        Forgotten tasks stay forgotten: the store does not take them.

        Raises:
            StorageError: nothing was merged; or it was, and only the history cannot be written, which is made up for.
        """
        groups: dict[str, list[TaskFacts]] = {}
        for fact in facts:
            groups.setdefault(fact.id, []).append(fact)
        if not groups and sync is None:
            return Absorbed({}, ())
        merged: dict[str, Task] = {}
        happened: dict[str, tuple[TaskEvent, ...]] = {}

        def change_for(task_id: str, group: Sequence[TaskFacts]) -> TaskChange:
            def change(stored: Task | None) -> Task | None:
                task, happened[task_id] = self._merger.merge(stored, group, first_sync=first_sync)
                merged[task_id] = task
                return task

            return change

        changes = {task_id: change_for(task_id, group) for task_id, group in groups.items()}
        await self._context.store.apply(changes, None if sync is None else {self._context.origin: sync})
        events = tuple(event for group in happened.values() for event in group)
        if events:
            await self._context.tell(events)
        elif self._context.untold:
            with contextlib.suppress(StorageError):  # the reading is whole; that the history misses something was told
                await self._context.tell(())
        return Absorbed(merged, events)


def _first_sync_remarks(tasks: Iterable[Task]) -> tuple[str, ...]:
    """That finished tasks of the past were taken as seen must not go unsaid."""
    finished = [task.status for task in tasks if task.status.is_final and task.seen_at is not None]
    failed = sum(1 for status in finished if status is TaskStatus.FAILED)
    if not finished:
        return ()
    counts = f"{len(finished)} finished tasks of the past, {failed} of them failed"
    return (f"The first look at this server: {counts}, count as seen. See them: jjm list --status failed,completed",)
