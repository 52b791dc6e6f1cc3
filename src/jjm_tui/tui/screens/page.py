"""What the further screens share: a header, lines in between, the keys below; moving, failures, the way to a task."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.content import Content
from textual.worker import Worker, WorkerState

from jjm_tui.domain.task import Task
from jjm_tui.domain.text import heading
from jjm_tui.errors import JulesManagerError
from jjm_tui.logs import get_logger
from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.literal import literal
from jjm_tui.tui.screens.base import DashboardScreen
from jjm_tui.tui.widgets.bar import SIMULATED, Bar, Piece
from jjm_tui.tui.widgets.key_bar import KeyBar
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.page_header import PageHeader

if TYPE_CHECKING:
    from jjm_tui.tui.engine import Engine

_log: Final = get_logger("dashboard")

HALF: Final = 0.5


class PageScreen(DashboardScreen[None]):
    """A full screen around one list of lines.

    A subclass names its page (``NAME``), the actions of its last line (``KEYS``, with other words in ``TITLES``), makes
    its list in ``make_list``, and fills it in ``fill``, which is called when it opens and whenever its width changes.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks"})
    NAME: ClassVar[str] = ""
    KEYS: ClassVar[tuple[str, ...]] = ()
    TITLES: ClassVar[Mapping[str, str]] = MappingProxyType({})
    AUTO_FOCUS = "LineList"
    DEFAULT_CSS = """
    PageScreen { layout: vertical; }
    PageScreen LineList { height: 1fr; }
    PageScreen KeyBar { background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.lines = self.make_list()
        self._width = 0
        self._failure: Content | None = None

    def make_list(self) -> LineList:
        """The list of lines."""
        return LineList()

    def fill(self, width: int) -> None:
        """Fill the list with lines of so many cells."""

    def compose(self) -> ComposeResult:
        yield PageHeader()
        yield from self.compose_body()
        yield KeyBar()

    def compose_body(self) -> ComposeResult:
        """What is between header and keys."""
        yield self.lines

    def on_mount(self) -> None:
        """Show the keys."""
        self.show_keys()

    def show_keys(self) -> None:
        """Show those of ``KEYS`` that do something now; the way back comes first."""
        keys = (action for action in self.KEYS if self.unavailable(action) is None)
        self.query_one(KeyBar).show_keys(
            self.dashboard.launch.keymap, ((action, self.key_words(action)) for action in ("back", *keys, "help"))
        )

    def key_words(self, action_id: str) -> str:
        """What the key of an action does now, in a word or three."""
        return self.TITLES.get(action_id, ACTIONS[action_id].title)

    def unavailable(self, action_id: str) -> str | None:
        """Why not: what is done to a line needs one."""
        if action_id == "open" and self.lines.highlighted is None:
            return "There is no line under the cursor."
        if action_id == "follow" and not self.lines.lines:
            return "There is nothing to follow yet."
        return super().unavailable(action_id)

    def on_line_list_highlighted(self) -> None:
        """The cursor came to a line, or there is none any more."""
        self.show_keys()

    def show_header(self, pieces: Iterable[Piece]) -> None:
        """Show these facts behind the name of the page. Where they change, the keys that work may be others."""
        simulated = [SIMULATED] if self.dashboard.launch.is_simulated else []
        self.query_one(PageHeader).show([*simulated, Piece(self.NAME, "brand"), *pieces])
        self.show_keys()

    def on_resize(self) -> None:
        """Another width: lines are laid out anew."""
        self.call_after_refresh(self.refill)

    def refill(self, *, anew: bool = False) -> None:
        """Fill the list if its width is another one, or ``anew`` because what it shows is."""
        width = self.lines.scrollable_content_region.width
        if self.is_running and width > 0 and (anew or width != self._width):
            self._width = width
            self.fill(width)
            self.show_keys()

    def when_open(self, read: Callable[[Engine], Coroutine[Any, Any, None]]) -> None:
        """Read something with the services in the background, as soon as they are there."""

        def start(engine: Engine) -> None:
            if self.is_attached:
                self.run_worker(read(engine), exit_on_error=False)

        self.dashboard.when_open(start)

    def on_bar_chosen(self, message: Bar.Chosen) -> None:
        """A key of the last line was clicked."""
        if message.target in ACTIONS:
            message.stop()
            self.call_later(self.action_perform, message.target)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Work in the background failed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.tell_failure(event.worker.error)

    def tell_failure(self, error: BaseException) -> None:
        """Servers and stores say themselves what is wrong; anything else is a mistake of ours."""
        if isinstance(error, JulesManagerError):
            words = " ".join(filter(None, (error.message, error.hint)))
        else:
            _log.error("screen_failed", screen=self.NAME, reason=repr(error))
            words = f"A mistake inside jjm: {type(error).__name__}. The log has more."
        self._failure = literal(words)
        self.lines.show_empty(self._failure)
        self.dashboard.tell(words, severity="error")

    def show_empty(self, content: Content) -> None:
        """What to say while there is no line; what went wrong goes before it."""
        self.lines.show_empty(self._failure or content)

    # tasks

    def title_of(self, task_id: str | None) -> str:
        """What people call the task."""
        task = self.board.task(task_id)
        return (task_id or "") if task is None else _title(task)

    # moving

    def do_move_down(self) -> None:
        self.lines.move(1)

    def do_move_up(self) -> None:
        self.lines.move(-1)

    def do_move_first(self) -> None:
        self.lines.move_first()

    def do_move_last(self) -> None:
        self.lines.move_last()

    def do_move_half_down(self) -> None:
        self.lines.page(HALF)

    def do_move_half_up(self) -> None:
        self.lines.page(-HALF)


def _title(task: Task) -> str:
    return heading(task.title, task.description, task.id)
