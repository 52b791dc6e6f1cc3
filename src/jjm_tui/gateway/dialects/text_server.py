"""The text family: a server that answers everything as sentences for a language model; all of it is live."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from jjm_tui.domain.facts import SILENT, Rank, Said, TaskFacts
from jjm_tui.domain.ids import is_valid_id
from jjm_tui.domain.task import SourceFile, Task
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.errors import (
    AuthenticationError,
    Effect,
    JulesManagerError,
    OperationFailedError,
    RateLimitedError,
    TaskNotFoundError,
    ToolRefusedError,
    WrongStateError,
)
from jjm_tui.gateway.dialects.base import (
    MAX_PAGES,
    bare_id,
    created_answer,
    find_new_id,
    missing_tools,
    plain_answer,
    plan_to_send,
    require,
)
from jjm_tui.gateway.dialects.exchange import Exchange
from jjm_tui.gateway.dialects.options import (
    Verdict,
    choose_branch,
    find_repository,
    judge_options,
    refuse_unknown_repository,
)
from jjm_tui.gateway.dialects.patches import list_changed_files
from jjm_tui.gateway.dialects.rest_reading import unreadable_answer
from jjm_tui.gateway.dialects.sessions import (
    decode_repository_name,
    read_status,
    said_line,
    said_text,
    said_time,
    said_url,
)
from jjm_tui.gateway.dialects.text_conversation import TextConversation, decode_conversation
from jjm_tui.gateway.dialects.text_grammar import (
    Entry,
    ListPage,
    OutputPage,
    parse_activities,
    parse_list,
    parse_output,
    parse_status,
    split_token,
)
from jjm_tui.gateway.dialects.text_sources import parse_source, parse_sources
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
    ToolInfo,
)

LIST_PAGE: Final = 30
ACTIVITY_PAGE: Final = 50
"""Page sizes: answers are cut at about 10 000 characters, so bigger pages would lose their ends."""
_UNTITLED: Final = frozenset({"Untitled", "undefined"})
_UNKNOWN_STATE: Final = re.compile(r"did not match the expected schema")


class _UnreadableListError(ToolRefusedError):
    """The server refuses its whole list because of one session."""


class TextDialect:
    """The server that answers in sentences."""

    def __init__(self, caller: Caller, clock: Clock, tools: Mapping[str, ToolInfo]) -> None:
        self._exchange = Exchange(caller, clock, judge=_judge)
        self._tools = tools
        unavailable = missing_tools(
            tools,
            {
                "chat": "jules_list_activities",
                "plan": "jules_list_activities",
                "diff": "jules_get_session_output",
                "create": "jules_create_session",
                "message": "jules_send_message",
                "resume": "jules_send_message",
                "approve": "jules_approve_plan",
                "repositories": "jules_list_sources",
            },
        )
        unavailable["archived_list"] = "This server does not list archived tasks."
        everything = frozenset(
            {"list", "get", "chat", "plan", "diff", "create", "message", "approve", "resume", "repositories"}
        )
        self.capabilities = Capabilities(
            dialect="text", operations=everything - unavailable.keys(), unavailable=unavailable
        )

    # --- reading --------------------------------------------------------------------------------------------

    async def list_tasks(self, priority: Priority, on_page: Callable[[int], None] | None) -> TaskListing:
        """All pages of the list; repository, branch and address are not in it.

        One session in a state that the server does not know makes a page fail. If that is the first page, the
        error comes through; pages read before it are kept, with a remark.
        """
        origin = self._exchange.source(Rank.LIVE, "list")
        tasks: dict[str, TaskFacts] = {}
        remarks: list[str] = []
        truncated, doubtful = False, 0
        token: str | None = None
        tokens: set[str] = set()
        for _ in range(MAX_PAGES):
            try:
                page = await self._read_list_page(token, priority)
            except _UnreadableListError as error:
                if not tasks:
                    raise
                truncated = True
                remarks.append(error.message)
                break
            for record in page.records:
                facts = _decode_listed(record, origin)
                if facts is None:
                    doubtful += 1
                else:
                    tasks.setdefault(facts.id, facts)
            doubtful += page.doubtful
            if on_page is not None:
                on_page(len(tasks))
            token = page.next_token
            truncated = token is not None
            if token is None or token in tokens:
                break
            tokens.add(token)
        complete = not truncated and not doubtful
        return TaskListing(tuple(tasks.values()), truncated, complete, tuple(remarks), doubtful)

    async def _read_list_page(self, token: str | None, priority: Priority) -> ListPage:
        arguments: dict[str, Any] = {"pageSize": LIST_PAGE, **({"pageToken": token} if token else {})}
        reading = await self._exchange.read("jules_list_sessions", arguments, priority)
        page = parse_list(reading.text)
        if page is None:
            raise unreadable_answer("list of tasks", reading)
        return page

    async def get_task(self, task_id: str, known: Task | None, priority: Priority) -> TaskReading:
        """Status, activities, and for a completed task its output."""
        task_id = bare_id(task_id)
        origin = self._exchange.source(Rank.LIVE, "status")
        arguments = {"sessionId": task_id, "includeActivities": 1}
        reading = await self._exchange.read("jules_get_status", arguments, priority)
        page = parse_status(reading.text)
        if page is None:
            raise unreadable_answer("task", reading)
        remarks: list[str] = []
        facts = TaskFacts(
            task_id,
            origin,
            title=_said_title(page.title),
            description=said_text(page.prompt),
            pull_request_url=said_url(page.pull_request),
            on_server=True,
        )
        if page.state is None:
            remarks.append("The state of this task could not be told apart from its title or prompt.")
        else:
            status, detail = read_status(page.state)
            facts = replace(facts, status=status, status_detail=detail)
        found = [facts]
        conversation = await self._read_conversation(task_id, priority, remarks)
        if conversation is not None:
            found.append(conversation.facts)
        patch: str | None = None
        if (page.state or "").upper() == "COMPLETED" and "diff" in self.capabilities.operations:
            output = await self._read_output(task_id, priority)
            if output is not None:
                found.append(await self._decode_output(task_id, output))
                patch = None if output.is_cut else output.diff
        raw = () if conversation is None else conversation.raw
        return TaskReading(tuple(found), raw, patch, remarks=tuple(remarks))

    async def _read_conversation(self, task_id: str, priority: Priority, remarks: list[str]) -> TextConversation | None:
        if "chat" not in self.capabilities.operations:
            return None
        origin = self._exchange.source(Rank.LIVE, "activities")
        entries: list[Entry] = []
        token: str | None = None
        tokens: set[str] = set()
        whole = trustworthy = True
        for _ in range(MAX_PAGES):
            arguments = {"sessionId": task_id, "limit": ACTIVITY_PAGE, **({"pageToken": token} if token else {})}
            try:
                reading = await self._exchange.read("jules_list_activities", arguments, priority)
            except (TaskNotFoundError, ToolRefusedError):
                remarks.append("The server does not show the conversation of this task.")
                return None
            page = parse_activities(reading.text)
            if page is None:
                raise unreadable_answer("list of activities", reading)
            entries += page.entries
            whole = whole and not page.is_cut
            trustworthy = trustworthy and page.trustworthy
            token = page.next_token
            if token is None or token in tokens:
                break
            tokens.add(token)
        whole = whole and token is None
        if not trustworthy:
            remarks.append(
                "The conversation holds lines that look like the server's own, so who said what is not sure."
            )
        if not whole:
            remarks.append("The server cut its list of activities, so the conversation has gaps.")
        return decode_conversation(task_id, entries, origin, whole=whole, trustworthy=trustworthy)

    async def _read_output(self, task_id: str, priority: Priority) -> OutputPage | None:
        try:
            reading = await self._exchange.read("jules_get_session_output", {"sessionId": task_id}, priority)
        except (TaskNotFoundError, ToolRefusedError):
            return None
        return parse_output(reading.text)

    async def _decode_output(self, task_id: str, output: OutputPage) -> TaskFacts:
        files: Said[tuple[SourceFile, ...]] = SILENT
        if output.diff is not None and not output.is_cut:
            files = await list_changed_files(output.diff)
        elif output.files:
            files = tuple(SourceFile(clean_line(name)) for name in output.files)
        return TaskFacts(
            task_id,
            self._exchange.source(Rank.LIVE, "output"),
            repository=decode_repository_name(output.source, {}),
            pull_request_url=said_url(output.pull_request),
            source_files=files,
        )

    async def get_diff(self, task_id: str, priority: Priority) -> DiffReading:
        """The diff of a completed task; the server cuts it at 2000 characters.

        Raises:
            WrongStateError: the task is not completed; this server shows no changes before.
        """
        require(self.capabilities, "diff")
        task_id = bare_id(task_id)
        reading = await self._exchange.read("jules_get_session_output", {"sessionId": task_id}, priority)
        output = parse_output(reading.text)
        if output is None:
            if "is not yet completed" in reading.text:
                raise WrongStateError(
                    "This server shows the changes of completed tasks only.",
                    hint="Try again when the task is completed.",
                    context={"task_id": task_id},
                    effect=Effect.REFUSED,
                )
            raise unreadable_answer("diff", reading)
        remarks = ("The server cut this diff; it is not whole.",) if output.is_cut else ()
        return DiffReading(output.diff or "", output.is_cut, remarks)

    async def list_repositories(self, priority: Priority) -> tuple[Repository, ...]:
        """The connected repositories; the default branch is not in this list."""
        require(self.capabilities, "repositories")
        found: dict[str, Repository] = {}
        token: str | None = None
        tokens: set[str] = set()
        for _ in range(MAX_PAGES):
            arguments: dict[str, Any] = {"pageSize": 100, **({"pageToken": token} if token else {})}
            reading = await self._exchange.read("jules_list_sources", arguments, priority)
            text, token = split_token(reading.text)
            for repository in parse_sources(text):
                found.setdefault(repository.source, repository)
            if token is None or token in tokens:
                break
            tokens.add(token)
        return tuple(found.values())

    # --- changing -------------------------------------------------------------------------------------------

    async def plan_create(self, request: CreateRequest) -> CreatePlan:
        """Every option has an argument; the repository is looked up first, for its default branch."""
        require(self.capabilities, "create")
        verdict = Verdict()
        judge_options(request, self.capabilities, verdict)
        repository = await self._find_repository(request.repository, verdict)
        owner, _, name = request.repository.partition("/")
        arguments: dict[str, Any] = {
            "repoOwner": owner,
            "repoName": name,
            "prompt": request.description,
            "branch": choose_branch(request, repository, verdict),
            "autoApprove": request.approval != "required",
            "autoCreatePR": request.pr == "auto",
        }
        if request.title is not None:
            arguments["title"] = request.title
        return verdict.plan("jules_create_session", arguments)

    async def _find_repository(self, full_name: str, verdict: Verdict) -> Repository | None:
        """The repository with its default branch; refused in the verdict when the server says that it is not there."""
        owner, _, name = full_name.partition("/")
        try:
            if "jules_get_source" in self._tools:
                arguments = {"repoOwner": owner, "repoName": name}
                reading = await self._exchange.read("jules_get_source", arguments, Priority.USER)
                return parse_source(reading.text, full_name)
        except (AuthenticationError, RateLimitedError):
            raise
        except (TaskNotFoundError, OperationFailedError):
            pass
        if "repositories" not in self.capabilities.operations:
            return None
        known = {item.source: item for item in await self.list_repositories(Priority.USER)}
        repository = find_repository(full_name, known)
        if repository is None:
            refuse_unknown_repository(full_name, known, verdict)
        return repository

    async def create_task(self, request: CreateRequest, written: Callable[[], None]) -> Answer:
        """Create a session; the answer is a page of sentences with its id."""
        plan = await plan_to_send(self.plan_create, request)
        origin = self._exchange.source(Rank.LIVE, "create")
        reading = await self._exchange.write(plan.tool, plan.arguments, written)
        return created_answer(
            reading.text,
            find_new_id(reading.text),
            origin,
            repository=clean_line(request.repository),
            branch=clean_line(str(plan.arguments["branch"])),
        )

    async def send_message(self, task_id: str, text: str, written: Callable[[], None]) -> Answer:
        """Send a message."""
        require(self.capabilities, "message")
        arguments = {"sessionId": bare_id(task_id), "message": text}
        return plain_answer(await self._exchange.write("jules_send_message", arguments, written))

    async def approve_plan(self, task_id: str, written: Callable[[], None]) -> Answer:
        """Approve the latest plan."""
        require(self.capabilities, "approve")
        arguments = {"sessionId": bare_id(task_id)}
        return plain_answer(await self._exchange.write("jules_approve_plan", arguments, written))

    async def resume_task(self, task_id: str, message: str, written: Callable[[], None]) -> Answer:
        """Resume by a message: there is no tool for it."""
        return await self.send_message(task_id, message, written)


def _judge(words: str, writing: bool) -> JulesManagerError | None:
    """Failure words that only this server has."""
    if writing or _UNKNOWN_STATE.search(words) is None:
        return None
    return _UnreadableListError(
        "One task is in a state that this server does not know, and then it refuses to list any of that page.",
        hint="Update the server, or look at jules.google.com for the task in the unusual state.",
        context={"server_said": clean(words)[:2000]},
        effect=Effect.REFUSED,
    )


def _said_title(title: str | None) -> Said[str]:
    return SILENT if title is None or title.strip() in _UNTITLED else said_line(title)


def _decode_listed(record: Mapping[str, str | None], origin: Any) -> TaskFacts | None:
    task_id = record["id"] or ""
    if not is_valid_id(task_id):
        return None
    status, detail = read_status(record["state"])
    return TaskFacts(
        id=task_id,
        origin=origin,
        title=_said_title(record["title"]),
        status=status,
        status_detail=detail,
        created_at=said_time(record["created"]),
        pull_request_url=said_url(record["pr"]),
        archived_on_server=False,
        on_server=True,
    )
