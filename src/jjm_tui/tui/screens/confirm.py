"""Questions that are answered with yes or not at all: quit, forget, resume, and whatever else asks first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from jjm_tui.domain.draft_keys import CREATE_KEY, message_key
from jjm_tui.domain.operation_words import state_word
from jjm_tui.domain.operations import Operation, OperationState
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import heading, lasting, relative_time, truncate
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.board import BoardChange
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.moving import MOVES, Moving
from jjm_tui.tui.notices import toasts
from jjm_tui.tui.pages.operation_words import KINDS, LOOKS, is_recorded, title_of
from jjm_tui.tui.screens.sheet import Sheet, explain
from jjm_tui.tui.text.around import rows_around
from jjm_tui.tui.widgets.key_bar import Hint

if TYPE_CHECKING:
    from jjm_tui.services.board import Board
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.writing.draft_states import Unkept

_TITLE_CELLS: Final = 60
_FRAME_ROWS: Final = 4
"""The border, what is not on the screen, and the keys."""
_NAMED_TASKS: Final = 500
"""So many tasks are named; more take too long to lay out."""
_SHOWN_OPERATIONS: Final = 6


class ConfirmDialog(Sheet[bool], Moving):
    """Asks one question. Dismisses with ``True`` for yes; with ``None`` for no, and when it was left.

    Only the key of ``question.yes`` says yes; Enter does not.
    """

    DEFAULT_CSS = """
    ConfirmDialog {
        & #body { height: auto; padding: 1 1; scrollbar-size-vertical: 1; }
        & #body > Static { height: auto; }
        & #around { height: 1; padding: 0 1; color: $text-muted; display: none; }
        & #around.-told { display: block; }
    }
    """
    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"dialog", "question"})
    ALWAYS: ClassVar[tuple[str, ...]] = (*Sheet.ALWAYS, *MOVES)

    def __init__(
        self, title: str, body: Content, *, yes: str = "yes", no: str = "no", must_be_seen: bool = False
    ) -> None:
        """``title``, ``yes`` and ``no`` are our own words; foreign parts of ``body`` come through ``literal``.

        ``must_be_seen``: a yes counts only once the question can have been read, so that no key typed ahead sends.
        """
        super().__init__(title)
        self._body = body
        self._yes = yes
        self._no = no
        self._must_be_seen = must_be_seen

    def compose_inside(self) -> ComposeResult:
        with VerticalScroll(id="body"):
            yield Static(self._body, id="text")
        yield Static(id="around")

    def on_mount(self) -> None:
        """The question is there."""
        body = self.query_one("#body")
        for changes in ("scroll_y", "virtual_size"):
            self.watch(body, changes, self._body_changed, init=False)
        self.appears()

    def on_resize(self, event: Resize) -> None:
        """However long the text is, the keys below it stay on the screen."""
        self.query_one("#body").styles.max_height = max(1, event.size.height - _FRAME_ROWS)
        self._body_changed()

    def _body_changed(self) -> None:
        self.call_after_refresh(self._show_around)  # its new size is known only then

    def _show_around(self) -> None:
        """How much of the text is not on the screen."""
        if not self.is_running:
            return
        body, line = self.query_one("#body"), self.query_one("#around", Static)
        above = round(body.scroll_y)
        words = rows_around(above, max(0, round(body.max_scroll_y) - above))
        line.update(Content(words))
        line.set_class(bool(words), "-told")

    def show_body(self, body: Content) -> None:
        """Replace what is asked."""
        self._body = body
        for text in self.query("#text").results(Static):
            text.update(body)

    def hints(self) -> Iterable[Hint]:
        return (("question.yes", self._yes), ("back", self._no))

    def unavailable(self, action_id: str) -> str | None:
        if action_id == "question.yes" and self._must_be_seen and not self.was_seen:
            return self._too_early()
        return super().unavailable(action_id)

    def _too_early(self) -> str:
        key = self.dashboard.launch.keymap.first("question.yes")
        return f"The question has just appeared; nothing was done. Press {key} again."

    def leave(self, result: bool | None) -> None:
        """No key is asked for any more."""
        toasts.withdraw(self.app, self._too_early())
        super().leave(result)

    def do_question_yes(self) -> None:
        """Say yes."""
        self.leave(True)

    def do_question_no(self) -> None:
        """Say no."""
        self.leave(None)

    def moved(self) -> Widget:
        """The text, where it is longer than the screen."""
        return self.query_one("#body")


class QuitDialog(ConfirmDialog):
    """Asks before leaving while operations are open or drafts are not kept: which they are, and what becomes of them.

    Dismisses with ``True`` (leave) or ``None`` (stay).
    """

    def __init__(self) -> None:
        super().__init__("Leave now?", Content(""), yes="leave", no="stay")
        self._attempts = 0

    def on_mount(self) -> None:
        """Tell what is open."""
        self._tell()
        self.with_engine(self._count_attempts)

    def board_changed(self, change: BoardChange) -> None:
        """Outcomes come in while the question stands."""
        if "operations" in change.aspects:
            self._tell()
            self.with_engine(self._count_attempts)

    @work(exclusive=True)
    async def _count_attempts(self, engine: Engine) -> None:
        """How many attempts of the new task that is being sent have not begun."""
        is_sending = self.dashboard.drafts.state(CREATE_KEY).is_sending
        try:
            left = (await engine.manager.list_drafts()).get(CREATE_KEY) if is_sending else None
        except JulesManagerError:
            return
        self._attempts = NewTask.read(left).attempts if left else 0
        self._tell()

    def clock_ticked(self, now: datetime) -> None:
        """Times go on."""
        self._tell()

    def _tell(self) -> None:
        unkept = self.dashboard.drafts.unkept()
        parts = [describe_unkept(unkept, self.board)] if unkept else []
        if self.board.open_operations() or self.board.unwritten_operations() or not unkept:
            parts.append(describe_open(self.board, self.now()))
        if self._attempts:
            attempts = "1 more attempt" if self._attempts == 1 else f"{self._attempts} more attempts"
            parts.append(Content(f"Of that new task {attempts} did not begin; leaving keeps them in its form."))
        self.show_body(Content("\n\n").join(parts))


def describe_unkept(unkept: Sequence[Unkept], board: Board) -> Content:
    """The drafts that are in memory only, and what leaving means for them."""
    one = len(unkept) == 1
    texts = "A text that you typed is" if one else f"{len(unkept)} texts that you typed are"
    lines = [literal_line(f"{texts} NOT KEPT: {unkept[0].trouble}")]
    lines.append(Content(f"Leaving prints {'it' if one else 'them'} in the terminal, and nowhere else:"))
    lines += [literal_line(f"✎ {truncate(draft.name(board), _TITLE_CELLS)}", "bold") for draft in unkept]
    return Content("\n").join(lines)


def describe_open(board: Board, now: datetime) -> Content:
    """The open operations, and those whose outcome is not written down, and what leaving means for each."""
    opened, unwritten = board.open_operations(), board.unwritten_operations()
    operations = (*opened, *unwritten)
    if not operations:
        return Content("Everything that you sent has its outcome by now.")
    count = "One operation has" if len(opened) == 1 else f"{len(opened)} operations have"
    lines = [Content(f"{count} no clear outcome yet.")] if opened else []
    fates: dict[tuple[str, str], list[Operation]] = {}
    for operation in operations:
        fates.setdefault(_FORGOTTEN if operation in unwritten else _fate(operation), []).append(operation)
    shown = len(operations) if len(operations) <= _SHOWN_OPERATIONS else max(1, _SHOWN_OPERATIONS // len(fates))
    for (of_one, of_many), same in fates.items():
        lines += [*([Content("")] if lines else []), Content(of_one if len(same) == 1 else of_many.format(len(same)))]
        lines += _listed(same, shown, board, now)
    return Content("\n").join(lines)


def _listed(operations: Sequence[Operation], shown: int, board: Board, now: datetime) -> Iterator[Content]:
    """The first operations, and how many more there are."""
    for operation in operations[:shown]:
        glyph = LOOKS[operation.state].glyph
        title = truncate(title_of(operation, board), _TITLE_CELLS)
        yield literal_line(f"{glyph} {KINDS[operation.kind]} · {title}", "bold")
        seconds = (now - operation.created_at).total_seconds()
        since = lasting(seconds) if operation.state.is_open else f"· {relative_time(operation.created_at, now)}"
        yield Content(f"  {state_word(operation)} {since}")
    if len(operations) > shown:
        yield Content(f"  … and {len(operations) - shown} more")


_STAYS: Final = (
    "This one stays in the outbox until it is settled:",
    "These {} stay in the outbox until they are settled:",
)
_GOES_ON: Final = ("Another jjm sends this one and goes on:", "Another jjm sends these {} and goes on:")
_STOPS: Final = (
    "Not sent yet; leaving stops it, and its text is kept:",
    "These {} are not sent yet; leaving stops them, and their texts are kept:",
)
_ON_ITS_WAY: Final = (
    "Leaving does not call this one back; it waits in the outbox to be settled:",
    "Leaving does not call these {} back; they wait in the outbox to be settled:",
)

_FORGOTTEN: Final = (
    "The disk fails: how this one ended is not written down, and leaving now forgets it:",
    "The disk fails: how these {} ended is not written down, and leaving now forgets it:",
)


def _fate(operation: Operation) -> tuple[str, str]:
    """What becomes of one or many when this program ends; see ``Desk.close`` and ``OperationRunner``."""
    if operation.state is OperationState.UNCONFIRMED:
        return _STAYS
    if is_recorded(operation) and not _is_ours(operation):
        return _GOES_ON
    return _STOPS if operation.state is OperationState.PREPARED else _ON_ITS_WAY


def _is_ours(operation: Operation) -> bool:
    """Whether this process carries it out: the names of owners begin with the process id."""
    return (operation.owner or "").partition("-")[0] == str(os.getpid())


class ForgetDialog(ConfirmDialog):
    """Asks before tasks are forgotten on this machine. Dismisses with ``True`` (forget) or ``None``."""

    def __init__(self, task_ids: Sequence[str]) -> None:
        self._task_ids = tuple(task_ids)
        self._tasks: tuple[Task, ...] = ()
        what = "this task" if len(self._task_ids) == 1 else f"these {len(self._task_ids)} tasks"
        super().__init__(f"Forget {what}?", Content(""), yes="forget", no="keep")

    def on_mount(self) -> None:
        """Tell what goes, then look for drafts."""
        self._tasks = tuple(task for each in self._task_ids if (task := self.board.task(each)) is not None)
        self.show_body(describe_forgetting(self._tasks, frozenset()))
        self.with_engine(self._look_for_drafts)

    @work
    async def _look_for_drafts(self, engine: Engine) -> None:
        drafts = engine.context.drafts
        try:
            with_draft = {task.id for task in self._tasks if await drafts.get(message_key(task.id))}
        except JulesManagerError:
            return
        self.show_body(describe_forgetting(self._tasks, frozenset(with_draft)))


def describe_forgetting(tasks: Sequence[Task], with_draft: frozenset[str]) -> Content:
    """What goes from the lists with these tasks, and what stays. Of many, what that means comes first."""
    meaning = [Content(_GOES if len(tasks) == 1 else _GO)]
    if with_draft:
        drafts = "The draft of a message stays" if len(with_draft) == 1 else f"{len(with_draft)} drafts stay"
        meaning.append(Content(f"{drafts}, but can only be seen again once the task is back."))
    names: list[Content] = []
    for task in tasks[:_NAMED_TASKS]:
        names.append(literal_line(truncate(heading(task.title, task.description, task.id), _TITLE_CELLS), "bold"))
        names.append(Content(f"  {', '.join(_kept_of(task))}"))
    if len(tasks) > _NAMED_TASKS:
        names.append(Content(f"and {len(tasks) - _NAMED_TASKS} more"))
    parts = (names, meaning) if len(tasks) == 1 else (meaning, names)
    return Content("\n").join([*parts[0], Content(""), *parts[1]])


_GOES: Final = (
    "It goes from every list and count on this machine, and asking the server does not bring it back. "
    "Jules is not told. Its history stays; undo brings it back as it was."
)
_GO: Final = (
    "They go from every list and count on this machine, and asking the server does not bring them back. "
    "Jules is not told. Their history stays; undo brings them back as they were."
)


def _kept_of(task: Task) -> Iterator[str]:
    """What is known of a task here, in words."""
    messages, files = len(task.chat_history), len(task.source_files or ())
    if messages:
        more = " or more" if task.chat_truncated else ""
        yield f"a conversation of {messages} message{'s' if messages != 1 else ''}{more}"
    else:
        yield "no conversation"
    if task.plan is not None:
        yield "its plan"
    if files:
        yield f"its list of {files} file{'s' if files != 1 else ''}"
    if task.archived:
        yield "archived"
    if task.snoozed_until is not None:
        yield "its snooze"


class ResumeDialog(ConfirmDialog):
    """Reads whether and how a task can be resumed, and asks. Sends nothing itself.

    Dismisses with ``True`` (resume it) or ``None``.
    """

    def __init__(self, task_id: str) -> None:
        super().__init__(
            "Resume this task?", Content("Reading the task…"), yes="resume", no="leave it", must_be_seen=True
        )
        self._task_id = task_id
        self._is_ready = False

    def on_mount(self) -> None:
        """Ask the server whether it is paused."""
        self.with_engine(self._read)

    def hints(self) -> Iterable[Hint]:
        return tuple(super().hints()) if self._is_ready else (("back", "back"),)

    def unavailable(self, action_id: str) -> str | None:
        if action_id == "question.yes" and not self._is_ready:
            return "It is not known yet whether the task can be resumed; nothing was sent."
        return super().unavailable(action_id)

    @work
    async def _read(self, engine: Engine) -> None:
        try:
            preview = await engine.manager.preview_resume(self._task_id)
        except JulesManagerError as error:
            self.show_body(explain(error))
            return
        task = preview.task
        lines = [literal_line(heading(task.title, task.description, task.id), "bold")]
        if preview.message is None:
            lines += [Content(""), Content("The server has a way to resume it.")]
        else:
            lines += [Content(""), Content("This server resumes a task with a message. This is sent:"), Content("")]
            lines.append(literal(preview.message))
        lines += [literal_line(remark) for remark in preview.remarks]
        self._is_ready = True
        self.appears()
        self.show_body(Content("\n").join(lines))
        self.show_keys()
