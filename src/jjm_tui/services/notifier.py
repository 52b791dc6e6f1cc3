"""Who is told about which event: transitions that matter to a person, once, summed up, not in quiet hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import heading
from jjm_tui.ports import Notifier

_TELLING: Final[Mapping[str, str]] = {
    TaskStatus.WAITING_APPROVAL: "waits for approval",
    TaskStatus.WAITING_FEEDBACK: "asks a question",
    TaskStatus.FAILED: "failed",
    TaskStatus.COMPLETED: "is finished",
}


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily time span, local time, that may cross midnight."""

    start: time
    end: time

    def covers(self, moment: datetime) -> bool:
        """Whether ``moment`` falls into the span; ``moment`` is converted to local time."""
        local = moment.astimezone().time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class Announcement:
    """One sentence for a person about one or several tasks; never the agent's own text."""

    title: str
    body: str
    task_ids: tuple[str, ...]


class Announcer:
    """Chooses the events worth telling and hands them on, each once."""

    def __init__(self, notifiers: Sequence[Notifier], quiet: QuietHours | None = None) -> None:
        self._notifiers = notifiers
        self._quiet = quiet

    async def announce(self, events: Iterable[TaskEvent], tasks: Mapping[str, Task], now: datetime) -> None:
        """Tell every notifier about the transitions among ``events``."""
        telling = [event for event in events if is_worth_telling(event, tasks, now)]
        if telling and not (self._quiet is not None and self._quiet.covers(now)):
            for notifier in self._notifiers:
                await notifier.notify(telling, tasks)


def _status_of(event: TaskEvent) -> str | None:
    """The status that an event leads to; a task met at the very first synchronisation is no news."""
    if event.type is EventType.STATUS_CHANGED:
        return str(event.data.get("to"))
    if event.type is EventType.TASK_DISCOVERED and not event.data.get("first_sync"):
        return str(event.data.get("status"))
    return None


def is_worth_telling(event: TaskEvent, tasks: Mapping[str, Task], now: datetime) -> bool:
    """A change into a status that needs a person, of a task that is neither archived nor snoozed."""
    if _status_of(event) not in _TELLING:
        return False
    task = tasks.get(event.task_id or "")
    if task is None:
        return False
    return not task.archived and (task.snoozed_until is None or task.snoozed_until <= now)


def summarise(events: Sequence[TaskEvent], tasks: Mapping[str, Task], *, most: int = 3) -> Announcement:
    """One announcement for a burst: up to ``most`` tasks by title, the rest by number."""
    lines = []
    for event in events[:most]:
        task = tasks.get(event.task_id or "")
        title = heading(task.title, task.description) if task is not None else str(event.task_id)
        lines.append(f"{title} {_TELLING.get(_status_of(event) or '', 'changed')}")
    if len(events) > most:
        lines.append(f"and {len(events) - most} more")
    count = len(events)
    return Announcement(
        title="Jules: 1 task" if count == 1 else f"Jules: {count} tasks",
        body="\n".join(lines),
        task_ids=tuple(event.task_id for event in events if event.task_id is not None),
    )
