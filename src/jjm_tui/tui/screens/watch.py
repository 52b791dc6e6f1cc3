"""The watch screen: what happens to tasks, line by line as it happens, newest at the bottom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import ClassVar, Final

from textual.content import Content

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.services.board import Board, BoardChange
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.engine import Engine
from jjm_tui.tui.pages.event_lines import HOUSEKEEPING, Feed
from jjm_tui.tui.pages.operation_words import title_of as title_of_operation
from jjm_tui.tui.screens.page import PageScreen
from jjm_tui.tui.widgets.bar import Piece
from jjm_tui.tui.widgets.header import connection_look
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.line_styles import KEY
from jjm_tui.tui.widgets.status_bar import age_of_data, oldest_data

_FIRST: Final = 200
"""Events of the past that are shown when the screen opens."""
_MOST: Final = 500
_RUNNING: Final = frozenset({TaskStatus.PENDING, TaskStatus.IN_PROGRESS})


class WatchScreen(PageScreen):
    """A live feed of everything that happens to tasks, or only to watched ones. Enter goes to the task."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "watch"})
    NAME = "Watch"
    KEYS = ("open", "watch.only-watched", "follow")
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType({"open": "go to the task of this line"})
    TITLES: ClassVar[Mapping[str, str]] = MappingProxyType({"open": "go to task", "follow": "follow the newest"})

    def __init__(self) -> None:
        super().__init__()
        self._events: list[TaskEvent] = []
        self._is_loaded = False
        self._only_watched = False
        self._feed: Feed | None = None

    def make_list(self) -> LineList:
        """A feed with a cursor."""
        return LineList(has_cursor=True, has_tail=True, most=_MOST)

    def on_mount(self) -> None:
        """Read what happened lately, as soon as the history can be read."""
        self._show_state(self.now())
        self.when_open(self._load)

    async def _load(self, engine: Engine) -> None:
        """Read the end of the history; what was heard meanwhile is not shown twice."""
        past = await engine.manager.query_events(limit=_FIRST)
        heard = [event for event in self._events if event not in past]
        self._events = _by_time([*past, *heard])
        self._is_loaded = True
        self.refill(anew=True)

    # what is shown

    def fill(self, width: int) -> None:
        """All lines anew."""
        self._feed = Feed(self._title)
        self.lines.set_lines(self._feed.lines(self._wanted(self._events), width))
        self._show_empty()
        self._show_state(self.now())

    def _is_wanted(self, event: TaskEvent) -> bool:
        if self._only_watched:
            return event.task_id in self.board.watched
        return event.task_id in self.board.watched or not _is_no_change(event)

    def _wanted(self, events: Iterable[TaskEvent]) -> list[TaskEvent]:
        """Those to show; who asked for a new task gets the task that came of it, as far as there is one."""
        placed = (event if event.task_id else replace(event, task_id=self._made_by(event)) for event in events)
        return [event for event in placed if self._is_wanted(event)]

    def _made_by(self, event: TaskEvent) -> str | None:
        operation = self._operation(event)
        return None if operation is None else operation.task_id

    def _operation(self, event: TaskEvent) -> Operation | None:
        asked = event.data.get("operation_id")
        return next((operation for operation in self.board.operations if operation.id == asked), None)

    def _title(self, event: TaskEvent) -> str:
        """What people call the task, also before there is one."""
        if event.task_id is None and (operation := self._operation(event)) is not None:
            return title_of_operation(operation, self.board)
        return self.title_of(event.task_id) or "a new task"

    def _show_empty(self) -> None:
        keys = self.dashboard.launch.keymap
        if not self._is_loaded:
            text = Content("Reading the history…")
        elif self._only_watched and not self.board.watched:
            text = Content.assemble(
                "You watch no task. ",
                (keys.first("task.watch"), KEY),
                " on a task in the list watches it; ",
                (keys.first("watch.only-watched"), KEY),
                " shows everything that happens.",
            )
        elif self._only_watched:
            text = Content("Nothing has happened to the tasks that you watch. What happens from now on appears here.")
        else:
            here = "What happens to a task from now on appears here, newest at the bottom."
            text = Content(f"Nothing has happened yet. {here}")
        self.show_empty(text)

    def _show_state(self, now: datetime) -> None:
        self.show_header(_describe(self.board, now, only_watched=self._only_watched))

    def key_words(self, action_id: str) -> str:
        """What the key does now."""
        if action_id == "watch.only-watched" and self._only_watched:
            return "everything"
        return super().key_words(action_id)

    # what changes

    def events_happened(self, events: Sequence[TaskEvent]) -> None:
        """Add a line for each, whatever process saw it. What was read from the history is heard once more: no line."""
        new = [event for event in events if event not in self._events]
        is_earlier = bool(new and self._events) and min(map(_TIME, new)) < _TIME(self._events[-1])
        self._events = _by_time([*self._events, *new])[-_MOST:]
        if not self._is_loaded or self._feed is None:
            return
        wanted = self._wanted(_by_time(new))
        width = self.lines.scrollable_content_region.width
        if is_earlier:
            self._feed = Feed(self._title)
            self.lines.set_lines(self._feed.lines(self._wanted(self._events), width), news=len(wanted))
        else:
            self.lines.add_lines(self._feed.lines(wanted, width))

    def board_changed(self, change: BoardChange) -> None:
        """Counts, and which tasks are watched."""
        if "watched" in change.aspects and self._only_watched:
            self.refill(anew=True)
        self._show_state(self.now())

    def clock_ticked(self, now: datetime) -> None:
        """The data gets older."""
        self._show_state(now)

    # actions

    def do_open(self) -> None:
        """Go to the task of this line."""
        self.lines.choose()

    def do_follow(self) -> None:
        """Stay at the newest line, or stop doing so."""
        self.lines.toggle_follow()

    def do_watch_only_watched(self) -> None:
        """Only watched tasks, or all."""
        self._only_watched = not self._only_watched
        self.refill(anew=True)

    def on_line_list_chosen(self, message: LineList.Chosen) -> None:
        """Go to the task."""
        if message.line is not None:
            self.dashboard.show_task(message.line.key)


_TIME: Final = attrgetter("told_at")


def _by_time(events: Sequence[TaskEvent]) -> list[TaskEvent]:
    """Oldest first; of the same time, as they were heard."""
    return sorted(events, key=_TIME)


def _is_no_change(event: TaskEvent) -> bool:
    """The person's own marks, and tasks found at the very first reading of the list: nothing happened to them."""
    is_first_sight = event.type is EventType.TASK_DISCOVERED and bool(event.data.get("first_sync"))
    return event.type in HOUSEKEEPING or is_first_sight


def _describe(board: Board, now: datetime, *, only_watched: bool) -> Iterator[Piece]:
    running = [task for task in board.tasks.values() if task.status in _RUNNING and _is_here(task)]
    watched = [task for task_id in board.watched if (task := board.task(task_id)) is not None]
    yield Piece(f"{len(running)} running", "quiet", rank=2)
    yield Piece(f"{len(watched)} watched", "quiet", rank=3)
    if only_watched:
        yield Piece("only watched tasks", "trouble", rank=1)
    yield _age_of_data(watched if only_watched else [*running, *watched], now)
    _, word, role = connection_look(board.connection, now)
    if role not in ("good", "quiet"):
        yield Piece(word if "server" in word else f"server: {word}", "trouble", rank=4)


def _is_here(task: Task) -> bool:
    return not task.archived and task.on_server is not False


def _age_of_data(tasks: Sequence[Task], now: datetime) -> Piece:
    """How old the oldest of what is told of these tasks is."""
    if any(task.synced_at is None for task in tasks):
        return Piece("some were never read from a server", "trouble", rank=5)
    oldest = oldest_data(tasks, now)
    if oldest is None:
        return Piece("", "quiet")
    return Piece(f"oldest data {age_of_data((now - oldest).total_seconds())}", "quiet", rank=5)
