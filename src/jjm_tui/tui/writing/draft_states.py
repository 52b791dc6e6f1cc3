"""What is told about drafts: how safe one is, that it was changed, and what is lost with the program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from jjm_tui.domain.draft_keys import CREATE_KEY, task_of
from jjm_tui.domain.kept_draft import UNKNOWN_TIMES, DraftTimes, KeptDraft
from jjm_tui.domain.text import clean, clean_line, heading
from jjm_tui.services.drafting.joined_texts import UNDER_WAY
from jjm_tui.services.drafting.new_task import NewTask

if TYPE_CHECKING:
    from jjm_tui.services.board import Board
    from jjm_tui.services.drafting.draft_kinds import DraftKind


@dataclass(frozen=True, slots=True)
class DraftState:
    """How safe a draft is. ``kept_at``: when this process wrote it; ``trouble``: why it cannot be written."""

    is_kept: bool
    kept_at: datetime | None = None
    trouble: str | None = None
    is_sending: bool = False


@dataclass(frozen=True, slots=True)
class DraftChange:
    """A draft was changed or saved by somebody else than ``by``.

    ``is_joined``: another text stands below it now. ``typed_at``: since when what was in it before was in these words.
    """

    key: str
    is_joined: bool = False
    by: object = None
    typed_at: datetime | None = None


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
    """A draft as one dashboard has it. Since when each text in it is there is known, at least for this program.

    ``known``: what the store held when last looked at, in the file ``file_id``; ``None``: never looked. ``held``:
    handed over, no outcome. ``is_typed``: here, and not gone from the store since. ``times``: of the text,
    ``held_times``: of what is held; unknown where there is none.
    """

    text: str = ""
    times: DraftTimes = UNKNOWN_TIMES
    known: KeptDraft | None = None
    file_id: str | None = None
    is_dirty: bool = False
    is_typed: bool = False
    held: str | None = None
    held_times: DraftTimes = UNKNOWN_TIMES
    kept_at: datetime | None = None
    trouble: str | None = None

    @property
    def draft(self) -> KeptDraft:
        """What is typed here."""
        return KeptDraft(self.text, self.times)

    @property
    def stored(self) -> KeptDraft:
        """What the store held when last looked at, as far as that is known."""
        return self.known or KeptDraft()

    @property
    def typed_at(self) -> datetime | None:
        """Since when all of the text has been in these words."""
        return self.times.typed_at.get(self.text.strip())

    @property
    def held_since(self) -> datetime | None:
        """Since when what is held has been in these words."""
        return self.held_times.typed_at.get((self.held or "").strip())

    def hold(self) -> None:
        """The text is handed over; there is none to be typed on."""
        self.held, self.held_times = self.text, self.times
        self.text, self.times = "", UNKNOWN_TIMES

    def let_go(self) -> KeptDraft:
        """Hold nothing any more; answers what was held."""
        held = KeptDraft(self.held or "", self.held_times)
        self.held, self.held_times = None, UNKNOWN_TIMES
        return held

    def on_disk(self, kind: DraftKind) -> KeptDraft:
        """What is to be stored: also what was handed over, because it may have to come back after a crash."""
        if not (self.text and self.held):
            return self.draft if self.text else KeptDraft(self.held or "", self.held_times)
        text = kind.join(self.text, self.held, UNDER_WAY) or self.text
        return KeptDraft(text, self.times.joined(self.held_times))
