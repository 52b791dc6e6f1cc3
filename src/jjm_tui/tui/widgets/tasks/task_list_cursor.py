"""The cursor of the task list: on a task by id, and where it goes when it is moved or its task goes."""

from __future__ import annotations

from collections.abc import Collection, Container
from itertools import chain

from jjm_tui.services.arrangement import Arrangement
from jjm_tui.tui.widgets.tasks.task_list_rows import Rows


class Cursor:
    """``task_id`` is ``None`` while there are no tasks; ``row`` is its line in the rows of last time."""

    def __init__(self) -> None:
        self.task_id: str | None = None
        self.row = 0
        self._last: str | None = None

    def put(self, rows: Rows, row: int) -> None:
        """Set it on the task of a line."""
        self.task_id, self.row = rows.task_at(row), row
        self._last = self.task_id or self._last

    def follow(self, old: Rows, new: Rows, arrangement: Arrangement, left: Collection[str] = ()) -> None:
        """Stay on the same task in new rows; when it is gone or was `left`, go to the next one, else the one before.

        After a time without any rows it comes back to where it was.
        """
        found = self.task_id or self._last
        if found is None or found in left or not arrangement.is_shown(found):
            found = old.survivor(self.row, lambda each: each not in left and arrangement.is_shown(each)) or found
        position = None if found is None else arrangement.position(found)
        self.put(new, new.first_row if position is None else new.row_at(position))

    def moved(self, rows: Rows, delta: int) -> int:
        """The line of the task so many tasks further, as far as there are any."""
        return rows.row_of_number(max(0, min(rows.number_at(self.row) + delta, rows.task_count - 1)))

    def paged(self, rows: Rows, lines: int) -> int:
        """The line of the task about so many lines further, but another one if there is one."""
        target = rows.row_of_number(rows.number_at(max(0, min(self.row + lines, rows.count - 1))))
        return self.moved(rows, 1 if lines > 0 else -1) if target == self.row else target

    def wanted(self, rows: Rows, ids: Container[str], step: int) -> str | None:
        """The next one of these tasks downwards, or with ``step=-1`` upwards, from the end on to the other end;
        ``None`` when there is no other.
        """
        start = 0 if step > 0 else rows.task_count - 1
        ahead = rows.tasks_from(rows.number_at(self.row) + step, step)
        for task_id in chain(ahead, rows.tasks_from(start, step)):
            if task_id == self.task_id:
                return None
            if task_id in ids:
                return task_id
        return None
