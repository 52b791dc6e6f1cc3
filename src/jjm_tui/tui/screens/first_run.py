"""The guided set-up: try the demo, or choose a server, say what it needs, try it, write the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from jjm_tui.assembly.setup import (
    check_choice,
    named_server,
    read_command_or_address,
    read_key_place,
    read_script,
    stronger_variables,
)
from jjm_tui.errors import ConfigurationError
from jjm_tui.services.results import Check
from jjm_tui.settings import document
from jjm_tui.settings.presets import API_KEY
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.again import Again
from jjm_tui.tui.pages.setup_answers import SetupAnswers, StepName
from jjm_tui.tui.screens.base import DashboardScreen
from jjm_tui.tui.widgets.bar import Bar
from jjm_tui.tui.widgets.key_bar import KeyBar
from jjm_tui.tui.widgets.setup_last_steps import DoneStep, WriteStep
from jjm_tui.tui.widgets.setup_steps import AskStep, ChooseStep, Step, TestStep

_HALF_PAGE: Final = 8
_ALL: Final = 1_000_000


class FirstRunScreen(DashboardScreen[None]):
    """One step after the other; the way back is always open, and nothing is written before the last one."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "question"})
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "open": "choose what is under the cursor, or go on to the next step",
            "question.yes": "write the settings",
            "question.no": "write nothing, one step back",
            "back": "one step back, or leave the set-up",
            "refresh": "try the chosen server again, or ask the one of this run",
            "quit": "one step back as well, or leave the set-up",
        }
    )
    DEFAULT_CSS = """
    FirstRunScreen {
        & > #around { height: 1fr; align-horizontal: center; }
        & #page { width: 100%; max-width: 100; }
        & #where { height: 1; padding: 0 2; margin: 1 0; color: $text-primary; text-style: bold; text-wrap: nowrap; }
        & #where { text-overflow: ellipsis; }
        &.-short .explained { display: none; }
        &.-short #where { margin: 0; }
        & #step { height: 1fr; }
        & KeyBar { background: $panel; }
    }
    """

    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]  # noqa: RUF012 - declared so by Screen

    def __init__(self) -> None:
        super().__init__()
        launch = self.dashboard.launch
        self._answers = SetupAnswers.at(launch.place, launch.environ)
        self._step: StepName = "server"
        self._first = "rest" if self._answers.has_key else "demo"
        self._kept = ""
        self._failures: tuple[Check, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="around"), Vertical(id="page"):
            yield Static(id="where")
            yield Vertical(id="step")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the first step."""
        self.call_later(self._go_to, "server")

    # steps

    async def _go_to(self, name: StepName) -> None:
        self._step = name
        step = self._make(name)
        room = self.query_one("#step")
        await room.remove_children()
        await room.mount(step)
        step.begin()
        self._show_place(step)

    def _make(self, name: StepName) -> Step:
        answers = self._answers
        if name == "server":
            return ChooseStep(self._first)
        if name in ("script", "command", "key"):
            return self._make_question(name)
        if name == "test":
            return TestStep(self._checks)
        if name == "write":
            return WriteStep(answers.target, self._lines_to_write(), self._remarks(), self._write)
        return DoneStep(answers.target, self._kept, self._failures)

    def _make_question(self, name: StepName) -> AskStep:
        answers = self._answers
        typed = answers.typed.get(name, "")
        if name == "script":
            return AskStep(
                "Where is the browser server?",
                _SCRIPT,
                read_script,
                typed=typed,
                placeholder="/path/to/google-jules-mcp/dist/index.js",
            )
        if name == "command":
            return AskStep(
                "Which command or address?",
                _COMMAND,
                read_command_or_address,
                typed=typed,
                placeholder="node server.js",
            )
        return AskStep(
            "Where is your Jules API key?",
            _key_places(answers),
            lambda text: read_key_place(text, optional=answers.key_is_optional),
            typed=typed or answers.likely_key,
            is_private=True,
        )

    def _show_place(self, step: Step) -> None:
        steps = [name for name in self._answers.steps if name != "done"]
        number = steps.index(self._step) + 1 if self._step in steps else 0
        of_all = f" of {len(steps)}" if number > 1 else ""
        place = f" · step {number}{of_all}" if number else ""
        self.query_one("#where", Static).update(Content(f"Set up jjm{place} · {step.heading}"))
        self._show_keys(step)

    def _show_keys(self, step: Step) -> None:
        back = "leave" if self._answers.before(self._step) is None else "back"
        if isinstance(step, TestStep) and not step.is_over:
            back = "stop"
        further = () if isinstance(step, AskStep) else (("help", "help"),)
        self.query_one("#keys", KeyBar).show_keys(
            self.dashboard.launch.keymap, (*step.hints(), ("back", back), *further)
        )

    @property
    def _shown(self) -> Step | None:
        return next(iter(self.query(Step)), None)

    @on(Step.Changed)
    def _keys_changed(self, message: Step.Changed) -> None:
        message.stop()
        if message.step is self._shown:
            self._show_keys(message.step)

    @on(Step.Answered)
    async def _answered(self, message: Step.Answered) -> None:
        message.stop()
        if message.step is not self._shown:
            return
        if self._step == "server":
            self._first = message.value
            if message.value == "demo":
                self._try_demo()
                return
            self._answers.choose(message.value)
        elif self._step == "done":
            self._start_again(Again.SETTINGS)
            return
        else:
            if isinstance(message.step, TestStep):
                self._failures = message.step.failures
            self._take(message.value)
        await self._go_to(self._answers.after(self._step))

    def _take(self, value: str) -> None:
        answers = self._answers
        if self._step == "script":
            answers.server = read_script(value)
        elif self._step == "command":
            answers.server = read_command_or_address(value)
        elif self._step == "key":
            answers.key_place = read_key_place(value, optional=answers.key_is_optional)
        elif self._step == "write":
            self._kept = value
        answers.typed[self._step] = value

    # what the steps need

    def _checks(self) -> AsyncIterator[Check]:
        answers = self._answers
        return check_choice(answers.environ, answers.target, answers.values, answers.profile)

    def _lines_to_write(self) -> Iterable[str]:
        section = "server" if self._answers.profile is None else f"profiles.{self._answers.profile}.server"
        yield f"[{section}]"
        for key, value in self._answers.values.items():
            shown = value if key == "server.args" else document.format_value(value)
            yield f"{key.removeprefix('server.')} = {shown}"

    def _remarks(self) -> Iterable[str]:
        answers = self._answers
        try:
            named = named_server(answers.target, answers.profile)
        except ConfigurationError as error:
            named = None
            yield error.message
        if named is not None:
            yield f"The file names a server already ({named}); this one takes its place, and the old file is kept."
        elif answers.target.exists():
            yield "The rest of the file stays as it is, and the old file is kept."
        for name in stronger_variables(answers.environ):
            yield f"The environment variable {name} is stronger than this file."

    def _write(self) -> Path | None:
        answers = self._answers
        return document.replace_server(answers.target, answers.values, profile=answers.profile)

    # leaving

    def _try_demo(self) -> None:
        if self.dashboard.launch.place.demo:
            self.dashboard.tell("This is the demo; leave the set-up to look around.")
        else:
            self._start_again(Again.DEMO)

    def _start_again(self, how: Again) -> None:
        """End the dashboard with the wish to be started again; never while something is still being sent."""
        if self.engine is not None and self.engine.desk.under_way:
            self.dashboard.tell("Something is still being sent; try again in a moment.", severity="warning")
            return
        self.dashboard.remember_look()
        self.app.exit(return_code=how)

    # keys

    def do_back(self) -> None:
        """One step back; from the first one, leave."""
        before = self._answers.before(self._step)
        if before is None:
            self.leave(None)
        else:
            self.call_later(self._go_to, before)

    def leave(self, result: None) -> None:
        """What is written, but not started with, is told of."""
        if self._step == "done":
            self.dashboard.tell("What was written counts when jjm is opened anew.", severity="warning")
        super().leave(result)

    def do_open(self) -> None:
        """Go on."""
        if (step := self._shown) is not None:
            step.choose()

    def do_question_yes(self) -> None:
        """Write the settings."""
        step = self._shown
        if isinstance(step, WriteStep):
            step.write()

    def do_question_no(self) -> None:
        """Write nothing."""
        self.do_back()

    def unavailable(self, action_id: str) -> str | None:
        """Only the last step writes, once, and nobody leaves it meanwhile."""
        step = self._shown
        if (
            action_id in ("question.yes", "question.no", "back", "quit")
            and isinstance(step, WriteStep)
            and step.is_writing
        ):
            return "The settings are being written; what became of that is told in a moment."
        if action_id in ("question.yes", "question.no") and self._step != "write":
            return "There is nothing to write yet."
        return super().unavailable(action_id)

    def do_refresh(self) -> None:
        """Test again, or ask the server of this run."""
        step = self._shown
        if self._step == "done" and self._failures:
            self.call_later(self._go_to, "test")
        elif step is None or not step.repeat():
            super().do_refresh()

    def do_move_down(self) -> None:
        self._move(1)

    def do_move_up(self) -> None:
        self._move(-1)

    def do_move_half_down(self) -> None:
        self._move(_HALF_PAGE)

    def do_move_half_up(self) -> None:
        self._move(-_HALF_PAGE)

    def do_move_first(self) -> None:
        self._move(-_ALL)

    def do_move_last(self) -> None:
        self._move(_ALL)

    def _move(self, lines: int) -> None:
        if (step := self._shown) is not None:
            step.move(lines)

    @on(Bar.Chosen)
    async def _key_clicked(self, message: Bar.Chosen) -> None:
        message.stop()
        if message.target in self.offered():
            await self.action_perform(message.target)


_SCRIPT: Final = Content(
    "google-jules-mcp drives the Jules website in a browser of its own. It must be on this machine and built; the file "
    "that is needed is dist/index.js in its folder. Sign in with it once before the first use."
)
_COMMAND: Final = Content(
    "The command line that starts your MCP server for Jules (it is started without a shell), or the http address of "
    "one that runs already. What it can do is found out from its tools."
)


def _key_places(answers: SetupAnswers) -> Content:
    """The key stays where it is; only the place is asked for."""
    state = "set here" if answers.has_key else "not set here"
    rows = [
        (f"env:{API_KEY}", f"an environment variable ({state})"),
        ("file:/path", "a file that only you can read"),
        ("keyring:service/user", "your system's keyring"),
        ("command:pass show jules", "what a program prints"),
    ]
    if answers.key_is_optional:
        rows.append(("none", "this server may need no key"))
    lines = [
        Content("The key stays where it is; the settings only say where. It can be in one of these places:"),
        Content(""),
    ]
    lines += [Content.styled(f"  {place:<25}", "bold $text-accent") + Content(told) for place, told in rows]
    return Content("\n").join(lines)
