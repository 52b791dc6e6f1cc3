"""How far the sheet is on which one plan is approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from jjm_tui.domain.task import Task
from jjm_tui.domain.text import age
from jjm_tui.tui.keymap import Keymap
from jjm_tui.tui.text.around import more_rows, rows_around

_TODAY: Final = timedelta(hours=12)
"""How long a time of day says enough."""


class Phase(Enum):
    """Where the sheet is. Only in ``READY`` and ``WORD`` can something be approved."""

    READING = auto()
    READY = auto()
    WORD = auto()
    """The extra word is being typed."""
    SENDING = auto()
    OVER = auto()
    """It could not be read, or has an outcome that must be looked at; reading again begins anew."""
    APPROVED = auto()
    """Approved, with something to look at first."""


EXTRA_WORD: Final = "incomplete"
"""What is typed to approve a plan that is not known to be whole."""

_WORDS: Final[Mapping[Phase, str]] = MappingProxyType(
    {
        Phase.READING: "Reading the plan…",
        Phase.SENDING: "Sending, unless the plan is another one by now…",
        Phase.WORD: f"Not known to be whole. To approve, type “{EXTRA_WORD}”:",
    }
)


def state_words(phase: Phase, above: int, below: int, key: str, left: int | None) -> str:
    """What a phase is about, short enough for 60 columns.

    ``above``, ``below``: rows around the screen. ``left``: how many were not on it yet, once ``key`` has read on.
    """
    if phase is Phase.READY and left is not None:
        words = f"↓ {more_rows(left)} to read" if left else f"That is all; {key} approves"
        return f"{words}. Nothing was sent."
    return _WORDS.get(phase) or rows_around(above, below)


def waiting_words(task: Task, now: datetime) -> str | None:
    """How long a task has waited; where the server tells no times, only since when it was seen to wait."""
    since = task.waiting_since
    if since is None:
        return None
    if task.updated_at is None:
        return f"seen waiting since {since.astimezone():{'%H:%M' if now - since < _TODAY else '%d %b %H:%M'}}"
    return f"waits for {age((now - since).total_seconds())}"


def alarm_words(remarks: Sequence[str], keymap: Keymap) -> str:
    """The alarm that another plan was approved, with what to do in the dashboard in place of a command."""
    alarm, *others = remarks
    told = alarm.partition(" Look at it now:")[0]
    message, page = keymap.first("task.message"), keymap.first("task.open")
    ways = f"It is below, with what differs.\n{message} writes to Jules, {page} opens its page in the browser."
    return "\n".join([f"{told} {ways}", *others])
