"""What glyphs and marks mean, place by place: rows of the list, header and last line, events, files, the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from jjm_tui.domain.events import EventType
from jjm_tui.domain.operation_words import sentence_of_state, word_of_state
from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.tui.look.appearance import Appearance, appearance_of
from jjm_tui.tui.pages.event_lines import EVENT_LOOKS
from jjm_tui.tui.pages.operation_words import LOOKS
from jjm_tui.tui.patches.file_rows import WORDS
from jjm_tui.tui.widgets.header import CONNECTION_LOOKS
from jjm_tui.tui.widgets.tasks.task_row import (
    CURSOR_BAR,
    DELIVERY_MARKS,
    DRAFT,
    MARK,
    MINUS,
    NOW,
    STALE,
    UNKNOWN_TIME,
    UNREAD,
    WATCHED,
)

Sign = tuple[str, str]
"""What is shown, and what it means."""

Place = Literal["list", "lines", "events", "files", "outbox"]

_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Legend:
    """The signs of one place, under a heading."""

    place: Place
    title: str
    signs: tuple[Sign, ...]


def legends(first: Iterable[Place] = ()) -> list[Legend]:
    """All legends, those of the places ``first`` before the others."""
    found = [Legend(place, title, tuple(signs())) for place, title, signs in _LEGENDS]
    wanted = list(first)
    return sorted(found, key=lambda each: each.place not in wanted)


def _list() -> Iterator[Sign]:
    """Every look that a row can have."""
    looks: dict[Appearance, None] = {}
    seen = _NOW + timedelta(days=1)
    for status in TaskStatus:
        for task in (Task("t", status=status), Task("t", status=status, seen_at=seen)):
            looks[appearance_of(task, _NOW)] = None
    looks[appearance_of(Task("t", status=TaskStatus.WAITING_APPROVAL, snoozed_until=seen), _NOW)] = None
    looks[appearance_of(Task("t", on_server=False), _NOW)] = None
    for look in looks:
        yield f"{look.glyph} {look.word}", look.sentence
    yield CURSOR_BAR, "the task under the cursor"
    yield MARK, "marked: what acts on several tasks acts on it"
    yield UNREAD, "something happened since you last looked at it"
    yield WATCHED, "you watch it"
    yield DRAFT, "you began a message to it and did not send it"
    yield "PR", "it has a pull request"
    yield f"+31 {MINUS}4", "lines that it added and removed"
    yield "3 files", "files that it touched, where the server tells no lines"
    yield "18m", "at the end: how long it has waited for you, else since it last changed"
    yield NOW, "the same, less than a minute"
    yield UNKNOWN_TIME, "the same, not known"
    yield f"{STALE}5m", "its data is this old; the server has not told anything newer"
    for mark in DELIVERY_MARKS.values():
        yield f"{mark.glyph} {mark.word}", _DELIVERIES[mark.word]
    yield "DONE (4+)", "a group with at least so many tasks; the others are still being read"


_DELIVERIES: Final = {
    "sending": "what you sent is on its way",
    "sent": "what you sent went out; the server does not show it yet",
    "confirmed": "what you sent has arrived",
    "not sent": "what you sent did not arrive; your text is kept",
    "refused": "the server said no to what you sent",
    "unconfirmed": "what you sent may have arrived; look before you send it again",
}

_CONNECTIONS: Final = {
    "none": "no server is configured: what is stored can be read",
    "not ready": "a server is chosen, but something it needs is missing; the connection screen says what",
    "idle": "nothing was asked of the server yet",
    "starting": "the server is being started",
    "connected": "the server answers",
    "reconnecting": "the server went away and is started again",
    "offline": "the connection is closed",
    "could not start": "the server could not be started; the connection screen says why",
    "gave up": "the server died too often; the connection screen says why and starts it again",
}


def _lines() -> Iterator[Sign]:
    for status, (glyph, word, _) in CONNECTION_LOOKS.items():
        yield f"{glyph} {word}", _CONNECTIONS[status]
    yield "● followed", "another jjm asks the server; this one follows what it stores"
    yield "● trouble", "the server is there, but the last reading failed"
    yield "list cut by the server", "it shows only its newest tasks; older ones are as they were last seen"
    yield "4 need you", "tasks in that group of the list; click to see only them"
    yield "oldest data 15s", "how long ago the server last told about the tasks in view, the oldest of them"
    yield "calls 38/120", "spent of the budget of calls; as many as the second number come back every minute"
    yield "outbox 1 sending", "what you sent and what has no clear answer yet"


_EVENTS: Final[Mapping[EventType, str]] = {
    EventType.PLAN_READY: "Jules shows a plan",
    EventType.PLAN_APPROVED: "the plan counts as approved",
    EventType.MESSAGE_RECEIVED: "Jules wrote something",
    EventType.FILES_CHANGED: "other files or other lines are changed than before",
    EventType.PULL_REQUEST_OPENED: "a pull request was opened",
    EventType.TASK_VANISHED: "the server does not know the task any more",
    EventType.TASK_RETURNED: "the server knows the task again",
    EventType.OPERATION_REQUESTED: "you decided something",
    EventType.OPERATION_DONE: "what you decided has arrived",
    EventType.OPERATION_REFUSED: "the server said no to it",
    EventType.OPERATION_NOT_SENT: "it did not arrive",
    EventType.OPERATION_UNCONFIRMED: "it may have arrived; no clear answer came",
    EventType.PLAN_MISMATCH: "another plan was approved than the one that you read",
}


def _events() -> Iterator[Sign]:
    for kind, look in EVENT_LOOKS.items():
        yield f"{look.glyph} {kind.value.replace('_', ' ')}", _EVENTS[kind]
    yield "· other", "marks of your own, and what has no glyph of its own"
    yield "at least 18m", "how long a state lasted whose beginning nobody saw"


def _files() -> Iterator[Sign]:
    for letter, word in WORDS.items():
        yield letter, "what became of the file is not told" if word == "not told" else f"the file was {word}"
    yield "@@ -1,5 +1,2 @@", "a hunk: its first line and how many, before and after"
    yield "+", "a line that was added"
    yield "-", "a line that was removed"
    yield "!", "in a plan: look twice at this step; the reason stands behind it"


def _outbox() -> Iterator[Sign]:
    for state in OperationState:
        if state is not OperationState.PREPARED:  # it has the sign of the next one
            yield f"{LOOKS[state].glyph} {word_of_state(state)}", sentence_of_state(state)
    yield f"{LOOKS[OperationState.DISCARDED].glyph} sent again", "You sent it again; the newer one tells the rest."


_LEGENDS: Final[tuple[tuple[Place, str, Callable[[], Iterator[Sign]]], ...]] = (
    ("list", "Signs in the list", _list),
    ("lines", "Signs in the first and last line", _lines),
    ("events", "Signs in feed and timeline", _events),
    ("files", "Signs in files and plans", _files),
    ("outbox", "Words of the outbox", _outbox),
)
