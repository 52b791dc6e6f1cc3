"""The list of tasks: groups, rows, cursor and marks that follow the task and never the line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from jjm_tui.domain.task import Task
from jjm_tui.services.arrangement import Arrangement, Group
from jjm_tui.tui.widgets.tasks.task_list_cursor import Cursor
from jjm_tui.tui.widgets.tasks.task_list_lines import LinePainter, RowLook, gone
from jjm_tui.tui.widgets.tasks.task_list_marks import Marks
from jjm_tui.tui.widgets.tasks.task_list_rows import Rows
from jjm_tui.tui.widgets.tasks.task_list_styles import TASK_LIST_CLASSES, TASK_LIST_CSS
from jjm_tui.tui.widgets.tasks.task_row import NO_INFO, RowInfo

_COMPACT_BELOW: Final = 60
"""Terminals with fewer columns have state, title and age only (``dashboard.md``, Behaviour under stress)."""
_NOTHING: Final = Content("")


class _TaskListMessage(Message):
    def __init__(self, task_list: TaskList) -> None:
        super().__init__()
        self.task_list = task_list

    @property
    def control(self) -> TaskList:
        """The list that tells."""
        return self.task_list


class TaskList(ScrollView, can_focus=True, inherit_bindings=False):
    """Tasks in groups, one line each, drawn line by line from an `Arrangement`.

    It has no keys of its own: a screen calls `move`, `toggle_mark` and the others from its actions. The cursor and the
    marks are task ids. When rows change places under the cursor, it stays on its task, and the task stays on its line
    of the screen as far as the list can scroll. When its task goes, the cursor is on the next one that is still there,
    or else on the one before. While a group goes on from above the top edge, its heading is on the first line.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = TASK_LIST_CSS
    COMPONENT_CLASSES: ClassVar[set[str]] = {*TASK_LIST_CLASSES}

    class Highlighted(_TaskListMessage):
        """The cursor is on another task, or on none."""

        def __init__(self, task_list: TaskList, task_id: str | None) -> None:
            super().__init__(task_list)
            self.task_id = task_id

        def can_replace(self, message: Message) -> bool:
            """Only where the cursor came to rest matters."""
            return isinstance(message, TaskList.Highlighted) and message.control is self.control

    class Opened(_TaskListMessage):
        """The person wants to see this task."""

        def __init__(self, task_list: TaskList, task_id: str) -> None:
            super().__init__(task_list)
            self.task_id = task_id

    class MarksChanged(_TaskListMessage):
        """Other tasks are marked, or other marked tasks are hidden. ``hidden`` of the ``count`` have no row."""

        def __init__(self, task_list: TaskList, count: int, hidden: int) -> None:
            super().__init__(task_list)
            self.count = count
            self.hidden = hidden

    def __init__(
        self,
        *,
        row_info: Callable[[str], RowInfo] = lambda _task_id: NO_INFO,
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """``row_info`` is asked for every row that is drawn: it must be cheap and change nothing."""
        super().__init__(name=name, id=id, classes=classes)
        self.row_info = row_info
        self._arrangement = Arrangement()
        self._tasks: Mapping[str, Task] = {}
        self._now: datetime | None = None
        self._rows = Rows()
        self._cursor = Cursor()
        self._marks = Marks()
        self._told_marks = (0, 0)
        self._empty = _NOTHING
        self._painter = LinePainter(self)
        self._painted: dict[int, Strip] = {}
        self._has_opened_by_click = False

    # data

    def show(self, arrangement: Arrangement, tasks: Mapping[str, Task], now: datetime) -> None:
        """Show these tasks from now on; both are kept and read again whenever something is drawn."""
        self._arrangement, self._tasks, self._now = arrangement, tasks, now
        self.rearranged()

    def show_empty(self, content: Content) -> None:
        """What to say while there are no rows."""
        self._empty = content
        self._repaint()

    def rearranged(self, left: Collection[str] = ()) -> None:
        """The arrangement has another order: take it over. The cursor leaves the `left` tasks as if they were gone."""
        old, old_cursor = self._rows, self._cursor.task_id
        anchor = self._anchor()
        self._rows = Rows(self._arrangement.groups)
        self._cursor.follow(old, self._rows, self._arrangement, left)
        self._marks.keep(self._tasks)
        self.virtual_size = Size(0, self._rows.count)
        if anchor is None:
            self._scroll_to_cursor()
        else:
            self._restore(*anchor)
        self._repaint()
        self._tell_marks()
        if self._cursor.task_id != old_cursor:
            self.post_message(self.Highlighted(self, self._cursor.task_id))

    def update_rows(self, task_ids: Iterable[str]) -> None:
        """These tasks, or what `row_info` says of them, have changed in place; while the order is held, the headings
        tell how many there are by now."""
        self._repaint({None, *task_ids} if self._arrangement.is_frozen else frozenset(task_ids))

    def tick(self, now: datetime) -> None:
        """Time has passed: only rows that look different now are painted."""
        self._now = now
        self._repaint()

    # the cursor

    @property
    def highlighted(self) -> str | None:
        """The task under the cursor."""
        return self._cursor.task_id

    def move(self, delta: int) -> None:
        """Move the cursor by a number of tasks, as far as there are any."""
        if self._rows.task_count:
            self._go_to(self._cursor.moved(self._rows, delta))

    def move_first(self) -> None:
        """Move the cursor to the first task, and the list to its top."""
        self.move(-self._rows.task_count)

    def move_last(self) -> None:
        """Move the cursor to the last task."""
        self.move(self._rows.task_count)

    def page(self, fraction: float) -> None:
        """Move the cursor and the list by a part of what can be seen: ``1.0`` a page down, ``-0.5`` half a page up."""
        if self._rows.task_count:
            lines = int(self._height * fraction) or (1 if fraction > 0 else -1)
            target = self._cursor.paged(self._rows, lines)
            self._scroll_to_row(self.scroll_offset.y + lines)
            self._go_to(target)

    def select(self, task_id: str) -> bool:
        """Move the cursor to a task; false when it has no row."""
        row = self._rows.row_of(task_id)
        if row is not None:
            self._go_to(row)
        return row is not None

    def next_needing(self) -> bool:
        """Move to the next task that needs a person, from the end on to the first; false when there is no other."""
        return self._go_to_needing(1)

    def previous_needing(self) -> bool:
        """The same upwards."""
        return self._go_to_needing(-1)

    def open_highlighted(self) -> None:
        """Tell that the person wants to see the task under the cursor."""
        if self._cursor.task_id is not None:
            self.post_message(self.Opened(self, self._cursor.task_id))

    def _go_to_needing(self, step: int) -> bool:
        wanted = self._cursor.wanted(self._rows, frozenset(self._arrangement.needing), step)
        return wanted is not None and self.select(wanted)

    def _go_to(self, row: int) -> None:
        """Set the cursor on the line of a task."""
        old = self._cursor.task_id
        self._cursor.put(self._rows, row)
        self._scroll_to_cursor()
        task_id = self._cursor.task_id
        if task_id == old:
            return
        if self._marks.anchor is None:
            self._repaint({task_id, old})
        else:
            self._stretch_marks()
        self.post_message(self.Highlighted(self, task_id))

    # marks

    @property
    def marks(self) -> frozenset[str]:
        """The marked tasks, also those that the filter hides."""
        return self._marks.ids

    @property
    def marked_hidden(self) -> int:
        """How many marked tasks have no row."""
        return self._marks.hidden(self._arrangement.is_shown)

    @property
    def is_marking_range(self) -> bool:
        """Whether moving the cursor marks."""
        return self._marks.anchor is not None

    def toggle_mark(self, task_id: str | None = None) -> None:
        """Mark or unmark a task, by default that under the cursor."""
        wanted = task_id or self._cursor.task_id
        if wanted is not None:
            self._marks.toggle(wanted)
            self._marks_moved()

    def mark_range(self) -> None:
        """Begin to mark everything between here and where the cursor moves; called again, end it."""
        if self._marks.anchor is not None:
            self._marks.close_range()
        elif self._cursor.task_id is not None:
            self._marks.open_range(self._cursor.task_id)
            self._marks_moved()

    def end_range(self) -> None:
        """Moving the cursor marks no more; what was marked stays marked."""
        self._marks.close_range()

    def mark_all_shown(self) -> None:
        """Mark every task that has a row."""
        self._marks.add(task_id for group in self._rows.groups for task_id in group.task_ids)
        self._marks_moved()

    def clear_marks(self) -> None:
        """Unmark all, hidden ones too."""
        self._marks.clear()
        self._marks_moved()

    def _stretch_marks(self) -> None:
        anchor = self._marks.anchor
        row = None if anchor is None else self._rows.row_of(anchor)
        if row is None:
            self._marks.close_range()
        else:
            self._marks.stretch_range(self._rows.between(row, self._cursor.row))
        self._marks_moved()

    def _marks_moved(self) -> None:
        self._repaint()
        self._tell_marks()

    def _tell_marks(self) -> None:
        now = len(self._marks), self.marked_hidden
        if now != self._told_marks:
            self._told_marks = now
            self.post_message(self.MarksChanged(self, *now))

    # scrolling

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    def _anchor(self) -> tuple[str | None, int] | None:
        """What stays on its line of the screen: the cursor (``None``) or, while it is out of sight, the top task."""
        top, height = self.scroll_offset.y, self._height
        if self._cursor.task_id is not None and self._at(self._cursor.row - top, top, height) == self._cursor.task_id:
            return None, self._cursor.row - top
        for row in range(top, top + height):
            task_id = self._rows.task_at(row)
            if task_id is not None and self._arrangement.is_shown(task_id):
                return task_id, row - top
        return None

    def _restore(self, task_id: str | None, line: int) -> None:
        if task_id is None:
            self._scroll_to_row(self._cursor.row - line)
            self._scroll_to_cursor()
        elif self.scroll_offset.y and (position := self._arrangement.position(task_id)) is not None:
            self._scroll_to_row(self._rows.row_at(position) - line)

    def _scroll_to_cursor(self) -> None:
        """Scroll just as far as the row and the heading of its group can be seen."""
        top, height = self.scroll_offset.y, self._height
        if not height or self._cursor.task_id is None:
            return
        has_heading = height > 1 and self._arrangement.view.grouping != "none"
        first = self._cursor.row - (1 if has_heading else 0)
        if first < top:
            self._scroll_to_row(first)
        elif self._cursor.row >= top + height:
            self._scroll_to_row(self._cursor.row - height + 1)

    def _scroll_to_row(self, row: int) -> None:
        self.scroll_to(y=max(0, min(row, self.max_scroll_y)), animate=False, force=True, immediate=True)

    def visible_ids(self) -> tuple[str, ...]:
        """The tasks whose rows can be seen, from the top."""
        top, height = self.scroll_offset.y, self._height
        found = (self._at(y, top, height) for y in range(height))
        return tuple(each for each in found if isinstance(each, str))

    def _at(self, y: int, top: int, height: int) -> str | Group | None:
        """What is on the line ``y`` of what can be seen, ``top`` being its first row and ``height`` its lines: on the
        first line the heading of a group that goes on from above."""
        if not 0 <= y < height:
            return None
        heading = self._rows.heading_over(top) if y == 0 and height > 1 else None
        return heading or self._rows.at(top + y)

    # drawing

    def render_line(self, y: int) -> Strip:
        strip = self._strip(y, self.scroll_offset.y, self.scrollable_content_region.size)
        self._painted[y] = strip
        return strip

    def _repaint(self, only: Collection[str | None] | None = None) -> None:
        """Paint the lines in sight that look different from what is on the screen."""
        top, size = self.scroll_offset.y, self.scrollable_content_region.size
        for y in range(size.height):
            if only is not None:
                found = self._at(y, top, size.height)
                if (found if isinstance(found, str) else None) not in only:
                    continue
            if self._strip(y, top, size) is not self._painted.get(y):
                self.refresh_line(top + y)

    def _strip(self, y: int, top: int, size: Size) -> Strip:
        """The line ``y`` of what can be seen: ``top`` is its first row, ``size`` the room for it."""
        painter = self._painter
        if not self._rows.count:
            lines = painter.message(self._empty, size)
            return lines[y] if y < len(lines) else painter.blank(size.width)
        found = self._at(y, top, size.height)
        if isinstance(found, Group):
            count, is_same = self._arrangement.now_in(found)
            is_whole = self._arrangement.is_whole
            return painter.heading(found.title, count, size.width, is_whole=is_whole, is_held=not is_same)
        if found is None or self._now is None:
            return painter.blank(size.width)
        look = RowLook(
            size.width,
            is_cursor=found == self._cursor.task_id,
            is_marked=found in self._marks,
            has_focus=self.has_focus,
            is_compact=self.app.size.width < _COMPACT_BELOW,
            shows_repository=self._arrangement.view.grouping != "repository",
        )
        return painter.row(self._tasks.get(found) or gone(found), self._now, self.row_info(found), look)

    def notify_style_update(self) -> None:
        """The theme or the style sheet has changed."""
        super().notify_style_update()
        self._painter.clear()

    # events

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1:
            return
        row = offset.y + self.scroll_offset.y
        task_id = self._at(offset.y, self.scroll_offset.y, self._height)
        if not isinstance(task_id, str):
            return
        event.stop()
        if event.shift:
            self._marks.add(self._rows.between(self._cursor.row, row))
            self._marks_moved()
        elif event.ctrl:
            self.toggle_mark(task_id)
        elif row != self._cursor.row:
            self._has_opened_by_click = False
            self._go_to(row)
        elif event.chain == 1 or not self._has_opened_by_click:
            self._has_opened_by_click = True
            self.open_highlighted()
