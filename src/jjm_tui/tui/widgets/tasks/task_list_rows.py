"""The lines of the task list: group headings and tasks, as the arrangement had them at one moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from jjm_tui.services.arrangement import Group, Position


class Rows:
    """Line numbers from 0 for headings and tasks. Never changed: a new order makes new rows.

    A group without a title has no heading. Task numbers count tasks only, so that moving by one skips headings.
    """

    def __init__(self, groups: Sequence[Group] = ()) -> None:
        self.groups = tuple(groups)
        self._first_rows: list[int] = []
        self._first_numbers: list[int] = []
        row = number = 0
        for group in self.groups:
            row += 1 if group.title else 0
            self._first_rows.append(row)
            self._first_numbers.append(number)
            row += len(group.task_ids)
            number += len(group.task_ids)
        self.count = row
        """Lines in all."""
        self.task_count = number

    @property
    def first_row(self) -> int:
        """The line of the first task; 0 when there is none."""
        return self._first_rows[0] if self.task_count else 0

    def at(self, row: int) -> str | Group | None:
        """What stands on a line: a task id, the group of a heading, or ``None`` outside."""
        if not 0 <= row < self.count:
            return None
        index = bisect_right(self._first_rows, row) - 1
        if index >= 0:
            place = row - self._first_rows[index]
            if place < len(self.groups[index].task_ids):
                return self.groups[index].task_ids[place]
        return self.groups[index + 1]

    def task_at(self, row: int) -> str | None:
        """The task on a line, or ``None``."""
        found = self.at(row)
        return found if isinstance(found, str) else None

    def heading_over(self, row: int) -> Group | None:
        """The group that stands on a line and goes on below it, when its heading is further up."""
        index = bisect_right(self._first_rows, row) - 1
        if index < 0 or not self.groups[index].title:
            return None
        return self.groups[index] if row + 1 < self._first_rows[index] + len(self.groups[index].task_ids) else None

    def row_at(self, position: Position) -> int:
        """The line of a position of the same order."""
        return self._first_rows[position.group] + position.place

    def row_of_number(self, number: int) -> int:
        """The line of a task by its number."""
        index = bisect_right(self._first_numbers, number) - 1
        return self._first_rows[index] + number - self._first_numbers[index]

    def number_at(self, row: int) -> int:
        """The number of the task on a line; on a heading that of the task below it, at the end the last one."""
        index = bisect_right(self._first_rows, row) - 1
        if index < 0:
            return 0
        place = min(row - self._first_rows[index], len(self.groups[index].task_ids))
        return min(self._first_numbers[index] + place, self.task_count - 1)

    def row_of(self, task_id: str) -> int | None:
        """The line of a task; looks at all of them."""
        for group, first_row in zip(self.groups, self._first_rows, strict=True):
            if task_id in group.task_ids:
                return first_row + group.task_ids.index(task_id)
        return None

    def tasks_from(self, number: int, step: int = 1) -> Iterator[str]:
        """Task ids from a number on, downwards or with ``step=-1`` upwards."""
        end = self.task_count if step > 0 else -1
        for current in range(number, end, step):
            task_id = self.task_at(self.row_of_number(current))
            if task_id is not None:
                yield task_id

    def survivor(self, row: int, is_shown: Callable[[str], bool]) -> str | None:
        """The task nearest to a line that is still shown elsewhere: on it, else after it, else before it."""
        number = self.number_at(row)
        nearest = chain(self.tasks_from(number), self.tasks_from(number - 1, -1))
        return next((task_id for task_id in nearest if is_shown(task_id)), None)

    def between(self, row: int, other: int) -> list[str]:
        """The tasks from one line to another, both included, whichever comes first."""
        lines = range(min(row, other), max(row, other) + 1)
        return [task_id for task_id in map(self.task_at, lines) if task_id is not None]
