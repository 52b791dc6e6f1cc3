"""Merging what servers tell into what is stored; what they tell again, word for word, takes a fraction of the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.facts import TaskFacts
from jjm_tui.domain.merge import merge
from jjm_tui.domain.retelling import tell_again
from jjm_tui.domain.task import Task
from jjm_tui.ports import Clock


class Merger:
    """Merges facts, and remembers for each task which facts made it what it is."""

    def __init__(self, origin: str, clock: Clock) -> None:
        self._origin = origin
        self._clock = clock
        self._told: dict[str, tuple[TaskFacts, Task]] = {}

    def merge(
        self, stored: Task | None, group: Sequence[TaskFacts], *, first_sync: bool = False
    ) -> tuple[Task, tuple[TaskEvent, ...]]:
        """The stored task with all facts of the group (at least one, weakest first), and what happened."""
        again = None if stored is None or first_sync or len(group) != 1 else self._tell_again(stored, group[0])
        if again is not None:
            self._told[again.id] = group[0], again
            return again, ()
        task, events, now = stored, list[TaskEvent](), self._clock.now()
        for facts in group:
            result = merge(task, facts, first_sync=first_sync, now=now)
            task = result.task
            events.extend(result.events)
        assert task is not None  # noqa: S101 - facts make a task
        if task.origin != self._origin:
            task = replace(task, origin=self._origin)
        self._told[task.id] = group[-1], task
        return task, tuple(events)

    def _tell_again(self, stored: Task, facts: TaskFacts) -> Task | None:
        """Only where the stored task is the very one that the last facts made: nobody changed it since."""
        known = self._told.get(stored.id)
        return tell_again(stored, known[0], facts) if known is not None and known[1] is stored else None
