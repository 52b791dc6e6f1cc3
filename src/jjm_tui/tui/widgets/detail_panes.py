"""The panes of a task's detail: made when they are first wanted, and filled with what is known of the task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from textual.content import Content
from textual.widget import Widget

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.task import Plan, Task
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.text.overview import as_of

if TYPE_CHECKING:
    from jjm_tui.services.board import ConnectionStatus
    from jjm_tui.services.read_troubles import ReadTrouble

_WITHOUT: Final = frozenset({"none", "not ready"})
_AWAY: Final = frozenset({"reconnecting", "offline", "could not start", "gave up"})

Tab = Literal["overview", "plan", "chat", "files", "timeline"]
TABS: Final[tuple[Tab, ...]] = get_args(Tab)


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a task beyond the board: its whole conversation, its changes, its history.

    ``task`` has the whole conversation as far as it was read. ``diff`` is ``None`` before it was read; the note says
    why there is none. ``diff_read_at``: when it was read, ``None`` where that is unknown. ``is_reading``: the server is
    being asked right now.
    """

    task: Task
    diff: str | None = None
    is_diff_cut: bool = False
    diff_read_at: datetime | None = None
    diff_note: str | None = None
    events: tuple[TaskEvent, ...] = ()
    is_reading: bool = False


@dataclass(slots=True)
class ReadPlans:
    """Which plans of which tasks were shown since the dashboard was opened, so that a newer one is shown with its
    difference."""

    _newest: dict[str, Plan] = field(default_factory=dict)
    _older: dict[str, Plan] = field(default_factory=dict)

    def note(self, task: Task) -> None:
        """Remember the plan of a task that is shown."""
        plan, known = task.plan, self._newest.get(task.id)
        if plan is None or (known is not None and known.fingerprint == plan.fingerprint):
            return
        if known is not None:
            self._older[task.id] = known
        self._newest[task.id] = plan

    def before(self, task_id: str) -> Plan | None:
        """The plan before the present one, if it was shown."""
        return self._older.get(task_id)


class WaysOn(NamedTuple):
    """Sentences that say how the server is asked, empty where there is none: ``again`` for the task, ``changes`` for
    what it changed, ``older`` for messages before the first one."""

    again: str = ""
    changes: str = ""
    older: str = ""


NO_WAYS_ON: Final = WaysOn()


def ways_on(status: ConnectionStatus, open_key: str, diff_key: str) -> WaysOn:
    """What is true of a server in this state; the keys open a task and show what it changed, empty where none does."""
    if status in _WITHOUT:
        return NO_WAYS_ON
    when = " when it is back" if status in _AWAY else ""
    again, changes = (f"{key} asks the server{when}." if key else "" for key in (open_key, diff_key))
    return WaysOn(again, changes, "↑ asks for them when the server is back." if when else "↑ asks for them.")


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that panes show of a task. ``trouble``: why it could not be read lately. ``ways_on``: how the server
    is asked."""

    task: Task
    now: datetime
    plans: ReadPlans
    operations: tuple[Operation, ...] = ()
    details: Details | None = None
    trouble: ReadTrouble | None = None
    ways_on: WaysOn = NO_WAYS_ON

    @property
    def whole(self) -> Task:
        """The task with its whole conversation, as far as it was read."""
        return self.task if self.details is None else self.details.task

    @property
    def events(self) -> tuple[TaskEvent, ...]:
        """Its history as far as it was read, oldest first."""
        return () if self.details is None else self.details.events


def make_pane(tab: Tab) -> Widget:
    """The widget of a tab, empty."""
    return _PANES[tab][0]()


def fill_pane(tab: Tab, pane: Widget, shown: Shown) -> None:
    """Show in the widget of a tab what is known."""
    _PANES[tab][1](pane, shown)


def _make_overview() -> Widget:
    from jjm_tui.tui.widgets.blocks.overview import OverviewPane

    return OverviewPane()


def _fill_overview(pane: Widget, shown: Shown) -> None:
    from jjm_tui.tui.widgets.blocks.overview import OverviewPane

    if isinstance(pane, OverviewPane):
        pane.show(shown.task, shown.operations, shown.now, shown.trouble, shown.events)


def _make_plan() -> Widget:
    from jjm_tui.tui.widgets.blocks.plan_view import PlanView

    return PlanView()


def _fill_plan(pane: Widget, shown: Shown) -> None:
    from jjm_tui.domain.plans import diff_plans
    from jjm_tui.domain.risks import risk_marks
    from jjm_tui.services.approving import revision_of
    from jjm_tui.tui.widgets.blocks.plan_view import PlanView

    plan, older = shown.task.plan, shown.plans.before(shown.task.id)
    if isinstance(pane, PlanView):
        pane.show(
            plan,
            difference=None if plan is None or older is None else diff_plans(older, plan),
            risks=risk_marks(plan),
            revision=None if plan is None else revision_of(shown.events, plan.fingerprint),
            note=f"None was read of this task so far. {shown.ways_on.again}".strip() if plan is None else None,
        )


def _make_chat() -> Widget:
    from jjm_tui.tui.widgets.blocks.transcript import Transcript

    return Transcript()


def _fill_chat(pane: Widget, shown: Shown) -> None:
    from jjm_tui.services.conversations import with_operations
    from jjm_tui.tui.widgets.blocks.transcript import Transcript

    whole = with_operations(shown.whole, shown.operations)
    if isinstance(pane, Transcript):
        pane.show(whole.chat_history, shown.now, whole.chat_truncated, shown.ways_on.older)


def _make_files() -> Widget:
    from jjm_tui.tui.widgets.diff.files_pane import FilesPane

    return FilesPane()


def _fill_files(pane: Widget, shown: Shown) -> None:
    from jjm_tui.tui.widgets.diff.files_pane import FilesPane, unknown_changes

    details = shown.details
    why = None if details is None else details.diff_note
    note = None if why is None else literal_line(why)
    if details is not None and details.is_reading and details.diff is None:
        note = Content("Reading the changes…")
    elif details is not None and details.diff is None:
        note = unknown_changes(why or "", shown.ways_on.changes, has_files=bool(shown.task.source_files))
    elif details is not None and (age := _age_of_diff(shown, details)):
        note = Content(age) if note is None else Content("\n").join((Content(age), note))
    if isinstance(pane, FilesPane):
        pane.show(
            shown.task.source_files,
            None if details is None else details.diff,
            truncated=details is not None and details.is_diff_cut,
            note=note,
        )


def _age_of_diff(shown: Shown, details: Details) -> str | None:
    """When a diff was read that may not be the newest, and the way to it: the task changed since, if that is known."""
    read_at, changed_at = details.diff_read_at, shown.task.updated_at or shown.task.synced_at
    if read_at is not None and changed_at is not None and changed_at <= read_at:
        return None
    age = f"{'Changes' if details.diff else 'No changes,'} {as_of(read_at, shown.now)}."
    way_on = "They are being read again." if details.is_reading else shown.ways_on.changes
    return f"{age} {way_on}".strip()


def _make_timeline() -> Widget:
    from jjm_tui.tui.widgets.timeline import Timeline

    return Timeline()


def _fill_timeline(pane: Widget, shown: Shown) -> None:
    from jjm_tui.tui.widgets.timeline import Timeline

    if isinstance(pane, Timeline):
        pane.show(shown.events, shown.operations, shown.now)


_PANES: Final[dict[Tab, tuple[Callable[[], Widget], Callable[[Widget, Shown], None]]]] = {
    "overview": (_make_overview, _fill_overview),
    "plan": (_make_plan, _fill_plan),
    "chat": (_make_chat, _fill_chat),
    "files": (_make_files, _fill_files),
    "timeline": (_make_timeline, _fill_timeline),
}
