"""Reading a plan and approving exactly that one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from jjm_tui.domain.events import EventType
from jjm_tui.domain.plans import PlanDifference, diff_plans
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import ago, heading
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.moving import MOVES, Moving
from jjm_tui.tui.pages.browsing import open_page
from jjm_tui.tui.screens.approval_phase import EXTRA_WORD, Phase, alarm_words, state_words, waiting_words
from jjm_tui.tui.screens.sheet import Sheet, explain
from jjm_tui.tui.widgets.blocks.block_view import BlockView
from jjm_tui.tui.widgets.blocks.plan_paper import PlanPaper
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from jjm_tui.services.results import ApprovalPreview, OperationResult
    from jjm_tui.tui.engine import Engine

ApprovalAnswer = Literal[True, "message", "diff"]
"""``True``: the approval is done or on its way; the others: the person wants to do that instead."""

PATIENCE: Final = 1.5
"""Seconds that the sheet waits for the outcome; after that the row and a toast tell it."""


class ApprovalScreen(Sheet[ApprovalAnswer], Moving):
    """Shows the plan that waits now and approves it by its fingerprint.

    The sheet stays open until the outcome is known, for ``patience`` seconds at most: an outcome that needs the person
    (another plan by now, a refusal, an alarm) is then told where they look, and a good one costs them no waiting.
    Where a plan is longer than the sheet, the key to approve reads on until everything was on the screen without a gap,
    and the line of keys says so. Dismisses with an ``ApprovalAnswer``, or ``None`` when nothing was decided.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"dialog", "approval"})
    ALWAYS: ClassVar[tuple[str, ...]] = (*Sheet.ALWAYS, *MOVES, "refresh", "task.message", "task.diff", "task.open")
    IS_LARGE: ClassVar[bool] = True
    DEFAULT_CSS = """
    ApprovalScreen {
        & #about, & #state { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #about { color: $text-muted; }
        & #state { color: $text-warning; }
        & #news { height: auto; max-height: 8; padding: 0 1; text-style: bold; color: $text-warning; display: none; }
        & #news.-told { display: block; }
        & #news.-alarm { color: $text-error; border: heavy $error; }
        & PlanPaper { margin: 1 0 0 0; }
        & Input { display: none; border: none; height: 1; padding: 0 1; background: $boost; }
        & Input:focus { border: none; background-tint: $foreground 5%; }
        & Input > .input--placeholder { color: $text-muted; }
        & Input.-asked { display: block; }
        &.-small PlanPaper { margin: 0; }
    }
    """

    def __init__(self, task_id: str, *, patience: float = PATIENCE, note: str | None = None) -> None:
        """``note``: what to tell at the edge of the sheet."""
        super().__init__()
        self._note = note
        self._task_id = task_id
        self._patience = patience
        self._phase = Phase.READING
        self._preview: ApprovalPreview | None = None
        self._difference: PlanDifference | None = None
        self._revision: int | None = None
        self._read_at: datetime | None = None
        self._on_board: str | None = None
        self._reads_on = False
        self._has_answered = False
        self._sending: asyncio.Task[OperationResult] | None = None
        self.shown_whole: str | None = None
        """The fingerprint of the plan when this was left, if all of it was on the screen."""

    def compose_inside(self) -> ComposeResult:
        yield Static(id="about")
        yield Static(id="news")
        yield PlanPaper()
        yield Static(id="state")
        yield LineInput(placeholder="the word, then enter", id="word")

    def on_mount(self) -> None:
        """Show what is known, and read the plan."""
        task = self.board.task(self._task_id)
        self._on_board = _fingerprint(task)
        self.show_title(literal_line("A plan" if task is None else heading(task.title, task.description, task.id)))
        if self._note is not None:
            self.query_one("#frame").border_subtitle = literal_line(self._note)
        for text in self._paper.children:
            self.watch(text, "scroll_y", self._scrolled, init=False)
        self._paper.text.focus()
        self._show_about()
        self._show_phase(Phase.READING)
        self.with_engine(self._read)

    @property
    def _paper(self) -> PlanPaper:
        return self.query_one(PlanPaper)

    # reading

    def _read_again(self, news: str | None = None) -> None:
        """Read the plan anew; ``news`` says why."""
        self._show_phase(Phase.READING)
        self._tell(news)
        self.with_engine(self._read)

    @work(exclusive=True, group="plan")
    async def _read(self, engine: Engine) -> None:
        try:
            preview = await engine.manager.preview_approval(self._task_id)
            events = await engine.manager.query_events(task_id=self._task_id, types=frozenset({EventType.PLAN_READY}))
        except JulesManagerError as error:
            self._show_failure(error)
            return
        from jjm_tui.services.approving import revision_of

        self._revision = revision_of(events, preview.fingerprint)
        self._show_plan(preview)

    def _show_plan(self, preview: ApprovalPreview) -> None:
        before, self._preview = self._preview, preview
        if before is None:
            self._difference = preview.difference
        elif before.fingerprint != preview.fingerprint:
            self._difference = diff_plans(before.plan, preview.plan)
        self._read_at = self.now()
        self._paper.show_preview(preview, self._difference, self._revision, self._read_at)
        self._paper.text.focus()
        for remark in preview.remarks:
            self._tell(remark)
        self._reads_on = False
        self._show_phase(Phase.READY)
        self.appears()

    def _show_failure(self, error: JulesManagerError) -> None:
        from jjm_tui.services.courses.approve import PlanNotShownError

        self._end(explain(error), is_hidden=isinstance(error, PlanNotShownError))

    def _end(self, why: str | Content, *, is_hidden: bool = False) -> None:
        """Nothing can be approved now. What is below is only what is stored."""
        self._tell(why)
        task = self.board.task(self._task_id)
        if task is not None and task.plan is not None:
            key = self.dashboard.launch.keymap.first("refresh")
            self._paper.show_stored(task, task.plan, self.now(), key, is_hidden=is_hidden)
        self._show_phase(Phase.OVER)

    # what is told

    def _tell(self, news: str | Content | None, *, is_alarm: bool = False) -> None:
        """Put something above the plan that the person must not miss."""
        line = self.query_one("#news", Static)
        line.set_class(news is not None, "-told")
        line.set_class(is_alarm, "-alarm")
        if news is not None:
            line.update(Content.assemble("! ", literal(news) if isinstance(news, str) else news))

    def _show_about(self) -> None:
        task = self._preview.task if self._preview is not None else self.board.task(self._task_id)
        if task is None:
            return
        where = "@".join(filter(None, (task.repository, task.branch))) or "repository not known"
        waits = None if self._phase is Phase.APPROVED else waiting_words(task, self.now())
        read = None if self._read_at is None else f"read {ago((self.now() - self._read_at).total_seconds())}"
        self.query_one("#about", Static).update(literal_line(" · ".join(filter(None, [where, waits, read]))))

    def _show_phase(self, phase: Phase) -> None:
        self._phase = phase
        self.query_one("#word").set_class(phase is Phase.WORD, "-asked")
        self._show_about()
        self._show_state()
        self.show_keys()

    def _show_state(self, answer: str | None = None) -> None:
        """The line above the keys: the ``answer`` to a key, or else what this phase is about."""
        self._has_answered = answer is not None
        self.query_one("#state", Static).update(literal_line(self._phase_words() if answer is None else answer))

    def _phase_words(self) -> str:
        key = self.dashboard.launch.keymap.first("approval.confirm")
        paper = self._paper
        return state_words(
            self._phase, paper.rows_above, paper.rows_below, key, paper.rows_to_read if self._reads_on else None
        )

    def hints(self) -> Iterable[Hint]:
        if self._phase is Phase.WORD:
            return (("enter", "approve"), ("back", "not now"))
        if self._phase is Phase.SENDING:
            return (("back", "leave it to run"),)
        if self._phase is Phase.APPROVED:
            return (("back", "seen"), ("task.message", "message"), ("task.open", "browser"))
        first: tuple[Hint, ...] = (("refresh", "read again"),)
        if self._phase is Phase.READY:
            first = (("approval.confirm", "read on" if self._paper.rows_to_read else "approve"),)
        diff: tuple[Hint, ...] = (("task.diff", "diff"),) if self.unavailable("task.diff") is None else ()
        return (*first, ("back", "back"), ("task.message", "message"), *diff, ("task.open", "browser"))

    def clock_ticked(self, now: datetime) -> None:
        """Ages read differently."""
        if self.children:
            self._show_about()

    @on(BlockView.ExtentChanged)
    def _extent_changed(self, event: BlockView.ExtentChanged) -> None:
        """Less or more of the plan fits."""
        event.stop()
        if not self._has_answered:
            self._show_state()
        self.show_keys()
        self.call_after_refresh(self._note_what_is_shown)

    def _scrolled(self) -> None:
        self._show_state()
        self.show_keys()
        self.call_after_refresh(self._note_what_is_shown)

    def _note_what_is_shown(self) -> None:
        """What was drawn may be read; what a key only passed over on its way was not drawn."""
        if self._phase is Phase.READY and self.app.screen is self:
            self._paper.note_shown()

    def _note_appearance(self) -> None:
        super()._note_appearance()
        self._note_what_is_shown()

    # what changes meanwhile

    def board_changed(self, change: BoardChange) -> None:
        """Polling saw the task: another plan, or that it no longer waits, is told before a key is wasted."""
        if self._task_id not in change.task_ids or not self.children:
            return
        task = self.board.task(self._task_id)
        seen, self._on_board = self._on_board, _fingerprint(task)
        if self._phase not in (Phase.READY, Phase.WORD) or self._preview is None:
            return
        if task is None:
            self._read_again("The task was removed here while you read its plan.")
        elif self._on_board not in (seen, self._preview.fingerprint):
            self._read_again("The plan changed while you read it. Nothing was sent.")
        elif task.status not in (TaskStatus.WAITING_APPROVAL, TaskStatus.UNKNOWN, self._preview.task.status):
            self._read_again("The task went on while you read its plan. Nothing was sent from here.")

    # deciding

    def do_approval_confirm(self) -> None:
        """Approve this plan, once it can have been read."""
        if self._phase is Phase.READING:
            self._show_state("Still reading the plan; nothing was sent.")
        elif self._phase is Phase.OVER:
            self._show_state(f"Read it again first: {self.dashboard.launch.keymap.first('refresh')}.")
        elif self._phase is Phase.READY:
            self._confirm_if_seen()

    def _confirm_if_seen(self) -> None:
        if not self._paper.has_room:
            self.dashboard.tell("There is too little room to show the plan; nothing was sent.", severity="warning")
        elif not self.was_seen:
            key = self.dashboard.launch.keymap.first("approval.confirm")
            self._show_state(f"It has just appeared; nothing was sent. Press {key} again.")
        elif self._paper.rows_not_shown:
            self._go_on_reading()
        elif self._preview is not None and self._preview.needs_extra_word:
            self._show_phase(Phase.WORD)
            word = self.query_one(Input)
            word.value = ""
            word.focus()
        else:
            self._send()

    def _go_on_reading(self) -> None:
        """Show what comes next instead of approving what nobody could see."""
        self._reads_on = True
        self._paper.read_on()
        self._scrolled()
        self.appears()

    @on(Input.Submitted)
    def _word_typed(self, event: Input.Submitted) -> None:
        event.stop()
        if self._phase is not Phase.WORD:
            return
        if event.value.strip().lower() == EXTRA_WORD:
            self._send(incomplete=True)
        else:
            self._show_state(f"Not the word; nothing was sent. Type “{EXTRA_WORD}”:")

    def _send(self, *, incomplete: bool = False) -> None:
        engine, preview = self.engine, self._preview
        if engine is None or preview is None:
            return
        self._show_phase(Phase.SENDING)
        self._tell(None)
        self._paper.text.focus()
        self._sending = engine.desk.approve(self._task_id, preview.fingerprint, incomplete=incomplete)
        self._follow(self._sending)

    @property
    def is_sending(self) -> bool:
        """Whether the approval is on its way."""
        return self._sending is not None and not self._sending.done()

    @work(group="outcome")
    async def _follow(self, sending: asyncio.Task[OperationResult]) -> None:
        await asyncio.wait({sending}, timeout=self._patience)
        if not sending.done():
            self.leave(True)
        elif not sending.cancelled():
            self._show_outcome(sending.result())

    def tells(self, result: OperationResult) -> bool:
        """What the sheet stays open for; a good outcome closes it and is told outside."""
        is_good = result.outcome.value == "done" and result.error is None
        return self._phase is Phase.SENDING and result.task_id == self._task_id and not is_good

    def _show_outcome(self, result: OperationResult) -> None:
        from jjm_tui.services.courses.approve import PlanChangedError

        if result.outcome.value == "done":
            if result.error is None:
                self.leave(True)
                return
            self._show_alarm(result)
        elif isinstance(result.error, PlanChangedError):
            self._read_again("The plan is another one by now. Nothing was sent; read it and decide again.")
        else:
            words = {"not_sent": "Not sent", "refused": "The server said no", "unconfirmed": "Not confirmed"}
            said = " ".join(filter(None, (result.message, result.hint)))
            self._end(f"{words[result.outcome.value]}: {said}")

    def _show_alarm(self, result: OperationResult) -> None:
        """Another plan was approved than the one that was read: show which."""
        words = alarm_words(result.remarks or (result.message,), self.dashboard.launch.keymap)
        self._tell(words, is_alarm=True)
        now_shown = None if result.task is None else result.task.plan
        if now_shown is not None and self._preview is not None:
            self._paper.show_other(now_shown, self._preview.plan)
        self._show_phase(Phase.APPROVED)

    def leave(self, result: ApprovalAnswer | None) -> None:
        """What was shown is noted now: once the answer is taken over, the plan may be gone from the sheet."""
        if self._preview is not None and self._paper.has_room and not self._paper.rows_not_shown:
            self.shown_whole = self._preview.fingerprint
        super().leave(result)

    def do_back(self) -> None:
        """Leave the extra word, else the sheet; what is on its way goes on."""
        if self._phase is Phase.WORD:
            self._paper.text.focus()
            self._show_phase(Phase.READY)
        else:
            self.leave(True if self._phase in (Phase.SENDING, Phase.APPROVED) else None)

    # instead of deciding

    def unavailable(self, action_id: str) -> str | None:
        if action_id in ("task.message", "task.diff", "refresh") and self._phase is Phase.SENDING:
            return "The approval is on its way."
        if action_id in ("task.diff", "refresh") and self._phase is Phase.APPROVED:
            return "It is approved; what was approved is shown."
        if action_id == "task.diff":
            task = self.board.task(self._task_id)
            return None if task is not None and task.source_files else "It has changed no files so far."
        return None

    def do_task_message(self) -> None:
        """Answer instead."""
        self.leave("message")

    def do_task_diff(self) -> None:
        """Look at what it changed so far."""
        self.leave("diff")

    def do_task_open(self) -> None:
        """Its page in the browser."""
        task = self.board.task(self._task_id)
        open_page(self.dashboard, None if task is None else task.url)

    def do_refresh(self) -> None:
        """Read the plan again."""
        self._read_again()

    def moved(self) -> Widget:
        """What is to be read."""
        return self._paper.text


def _fingerprint(task: Task | None) -> str | None:
    return None if task is None or task.plan is None else task.plan.fingerprint
