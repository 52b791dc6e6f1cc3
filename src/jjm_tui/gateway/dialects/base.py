"""What every family of servers offers, and the words they share."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from jjm_tui.domain.facts import FactSource, TaskFacts
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import clean
from jjm_tui.errors import Effect, JulesManagerError, UnsupportedOperationError
from jjm_tui.gateway.dialects.answers import AnswerReading
from jjm_tui.gateway.refusals import leaves_doubt
from jjm_tui.ports import (
    Answer,
    Capabilities,
    CreatePlan,
    CreateRequest,
    DiffReading,
    Priority,
    Repository,
    TaskListing,
    TaskReading,
)

OPERATIONS: Final = (
    "list",
    "get",
    "chat",
    "plan",
    "diff",
    "create",
    "message",
    "approve",
    "resume",
    "repositories",
    "archived_list",
)
MAX_PAGES: Final = 100
"""Pages of one list before a server is taken to repeat itself."""

_SAYS_NO: Final = re.compile(
    r"\s*(?:no plan approval needed|(?:task|session) \S+ doesn.t appear to be paused|nothing to approve"
    r"|no (?:pending )?plan\b|(?:the )?plan (?:was|is|has been) already approved|(?:task|session) \S+ is not )",
    re.IGNORECASE,
)
_YES: Final = re.compile(
    r"\b(?:sent|approved|resumed|created|accepted|delivered|posted|queued|submitted|success(?:ful(?:ly)?)?|done|ok(?:ay)?)\b",
    re.IGNORECASE,
)
_FAILURE: Final = re.compile(
    r"\bnot\b|n't\b|\b(?:fail|error|den(?:y|ied)|unable|cannot|reject|refus|exceed|invalid|forbidden|unauthori[sz]ed|"
    r"limit|quota|sign(?:ed)? in|missing|timed? ?out|abort|cancel)",
    re.IGNORECASE,
)
_ID_WORDS: Final = re.compile(
    r"^[ \t*#>-]*(?:task |session )?ID\b[ \t:*`]{1,4}([A-Za-z0-9_-]{1,128})\s*$", re.IGNORECASE | re.MULTILINE
)
_ID_IN_SENTENCE: Final = re.compile(r"\bID: ([A-Za-z0-9_-]{1,128})(?=\s|[.,;)]|$)")
_NO_IDS: Final = frozenset({"undefined", "null", "none", "unknown", "nan"})


class Dialect(Protocol):
    """One family of servers behind the names of ``ports.TaskServer``; see there for the meaning of each method."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def list_tasks(self, priority: Priority, on_page: Callable[[int], None] | None) -> TaskListing: ...

    async def get_task(self, task_id: str, known: Task | None, priority: Priority) -> TaskReading: ...

    async def get_diff(self, task_id: str, priority: Priority) -> DiffReading: ...

    async def list_repositories(self, priority: Priority) -> tuple[Repository, ...]: ...

    async def plan_create(self, request: CreateRequest) -> CreatePlan: ...

    async def create_task(self, request: CreateRequest, written: Callable[[], None]) -> Answer: ...

    async def send_message(self, task_id: str, text: str, written: Callable[[], None]) -> Answer: ...

    async def approve_plan(self, task_id: str, written: Callable[[], None]) -> Answer: ...

    async def resume_task(self, task_id: str, message: str, written: Callable[[], None]) -> Answer: ...


def require(capabilities: Capabilities, operation: str) -> None:
    """Raises UnsupportedOperationError with the reason when the server cannot do ``operation``."""
    if operation in capabilities.operations:
        return
    reason = capabilities.unavailable.get(operation, "This server has no way to do that.")
    raise UnsupportedOperationError(
        reason, hint="`jjm server info` shows what the server can do.", context={"operation": operation}
    )


def bare_id(task_id: str) -> str:
    """The id alone, of ``sessions/ID`` or a task address."""
    return task_id.rstrip("/").rsplit("/", 1)[-1]


def plain_answer(reading: AnswerReading, facts: tuple[TaskFacts, ...] = ()) -> Answer:
    """The answer to a message, an approval or a resume: accepted unless its words say that nothing was done.

    The API answers ``{}`` or nothing. Words that do not clearly say yes are not believed.
    """
    words = "" if reading.has_value else clean(reading.text).strip()
    certain = isinstance(reading.value, Mapping) if reading.has_value else not words or _says_yes(words)
    says_no = _SAYS_NO.match(words) is not None
    if says_no and leaves_doubt(words):
        says_no = certain = False
    return Answer(accepted=not says_no, text=words, facts=facts, certain=certain)


def _says_yes(words: str) -> bool:
    """Whether the first line of a sentence clearly tells success: a word of success, and none of failure."""
    first = words.splitlines()[0].partition('"')[0]
    return _YES.search(first) is not None and _FAILURE.search(first) is None


def find_new_id(text: str) -> str | None:
    """The id of a task that a sentence says was created; the first one, because titles come after it."""
    match = _ID_WORDS.search(text) or _ID_IN_SENTENCE.search(text)
    return None if match is None or match[1].lower() in _NO_IDS else match[1]


def created_answer(text: str, task_id: str | None, source: FactSource, **said: Any) -> Answer:
    """The answer to a create. Without an id nobody knows whether there is a task; the list has to tell."""
    words = clean(text).strip()
    if task_id is None:
        return Answer(accepted=True, text=words, certain=False)
    return Answer(accepted=True, text=words, facts=(TaskFacts(task_id, source, on_server=True, **said),))


def missing_tools(tools: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str]:
    """For operations (keys) whose tool (values) the server lacks: the reason, for people."""
    return {operation: f"This server has no tool {name!r}." for operation, name in wanted.items() if name not in tools}


async def plan_to_send(
    plan_create: Callable[[CreateRequest], Awaitable[CreatePlan]], request: CreateRequest
) -> CreatePlan:
    """The plan of a create that is about to be sent.

    Raises:
        UnsupportedOperationError: the plan refuses it.
        JulesManagerError: what had to be read first could not be read; nothing was sent, so its effect is none.
    """
    try:
        plan = await plan_create(request)
    except JulesManagerError as error:
        error.effect = Effect.NONE
        raise
    if plan.refusal is not None:
        raise UnsupportedOperationError(plan.refusal, context={"remarks": list(plan.remarks)})
    return plan
