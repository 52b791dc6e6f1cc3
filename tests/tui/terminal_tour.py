"""A tour over every screen of a dashboard on a real terminal: what is pressed, and by which words a screen is known.

A key is pressed only where it is meant for, and a screen is looked at only when it is there: the program refuses what
was typed before there was anything to see, and a busy machine draws late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tests.tui.terminal_stage import TerminalStage

_MOST_BACK = 8
"""Keys after which we must be at the list again."""


@dataclass(frozen=True)
class Stop:
    """A screen, how it is reached from the list, and the words by which it is known there.

    ``keys`` and ``here``: keys with blanks between them; ``here`` are pressed on the screen. ``of``: the state of the
    task under the cursor. ``plain``: nothing foreign is shown there. ``filled``: it needs operations and templates.
    ``columns``: it is there on terminals that have at least so many, or fewer if the number is negative.
    """

    screen: str
    keys: str
    words: tuple[str, ...]
    here: str = ""
    of: str = ""
    plain: bool = False
    filled: bool = False
    columns: int = 0

    def is_on(self, terminal: TerminalStage) -> bool:
        """Whether it can be reached on a terminal of this width."""
        columns = terminal.screen.columns
        return columns < -self.columns if self.columns < 0 else columns >= self.columns


_FOREIGN = ("/foo", "[x]", "[@click", "[link=", "evil.example", "\ufffd")
"""Pieces of evil text as they are to be read, wherever it is cut."""
_EVERY = 8
"""Columns between two clicks."""

W, Q, C, P, F = "waiting_approval", "waiting_feedback", "completed", "paused", "failed"
_TABS = "] G g ] G g ] d ] G ] / foo\r n"
STOPS = (
    Stop("MainScreen", "", ("Tasks · sort:",), "j j k space * escape p p t t t V V 0 H H y Y ctrl+r f5"),
    Stop("MainScreen", "/", ("words  state:failed",), "foo"),
    Stop("MainScreen", "m", ("ctrl+s send", "─ message to "), "x escape", Q, columns=100),
    Stop("MainScreen", "enter", (" esc back", "Overview"), _TABS, C, columns=100),
    Stop("DetailScreen", "enter", (" esc back", "Overview"), _TABS, C, columns=-100),
    Stop("DetailScreen", "m", ("ctrl+s send", "─ message to "), "x escape", Q, columns=-100),
    Stop("ApprovalScreen", "a", ("  not approved", " esc back"), "G ctrl+r", W),
    Stop("ResumeDialog", "r", ("─ Resume this task? ─",), "", P),
    Stop("SnoozeDialog", "z", ("─ Snooze ─",), "tab x enter", Q),
    Stop("ForgetDialog", "D", ("─ Forget this task? ─",), "G", C),
    Stop("ForgetDialog", "* D", ("─ Forget these ",), "G"),
    Stop("BulkApprovalScreen", "A", ("─ Approve",), "j space"),
    Stop("BulkMessageScreen", "* M", ("─ Message many tasks ─",), "tab j"),
    Stop("CreateScreen", "c", ("─ New task ─",), "h ctrl+s"),
    Stop("TemplatesScreen", "T", ("─ New task from a template ─",), "down down"),
    Stop("CreateScreen", "T enter", ("─ New task ─",), "ctrl+s", filled=True),
    Stop("WatchScreen", "W", (" Watch  ",), "g G t"),
    Stop("OutboxScreen", "O", (" Outbox  ",), "j j j j s r"),
    Stop("ConfirmDialog", "O j j j x", ("─ Discard it? ─",), "G", filled=True),
    Stop("ConnectionScreen", "C", (" Connection  ", "Recent calls"), "t G R"),
    Stop("LogScreen", "L", (" Log  ", " record"), "j enter +"),
    Stop("InsightsScreen", "I", (" Insights  ",), "t"),
    Stop("DigestScreen", "B", (" While you were away  ",), "G"),
    Stop("HelpScreen", "?", ("─ Help: tasks ─",), "G / x", plain=True),
    Stop("SaveViewDialog", "! : save enter", ("─ Save this filter as a view ─",), "x"),
    Stop("Palette", ":", ("─ Go to anything ─",), "foo down"),
    Stop("ThemePalette", ": theme enter", ("─ Theme ─",), "foo down"),
    Stop("FirstRunScreen", ": set-up enter", ("Which server?",), "down down", plain=True),
    Stop("QuitDialog", "q", ("─ Leave now? ─",), filled=True),
)


def stop_at(screen: str) -> Stop:
    """The first stop at a screen."""
    return next(stop for stop in STOPS if stop.screen == screen)


def begin(terminal: TerminalStage) -> None:
    """Wait until the dashboard is connected, is there with its list, and hears keys."""
    terminal.shows(" ● ", "Tasks ·")
    terminal.settle()


def go_home(terminal: TerminalStage) -> None:
    """Back to the list, with every task and no mark."""
    for _ in range(_MOST_BACK):
        if _is_home(terminal.text):
            return
        terminal.press("escape")
        terminal.settle()
    raise AssertionError(f"The way back does not end at the list:\n{terminal.text}")


def _is_home(text: str) -> bool:
    return "Tasks · sort:" in text and not any(words in text for words in (" esc ", " marked "))


def go(terminal: TerminalStage, stop: Stop) -> None:
    """From wherever we are to a screen."""
    go_home(terminal)
    if stop.of:
        terminal.press("/", f"\x1b[200~state:{stop.of}\x1b[201~", "enter")
        terminal.shows(f"filter: state:{stop.of}")
        terminal.hides("enter keep")
        terminal.settle()
    for key in filter(None, stop.keys.split(" ")):
        terminal.press(key)
        terminal.settle()
    terminal.shows(*stop.words)
    terminal.settle()


def press_here(terminal: TerminalStage, stop: Stop) -> Iterator[str]:
    """Press the keys that belong to a stop, one by one; what is to be seen before, and after each."""
    for key in ("", *filter(None, stop.here.split(" "))):
        terminal.press(*filter(None, [key]))
        terminal.settle()
        assert terminal.process.poll() is None, f"It ended after {key!r} at {stop}:\n{terminal.text}"
        yield terminal.text


def walk(
    terminal: TerminalStage, *, filled: bool = False, first: Callable[[TerminalStage, Stop], object] | None = None
) -> dict[Stop, str]:
    """Go everywhere; all that was to be seen at each stop. ``filled``: there are operations and templates.

    ``first``: what is done at each stop before its keys are pressed, wherever it leads.
    """
    begin(terminal)
    seen: dict[Stop, str] = {}
    for stop in STOPS:
        if stop.is_on(terminal) and (filled or not stop.filled):
            go(terminal, stop)
            before = terminal.text
            if first is not None:
                first(terminal, stop)
                return_to(terminal, stop)
            seen[stop] = "\n".join([before, *press_here(terminal, stop)])
    return seen


def return_to(terminal: TerminalStage, stop: Stop) -> bool:
    """Go to a screen unless it is still there; whether it was."""
    is_there = all(words in terminal.text for words in stop.words)
    if not is_there:
        go(terminal, stop)
    return is_there


def click_foreign(terminal: TerminalStage, stop: Stop) -> int:
    """Click on every line in which something foreign is to be read, in every eighth column; how many lines.

    All at once. Where that led elsewhere, line by line, each from this screen. Lines with keys are left out: what is
    clicked there is done, as it is our own word.
    """
    found = [
        y
        for y, line in enumerate(terminal.text.split("\n"))
        if any(words in line for words in _FOREIGN) and " esc " not in line
    ]
    click_lines(terminal, found)
    if not return_to(terminal, stop):
        for y in found:
            click_lines(terminal, [y])
            return_to(terminal, stop)
    return len(found)


def click_lines(terminal: TerminalStage, lines: Iterable[int]) -> None:
    """Click in every eighth column of these lines, as fast as they are taken."""
    places = [(x + 1, y + 1) for y in lines for x in range(_EVERY // 2, terminal.screen.columns, _EVERY)]
    terminal.pour("".join(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" for x, y in places))
    terminal.settle()
    assert terminal.process.poll() is None, f"It ended after clicks:\n{terminal.text}"
