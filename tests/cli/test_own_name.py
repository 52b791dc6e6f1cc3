"""A command in a hint leads to the store that the person is working with, whatever options chose it."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.cli.details import next_command
from jjm_tui.cli.own_name import as_called
from jjm_tui.cli.parser import parse
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.status import TaskStatus
from jjm_tui.services.results import GetResult
from tests.cli.program import Program
from tests.cli.samples import NOW, WAITING

_SHORT = re.compile(r"(?<![\w./-])jjm (?!--)\w+")
"""A command that means the usual store."""


def _demo_id(program: Program, status: str) -> str:
    """The task that is like this for the longest time: in the next demo a newer one may not be so far yet."""
    return program.ok("--demo", "list", "--status", status, "--fields", "id").rows[-1][0]


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


def test_advice_to_check_the_settings_means_the_file_that_is_wrong(program: Program, tmp_path: Path) -> None:
    config = tmp_path / "my settings.toml"
    config.write_text("[ui]\nmouse = 1\ntheme = 2\n")
    told = program.run("--config", str(config), "list").err
    words = shlex.split(told.partition("1 more: run `")[2].partition("`")[0])
    assert words == ["jjm", "--config", str(config), "config", "check"]
    assert "ui.theme" in program.run(*words[1:]).out


FOREIGN = st.one_of(
    st.sampled_from(
        ["--yes", "-x", "-5", "--", "$(touch /tmp/x)", "a b", "it's", '"', "`id`", "a;b", "&", "*", "~", "#"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20),
)
"""Ids as they may stand in a store that somebody else wrote."""


@given(FOREIGN, st.sampled_from(TaskStatus), st.booleans())
def test_printed_command_means_the_task_whatever_its_id_is(task_id: str, status: TaskStatus, has_request: bool) -> None:
    url = "https://github.com/a/b/pull/1" if has_request else None
    task = replace(WAITING, id=task_id, status=status, pull_request_url=url)
    command = next_command(GetResult(task=task, source="store", synced_at=NOW))
    if command is None:
        assert status is TaskStatus.UNKNOWN
        return
    name, *words = shlex.split(command)
    assert name == "jjm"
    given_words = parse(words)
    told = getattr(given_words, "tasks", None) or [given_words.task]
    assert told == [task_id]
    assert not getattr(given_words, "yes", False)


@given(st.lists(FOREIGN, min_size=1, max_size=3))
def test_printed_command_for_several_tasks_keeps_its_option(ids: list[str]) -> None:
    told = parse(shlex.split(spell_command("jjm forget", *ids, options="--yes"))[1:])
    assert (told.tasks, told.yes) == (ids, True)


def test_command_to_say_yes_quotes_what_was_typed(program: Program, tmp_path: Path) -> None:
    refused = program.run("approve", "$(touch x)", "a b")
    assert "jjm approve '$(touch x)' 'a b' --yes" in refused.err
    target = tmp_path / "my tasks.json"
    target.write_text("mine")
    assert f"jjm export --output '{target}' --force" in program.run("export", "--output", str(target)).err
