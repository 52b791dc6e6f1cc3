"""Who is told about which event: transitions that matter to a person, once, summed up, not in quiet hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from jjm_tui.domain.counts import REASONS, is_archived
from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import NeedsMe, Task
from jjm_tui.domain.text import clean_line, heading, truncate
from jjm_tui.ports import Notifier

_TELLING: Final[Mapping[str, tuple[NeedsMe, str]]] = {
    TaskStatus.WAITING_APPROVAL: ("approval", TaskStatus.WAITING_APPROVAL.sentence),
    TaskStatus.WAITING_FEEDBACK: ("question", TaskStatus.WAITING_FEEDBACK.sentence),
    TaskStatus.FAILED: ("failure", TaskStatus.FAILED.sentence),
    TaskStatus.COMPLETED: ("review", TaskStatus.COMPLETED.sentence),
}
_WORDS_CELLS: Final = 200
"""How much of the agent's own words is told, where they are told at all."""


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

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """``22:00-07:00``, as the settings have checked it."""
        start, _, end = text.partition("-")
        return cls(time.fromisoformat(start), time.fromisoformat(end))


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a person is told about one or several tasks. ``body`` has a line per task; clean."""

    title: str
    body: str
    task_ids: tuple[str, ...]


class Announcer:
    """Chooses the events worth telling and hands them on, each once. ``reasons``: what the person wants to hear of."""

    def __init__(
        self,
        notifiers: Sequence[Notifier] = (),
        quiet: QuietHours | None = None,
        reasons: Collection[NeedsMe] = REASONS,
    ) -> None:
        self._notifiers = notifiers
        self._quiet = quiet
        self._reasons = frozenset(reasons)

    def chosen(self, events: Iterable[TaskEvent], tasks: Mapping[str, Task], now: datetime) -> list[TaskEvent]:
        """The newest transition worth telling of each task, none in quiet hours."""
        if self._quiet is not None and self._quiet.covers(now):
            return []
        telling = [event for event in events if is_worth_telling(event, tasks, now, self._reasons)]
        return list({event.task_id: event for event in telling}.values())

    async def announce(self, events: Iterable[TaskEvent], tasks: Mapping[str, Task], now: datetime) -> None:
        """Tell every notifier about the transitions among ``events``."""
        telling = self.chosen(events, tasks, now)
        if telling:
            for notifier in self._notifiers:
                await notifier.notify(telling, tasks)


def _status_of(event: TaskEvent) -> str | None:
    """The status that an event leads to; a task met at the very first synchronisation is no news."""
    if event.type is EventType.STATUS_CHANGED:
        return str(event.data.get("to"))
    if event.type is EventType.TASK_DISCOVERED and not event.data.get("first_sync"):
        return str(event.data.get("status"))
    return None


def reason_of(event: TaskEvent) -> NeedsMe | None:
    """Why a person may want to hear of this event: what the task needs from now on; ``None`` when it needs nothing."""
    telling = _TELLING.get(_status_of(event) or "")
    return None if telling is None else telling[0]


def is_worth_telling(
    event: TaskEvent, tasks: Mapping[str, Task], now: datetime, reasons: Collection[NeedsMe] = REASONS
) -> bool:
    """A change into a status that needs a person, of a task that is neither archived nor snoozed."""
    if reason_of(event) not in reasons:
        return False
    task = tasks.get(event.task_id or "")
    if task is None:
        return False
    return not is_archived(task) and (task.snoozed_until is None or task.snoozed_until <= now)


def summarise(
    events: Sequence[TaskEvent], tasks: Mapping[str, Task], *, most: int = 3, agent_text: bool = False
) -> Announcement:
    """One announcement for a burst: up to ``most`` tasks by title, the rest by number.

    The agent's own words are in it only with ``agent_text``.
    """
    lines = []
    for event in events[:most]:
        task = tasks.get(event.task_id or "")
        title = heading(task.title, task.description) if task is not None else clean_line(str(event.task_id))
        line = f"{title} {_TELLING.get(_status_of(event) or '', ('', 'changed'))[1]}"
        words = _agent_words(task) if agent_text and task is not None else ""
        lines.append(f"{line}: {words}" if words else line)
    if len(events) > most:
        lines.append(f"and {len(events) - most} more")
    count = len(events)
    return Announcement(
        title="Jules: 1 task" if count == 1 else f"Jules: {count} tasks",
        body="\n".join(lines),
        task_ids=tuple(event.task_id for event in events if event.task_id is not None),
    )


def _agent_words(task: Task) -> str:
    """What Jules said last, or why the task failed, on one line."""
    said = task.failure if task.status is TaskStatus.FAILED else None
    if said is None:
        said = next((message.content for message in reversed(task.chat_history) if message.type == "jules"), "")
    return truncate(clean_line(said), _WORDS_CELLS)
