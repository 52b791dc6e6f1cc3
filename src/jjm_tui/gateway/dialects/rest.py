"""The rest family: tools that answer the JSON of the REST API, whatever their names and arguments are.

State comes from the session list and the session itself, everything else from its activities; all of it is live.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from jjm_tui.domain.facts import SILENT, Rank, TaskFacts
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.errors import (
    AuthenticationError,
    JulesManagerError,
    ProtocolError,
    TaskNotFoundError,
    ToolRefusedError,
)
from jjm_tui.gateway.dialects.activities import (
    decode_activities,
    decode_chat,
    find_activity_changes,
    find_changes,
    find_coverage,
    find_failure,
    find_plan,
)
from jjm_tui.gateway.dialects.base import (
    bare_id,
    created_answer,
    find_new_id,
    plain_answer,
    plan_to_send,
    require,
)
from jjm_tui.gateway.dialects.exchange import POLLING_ROUND, Exchange
from jjm_tui.gateway.dialects.options import Verdict, find_repository, refuse_unknown_repository
from jjm_tui.gateway.dialects.rest_create import create_support, plan_rest_create, wants_source
from jjm_tui.gateway.dialects.rest_reading import DEFAULT_LIST_PAGE, RestReader, spell, unreadable_answer
from jjm_tui.gateway.dialects.rest_tools import Command, RestTools, Role
from jjm_tui.gateway.dialects.sessions import (
    Page,
    SessionCollector,
    decode_session,
    read_session_patch,
    without_missing_state,
)
from jjm_tui.gateway.dialects.sources import decode_source
from jjm_tui.gateway.wire import Caller
from jjm_tui.ports import (
    Answer,
    Capabilities,
    Clock,
    CreatePlan,
    CreateRequest,
    DiffReading,
    Priority,
    Repository,
    TaskListing,
    TaskReading,
)

_WITHOUT_DIFF: Final[Mapping[object, str]] = {
    TaskStatus.FAILED: "failed and left no final diff",
    TaskStatus.COMPLETED: "ended without a final diff",
}
"""What is told of a task that has none, by its state; one that goes on may still get one."""


class RestDialect:
    """One REST-like server, which lists at least sessions and activities.

    ``list_uri``: the resource that holds the sessions where no tool lists them.
    """

    def __init__(self, caller: Caller, clock: Clock, tools: RestTools, list_uri: str | None = None) -> None:
        exchange = self._exchange = Exchange(caller, clock)
        self._tools = tools
        self._list_uri = list_uri
        self._reader = RestReader(exchange, tools, list_uri)
        self._last_list: SessionCollector | None = None
        self._repositories: dict[str, Repository] = {}
        self._repositories_read = self._repositories_whole = False
        self.capabilities = self._describe()

    def _describe(self) -> Capabilities:
        commands = self._tools.commands
        operations: set[str] = set()
        unavailable: dict[str, str] = {}

        def offer(operation: str, role: Role, *, otherwise: bool = False) -> None:
            if role in commands or otherwise:
                operations.add(operation)
            else:
                unavailable[operation] = self._tools.missing.get(role, f"This server has no tool for {_NOUNS[role]}.")

        has_list = "list" in commands or self._list_uri is not None
        offer("list", "list", otherwise=self._list_uri is not None)
        offer("get", "get", otherwise=has_list)
        offer("chat", "activities")
        offer("plan", "activities")
        offer("diff", "activities")
        offer("create", "create")
        offer("message", "message")
        offer("approve", "approve")
        offer("resume", "resume", otherwise="message" in commands)
        offer("repositories", "repositories")
        unavailable["archived_list"] = "This server does not list archived tasks."
        size, token = self._tools.page_arguments("list") if "list" in commands else (None, None)
        limit = None if token is not None else self._list_size(size)
        support = create_support(commands["create"]) if "create" in commands else {}
        return Capabilities(
            dialect="rest",
            operations=frozenset(operations),
            unavailable=unavailable,
            list_is_complete=token is not None,
            list_limit=limit,
            resume_by_message="resume" not in commands,
            **support,  # type: ignore[arg-type]  # create_support names exactly these fields
        )

    def _list_size(self, size: str | None) -> int:
        if size is None:
            return DEFAULT_LIST_PAGE
        return int(self._tools.commands["list"].schema.page_size(size))

    # --- reading --------------------------------------------------------------------------------------------

    async def list_tasks(self, priority: Priority, on_page: Callable[[int], None] | None) -> TaskListing:
        """All sessions that the server can show, from its list tool or its list resource."""
        require(self.capabilities, "list")
        before = self._last_list
        collector = SessionCollector(self._exchange.source(Rank.LIVE, "list"), self._source_names(), before)
        try:
            end = await self._reader.collect_sessions(collector, priority, on_page)
        except ToolRefusedError as error:
            raise (_refused_key(error) if is_bare_400(error) and not collector.raw else error) from error
        if await self._learn_sources(collector, priority):
            collector = _decode_again(collector, self._source_names())
        collector.before = None
        self._last_list = collector
        complete = end.certain and not end.truncated and not collector.unreadable
        return TaskListing(
            tuple(collector.tasks.values()), end.truncated, complete, tuple(end.remarks), collector.unreadable
        )

    def _source_names(self) -> dict[str, str]:
        return {source: item.name for source, item in self._repositories.items()}

    async def _learn_sources(self, collector: SessionCollector, priority: Priority) -> bool:
        """Read the source list once when a session names its repository in a form that only that list explains."""
        if self._repositories_read or "repositories" not in self._tools.commands:
            return False
        if all(
            facts.repository is not SILENT or not _has_source(collector.raw[facts.id])
            for facts in collector.tasks.values()
        ):
            return False
        try:
            await self._read_repositories(priority)
        except JulesManagerError:
            self._repositories_read = True
            return False
        return True

    async def get_task(self, task_id: str, known: Task | None, priority: Priority) -> TaskReading:
        """The session and its activities. A session whose activities cannot be found yet is shown without them."""
        require(self.capabilities, "get")
        task_id = bare_id(task_id)
        try:
            record, facts = self._listed_this_round(task_id, priority) or await self._read_session(task_id, priority)
        except ToolRefusedError as error:
            if is_bare_400(error):
                await self._probe_key(priority)
            raise
        origin = self._exchange.source(Rank.LIVE, "activities")
        try:
            records, end = await self._reader.read_activities(task_id, priority)
        except TaskNotFoundError:
            return TaskReading((facts,), remarks=("The server does not show the conversation of this task yet.",))
        conversation = decode_activities(records)
        coverage = find_coverage(records, whole=end.certain)
        changes = await find_changes(record, conversation)
        more = TaskFacts(
            task_id,
            origin,
            failure=find_failure(conversation),
            plan=find_plan(conversation, whole=end.certain),
            chat=decode_chat(conversation, coverage),
            source_files=SILENT if changes is None else changes.files,
        )
        unreadable = () if conversation.readable else ("Some activities of this task could not be read.",)
        patch = None if changes is None else changes.patch
        is_cut = patch is not None and not end.certain and read_session_patch(record) is None
        return TaskReading((facts, more), conversation.raw, patch, is_cut, remarks=(*end.remarks, *unreadable))

    def _listed_this_round(self, task_id: str, priority: Priority) -> tuple[Mapping[str, Any], TaskFacts] | None:
        """While polling, the session as the list that began the round tells it, when it tells all there is."""
        last = self._last_list
        if priority is not Priority.POLL or last is None or task_id not in last.tasks:
            return None
        age = self._exchange.source(Rank.LIVE, "session").observed_at - last.origin.observed_at
        record, facts = last.raw[task_id], last.tasks[task_id]
        is_whole = facts.status is not TaskStatus.COMPLETED or bool(record.get("outputs"))
        return (record, facts) if age < POLLING_ROUND and is_whole else None

    async def _probe_key(self, priority: Priority) -> None:
        """After a bare 400, which may mean many things: the list takes no wrong argument, so its 400 is the key's."""
        if "list" in self._tools.commands:
            await self.list_tasks(priority, None)

    async def _read_session(self, task_id: str, priority: Priority) -> tuple[Mapping[str, Any], TaskFacts]:
        origin = self._exchange.source(Rank.LIVE, "session")
        if "get" not in self._tools.commands:
            collector = SessionCollector(origin, self._source_names())
            await self._reader.collect_sessions(collector, priority, None)
            if task_id not in collector.tasks:
                raise _not_found(task_id)
            return collector.raw[task_id], collector.tasks[task_id]
        reading = await self._reader.read_by_id("get", task_id, priority)
        record = reading.value
        if isinstance(record, Mapping) and isinstance(record.get("session"), Mapping):
            record = record["session"]
        facts = decode_session(record, origin, names=self._source_names()) if isinstance(record, Mapping) else None
        if facts is None or not isinstance(record, Mapping):
            raise unreadable_answer("task", reading)
        if facts.id != task_id:
            raise ProtocolError(
                f"The server answered task {facts.id} when asked for {task_id}.", context={"task_id": task_id}
            )
        if facts.repository is SILENT and _has_source(record) and not self._repositories_read:
            collector = SessionCollector(origin)
            collector.add([record])
            if await self._learn_sources(collector, priority):
                facts = decode_session(record, origin, names=self._source_names()) or facts
        return record, facts

    async def get_diff(self, task_id: str, priority: Priority) -> DiffReading:
        """The diff of the session's outputs, else the newest changes per file that its activities show."""
        require(self.capabilities, "diff")
        task_id = bare_id(task_id)
        record, facts = await self._read_session(task_id, priority)
        patch = read_session_patch(record)
        if patch is not None:
            return DiffReading(patch)
        records, end = await self._reader.read_activities(task_id, priority)
        changes = await find_activity_changes(decode_activities(records))
        patch = "" if changes is None else changes.patch
        if end.certain:
            has_none = _WITHOUT_DIFF.get(facts.status, "has no final diff yet")
            so_far = f"The task {has_none}; these are the newest changes per file that its activities show."
            return DiffReading(patch, remarks=(so_far,) if patch else ())
        remark = "The server shows only a part of this task's activities; newer changes may be missing."
        return DiffReading(patch, truncated=True, remarks=(remark,))

    async def list_repositories(self, priority: Priority) -> tuple[Repository, ...]:
        """The connected repositories, read anew."""
        require(self.capabilities, "repositories")
        await self._read_repositories(priority)
        return tuple(self._repositories.values())

    async def _read_repositories(self, priority: Priority) -> None:
        found: dict[str, Repository] = {}
        unreadable: list[object] = []

        def take(page: Page) -> int:
            before = len(found)
            for record in page.records:
                repository = decode_source(record)
                if repository is None:
                    unreadable.append(record)
                else:
                    found.setdefault(repository.source, repository)
            return len(found) - before

        end = await self._reader.read_pages("repositories", "sources", {}, DEFAULT_LIST_PAGE, priority, take)
        self._repositories = found
        self._repositories_read = True
        self._repositories_whole = end.certain and not unreadable

    # --- changing -------------------------------------------------------------------------------------------

    async def plan_create(self, request: CreateRequest) -> CreatePlan:
        """What a create would send. Looks the repository up where the server lists its repositories."""
        require(self.capabilities, "create")
        command = self._tools.commands["create"]
        verdict = Verdict()
        repository = await self._find_repository(request.repository, command, verdict)
        return plan_rest_create(command, request, self.capabilities, repository, verdict)

    async def _find_repository(self, name: str, command: Command, verdict: Verdict) -> Repository | None:
        if "repositories" not in self._tools.commands:
            return None
        repository = find_repository(name, self._repositories)
        if repository is not None:
            return repository
        try:
            await self._read_repositories(Priority.USER)
        except JulesManagerError:
            if wants_source(command):
                raise
            verdict.remarks.append("The server's repositories could not be read, so the name was not checked.")
            return None
        repository = find_repository(name, self._repositories)
        if repository is None:
            if self._repositories_whole:
                refuse_unknown_repository(name, self._repositories, verdict)
            else:
                verdict.remarks.append(
                    "The server lists only some of its repositories, and this one is not among them."
                )
        return repository

    async def create_task(self, request: CreateRequest, written: Callable[[], None]) -> Answer:
        """Create a session; the answer is the session itself, or a sentence with its id."""
        plan = await plan_to_send(self.plan_create, request)
        origin = self._exchange.source(Rank.LIVE, "create")
        reading = await self._exchange.write(plan.tool, plan.arguments, written)
        record = reading.value
        if isinstance(record, Mapping) and isinstance(record.get("session"), Mapping):
            record = record["session"]
        facts = decode_session(record, origin, names=self._source_names()) if isinstance(record, Mapping) else None
        if facts is not None:
            return Answer(accepted=True, facts=(without_missing_state(facts),))
        return created_answer(reading.text, find_new_id(reading.text), origin)

    async def send_message(self, task_id: str, text: str, written: Callable[[], None]) -> Answer:
        """Send a message; the REST API answers ``{}``."""
        return await self._decide("message", "message", task_id, text, written)

    async def approve_plan(self, task_id: str, written: Callable[[], None]) -> Answer:
        """Approve the latest plan; the REST API answers ``{}``."""
        return await self._decide("approve", "approve", task_id, None, written)

    async def resume_task(self, task_id: str, message: str, written: Callable[[], None]) -> Answer:
        """Resume by the server's own tool where it has one, else by the message."""
        if "resume" in self._tools.commands:
            return await self._decide("resume", "resume", task_id, None, written)
        return await self._decide("message", "resume", task_id, message, written)

    async def _decide(
        self, role: Role, operation: str, task_id: str, text: str | None, written: Callable[[], None]
    ) -> Answer:
        require(self.capabilities, operation)
        command = self._tools.commands[role]
        schema = command.schema
        arguments: dict[str, Any] = schema.fixed(writing=True)
        arguments[command.id_argument or ""] = spell(bare_id(task_id), self._reader.id_form(command))
        if command.action is not None:
            arguments["action"] = command.action
        if command.text_argument is not None and text is not None:
            arguments[command.text_argument] = text
        return plain_answer(await self._exchange.write(schema.tool, schema.wrap(arguments), written))


_NOUNS: Final[Mapping[Role, str]] = {
    "list": "listing tasks",
    "get": "one task",
    "activities": "the activities of a task",
    "create": "creating a task",
    "message": "messages",
    "approve": "approving a plan",
    "resume": "resuming a task",
    "repositories": "listing repositories",
}


def _has_source(record: Mapping[str, Any]) -> bool:
    context = record.get("sourceContext")
    return isinstance(context, Mapping) and isinstance(context.get("source"), str)


def _decode_again(collector: SessionCollector, names: Mapping[str, str]) -> SessionCollector:
    again = SessionCollector(collector.origin, names, unreadable=collector.unreadable)
    again.add(list(collector.raw.values()))
    return again


def is_bare_400(error: ToolRefusedError) -> bool:
    """Whether only the number 400 is known: refused key, wrong argument or wrong state (``servers.md`` section 3.3)."""
    return error.context.get("http_status") == 400


def _refused_key(error: ToolRefusedError) -> AuthenticationError:
    return AuthenticationError(
        "Jules refused to list your tasks (400): the API key is most likely not valid.",
        hint="Check the key on the settings page of jules.google.com; `jjm doctor` tests it.",
        context=error.context,
        effect=error.effect,
    )


def _not_found(task_id: str) -> TaskNotFoundError:
    return TaskNotFoundError(
        f"The server's list has no task {task_id}.",
        hint="`jjm list` shows the tasks that the server knows.",
        context={"task_id": task_id},
    )
