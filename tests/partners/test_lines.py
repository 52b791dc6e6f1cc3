"""Every line that a whole life of a task writes to a server is valid by the protocol's published schema."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.simulator.world import World
from tests.cli.program import Program, Result
from tests.partners.lines import judge
from tests.tui.terminal_stage import TerminalStage

RECORDER = Path(__file__).with_name("recorder.py")
REPO = "acme/webapp"


STILL = 0.001
TOOLS = {
    "rest": "list_sessions get_session list_activities list_sources create_session approve_plan send_message",
    "official": "list_sessions get_session_state query_cache show_code_diff create_session send_reply_to_session",
    "browser": "jules_list_tasks jules_get_task jules_create_task jules_approve_plan jules_send_message",
}
"""What has to be called in a task's life: all that reads, and all that changes something."""


@pytest.mark.parametrize("dialect", TOOLS)
def test_commands_write_valid_lines_only(dialect: str, tmp_path: Path) -> None:
    record = tmp_path / "lines"
    program = Program(tmp_path / "home", world=tmp_path / "world.json", dialect=dialect, speed=200.0)

    def run(*words: str) -> Result:
        command = [sys.executable, "-I", str(RECORDER), str(record), *shlex.split(program.simulator)]
        return program.ok("--server", shlex.join(command), *words)

    tasks = run("list", "--json").json["tasks"]
    task = run("create", "--repo", REPO, "--description", "A\nb ☃", "--json").json["task_id"]
    run("monitor", task, "--until", "waiting_approval", "--interval", "0.1")
    program.speed = STILL
    run("get", task)
    run("approve", task, "--yes", *(["--incomplete"] if dialect == "browser" else []))
    run("message", task, '\x1b]52;c;AAAA\x07 [x] \u202e and a \\ and a "')
    if dialect != "browser":  # which tells neither that a task is paused, nor what it changed
        by_status = {each["status"]: each["id"] for each in tasks}
        run("resume", by_status["paused"], "--yes")
        run("diff", by_status["completed"])
    run("doctor")
    seen, wrong = judge(record.read_bytes())
    assert wrong == []
    assert [name for name in TOOLS[dialect].split() if name not in seen] == []
    assert seen["initialize"] > 5


def test_dashboard_writes_valid_lines_only(tmp_path: Path) -> None:
    record, path = tmp_path / "lines", tmp_path / "world.json"
    world = World(1, 12, 0.0, state_path=path)
    ids = {state: id_ for id_ in world.session_ids() if (state := world.get_session(id_).get("state")) is not None}
    program = Program(tmp_path / "home", speed=0.0)
    command = shlex.join(
        [sys.executable, "-I", str(RECORDER), str(record), *shlex.split(replace(program, world=path).simulator)]
    )

    def happens(kind: str, times: int = 1) -> Callable[[], bool]:
        return lambda: sum(entry.kind == kind for entry in world.journal) == times

    with TerminalStage(
        [], {}, columns=120, rows=40, start=lambda tty: program.fork(tty, "--server", command)
    ) as terminal:

        def go_to(state: str) -> None:
            terminal.type(f"/{ids[state]}")
            terminal.shows("1 of 12", "last message holds")
            terminal.press("enter")
            terminal.hides("last message holds")

        terminal.shows("● connected", "NEEDS YOU")
        go_to("AWAITING_USER_FEEDBACK")
        terminal.type("m[x] ☃")
        terminal.shows("[x] ☃", "draft kept")
        terminal.press("ctrl+s")
        terminal.until(happens("message"), "the message")
        terminal.press("escape", "0")
        go_to("AWAITING_PLAN_APPROVAL")
        terminal.press("a")
        terminal.shows("y approve")
        terminal.insist("y", happens("approve"), "the approval")
        terminal.press("escape", "0")
        go_to("PAUSED")
        terminal.press("r")
        terminal.shows("Resume this task?")
        terminal.insist("y", happens("message", 2), "the message that resumes")
        terminal.press("escape", "0", "c")
        terminal.shows("New task", "nothing filled in")
        terminal.type(f"{REPO}\t\t\tA ☃ [x]")
        terminal.shows("A ☃ [x]", "draft kept")
        terminal.press("ctrl+s")
        terminal.shows("tool: create_session")
        terminal.insist("ctrl+s", happens("create"), "the new task")
        terminal.press("escape", "C")
        terminal.shows("Connection", "R restart")
        terminal.insist("R", lambda: record.read_bytes().count(b'"initialize"') > 1, "the restart")
        terminal.shows("● connected")
        terminal.press("escape", "ctrl+r", "q")
        terminal.insist("y", lambda: terminal.process.poll() is not None, "its end")
    seen, wrong = judge(record.read_bytes())
    assert wrong == []
    assert [name for name in TOOLS["rest"].split() if name not in seen] == []
    assert (seen["send_message"], seen["approve_plan"], seen["create_session"]) == (2, 1, 1)


INITIALIZE = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":'
    b'{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}'
)


def test_judge_lets_pass_what_is_right() -> None:
    """Null is a value where values are free."""
    call = b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"x","arguments":{"a":{"b":[null]}}}}'
    assert judge(INITIALIZE + b"\n" + call + b"\n")[1] == []


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{}}}',
        b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":[1]}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/coll","params":{"name":"x"}}',
        b'{"jsonrpc":"1.0","id":1,"method":"ping"}',
        b'{"id":1,"method":"ping"}',
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":null}',
        INITIALIZE.replace(b'"name":"x"', b'"name":"x","title":null'),
        INITIALIZE.replace(b'"capabilities":{}', b'"capabilities":{"sampling":null}'),
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","task":{"ttl":null}}}',
        b'{"jsonrpc":"2.0","id":1,"result":3}',
        b"not json",
        b"",
    ],
)
def test_judge_finds_what_is_wrong(line: bytes) -> None:
    assert judge(line + b"\n")[1]


def test_judge_finds_an_id_used_twice_and_a_line_without_end() -> None:
    line = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    assert judge(line + b"\n")[1] == []
    assert judge(line + b"\n" + line + b"\n")[1]
    assert judge(line)[1]
