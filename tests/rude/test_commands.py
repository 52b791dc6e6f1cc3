"""Every way of misbehaving against every kind of command: the right words and code, and nothing left running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jjm_tui.simulator.world import World
from tests.rude.ground import RudeGround
from tests.rude.table import ANSWERED, REFUSED

TASKS = 12


@pytest.fixture
def rude(tmp_path: Path) -> Iterator[Callable[[str], RudeGround]]:
    """Makes a ground; afterwards none of its processes may be there."""
    made: list[RudeGround] = []

    def make(mode: str) -> RudeGround:
        made.append(RudeGround(tmp_path, mode))
        return made[-1]

    yield make
    left = {pid: line for ground in made for pid, line in ground.marked.living().items()}
    for ground in made:
        ground.marked.end()
    assert left == {}


@pytest.mark.parametrize("mode", ANSWERED)
def test_list_from_a_rude_but_clear_server_is_whole(mode: str, rude: Callable[[str], RudeGround]) -> None:
    ground = rude(mode)
    listed = ground.program.run("--server", ground.server, "list", "--json")
    assert listed.code == 0, listed.err
    assert len(listed.json["tasks"]) == TASKS
    assert (listed.json["source"], listed.json["truncated"]) == ("server", False)


@pytest.mark.parametrize("mode", REFUSED)
def test_list_from_a_broken_server_says_why_and_what_to_do(mode: str, rude: Callable[[str], RudeGround]) -> None:
    code, error_code, words = REFUSED[mode]
    ground = rude(mode)
    listed = ground.program.run("--server", ground.server, "list", "--json")
    error = listed.json["error"]
    assert (listed.code, error["code"]) == (code, error_code)
    assert words in error["message"]
    assert error["hint"]
    assert "Traceback" not in listed.err


@pytest.mark.parametrize("mode", ["dies_in_call", "line_40", "broken_json"])
@pytest.mark.parametrize("command", ["get", "message", "approve", "create", "monitor", "doctor"])
def test_other_commands_end_with_words_and_leave_nothing(
    command: str, mode: str, rude: Callable[[str], RudeGround]
) -> None:
    ground = rude(mode)
    task_id = World(1, TASKS, 0.0, state_path=ground.folder / "world.json").session_ids()[0]
    arguments = {
        "get": [task_id],
        "message": [task_id, "Take way 1."],
        "approve": [task_id, "--yes"],
        "create": ["--repo", "acme/webapp", "--description", "Do it"],
        "monitor": [task_id, "--timeout", "3"],
        "doctor": [],
    }[command]
    ran = ground.program.run("--server", ground.server, command, *arguments)
    assert ran.code in {0, 1, 5, 124}
    assert "Traceback" not in ran.err
    assert ran.out or ran.err
