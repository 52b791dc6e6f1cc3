"""A command in a hint leads to the store that the person is working with, whatever options chose it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from jjm_tui.cli.own_name import as_called
from tests.cli.program import Program

_SHORT = re.compile(r"(?<![\w./-])jjm (?!--)\w+")
"""A command that means the usual store."""


def _demo_id(program: Program, status: str) -> str:
    return program.ok("--demo", "list", "--status", status, "--fields", "id").rows[0][0]


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("list", "--filter", "text:nowhere"), "jjm --demo list --all"),
        (("get", "no-such-task"), "jjm --demo list --all"),
        (("lst",), "jjm --demo list"),
        (("approve", "--all", "one"), "jjm --demo approve --help"),
        (("outbox", "show", "nothing"), "jjm --demo outbox list"),
        (("list", "--filter", "text:nowhere", "--demo-seed", "7"), "jjm --demo --demo-seed 7 list --all"),
    ],
)
def test_hint_in_the_demo_names_a_command_of_the_demo(
    program: Program, arguments: tuple[str, ...], command: str
) -> None:
    told = program.run("--demo", *arguments).err
    assert command in told
    assert not _SHORT.search(told), told


def test_hint_for_scripts_in_the_demo_names_a_command_of_the_demo(program: Program) -> None:
    assert "`jjm --demo list --all`" in program.run("--demo", "get", "no-such-task", "--json").json["error"]["hint"]


def test_next_step_in_the_demo_can_be_followed(program: Program) -> None:
    task_id = _demo_id(program, "waiting_approval")
    with program.on_terminal("--demo", "get", task_id) as terminal:
        terminal.wait_for(f"Next: jjm --demo approve {task_id}")
        assert terminal.finish() == 0


def test_demo_does_not_lead_to_what_it_forgets(program: Program) -> None:
    task_id = _demo_id(program, "in_progress")
    with program.on_terminal("--demo", "message", task_id, "Hello") as terminal:
        terminal.wait_for("A demo ends with its command and forgets this")
        assert terminal.finish() == 0
        assert task_id not in terminal.text.partition("A demo ends")[2]
    with program.on_terminal("--demo", "forget", task_id, "--yes") as terminal:
        terminal.wait_for("is forgotten here.")
        assert terminal.finish() == 0
        assert "bring it back" not in terminal.text


def test_hint_keeps_the_options_that_chose_the_store(served: Program, tmp_path: Path) -> None:
    store = tmp_path / "my tasks; {0}.json"
    told = served.run("--store", str(store), "list", "--filter", "text:nowhere").err
    line = next(line for line in told.splitlines() if "Everything: " in line)
    words = shlex.split(line.partition("Everything: ")[2])
    assert words == ["jjm", "--store", str(store), "list", "--all"]
    assert served.ok(*words[1:], "--cached").rows


def test_commands_about_settings_stay_as_they_are() -> None:
    sentence = "Run `jjm setup`; jjm config show; /opt/jjm list; jjm simulator; then jjm list, jjm lists."
    assert as_called("jjm --demo", sentence) == sentence.replace("then jjm list", "then jjm --demo list")
