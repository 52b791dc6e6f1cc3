"""The tasks that a person marked, by id, whatever the list does meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable


class Marks:
    """A set of task ids. While a range is open, moving the cursor marks all between its anchor and the cursor."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._before: frozenset[str] = frozenset()
        self.anchor: str | None = None
        """Where an open range begins."""

    @property
    def ids(self) -> frozenset[str]:
        """All marked tasks, shown or not."""
        return frozenset(self._ids)

    def __contains__(self, task_id: object) -> bool:
        return task_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def toggle(self, task_id: str) -> None:
        """Mark a task, or unmark it; ends an open range."""
        self.anchor = None
        self._ids ^= {task_id}

    def add(self, task_ids: Iterable[str]) -> None:
        """Mark tasks; ends an open range."""
        self.anchor = None
        self._ids.update(task_ids)

    def clear(self) -> None:
        """Unmark all; ends an open range."""
        self.anchor = None
        self._ids.clear()

    def open_range(self, task_id: str) -> None:
        """Begin a range at a task."""
        self._before = frozenset(self._ids)
        self.anchor = task_id
        self._ids.add(task_id)

    def close_range(self) -> None:
        """End the range; what it marked stays marked."""
        self.anchor = None

    def stretch_range(self, task_ids: Iterable[str]) -> None:
        """The range is these tasks now; marks set before it stay."""
        self._ids = {*self._before, *task_ids}

    def keep(self, known: Container[str]) -> None:
        """Unmark tasks that no longer exist."""
        gone = {task_id for task_id in self._ids if task_id not in known}
        self._ids -= gone
        self._before -= gone
        if self.anchor in gone:
            self.anchor = None

    def hidden(self, is_shown: Callable[[str], bool]) -> int:
        """How many marked tasks have no row now."""
        return sum(not is_shown(task_id) for task_id in self._ids)
