"""What the Overview tab says of a task: state with its age, what it asks, plan, newest message, files, links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from textual.content import Content

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.risks import file_risk_marks, risk_marks
from jjm_tui.domain.task import ChatMessage, Task, needs_me
from jjm_tui.domain.text import age, clean, clean_line, relative_time, truncate
from jjm_tui.tui.appearance import appearance_of
from jjm_tui.tui.literal import literal, literal_line

MINUS: Final = "\u2212"
_MESSAGE_LINES: Final = 8
_FILES: Final = 6
_STEPS: Final = 8
_ASKS: Final = {
    "approval": "Read its plan and approve it, or say what should be different.",
    "question": "It asks you something and waits for the answer.",
    "failure": "It failed. A message may get it going again; a new task always can.",
    "review": "It is finished. Look at what it changed.",
}
_OPERATION_WORDS: Final[Mapping[OperationState, str]] = {
    OperationState.PREPARED: "is being sent",
    OperationState.SENDING: "is being sent",
    OperationState.REFUSED: "was refused",
    OperationState.NOT_SENT: "was not sent",
    OperationState.UNCONFIRMED: "may have arrived: not confirmed",
}
_KINDS: Final = {
    OperationKind.CREATE: "Your new task",
    OperationKind.MESSAGE: "Your message",
    OperationKind.APPROVE: "Your approval",
    OperationKind.RESUME: "Your resume",
}

HEADING: Final = "bold $text-primary"
QUIET: Final = "$foreground-muted"
ROLE_STYLES: Final = {
    "attention": "bold $text-warning",
    "question": "bold $text-warning",
    "failed": "bold $text-error",
    "review": "bold $text-success",
    "running": "bold $text-primary",
    "waiting": "bold",
    "paused": "bold",
    "done": "bold $text-success",
    "unknown": "bold",
}


def describe_task(task: Task, operations: Sequence[Operation], now: datetime, width: int) -> Content:
    """The whole overview as one text for panes of ``width`` cells."""
    parts = [
        _state(task, now),
        *_asked(task, now),
        *_under_way(operations),
        *_facts(task, now),
        *_failure(task),
        *_plan(task, width),
        *_newest_message(task, now, width),
        *_files(task, width),
        *_links(task),
        *_description(task),
    ]
    return Content("\n").join(parts)


def _state(task: Task, now: datetime) -> Content:
    look = appearance_of(task, now)
    parts = [Content.styled(f"{look.glyph} {look.sentence}", ROLE_STYLES[look.role])]
    if task.waiting_since is not None and needs_me(task, now) is not None:
        parts.append(Content(f" · for {age((now - task.waiting_since).total_seconds())}"))
    if task.synced_at is None:
        parts.append(Content.styled(" · never asked the server", QUIET))
    else:
        parts.append(Content.styled(f" · as of {_moment(task.synced_at, now)}", QUIET))
    line = Content.assemble(*parts)
    if task.status_detail and task.status.value == "unknown":
        line = Content.assemble(line, "\n", literal_line(f"The server's own word: {task.status_detail}"))
    if task.snoozed_until is not None and task.snoozed_until > now:
        line = Content.assemble(line, f"\nSnoozed, {relative_time(task.snoozed_until, now)} it needs you again.")
    if task.archived:
        line = Content.assemble(line, "\nArchived here; the server does not know.")
    return line


def _moment(moment: datetime, now: datetime) -> str:
    """A time of today by the clock, so that nothing has to be drawn again every second; an older one by its age."""
    if now - moment > timedelta(hours=12):
        return relative_time(moment, now)
    return moment.astimezone().strftime("%H:%M:%S")


def _asked(task: Task, now: datetime) -> Iterator[Content]:
    reason = needs_me(task, now)
    if reason is not None:
        yield Content(_ASKS[reason])


def _under_way(operations: Sequence[Operation]) -> Iterator[Content]:
    for operation in operations[-3:]:
        word = _OPERATION_WORDS.get(operation.state)
        if word is not None:
            said = f": {operation.message}" if operation.message else "."
            yield literal_line(f"» {_KINDS[operation.kind]} {word}{said}", "bold $text-warning")


def _facts(task: Task, now: datetime) -> Iterator[Content]:
    yield Content("")
    where = " @ ".join(filter(None, (task.repository, task.branch))) or "repository not known"
    yield literal_line(where)
    times = []
    if task.created_at is not None:
        times.append(f"created {relative_time(task.created_at, now)}")
    if task.updated_at is not None:
        times.append(f"changed {relative_time(task.updated_at, now)}")
    yield (
        Content.styled(" · ".join([*times, task.id]), QUIET) if task.id.isprintable() else literal_line(task.id, QUIET)
    )


def _failure(task: Task) -> Iterator[Content]:
    if task.failure:
        yield _heading("Why it failed")
        yield literal(task.failure)


def _plan(task: Task, width: int) -> Iterator[Content]:
    plan = task.plan
    if plan is None:
        return
    kinds = list(dict.fromkeys(mark.kind.value for mark in risk_marks(plan)))
    count = f"{len(plan.steps)} step" + ("" if len(plan.steps) == 1 else "s")
    notes = [count, *(["approved"] if plan.approved else []), *([] if plan.complete else ["may not be whole"])]
    if kinds:
        notes.append("touches " + ", ".join(kinds))
    yield _heading("Plan", " · ".join(notes))
    for number, step in enumerate(plan.steps[:_STEPS], 1):
        yield literal(truncate(clean_line(f"{number:>2} {step.title}"), max(10, width)))
    if len(plan.steps) > _STEPS:
        yield Content.styled(f"   and {len(plan.steps) - _STEPS} more", QUIET)


def _newest_message(task: Task, now: datetime, width: int) -> Iterator[Content]:
    message = next(
        (each for each in reversed(task.chat_history) if each.delivery is None and each.content.strip()), None
    )
    if message is None:
        return
    yield _heading(f"Newest message, from {_who(message)}", relative_time(message.timestamp, now))
    lines = [line for line in clean(message.content).splitlines() if line.strip()]
    yield literal("\n".join(truncate(line, max(10, width * 3)) for line in lines[:_MESSAGE_LINES]))
    if len(lines) > _MESSAGE_LINES:
        yield Content.styled(f"and {len(lines) - _MESSAGE_LINES} more lines", QUIET)


def _who(message: ChatMessage) -> str:
    return {"user": "you", "jules": "Jules"}.get(message.type, "the system")


def _files(task: Task, width: int) -> Iterator[Content]:
    files = task.source_files
    if not files:
        return
    added = [file.additions for file in files if file.additions is not None]
    removed = [file.deletions for file in files if file.deletions is not None]
    notes = [f"{len(files)} file" + ("" if len(files) == 1 else "s")]
    if added or removed:
        notes.append(f"+{sum(added)} {MINUS}{sum(removed)}")
    kinds = list(dict.fromkeys(mark.kind.value for mark in file_risk_marks(files)))
    if kinds:
        notes.append("touches " + ", ".join(kinds))
    yield _heading("Files", " · ".join(notes))
    for file in files[:_FILES]:
        counts = "".join(
            f" {sign}{count}" for sign, count in (("+", file.additions), (MINUS, file.deletions)) if count is not None
        )
        yield literal(truncate(clean_line(file.filename), max(10, width - len(counts))) + counts)
    if len(files) > _FILES:
        yield Content.styled(f"and {len(files) - _FILES} more", QUIET)


def _links(task: Task) -> Iterator[Content]:
    links = [("Pull request", task.pull_request_url), ("Page", task.url)]
    shown = [(name, url) for name, url in links if url]
    if shown:
        yield _heading("Links", "o opens")
        for name, url in shown:
            yield literal_line(f"{name}: {url}")


def _description(task: Task) -> Iterator[Content]:
    if task.description and task.description.strip():
        yield _heading("What it was asked")
        yield literal(task.description.strip())


def _heading(text: str, note: str = "") -> Content:
    title = Content.styled(f"\n{text}", HEADING)
    return Content.assemble(title, Content.styled(f"  {clean_line(note)}", QUIET)) if note else title
