"""The one way in: every face (commands, dashboard, web) reaches server and store through ``JobManager``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Plan, Task
from jjm_tui.errors import JulesManagerError, StorageError
from jjm_tui.ports import CreatePlan, CreateRequest, DiffReading, Repository, TaskServer
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.lookup import TaskLookup
from jjm_tui.services.marks import LocalMarks
from jjm_tui.services.monitor import Monitor
from jjm_tui.services.outbox import OperationRunner
from jjm_tui.services.reading import PageListener, TaskReader
from jjm_tui.services.recording import what_is_unknown
from jjm_tui.services.results import (
    ApprovalPreview,
    GetResult,
    ImportResult,
    MarkResult,
    MonitorRequest,
    MonitorUpdate,
    OperationResult,
    ResumePreview,
)
from jjm_tui.services.selection import ListRequest, ListResult
from jjm_tui.services.settling import Settler
from jjm_tui.services.transfer import TaskImporter


class JobManager:
    """Every operation on Jules tasks, over a server and local stores.

    Operations that change the server never raise for what the server did with them: they answer an
    ``OperationResult`` with a true outcome. They raise only for wrong input and for local failures that happened
    before anything was sent.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._reader = TaskReader(context)
        self._lookup = TaskLookup(context, self._reader)
        self._settler = Settler(context, self._reader)
        self._runner = OperationRunner(context, self._reader, self._settler)
        self._marks = LocalMarks(context)
        self._monitor = Monitor(context, self._reader)
        self._importer = TaskImporter(context)

    @property
    def server(self) -> TaskServer:
        """The server itself, for the ``server`` commands and the doctor.

        Raises:
            ConfigurationError: no server is configured.
        """
        return self._reader.server

    # reading

    async def list_tasks(
        self, request: ListRequest, *, cached: bool = False, on_page: PageListener | None = None
    ) -> ListResult:
        """Tasks from the server, merged with the store; from the store when ``cached`` or when the server fails."""
        return await self._reader.list_tasks(request, cached=cached, on_page=on_page)

    async def resolve(self, reference: str, *, ask_server: bool = True) -> str:
        """The full id of a full id, an unambiguous prefix or a task URL.

        Raises:
            ValidationError: not a task reference.
            TaskNotFoundError, AmbiguousTaskError: nothing or too much matches.
        """
        return await self._lookup.resolve(reference, ask_server=ask_server)

    async def get_task(self, reference: str, *, cached: bool = False, mark_seen: bool = False) -> GetResult:
        """One task, whole. ``mark_seen``: a person looks at it, so a failure or review needs nobody any more."""
        task_id = await self._lookup.resolve(reference, ask_server=not cached)
        result = await self._reader.get_task(task_id, cached=cached)
        if mark_seen:
            await self._marks.seen([task_id])
        return result

    async def get_diff(self, reference: str, *, cached: bool = False) -> DiffReading:
        """The task's changes as the server gives them; ``cached``: as they were last read."""
        task_id = await self._lookup.resolve(reference, ask_server=not cached)
        return await self._reader.get_diff(task_id, cached=cached)

    async def list_repositories(self) -> tuple[Repository, ...]:
        """The repositories that Jules may work on."""
        return await self.server.list_repositories()

    async def query_events(
        self,
        *,
        task_id: str | None = None,
        types: frozenset[EventType] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[TaskEvent, ...]:
        """The history, oldest first."""
        return await self._context.events.query(task_id=task_id, types=types, since=since, limit=limit)

    @property
    def events_left_out(self) -> int:
        """How many lines of the history the last ``query_events`` could not read, and so left out."""
        return self._context.events.left_out

    def follow_events(self) -> AsyncIterator[TaskEvent]:
        """Events of every process, from now on."""
        return self._context.events.follow()

    def monitor(self, request: MonitorRequest) -> AsyncIterator[MonitorUpdate]:
        """Look at tasks at an interval until the wanted status, a final one, or the time-out."""
        return self._monitor.watch(request)

    # changing the server

    async def plan_create(self, request: CreateRequest) -> CreatePlan:
        """What a create would send (``--dry-run``). Raises ValidationError for wrong input."""
        return await self._runner.plan_create(request)

    async def create_task(self, request: CreateRequest) -> OperationResult:
        """Create one task. Raises ValidationError before anything is sent."""
        return await self._runner.create(request)

    async def send_message(self, reference: str, text: str) -> OperationResult:
        """Send a message. Raises ValidationError, TaskNotFoundError before anything is sent."""
        return await self._runner.send_message(await self._lookup.resolve(reference), text)

    async def keep_message(self, reference: str, text: str, error: JulesManagerError) -> None:
        """Keep as the task's draft a text of which nothing is sent; the error's hint tells of it. Asks no server."""
        task_id = self._lookup.whole_id(reference)
        if task_id is None:
            with suppress(JulesManagerError):
                task_id = await self._lookup.resolve(reference, ask_server=False)
        await self._runner.keep_message(task_id, text, error)

    async def preview_approval(self, reference: str) -> ApprovalPreview:
        """Read the plan that waits now.

        Raises:
            WrongStateError: nothing waits for approval.
        """
        return await self._runner.preview_approval(await self._lookup.resolve(reference))

    async def approve_plan(
        self, task_id: str, fingerprint: str, *, incomplete: bool = False, read: Plan | None = None
    ) -> OperationResult:
        """Approve the plan with this fingerprint; nothing is sent when the server's plan is another one by now.

        ``read``: the plan itself as the person read it, to tell what changed since.
        """
        return await self._runner.approve(task_id, fingerprint, incomplete=incomplete, read=read)

    async def preview_resume(self, reference: str) -> ResumePreview:
        """Read whether the task can be resumed and how. Raises WrongStateError when it is not paused."""
        return await self._runner.preview_resume(await self._lookup.resolve(reference))

    async def resume_task(self, task_id: str) -> OperationResult:
        """Resume a paused task."""
        return await self._runner.resume(task_id)

    # operations that were not confirmed

    async def list_operations(self, *, open_only: bool = True) -> tuple[Operation, ...]:
        """Operations on disk, oldest first, after those of dead processes were adopted. Asks no server."""
        await self._settler.adopt()
        return await self._context.outbox.list_operations(open_only=open_only)

    async def own_operations(self) -> tuple[Operation, ...]:
        """What this process was asked for, as it is recorded, oldest first."""
        outbox = self._context.outbox
        return tuple(each for each in await outbox.list_operations() if each.owner == outbox.owner())

    async def what_is_unknown(self) -> tuple[StorageError, ...]:
        """Why operations or drafts may be missing: they cannot be read, or damaged files were set aside, and nobody
        has looked at them."""
        trouble = await self._context.drafts.find_trouble()
        aside = what_is_unknown(await self._context.outbox.set_aside(), await self._context.drafts.set_aside())
        return (*aside, *([trouble] if trouble is not None else ()))

    async def list_drafts(self) -> Mapping[str, str]:
        """What of the stored texts is still to be sent, by key; what went out, or may have, is an operation.

        Raises StorageError.
        """
        from jjm_tui.services.drafting.draft_kinds import unsent_drafts

        stored = (await self._context.drafts.read()).drafts
        return unsent_drafts(stored, await self._context.outbox.list_operations()) if stored else {}

    async def get_operation(self, operation_id: str) -> Operation:
        """One operation by id or unambiguous prefix. Raises TaskNotFoundError."""
        return await self._settler.find(operation_id)

    async def settle_operations(self) -> tuple[OperationResult, ...]:
        """Try to find out by re-reading what became of each unconfirmed operation."""
        return await self._settler.settle_all()

    async def resend_operation(self, operation_id: str, *, seen: Operation | None = None) -> OperationResult:
        """Carry out an unconfirmed, refused or unsent operation again, because the person says so.

        ``seen`` is what they saw then: if it has become something else meanwhile, a WrongStateError tells.
        """
        return await self._runner.resend(await self._settler.find(operation_id), seen)

    async def discard_operation(self, operation_id: str) -> Operation:
        """Stop caring about an operation; it can be shown for seven days more."""
        return await self._settler.discard(await self._settler.find(operation_id))

    # local marks

    async def archive(self, task_ids: Iterable[str]) -> MarkResult:
        """Hide tasks here; the server does not hear of it."""
        return await self._marks.archive(task_ids)

    async def unarchive(self, task_ids: Iterable[str]) -> MarkResult:
        """Undo ``archive``."""
        return await self._marks.unarchive(task_ids)

    async def snooze(self, task_ids: Iterable[str], until: datetime | None) -> MarkResult:
        """Let tasks need nobody until then; ``None`` wakes them."""
        return await self._marks.snooze(task_ids, until)

    async def mark_seen(self, task_ids: Iterable[str]) -> MarkResult:
        """A person has looked at these tasks."""
        return await self._marks.seen(task_ids)

    async def mark_unseen(self, task_ids: Iterable[str]) -> MarkResult:
        """Undo ``mark_seen``."""
        return await self._marks.unseen(task_ids)

    async def forget(self, task_ids: Iterable[str]) -> MarkResult:
        """Remove tasks from the store; polling does not bring them back."""
        return await self._marks.forget(task_ids)

    async def remember(self, references: Iterable[str]) -> MarkResult:
        """Undo ``forget``; accepts full ids and unambiguous prefixes of forgotten tasks."""
        return await self._marks.remember(references)

    async def forgotten(self) -> Mapping[str, datetime | None]:
        """Ids of tasks that ``remember`` can bring back, and when they were forgotten, where that is known."""
        return await self._context.store.forgotten()

    async def sync_state(self) -> SyncState:
        """What is known about the last reading of the server's list."""
        return await self._context.store.get_sync_state(self._context.origin)

    async def list_stored(self) -> tuple[Task, ...]:
        """Everything in the store, archived too."""
        return await self._context.store.list_tasks()

    async def import_tasks(self, tasks: Sequence[Task], *, dry_run: bool = False) -> ImportResult:
        """Add tasks that ``export`` or ``list --json`` wrote; what is stored and newer stays."""
        return await self._importer.import_tasks(tasks, dry_run=dry_run)

    async def close(self) -> None:
        """End the server and write what is pending."""
        if self._context.server is not None:
            await self._context.server.close()
        self._context.leadership.resign()
        self._context.outbox.close()
        await self._context.store.close()
