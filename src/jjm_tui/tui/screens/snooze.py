"""For how long a task shall need nobody: a few usual spans, or one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from jjm_tui.domain.task import Task
from jjm_tui.domain.text import heading, truncate
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.moving import MOVES, Moving
from jjm_tui.tui.screens.sheet import Sheet
from jjm_tui.tui.text.local_time import local_words
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.widgets.row_list import Cell, ListRow, RowList

_MORNING: Final = 9
"""The hour at which people come back to work."""
_SPAN: Final = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*([a-z]{1,7})", re.ASCII)
_UNITS: Final = (
    (1, "m min mins minute minutes"),
    (60, "h hr hrs hour hours"),
    (1440, "d day days"),
    (10_080, "w wk wks week weeks"),
)
_MINUTES: Final = {word: minutes for minutes, words in _UNITS for word in words.split()}
_TIME_OF_DAY: Final = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_LONGEST: Final = timedelta(days=366)
_DIGITS: Final = "0123456789"
_WAKE: Final = "wake"


class SnoozeDialog(Sheet[datetime], Moving):
    """Asks until when tasks shall need nobody. Dismisses with that time (aware, UTC), or ``None``; the present time
    wakes them."""

    DEFAULT_CSS = """
    SnoozeDialog {
        & > #frame { width: 64; }
        & #about { padding: 1 1 0 1; height: auto; color: $foreground; }
        & RowList { height: auto; margin: 1 0; }
        & Input { border: none; height: 1; padding: 0 1; margin: 0 1; background: $boost; }
        & Input > .input--placeholder { color: $text-muted; }
        & Input:focus { border: none; background-tint: $foreground 5%; }
        & #wrong { padding: 0 1; height: 1; color: $text-error; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """
    ALWAYS: ClassVar[tuple[str, ...]] = (*Sheet.ALWAYS, *MOVES, "open", "task.snooze")
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"open": "snooze until the time under the cursor", "task.snooze": "the next time"}
    )

    def __init__(self, tasks: Sequence[Task] = ()) -> None:
        """``tasks``: those to be snoozed, to name them; a task that is snoozed already can be woken."""
        super().__init__("Snooze")
        self._tasks = tuple(tasks)
        self._moments: dict[str, datetime] = {}

    def compose_inside(self) -> ComposeResult:
        yield Static(self._about(), id="about")
        yield RowList(id="spans")
        yield LineInput(placeholder="or type: 90m  3h  2d  1w  18:30", id="own", select_on_focus=False)
        yield Static(id="wrong")

    def _about(self) -> Content:
        if not self._tasks:
            return Content("Nobody will be asked until then; Jules is not told.")
        if len(self._tasks) > 1:
            count = Content.styled(f"{len(self._tasks)} tasks", "bold")
            return Content.assemble(count, "\nwill not ask for you until then; Jules is not told.")
        (task,) = self._tasks
        name = literal_line(truncate(heading(task.title, task.description, task.id), 52), "bold")
        return Content.assemble(name, "\nwill not ask for you until then; Jules is not told.")

    def on_mount(self) -> None:
        """Offer the spans, the list first."""
        rows = self.query_one(RowList)
        now = self.now()
        self._moments = dict(offered_moments(now))
        shown = list(self._moments.items())
        if any(task.snoozed_until is not None and task.snoozed_until > now for task in self._tasks):
            self._moments[_WAKE] = now
            shown.append((_WAKE, now))
        rows.show(
            ListRow(
                words,
                (
                    Cell("wake it now" if words == _WAKE else words),
                    Cell("" if words == _WAKE else local_words(moment, now), "quiet", 20, 1, right=True),
                ),
            )
            for words, moment in shown
        )
        rows.styles.height = len(shown)
        rows.focus()

    def bind_others(self) -> None:
        """A digit begins one's own time, wherever the focus is, unless it is the key of an action.

        These keys go before those of what has the focus, so that whatever follows quickly finds the field.
        """
        for digit in _DIGITS:
            binding = Binding(digit, f"begin_own({digit!r})", show=False, priority=True)
            self._bindings.key_to_bindings.setdefault(digit, [binding])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the field a digit is one like any other."""
        if action == "begin_own":
            return self.focused is not self.query_one("#own", Input)
        return super().check_action(action, parameters)

    def action_begin_own(self, digit: str) -> None:
        """Go to one's own time and write this digit."""
        own = self.query_one("#own", Input)
        self.set_focus(own)
        own.insert_text_at_cursor(digit)

    def hints(self) -> Iterable[Hint]:
        own = self.query_one("#own", Input)
        is_wrong = own.has_focus and read_moment(own.value, self.now()) is None
        snooze: tuple[Hint, ...] = () if is_wrong else (("open", "snooze"),)
        return (*snooze, ("back", "back"), ("next.pane", "the spans" if own.has_focus else "own time"))

    def on_descendant_focus(self) -> None:
        """From the spans to one's own time and back: other keys work."""
        self.show_keys()

    def do_open(self) -> None:
        """Take what is under the cursor."""
        moment = self._moments.get(self.query_one(RowList).cursor_id or "")
        if moment is not None:
            self.leave(moment)

    def do_task_snooze(self) -> None:
        """The key that opened it goes on through the list."""
        self.do_move_down()

    @on(Input.Submitted)
    def _own_time(self, event: Input.Submitted) -> None:
        event.stop()
        moment = read_moment(event.value, self.now())
        if moment is None:
            wrong = "Not understood. Write 90m, 3h, 2d, 1w or 18:30."
            self.query_one("#wrong", Static).update(Content(wrong))
        else:
            self.leave(moment)

    @on(Input.Changed)
    def _typing(self, event: Input.Changed) -> None:
        event.stop()
        now = self.now()
        moment = read_moment(event.value, now)
        words = Content() if moment is None else Content.styled(f"until {local_words(moment, now)}", "$text-success")
        self.query_one("#wrong", Static).update(words)
        self.show_keys()

    def moved(self) -> Widget:
        """The spans."""
        return self.query_one(RowList)


def offered_moments(now: datetime) -> tuple[tuple[str, datetime], ...]:
    """The usual spans in words, and when they end (UTC), none twice. Mornings are local ones."""
    monday = 7 - now.astimezone().weekday()
    mornings = (
        ("until this morning", _morning(now, 0)),
        ("until tomorrow morning", _morning(now, 1)),
        ("until Monday morning", _morning(now, monday)),
    )
    ahead = tuple((words, at) for words, at in mornings if at > now)
    return (
        ("1 hour", now + timedelta(hours=1)),
        ("4 hours", now + timedelta(hours=4)),
        *(ahead[:-1] if monday == 1 else ahead),
    )


def _morning(now: datetime, days: int) -> datetime:
    here = now.astimezone().replace(hour=_MORNING, minute=0, second=0, microsecond=0, tzinfo=None)
    return (here + timedelta(days=days)).astimezone(UTC)


def read_moment(text: str, now: datetime) -> datetime | None:
    """The end of a span such as ``90m``, ``3h``, ``2d`` or ``1w``, or the next ``18:30`` on the local clock.

    ``None`` when it is neither, or further away than a year.
    """
    word = text.strip().lower()
    if (span := _SPAN.fullmatch(word)) is not None:
        length = timedelta(minutes=float(span[1]) * _MINUTES.get(span[2], 0))
        return now + length if timedelta(0) < length <= _LONGEST else None
    if (time := _TIME_OF_DAY.fullmatch(word)) is not None and int(time[1]) < 24 and int(time[2]) < 60:
        here = now.astimezone().replace(hour=int(time[1]), minute=int(time[2]), second=0, microsecond=0, tzinfo=None)
        moment = here.astimezone(UTC)
        return moment if moment > now else (here + timedelta(days=1)).astimezone(UTC)
    return None
