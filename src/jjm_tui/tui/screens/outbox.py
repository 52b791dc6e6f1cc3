"""What you sent and what became of it: operations newest first, to settle, send again or let go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from jjm_tui.domain.arrivals import Arrivals
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operation_words import count_left, state_sentence, state_word
from jjm_tui.domain.operations import Operation, OperationState
from jjm_tui.domain.text import age, cell_width, clean_line, relative_time, short_ids
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.moving import MOVES, Moving
from jjm_tui.tui.pages.draft_words import drafts_line
from jjm_tui.tui.pages.operation_words import KINDS, LOOKS, is_recorded, text_of, title_of
from jjm_tui.tui.pages.outbox_questions import about_resending, discard_words
from jjm_tui.tui.screens.base import DashboardScreen
from jjm_tui.tui.screens.confirm import ConfirmDialog
from jjm_tui.tui.text.local_time import local_words
from jjm_tui.tui.widgets.bar import SIMULATED, Bar
from jjm_tui.tui.widgets.key_bar import KeyBar
from jjm_tui.tui.widgets.row_list import Cell, ListRow, RowList

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from jjm_tui.services.board import Board
    from jjm_tui.services.store_troubles import Place
    from jjm_tui.tui.engine import Engine

_SHOWN_TEXT: Final = 4000
"""Characters of a text that are shown; the whole of it can be copied."""

_STILL_OPENING: Final = "Still opening; try again in a moment."
_UNKNOWN: Final[Mapping[Place, str]] = {
    **dict.fromkeys(("outbox", "aside"), "what else was sent is not known"),
    "drafts": "typed texts may be missing",
}
"""What a trouble with the local files means for what is shown here."""

_EMPTY: Final = (
    "Nothing is recorded from the last seven days.\n\n"
    "Messages, approvals, resumes and new tasks that you send are listed here with what became of them.\n"
    "What got no clear answer stays here until it is settled, and a text that did not go out until you let it go."
)


class OutboxScreen(DashboardScreen[None], Moving):
    """Operations of the last seven days, every open one and texts that did not go out, as the board has them."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "outbox"})
    DEFAULT_CSS = """
    OutboxScreen {
        & > #summary { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
        & > #empty { display: none; height: 1fr; padding: 1 2; background: $surface; }
        &.-empty > #empty { display: block; }
        &.-empty > RowList, &.-empty > #about { display: none; }
        & > #about {
            height: auto;
            min-height: 5;
            max-height: 45%;
            padding: 0 1;
            background: $surface;
            border-top: solid $foreground 30%;
            scrollbar-size-vertical: 1;
        }
        & > #about > Static { height: auto; }
        & > #drafts { display: none; height: auto; padding: 0 1; background: $surface; color: $text-warning; }
        & > #drafts.-filled { display: block; }
        & > #note { height: 1; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
        & > KeyBar { background: $panel; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_settling = False
        self._stop_following_drafts: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield Static(id="summary")
        yield RowList(id="operations")
        yield Static(id="empty")
        with VerticalScroll(id="about", can_focus=False):
            yield Static(id="words")
        yield Static(id="drafts")
        yield Static(id="note")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show what the board has, and which drafts wait."""
        self._show()
        self._stop_following_drafts = self.dashboard.drafts.subscribe(lambda _: self._show_drafts())
        self.query_one(RowList).focus()
        self.dashboard.when_open(lambda engine: self._show() if self.is_running else None)

    def on_unmount(self) -> None:
        """Nobody looks at the drafts any more."""
        self._stop_following_drafts()

    def offered(self) -> list[str]:
        """Its own actions, moving, and opening the task."""
        return [*super().offered(), *MOVES, "open"]

    # what is shown

    def board_changed(self, change: BoardChange) -> None:
        """Outcomes come in, titles change."""
        if change.aspects & {"operations", "tasks", "store"}:
            self._show()

    def clock_ticked(self, now: datetime) -> None:
        """Ages read differently."""
        self._show()

    def _show(self) -> None:
        if not self.children:
            return
        now, operations = self.now(), self.board.operations
        self.set_class(not operations, "-empty")
        empty = "Reading what is recorded…" if self.engine is None else _EMPTY
        self.query_one("#empty", Static).update(Content(empty))
        simulated = f"{SIMULATED.text}  " if self.dashboard.launch.is_simulated else ""
        words = Content.assemble((simulated, "bold $text-warning"), ("Outbox", "bold $text-primary"), self._summary())
        self.query_one("#summary", Static).update(words)
        longest = max((cell_width(title_of(each, self.board)) for each in operations), default=0)
        arrivals = Arrivals(operations)
        self.query_one(RowList).show(
            outbox_row(each, self.board, now, longest, is_past=_arrived(each, arrivals) is not None)
            for each in reversed(operations)
        )
        self._show_drafts()
        self._show_chosen()

    def _show_drafts(self) -> None:
        for line in self.query("#drafts").results(Static):  # none while the screen is made or goes away
            words = drafts_line(self.dashboard.drafts.waiting(), self.board, self.dashboard.launch.keymap)
            line.update(literal_line(words))
            line.set_class(bool(words), "-filled")

    def _summary(self) -> Content:
        """How many there are of what is not over, and whether that is all."""
        wrong = self.board.store_trouble
        unknown = None if wrong is None else _UNKNOWN.get(wrong.place)
        return _summary(self.board.operations_left(), unknown, is_empty=not self.board.operations)

    def _show_chosen(self) -> None:
        operation = self.chosen
        words = (
            Content()
            if operation is None
            else describe(operation, self.board, self.now(), has_twin=not self.dashboard.launch.place.demo)
        )
        self.query_one("#words", Static).update(words)
        wanted = ("outbox.settle", "outbox.resend", "outbox.discard", "outbox.copy", "open")
        hints = [(each, _title_of_key(each)) for each in wanted if self.unavailable(each) is None]
        keymap = self.dashboard.launch.keymap
        self.query_one(KeyBar).show_keys(keymap, [*hints, ("back", "back"), ("help", "help")])

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Tell about another one."""
        message.stop()
        self.query_one("#about").scroll_home(animate=False)
        self._show_chosen()

    @property
    def chosen(self) -> Operation | None:
        """The operation under the cursor."""
        chosen = self.query_one(RowList).cursor_id
        return next((each for each in self.board.operations if each.id == chosen), None)

    def _note(self, text: str) -> None:
        self.query_one("#note", Static).update(literal_line(text))

    async def on_bar_chosen(self, message: Bar.Chosen) -> None:
        """A key was clicked."""
        message.stop()
        if message.target in self.offered():
            await self.action_perform(message.target)

    # what can be done

    def unavailable(self, action_id: str) -> str | None:
        """Why not, by the state of what is under the cursor."""
        if action_id == "outbox.settle":
            return self._why_not_settle()
        if action_id not in ("outbox.resend", "outbox.discard", "outbox.copy", "open"):
            return None
        operation = self.chosen
        if operation is None:
            return "There is nothing under the cursor."
        if action_id == "open":
            return None if operation.task_id else "It has no task yet."
        if action_id == "outbox.copy":
            return None if text_of(operation) else "It has no text."
        if self.engine is None:
            return _STILL_OPENING
        why_not = _why_not_change(operation, action_id)
        if why_not is None and action_id == "outbox.resend":
            arrived = Arrivals(self.board.operations).of_words_since(operation)
            if arrived is not None:
                return f"{_arrived_words(arrived, self.now())} To have it there twice, write it anew."
        return why_not

    def _why_not_settle(self) -> str | None:
        if self.engine is None:
            return _STILL_OPENING
        if self._is_settling:
            return "Reading already."
        if not any(each.state is OperationState.UNCONFIRMED for each in self.board.operations):
            return "Nothing is unconfirmed, so there is nothing to settle."
        return None

    def do_outbox_settle(self) -> None:
        """Find out by reading what became of the unconfirmed ones."""
        if self.engine is not None:
            self._settle(self.engine)

    @work(group="settle")
    async def _settle(self, engine: Engine) -> None:
        self._is_settling = True
        self._note("Reading what became of them…")
        try:
            results = await engine.manager.settle_operations()
        except JulesManagerError as error:
            self._note(" ".join(filter(None, (error.message, error.hint))))
        else:
            counts = Counter(result.outcome.value.replace("_", " ") for result in results)
            told = ", ".join(f"{count} {word}" for word, count in counts.items())
            self._note(f"Read again: {told}." if told else "There was nothing to settle any more.")
        finally:
            self._is_settling = False
        self._show()

    def do_outbox_resend(self) -> None:
        """Ask, then send it again."""
        operation = self.chosen
        if operation is not None:
            told = about_resending(operation, self.dashboard.launch.keymap.first("question.yes"))
            body = Content("\n\n").join([_headline(operation, self.board), *told])
            self.app.push_screen(
                ConfirmDialog("Send it again?", body, yes="send again", no="back", must_be_seen=True),
                lambda sure: self._resend(operation) if sure is True else None,
            )

    def _resend(self, operation: Operation) -> None:
        if self.engine is not None:
            self.engine.desk.resend(operation)

    def do_outbox_discard(self) -> None:
        """Ask, then let it go."""
        operation = self.chosen
        if operation is not None:
            body = Content("\n\n").join([_headline(operation, self.board), literal_line(discard_words(operation))])
            self.app.push_screen(
                ConfirmDialog("Discard it?", body, yes="discard", no="back"),
                lambda sure: self._begin_discarding(operation) if sure is True else None,
            )

    def _begin_discarding(self, operation: Operation) -> None:
        if self.engine is not None:
            self.dashboard.run_worker(self._discard(self.engine, operation), group="discard")  # it outlives this screen

    async def _discard(self, engine: Engine, operation: Operation) -> None:
        try:
            await engine.manager.discard_operation(operation.id)
        except JulesManagerError as error:
            self._note_or_tell(" ".join(filter(None, (error.message, error.hint))), "error")
        else:
            command = spell_command("jjm outbox show", operation.id)
            self._note_or_tell(f"Discarded; its text for seven days: {command}", "information")

    def _note_or_tell(self, text: str, severity: SeverityLevel) -> None:
        """In the line of notes, or as a toast when this screen was left meanwhile."""
        if self in self.app.screen_stack:
            self._note(text)
        else:
            self.dashboard.tell(text, severity=severity)

    def do_outbox_copy(self) -> None:
        """Copy the whole text."""
        operation = self.chosen
        if operation is not None:
            self.dashboard.copy(text_of(operation))

    def do_open(self) -> None:
        """Go to its task."""
        operation = self.chosen
        task = None if operation is None else self.board.task(operation.task_id)
        if task is None:
            self.dashboard.tell("Its task is not known here.", severity="warning")
        else:
            self.dashboard.show_task(task.id)

    def moved(self) -> Widget:
        """The operations."""
        return self.query_one(RowList)


def _title_of_key(action_id: str) -> str:
    return "go to task" if action_id == "open" else ACTIONS[action_id].title


def outbox_row(operation: Operation, board: Board, now: datetime, longest: int, *, is_past: bool = False) -> ListRow:
    """An operation as a row: state, kind, age, title of its task, first words of its text, where it has one.

    ``longest``: cells of the longest title, so that the texts begin in one column. ``is_past``: its text arrived since.
    """
    look, word = LOOKS[operation.state], state_word(operation)
    if is_past:
        look, word = LOOKS[OperationState.DISCARDED], "sent since"
    seconds = (now - operation.created_at).total_seconds()
    title, text = title_of(operation, board), clean_line(text_of(operation)[:400])
    return ListRow(
        operation.id,
        (
            Cell(f"{look.glyph} {word}", look.role, 13),
            Cell(KINDS[operation.kind], "", 8, rank=2),
            Cell(age(seconds) if seconds >= 1 else "now", "quiet", 4, rank=1, right=True),
            *((Cell(title, enough=longest), Cell(text, "quiet", rank=3)) if text else (Cell(title),)),
        ),
    )


def _why_not_change(operation: Operation, action_id: str) -> str | None:
    if operation.state.is_under_way:
        return "It is on its way; wait for its outcome."
    if operation.state is OperationState.DONE:
        return "It arrived; there is nothing to do about it."
    if operation.sent_again_as is not None:
        return f"It was sent again; that one can be {'discarded' if action_id == 'outbox.discard' else 'sent again'}."
    if action_id == "outbox.discard" and operation.state is OperationState.DISCARDED:
        return "It is discarded already."
    return None


def _arrived(operation: Operation, arrivals: Arrivals) -> Operation | None:
    """What arrived since in the words of one that did not."""
    is_failed = operation.state in (OperationState.NOT_SENT, OperationState.REFUSED)
    return arrivals.of_words_since(operation) if is_failed else None


def _arrived_words(arrived: Operation, now: datetime) -> str:
    return f"The same text arrived since, {local_words(arrived.created_at, now)}."


def _summary(left: Sequence[Operation], unknown: str | None, *, is_empty: bool) -> Content:
    parts = [f"{count} {word}" for word, count in count_left(left).items()]
    if unknown is not None:
        parts.append(unknown)
    nothing_open = "empty" if is_empty else "everything has a clear answer"
    return Content("  " + (" · ".join(parts) or nothing_open))


def _headline(operation: Operation, board: Board) -> Content:
    return literal_line(f"{KINDS[operation.kind]} · {title_of(operation, board)}", "bold")


def describe(operation: Operation, board: Board, now: datetime, *, has_twin: bool) -> Content:
    """Everything about one operation that a person decides by.

    ``has_twin``: a command shows the same; the world of a demonstration ends with its dashboard.
    """
    look = LOOKS[operation.state]
    styles = {"good": "$text-success", "warning": "$text-warning", "bad": "$text-error"}
    when = f"decided {relative_time(operation.created_at, now)}"
    if operation.sent_at is not None:
        when += f", sent {relative_time(operation.sent_at, now)}"
    lines = [
        _headline(operation, board),
        Content.assemble(
            (f"{look.glyph} {state_word(operation)}", f"bold {styles.get(look.role, '')}".strip()), f" · {when}"
        ),
        Content(state_sentence(operation)),
    ]
    if (arrived := _arrived(operation, Arrivals(board.operations))) is not None:
        lines.append(Content(_arrived_words(arrived, now)))
    if operation.message:
        lines.append(literal(operation.message))
    lines += _text_lines(operation)
    if has_twin and is_recorded(operation):
        (short,) = short_ids([operation.id]).values()
        lines += [Content(""), literal_line(f"The same on the command line: jjm outbox show {short}")]
    return Content("\n").join(lines)


def _text_lines(operation: Operation) -> Iterator[Content]:
    text = text_of(operation)
    if not text:
        return
    yield Content("")
    yield literal(text[:_SHOWN_TEXT])
    if len(text) > _SHOWN_TEXT:
        yield Content(f"… and {len(text) - _SHOWN_TEXT} more characters; copying takes all of it.")
