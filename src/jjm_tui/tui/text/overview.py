"""What the Overview tab says of a task: state with its age, what it asks, plan, message, files, links, states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.risks import file_risk_marks, risk_marks, touched_words
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, NeedsMe, Task, needs_me
from jjm_tui.domain.text import clean, is_age, lasting, relative_time
from jjm_tui.services.read_troubles import ReadTrouble
from jjm_tui.tui.look.appearance import Role, appearance_of
from jjm_tui.tui.text.blocks import Block, LineBlock, PartsBlock, Piece, PlainBlock, markdown_blocks
from jjm_tui.tui.text.local_time import local_words
from jjm_tui.tui.text.rows import Roles
from jjm_tui.tui.text.state_blocks import state_blocks

MINUS: Final = "\u2212"
_MESSAGE_CHARACTERS: Final = 1200
_FILES: Final = 6
_STEPS: Final = 8
_ASKS: Final[Mapping[NeedsMe, str]] = {
    "approval": "Read its plan and approve it, or say what should be different.",
    "question": "It goes on when you answer.",
    "failure": "It failed for good: it takes no messages any more. A new task can take over.",
    "review": "It is finished. Look at what it changed.",
}
_OPERATION_WORDS: Final[Mapping[OperationState, str]] = {
    OperationState.PREPARED: "is being sent",
    OperationState.SENDING: "is being sent",
    OperationState.REFUSED: "was refused",
    OperationState.NOT_SENT: "was not sent",
    OperationState.UNCONFIRMED: "may have arrived: not confirmed",
}
_KINDS: Final[Mapping[OperationKind, str]] = {
    OperationKind.CREATE: "Your new task",
    OperationKind.MESSAGE: "Your message",
    OperationKind.APPROVE: "Your approval",
    OperationKind.RESUME: "Your resume",
}
_STATE_ROLES: Final[Mapping[Role, Roles]] = {
    "attention": ("strong", "attention"),
    "question": ("strong", "attention"),
    "failed": ("strong", "error"),
    "review": ("strong", "success"),
    "running": ("strong", "accent"),
    "done": ("strong", "success"),
}
_RECENT: Final = 3


def overview_blocks(
    task: Task,
    operations: Sequence[Operation],
    now: datetime,
    trouble: ReadTrouble | None = None,
    events: Sequence[TaskEvent] = (),
) -> list[Block]:
    """The whole overview of a task, as a ``BlockView`` shows it. ``trouble``: why it could not be read lately;
    ``events``: its history, oldest first."""
    asks = needs_me(task, now) == "question"
    return [
        *_top(task, operations, now, trouble),
        _line(),
        *_facts(task, now),
        *_failure(task),
        *_plan(task),
        *(() if asks else _newest_message(task, now)),
        *_files(task),
        *_links(task),
        *_states(task, events, now),
        *_description(task),
    ]


def question_end(
    task: Task, operations: Sequence[Operation], now: datetime, trouble: ReadTrouble | None = None
) -> int | None:
    """The place in ``overview_blocks`` of the last block of what the task asks; ``None`` when it asks nothing."""
    return len(_top(task, operations, now, trouble)) - 1 if needs_me(task, now) == "question" else None


def _top(task: Task, operations: Sequence[Operation], now: datetime, trouble: ReadTrouble | None) -> list[Block]:
    """The state, and what the task asks."""
    return [
        *_state(task, now),
        *(() if trouble is None else _trouble(trouble, now)),
        *_under_way(operations),
        *(_newest_message(task, now) if needs_me(task, now) == "question" else ()),
    ]


def _line(*pieces: Piece) -> Block:
    return LineBlock(pieces or (("", ()),))


def _heading(text: str, note: str = "") -> Iterator[Block]:
    yield _line()
    yield _line((text, ("heading",)), (f"  {note}" if note else "", ("muted",)))


def _state(task: Task, now: datetime) -> Iterator[Block]:
    look = appearance_of(task, now)
    reason = needs_me(task, now)
    roles = _STATE_ROLES.get(look.role, ("strong",))
    if task.status is TaskStatus.FAILED and look.role == "done":
        roles = ("strong", "error")  # a failure that was looked at is no success
    parts: list[Piece] = [(f"{look.glyph} {look.sentence}", roles)]
    if task.waiting_since is not None and reason is not None:
        parts.append((lasting((now - task.waiting_since).total_seconds()), ()))
    yield PartsBlock([[part] for part in (*parts, (_told_at(task.status_read_at, now), ("muted",)))])
    if reason is not None:
        yield _line((_ASKS[reason], ()))
    if task.status is TaskStatus.UNKNOWN and task.status_detail:
        yield _line((f"The server's own word: {task.status_detail}", ()))
    if task.snoozed_until is not None and task.snoozed_until > now:
        yield _line(
            (f"Snoozed until {local_words(task.snoozed_until, now)}, {relative_time(task.snoozed_until, now)}.", ())
        )
    if task.archived:
        yield _line(("Archived here; the server does not know.", ()))


def _trouble(trouble: ReadTrouble, now: datetime) -> Iterator[Block]:
    """That conversation, plan and files may be older than the state, which a list tells as well."""
    why = f"! could not be read at {_moment(trouble.at, now)}: {clean(trouble.message)}"
    yield _line((why, ("strong", "attention")))
    if trouble.hint:
        yield _line((clean(trouble.hint), ()))
    times = "once" if trouble.failures == 1 else f"{trouble.failures} times in a row"
    when = "with the next look" if trouble.rests_until <= now else f"not before {_moment(trouble.rests_until, now)}"
    yield _line((f"Tried {times}; asked for again {when}, or when you open it. Below is what is stored.", ("muted",)))


def _told_at(moment: datetime | None, now: datetime) -> str:
    """When the state was read. A time that has not been yet, as the clock was set back, says nothing of that."""
    if moment is None:
        return "never asked the server"
    return as_of(moment, now)


def as_of(moment: datetime | None, now: datetime) -> str:
    """When something was read, in words."""
    if moment is None or not is_age((now - moment).total_seconds()):
        return "read at an unknown time"
    return f"as of {_moment(moment, now)}"


def _moment(moment: datetime, now: datetime) -> str:
    """A time of today by the clock, so that nothing has to be drawn again every second; an older one by its age."""
    if now - moment > timedelta(hours=12):
        return relative_time(moment, now)
    return moment.astimezone().strftime("%H:%M:%S")


def _under_way(operations: Sequence[Operation]) -> Iterator[Block]:
    for operation in operations[-_RECENT:]:
        word = _OPERATION_WORDS.get(operation.state)
        if word is not None:
            said = f". {operation.message}" if operation.message else "."
            yield _line((f"» {_KINDS[operation.kind]} {word}{said}", ("strong", "attention")))


def _facts(task: Task, now: datetime) -> Iterator[Block]:
    yield _line(("@".join(filter(None, (task.repository, task.branch))) or "repository not known", ()))
    times = []
    if task.created_at is not None:
        times.append(f"created {relative_time(task.created_at, now)}")
    if task.updated_at is not None:
        times.append(f"changed {relative_time(task.updated_at, now)}")
    yield PartsBlock([[(each, ("muted",))] for each in (*times, task.id)])


def _failure(task: Task) -> Iterator[Block]:
    if task.failure:
        yield from _heading("Why it failed")
        yield PlainBlock(task.failure, has_code=True)


def _plan(task: Task) -> Iterator[Block]:
    plan = task.plan
    if plan is None:
        return
    notes = [_count(len(plan.steps), "step")]
    notes += ["approved"] if plan.approved else []
    notes += [] if plan.complete else ["may not be whole"]
    notes += [touched] if (touched := touched_words(risk_marks(plan))) else []
    yield from _heading("Plan", " · ".join(notes))
    for number, step in enumerate(plan.steps[:_STEPS], 1):
        yield LineBlock([(f"{number:>2} ", ("muted",)), (step.title, ())], has_code=True)
    if len(plan.steps) > _STEPS:
        yield _line((f"   and {len(plan.steps) - _STEPS} more", ("muted",)))


def _newest_message(task: Task, now: datetime) -> Iterator[Block]:
    told = (each for each in reversed(task.chat_history) if each.delivery is None and each.content.strip())
    message = next(told, None)
    if message is None or message.content.strip() == (task.description or "").strip():
        return  # what it was asked stands at the end
    yield from _heading(f"Newest message, from {_who(message)}", relative_time(message.timestamp, now))
    text = message.content.strip()
    is_long = len(text) > _MESSAGE_CHARACTERS
    yield from markdown_blocks(text[:_MESSAGE_CHARACTERS] + ("…" if is_long else ""))
    if is_long:
        yield _line(("The chat has all of it.", ("muted",)))


def _who(message: ChatMessage) -> str:
    return {"user": "you", "jules": "Jules"}.get(message.type, "the system")


def _files(task: Task) -> Iterator[Block]:
    files = task.source_files
    if not files:
        return
    added = [file.additions for file in files if file.additions is not None]
    removed = [file.deletions for file in files if file.deletions is not None]
    notes = [_count(len(files), "file")]
    notes += [f"+{sum(added)} {MINUS}{sum(removed)}"] if added or removed else []
    notes += [touched] if (touched := touched_words(file_risk_marks(files))) else []
    yield from _heading("Files", " · ".join(notes))
    for file in files[:_FILES]:
        yield _line(
            (file.filename, ()),
            (f" +{file.additions}" if file.additions is not None else "", ("success",)),
            (f" {MINUS}{file.deletions}" if file.deletions is not None else "", ("error",)),
        )
    if len(files) > _FILES:
        yield _line((f"and {len(files) - _FILES} more", ("muted",)))


def _links(task: Task) -> Iterator[Block]:
    links = [("Pull request", task.pull_request_url), ("Page", task.url)]
    shown = [(name, url) for name, url in links if url]
    if shown:
        yield from _heading("Links", "o opens the page")
        for name, url in shown:
            yield _line((f"{name}: ", ("muted",)), (clean(url or ""), ()))


def _states(task: Task, events: Sequence[TaskEvent], now: datetime) -> Iterator[Block]:
    states = list(state_blocks(task, events, now))
    if states:
        yield from _heading("States", "time in each, as seen here")
        yield from states


def _description(task: Task) -> Iterator[Block]:
    if task.description and task.description.strip():
        yield from _heading("What it was asked")
        yield PlainBlock(task.description.strip(), has_code=True)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
