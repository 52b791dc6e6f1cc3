"""Reading keys from a terminal: nothing is looked for while nothing is typed, and nothing is waited for at the end."""

from __future__ import annotations

import select
import sys
import threading
from pathlib import Path

import pytest

from jjm_tui.tui.pasted import PasteParser
from jjm_tui.tui.steady_driver import Ending
from tests.cli.program import Program
from tests.tui.terminal_stage import Modes, TerminalStage


def test_who_waits_for_a_key_is_woken_by_the_end_and_waits_again_after_it_was_taken_back() -> None:
    ending = Ending()
    woken = threading.Thread(target=lambda: select.select([ending.descriptor], [], []))
    woken.start()
    ending.set()
    ending.set()
    woken.join()
    ending.clear()
    ending.clear()
    assert select.select([ending.descriptor], [], [], 0) == ([], [], [])
    ending.set()
    assert select.select([ending.descriptor], [], [], 0)[0] == [ending.descriptor]


@pytest.mark.parametrize(
    ("typed", "waits"), [("", False), ("a", False), ("\x1b", True), ("\x1b[", True), ("\x1b[A", False)]
)
def test_only_a_key_that_may_go_on_is_waited_for_in_time(typed: str, waits: bool) -> None:
    parser = PasteParser()
    list(parser.feed(typed) if typed else ())
    assert (parser.patience is not None) is waits


def test_escape_alone_counts_without_a_further_key(tmp_path: Path) -> None:
    program = Program(tmp_path / "home")
    with TerminalStage(program.plain_argv("--demo"), program.environ) as terminal:
        terminal.shows("NEEDS YOU")
        for _ in range(3):
            terminal.insist("?", lambda: "Help" in terminal.screen.text, "help")
            terminal.press("escape")
            terminal.hides("Help")


_ANSWERED_AT_THE_END = """
import sys, time
from textual.app import App
from jjm_tui.tui.steady_driver import SteadyDriver

class AnsweredAtTheEnd(SteadyDriver):
    answers = 0
    def _enable_mouse_pixels(self):
        super()._enable_mouse_pixels()
        self.answers += 1
    def _disable_in_band_window_resize(self):
        super()._disable_in_band_window_resize()
        before = self.answers
        self._query_in_band_window_resize()
        while self._key_thread.is_alive() and self.answers == before:
            time.sleep(0.01)

class Brief(App):
    def get_driver_class(self):
        return AnsweredAtTheEnd
    def on_mount(self):
        self.exit()

Brief().run()
"""


_SIGNALLED_AT_THE_END = """
import os, signal
from textual.app import App
from jjm_tui.tui.steady_driver import SteadyDriver

class Brief(App):
    def get_driver_class(self):
        return SteadyDriver
    def on_mount(self):
        self.exit()

Brief().run()
for number in (signal.SIGCONT, signal.SIGTSTP):
    os.kill(os.getpid(), number)
"""


def test_signal_that_comes_when_all_is_over_changes_nothing(tmp_path: Path) -> None:
    program = Program(tmp_path / "home")
    with TerminalStage([sys.executable, "-c", _SIGNALLED_AT_THE_END], program.environ) as terminal:
        assert terminal.finish() == 0
        assert b"Traceback" not in terminal.written


_READ_AT_THE_END = """
import sys, threading, time
from pathlib import Path
from textual.app import App
from jjm_tui.tui.steady_driver import _MOST_WAITING, SteadyDriver

class Brief(App):
    def get_driver_class(self):
        return SteadyDriver
    def on_mount(self):
        self._driver.write("-" * (_MOST_WAITING + 1))
        while not self._driver._outlet._queue.empty():
            time.sleep(0.01)
        self._driver.write("never shown")
        self.exit()

Brief().run()
Path(sys.argv[1]).touch()
for thread in threading.enumerate():
    if thread.name == "terminal-outlet":
        thread.join()
"""


def test_terminal_that_reads_again_when_all_is_over_changes_nothing(tmp_path: Path) -> None:
    program, is_over = Program(tmp_path / "home"), tmp_path / "over"
    with TerminalStage([sys.executable, "-c", _READ_AT_THE_END, str(is_over)], program.environ) as terminal:
        with terminal.unread():
            terminal.until(is_over.exists, "the end of the event loop")
        assert terminal.finish() == 0
        assert b"Traceback" not in terminal.written
        assert terminal.modes == Modes()


def test_what_the_terminal_answers_while_it_is_given_back_switches_nothing_on(tmp_path: Path) -> None:
    program = Program(tmp_path / "home")
    with TerminalStage([sys.executable, "-c", _ANSWERED_AT_THE_END], program.environ, modern=True) as terminal:
        assert terminal.finish() == 0
        terminal.until(lambda: terminal.modes == Modes(), "the terminal given back")
