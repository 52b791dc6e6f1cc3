"""The dashboard when a standard stream leads elsewhere than to the terminal, or the terminal is moved about."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.tui.terminal_stage import TerminalStage


def dashboard(tmp_path: Path, redirection: str) -> TerminalStage:
    """A demo, started by a shell."""
    program = Program(tmp_path / "home")
    command = f"exec {shlex.join(program.plain_argv('--demo'))} {redirection}"
    return TerminalStage(["sh", "-c", command], program.environ)


@pytest.mark.parametrize("where", ["errors.log", "&-"])
def test_dashboard_is_drawn_when_standard_error_goes_elsewhere(tmp_path: Path, where: str) -> None:
    target = where if where == "&-" else shlex.quote(str(tmp_path / where))
    with dashboard(tmp_path, f"2>{target}") as terminal:
        terminal.shows("NEEDS YOU")
        terminal.insist("q", lambda: terminal.process.poll() is not None, "the end")
        assert terminal.finish() == 0
        assert terminal.attributes == terminal.before
    assert [path.read_text() for path in tmp_path.glob("*.log")] == [""] * (where != "&-")


@pytest.mark.parametrize(("redirection", "which"), [(">out", "output"), ("</dev/null", "input"), ("<&-", "input")])
def test_dashboard_without_a_whole_terminal_says_what_it_needs(tmp_path: Path, redirection: str, which: str) -> None:
    target = redirection.replace(">out", f">{shlex.quote(str(tmp_path / 'out'))}")
    with dashboard(tmp_path, target) as terminal:
        assert terminal.finish() == 2
        told = " ".join(terminal.text.split())
        assert f"The dashboard needs a terminal, and standard {which} is not one." in told


def test_dashboard_on_a_dumb_terminal_says_what_it_needs_and_draws_nothing(tmp_path: Path) -> None:
    program = Program(tmp_path / "home")
    with TerminalStage(program.plain_argv("--demo"), {**program.environ, "TERM": "dumb"}) as terminal:
        assert terminal.finish() == 2
        assert "TERM=dumb says that this one cannot" in " ".join(terminal.text.split())
        assert "NEEDS YOU" not in terminal.text


def test_dashboard_is_drawn_whole_when_the_terminal_had_another_size_for_a_moment(tmp_path: Path) -> None:
    with dashboard(tmp_path, "") as terminal:
        terminal.shows("NEEDS YOU")
        for _ in range(5):
            terminal.resize(101, 30)
            terminal.resize(100, 30)
            terminal.shows("Tasks", "NEEDS YOU", "RUNNING", "q quit")
