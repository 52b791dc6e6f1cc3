"""How tasks look to people: glyph, word and colour of a status, times, file marks. Pure; no rich here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import NeedsMe, SourceFile, Task, needs_me
from jjm_tui.domain.text import heading, relative_time

_WAITING: Final = "dark_orange"

STATUS_LOOKS: Final[Mapping[TaskStatus, tuple[str, str, str, str]]] = {
    TaskStatus.PENDING: ("○", "o", "pending", "blue"),
    TaskStatus.IN_PROGRESS: ("▸", ">", "in progress", "yellow"),
    TaskStatus.WAITING_APPROVAL: ("?", "?", "waiting approval", _WAITING),
    TaskStatus.WAITING_FEEDBACK: ("?", "?", "waiting feedback", _WAITING),
    TaskStatus.PAUSED: ("‖", "=", "paused", "magenta"),
    TaskStatus.COMPLETED: ("✓", "v", "completed", "green"),
    TaskStatus.FAILED: ("✗", "x", "failed", "red"),
    TaskStatus.UNKNOWN: ("·", ".", "unknown", "bright_black"),
}
"""Glyph, its ASCII stand-in, word, colour (status colours of ``requirements.md``)."""

_GONE: Final = ("∅", "0", "gone", "bright_black")

NEEDS_WORDS: Final[Mapping[NeedsMe, str]] = {
    "approval": "approve its plan",
    "question": "answer its question",
    "failure": "look at the failure",
    "review": "review the result",
}

_FILE_MARKS: Final = {
    "modified": ("\u270f\ufe0f", "M"),
    "created": ("\u2795", "A"),
    "deleted": ("\u274c", "D"),
    "unchanged": ("  ", " "),
}
"""Pencil, plus and cross (seed of JJM-016), and letters where there is no Unicode."""


def status_text(status: TaskStatus, *, unicode: bool = True) -> str:
    """Glyph and word."""
    glyph, plain, word, _ = STATUS_LOOKS[status]
    return f"{glyph if unicode else plain} {word}"


def status_color(status: TaskStatus) -> str:
    """A rich colour."""
    return STATUS_LOOKS[status][3]


def standing(task: Task, *, unicode: bool = True) -> tuple[str, str]:
    """Glyph and word for how a task stands in a table, and a rich colour; as in the dashboard, gone comes first."""
    if task.on_server is False:
        glyph, plain, word, color = _GONE
        return f"{glyph if unicode else plain} {word}", color
    return status_text(task.status, unicode=unicode), status_color(task.status)


def task_heading(task: Task) -> str:
    """The title, else the start of the description."""
    return heading(task.title, task.description, task.id)


def local_minute(moment: datetime | None) -> str:
    """Local time to the minute, ``2026-11-20 21:04`` (seed of JJM-015)."""
    return "unknown" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def local_second(moment: datetime) -> str:
    """Local time of day."""
    return moment.astimezone().strftime("%H:%M:%S")


def moment_with_age(moment: datetime | None, now: datetime) -> str:
    """Local time with how long ago that is."""
    return "unknown" if moment is None else f"{local_minute(moment)} ({relative_time(moment, now)})"


def file_mark(file: SourceFile, *, unicode: bool = True) -> str:
    """The mark of what happened to a file."""
    mark = _FILE_MARKS.get(file.status or "")
    if mark is None:
        return "? "
    return mark[0] if unicode else mark[1]


def file_counts(file: SourceFile, *, unicode: bool = True) -> str:
    """Added and deleted lines, as far as known."""
    minus = "\u2212" if unicode else "-"
    parts = []
    if file.additions is not None:
        parts.append(f"+{file.additions}")
    if file.deletions is not None:
        parts.append(f"{minus}{file.deletions}")
    return " ".join(parts)


def needs_text(task: Task, now: datetime) -> str:
    """What the task asks of the person, or nothing."""
    reason = needs_me(task, now)
    return "" if reason is None else NEEDS_WORDS[reason]
