"""The official family: Google's own server, whose list is live and whose details come from a cache on disk.

The state of a session is in the list only: *busy* and *stable* hide which of several states it is. A session that
once completed is served from disk for a day until the list has noticed a change; hence the list is read before
anything else, although it carries every session.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from jjm_tui.domain.facts import SILENT, Rank, TaskFacts
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import clean
from jjm_tui.errors import (
    Effect,
    JulesManagerError,
    TaskNotFoundError,
    ToolRefusedError,
    UnsupportedOperationError,
    WrongStateError,
)
from jjm_tui.gateway.dialects.activities import (
    Conversation,
    check_owner,
    decode_activities,
    decode_chat,
    find_activity_changes,
    find_changes,
    find_failure,
    find_plan,
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
from jjm_tui.gateway.dialects.exchange import POLLING_ROUND, Exchange
from jjm_tui.gateway.dialects.official_state import decode_pending_plan, decode_state
from jjm_tui.gateway.dialects.options import Verdict, choose_branch, judge_options
from jjm_tui.gateway.dialects.rest_reading import expect_page
from jjm_tui.gateway.dialects.sessions import SessionCollector, decode_session, read_page, read_session_patch
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

PAGE_SIZE: Final = 100
"""The most that one list answer holds; there is no argument for a second page."""
CALL_TIMEOUT: Final = 120.0
"""Seconds. An unknown id takes 31 s to fail, and a refusal for too many calls is retried silently inside a call."""
SETTLE_WINDOW: Final = 360.0
"""Seconds. The server itself repeats a call for up to five minutes."""
_CACHE_PAGE: Final = 200
_CACHE_PAGES: Final = 25
_FAILED: Final = re.compile(r"terminated with a FAILED state", re.IGNORECASE)
_UNKNOWN_KIND: Final = re.compile(r"Unknown (?:activity|artifact) type", re.IGNORECASE)
_NO_CHANGES: Final = re.compile(r"\s*No changes found\b", re.IGNORECASE)
_KIND_REMARK: Final = (
    "This server cannot read one of the task's activities, so its conversation, plan and files are not shown."
)


class _TaskFailedError(ToolRefusedError):
    """The server refuses to read a session because that session failed."""


class _UnknownKindError(ToolRefusedError):
    """The server cannot read a session because of one activity that it does not know."""


class OfficialDialect:
    """Google's own server."""

    def __init__(self, caller: Caller, clock: Clock, tools: Mapping[str, ToolInfo]) -> None:
        self._exchange = Exchange(caller, clock, at_least=CALL_TIMEOUT, judge=_judge)
        self._last_list: tuple[SessionCollector, bool] | None = None
        self._tools = tools
        unavailable = missing_tools(
            tools,
            {
                "list": "list_sessions",
                "chat": "query_cache",
                "plan": "query_cache",
                "diff": "show_code_diff",
                "create": "create_session",
            },
        )
        unavailable["repositories"] = "This server does not list repositories."
        unavailable["archived_list"] = "This server does not list archived tasks."
        everything = ("list", "get", "chat", "plan", "diff", "create", "message", "approve", "resume")
        self.capabilities = Capabilities(
            dialect="official",
            operations=frozenset(everything) - unavailable.keys(),
            unavailable=unavailable,
            list_is_complete=False,
            list_limit=PAGE_SIZE,
            call_timeout=CALL_TIMEOUT,
            settle_window=SETTLE_WINDOW,
        )

    # --- reading --------------------------------------------------------------------------------------------

    async def list_tasks(self, priority: Priority, on_page: Callable[[int], None] | None) -> TaskListing:
        """The newest hundred sessions; there is no way to read more."""
        require(self.capabilities, "list")
        collector, truncated = await self._read_list(priority)
        if on_page is not None:
            on_page(len(collector.tasks))
        complete = not truncated and not collector.unreadable
        return TaskListing(tuple(collector.tasks.values()), truncated, complete, unreadable=collector.unreadable)

    async def _read_list(self, priority: Priority) -> tuple[SessionCollector, bool]:
        before = None if self._last_list is None else self._last_list[0]
        collector = SessionCollector(self._exchange.source(Rank.LIVE, "list"), before=before)
        if "list_sessions" not in self._tools:
            return collector, True
        reading = await self._exchange.read("list_sessions", {"pageSize": PAGE_SIZE}, priority)
        page = expect_page(reading, "sessions")
        collector.add(page.records)
        collector.before = None
        self._last_list = collector, page.has_more
        return self._last_list

    async def _read_list_of_this_round(self, priority: Priority) -> tuple[SessionCollector, bool]:
        """While polling, the list that began the round serves all its tasks: its answer can be megabytes."""
        now = self._exchange.source(Rank.LIVE, "list").observed_at
        last = self._last_list
        if priority is Priority.POLL and last is not None and now - last[0].origin.observed_at < POLLING_ROUND:
            return last
        return await self._read_list(priority)

    async def get_task(self, task_id: str, known: Task | None, priority: Priority) -> TaskReading:
        """State from the list, conversation and plan from the cache that ``get_session_state`` has just filled.

        The whole list is read each time, except while polling, where it was just read: nothing else of this server
        tells the state truly, and reading it makes the server notice that its own cache is old. A task that the list
        does not show (it holds a hundred) is concluded from the cache; an id that does not exist takes half a minute
        to fail.
        """
        require(self.capabilities, "get")
        task_id = bare_id(task_id)
        collector, truncated = await self._read_list_of_this_round(priority)
        listed = collector.tasks.get(task_id)
        record = collector.raw.get(task_id, {})
        state, remark, failed = await self._read_state(task_id, priority, is_listed=listed is not None)
        weak: list[TaskFacts] = []
        remarks = [remark] if remark else []
        if state is not None:
            weak += decode_state(task_id, state, self._exchange.source)
        if listed is None:
            weak += await self._read_cached_session(task_id, priority)
            if not truncated:
                remarks.append("The server's list does not show this task; it may be archived there.")
        if failed:
            origin = self._exchange.source(Rank.CACHE, "state")
            weak.append(TaskFacts(task_id, origin, status=TaskStatus.FAILED, status_detail="failed", on_server=True))
        conversation, whole = Conversation(()), False
        if state is not None or failed:
            records, whole = await self._read_activities(task_id, priority)
            conversation = decode_activities(records)
            whole = whole and _is_up_to_date(conversation, state)
            weak.append(self._decode_conversation(task_id, conversation, state, remarks, whole=whole))
        changes = await find_changes(record, conversation)
        facts = [*weak] if listed is None else [*weak, listed]
        if changes is not None:
            facts.append(TaskFacts(task_id, facts[-1].origin, source_files=changes.files))
        if not facts:
            raise _not_found(task_id)
        patch = None if changes is None else changes.patch
        is_cut = patch is not None and not whole and read_session_patch(record) is None
        return TaskReading(tuple(facts), conversation.raw, patch, is_cut, remarks=tuple(remarks))

    async def _read_state(
        self, task_id: str, priority: Priority, *, is_listed: bool
    ) -> tuple[Mapping[str, Any] | None, str | None, bool]:
        """The answer of ``get_session_state``, a remark when it cannot be read, and whether the session failed."""
        try:
            reading = await self._exchange.read("get_session_state", {"sessionId": task_id}, priority)
        except _TaskFailedError:
            return None, None, True
        except _UnknownKindError:
            return None, _KIND_REMARK, False
        except (TaskNotFoundError, ToolRefusedError):
            if not is_listed:
                raise
            return None, "The server does not show the conversation of this task yet.", False
        if not isinstance(reading.value, Mapping):
            return None, "The server's answer about the state of this task could not be read.", False
        return reading.value, None, False

    async def _read_cached_session(self, task_id: str, priority: Priority) -> list[TaskFacts]:
        query = {"from": "sessions", "select": ["*"], "where": {"id": task_id}, "limit": 1}
        records = await self._query(query, priority) or []
        origin = self._exchange.source(Rank.CACHE, "cache")
        facts = [decode_session(record, origin) for record in records if isinstance(record, Mapping)]
        return [item for item in facts if item is not None and item.id == task_id]

    async def _query(self, query: Mapping[str, Any], priority: Priority) -> list[Any] | None:
        """The records of a cache query, ``None`` when it cannot be asked or answered."""
        if "query_cache" not in self._tools:
            return None
        try:
            reading = await self._exchange.read("query_cache", {"query": dict(query)}, priority)
        except (ToolRefusedError, TaskNotFoundError):
            return None
        page = read_page(reading.value, "activities") if reading.has_value else None
        return None if page is None else list(page.records)

    async def _read_activities(self, task_id: str, priority: Priority) -> tuple[list[Any], bool]:
        """The cached activities, newest first, and whether these are all that the cache holds."""
        records: list[Any] = []
        query = {"from": "activities", "select": ["*"], "where": {"sessionId": task_id}, "limit": _CACHE_PAGE}
        for page in range(_CACHE_PAGES):
            found = await self._query({**query, "offset": page * _CACHE_PAGE} if page else query, priority)
            if found is None:
                return records, False
            check_owner(found, task_id)
            records += found
            if len(found) < _CACHE_PAGE:
                return records, True
        return records, False

    def _decode_conversation(
        self,
        task_id: str,
        conversation: Conversation,
        state: Mapping[str, Any] | None,
        remarks: list[str],
        *,
        whole: bool,
    ) -> TaskFacts:
        """Chat, plan and failure from the cache, held against what ``get_session_state`` said a moment before."""
        plan = find_plan(conversation, whole=whole)
        pending = decode_pending_plan(state)
        if pending is not None:
            if plan is SILENT or plan is None:
                plan = pending
            elif plan.fingerprint != pending.fingerprint or plan.id != pending.id:
                plan = replace(pending, complete=False)
                remarks.append("The server tells two different plans of this task; the waiting one is shown.")
        return TaskFacts(
            task_id,
            self._exchange.source(Rank.CACHE, "cache"),
            failure=find_failure(conversation),
            plan=plan,
            chat=decode_chat(conversation, "whole" if whole else "newest")
            if whole or conversation.activities
            else SILENT,
            on_server=True,
        )

    async def get_diff(self, task_id: str, priority: Priority) -> DiffReading:
        """The session's diff. Reads the list first, so that the server notices changes of a finished session."""
        require(self.capabilities, "diff")
        task_id = bare_id(task_id)
        collector, _ = await self._read_list(priority)
        listed = read_session_patch(collector.raw.get(task_id, {}))
        is_cut = False
        try:
            reading = await self._exchange.read("show_code_diff", {"sessionId": task_id}, priority)
        except (_TaskFailedError, _UnknownKindError) as error:
            if listed is None:
                records, whole = await self._read_activities(task_id, priority)
                is_cut = not whole
                changes = await find_activity_changes(decode_activities(records))
                listed = None if changes is None else changes.patch
            if listed is None:
                raise UnsupportedOperationError(
                    "This server shows no changes of this task.", hint=error.hint, effect=Effect.REFUSED
                ) from error
            return DiffReading(listed, is_cut)
        if _NO_CHANGES.match(reading.text) is not None:
            return DiffReading(listed or "")
        return DiffReading(reading.text)

    async def list_repositories(self, priority: Priority) -> tuple[Repository, ...]:
        """Raises UnsupportedOperationError: there is no such tool."""
        require(self.capabilities, "repositories")
        return ()

    # --- changing -------------------------------------------------------------------------------------------

    async def plan_create(self, request: CreateRequest) -> CreatePlan:
        """Repository and branch always go together: a repository without a branch is silently dropped."""
        require(self.capabilities, "create")
        verdict = Verdict()
        judge_options(request, self.capabilities, verdict)
        arguments: dict[str, Any] = {
            "prompt": request.description,
            "repo": request.repository,
            "branch": choose_branch(request, None, verdict),
            "interactive": request.approval == "required",
            "autoPr": request.pr == "auto",
        }
        if request.title is not None:
            arguments["title"] = request.title
        return verdict.plan("create_session", arguments)

    async def create_task(self, request: CreateRequest, written: Callable[[], None]) -> Answer:
        """Create a session; the answer is a sentence with its id."""
        plan = await plan_to_send(self.plan_create, request)
        origin = self._exchange.source(Rank.LIVE, "create")
        reading = await self._exchange.write(plan.tool, plan.arguments, written)
        return created_answer(reading.text, find_new_id(reading.text), origin)

    async def send_message(self, task_id: str, text: str, written: Callable[[], None]) -> Answer:
        """Send a message. Never ``ask``, which waits for the agent's answer, maybe for ever."""
        require(self.capabilities, "message")
        return await self._reply(task_id, {"action": "send", "message": text}, written)

    async def approve_plan(self, task_id: str, written: Callable[[], None]) -> Answer:
        """Approve the latest plan."""
        require(self.capabilities, "approve")
        return await self._reply(task_id, {"action": "approve"}, written)

    async def resume_task(self, task_id: str, message: str, written: Callable[[], None]) -> Answer:
        """Resume by a message: there is no tool for it."""
        return await self.send_message(task_id, message, written)

    async def _reply(self, task_id: str, arguments: Mapping[str, Any], written: Callable[[], None]) -> Answer:
        call = {"sessionId": bare_id(task_id), **arguments}
        return plain_answer(await self._exchange.write("send_reply_to_session", call, written))


def _judge(words: str, writing: bool) -> JulesManagerError | None:
    """Failure words that only this server has."""
    said = {"server_said": clean(words)[:2000]}
    if _FAILED.search(words) is not None:
        if writing:
            return WrongStateError(
                "The task has failed, and this server does nothing with failed tasks.",
                hint="Create a new task with what you learned from this one.",
                context=said,
                effect=Effect.REFUSED,
            )
        return _TaskFailedError("The task has failed.", context=said, effect=Effect.REFUSED)
    if _UNKNOWN_KIND.search(words) is not None:
        effect = Effect.UNKNOWN if writing else Effect.REFUSED
        hint = "A newer version of the server may be able to."
        return _UnknownKindError(
            "This server cannot read one of the task's activities.", hint=hint, context=said, effect=effect
        )
    return None


def _is_up_to_date(conversation: Conversation, state: Mapping[str, Any] | None) -> bool:
    """Whether the cache holds the activity that the server has just called the last one.

    A failed session tells no last activity; that it failed is at least one.
    """
    if state is None:
        return bool(conversation.activities)
    last = state.get("lastActivity")
    if not isinstance(last, Mapping):
        return not conversation.activities
    return any(activity.id == last.get("activityId") for activity in conversation.activities)


def _not_found(task_id: str) -> TaskNotFoundError:
    return TaskNotFoundError(
        f"The server tells nothing about a task {task_id}.",
        hint="`jjm list` shows the tasks that the server knows.",
        context={"task_id": task_id},
    )
