"""The history of one task: what happened and what the person did, oldest first, with the time spent in each state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from textual.content import Content
from textual.events import Resize

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation
from jjm_tui.services.state_spans import StateSpan, state_spans
from jjm_tui.tui.pages.event_lines import (
    day_line,
    event_content,
    event_look,
    local_day,
    operation_content,
    operation_look,
    status_look,
    status_words,
    timed,
)
from jjm_tui.tui.pages.page_lines import length, time_of_day
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.line_styles import MUTED
from jjm_tui.tui.widgets.lines import Line

_OF_OPERATIONS: Final = frozenset(
    {
        EventType.OPERATION_REQUESTED,
        EventType.OPERATION_DONE,
        EventType.OPERATION_REFUSED,
        EventType.OPERATION_NOT_SENT,
        EventType.OPERATION_UNCONFIRMED,
        EventType.OPERATION_DISCARDED,
    }
)
_HEAD: Final = 13
"""Characters before the words: margin, time, glyph; each is one cell wide."""
_LEAST_ROOM: Final = 12
_ROWS: Final = 4
"""Rows of one event or operation."""
_EMPTY: Final = Content.assemble(
    ("Nothing is recorded for this task yet.", "bold"), "\n", ("What happens from now on appears here.", MUTED)
)


class Timeline(LineList):
    """Give it the history with ``show``; it stays at the newest line until the person scrolls up."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(has_tail=True, id=id)
        self._shown: tuple[Sequence[TaskEvent], Sequence[Operation], datetime] | None = None
        self.show_empty(_EMPTY)

    def show(self, events: Sequence[TaskEvent], operations: Sequence[Operation], now: datetime) -> None:
        """Show the history of one task.

        Args:
            events: Its events, oldest first.
            operations: What the person did, as far as the outbox still has it; of older ones the events tell.
            now: The time, for how long the present state has lasted.
        """
        self._shown = events, operations, now
        self._lay_out()

    def on_resize(self, event: Resize) -> None:
        """Another width breaks lines elsewhere."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if self._shown is not None and width > 0:
            self.set_lines(timeline_lines(*self._shown, width))


def timeline_lines(
    events: Sequence[TaskEvent], operations: Sequence[Operation], now: datetime, width: int
) -> list[Line]:
    """The lines of a timeline: days as headings, events and operations broken to ``width`` cells, the present state."""
    spans = state_spans(events)
    ended = {span.until: span for span in spans}
    told = {operation.id for operation in operations}
    entries = [
        (event.told_at, _event_line(event, ended.get(event.at), now))
        for event in events
        if not (event.type in _OF_OPERATIONS and event.data.get("operation_id") in told)
    ]
    entries += [(operation.created_at, _operation_line(operation)) for operation in operations]
    entries.sort(key=lambda entry: entry[0])
    return [*_with_days(entries, width), *_present(spans, now)]


def _with_days(entries: Sequence[tuple[datetime, Content]], width: int) -> Iterator[Line]:
    day: date | None = None
    for at, content in entries:
        if local_day(at) != day:
            day = local_day(at)
            yield day_line(at)
        yield from _broken(content, width)


def _broken(content: Content, width: int) -> Iterator[Line]:
    """A line that is too long goes on below its words, for a few rows."""
    room = width - _HEAD
    if content.cell_length <= width or room < _LEAST_ROOM:
        yield Line(content)
        return
    head, words = content[:_HEAD], content[_HEAD:]
    rows = words.wrap(room)
    for number, row in enumerate(rows[:_ROWS]):
        margin = head if number == 0 else Content(" " * _HEAD)
        is_cut = number == _ROWS - 1 and len(rows) > _ROWS
        yield Line(margin + ((row.rstrip() + Content("…")) if is_cut else row))


def _event_line(event: TaskEvent, ended: StateSpan | None, now: datetime) -> Content:
    what = event_content(event)
    if event.type is EventType.TASK_DISCOVERED and event.data.get("first_sync"):
        what += Content.styled(" · what was before is not known here", MUTED)
    if event.type is EventType.STATUS_CHANGED and ended is not None:
        what += Content.styled(_how_long("  after", ended, now), MUTED)
    return timed(time_of_day(event.told_at), event_look(event), what)


def _operation_line(operation: Operation) -> Content:
    return timed(time_of_day(operation.created_at), operation_look(operation), operation_content(operation))


def _how_long(word: str, span: StateSpan, now: datetime) -> str:
    """``  after 12m``; nothing when it was only just found, which tells no length."""
    seconds = span.seconds(now)
    if span.saw_start:
        return f"{word} {length(seconds)}"
    return f"{word} at least {length(seconds)}" if seconds >= 1 else ""


def _present(spans: Sequence[StateSpan], now: datetime) -> Iterator[Line]:
    """The state that lasts, if there is one."""
    lasting = next((span for span in reversed(spans) if span.until is None), None)
    if lasting is None:
        return
    look = status_look(lasting.status)
    for_how_long = f"{status_words(lasting.status)}{_how_long(' for', lasting, now)}"
    yield Line(Content.assemble(" ", ("now     ", MUTED), "  ", (look.glyph, look.style), " ", for_how_long))
