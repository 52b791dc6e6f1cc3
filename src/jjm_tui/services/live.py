"""Keeping a board in step with store, history, outbox and server for as long as a face is open.

One process polls; the others follow the store. A failed poll changes no status: rows get older, and the connection
says why. Nothing here changes anything on the server.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.text import age
from jjm_tui.errors import AuthenticationError, JulesManagerError, ServerConnectionError, StorageError
from jjm_tui.logs import get_logger
from jjm_tui.ports import ServerInfo, ServerStatus
from jjm_tui.services.board import Board, Connection, ConnectionStatus
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.poller import Poller, PollReport
from jjm_tui.services.reading import TaskReader
from jjm_tui.services.recording import missing_drafts, unknown_outbox
from jjm_tui.services.store_troubles import Place, StoreTroubles

_log: Final = get_logger("live")

_SLOWEST: Final = 300.0
"""Seconds between two looks at most, however often they failed."""

_SOON: Final = 1.5
"""Seconds until the look after a decision of the person: servers show their effect that late (``servers.md`` 4)."""

_GATHER: Final = 0.25
"""Seconds in which events are gathered, so that a burst is told as one."""

_AGAIN: Final = 5.0
"""Seconds until local files that could not be read are tried again (told by ``store_troubles``)."""

_OF_OUTBOX: Final[tuple[Place, ...]] = ("outbox", "aside", "drafts")
"""What ``read_operations`` looks at."""

_LATE: Final = 1.5
"""Times the longest usual pause after which the process that polls for this one is taken for being in trouble."""

_ADOPT_EVERY: Final = 20.0
"""Seconds between two looks for operations whose process died."""

EventsListener = Callable[[Sequence[TaskEvent]], None]


@dataclass(slots=True)
class Pace:
    """How often the server is asked. Seconds."""

    interval: float = 15.0
    unfocused_interval: float = 60.0
    is_focused: bool = True
    failures: int = 0

    def pause(self) -> float:
        """Seconds until the next look: longer unfocused, doubled by every failure in a row."""
        usual = self.interval if self.is_focused else max(self.interval, self.unfocused_interval)
        return min(max(_SLOWEST, usual), usual * 2.0 ** min(self.failures, 10))


@dataclass
class LiveFeed:
    """Follows everything that changes and puts it on the board.

    ``on_events``: called with what happened, by whatever process, gathered in bursts. ``on_trouble``: called once per
    failure of the local store with its error, and with ``None`` when it works again.
    """

    context: ServiceContext
    reader: TaskReader
    board: Board
    pace: Pace = field(default_factory=Pace)
    on_events: EventsListener = lambda events: None
    on_trouble: Callable[[JulesManagerError | None], None] = lambda error: None
    polls: bool = True
    _wake: anyio.Event = field(default_factory=anyio.Event)
    _retry: anyio.Event = field(default_factory=anyio.Event)
    _adopt_now: anyio.Event = field(default_factory=anyio.Event)
    _reading_operations: anyio.Lock = field(default_factory=anyio.Lock)
    _now: bool = False
    _soon: bool = False
    _failure: JulesManagerError | None = None
    _polls_elsewhere: bool = False
    _follows_since: datetime | None = None
    _open_tasks: frozenset[str] = frozenset()
    _visible: frozenset[str] = frozenset()
    _troubles: StoreTroubles = field(default_factory=StoreTroubles)
    _trouble: str | None = None

    async def run(self) -> None:
        """Follow until cancelled."""
        server = self.context.server
        stop_watching = None if server is None else server.watch(self._show_connection)
        self._show_connection()
        troubles = self.context.read_troubles
        troubles.on_change = lambda: self.board.set_read_troubles(troubles.known)
        try:
            async with anyio.create_task_group() as group:
                changes = self.context.store.watch()
                await self._load()
                group.start_soon(self._follow_store, changes)
                group.start_soon(self._follow_outbox)
                group.start_soon(self._follow_history)
                group.start_soon(self._adopt)
                group.start_soon(self._look_after)
                if self.polls and server is not None:
                    group.start_soon(self._poll)
        finally:
            if stop_watching is not None:
                stop_watching()

    async def wait_after_mistake(self) -> None:
        """``run`` ended by a mistake of ours, so that nothing is followed: show that until ``refresh`` is called."""
        self._failure = JulesManagerError(
            "What is shown is not followed any more, because of a mistake inside jjm.",
            hint="Refresh to begin again. Please report it, with the newest log file.",
        )
        self.board.change_connection(next_poll_at=None)
        self._show_connection()
        self._retry = anyio.Event()
        await self._retry.wait()
        self._failure = None

    # what the face says

    def look_at(self, open_tasks: Iterable[str], visible: Iterable[str]) -> None:
        """Which tasks are open or watched, and which are on the screen: polling favours them."""
        self._open_tasks, self._visible = frozenset(open_tasks), frozenset(visible)

    def set_focused(self, focused: bool) -> None:
        """Whether the person looks at this terminal; coming back asks at once when it is due."""
        if focused != self.pace.is_focused:
            self.pace.is_focused = focused
            self._wake.set()

    def refresh(self) -> None:
        """Ask the server now, and try again what could not be read or written."""
        self.pace.failures = 0
        self._now = True
        self._wake.set()
        self._retry.set()
        self._adopt_now.set()

    def look_soon(self) -> None:
        """A decision was carried out: look again shortly."""
        self._soon = True
        self._wake.set()

    # following

    async def _load(self) -> None:
        try:
            self.board.load(await self.context.store.list_tasks())
            await self._read_sync()
        except StorageError as error:
            self._note("tasks", error)
            return
        self._note_readable()
        await self.read_operations()

    async def _follow_store(self, changes: AsyncIterator[frozenset[str]]) -> None:
        async for ids in changes:
            try:
                tasks = await self.context.store.list_tasks()
                if self.board.is_whole:
                    stored, shown = {task.id: task for task in tasks}, self.board.tasks
                    gone = shown.keys() - stored.keys()  # the first changes are told without what went before them
                    news = (each for each in ids | gone if stored.get(each) is not shown.get(each))
                    self.board.apply({task_id: stored.get(task_id) for task_id in news})
                else:
                    self.board.load(tasks)
                await self._read_sync()
                self._note_readable()
            except StorageError as error:
                self._note("tasks", error)

    def _note_readable(self) -> None:
        """The stored tasks could be read: whether they can be written, too, is found out soon."""
        self._note("tasks", None)
        if self._troubles.has("news"):
            self.look_soon()

    async def _follow_outbox(self) -> None:
        async for _ in self.context.outbox.watch():
            await self.read_operations()

    async def _adopt(self) -> None:
        """Operations of processes that died become what they are, while this one lives."""
        from jjm_tui.services.settling import Settler

        settler = Settler(self.context, self.reader)
        while True:
            with contextlib.suppress(StorageError):  # reading them tells it
                await settler.adopt()
            await self.read_operations()
            self._adopt_now = anyio.Event()
            with anyio.move_on_after(_ADOPT_EVERY):
                await self._adopt_now.wait()

    async def _look_after(self) -> None:
        """What nobody tells: whether the server still answers, and that a file got well again."""
        while True:
            self._retry = anyio.Event()
            with anyio.move_on_after(_AGAIN):
                await self._retry.wait()
            if self.context.server is not None:
                self.board.change_connection(silent_since=self.context.server.info().silent_since)
            if self._troubles.has("tasks"):
                await self._load()
            if any(self._troubles.has(place) for place in _OF_OUTBOX):
                await self.read_operations()

    async def read_operations(self) -> None:
        """Put the operations on the board, now: as they are on disk, or as they ended where that cannot be written
        down. One reading at a time, so that none is overtaken."""
        try:
            async with self._reading_operations:
                recorded = await self.context.outbox.list_operations()
                known = self.context.unrecorded
                unwritten = {each.id: known[each.id] for each in recorded if each.state.is_open and each.id in known}
                shown = [unwritten[each.id].operation if each.id in unwritten else each for each in recorded]
                self.board.set_operations(shown, unwritten)
                aside = await self.context.outbox.set_aside()
                drafts = await self.context.drafts.set_aside()
                unread = None if drafts else await self.context.drafts.find_trouble()
            self._note("outbox", None)
            self._note("aside", unknown_outbox(aside) if aside else None)
            self._note("drafts", missing_drafts(drafts) if drafts else unread)
            why = next((each.why for each in unwritten.values()), None)
            self._note("endings", None if why is None else StorageError(why, hint="It is tried again by itself."))
        except StorageError as error:
            self._note("outbox", error)

    async def _read_sync(self) -> None:
        self.board.set_sync(await self.context.store.get_sync_state(self.context.origin))

    async def _follow_history(self) -> None:
        send, receive = anyio.create_memory_object_stream[TaskEvent](10_000)
        async with anyio.create_task_group() as group, send, receive:
            group.start_soon(self._gather_events, receive)
            while True:
                try:
                    if self._troubles.has("history"):
                        await self.context.events.query(limit=1)
                        self._note("history", None)
                    async for event in self.context.events.follow():
                        await send.send(event)
                except (OSError, StorageError) as error:
                    sentence = f"The history cannot be read: {error}"
                    self._note("history", StorageError(sentence, hint="See `jjm store check`."))
                    await anyio.sleep(_AGAIN)

    async def _gather_events(self, receive: MemoryObjectReceiveStream[TaskEvent]) -> None:
        while True:
            burst = [await receive.receive()]
            with anyio.move_on_after(_GATHER):
                while True:
                    burst.append(await receive.receive())
            self.on_events(tuple(burst))

    def _note(self, place: Place, error: JulesManagerError | None) -> None:
        """Something local failed, or worked: show the gravest of what does not work; each is told once."""
        self._troubles.note(place, error)
        trouble, told = self._troubles.gravest or (None, None)
        self.board.set_store_trouble(trouble)
        words = None if told is None else told.message
        if words != self._trouble:
            self._trouble = words
            self.on_trouble(told)

    # asking the server

    async def _poll(self) -> None:
        poller = Poller.for_interval(self.context, self.reader, self.pace.interval)
        while True:
            self.board.change_connection(is_polling=True)
            try:
                await self._look(poller)
            finally:
                self.board.change_connection(is_polling=False)
            await self._pause()

    async def _look(self, poller: Poller) -> None:
        poller.open_tasks, poller.visible = self._open_tasks | self.board.watched, self._visible
        try:
            report = await poller.tick()
        except StorageError as error:  # no lock, no leader: the face goes on with what is stored
            report = PollReport(led=True, at=self.context.clock.now(), failure=error)
        is_local = isinstance(report.failure, StorageError)
        if is_local or (report.failure is None and not self.context.untold):
            self._note("news", report.failure)
        self._failure, self._polls_elsewhere = None if is_local else report.failure, not report.led
        if report.led:
            self.pace.failures = self.pace.failures + 1 if self._failure is not None else 0
        try:
            await self._read_sync()
        except StorageError as error:
            self._note("tasks", error)
        self._show_connection()

    async def _pause(self) -> None:
        """Wait for the next look. Real time, as this is about other machines; a decision or a person cuts it short."""
        started = anyio.current_time()
        while not self._now:
            due = started + (_SOON if self._soon else self.pace.pause())
            self.board.change_connection(next_poll_at=due)
            left = due - anyio.current_time()
            if left <= 0:
                break
            self._wake = anyio.Event()
            with anyio.move_on_after(left):
                await self._wake.wait()
        self._now = self._soon = False

    def _show_connection(self) -> None:
        server = self.context.server
        if server is None:
            why = self.context.no_server
            if why is None:
                self.board.set_connection(Connection("none", trouble="No Jules MCP server is configured."))
            else:
                self.board.set_connection(Connection("not ready", trouble=why.message, way_out=why.hint))
            return
        failure = self._failure or self._silence_elsewhere()
        self.board.set_connection(_describe(server.info(), self.board.connection, failure, self._polls_elsewhere))

    def _silence_elsewhere(self) -> JulesManagerError | None:
        """Another process polls, and nothing came of it for longer than it rests when nobody looks at it."""
        now = self.context.clock.now()
        if not self._polls_elsewhere:
            self._follows_since = None
            return None
        since = self._follows_since = min(self._follows_since or now, now)
        read_at = self.board.sync.synced_at
        if read_at is not None and read_at <= now:  # ahead of now it was told by a clock that has been set back
            since = max(since, read_at)
        silent = (now - since).total_seconds()
        if silent < _LATE * max(self.pace.interval, self.pace.unfocused_interval):
            return None
        return ServerConnectionError(
            f"Another jjm asks the server for this one as well, and has read nothing for {age(silent)}.",
            hint="The connection screen there tells why.",
        )


_WORDS: Final[Mapping[ServerStatus, ConnectionStatus]] = {
    "idle": "idle",
    "connecting": "starting",
    "connected": "connected",
    "down": "reconnecting",
    "cannot_start": "could not start",
    "gave_up": "gave up",
    "closed": "offline",
}


def _status(info: ServerInfo) -> ConnectionStatus:
    """What never ran does not *re*connect."""
    if info.status == "connecting" and info.was_up:
        return "reconnecting"
    if info.status == "down" and not info.was_up:
        return "could not start"
    return _WORDS[info.status]


def _describe(
    info: ServerInfo, known: Connection, failure: JulesManagerError | None, polls_elsewhere: bool
) -> Connection:
    trouble = info.trouble if info.status in ("down", "cannot_start", "gave_up") else None
    way_out = None
    if failure is not None:
        trouble, way_out = failure.message, failure.hint
        if isinstance(failure, AuthenticationError) and way_out is None:
            way_out = "Check the key or the sign-in: jjm doctor"
    return Connection(
        status=_status(info),
        label=info.label,
        dialect=info.dialect,
        trouble=trouble,
        way_out=way_out,
        polls_elsewhere=polls_elsewhere,
        is_polling=known.is_polling,
        next_poll_at=known.next_poll_at,
        silent_since=info.silent_since,
        budget_used=info.budget_used,
        budget_limit=info.budget_limit,
        restarts=info.restarts,
        unavailable={} if info.capabilities is None else info.capabilities.unavailable,
        resume_by_message=None if info.capabilities is None else info.capabilities.resume_by_message,
    )
