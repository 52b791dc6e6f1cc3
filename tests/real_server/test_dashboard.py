"""The dashboard on a terminal, through a real third-party server, unchanged, against the stand-in for Google's API."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forking.quick_python import quick_python
from tests.real_server.harness import RealServer
from tests.tui.marked import Marked
from tests.tui.terminal_stage import Modes, Process, TerminalStage

pytestmark = pytest.mark.needs_node

PLAN, OTHER_PLAN, QUESTION = "Split the CI build", "Upgrade the ORM", "Why does the nightly job"
PAUSED, FAILED, FINISHED = "Translate the guides", "Rewrite the image resizer", "Fix the flaky upload test"
"""How titles begin: as much of them as every row has room for."""

ANSWER, DESCRIPTION = "Take way 1.", "Add a badge to the README"


@dataclass
class Desk:
    """A terminal with the dashboard on it, and the truth about what it does."""

    terminal: TerminalStage
    server: RealServer
    marked: Marked

    def effects(self, kind: str) -> list[tuple[str, str]]:
        """What really happened: session and text, oldest first."""
        return [(entry["session"], entry["text"]) for entry in self.server.world.journal() if entry["kind"] == kind]

    def go_to(self, title: str) -> None:
        """Bring the only task with this title under the cursor, by filtering."""
        self.terminal.press("0", "/")
        self.terminal.type(title)
        self.terminal.shows(f"filter: {title}", f"╭─ {title}", "last message holds")
        self.terminal.press("enter")
        self.terminal.hides("last message holds")

    def shows_row(self, state: str, title: str) -> None:
        """Wait until the list has a row with this state and title; a state with ``▌`` before it: under the cursor."""

        def is_there() -> bool:
            return any(f"{state} " in line and title in line for line in self.terminal.screen.lines)

        self.terminal.until(is_there, f"{title} {state}")

    def write(self, text: str) -> None:
        """Begin a message to the task under the cursor."""
        self.terminal.type(f"m{text}")
        self.terminal.shows(f"│ {text} ", "draft kept")

    def servers(self) -> list[int]:
        """The processes of the server that run now."""
        return [pid for pid, command in self.marked.living().items() if command == " ".join(self.server.command)]

    def await_server(self, *but: int) -> int:
        """Wait until one runs that is none of these, alone."""
        seen: list[int] = []

        def is_there() -> bool:
            seen[:] = self.servers()
            return len(seen) == 1 and seen[0] not in but

        self.terminal.until(is_there, "another server")
        return seen[0]

    def quit(self) -> None:
        """Leave by the key; the terminal is as it was, and no process is left."""
        for word in ("sending", "unconfirmed"):
            self.terminal.hides(f"1 {word}")
        self.terminal.press("q")
        assert self.terminal.finish() == 0
        self.terminal.until(lambda: self.terminal.modes == Modes(), "the terminal given back")
        assert self.terminal.attributes == self.terminal.before
        assert self.marked.living() == {}
        for words in (b"Traceback", b"went wrong"):
            assert words not in self.terminal.written


@pytest.fixture
def desk(real_server: RealServer, tmp_path: Path) -> Iterator[Desk]:
    """The dashboard over an empty home, connected."""
    home = tmp_path / "home"
    home.mkdir()
    environ = {
        **{name: value for name, value in real_server.env.items() if name != "HOME"},
        **{name: os.environ[name] for name in ("COVERAGE_PROCESS_START", "PYTHONPATH") if name in os.environ},
        "JJM_HOME": str(home),
        "HOME": str(home),
        "JJM_SERVER__PASS_ENV": '["NODE_OPTIONS", "JJM_STANDIN_PORT"]',
        "JJM_OUTBOX__CONFIRM_FOR": "1",
        "JJM_POLLING__INTERVAL": "1",
        "JJM_POLLING__CALLS_PER_MINUTE": "10000",
        "TEXTUAL_ANIMATIONS": "none",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "TZ": "UTC",
    }
    words = ["--server", shlex.join(real_server.command)]

    def start(path: str) -> Process:
        return quick_python(environ).fork("jjm_tui", words, path, environ)

    marked = Marked(f"JJM_STANDIN_PORT={real_server.world.port}")
    try:
        with TerminalStage([], {}, columns=160, rows=45, start=start) as terminal:
            terminal.shows("● connected", "NEEDS YOU (3)", "RUNNING (4)", "PAUSED (1)", PLAN, QUESTION)
            yield Desk(terminal, real_server, marked)
    finally:
        marked.end()


def test_tasks_are_listed_filtered_and_opened(desk: Desk) -> None:
    terminal = desk.terminal
    terminal.shows("3 need you", "4 running", "1 paused", "1 failed", PLAN, OTHER_PLAN, QUESTION, PAUSED, FAILED)
    # by language, while it is typed
    terminal.type("/repo:acme/webapp is:needs-me")
    terminal.shows("filter: repo:acme/webapp is:needs-me", PLAN, OTHER_PLAN)
    terminal.hides(QUESTION)
    terminal.type(" OR")
    terminal.shows("still shows: repo:acme/webapp", PLAN, OTHER_PLAN)
    terminal.press("escape")
    terminal.shows(PLAN, OTHER_PLAN, QUESTION, PAUSED, FAILED)
    # by one key
    for key, title in (("!", FAILED), ("@", QUESTION)):
        terminal.press(key)
        terminal.shows(f"╭─ {title}")
        terminal.hides(OTHER_PLAN)
        terminal.press("0")
        terminal.shows(PLAN, OTHER_PLAN, QUESTION, PAUSED, FAILED)
    # open: plan, chat, files
    desk.go_to(PLAN)
    terminal.press("enter", "]")
    terminal.shows("Plan · ", "Measure the present build")
    terminal.press("]")
    terminal.shows("I will change the plan accordingly.")
    terminal.press("escape")
    desk.go_to(FINISHED)
    terminal.press("d")
    terminal.shows("app/upload.py  +1 ", "+    upload.writer.join()")
    terminal.press("escape", "escape")
    assert [desk.effects(kind) for kind in ("create", "message", "approve")] == [[], [], []]
    desk.quit()


def test_decisions_have_each_effect_once_and_are_seen_in_list_and_feed(desk: Desk) -> None:
    terminal = desk.terminal
    # read and approve
    desk.go_to(PLAN)
    terminal.press("a")
    terminal.shows("Measure the present build", "y approve")
    terminal.insist("y", lambda: desk.effects("approve"), "the approval")
    terminal.shows(f"filter: {PLAN}", "2 need you")
    desk.shows_row("▌ ▸ working", PLAN)
    # answer
    desk.go_to(QUESTION)
    desk.write(ANSWER)
    terminal.press("ctrl+s")
    terminal.until(lambda: desk.effects("message"), "the answer")
    terminal.shows("1 needs you")
    terminal.hides("draft kept")
    desk.shows_row("▌ ▸ working", QUESTION)
    # a new task
    terminal.press("0", "c")
    terminal.shows("New task", "nothing filled in")
    terminal.type(f"acme/webapp\t\t\t{DESCRIPTION}")
    terminal.shows(DESCRIPTION, "draft kept")
    terminal.press("ctrl+s")
    terminal.shows("tool: create_session", "source: sources/github/acme/webapp", f"prompt: {DESCRIPTION}")
    terminal.insist("ctrl+s", lambda: desk.effects("create"), "the new task")
    terminal.shows(f"╭─ {DESCRIPTION} ")
    desk.shows_row("▌ ○ queued", DESCRIPTION)
    # what they do next is told line by line
    terminal.press("w", "W", "t")
    terminal.shows(" Watch ", "1 watched", "only watched tasks", f"{DESCRIPTION}  ")
    terminal.hides(QUESTION)
    desk.server.world.step(40)
    terminal.shows("queued → plan", "plan ready: ")
    terminal.press("t")
    terminal.shows(f"✓ {PLAN}", "plan approved", f"▸ {QUESTION}")
    terminal.press("escape")
    terminal.shows(f"╭─ {DESCRIPTION} ")
    desk.shows_row("▌ ? plan", DESCRIPTION)
    desk.quit()
    ((_, approved),) = desk.effects("approve")
    assert approved
    assert [text for _, text in desk.effects("message")] == [ANSWER]
    assert [text for _, text in desk.effects("create")] == [DESCRIPTION]


def test_server_that_is_killed_comes_back_by_itself_and_by_the_key(desk: Desk) -> None:
    terminal = desk.terminal
    first = desk.await_server()
    os.kill(first, signal.SIGKILL)
    second = desk.await_server(first)
    terminal.shows("● connected", "NEEDS YOU (3)")
    desk.go_to(QUESTION)
    desk.write(ANSWER)
    terminal.press("ctrl+s")
    terminal.until(lambda: desk.effects("message"), "the answer")
    terminal.shows("2 need you")
    desk.shows_row("▌ ▸ working", QUESTION)
    terminal.press("C")
    terminal.shows("Connection", "● connected", "1 since this program started")
    # the first key only tells of the answer while that is on its way
    known = {first, second}
    terminal.insist("R", lambda: "restarting…" in terminal.screen.text or set(desk.servers()) - known, "the restart")
    third = desk.await_server(first, second)
    terminal.shows("● connected", "2 since this program started")
    asked = len(desk.server.world.requests())
    terminal.press("f5")
    terminal.until(lambda: len(desk.server.world.requests()) > asked, "the server asked")
    terminal.press("escape", "0")
    terminal.shows("2 need you", "RUNNING (5)")
    assert desk.servers() == [third]
    assert [text for _, text in desk.effects("message")] == [ANSWER]
    desk.quit()


def test_server_that_never_comes_back_is_told_and_what_is_stored_stays(desk: Desk) -> None:
    terminal = desk.terminal
    killed: list[int] = []
    for _ in range(5):
        killed.append(desk.await_server(*killed))
        terminal.shows("● connected")
        os.kill(killed[-1], signal.SIGKILL)
        terminal.hides("● connected")
    terminal.shows("gave up", PLAN, QUESTION)
    assert desk.servers() == []
    # readable and writable, and nothing is sent
    desk.go_to(QUESTION)
    desk.write(ANSWER)
    terminal.press("ctrl+s")
    terminal.shows("✗ not sent", "Your message was not sent", f"│ {ANSWER} ")
    assert desk.effects("message") == []
    # once more, on demand
    terminal.press("escape", "C")
    terminal.shows("Connection", "✗ gave up", "R restart")
    terminal.press("R")
    desk.await_server(*killed)
    terminal.shows("● connected")
    terminal.press("escape")
    desk.shows_row("▌ ? question", QUESTION)
    terminal.press("m")
    terminal.shows(f"│ {ANSWER} ")
    terminal.press("ctrl+s")
    terminal.until(lambda: desk.effects("message"), "the answer")
    terminal.shows("2 need you")
    desk.shows_row("▸ working", QUESTION)
    desk.quit()
    assert [text for _, text in desk.effects("message")] == [ANSWER]
