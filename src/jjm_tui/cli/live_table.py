"""The live table of ``monitor`` and of the overview: who needs a person first, then what happened last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.cli.appearance import local_second, standing, task_heading
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.tables import Cell, Column, cut, grid, with_title
from jjm_tui.domain.event_words import event_sentence
from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import age, clean_line, relative_time, short_ids
from jjm_tui.services.results import MonitorUpdate

if TYPE_CHECKING:
    from rich.console import Group

    from jjm_tui.cli.output import Look

_REFRESHES: Final = 1
"""Per second: ages count seconds, and nothing else moves by itself."""

_WIDE: Final = 100
_NARROW: Final = 60
_NEWS: Final = 5
_AROUND: Final = 5
"""Lines beside tasks and news: header, count of hidden tasks, empty line, status line, cursor."""


@dataclass(slots=True)
class _Picture:
    """What the table shows now."""

    update: MonitorUpdate | None = None
    news: tuple[TaskEvent, ...] = ()
    running: bool = True


@contextmanager
def live_table(context: CommandContext) -> Iterator[Callable[[MonitorUpdate], None]]:
    """A table that redraws itself; its last state stays on the screen."""
    from rich.live import Live
    from rich.text import Text

    picture = _Picture()

    def draw() -> Any:
        if picture.update is None:
            return Text("")
        return render(picture.update, picture.news, context.now(), context.out.look, height(), picture.running)

    def height() -> int:
        return context.out.console.height

    with Live(
        get_renderable=draw,
        console=context.out.console,
        refresh_per_second=_REFRESHES,
        transient=False,
        redirect_stdout=False,
        redirect_stderr=False,
        vertical_overflow="ellipsis",
    ) as live:

        def show(update: MonitorUpdate) -> None:
            picture.update = update
            picture.news = latest_news(picture.news, update.events)
            live.refresh()

        try:
            yield show
        finally:
            picture.running = False


def latest_news(before: Iterable[TaskEvent], fresh: Iterable[TaskEvent]) -> tuple[TaskEvent, ...]:
    """The news to show; files that change again and again take one line for each task."""
    news: dict[object, TaskEvent] = {}
    for number, event in enumerate((*before, *fresh)):
        key = event.task_id if event.type is EventType.FILES_CHANGED else number
        news.pop(key, None)
        news[key] = event
    return tuple(news.values())[-_NEWS:]


def render(
    update: MonitorUpdate, news: tuple[TaskEvent, ...], now: datetime, look: Look, height: int, running: bool
) -> Group:
    """One picture, not higher than the terminal. ``running``: Ctrl+C still stops something."""
    from rich.console import Group
    from rich.text import Text

    ids = short_ids([*(task.id for task in update.tasks), *(event.task_id for event in news if event.task_id)])
    room = max(1, height - len(news) - _AROUND)
    tasks = _in_order(update.tasks, now)
    parts: list[Any] = [grid(_columns(tasks[:room], ids, now, look), look)] if tasks else []
    if len(tasks) > room:
        parts.append(Text(f"and {len(tasks) - room} more"))
    if news:
        titles = {task.id: task_heading(task) for task in update.tasks}
        lines = [
            with_title(_news_line(event, ids), titles.get(event.task_id or ""), look.width, unicode=look.unicode)
            for event in news
        ]
        parts += [Text(""), *(Text(cut(line, look.width, unicode=look.unicode), style="dim") for line in lines)]
    status = cut(_status_line(update, now, running=running), look.width, unicode=look.unicode)
    return Group(*parts, Text(status, style="bold"))


def _in_order(tasks: tuple[Task, ...], now: datetime) -> list[Task]:
    """Those that need a person first, longest wait first; a task moves only when its status does."""

    def place(task: Task) -> tuple[bool, float, str]:
        needed = needs_me(task, now) is not None
        since = task.waiting_since if needed else task.created_at
        seconds = 0.0 if since is None else since.timestamp()
        return not needed, seconds if needed else -seconds, task.id

    return sorted(tasks, key=place)


def _columns(tasks: list[Task], ids: dict[str, str], now: datetime, look: Look) -> list[Column]:
    wide, narrow = look.width >= _WIDE, look.width < _NARROW
    columns = [
        Column("ID", [Cell(ids[task.id], "bold") for task in tasks]),
        Column("STATUS", [_status(task, now, look) for task in tasks]),
    ]
    if not narrow:
        columns.append(Column("ELAPSED", [Cell(_elapsed(task, now)) for task in tasks]))
    if wide:
        columns.append(Column("UPDATED", [Cell(relative_time(task.updated_at, now)) for task in tasks]))
    if not narrow:
        columns.append(Column("FILES", [Cell(_files(task)) for task in tasks], right=True))
    columns.append(Column("TITLE", [Cell(task_heading(task)) for task in tasks], share=2))
    if wide:
        columns.append(Column("LATEST MESSAGE", [Cell(_latest(task)) for task in tasks], share=3))
    return columns


def _status(task: Task, now: datetime, look: Look) -> Cell:
    weight = "bold " if needs_me(task, now) else ""
    text, color = standing(task, unicode=look.unicode)
    return Cell(text, weight + color)


def _elapsed(task: Task, now: datetime) -> str:
    return "unknown" if task.created_at is None else age((now - task.created_at).total_seconds())


def _files(task: Task) -> str:
    return "?" if task.source_files is None else str(len(task.source_files))


def _latest(task: Task) -> str:
    return clean_line(task.chat_history[-1].content[:400]) if task.chat_history else ""


def _news_line(event: TaskEvent, ids: dict[str, str]) -> str:
    task = ids[event.task_id] if event.task_id else ""
    return clean_line(f"{local_second(event.at)} {task} {event_sentence(event)}")


def _status_line(update: MonitorUpdate, now: datetime, *, running: bool) -> str:
    count = len(update.tasks)
    needed = sum(needs_me(task, now) is not None for task in update.tasks)
    text = "No active task" if not count else "1 task" if count == 1 else f"{count} tasks"
    if needed:
        text += f", {needed} need{'s' if needed == 1 else ''} you"
    text += f" · read {relative_time(update.synced_at, now)}"
    if update.failure is not None:
        return f"{text} · the server did not answer: {clean_line(update.failure.message)}"
    return f"{text} · Ctrl+C stops" if running else text
