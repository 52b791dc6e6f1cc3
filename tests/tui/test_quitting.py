"""Every way out: the terminal is as it was, the exit code is true, and no process is left."""

from __future__ import annotations

import os
import shlex
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.ground import Ground, ground
from tests.tui.terminal_stage import Modes, TerminalStage

INTERRUPTED = 130
"""What ``cli.md`` has for every program that a signal ended."""

WAYS = {
    "q": 0,
    "ctrl+c": 0,
    "ctrl+q": 0,
    **dict.fromkeys(("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"), INTERRUPTED),
    "closed": INTERRUPTED,
}

TITLE_BROUGHT_BACK = b"\x1b[23;2t"
"""The last that is written before the server is ended."""

SCREEN_TAKEN = b"\x1b[?1049h"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    with ground(tmp_path / "ground") as made:
        yield made


def take(terminal: TerminalStage, way: str) -> None:
    """Leave by a key, a signal, or by closing the terminal."""
    if way == "closed":
        terminal.hang_up()
    elif way.startswith("SIG"):
        terminal.signal(getattr(signal, way))
    else:
        terminal.press(way)


def assert_is_over(terminal: TerminalStage, place: Ground, code: int) -> None:
    """It ended with this code, left nothing behind, and the terminal is as before."""
    assert terminal.finish() == code, terminal.written[-2000:]
    terminal.until(lambda: place.processes() == {}, "no process left")
    assert b"went wrong" not in terminal.written
    assert b"Traceback" not in terminal.written
    if terminal.is_open:
        terminal.until(lambda: terminal.modes == Modes(), "the terminal given back")
        assert terminal.attributes == terminal.before


@pytest.mark.parametrize("way", WAYS)
def test_quit_while_connected_leaves_nothing(place: Ground, way: str) -> None:
    with place.open(forked=False, modern=True) as terminal:
        terminal.shows("connected")
        assert len(place.processes()) == 3
        take(terminal, way)
        assert_is_over(terminal, place, WAYS[way])


@pytest.mark.parametrize("way", ["q", "ctrl+c", "SIGTERM", "SIGHUP", "closed"])
def test_quit_with_a_server_that_ignores_everything_leaves_nothing(tmp_path: Path, way: str) -> None:
    with ground(tmp_path / "ground", "deaf", "parent") as place, place.open() as terminal:
        terminal.shows("connected")
        assert len(place.processes()) == 3, "the server, its child and its guard"
        take(terminal, way)
        assert_is_over(terminal, place, WAYS[way])


@pytest.mark.parametrize("way", ["q", "SIGHUP"])
def test_quit_while_the_server_is_starting_leaves_nothing(tmp_path: Path, way: str) -> None:
    with ground(tmp_path / "ground", "silent") as place, place.open(forked=False) as terminal:
        terminal.shows("starting")
        terminal.until(lambda: len(place.processes()) == 3, "the server's process and its guard")
        take(terminal, way)
        assert_is_over(terminal, place, WAYS[way])


@pytest.mark.parametrize("sign", [b"\x1b[?1049h", b"\x1b[?2004h", b"jjm"])
def test_quit_before_the_first_frame_is_complete(place: Ground, sign: bytes) -> None:
    with place.open(forked=False) as terminal:
        terminal.until(lambda: sign in terminal.written, f"{sign!r} written")
        terminal.signal(signal.SIGTERM)
        assert_is_over(terminal, place, INTERRUPTED)


def test_quit_by_a_key_typed_ahead_of_the_first_frame(place: Ground) -> None:
    with place.open(forked=False) as terminal:
        terminal.press("q")
        assert_is_over(terminal, place, 0)


def test_key_that_would_end_a_program_at_once_does_not_end_this_one(place: Ground) -> None:
    with place.open(forked=False) as terminal:
        terminal.shows("connected")
        terminal.press("ctrl+backslash", "?")
        terminal.shows("Help")
        terminal.press("escape")
        terminal.hides("Help")
        terminal.press("q")
        assert_is_over(terminal, place, 0)


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+backslash"])
def test_key_while_the_server_is_being_ended_tells_and_still_leaves_nothing(tmp_path: Path, key: str) -> None:
    with ground(tmp_path / "ground", "deaf") as place, place.open(forked=False) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("q")
        terminal.until(lambda: TITLE_BROUGHT_BACK in terminal.written, "the end of the screen")
        terminal.press(key)
        terminal.until(lambda: b"press Ctrl+C once more" in terminal.written, "what to do")
        assert_is_over(terminal, place, 0)


@pytest.mark.parametrize("way", ["SIGCONT", "ctrl+z"])
def test_sleep_that_nobody_ends_and_a_call_to_go_on_change_nothing_while_the_server_is_being_ended(
    tmp_path: Path, way: str
) -> None:
    with ground(tmp_path / "ground", "deaf") as place, place.open(forked=False, modern=True) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("q")
        terminal.until(lambda: TITLE_BROUGHT_BACK in terminal.written, "the end of the screen")
        take(terminal, way)
        assert_is_over(terminal, place, 0)
        assert terminal.written.count(SCREEN_TAKEN) == 1


def test_program_put_to_sleep_while_the_server_is_being_ended_does_not_take_the_terminal_again(tmp_path: Path) -> None:
    with ground(tmp_path / "ground", "deaf") as place, TerminalStage(["sh", "-i"], place.program.environ) as terminal:
        terminal.type(shlex.join(place.program.plain_argv()))
        terminal.press("enter")
        terminal.shows("connected", "NEEDS YOU")
        job = os.tcgetpgrp(terminal._master)
        terminal.press("q")
        terminal.until(lambda: TITLE_BROUGHT_BACK in terminal.written, "the end of the screen")
        terminal.press("ctrl+z")
        terminal.until(lambda: os.tcgetpgrp(terminal._master) != job, "the shell in front")
        terminal.type("fg")
        terminal.press("enter")
        terminal.until(lambda: [*place.processes()] == [terminal.process.pid], "only the shell left")
        assert terminal.modes == Modes()
        assert terminal.written.count(SCREEN_TAKEN) == 1


def test_second_ctrl_c_while_the_server_is_being_ended_leaves_at_once_and_the_guard_does_the_rest(
    tmp_path: Path,
) -> None:
    with ground(tmp_path / "ground", "deaf", "parent") as place, place.open(forked=False) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        assert len(place.processes()) == 4
        terminal.press("q")
        terminal.until(lambda: TITLE_BROUGHT_BACK in terminal.written, "the end of the screen")
        terminal.press("ctrl+c")
        terminal.until(lambda: b"press Ctrl+C once more" in terminal.written, "what to do")
        terminal.press("ctrl+c")
        assert terminal.finish() == -signal.SIGINT
        assert terminal.attributes == terminal.before
        terminal.until(lambda: not place.processes(), "nothing left")


def test_program_killed_outright_leaves_no_server(tmp_path: Path) -> None:
    with ground(tmp_path / "ground", "deaf", "parent") as place, place.open(forked=False) as terminal:
        terminal.shows("connected")
        assert len(place.processes()) == 4
        terminal.kill()
        terminal.until(lambda: not place.processes(), "nothing left")


def test_demo_leaves_neither_process_nor_folder(place: Ground, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    program = place.program
    program.extra_environ["TMPDIR"] = str(temporary)
    with TerminalStage(program.plain_argv("--demo"), program.environ) as terminal:
        terminal.shows("connected", "need you")
        assert list(temporary.glob("jjm-demo-*"))
        terminal.press("q")
        assert_is_over(terminal, place, 0)
        assert list(temporary.iterdir()) == []


def test_quit_with_an_operation_under_way_asks_first(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("connected", "NEEDS YOU")
        place.order("hold", "send_message")
        terminal.press("m")
        terminal.type("go on")
        terminal.shows("go on", "draft kept")
        terminal.press("ctrl+s")
        terminal.shows("1 sending")
        terminal.until(lambda: place.calls("send_message"), "the message on its way")
        terminal.press("q")
        terminal.shows("Leave now?")
        assert terminal.process.poll() is None
        terminal.press("y")
        assert_is_over(terminal, place, 0)
    assert [each["state"] for each in place.operations()] == ["unconfirmed"]
    assert place.effects("message") == []


# a terminal that is gone, or reads nothing


def test_terminal_that_goes_away_while_the_program_sleeps_ends_it(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("connected")
        terminal.signal(signal.SIGTSTP)
        terminal.until(lambda: terminal.state == "T", "stopped")
        place.processes()
        terminal.hang_up()
        terminal.signal(signal.SIGCONT)
        assert_is_over(terminal, place, INTERRUPTED)


def test_terminal_that_goes_away_without_a_signal_is_noticed(place: Ground) -> None:
    """As for a program that was started with ``nohup`` in a way that blocks the signal."""
    program = place.program
    block = "import signal, os, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])"
    blocker = f"{block}; os.execv(sys.argv[1], sys.argv[1:])"
    argv = program.plain_argv()
    with TerminalStage([argv[0], "-c", blocker, *argv], program.environ) as terminal:
        terminal.shows("connected")
        place.processes()
        terminal.hang_up()
        assert_is_over(terminal, place, INTERRUPTED)


def test_terminal_that_reads_nothing_does_not_hold_up_the_program(place: Ground) -> None:
    with place.open(columns=200, rows=60) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        before = place.calls("list_sessions")
        with terminal.unread():
            for size in range(60, 160):
                terminal.resize(200, size % 50 + 10)
            terminal.until(lambda: place.calls("list_sessions") > before + 2, "the server asked again")
        terminal.resize(100, 30)
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("q")
        assert_is_over(terminal, place, 0)


def test_terminal_that_reads_nothing_does_not_hold_up_the_end(place: Ground) -> None:
    with place.open(columns=200, rows=60) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        place.processes()
        with terminal.unread():
            before = place.calls("list_sessions")
            for size in range(60, 160):
                terminal.resize(200, size % 50 + 10)
            terminal.until(lambda: place.calls("list_sessions") > before + 2, "the server asked again")
            terminal.signal(signal.SIGTERM)
            assert terminal.finish() == INTERRUPTED
        assert terminal.attributes == terminal.before
        assert place.processes() == {}


# being stopped, and going on


def test_program_sleeps_and_wakes_up_as_it_was(place: Ground) -> None:
    with place.open(modern=True) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.signal(signal.SIGTSTP)
        terminal.until(lambda: terminal.state == "T", "stopped")
        terminal.until(lambda: terminal.modes == Modes(), "the terminal given back")
        assert terminal.attributes == terminal.before
        assert "NEEDS YOU" not in terminal.text
        terminal.signal(signal.SIGCONT)
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("/")
        terminal.type("state:failed")
        terminal.shows("state:failed")
        terminal.press("escape", "escape")
        terminal.hides("state:failed")
        terminal.press("q")
        assert_is_over(terminal, place, 0)


@pytest.mark.parametrize("way", ["q", "SIGHUP"])
def test_program_told_to_go_on_again_and_again_leaves_the_terminal_as_it_was(place: Ground, way: str) -> None:
    with place.open(modern=True) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.signal(signal.SIGTSTP)
        terminal.until(lambda: terminal.state == "T", "stopped")
        for _ in range(200):
            terminal.signal(signal.SIGCONT)
            time.sleep(0.001)  # so that one comes while another one is answered
        take(terminal, way)
        assert_is_over(terminal, place, WAYS[way])


@pytest.mark.parametrize("starter", [(), ("sh", "-c", '"$@"; exit $?', "sh")])
def test_whole_job_is_stopped_with_the_program_and_goes_on_with_it(place: Ground, starter: tuple[str, ...]) -> None:
    program = place.program
    with TerminalStage(["sh", "-i"], program.environ) as terminal:
        terminal.type(shlex.join([*starter, *program.plain_argv()]))
        terminal.press("enter")
        terminal.shows("connected", "NEEDS YOU")
        job = os.tcgetpgrp(terminal._master)
        terminal.press("ctrl+z")
        terminal.until(lambda: os.tcgetpgrp(terminal._master) != job, "the shell in front")
        terminal.until(lambda: terminal.modes == Modes(), "the terminal given back")
        terminal.type("fg")
        terminal.press("enter")
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("q")
        terminal.until(lambda: [*place.processes()] == [terminal.process.pid], "only the shell left")
        terminal.until(lambda: terminal.modes == Modes(), "the terminal given back")


def test_program_that_no_shell_waits_for_is_not_put_to_sleep(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("ctrl+z")
        terminal.shows("nobody could wake it up again")
        terminal.press("q")
        assert_is_over(terminal, place, 0)


@pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
def test_program_that_sleeps_behind_a_shell_can_be_ended(place: Ground, stop: int, end: int) -> None:
    program = place.program
    with TerminalStage(["sh", "-i"], program.environ) as terminal:
        terminal.type(shlex.join(program.plain_argv()))
        terminal.press("enter")
        terminal.shows("connected", "NEEDS YOU")
        job = os.tcgetpgrp(terminal._master)
        os.killpg(job, stop)
        terminal.until(lambda: os.tcgetpgrp(terminal._master) != job, "the shell in front")
        os.killpg(job, end)
        os.killpg(job, signal.SIGCONT)
        terminal.until(lambda: [*place.processes()] == [terminal.process.pid], "only the shell left")
        terminal.until(lambda: terminal.modes == Modes(), "the terminal given back")


def test_program_stopped_by_force_gives_the_terminal_back_all_the_same(place: Ground) -> None:
    with place.open(modern=True) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.signal(signal.SIGSTOP)
        terminal.until(lambda: terminal.state == "T", "stopped")
        terminal.signal(signal.SIGCONT)
        terminal.until(lambda: terminal.written.count(SCREEN_TAKEN) == 2, "the terminal taken again")
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("q")
        assert_is_over(terminal, place, 0)


# sizes


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 24), (20, 5), (500, 2)])
def test_odd_sizes_are_survived(place: Ground, size: tuple[int, int]) -> None:
    with place.open(columns=size[0], rows=size[1]) as terminal:
        terminal.until(lambda: place.calls("list_sessions"), "the server asked")
        terminal.press("j", "enter", "]", "escape", "a", "escape", "?", "escape", "m", "x", "escape")
        terminal.resize(100, 30)
        terminal.shows("connected")
        terminal.resize(*size)
        terminal.press("escape", "escape")
        terminal.resize(100, 30)
        terminal.shows("connected", "NEEDS YOU")
        terminal.signal(signal.SIGTERM)
        assert_is_over(terminal, place, INTERRUPTED)


def test_storm_of_sizes_while_a_dialog_is_open(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("?")
        terminal.shows("Help")
        for step in range(200):
            terminal.resize(1 + step * 37 % 160, 1 + step * 23 % 50)
        terminal.resize(110, 30)
        terminal.shows("Help")
        terminal.press("escape")
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("q")
        assert_is_over(terminal, place, 0)
