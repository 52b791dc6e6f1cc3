"""What is told about drafts: how safe one is, that it was changed, and what is lost with the program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from jjm_tui.domain.draft_keys import CREATE_KEY, task_of
from jjm_tui.domain.text import clean, clean_line, heading
from jjm_tui.services.drafting.new_task import NewTask

if TYPE_CHECKING:
    from jjm_tui.services.board import Board


@dataclass(frozen=True, slots=True)
class DraftState:
    """How safe a draft is. ``kept_at``: when this process wrote it; ``trouble``: why it cannot be written."""

    is_kept: bool
    kept_at: datetime | None = None
    trouble: str | None = None
    is_sending: bool = False


@dataclass(frozen=True, slots=True)
class DraftChange:
    """A draft was changed or saved by somebody else than ``by``. ``is_joined``: another text stands below it now."""

    key: str
    is_joined: bool = False
    by: object = None


class Unkept(NamedTuple):
    """A draft that is in memory only, because of ``trouble``. ``text``: as it would be stored."""

    key: str
    text: str
    trouble: str

    def name(self, board: Board) -> str:
        """What it is, harmless and on one line."""
        if self.key == CREATE_KEY:
            return "new task"
        task_id = task_of(self.key)
        if task_id is None:
            return "message to several tasks"
        task = board.task(task_id)
        title = clean_line(task_id) if task is None else heading(task.title, task.description, task.id)
        return f"message · {title}"

    def words(self) -> str:
        """What was typed, for people; harmless, with its line ends."""
        return clean(NewTask.read(self.text).tell_difference(NewTask()) if self.key == CREATE_KEY else self.text)


@dataclass(slots=True)
class Entry:
    """A draft as one dashboard has it.

    ``known``: what the store held when last looked at; ``None``: never looked. ``held``: handed over, no outcome.
    ``is_typed``: here, and not gone from the store since, so that it is no old message even if it reads like one.
    ``gone``: the ids of what had gone out already when the text was begun here. ``begun_at``: when that was, or when it
    was taken over from the store; ``held_since``: the same of what is held.
    """

    text: str = ""
    known: str | None = None
    is_dirty: bool = False
    is_typed: bool = False
    held: str | None = None
    gone: frozenset[str] = frozenset()
    begun_at: datetime | None = None
    held_since: datetime | None = None
    kept_at: datetime | None = None
    trouble: str | None = None
