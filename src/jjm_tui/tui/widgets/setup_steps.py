"""The steps of the guided set-up, one widget each: choosing, asking, testing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing
from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Input, Static

from jjm_tui.domain.text import clean_line
from jjm_tui.errors import ConfigurationError
from jjm_tui.services.results import Check
from jjm_tui.settings.presets import PRESETS
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.pages.setup_answers import CHOICES, DEMO_TITLE
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.lines import Line

_MUTED: Final = "$text-muted"
_MOST_FACTS: Final = 1 + max(len(preset.reaches) for preset in PRESETS.values())
_LOOKS: Final = {
    "ok": ("✓", "$text-success"),
    "warning": ("!", "bold $text-warning"),
    "failed": ("✗", "bold $text-error"),
}


class Step(Vertical):
    """One step. ``heading`` stands in the first line of the screen."""

    heading: str = ""
    DEFAULT_CSS = """
    Step { height: 1fr; padding: 0 2; }
    Step Static { height: auto; }
    Step .explained { color: $text-muted; margin: 0 0 1 0; }
    """

    class Answered(Message):
        """The person is done with this step. ``value``: the answer, where it has one."""

        def __init__(self, step: Step, value: str = "") -> None:
            super().__init__()
            self.step = step
            self.value = value

        @property
        def control(self) -> Step:
            """The step."""
            return self.step

    class Changed(Message):
        """Other keys work now."""

        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

        @property
        def control(self) -> Step:
            """The step."""
            return self.step

    def hints(self) -> Iterable[Hint]:
        """The keys that work in it now."""
        return ()

    def begin(self) -> None:
        """Take the focus; called when it is on the screen."""

    def choose(self) -> None:
        """The key that goes on."""

    def move(self, lines: int) -> None:
        """The keys that move."""

    def repeat(self) -> bool:
        """Do it again; answers whether there was something to do."""
        return False


class ChooseStep(Step):
    """Which server: what each reaches and needs is told while the cursor is on it."""

    heading = "Which server?"
    DEFAULT_CSS = """
    ChooseStep {
        & > LineList { height: 6; background: $background; margin: 0 0 1 0; }
        & > #reach { height: 1fr; }
        & #title { text-style: bold; }
        & .fact { height: auto; }
        & .fact > .label { width: 10; color: $text-muted; }
        & .fact > .told { width: 1fr; }
    }
    """

    def __init__(self, chosen: str) -> None:
        super().__init__()
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        yield Static(
            Content(
                "Welcome. Jules is reached through MCP servers that differ in what they can do: choose one. Nothing is "
                "written before the last step."
            ),
            classes="explained",
        )
        yield LineList(has_cursor=True)
        with VerticalScroll(id="reach", can_focus=False):
            yield Static(id="title")
            for _ in range(_MOST_FACTS):
                with Horizontal(classes="fact"):
                    yield Static(classes="label")
                    yield Static(classes="told")

    @property
    def _choices(self) -> LineList:
        return self.query_one(LineList)

    def begin(self) -> None:
        self._choices.set_lines(Line(_choice(name), name) for name in CHOICES)
        self._choices.move(CHOICES.index(self._chosen))
        self._choices.focus()
        self._tell(self._chosen)

    def hints(self) -> Iterable[Hint]:
        return (("open", "choose"), ("↑↓", "move"))

    def move(self, lines: int) -> None:
        self._choices.move(lines)

    def choose(self) -> None:
        self._choices.choose()

    @on(LineList.Highlighted)
    def _highlighted(self, event: LineList.Highlighted) -> None:
        event.stop()
        if event.line is not None and event.line.key is not None:
            self._tell(event.line.key)

    @on(LineList.Chosen)
    def _taken(self, event: LineList.Chosen) -> None:
        event.stop()
        if event.line is not None and event.line.key is not None:
            self.post_message(self.Answered(self, event.line.key))

    def _tell(self, name: str) -> None:
        preset = PRESETS[name]
        facts = [*preset.reaches, f"Needs: {preset.prerequisites}"]
        self.query_one("#title", Static).update(Content(preset.title))
        for number, row in enumerate(self.query(".fact")):
            row.display = number < len(facts)
            label, _, told = facts[number].partition(": ") if row.display else ("", "", "")
            row.query_one(".label", Static).update(Content(f"{label}:"))
            row.query_one(".told", Static).update(Content(told))


def _choice(name: str) -> Content:
    title = DEMO_TITLE if name == "demo" else PRESETS[name].title
    return Content.styled(f" {name:<10}", "bold $text-accent") + Content(title)


class AskStep(Step):
    """One line to type. What is wrong with it is told below; a wrong answer that must not stay is taken away."""

    DEFAULT_CSS = """
    AskStep {
        & > Input { border: round $border-blurred; background: $surface; }
        & > Input:focus { border: round $border; }
        & > Input > .input--placeholder { color: $text-muted; }
        & > #wrong { color: $text-error; text-style: bold; padding: 0 1; }
        & > VerticalScroll { height: 1fr; padding: 0 1; }
    }
    """

    def __init__(
        self,
        heading: str,
        explained: Content,
        read: Callable[[str], object],
        *,
        typed: str = "",
        placeholder: str = "",
        is_private: bool = False,
    ) -> None:
        """``read`` raises ConfigurationError for what cannot be taken. ``is_private``: then it is cleared away."""
        super().__init__()
        self.heading = heading
        self._explained = explained
        self._read = read
        self._typed = typed
        self._placeholder = placeholder
        self._is_private = is_private

    def compose(self) -> ComposeResult:
        yield LineInput(clean_line(self._typed), placeholder=self._placeholder, select_on_focus=False)
        yield Static(id="wrong")
        with VerticalScroll(can_focus=False):
            yield Static(self._explained)

    def begin(self) -> None:
        self.query_one(Input).focus()

    def hints(self) -> Iterable[Hint]:
        return (("enter", "go on"),)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        try:
            if not text:
                raise ConfigurationError("It is needed to go on.")  # noqa: TRY301 - told like every wrong answer
            self._read(text)
        except ConfigurationError as error:
            if self._is_private:
                event.input.value = ""
            self.query_one("#wrong", Static).update(literal(" ".join(filter(None, (error.message, error.hint)))))
        else:
            self.post_message(self.Answered(self, text))


class TestStep(Step):
    """Tries the choice and shows each check as it is made; leaving the step ends the server again."""

    heading = "Does it work?"
    DEFAULT_CSS = """
    TestStep {
        & > LineList { height: 1fr; background: $background; }
        & > #verdict { margin: 0 0 1 0; text-style: bold; }
    }
    """

    def __init__(self, checks: Callable[[], AsyncIterator[Check]]) -> None:
        super().__init__()
        self._make = checks
        self._checks: list[Check] = []
        self.is_over = False

    def compose(self) -> ComposeResult:
        yield Static(id="verdict")
        yield LineList()

    def begin(self) -> None:
        self.query_one(LineList).focus()
        self._run()

    def hints(self) -> Iterable[Hint]:
        if not self.is_over:
            return ()
        if self.has_failed:
            return (("refresh", "try again"), ("open", "go on all the same"))
        return (("open", "go on"), ("refresh", "try again"))

    @property
    def has_failed(self) -> bool:
        """Whether a check failed."""
        return bool(self.failures)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self._checks if check.state == "failed")

    def move(self, lines: int) -> None:
        self.query_one(LineList).move(lines)

    def choose(self) -> None:
        if self.is_over:
            self.post_message(self.Answered(self))

    def repeat(self) -> bool:
        self._run()
        return True

    @work(exclusive=True, group="checks")
    async def _run(self) -> None:
        self._checks, self.is_over = [], False
        self._show()
        async with aclosing(self._make()) as checks:  # type: ignore[type-var]
            async for check in checks:
                self._checks.append(check)
                self._show()
        self.is_over = True
        self._show()

    def on_resize(self, event: Resize) -> None:
        """Lines are broken anew."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if not self.is_running:
            return
        verdict = "Trying it; the first start of a server may take a minute…"
        if self.is_over:
            verdict = self._verdict()
        self.query_one("#verdict", Static).update(Content(verdict))
        lines = self.query_one(LineList)
        lines.set_lines(line for check in self._checks for line in _check_lines(check, lines.size.width - 2))
        self.post_message(self.Changed(self))

    def _verdict(self) -> str:
        """What the checks together mean: a warning is not passed over."""
        if self.has_failed:
            return "It does not work yet. Go back a step to change what you answered."
        doubtful = [clean_line(check.name) for check in self._checks if check.state == "warning"]
        if not doubtful:
            return "It works."
        found = "one thing" if len(doubtful) == 1 else f"{len(doubtful)} things"
        return f"It answers. Look at {found} before you go on: {', '.join(doubtful)}."


def _check_lines(check: Check, width: int) -> Iterator[Line]:
    glyph, style = _LOOKS[check.state]
    head = Content.styled(f"{glyph} {clean_line(check.name):<9}", style)
    told = [literal_line(check.message)]
    told += [literal_line(detail, _MUTED) for detail in check.details]
    if check.way_out and check.state != "ok":
        told.append(literal_line(f"What to do: {check.way_out}"))
    room = max(10, width - head.cell_length)
    for number, piece in enumerate(piece for text in told for piece in text.wrap(room)):
        yield Line((head if number == 0 else Content(" " * head.cell_length)) + piece)
