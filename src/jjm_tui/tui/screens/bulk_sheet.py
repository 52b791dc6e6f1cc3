"""What the sheets for many tasks share: lines with ticks, a number to type, a run that can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Input, Static

from jjm_tui.domain.task import Task
from jjm_tui.domain.text import cell_width, clean_line, heading
from jjm_tui.tui.bulk import Line, Run, State, count_words
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.moving import MOVES, Moving
from jjm_tui.tui.screens.sheet import Sheet
from jjm_tui.tui.text.around import rows_around
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.widgets.row_list import Cell, ListRow, RowList

if TYPE_CHECKING:
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.engine import Engine

Done = frozenset[str]
"""The ids of the tasks for which it was done without doubt."""


_TITLE_CELLS: Final = 24
"""Cells of a title that are left whatever there is to say about it."""
_NOTE_CELLS: Final = 36
"""Cells of a note for which other columns are left out."""
_FOOT_SPACES: Final = 3
"""Cells around a sentence and what is not on the screen, which share a line."""


class BulkSheet(Sheet[Done], Moving):
    """A list of tasks with ticks. Dismisses with the ids for which it was done, ``None`` when there are none.

    Esc stops a run before its next task; what is on its way is not called back. What failed stays ticked.
    """

    ALWAYS: ClassVar[tuple[str, ...]] = (*Sheet.ALWAYS, *MOVES, "mark", "mark.all")
    IS_LARGE: ClassVar[bool] = True
    DEFAULT_CSS = """
    BulkSheet {
        & #summary, & #state { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #summary, & #around { color: $text-muted; }
        & #foot { height: 1; }
        & #state { width: 1fr; }
        & #around { width: auto; padding: 0 1 0 0; }
        &.-tall #foot.-told { margin: 1 0 0 0; }
        & #foot.-full #around { display: none; }
        & #count { display: none; border: none; height: 1; padding: 0 1; background: $boost; }
        & #count:focus { border: none; background-tint: $foreground 5%; }
        & #count > .input--placeholder { color: $text-muted; }
        & #count.-asked { display: block; }
        & RowList { min-height: 3; }
    }
    """
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-short"), (20, "-tall")]  # noqa: RUF012 - Textual's

    DONE_WORD: ClassVar[str] = "done"

    def __init__(self, heading: str) -> None:
        super().__init__(heading)
        self.lines: dict[str, Line] = {}
        self.is_asking = False
        self._run = Run()
        self._said = self._around = ""

    def compose_inside(self) -> ComposeResult:
        yield Static(id="summary")
        yield RowList(id="tasks")
        yield from self.compose_below()
        with Horizontal(id="foot"):
            yield Static(id="state")
            yield Static(id="around")
        yield LineInput(id="count")

    def on_mount(self) -> None:
        """Tell what is not on the screen."""
        for view in {self.scrolled(), self.row_list}:
            for changes in ("scroll_y", "virtual_size"):
                self.watch(view, changes, self.view_changed, init=False)

    def on_resize(self, event: Resize) -> None:
        """More or less fits."""
        self.view_changed()

    def on_screen_resume(self) -> None:
        """What lay on top is gone."""
        self.view_changed()

    def view_changed(self) -> None:
        """Something else is on the screen; what that is, is known once it has been drawn."""
        self.call_after_refresh(self.view_drawn)

    def view_drawn(self) -> None:
        """Tell how much is not on the screen."""
        if self.is_mounted and self.app.screen is self:
            self.show_around()

    def compose_below(self) -> ComposeResult:
        """What stands below the list."""
        yield from ()

    # what a subclass tells

    def rows(self) -> Iterable[ListRow]:
        """The lines as rows."""
        raise NotImplementedError

    def summary(self) -> str:
        """What the list is about, in a line."""
        raise NotImplementedError

    def begin(self, engine: Engine, line: Line) -> asyncio.Task[OperationResult]:
        """Send it for one task."""
        raise NotImplementedError

    def ask_words(self, count: int) -> str:
        """What is asked before the run, with the number to type."""
        raise NotImplementedError

    # what is shown

    @property
    def row_list(self) -> RowList:
        """The list."""
        return self.query_one(RowList)

    @property
    def ticked(self) -> list[Line]:
        """The ticked lines in the order of the list."""
        return [line for line in self.lines.values() if line.is_ticked and line.can_be_ticked]

    @property
    def is_sending(self) -> bool:
        """Whether a run is under way."""
        return self._run.is_running

    def show_lines(self) -> None:
        """Draw the lines and the summary again."""
        if not self.children:
            return
        self.row_list.show(self.rows())
        self.view_changed()
        self.query_one("#summary", Static).update(literal_line(self.summary()))
        if self.is_asking:
            self._show_question()
        self.show_keys()

    def scrolled(self) -> Widget:
        """What may have rows that are not on the screen; how many is told."""
        return self.row_list

    def show_around(self) -> None:
        """How much is not on the screen."""
        view = self.scrolled()
        above = round(view.scroll_y)
        self._around = rows_around(above, max(0, view.max_scroll_y - above)) if view.size.height else ""
        self.query_one("#around", Static).update(Content(self._around))
        self._share_foot()

    def show_state(self, words: str) -> None:
        """The line above the keys."""
        self._said = words
        self.query_one("#state", Static).update(literal_line(words))
        self.query_one("#foot").set_class(bool(words), "-told")
        self._share_foot()

    def _share_foot(self) -> None:
        """What is said has precedence where there is no room for both."""
        foot = self.query_one("#foot")
        needed = cell_width(clean_line(self._said)) + cell_width(self._around) + _FOOT_SPACES
        foot.set_class(bool(self._said) and needed > foot.size.width, "-full")

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Tell all of what became of the line, as there is little room for it in the list."""
        message.stop()
        line = self.lines.get(message.row_id or "")
        if line is not None and not self.is_asking and not self.is_sending:
            words, role = self.note_of(line)
            self.show_state("" if role in ("", "quiet") else words)

    def moved(self) -> Widget:
        """The list."""
        return self.row_list

    def title_cell(self, task: Task) -> Cell:
        """What a task is called, with the room that the notes leave."""
        return Cell(heading(task.title, task.description, task.id), "", least=_TITLE_CELLS)

    def note_cell(self, note: str, role: str) -> Cell:
        """What is to be said about a line, as wide as it is, if there is room; the title has the rest."""
        return Cell(note, role, least=_NOTE_CELLS, enough=cell_width(clean_line(note)))

    def note_of(self, line: Line) -> tuple[str, str]:
        """What is to be said about a line, and the role of these words."""
        return (line.note, line.role) if line.note else (line.obstacle or "", "warning")

    # ticking

    def do_mark(self) -> None:
        """Tick the line under the cursor, or take its tick away."""
        line = self.lines.get(self.row_list.cursor_id or "")
        if line is None or self.is_sending:
            return
        if line.is_over:
            self.show_state("It was sent already; nothing is sent twice from here.")
        elif line.is_reading:
            self.show_state("It is being read.")
        elif line.obstacle is not None:
            self.show_state(f"It cannot be ticked: {line.obstacle}.")
        else:
            line.is_ticked = not line.is_ticked
            self.show_state("")
            self.show_lines()

    def do_mark_all(self) -> None:
        """Tick everything that needs no look of its own, or take all ticks away."""
        if self.is_sending:
            return
        wanted = self._ticks_more()
        for line in self.lines.values():
            line.is_ticked = wanted and self.ticks_itself(line)
        self.show_lines()

    def _ticks_more(self) -> bool:
        """Whether there is a line to tick together with others that has no tick yet."""
        return any(self.ticks_itself(line) and not line.is_ticked for line in self.lines.values())

    def _all_word(self) -> str:
        """What the key for all lines does now; empty for nothing."""
        if not self._ticks_more():
            return "untick all" if self.ticked else ""
        is_any_left = any(line.can_be_ticked and not self.ticks_itself(line) for line in self.lines.values())
        return "all without !" if is_any_left else "all"

    def ticks_itself(self, line: Line) -> bool:
        """Whether it may be ticked together with others."""
        return line.can_be_ticked

    # the number

    def ask_for_count(self) -> None:
        """Ask for the number of ticked lines to be typed."""
        self.is_asking = True
        count = self.query_one("#count", Input)
        count.add_class("-asked")
        count.value = ""
        count.focus()
        self._show_question()
        self.show_keys()

    def _show_question(self) -> None:
        """Ask again where the ticks changed; a single one is named, so it is the one under the cursor."""
        ticked = self.ticked
        if len(ticked) == 1:
            self.row_list.move_to(ticked[0].task_id)
        if ticked:
            self.show_state(self.ask_words(len(ticked)))
        else:
            self.stop_asking()
            self.show_state("Nothing is ticked any more; nothing was sent.")

    @on(Input.Submitted, "#count")
    def _count_typed(self, event: Input.Submitted) -> None:
        event.stop()
        wanted = len(self.ticked)
        if not self.is_asking:
            return
        if event.value.strip() != str(wanted) or not wanted:
            event.input.value = ""
            why = f"That is not {wanted}" if event.value.strip() else "No number was typed"
            self.show_state(f"{why}; nothing was sent. Type how many ({wanted}):")
        else:
            self.stop_asking()
            self.start()

    def stop_asking(self) -> None:
        """Put the question away."""
        self.is_asking = False
        self.query_one("#count").remove_class("-asked")
        self.show_state("")
        self.row_list.focus()
        self.show_keys()

    # the run

    def start(self) -> None:
        """Work through the ticked lines."""
        if self.engine is not None and not self.is_sending:
            self._work_through(self.engine)

    @work(group="run")
    async def _work_through(self, engine: Engine) -> None:
        def send(line: Line) -> asyncio.Task[OperationResult]:
            sending = self.begin(engine, line)
            self.show_lines()
            return sending

        sent = self.ticked
        await self._run.work_through(sent, send, self.take)
        self.show_state(self._run.stopped or self._end_words(sent))
        self.run_ended()
        self.show_lines()

    def _end_words(self, sent: list[Line]) -> str:
        """How a run went, and how many lines it left out."""
        tried = [line for line in sent if line.state is not State.OPEN]
        left = sum(not line.is_over and line not in tried for line in self.lines.values())
        went = count_words(sent, self.DONE_WORD).replace(" · ", ", ")
        return f"{went}{f', {left} left out' if left else ''}."

    def run_ended(self) -> None:
        """Nothing is on its way any more."""

    def take(self, line: Line, result: OperationResult) -> None:
        """Take over an outcome."""
        line.take(result, self.DONE_WORD)
        self.show_lines()

    def tells(self, result: OperationResult) -> bool:
        """What the run sends has its outcome on its line; something else that went to the same task has not."""
        return self._run.is_ending

    def done(self) -> Done | None:
        """The result of the sheet so far."""
        return frozenset(line.task_id for line in self.lines.values() if line.state is State.DONE) or None

    def do_back(self) -> None:
        """Put the question away, else stop the run, else leave."""
        if self.is_asking:
            self.stop_asking()
        elif self.is_sending and not self._run.is_stopped:
            self._run.stop("Stopped by you. What was not sent stays ticked.")
            self.show_state("Stopping after the one that is on its way; esc again leaves, and it goes on.")
        else:
            self.leave(self.done())

    def hints(self) -> Iterable[Hint]:
        if self.is_asking:
            return (("enter", "send"), ("back", "not now"))
        if self.is_sending:
            return (("back", "leave" if self._run.is_stopped else "stop"),)
        can_tick = any(line.can_be_ticked for line in self.lines.values())
        tick: tuple[Hint, ...] = (("mark", "tick"),) if can_tick else ()
        of_all = self._all_word()
        return (*tick, *([("mark.all", of_all)] if of_all else []), ("back", "back"))
