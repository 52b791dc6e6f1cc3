"""The browser family: a server that drives jules.google.com in a browser, one call at a time.

Its list comes from its own file and never changes a status; the truth is each task's page (``get_task``), and the
whole conversation is in a resource that ``get_task`` has just written. A page read while nobody is signed in looks like
an empty task and erases the server's own conversation; such an answer is suspicious and never becomes a fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from jjm_tui.domain.facts import SILENT, ChatFacts, FactSource, Rank, Said, TaskFacts
from jjm_tui.domain.ids import is_valid_id
from jjm_tui.domain.plans import fingerprint_chat
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Plan, SourceFile, Task
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.errors import (
    ConfigurationError,
    Effect,
    JulesManagerError,
    OperationFailedError,
    OperationTimeoutError,
    ProtocolError,
    ToolRefusedError,
)
from jjm_tui.gateway.dialects.base import (
    bare_id,
    created_answer,
    find_new_id,
    missing_tools,
    plain_answer,
    plan_to_send,
    require,
)
from jjm_tui.gateway.dialects.browser_text import (
    PageText,
    StoredTask,
    decode_listed,
    page_words,
    parse_list,
    parse_page,
    read_contents,
    read_stored,
    stored_messages,
)
from jjm_tui.gateway.dialects.exchange import Exchange
from jjm_tui.gateway.dialects.options import Verdict, choose_branch, judge_options
from jjm_tui.gateway.dialects.record_list import RecordList
from jjm_tui.gateway.dialects.rest_reading import unreadable_answer
from jjm_tui.gateway.dialects.sessions import said_url
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

ACTIVE_TASKS: Final = "jules://current/active-tasks"
CALL_TIMEOUT: Final = 120.0
"""Seconds. The server's own locators give up after 30 s each and cannot be configured."""
SETTLE_WINDOW: Final = 180.0
"""Seconds. One call waits for several locators, 30 s each."""
LIST_LIMIT: Final = 100_000
"""The list shows ten tasks unless told otherwise, and has no pages."""
_NEEDS_LOOK: Final = re.compile(r"approv|plan|review|wait|confirm", re.IGNORECASE)
_BROKEN_FILE: Final = re.compile(r"\bin JSON at position\b|Unexpected end of JSON|Unexpected token", re.IGNORECASE)
_NO_BROWSER: Final = re.compile(r"Executable doesn.t exist|playwright install", re.IGNORECASE)
_BRANCH_REMARK: Final = (
    "The branch may not hold: this server is known to take the first branch that the page offers, whatever it was told."
)
_SUSPICIOUS_REMARK: Final = (
    "The page is empty: nobody is signed in to Jules in the server's browser, or there is no such task."
)


class BrowserDialect:
    """The server that works through a browser."""

    def __init__(self, caller: Caller, clock: Clock, tools: Mapping[str, ToolInfo]) -> None:
        caller.use_one_call_at_a_time()
        self._exchange = Exchange(caller, clock, at_least=CALL_TIMEOUT, judge=_judge)
        self._message_counts: dict[str, int] = {}
        self._stored = RecordList(read_stored)
        unavailable = missing_tools(
            tools,
            {
                "create": "jules_create_task",
                "message": "jules_send_message",
                "approve": "jules_approve_plan",
                "resume": "jules_resume_task",
            },
        )
        unavailable["plan"] = "This server does not show plans; the conversation may hold it."
        unavailable["diff"] = "This server shows only the names of changed files, not the changes."
        unavailable["repositories"] = "This server does not list repositories."
        unavailable["archived_list"] = "This server does not list archived tasks."
        everything = frozenset({"list", "get", "chat", "create", "message", "approve", "resume"})
        self.capabilities = Capabilities(
            dialect="browser",
            operations=everything - unavailable.keys(),
            unavailable=unavailable,
            parallel_calls=False,
            list_has_status=False,
            list_is_complete=False,
            whole_plan=False,
            chat_roles=False,
            resume_by_message=False,
            create_branch="ignored",
            create_title="no",
            create_approval="no",
            create_pull_request="no",
            call_timeout=CALL_TIMEOUT,
            settle_window=SETTLE_WINDOW,
        )

    # --- reading --------------------------------------------------------------------------------------------

    async def list_tasks(self, priority: Priority, on_page: Callable[[int], None] | None) -> TaskListing:
        """The tasks of the server's own file: those made through it on its machine. Its resource knows more of each."""
        origin = self._exchange.source(Rank.OWN_STORE, "list")
        arguments = {"status": "all", "limit": LIST_LIMIT}
        reading = await self._exchange.read("jules_list_tasks", arguments, priority)
        found = parse_list(reading.text)
        if found.shown is None:
            raise unreadable_answer("list of tasks", reading)
        listed: dict[str, Mapping[str, str]] = {}
        for record in found.records:
            if is_valid_id(record["id"]):
                listed.setdefault(record["id"], record)
        remarks = []
        if len(listed) > found.shown:
            remarks.append(f"The server says that its list has {found.shown} tasks, and shows {len(listed)}.")
        if on_page is not None:
            on_page(len(listed))
        stored, remark = await self._read_store(priority) if listed else ({}, None)
        tasks = [
            stored[task_id].facts(origin) if task_id in stored else decode_listed(record, origin)
            for task_id, record in listed.items()
        ]
        known = tuple(facts for facts in tasks if facts is not None)
        truncated = found.total is not None and found.total > found.shown
        return TaskListing(
            known,
            truncated,
            False,
            (*remarks, *([remark] if remark else [])),
            max(0, found.shown - len(known)),
        )

    async def _read_store(self, priority: Priority) -> tuple[dict[str, StoredTask], str | None]:
        """Whole tasks by id, of those that the server thinks are active, and a remark when they cannot be read.

        One text holds them all and is read again after each page with news: only what differs in it is decoded.
        """
        failed = "The server's own record of its tasks could not be read, so some details are missing."
        try:
            found = await self._exchange.read_records(ACTIVE_TASKS, priority, self._stored)
        except OperationFailedError:
            return {}, failed
        if found is None:
            return {}, failed
        return {task.task_id: task for task in found if task is not None}, None

    async def get_task(self, task_id: str, known: Task | None, priority: Priority) -> TaskReading:
        """The task's page, then the stored conversation. An empty page is suspicious and tells nothing."""
        task_id = bare_id(task_id)
        live = self._exchange.source(Rank.LIVE, "page")
        reading = await self._exchange.read("jules_get_task", {"taskId": task_id}, priority)
        page = parse_page(reading.text)
        if page is None:
            raise unreadable_answer("task", reading)
        if bare_id(page.task_id) != task_id:
            raise ProtocolError(
                f"The server answered task {clean_line(page.task_id)} when asked for {task_id}.",
                context={"task_id": task_id},
            )
        if page.is_suspicious:
            return TaskReading((), suspicious=True, remarks=(_SUSPICIOUS_REMARK,))
        if priority is Priority.POLL and self._is_unchanged(page, known):
            return TaskReading((replace(_decode_page(task_id, page, (), live), chat=SILENT, plan=SILENT),))
        stored, remark = await self._read_store(priority)
        self._message_counts[task_id] = page.message_count
        own = stored.get(task_id)
        facts = [] if own is None else [own.facts(self._exchange.source(Rank.OWN_STORE, "store"))]
        messages = () if own is None else stored_messages(own.record)
        facts.append(_decode_page(task_id, page, read_contents(messages), live))
        return TaskReading(tuple(facts), messages, remarks=(remark,) if remark else ())

    def _is_unchanged(self, page: PageText, known: Task | None) -> bool:
        """The page tells the known status and as many messages as when the stored conversation was read last."""
        if known is None or not known.chat_history:
            return False
        status, _ = page_words(page.status)
        return status is known.status and self._message_counts.get(known.id) == page.message_count

    async def get_diff(self, task_id: str, priority: Priority) -> DiffReading:
        """Raises UnsupportedOperationError: the server gives 100 characters of each file at most."""
        require(self.capabilities, "diff")
        return DiffReading("")

    async def list_repositories(self, priority: Priority) -> tuple[Repository, ...]:
        """Raises UnsupportedOperationError: there is no such tool."""
        require(self.capabilities, "repositories")
        return ()

    # --- changing -------------------------------------------------------------------------------------------

    async def plan_create(self, request: CreateRequest) -> CreatePlan:
        """Description, repository and branch; the branch is sent although the server is known not to honour it."""
        require(self.capabilities, "create")
        verdict = Verdict()
        judge_options(request, self.capabilities, verdict)
        branch = choose_branch(request, None, verdict)
        verdict.remarks.append(_BRANCH_REMARK)
        arguments = {"description": request.description, "repository": request.repository, "branch": branch}
        return verdict.plan("jules_create_task", arguments)

    async def create_task(self, request: CreateRequest, written: Callable[[], None]) -> Answer:
        """Create a task through the page. A time-out of the page tells nothing about whether it was created."""
        plan = await plan_to_send(self.plan_create, request)
        origin = self._exchange.source(Rank.OWN_STORE, "create")
        reading = await self._exchange.write(plan.tool, plan.arguments, written)
        return created_answer(
            reading.text, find_new_id(reading.text), origin, repository=clean_line(request.repository)
        )

    async def send_message(self, task_id: str, text: str, written: Callable[[], None]) -> Answer:
        """Type a message into the task's page."""
        require(self.capabilities, "message")
        arguments = {"taskId": bare_id(task_id), "message": text}
        return plain_answer(await self._exchange.write("jules_send_message", arguments, written))

    async def approve_plan(self, task_id: str, written: Callable[[], None]) -> Answer:
        """Press the approve button; *No plan approval needed* means that nothing was done."""
        require(self.capabilities, "approve")
        arguments = {"taskId": bare_id(task_id)}
        return plain_answer(await self._exchange.write("jules_approve_plan", arguments, written))

    async def resume_task(self, task_id: str, message: str, written: Callable[[], None]) -> Answer:
        """Press the resume button; no message is sent."""
        require(self.capabilities, "resume")
        arguments = {"taskId": bare_id(task_id)}
        return plain_answer(await self._exchange.write("jules_resume_task", arguments, written))


def _decode_page(task_id: str, page: PageText, stored: tuple[str, ...], live: FactSource) -> TaskFacts:
    """What the page says; the stored conversation is used when it is as long as the page's, so just written."""
    status, detail = page_words(page.status)
    is_whole = len(stored) == page.message_count
    contents = stored if is_whole else page.recent
    chat: Said[ChatFacts] = SILENT
    if is_whole or contents:
        messages = tuple(ChatMessage(clean(content)) for content in contents)
        chat = ChatFacts(messages, "whole" if is_whole else "excerpt")
    waits = status is TaskStatus.WAITING_APPROVAL
    waits = waits or (status is TaskStatus.UNKNOWN and _NEEDS_LOOK.search(detail or "") is not None)
    names = tuple(SourceFile(clean_line(name)) for name in page.files)
    return TaskFacts(
        id=task_id,
        origin=live,
        status=status,
        status_detail=detail,
        url=said_url(page.url),
        plan=Plan(fingerprint_chat(contents), complete=False) if waits else None,
        chat=chat,
        source_files=names if len(names) == page.file_count else SILENT,
        on_server=True,
    )


def _judge(words: str, writing: bool) -> JulesManagerError | None:
    """Failure words that only this server has. A time-out inside the page may come after the button was pressed."""
    said = {"server_said": clean(words)[:2000]}
    if _NO_BROWSER.search(words) is not None:
        return ConfigurationError(
            "The server has no browser to work with.",
            hint="Run `npx playwright install chromium` where the server is installed.",
            context=said,
            effect=Effect.REFUSED,
        )
    if _BROKEN_FILE.search(words) is not None:
        return ToolRefusedError(
            "The server's own data file is damaged, so it cannot read its tasks.",
            hint="Move the file away or repair it: JULES_DATA_PATH names it, else ~/.jules-mcp/data.json.",
            context=said,
            effect=Effect.UNKNOWN if writing else Effect.REFUSED,
        )
    if re.search(r"TimeoutError|Timeout \d+ ?ms exceeded", words) is not None:
        return OperationTimeoutError(
            "The page in the server's browser did not react in time.",
            hint="Is the browser of the server signed in to Jules? Read the task again before you repeat anything.",
            context=said,
            effect=Effect.UNKNOWN if writing else Effect.REFUSED,
        )
    return None
