"""What is read before a plan is approved: the plan, or the conversation where a server shows no plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from jjm_tui.domain.plans import PlanDifference, diff_plans, file_risk_marks, is_chat_fingerprint, risk_marks
from jjm_tui.domain.task import Plan, Task
from jjm_tui.tui.text.around import rows_around
from jjm_tui.tui.text.blocks import Block
from jjm_tui.tui.text.message_blocks import MessageHeader
from jjm_tui.tui.widgets.blocks.block_layout import Place
from jjm_tui.tui.widgets.blocks.plan_view import PlanView
from jjm_tui.tui.widgets.blocks.transcript import Transcript

if TYPE_CHECKING:
    from jjm_tui.services.results import ApprovalPreview

_NAMED_FILES: Final = 4


class _Intentions(Transcript):
    """A conversation of which the last screenful is shown, from the head of a message on; what no longer fits then is
    below the screen, so that no part of a message is taken for read without its beginning."""

    _first: Block | None = None

    @property
    def first_row(self) -> int:
        """The row with which the last screenful began that was shown before the person scrolled."""
        page = self._page
        return page.top_of(page.index(self._first)) if self._first is not None and self._first in page else 0

    def place_followed(self) -> int:
        """The last screenful, from the head of its first message on."""
        page, height = self._page, self._height
        index = page.find(super().place_followed())[0]
        while index > 0 and not isinstance(page.blocks[index], MessageHeader):
            index -= 1
        self._first = page.blocks[index]
        return page.place(index, 0, 0, height)

    def person_moved(self) -> None:
        """From now on it stays where the person put it."""
        super().person_moved()
        self.follow = False


class PlanPaper(Vertical):
    """A ``PlanView`` and, only where it is needed, a ``Transcript`` below it, which begins with a whole message."""

    DEFAULT_CSS = """
    PlanPaper {
        height: 1fr;
        min-height: 3;
        & > PlanView { height: 1fr; }
        & > Transcript { height: 1fr; display: none; }
        & > #above { height: 1; padding: 0 1; color: $text-muted; display: none; }
        &.-chat > Transcript, &.-chat > #above { display: block; }
        &.-chat > PlanView { height: auto; max-height: 50%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._noted: Sequence[Block] = ()
        self._unread: Place | None = None

    def compose(self) -> ComposeResult:
        yield PlanView()
        yield Static(id="above")
        yield _Intentions()

    def on_mount(self) -> None:
        """Tell above the conversation how much of it is there."""
        self.watch(self.query_one(Transcript), "scroll_y", self._show_above)

    def _show_above(self) -> None:
        self.query_one("#above", Static).update(Content(rows_around(round(self.query_one(Transcript).scroll_y), 0)))

    @property
    def text(self) -> PlanView | Transcript:
        """What is scrolled and has the focus."""
        return self.query_one(Transcript) if self.has_class("-chat") else self.query_one(PlanView)

    @property
    def rows_below(self) -> int:
        """How many rows of it are below what is on the screen, as far as they are measured."""
        return max(0, self.text.max_scroll_y - round(self.text.scroll_y))

    @property
    def rows_above(self) -> int:
        """How many rows of it are above what is on the screen, where it does not tell that itself."""
        return 0 if self.has_class("-chat") else round(self.text.scroll_y)

    # how far it was read

    @property
    def has_room(self) -> bool:
        """Whether any of it can be seen."""
        return bool(self.text.rows_on_screen)

    @property
    def rows_not_shown(self) -> int:
        """How many rows of it are left from the first one on that was not noted as shown."""
        return self.text.virtual_size.height - self._first_unread

    @property
    def rows_to_read(self) -> int:
        """How many rows of it are left after those on the screen."""
        return self.text.virtual_size.height - self._read_until

    @property
    def _first_unread(self) -> int:
        text = self.text
        if self._unread is not None and text.blocks is self._noted:
            return text.row_of(self._unread)
        return text.first_row if isinstance(text, _Intentions) else 0

    @property
    def _read_until(self) -> int:
        """The first row that is unread once those on the screen are read; below a gap nothing counts."""
        rows, unread = self.text.rows_on_screen, self._first_unread
        return rows.stop if unread in rows else unread

    def note_shown(self) -> None:
        """What is on the screen is read, unless what is above it is not; another text is read from its beginning."""
        text = self.text
        if self._first_unread in text.rows_on_screen:
            self._unread, self._noted = text.place_of(self._read_until), text.blocks

    def begin_again(self) -> None:
        """It is read for another task now: from its beginning, and none of it counts as shown."""
        self._unread = None
        self.text.scroll_home(animate=False)

    def read_on(self) -> None:
        """Go to where reading stopped, with the row before it where there is room for both."""
        text = self.text
        text.scroll_to(y=max(0, self._first_unread - (1 if text.size.height > 1 else 0)))

    def show_preview(
        self, preview: ApprovalPreview, difference: PlanDifference | None, revision: int | None, now: datetime
    ) -> None:
        """The plan that waits now. ``difference``: to the plan that was read before."""
        task = preview.task
        self.query_one(PlanView).show(
            preview.plan,
            difference=difference,
            risks=(*preview.risks, *file_risk_marks(task.source_files or ())),
            revision=revision,
            note=_files_so_far(task),
        )
        is_chat = is_chat_fingerprint(preview.fingerprint)
        self.set_class(is_chat, "-chat")
        if is_chat:
            self.query_one(Transcript).show(task.chat_history, now, task.chat_truncated, way_on="")

    def show_stored(self, task: Task, plan: Plan, now: datetime, key: str, *, is_hidden: bool = False) -> None:
        """The plan as it was last heard of, which nobody can approve before ``key`` has read it again.

        ``is_hidden``: the server was asked, and does not show it.
        """
        from jjm_tui.services.told_plans import plan_age

        but = "; the server does not show it now" if is_hidden else ""
        self.query_one(PlanView).show(
            replace(plan, approved=None),
            risks=risk_marks(plan),
            note=f"This is the plan as it is stored, last heard of {plan_age(task, now)}{but}. "
            f"It can be approved once it is read again ({key}).",
        )

    def show_other(self, plan: Plan, read: Plan) -> None:
        """What was approved in place of the plan that was ``read``."""
        self.query_one(PlanView).show(plan, difference=diff_plans(read, plan), risks=risk_marks(plan))


def _files_so_far(task: Task) -> str | None:
    files = task.source_files or ()
    if not files:
        return None
    names = ", ".join(file.filename for file in files[:_NAMED_FILES])
    more = f" and {len(files) - _NAMED_FILES} more" if len(files) > _NAMED_FILES else ""
    return f"It changed {len(files)} file{'' if len(files) == 1 else 's'} so far: {names}{more}"
