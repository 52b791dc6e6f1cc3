"""What the sheets of decisions share: a frame with a title, the keys on its last line, a safe way to leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Vertical
from textual.content import Content
from textual.renderables.background_screen import BackgroundScreen

from jjm_tui.errors import JulesManagerError
from jjm_tui.tui.literal import literal
from jjm_tui.tui.screens.base import Dialog
from jjm_tui.tui.widgets.bar import SIMULATED, Bar
from jjm_tui.tui.widgets.key_bar import Hint, KeyBar

if TYPE_CHECKING:
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.engine import Engine

T = TypeVar("T")

SEEN_FOR: Final = 0.4
"""Seconds that a plan must have been on the screen before a key approves it (``dashboard.md``, Approving)."""


class Faded(BackgroundScreen):
    """The screen behind a sheet where colours cannot be mixed: the same words, dim, without colours of their own."""

    @classmethod
    def process_segments(cls, segments: Iterable[Segment], color: Color) -> Iterable[Segment]:
        """Every segment in one quiet style."""
        quiet = Style(dim=True)
        return (each if each.control else Segment(each.text, quiet) for each in segments)


class Sheet(Dialog[T]):
    """A framed dialog. Subclasses compose what is inside, and tell the keys that work now."""

    DEFAULT_CSS = """
    Sheet {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }
        & > #frame {
            width: 76;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            background: $surface;
            color: $foreground;
            border: round $border;
            border-title-color: $text-primary;
            border-title-style: bold;
        }
        & > #frame.-large { width: 100%; max-width: 130; height: 94%; }
        &.-small > #frame.-large { height: 100%; }
    }
    """
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-small"), (90, "-wide")]  # noqa: RUF012 - Textual's

    ALWAYS: ClassVar[tuple[str, ...]] = (*Dialog.ALWAYS, "next.pane", "previous.pane")
    IS_LARGE: ClassVar[bool] = False
    """Whether it takes most of the screen."""

    def __init__(self, heading: str = "") -> None:
        super().__init__()
        self._heading = heading
        self._leaving: tuple[T | None] | None = None
        self._is_awaited = False
        self._appeared_at: float | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="frame", classes="-large" if self.IS_LARGE else None):
            yield from self.compose_inside()
            yield KeyBar(id="keys")

    def compose_inside(self) -> ComposeResult:
        """What is in the frame, above the keys."""
        yield from ()

    def on_mount(self) -> None:
        """Show title and keys."""
        if self._heading:
            self.show_title(Content(self._heading))
        self.show_keys()

    def render(self) -> RenderableType:
        """What is behind; where a theme has the terminal's own colours, these cannot be made darker."""
        behind = super().render()
        if isinstance(behind, BackgroundScreen) and self.app.native_ansi_color:
            return Faded(behind.screen, behind.color)
        return behind

    def do_next_pane(self) -> None:
        """The next part that takes keys."""
        self.focus_next()

    def do_previous_pane(self) -> None:
        """The part before."""
        self.focus_previous()

    def show_title(self, title: Content) -> None:
        """Put a title into the frame."""
        simulated = f"{SIMULATED.text} · " if self.dashboard.launch.is_simulated else ""
        self.query_one("#frame").border_title = Content.assemble(simulated, title)

    def hints(self) -> Iterable[Hint]:
        """The keys that work now, the most important first."""
        return (("back", "back"),)

    def show_keys(self) -> None:
        """Tell the keys again."""
        self.query_one("#keys", KeyBar).show_keys(self.dashboard.launch.keymap, self.hints())

    async def on_bar_chosen(self, message: Bar.Chosen) -> None:
        """A key was clicked."""
        message.stop()
        if message.target in self.offered():
            await self.action_perform(message.target)

    def tells(self, result: OperationResult) -> bool:
        """Whether this sheet itself shows how the operation ended, so that no toast has to cover it."""
        return False

    def with_engine(self, work: Callable[[Engine], object]) -> None:
        """Call ``work`` with the services once they are open, unless the sheet was left before."""
        self.dashboard.when_open(lambda engine: self._begin(engine, work))

    def _begin(self, engine: Engine, work: Callable[[Engine], object]) -> None:
        if self.is_running and self._leaving is None:
            work(engine)

    # having been seen

    def appears(self) -> None:
        """What is decided about changes now; the time counts from the moment at which it is on the screen."""
        self._is_awaited, self._appeared_at = True, None
        self.call_after_refresh(self._note_appearance)

    def _note_appearance(self) -> None:
        if self._is_awaited and self.app.screen is self:
            self._is_awaited, self._appeared_at = False, self.dashboard.launch.clock.monotonic()

    @property
    def was_seen(self) -> bool:
        """Whether it was on the screen long enough to be read, so that no key typed ahead decides."""
        appeared = self._appeared_at
        return appeared is not None and self.dashboard.launch.clock.monotonic() - appeared >= SEEN_FOR

    # leaving

    def leave(self, result: T | None) -> None:
        """End with ``result``, once: now, or as soon as nothing lies on top any more."""
        if self._leaving is None:
            self._leaving = (result,)
            self._leave_from_the_top()

    def on_screen_resume(self) -> None:
        """What lay on top is gone."""
        self.call_later(self._leave_from_the_top)
        self.call_after_refresh(self._note_appearance)

    def _leave_from_the_top(self) -> None:
        if self._leaving is not None:
            super().leave(self._leaving[0])


def explain(error: JulesManagerError) -> Content:
    """An error for people: what happened, then what to do."""
    return literal("\n".join(filter(None, (error.message, error.hint))))
