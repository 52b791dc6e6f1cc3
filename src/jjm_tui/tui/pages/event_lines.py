"""Events and operations as lines: time, glyph, task, what happened. Used by the watch screen and the timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from textual.content import Content

from jjm_tui.domain.event_words import event_parts
from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operation_words import state_word
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.status import TaskStatus, normalise_status
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.look.appearance import appearance_of_status
from jjm_tui.tui.pages.page_lines import day_name, length, time_of_day
from jjm_tui.tui.widgets.line_styles import ACCENT, BAD, GOOD, MUTED, WARNING
from jjm_tui.tui.widgets.lines import Line
from jjm_tui.tui.widgets.tasks.task_row import fit

UNDER_HEADING: Final = 1
"""Cells before a line."""
_LEAST_TITLE: Final = 10
_MOST_TITLE: Final = 60
_TITLE_SHARE: Final = 0.4
"""Of the width, for the title of the task."""

HOUSEKEEPING: Final = frozenset(
    {
        EventType.SEEN,
        EventType.ARCHIVED,
        EventType.UNARCHIVED,
        EventType.SNOOZED,
        EventType.FORGOTTEN,
        EventType.REMEMBERED,
        EventType.IMPORTED,
    }
)
"""Marks of the person's own; nothing that happened to the task."""


class Look(NamedTuple):
    """A glyph of one cell and its style."""

    glyph: str
    style: str


_STATUS_STYLES: Final[Mapping[TaskStatus, str]] = {
    TaskStatus.PENDING: MUTED,
    TaskStatus.IN_PROGRESS: ACCENT,
    TaskStatus.WAITING_APPROVAL: WARNING,
    TaskStatus.WAITING_FEEDBACK: WARNING,
    TaskStatus.PAUSED: "$text-secondary",
    TaskStatus.COMPLETED: GOOD,
    TaskStatus.FAILED: BAD,
    TaskStatus.UNKNOWN: MUTED,
}
EVENT_LOOKS: Final[Mapping[EventType, Look]] = {
    EventType.PLAN_READY: Look("?", WARNING),
    EventType.PLAN_APPROVED: Look("✓", GOOD),
    EventType.MESSAGE_RECEIVED: Look("»", ACCENT),
    EventType.FILES_CHANGED: Look("±", MUTED),
    EventType.PULL_REQUEST_OPENED: Look("→", ACCENT),
    EventType.TASK_VANISHED: Look("∅", WARNING),
    EventType.TASK_RETURNED: Look("+", ACCENT),
    EventType.OPERATION_REQUESTED: Look("↑", ACCENT),
    EventType.OPERATION_DONE: Look("✓", GOOD),
    EventType.OPERATION_REFUSED: Look("✗", BAD),
    EventType.OPERATION_NOT_SENT: Look("✗", BAD),
    EventType.OPERATION_UNCONFIRMED: Look("?", WARNING),
    EventType.PLAN_MISMATCH: Look("!", BAD),
}
_OTHER_LOOK: Final = Look("·", MUTED)

_DELIVERIES: Final[Mapping[OperationState, tuple[str, Look]]] = {
    OperationState.PREPARED: ("sending", Look("↑", ACCENT)),
    OperationState.SENDING: ("sending", Look("↑", ACCENT)),
    OperationState.DONE: ("confirmed", Look("✓", GOOD)),
    OperationState.REFUSED: ("refused", Look("✗", BAD)),
    OperationState.NOT_SENT: ("not sent", Look("✗", BAD)),
    OperationState.UNCONFIRMED: ("unconfirmed", Look("?", WARNING)),
    OperationState.DISCARDED: ("discarded", Look("·", MUTED)),
}
_YOURS: Final[Mapping[OperationKind, str]] = {
    OperationKind.CREATE: "your new task",
    OperationKind.MESSAGE: "your message",
    OperationKind.APPROVE: "your approval",
    OperationKind.RESUME: "your resume",
}


def status_words(status: TaskStatus) -> str:
    """The word of the task list for a status."""
    return appearance_of_status(status).word


def status_look(status: TaskStatus) -> Look:
    """The glyph of a status, as the task list has it, and its style in lines."""
    return Look(appearance_of_status(status).glyph, _STATUS_STYLES[status])


def _told_status(word: object) -> str:
    """The word of the task list; what is not understood is told as it came."""
    status = normalise_status(word)
    return clean_line(str(word)) if status is TaskStatus.UNKNOWN and word else status_words(status)


def event_look(event: TaskEvent) -> Look:
    """The glyph of what happened, and its style."""
    if event.type is EventType.STATUS_CHANGED:
        return status_look(normalise_status(event.data.get("to")))
    if event.type is EventType.TASK_DISCOVERED:
        return status_look(normalise_status(event.data.get("status")))
    return EVENT_LOOKS.get(event.type, _OTHER_LOOK)


def event_content(event: TaskEvent) -> Content:
    """What happened, in one line."""
    head, detail = event_parts(event)
    if event.type is EventType.STATUS_CHANGED:
        before = f"{_told_status(event.data['from'])} → " if event.data.get("from") else ""
        return literal_line(f"{before}{_told_status(event.data.get('to'))}")
    if event.type is EventType.TASK_DISCOVERED:
        detail = status_words(normalise_status(event.data.get("status")))
    if event.type is EventType.PLAN_READY:
        detail = detail.partition(",")[0]
    if event.type is EventType.MESSAGE_RECEIVED and head == "jules":
        head = "Jules"
    if event.type is EventType.FILES_CHANGED and not event.is_first_seen:
        head = "changed"
    if event.is_only_seen and not event.is_first_seen:
        head += f", seen {time_of_day(event.at)[:5]}"
    if not detail:
        return literal_line(head)
    return Content.assemble(literal_line(head), ": ", literal_line(detail, MUTED))


def operation_content(operation: Operation) -> Content:
    """What the person decided and what became of it: ``your message: Use the new API · confirmed after 3s``."""
    word, look = _DELIVERIES[operation.state]
    text = clean(str(operation.payload.get("text") or operation.payload.get("title") or "")).strip()
    first, _, more = text.partition("\n")
    said = f": {clean_line(first)}{' …' if more else ''}" if first else ""
    if operation.sent_again_as is not None:
        word = operation.message or state_word(operation)
    elif operation.finished_at is not None and operation.state is OperationState.DONE:
        word += f" after {length((operation.finished_at - operation.created_at).total_seconds())}"
    elif operation.message and not operation.state.is_open:
        word += f". {operation.message}"
    return Content.assemble(
        literal_line(_YOURS[operation.kind]), literal_line(said, MUTED), " · ", literal_line(word, look.style)
    )


def operation_look(operation: Operation) -> Look:
    """The glyph of how far an operation got, and its style."""
    return _DELIVERIES[operation.state][1]


def timed(stamp: str, look: Look, what: Content) -> Content:
    """A line with its time and glyph."""
    return Content.assemble(" " * UNDER_HEADING, (stamp, MUTED), "  ", (look.glyph, look.style), " ", what)


def day_line(at: datetime) -> Line:
    """The day, before the first line of it."""
    return Line(Content.styled(f" {day_name(at)}", MUTED))


def local_day(at: datetime) -> date:
    """The local day of a time."""
    return at.astimezone().date()


class Feed:
    """Lines for events as they come. Remembers of which day the last one was."""

    def __init__(self, title_of: Callable[[TaskEvent], str]) -> None:
        self._title_of = title_of
        self._day: date | None = None

    def lines(self, events: Iterable[TaskEvent], width: int) -> list[Line]:
        """Further lines, oldest first: time, glyph, title of the task, what happened. The key is the task's id.

        Each day has a heading, so lines have the time only.
        """
        room = max(_LEAST_TITLE, min(_MOST_TITLE, int(width * _TITLE_SHARE)))
        found: list[Line] = []
        for event in events:
            day = local_day(event.told_at)
            if day != self._day:
                self._day = day
                found.append(day_line(event.told_at))
            title = Content(fit(clean_line(self._title_of(event)), room) + "  ")
            told = timed(time_of_day(event.told_at), event_look(event), title + event_content(event))
            found.append(Line(told, event.task_id))
        return found
