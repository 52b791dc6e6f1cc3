"""Every way of misbehaving against every kind of command: the right words and code, and nothing left running."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jjm_tui.simulator.world import World
from tests.kills.truth import effects_of, prepare
from tests.rude.ground import RudeGround
from tests.rude.table import ANSWERED, REFUSED

TASKS = 12


@pytest.fixture
def rude(tmp_path: Path) -> Iterator[Callable[..., RudeGround]]:
    """Makes a ground; afterwards none of its processes may be there."""
    made: list[RudeGround] = []

    def make(mode: str, *at: str) -> RudeGround:
        made.append(RudeGround(tmp_path / "ground", mode, at))
        return made[-1]

    yield make
    left = {pid: line for ground in made for pid, line in ground.left().items()}
    for ground in made:
        ground.marked.end()
    assert left == {}


@pytest.mark.parametrize("mode", ANSWERED)
def test_list_from_a_rude_but_clear_server_is_whole(mode: str, rude: Callable[..., RudeGround]) -> None:
    ground = rude(mode)
    listed = ground.program.run("--server", ground.server, "list", "--json")
    assert listed.code == 0, listed.err
    assert len(listed.json["tasks"]) == TASKS
    assert (listed.json["source"], listed.json["truncated"]) == ("server", False)


def test_call_that_answers_odd_numbers_is_told_whole(rude: Callable[..., RudeGround]) -> None:
    ground = rude("odd_numbers")
    called = ground.program.ok("--server", ground.server, "server", "call", "list_sessions", "--json").json
    assert called["structured"] == {"large": 10**20, "endless": None}
    assert len(json.loads(called["text"])["sessions"]) == TASKS


@pytest.mark.parametrize("mode", REFUSED)
def test_list_from_a_broken_server_says_why_and_what_to_do(mode: str, rude: Callable[..., RudeGround]) -> None:
    told, ground = REFUSED[mode], rude(mode)
    listed = ground.program.run("--server", ground.server, "list", "--json")
    error = listed.json["error"]
    assert (listed.code, error["code"]) == (told.exit_code, told.error_code)
    assert told.words in error["message"]
    assert told.way_out in error["hint"]
    assert "Traceback" not in listed.err


BROKEN = ["dies_in_call", "line_40", "broken_json"]
READING = {"get": "get_session", "monitor": "list_sessions", "doctor": "list_sessions", "diff": "list_activities"}
WRITING = {"create": "create_session", "message": "send_message", "approve": "approve_plan", "resume": "send_message"}
"""The tool at which the server misbehaves."""
WORST = ("dies_in_call", "broken_json")
MORE = ("hangs_in_call", "line_40", "wrong_shape", "closes_stdout")
SENDING = [*itertools.product(WRITING, WORST), *itertools.product(("create", "message"), MORE)]
"""Approving and resuming lose an answer as a message does; each has the two worst."""


@pytest.mark.parametrize("mode", BROKEN)
@pytest.mark.parametrize("command", READING)
def test_reading_from_a_broken_server_fails_and_says_why(
    command: str, mode: str, rude: Callable[..., RudeGround]
) -> None:
    told, ground = REFUSED[mode], rude(mode, READING[command])
    task_id = World(1, TASKS, 0.0, state_path=ground.folder / "world.json").session_ids()[0]
    arguments = {"get": [task_id], "monitor": [task_id], "doctor": [], "diff": [task_id]}[command]
    ran = ground.program.run("--server", ground.server, command, *arguments)
    assert ran.code == told.exit_code
    words = " ".join((ran.out + ran.err).split())
    assert told.words in words
    assert told.way_out in words
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("deaf", [False, True])
@pytest.mark.parametrize(("command", "mode"), SENDING)
def test_writing_to_a_broken_server_is_done_once_and_told_true(
    command: str, mode: str, deaf: bool, rude: Callable[..., RudeGround]
) -> None:
    told, ground = REFUSED[mode], rude(mode, WRITING[command], *(["deaf"] if deaf else []))
    world, task_id, _ = prepare(ground.folder, command)
    arguments = {
        "create": ["--repo", "acme/webapp", "--description", "Do it"],
        "message": [str(task_id), "Take way 1."],
        "approve": [str(task_id), "--yes"],
        "resume": [str(task_id), "--yes"],
    }[command]
    ran = ground.program.run("--server", ground.server, command, *arguments, "--json")
    assert "Traceback" not in ran.err
    assert ran.json["operation"] == command
    if deaf:
        assert (ran.code, ran.json["outcome"], effects_of(world, command)) == (5, "unconfirmed", 0)
        assert told.words.replace("list_sessions", WRITING[command]) in ran.json["message"]
    else:
        assert (ran.code, ran.json["outcome"], effects_of(world, command)) == (0, "done", 1)
