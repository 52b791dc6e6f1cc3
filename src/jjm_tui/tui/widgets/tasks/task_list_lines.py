"""Drawn lines of the task list, kept as long as nothing that changes a pixel has changed."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from rich.segment import Segment
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from jjm_tui.domain.task import Task
from jjm_tui.tui.widgets.tasks.task_list_styles import Layer, RowStyles
from jjm_tui.tui.widgets.tasks.task_row import Cell, RowInfo, RowMoment, format_group, format_row, row_moment

_LINES_KEPT: Final = 512
_MARGIN: Final = 2


class RowLook(NamedTuple):
    """How a row is to be drawn, whatever task is on it."""

    width: int
    is_cursor: bool = False
    is_marked: bool = False
    has_focus: bool = True
    is_compact: bool = False
    shows_repository: bool = True

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What lies over the whole row."""
        layers: tuple[Layer, ...] = ("task-list--marked",) if self.is_marked else ()
        if self.is_cursor:
            layers += ("task-list--cursor" if self.has_focus else "task-list--cursor-blurred",)
        return layers


class _Line(NamedTuple):
    """A line as it was drawn last, and everything it came from. While ``cells`` are the same, so is ``strip``."""

    task: Task
    moment: RowMoment
    info: RowInfo
    look: RowLook
    cells: tuple[Cell, ...]
    strip: Strip


@lru_cache(64)
def gone(task_id: str) -> Task:
    """Stands for a task that was removed while the order is held."""
    return Task(task_id, title="(no longer stored)", on_server=False)


class LinePainter:
    """Lines of rows, headings and messages.

    Asked again for a line that looks the same, it returns the same object: the list compares by identity what is on
    the screen with what should be.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles = RowStyles(widget)
        self._rows: LRUCache[str, _Line] = LRUCache(_LINES_KEPT)
        self._headings: LRUCache[tuple[str, int, int, bool, bool], Strip] = LRUCache(_LINES_KEPT)
        self._message: tuple[tuple[Content, Size], list[Strip]] | None = None

    def clear(self) -> None:
        """Forget every line: the style sheet was applied anew."""
        self._styles.clear()
        self._rows.clear()
        self._headings.clear()
        self._message = None

    def row(self, task: Task, now: datetime, info: RowInfo, look: RowLook) -> Strip:
        """One task."""
        moment = row_moment(task, now, info)
        line = self._rows.get(task.id)
        if line is not None and line.task is task and line[1:4] == (moment, info, look):
            return line.strip
        line = self._draw(_Line(task, moment, info, look, (), Strip([])), now, line)
        self._rows.discard(task.id)  # setting a key that is there would leave its old value
        self._rows[task.id] = line
        return line.strip

    def _draw(self, wanted: _Line, now: datetime, before: _Line | None) -> _Line:
        look = wanted.look
        cells = format_row(
            wanted.task,
            now,
            look.width,
            wanted.info,
            is_cursor=look.is_cursor,
            is_marked=look.is_marked,
            is_compact=look.is_compact,
            shows_repository=look.shows_repository,
        )
        layers = look.layers
        if before is not None and cells == before.cells and layers == before.look.layers:
            return wanted._replace(cells=cells, strip=before.strip)
        segments = [Segment(cell.text, self._styles.style(cell.style, *layers)) for cell in cells]
        return wanted._replace(cells=cells, strip=Strip(segments, look.width))

    def heading(self, title: str, count: int, width: int, *, is_whole: bool, is_held: bool) -> Strip:
        """The heading of a group."""
        key = title, count, width, is_whole, is_held
        strip = self._headings.get(key)
        if strip is None:
            text = format_group(title, count, width, is_whole=is_whole, is_held=is_held)
            strip = self._headings[key] = Strip([Segment(text, self._styles.style("task-list--group"))], width)
        return strip

    def blank(self, width: int) -> Strip:
        """A line with nothing on it."""
        return Strip.blank(width, self._styles.style("task-list--title"))

    def message(self, content: Content, size: Size) -> list[Strip]:
        """What stands in place of rows, a little above the middle; lines at the end may be missing."""
        if self._message is None or self._message[0] != (content, size):
            style = self._widget.get_visual_style("task-list--title")
            width = max(1, size.width - 2 * _MARGIN)
            lines = Visual.to_strips(self._widget, content, width, None, style, pad=True)
            above = max(0, (size.height - len(lines)) // 3)
            margin = self.blank(_MARGIN)
            drawn = [Strip.join([margin, line, margin]) for line in lines]
            self._message = (content, size), [*[self.blank(size.width)] * above, *drawn]
        return self._message[1]
