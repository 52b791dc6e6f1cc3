"""One message to many tasks: who gets it, what it says, and what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.events import Resize
from textual.widget import Widget

from jjm_tui.domain.draft_keys import MANY_KEY
from jjm_tui.domain.repository import validate_message
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.errors import ValidationError
from jjm_tui.services.drafting.joined_texts import EDITED, why_undecided
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.bulk import Line, State, count_words
from jjm_tui.tui.look.appearance import appearance_of
from jjm_tui.tui.screens.bulk_sheet import BulkSheet, Done
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.row_list import Cell, ListRow
from jjm_tui.tui.widgets.typing_area import TypingArea, typed_text
from jjm_tui.tui.writing.drafts import DraftChange, Drafts
from jjm_tui.tui.writing.editor import EditorError, edit_outside

if TYPE_CHECKING:
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.engine import Engine

MANY: Final = 3
"""More recipients than this, and their number must be typed."""

_WIDE: Final = 60
"""Columns from which on a state is told in a word beside its glyph."""

_TO_ALL: Final = "Write to all of them"
_TO_NOBODY: Final = "Nobody is left to write to"
DRAFT_KEY: Final = MANY_KEY
"""Where the text is kept until it went out to all."""


class BulkMessageScreen(BulkSheet):
    """A text and its recipients. The sheet itself is the preview: what is in the field is what is sent.

    Dismisses with the ids of the tasks that got it.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"dialog", "composer"})
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "mark": "let the task get the message, or leave it out",
            "mark.all": "let all tasks get it, or leave all out",
        }
    )
    DEFAULT_CSS = """
    BulkMessageScreen {
        & RowList { max-height: 45%; }
        & TypingArea {
            height: 1fr;
            min-height: 3;
            border-top: solid $foreground 30%;
            &:focus { border-top: solid $border; }
        }
        &.-short TypingArea { min-height: 2; }
    }
    """
    DONE_WORD = "sent"

    def __init__(self, task_ids: Sequence[str]) -> None:
        super().__init__("Message many tasks")
        self._task_ids = tuple(task_ids)
        self._text = ""
        self._is_in_editor = False
        self._stop_listening: Callable[[], None] = lambda: None
        self._area = TypingArea(self._typed, placeholder=_TO_ALL, id="text")

    def compose_below(self) -> ComposeResult:
        yield self._area

    def on_mount(self) -> None:
        """List the recipients; a text that was typed here before and did not go out comes back."""
        for task_id in self._task_ids:
            obstacle = self._obstacle(self.board.task(task_id))
            self.lines[task_id] = Line(task_id, is_ticked=obstacle is None, obstacle=obstacle)
        self._stop_listening = self._drafts.subscribe(self._draft_changed)
        self._area.show_text(self._drafts.text(DRAFT_KEY))
        self._area.focus()
        self.row_list.styles.height = len(self.lines)
        self.show_lines()
        self.run_worker(self._drafts.refresh(DRAFT_KEY), group="draft")

    async def on_unmount(self) -> None:
        """Nothing typed may be lost."""
        self._stop_listening()
        await self._drafts.flush()

    @property
    def _drafts(self) -> Drafts:
        return self.dashboard.drafts

    def _typed(self) -> None:
        self._drafts.put(DRAFT_KEY, self._area.text, by=self)

    def _draft_changed(self, change: DraftChange) -> None:
        """The kept text was read, or another process typed one as well: both are in it then."""
        text = self._drafts.text(DRAFT_KEY)
        if change.key == DRAFT_KEY and change.by is not self and text != self._area.text and not self._area.read_only:
            self._area.show_text(text)

    def _obstacle(self, task: Task | None) -> str | None:
        if task is None:
            return "it is not known here"
        if task.on_server is False:
            return "the server no longer has it"
        if task.status is TaskStatus.FAILED:
            return "a failed task takes no message"
        return None

    # what is shown

    def summary(self) -> str:
        lines = self.lines.values()
        count = len(self.ticked)
        is_to_send = any(line.can_be_ticked for line in lines)
        tasks = f"{len(lines)} task{'' if len(lines) == 1 else 's'}"
        parts = [f"{count} recipient{'' if count == 1 else 's'} of {len(lines)}" if is_to_send else tasks]
        return " · ".join(filter(None, [*parts, count_words(lines, self.DONE_WORD)]))

    def rows(self) -> Iterator[ListRow]:
        now = self.now()
        for line in self.lines.values():
            task = self.board.task(line.task_id) or Task(line.task_id)
            look = appearance_of(task, now)
            is_wide = self.size.width >= _WIDE
            yield ListRow(
                line.task_id,
                (
                    Cell(line.tick, "strong" if line.is_ticked else "", 3),
                    Cell(f"{look.glyph} {look.word}" if is_wide else look.glyph, "quiet", 10 if is_wide else 1),
                    self.title_cell(task),
                    self.note_cell(*self.note_of(line)),
                    Cell((task.repository or "").rpartition("/")[2], "quiet", 12, rank=1),
                ),
            )

    def hints(self) -> Iterable[Hint]:
        if self.is_asking or self.is_sending:
            return super().hints()
        send: tuple[Hint, ...] = (("composer.send", "send"),) if self.ticked else ()
        if self._area.has_focus:
            return (*send, ("next.pane", "recipients"), ("back", "leave, keep the text"), ("composer.editor", "editor"))
        is_to_write = any(line.can_be_ticked for line in self.lines.values())
        text: tuple[Hint, ...] = (("next.pane", "text"),) if is_to_write else ()
        return (*send, *super().hints(), *text)

    def on_resize(self, event: Resize) -> None:
        """States are told in a word where there is room."""
        self.show_lines()

    def on_descendant_focus(self) -> None:
        """Other keys work in the text than in the list."""
        if self.is_mounted:
            self.show_keys()

    def moved(self) -> Widget:
        """The recipients."""
        return self.row_list

    # the person's editor

    def unavailable(self, action_id: str) -> str | None:
        """What is counted or sent is what is seen: it is not written anew meanwhile."""
        if action_id == "composer.editor" and self._area.read_only:
            return "The text cannot be changed now."
        return super().unavailable(action_id)

    def do_composer_editor(self) -> None:
        """Write the text in the person's editor."""
        if not self._is_in_editor:
            self._is_in_editor = True
            self.dashboard.begin_editing(self._use_editor())

    async def _use_editor(self) -> None:
        try:
            edited = await edit_outside(self.app, self._area.text, self.dashboard.launch.environ, self._take_back)
        except EditorError as error:
            self.dashboard.tell(" ".join(filter(None, (error.message, error.hint))), severity="error")
            if error.saved is not None:
                self._drafts.add_below(DRAFT_KEY, typed_text(error.saved), EDITED)
        else:
            self._take_back(edited)
        finally:
            self._is_in_editor = False

    def _take_back(self, edited: str) -> None:
        if typed_text(edited) != self._area.text and self.is_running:
            self._area.replace_all(edited)
        self._drafts.put(DRAFT_KEY, typed_text(edited), by=self, at_once=True)

    # sending

    def ask_words(self, count: int) -> str:
        return f"To send it to these {count} tasks, type how many ({count}):"

    def do_composer_send(self) -> None:
        """Send it; to many only after their number was typed."""
        if self.is_sending or self.is_asking:
            return
        why = self._why_not()
        if why is not None:
            self.show_state(f"{why} Nothing was sent.")
            return
        self._text = self._area.text
        if len(self.ticked) > MANY:
            self.ask_for_count()
        else:
            self.start()

    def _why_not(self) -> str | None:
        if self.engine is None:
            return "Still opening; try again in a moment."
        if not self.ticked:
            return "Nobody is ticked."
        if (undecided := why_undecided(self._area.text)) is not None:
            return undecided
        try:
            validate_message(self._area.text)
        except ValidationError as error:
            return " ".join(filter(None, (error.message, error.hint)))
        return None

    def ask_for_count(self) -> None:
        """What is sent is what is seen: the text cannot be changed while its recipients are counted."""
        super().ask_for_count()
        self._area.read_only = True

    def stop_asking(self) -> None:
        """The text can be changed again."""
        super().stop_asking()
        self._area.read_only = False

    def start(self) -> None:
        """Send to one after the other."""
        self._area.read_only = True
        self.row_list.focus()
        super().start()

    def begin(self, engine: Engine, line: Line) -> asyncio.Task[OperationResult]:
        return engine.desk.send_message(line.task_id, self._text)

    def run_ended(self) -> None:
        """The draft goes once nobody is left to get it."""
        self._area.read_only = False
        is_to_send = any(line.can_be_ticked for line in self.lines.values())
        self._area.placeholder = _TO_ALL if is_to_send else _TO_NOBODY
        if all(line.is_over or not line.is_ticked for line in self.lines.values()) and not self._has_doubt():
            self._drafts.put(DRAFT_KEY, "", by=self, at_once=True)

    def leave(self, result: Done | None) -> None:
        """Say that an unsent text is kept."""
        if self._drafts.text(DRAFT_KEY).strip():
            key = self.dashboard.launch.keymap.first("task.message-many")
            self.dashboard.tell(f"The text is kept; {key} brings it back.")
        super().leave(result)

    def _has_doubt(self) -> bool:
        return any(line.state in (State.DOUBTFUL, State.FAILED) for line in self.lines.values())
