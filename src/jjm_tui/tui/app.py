"""The app: composition root of the screens. It opens screens, hands them what changed, and talks to the person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.events import Event, InputEvent, Key, MouseDown, Paste
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import Worker

from jjm_tui.logs import get_logger
from jjm_tui.tui.bridge import Bridge
from jjm_tui.tui.closed import forget_closed, found_nothing_in_closed, is_gone_at
from jjm_tui.tui.collector import Collector
from jjm_tui.tui.hearing import Hearing
from jjm_tui.tui.job_control import has_shell
from jjm_tui.tui.launch import Launch
from jjm_tui.tui.look.theme import extra_filters, pick_density, set_up_themes
from jjm_tui.tui.notices import toasts
from jjm_tui.tui.once import Once
from jjm_tui.tui.opening import Opening
from jjm_tui.tui.returning import Returning
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.typed_ahead import KeyDone, TypedAhead
from jjm_tui.tui.undo import UndoStack
from jjm_tui.tui.widgets.detail_panes import ReadPlans
from jjm_tui.tui.writing.drafts import Drafts, open_drafts

if TYPE_CHECKING:
    from jjm_tui.domain.events import TaskEvent
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.notices.notifying import Notifying
    from jjm_tui.tui.writing.draft_states import Unkept

_log: Final = get_logger("dashboard")

_SCREENS: Final = {
    "watch": ("watch", "WatchScreen"),
    "outbox": ("outbox", "OutboxScreen"),
    "connection": ("connection", "ConnectionScreen"),
    "log": ("log", "LogScreen"),
    "insights": ("insights", "InsightsScreen"),
    "digest": ("digest", "DigestScreen"),
    "setup": ("first_run", "FirstRunScreen"),
    "create": ("create", "CreateScreen"),
    "templates": ("templates", "TemplatesScreen"),
}
"""Screens by the name of their action; imported when they are first opened."""

_FOCUSED_TICK: Final = 1.0
_UNFOCUSED_TICK: Final = 15.0
"""Seconds between two looks at the clock; nobody watches it in a terminal that is not looked at."""

_DRAW_AFTER: Final = 0.05
"""Seconds for which a terminal keeps its size before everything is drawn anew."""

_INTERRUPTED: Final = 130
"""The exit code of what a signal ended (``cli.md``, Exit codes)."""


class JulesApp(App[int]):
    """The dashboard."""

    TITLE = "jjm"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+z", "suspend_process", show=False)]
    """Job control is no action of the table: like every program, it goes to sleep on ctrl+z, unless a text is typed."""

    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    CSS_PATH = "app.tcss"

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self._opening = Opening(partial(launch.open_engine, launch.board))
        super().__init__()
        for key in ("ctrl+q", "ctrl+c"):
            self._bindings.key_to_bindings.pop(key, None)
        self._typed_ahead = TypedAhead(self, super().on_event)
        self.hearing = Hearing(self)
        self._bridge: Bridge | None = None
        self._drawing_anew = Once(self, self._draw_anew)
        self._is_focused = True
        self._ticked_at = launch.clock.monotonic()
        self.undo = UndoStack()
        self.read_plans = ReadPlans()
        self.put_away: frozenset[str] = frozenset()  # archived or snoozed just now: no cursor follows them
        self._own_filters = extra_filters(launch)
        self._notifying: Notifying | None = None
        self._is_shown = False
        self._leave_with: int | None = None
        self._editing: Worker[None] | None = None
        self.collector = Collector()
        self._returning = Returning(self)
        launch.board.set_watched(launch.memory.watched)

    # start and end

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice; on a real terminal ours, which knows more about its ends."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        from jjm_tui.tui.steady_driver import SteadyDriver

        return SteadyDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and ours where this terminal shows less."""
        return [*super().get_line_filters(), *self._own_filters]

    def on_load(self) -> None:
        """Colours before the first frame."""
        set_up_themes(self, self.launch)

    def get_default_screen(self) -> Screen[Any]:
        """The main screen is the first one, so that nothing is laid out twice."""
        return MainScreen()

    def on_mount(self) -> None:
        """The main screen is there; everything that takes time happens behind it."""
        board, monotonic = self.launch.board, self.launch.clock.monotonic
        self._bridge = Bridge(board, self.hearing.board_changed, self, monotonic)
        self.set_interval(_FOCUSED_TICK, self._tick)
        self.call_after_refresh(self._open_behind)

    def _open_behind(self) -> None:
        self._is_shown = True
        if self._leave_with is not None:
            self.leave(self._leave_with)
            return
        for remark in self.launch.remarks:
            self.tell(remark, severity="warning")
        if not self.launch.is_configured:
            self.open_screen("setup")
        self._start_engine()

    @work(exit_on_error=False, group="engine")
    async def _start_engine(self) -> None:
        try:
            engine = await self._opening.wait()
        except Exception as error:  # noqa: BLE001 - the screen stays readable whatever is wrong behind it
            _log.exception("engine_failed", reason=str(error))
            self.collector.settle()
            self.tell(f"The services could not be opened: {error}", severity="error")
            return
        from jjm_tui.tui.notices.notifying import notifying_for
        from jjm_tui.tui.notices.telling import tell_failure, tell_trouble

        engine.desk.on_result = self._tell_result
        engine.live.on_events = self._tell_events
        engine.live.on_trouble = partial(tell_trouble, self)
        self._notifying = notifying_for(self)
        engine.start(partial(tell_failure, self))
        self._opening.is_ready(engine)
        self._returning.started(engine)
        await asyncio.to_thread(engine.warm_up)
        self.collector.settle()

    @property
    def engine(self) -> Engine | None:
        """The services, once they are open."""
        return self._opening.engine

    @cached_property
    def drafts(self) -> Drafts:
        """What is being typed anywhere in this dashboard."""
        return open_drafts(self)

    def when_open(self, work_with: Callable[[Engine], None]) -> None:
        """Call ``work_with`` with the services, now or as soon as they are there."""
        self._opening.when_open(work_with)

    def leave(self, code: int = 0) -> None:
        """End the program: the screen goes first, the rest is ended behind it.

        Before the first frame it is put off until then, as a screen that is half built cannot be taken down.
        """
        if not self._is_shown:
            self._leave_with = code
        if self._exit or not self._is_shown:
            return
        self.remember_look()
        self.exit(code, return_code=code)

    def remember_look(self) -> None:
        """When the person last looked, for what happens until the next time; who saw no task was not here yet."""
        if self.launch.board.tasks:
            self.launch.memory.last_seen = self.launch.clock.now()
        self.launch.memory.save()

    @property
    def is_leaving(self) -> bool:
        """Whether the screens are being taken down, or will be next: also after a mistake of ours."""
        return self._exit or self._exception is not None or not self.is_running

    def interrupt(self) -> None:
        """End the program because of a signal, or because the terminal is gone; as every command does."""
        self.leave(_INTERRUPTED)

    def action_suspend_process(self) -> None:
        """Sleep, where a shell can wake us up again."""
        if has_shell():
            super().action_suspend_process()
        else:
            self.tell("No shell waits for this program, so nobody could wake it up again.", severity="warning")

    def fall_asleep(self) -> None:
        """The process is about to be stopped: another one may ask the server and tell the world outside meanwhile."""
        if self.engine is not None:
            self.engine.pause()

    async def close_engine(self) -> tuple[Unkept, ...]:
        """End services and server, when the terminal is already as it was; answer what could not be kept."""
        self.collector.stop()
        if self._bridge is not None:
            self._bridge.stop()
        if self._notifying is not None:
            await self._notifying.close()
        if self._editing is not None:
            await asyncio.gather(self._editing.wait(), return_exceptions=True)  # what was saved becomes a draft now
        try:
            engine = await self._opening.wait()  # also before the first frame: something may have been typed already
        except Exception as error:  # noqa: BLE001 - whatever it is, what was typed is answered
            _log.warning("engine_missing_at_the_end", reason=str(error))
            return self.drafts.unkept()
        try:
            return await self.drafts.close()
        finally:
            await engine.close()

    def begin_editing(self, work: Coroutine[Any, Any, None]) -> None:
        """Work with an editor that has the terminal; the program does not end before what was saved in it is back."""
        self._editing = self.run_worker(work, exit_on_error=False)

    def ask_to_quit(self) -> None:
        """Leave, after a question while something is under way or unconfirmed, or an outcome or a draft could not be
        written down."""
        board = self.launch.board
        if board.open_operations() or board.unwritten_operations() or self.drafts.unkept():
            from jjm_tui.tui.screens.confirm import QuitDialog

            self.push_screen(QuitDialog(), lambda leave: self.leave() if leave else None)
        else:
            self.leave()

    def _handle_exception(self, error: Exception) -> None:
        """A screen that is opened while the program ends, or is closed, cannot find itself; that changes nothing."""
        if self._exit or found_nothing_in_closed(error):
            _log.warning("failed_while_closing", reason=repr(error))
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """A mistake of ours ends the dashboard."""
        from jjm_tui.tui.mistakes import report_mistake

        if self._exception is not None:
            self._exit_renderables.append(report_mistake(self._exception))
        self._return_code = 1
        self._close_messages_no_wait()

    # what changes

    def _tick(self) -> None:
        if getattr(self._driver, "is_gone", False):
            self.interrupt()
        monotonic = self.launch.clock.monotonic()
        if self._notifying is not None:
            self._notifying.tick()
        if not self._is_focused and monotonic - self._ticked_at < _UNFOCUSED_TICK:
            return
        self._ticked_at = monotonic
        forget_closed(self)
        still_for, is_alone = monotonic - self._returning.acted_at, len(self.screen_stack) == 1
        self.collector.tick(monotonic, still_for, is_alone=is_alone)
        self.hearing.clock_ticked(self.launch.clock.now())

    async def on_event(self, event: Event) -> None:
        """Note when the person last did something; while the screens are taken down it is too late for that."""
        if self._exit and isinstance(event, InputEvent):
            return
        if isinstance(event, MouseDown) and is_gone_at(self.screen, event.x, event.y):
            return
        if isinstance(event, Key | MouseDown | Paste):
            self._returning.acted()
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._typed_ahead.take(event)
        else:
            await super().on_event(event)

    @property
    def is_typed_blindly(self) -> bool:
        """Whether the key that is carried out was typed before there were tasks to see."""
        return self._typed_ahead.is_blind

    def forget_typed_ahead(self) -> None:
        """A field was refused: what was typed into it in the same go must not become commands."""
        self._typed_ahead.forget()

    def on_key_done(self, message: KeyDone) -> None:
        """A key has had its effect."""
        self._typed_ahead.done(message)

    def on_resize(self) -> None:
        """What a terminal shows of another size, even for a moment, is not what was drawn."""
        if self._is_shown:
            self._drawing_anew.start(_DRAW_AFTER)

    def _draw_anew(self) -> None:
        self._check_resize()  # Textual's own timer for this may never call (``Once``)
        self.refresh()

    def on_app_focus(self) -> None:
        self._set_focused(True)

    def on_app_blur(self) -> None:
        self._set_focused(False)

    def _set_focused(self, focused: bool) -> None:
        self._is_focused = focused
        if self.engine is not None:
            self.engine.live.set_focused(focused)
        if focused:
            self._tick()

    def _tell_events(self, events: Sequence[TaskEvent]) -> None:
        if self._notifying is not None:
            self.run_worker(self._notifying.happened(events), group="notifying", exit_on_error=False)
        self.hearing.events_happened(events)

    def _tell_result(self, result: OperationResult) -> None:
        from jjm_tui.tui.notices.telling import tell_result

        if self.is_leaving:  # there is nothing left to tell it on, and the outbox has it
            return
        tells = getattr(self.screen, "tells", None)
        if tells is None or not tells(result):
            tell_result(self, result)
        self.hearing.operation_ended(result)

    # talking to the person

    def tell(self, text: str, *, severity: SeverityLevel = "information", title: str = "") -> None:
        """A toast, the title on its first line. The text may be foreign: it is cleaned and never read as markup."""
        toasts.show(self, f"{title} · {text}" if title else text, severity)

    def on_typing_area_altered(self) -> None:
        """What was pasted is sent as it is shown, which is not as it came."""
        self.tell(
            "Parts of the paste cannot be shown; they are � or left out, also when sent.",
            severity="warning",
        )

    def copy(self, text: str) -> None:
        """Send text to the terminal's clipboard, on the person's key only, and say so."""
        from jjm_tui.tui.notices.telling import copy

        copy(self, text)

    def refresh_now(self) -> None:
        """Ask the server now, and read again what could not be read."""
        if self.engine is None:
            self.tell("Still opening; the server is asked in a moment.")
            return
        self.engine.live.refresh()
        if self.engine.context.server is None and self.launch.board.store_trouble is None:
            no_server = self.engine.context.no_server
            what = "No server is configured" if no_server is None else "The server cannot be used yet"
            self.tell(f"{what}; what is shown is what is stored.", severity="warning")

    # screens

    def show_task(self, task_id: str | None) -> None:
        """Go back to the main screen and bring this task under the cursor, or open it where only the list is shown.

        All screens stay when it is not here any more, which is said.
        """
        task = self.launch.board.task(task_id)
        if task is None:
            self.tell("This task is not stored here any more.", severity="warning")
            return
        while not isinstance(self.screen, MainScreen):
            self.pop_screen()
        self.screen.go_to(task.id)

    def show_title(self, needing: int) -> None:
        """How many tasks need the person, for the terminal's title."""
        if self._notifying is not None:
            self._notifying.show_count(needing)

    def open_screen(self, name: str) -> None:
        """Open a screen by the name of its action, unless it is on top already."""
        module, class_name = _SCREENS[name]
        screen_class: type[Screen[Any]] = getattr(import_module(f"jjm_tui.tui.screens.{module}"), class_name)
        if not isinstance(self.screen, screen_class):
            self.push_screen(screen_class())

    def open_palette(self) -> None:
        """Every action, task, theme and view by name."""
        from jjm_tui.tui.finding.palette import open_palette

        open_palette(self)

    def open_help(self, screen: Screen[Any]) -> None:
        """Help for where the person is."""
        from jjm_tui.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(screen))

    def open_themes(self) -> None:
        """Choose a theme by name."""
        from jjm_tui.tui.finding.palette import open_themes

        open_themes(self)

    def toggle_density(self) -> None:
        """Rows closer together, or further apart."""
        pick_density(self, "comfortable" if "-compact" in self.classes else "compact")
        self.hearing.density_changed()
