"""A Jules MCP server as the services see it: what it can do, what it answers, what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal, Protocol

from jjm_tui.domain.facts import TaskFacts
from jjm_tui.domain.task import Task


class Priority(IntEnum):
    """Who waits for a call; lower overtakes higher."""

    USER = 0
    SETTLE = 1
    POLL = 2


Support = Literal["yes", "no", "ignored", "always", "never"]
"""Of an option of *create*: ``yes`` sent and honoured; ``no`` the server has no argument for it; ``ignored`` it takes
it but is known not to honour it; ``always``/``never`` it has no switch and always/never does that."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connected server can do. A missing operation is in ``unavailable`` with the reason, for people."""

    dialect: str
    operations: frozenset[str] = frozenset()
    """Of: list, get, chat, plan, diff, create, message, approve, resume, repositories, archived_list."""
    unavailable: Mapping[str, str] = field(default_factory=dict)
    parallel_calls: bool = True
    """False: one call at a time, across processes (browser dialect)."""
    list_has_status: bool = True
    """False: the list never changes a status; state comes from each task's own page (browser dialect)."""
    list_is_complete: bool = True
    """False: the list may show only a part (no paging) or only tasks made through this server."""
    list_limit: int | None = None
    """The most tasks that a list can show, when it cannot page."""
    whole_plan: bool = True
    """False: a plan cannot be shown whole, so approving needs an explicit extra word."""
    chat_roles: bool = True
    resume_by_message: bool = True
    """True: there is no resume tool; a message resumes."""
    create_branch: Support = "yes"
    create_title: Support = "yes"
    create_approval: Support = "yes"
    create_pull_request: Support = "yes"
    call_timeout: float = 90.0
    """Seconds a single call may take at least before it is given up (``servers.md`` section 4)."""
    settle_window: float = 60.0
    """Seconds after sending before *nothing is visible* may be taken as *it did not happen*; longer than the server
    itself goes on trying."""


@dataclass(frozen=True, slots=True)
class TaskListing:
    """One complete reading of the server's list.

    ``truncated``: the server has more than it can show. ``complete``: what is not in here is not on the server
    (never true together with ``truncated``, nor for lists of only part of the tasks). ``remarks``: sentences for
    people. ``unreadable``: how many records could not be read, or told apart, and are left out.
    """

    tasks: tuple[TaskFacts, ...]
    truncated: bool = False
    complete: bool = True
    remarks: tuple[str, ...] = ()
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class TaskReading:
    """Everything learned about one task, weakest source first, so that merging in order is right.

    ``activities``: the raw decoded activities or messages, for the transcript; ``patch``: a unified diff when one
    came along, ``patch_cut``: only a part of it. ``suspicious``: the answer looks signed out (browser dialect: unknown,
    no files, no messages); it must not be merged, and polling stops until the sign-in was checked.
    """

    facts: tuple[TaskFacts, ...]
    activities: tuple[Mapping[str, Any], ...] = ()
    patch: str | None = None
    patch_cut: bool = False
    suspicious: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiffReading:
    """A unified diff exactly as the server gave it; ``text`` is empty when there are no changes."""

    text: str
    truncated: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """A task to create. ``branch`` ``None``: the default of the repository. ``repository`` is ``owner/name``."""

    description: str
    repository: str
    branch: str | None = None
    title: str | None = None
    approval: Literal["required", "auto"] = "required"
    pr: Literal["auto", "none"] = "auto"
    explicit: frozenset[str] = frozenset()
    """Which of ``branch``, ``approval``, ``pr``, ``title`` the person asked for, as opposed to a default."""


@dataclass(frozen=True, slots=True)
class CreatePlan:
    """What a create would send, told before it is sent. ``refusal`` says why it cannot be sent at all, and ``advice``
    what to do about that, where it is more than choosing something else."""

    tool: str
    arguments: Mapping[str, Any]
    remarks: tuple[str, ...] = ()
    refusal: str | None = None
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer to a change.

    ``accepted`` is false when the server clearly said that nothing was done (also in a sentence that looks like
    success, such as *No plan approval needed*). ``text``: its own words, cleaned. ``facts``: what it told about
    the task, such as the new id. ``certain`` is false when its words are not understood: then only a re-read tells.
    """

    accepted: bool
    text: str = ""
    facts: tuple[TaskFacts, ...] = ()
    remarks: tuple[str, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that Jules may work on. ``source`` is the server's opaque name of it."""

    name: str
    source: str
    default_branch: str | None = None
    branches: tuple[str, ...] = ()
    private: bool | None = None


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """One tool of the server, as ``tools/list`` describes it."""

    name: str
    description: str | None
    input_schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResourceInfo:
    """One resource of the server."""

    uri: str
    name: str
    description: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """A raw answer of a tool: the joined text blocks, the structured content, and whether it says error."""

    text: str
    structured: Any = None
    is_error: bool = False


ServerStatus = Literal["idle", "connecting", "connected", "down", "cannot_start", "gave_up", "closed"]
"""``cannot_start``: what is to be started is not there or cannot be run, so it is not tried again by itself."""


@dataclass(frozen=True, slots=True)
class RecentCall:
    """One finished call: ``outcome`` is ``ok``, ``cancelled`` or the code of the error; no arguments are kept."""

    tool: str
    started_at: datetime
    seconds: float
    attempts: int
    outcome: str


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Who answered, for the doctor and the connection screen. ``last_words``: the tail of its standard error.

    ``trouble``: why it is down, for people. ``budget_used``, ``budget_limit``: calls spent and not come back, of all
    processes as far as known. ``recent``: calls, newest last. ``was_up``: whether it was ready at some time;
    ``next_start_at``: when it is started again by itself, by the clock's ``monotonic``. ``silent_since``: when it was
    asked something first after its last answer; ``None`` when it owes none.
    """

    label: str
    name: str | None
    version: str | None
    protocol: str | None
    dialect: str | None
    capabilities: Capabilities | None
    tools: tuple[str, ...] = ()
    last_words: tuple[str, ...] = ()
    breaker: str = "closed"
    restarts: int = 0
    status: ServerStatus = "idle"
    trouble: str | None = None
    budget_used: int = 0
    budget_limit: int = 0
    waiting: int = 0
    running: int = 0
    recent: tuple[RecentCall, ...] = ()
    was_up: bool = False
    next_start_at: float | None = None
    silent_since: datetime | None = None


class TaskServer(Protocol):
    """A Jules MCP server behind one dialect. It connects on first use; ``close`` leaves nothing running.

    Every method may raise errors of ``jjm_tui.errors``; of those that change something, ``error.effect`` tells
    what may have happened. ``written`` is called once, immediately before the first byte of the request is
    written; when it raises, nothing is written. None of the changing methods is ever repeated by the gateway.
    """

    async def connect(self) -> Capabilities:
        """Start and shake hands if that has not happened; answer what the server can do."""

    async def close(self) -> None:
        """End the connection and the server's whole process group."""

    def info(self) -> ServerInfo:
        """What is known about the server now; never waits."""

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever ``info`` tells something new; answer how to stop that."""

    async def restart(self) -> None:
        """End the server if it runs, forget that it gave up, and start it again."""

    async def list_tasks(
        self, *, priority: Priority = Priority.USER, on_page: Callable[[int], None] | None = None
    ) -> TaskListing:
        """The server's list, all pages. ``on_page`` gets the number of tasks so far."""

    async def get_task(
        self, task_id: str, *, known: Task | None = None, priority: Priority = Priority.USER
    ) -> TaskReading:
        """Everything about one task. Raises TaskNotFoundError."""

    async def get_diff(self, task_id: str, *, priority: Priority = Priority.USER) -> DiffReading:
        """The task's changes. Raises TaskNotFoundError, UnsupportedOperationError."""

    async def list_repositories(self, *, priority: Priority = Priority.USER) -> tuple[Repository, ...]:
        """The connected repositories. Raises UnsupportedOperationError."""

    async def plan_create(self, request: CreateRequest) -> CreatePlan:
        """What ``create_task`` would send, and what of the request the server cannot honour."""

    async def create_task(self, request: CreateRequest, *, written: Callable[[], None]) -> Answer:
        """Create one task. The facts of the answer hold the new id where the server told it."""

    async def send_message(self, task_id: str, text: str, *, written: Callable[[], None]) -> Answer:
        """Send a message to the task."""

    async def approve_plan(self, task_id: str, *, written: Callable[[], None]) -> Answer:
        """Approve the plan that the server holds at that moment."""

    async def resume_task(self, task_id: str, message: str, *, written: Callable[[], None]) -> Answer:
        """Resume; ``message`` is sent where the server resumes by message only."""

    async def list_tools(self) -> tuple[ToolInfo, ...]:
        """All tools, all pages."""

    async def call_tool(
        self, name: str, arguments: Mapping[str, Any], *, written: Callable[[], None] | None = None
    ) -> ToolAnswer:
        """Call a tool directly. Never repeated. Raises ToolNotFoundError, ToolArgumentsError, ..."""

    async def list_resources(self) -> tuple[ResourceInfo, ...]:
        """All resources, all pages."""

    async def read_resource(self, uri: str) -> str:
        """The text of a resource. Raises ToolNotFoundError for an unknown one."""
