"""Facts: what one answer of a server really says about a task, and how far it can be trusted.

A field that an answer does not mention is ``SILENT``; silence keeps what is known. ``None`` inside a fact would
mean that the server said *there is none*; dialects use it only where the server says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Final, Literal, TypeAlias, TypeVar

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Plan, SourceFile

T = TypeVar("T")


class Silence(Enum):
    """The type of ``SILENT``."""

    SILENT = "silent"

    def __repr__(self) -> str:
        return "SILENT"


SILENT: Final = Silence.SILENT
Said: TypeAlias = T | Silence


class Rank(IntEnum):
    """How close to the truth a source is; each dialect assigns its sources (``servers.md``)."""

    OWN_STORE = 0
    """The server's private copy that it never refreshes (browser dialect's list): fills gaps only."""
    GUESS = 1
    """Concluded from something else, such as *stable with a message last* (official dialect)."""
    CACHE = 2
    """A cached answer that may be hours old."""
    LIVE = 3
    """Jules itself, now."""


@dataclass(frozen=True, slots=True)
class FactSource:
    """Where facts came from. ``observed_at``: when we asked. ``source``: a short word for people."""

    rank: Rank
    observed_at: datetime
    source: str


ChatCoverage = Literal["whole", "oldest", "newest", "excerpt"]
"""``whole``: the complete conversation. ``oldest``/``newest``: one end of a longer one, messages uncut.
``excerpt``: messages cut short or without order guarantees; used only where nothing better is known."""


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """Messages of a conversation, oldest first, and which part of it they are."""

    messages: tuple[ChatMessage, ...]
    coverage: ChatCoverage


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What one answer says about one task. All text is already cleaned (``domain.text.clean``)."""

    id: str
    origin: FactSource
    title: Said[str | None] = SILENT
    description: Said[str] = SILENT
    description_cut: bool = False
    """The description is only its beginning; it never replaces a longer one that starts alike."""
    repository: Said[str | None] = SILENT
    branch: Said[str | None] = SILENT
    status: Said[TaskStatus] = SILENT
    status_detail: Said[str | None] = SILENT
    created_at: Said[datetime] = SILENT
    updated_at: Said[datetime] = SILENT
    url: Said[str] = SILENT
    pull_request_url: Said[str] = SILENT
    failure: Said[str] = SILENT
    plan: Said[Plan | None] = SILENT
    chat: Said[ChatFacts] = SILENT
    source_files: Said[tuple[SourceFile, ...]] = SILENT
    archived_on_server: Said[bool] = SILENT
    on_server: Said[bool] = SILENT
