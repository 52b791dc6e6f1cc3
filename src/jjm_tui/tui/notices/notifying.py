"""Telling the person about changes that need them: a toast here, the terminal's title, and what they chose outside.

A toast is shown by every dashboard: at once, or when the dialog is closed and the text written that it would cover.
Bell, desktop and command are used by the one that holds the announcer's lock, once per transition, summed up, never in
quiet hours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import anyio

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.errors import StorageError
from jjm_tui.logs import get_logger
from jjm_tui.services.board import Board, BoardChange
from jjm_tui.services.notifier import Announcement, Announcer, QuietHours, reason_of, summarise
from jjm_tui.tui.ending import write_last
from jjm_tui.tui.look.terminal import has_title, wants_ascii
from jjm_tui.tui.notices.channels import (
    BellChannel,
    Channel,
    ChannelError,
    ProgramChannel,
    find_desktop_channel,
    own_command,
)
from jjm_tui.tui.notices.key_here import key_here
from jjm_tui.tui.notices.occupied import is_occupied
from jjm_tui.tui.notices.terminal_title import TerminalTitle
from jjm_tui.tui.notices.told_file import ToldFile
from jjm_tui.tui.writing.editor import is_terminal_lent

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from jjm_tui.ports import Clock
    from jjm_tui.settings.model import NotificationSettings
    from jjm_tui.tui.app import JulesApp

_log: Final = get_logger("notifying")

_APART: Final = 10.0
"""Seconds between two announcements outside; what happens in between is told as one."""

_KEPT_FOR: Final = timedelta(minutes=1)
"""How long a dashboard that does not lead keeps what it heard: the one that leads may end before it has told."""

_PATIENCE: Final = 2.0
"""Seconds for which a new task may be told about in the history before the board has it."""

Toast = Callable[[str, str, "SeverityLevel"], None]
"""Shows a text under a title."""


class Notifying:
    """``happened`` takes what the live feed tells; ``tick`` shows and sends what was gathered meanwhile."""

    def __init__(
        self,
        settings: NotificationSettings,
        board: Board,
        clock: Clock,
        toast: Toast,
        *,
        channels: Sequence[Channel] = (),
        leads: Callable[[], bool] = lambda: False,
        told: ToldFile | None = None,
        title: TerminalTitle | None = None,
        jump_key: Callable[[], str] = lambda: "",
    ) -> None:
        """``leads``: whether this dashboard is the one that tells the world outside. ``jump_key``: how the person gets
        to the next task in the list that needs them; nothing where there is none.
        """
        quiet = None if settings.quiet_hours is None else QuietHours.parse(settings.quiet_hours)
        self._announcer = Announcer(quiet=quiet, reasons=settings.reasons)
        self._agent_text = settings.agent_text
        self._board = board
        self._clock = clock
        self._toast = toast
        self._channels = channels
        self._leads = leads
        self._told = told or ToldFile(None)
        self._title = title
        self._jump_key = jump_key
        self.is_occupied: Callable[[], bool] = lambda: False
        """Whether the person is at something that a toast would cover."""
        self._held: list[TaskEvent] = []
        self._pending: list[TaskEvent] = []
        self._announced_at: float | None = None
        self._failures: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()

    # what happens

    async def happened(self, events: Iterable[TaskEvent]) -> None:
        """Tell about the transitions among these events. Never raises for a channel's failure."""
        events = list(events)
        moved = {event.task_id for event in events if event.type is EventType.STATUS_CHANGED}
        self._held = [event for event in self._held if event.task_id not in moved]
        self._pending = [event for event in self._pending if event.task_id not in moved]
        events = [event for event in events if reason_of(event) is not None]
        await self._until_known(events)
        telling = self._announcer.chosen(events, self._board.tasks, self._clock.now())
        if not telling:
            return
        if self.is_occupied():
            self._held += telling
        else:
            self._show_toast(telling)
        if self._channels:
            self._pending += telling
            await self._send_when_due()

    def tick(self) -> None:
        """Called about once a second: what was held back is shown when nothing is in its way any more, and what was
        gathered since the last announcement is sent when it is due.
        """
        self._show_held()
        if self._pending and not self._running:
            task = asyncio.get_running_loop().create_task(self._send_when_due())
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def show_count(self, needing: int) -> None:
        """Show in the terminal's title how many tasks need the person."""
        if self._title is not None:
            self._title.show(needing)

    async def close(self) -> None:
        """Stop telling, and end programs that still run for it. Bring the title back when the screen is gone."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._title is not None:
            self._title.restore(write_last)

    async def _until_known(self, events: Sequence[TaskEvent]) -> None:
        """The history may be faster than the board."""
        if all(event.task_id in self._board.tasks for event in events):
            return
        changed = anyio.Event()

        def heard(_: BoardChange) -> None:
            if all(event.task_id in self._board.tasks for event in events):
                changed.set()

        stop = self._board.subscribe(heard)
        try:
            with anyio.move_on_after(_PATIENCE):
                await changed.wait()
        finally:
            stop()

    # here

    def _show_held(self) -> None:
        """One toast for all that came meanwhile; without what nobody needs to hear any more."""
        if not self._held or self.is_occupied():
            return
        held, self._held = self._held, []
        still = [event for event in held if self._is_still_so(event)]
        telling = self._announcer.chosen(still, self._board.tasks, self._clock.now())
        if telling:
            self._show_toast(telling)

    def _is_still_so(self, event: TaskEvent) -> bool:
        """What the person decided meanwhile is on the board before the history tells it."""
        task = self._board.task(event.task_id)
        return task is not None and task.status == (event.data.get("to") or event.data.get("status"))

    def _show_toast(self, events: Sequence[TaskEvent]) -> None:
        told = summarise(events, self._board.tasks)
        reasons = {reason_of(event) for event in events}
        severity: SeverityLevel = "information"
        title = "Finished"
        if "failure" in reasons:
            severity, title = "error", "Failed"
        if reasons & {"approval", "question"}:
            severity, title = "warning", "Needs you"
        key = self._jump_key()
        hint = f"\n{key} goes to what needs you" if key else ""
        self._toast(told.body + hint, title, severity)

    # outside

    def _is_leading(self) -> bool:
        try:
            return self._leads()
        except StorageError as error:
            _log.warning("announcer_lock_failed", reason=error.message)
            return False

    async def _send_when_due(self) -> None:
        now, before = self._clock.monotonic(), self._announced_at
        if before is not None and now - before < _APART:
            return
        if not self._is_leading():
            self._pending = [event for event in self._pending if self._clock.now() - event.at < _KEPT_FOR]
            return
        self._announced_at = now
        gathered, self._pending = self._pending, []
        still = self._announcer.chosen(gathered, self._board.tasks, self._clock.now())
        news = await asyncio.to_thread(self._told.take, still)
        if not news:
            self._announced_at = before
            return
        announcement = summarise(news, self._board.tasks, agent_text=self._agent_text)
        await asyncio.gather(*(self._send(channel, announcement) for channel in self._channels))

    async def _send(self, channel: Channel, announcement: Announcement) -> None:
        try:
            await channel.send(announcement)
        except ChannelError as error:
            sentence = str(error)
            _log.warning("notification_failed", reason=sentence)
            if sentence not in self._failures:
                self._failures.add(sentence)
                self._toast(sentence, "Notifications", "warning")


def notifying_for(app: JulesApp) -> Notifying:
    """Telling as the settings of this start want it."""
    from jjm_tui.tui.screens.list_host import ListHost

    launch = app.launch
    settings, environ = launch.settings.notifications, launch.environ

    def write(data: str) -> None:
        driver = app._driver  # noqa: SLF001 - Textual has no public way to write to the terminal
        if driver is not None and not app.is_headless and not is_terminal_lent(app):
            driver.write(data)

    def leads() -> bool:
        announcing = None if app.engine is None else app.engine.announcing
        return announcing is not None and announcing.try_lead()

    def jump_key() -> str:
        main = app.screen_stack[0]
        has_need = isinstance(main, ListHost) and main.has_need_in_list()
        return key_here(app, "next.needs-me") if has_need else ""

    channels, remark = make_channels(settings, write, app.bell, environ)
    if remark is not None:
        app.tell(remark, severity="warning")
    mark = "*" if wants_ascii(launch.settings, environ) else "●"
    shows_title = settings.title and has_title(environ)
    notifying = Notifying(
        settings,
        launch.board,
        launch.clock,
        lambda text, title, severity: app.tell(text, title=title, severity=severity),
        channels=channels,
        leads=leads,
        told=ToldFile(launch.place.store.locks / "announced.json"),
        title=TerminalTitle(write, mark=mark) if shows_title else None,
        jump_key=jump_key,
    )
    notifying.is_occupied = lambda: is_occupied(app)
    return notifying


def make_channels(
    settings: NotificationSettings,
    write: Callable[[str], None],
    ring: Callable[[], None],
    environ: Mapping[str, str],
) -> tuple[list[Channel], str | None]:
    """The channels that the settings ask for, and a sentence about one that cannot be had."""
    channels: list[Channel] = []
    remark = None
    if settings.bell:
        channels.append(BellChannel(ring))
    if settings.desktop:
        desktop = find_desktop_channel(write, environ)
        if desktop is None:
            remark = (
                "Desktop notifications are on in the settings, but neither this terminal nor this system is known to "
                "show any; notifications.command can name a program."
            )
        else:
            channels.append(desktop)
    if settings.command:
        channels.append(ProgramChannel(own_command(settings.command), environ))
    return channels, remark
