"""The states that a task was in, with the time spent in each as this machine saw it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.task import Task
from jjm_tui.services.state_spans import StateSpan, state_spans
from jjm_tui.tui.look.appearance import appearance_of_status
from jjm_tui.tui.pages.page_lines import length
from jjm_tui.tui.text.blocks import Block, LineBlock

_SHOWN: Final = 5
_WORD: Final = 8
"""Cells of the longest word for a state."""


def state_blocks(task: Task, events: Sequence[TaskEvent], now: datetime) -> Iterator[Block]:
    """The last states of a task in the order in which it was in them, one in a line; none where none was seen.

    Args:
        task: The task as it is now.
        events: Its history, oldest first.
        now: The time, aware.
    """
    created = {} if task.created_at is None else {task.id: task.created_at}
    spans = state_spans(events, created)
    if len(spans) > _SHOWN:
        yield LineBlock([("earlier ones are in the timeline", ("muted",))])
    for span in spans[-_SHOWN:]:
        look = appearance_of_status(span.status)
        yield LineBlock([(f"{look.glyph} {look.word:<{_WORD}}", ()), (f"  {_time_in(span, task, now)}", ("muted",))])


def _time_in(span: StateSpan, task: Task, now: datetime) -> str:
    """How long it lasted; of what lasts, how long already; of an end that lasts, how long ago it was."""
    seconds = span.seconds(now)
    told = length(seconds)
    if not span.saw_start or span.is_cut:
        if seconds < 1:
            return ""  # only just found: that tells no length
        told = f"at least {told}"
    if span.until is not None:
        return told
    if span.status is not task.status or task.on_server is False:
        return ""  # it is over by now, and the history does not have its end yet
    return f"{told} ago" if span.status.is_final else f"{told} so far"
