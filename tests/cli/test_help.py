"""Every ``--help``: short, 80 columns wide, without a wall of global options, in a pipe and on a terminal."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from jjm_tui.cli.parser import COMMANDS, GLOBAL_OPTIONS, parse
from jjm_tui.domain.order import SORT_FIELDS
from tests.cli.program import Program, Terminal

README = Path(__file__).parents[2] / "README.md"

EVERY = [
    [],
    *([command.name] for command in COMMANDS),
    *([command.name, sub.name] for command in COMMANDS for sub in command.subcommands),
]

ALL_HELP = """
import json, sys
from jjm_tui.__main__ import main
for words in json.loads(sys.argv[1]):
    arguments = [*words, "--help"]
    sys.argv = ["jjm", *arguments]
    code = main(arguments)
    print(f"==={json.dumps([arguments, code])}", flush=True)
"""


def argv() -> list[str]:
    return [sys.executable, "-c", ALL_HELP, json.dumps(EVERY)]


def check(text: str, columns: int) -> None:
    """Every help of the concatenation, one after the other."""
    told = re.findall(r"(.*?)^===(.+?)$\n?", text, re.DOTALL | re.MULTILINE)
    assert len(told) == len(EVERY)
    for words, (shown, end) in zip(EVERY, told, strict=True):
        assert json.loads(end) == [[*words, "--help"], 0]
        lines = shown.strip("\n").split("\n")
        assert lines[0].startswith(" ".join(("usage: jjm", *words))), words
        assert len(lines) <= (75 if not words else 60), words
        assert all(len(line.rstrip()) <= columns for line in lines), (words, [x for x in lines if len(x) > columns])
        assert "Traceback" not in shown
        if words:
            check_command(words, shown)


def check_command(words: list[str], shown: str) -> None:
    command = next(command for command in COMMANDS if command.name == words[0])
    leaf = next((sub for sub in command.subcommands if sub.name == words[-1]), command)
    usage, _, rest = shown.partition("\n\n")
    for argument in GLOBAL_OPTIONS:
        for flag in argument.flags:
            assert not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", usage), (words, flag)
    assert not re.search(r"^ +--profile", rest, re.MULTILINE)
    assert "see jjm --help" in " ".join(shown.split())
    for argument in leaf.arguments:
        assert argument.flags[0] in shown or argument.more["metavar"] in shown, (words, argument.flags)
    for line in leaf.example.splitlines():
        assert line in shown, words


def test_every_help_in_a_pipe_is_short_and_without_global_options(program: Program) -> None:
    import subprocess

    done = subprocess.run(argv(), env=program.environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    check(done.stdout, 80)


def test_every_help_on_a_terminal_is_short_and_without_global_options(program: Program) -> None:
    with Terminal(argv(), program.environ, 80, 40) as terminal:
        assert terminal.finish() == 0
        assert b"\x1b[" in terminal.seen
        check(terminal.text, 80)


@pytest.mark.parametrize("arguments", [["create", "--help"], ["help", "snooze"], ["-h"], ["outbox", "-h"]])
def test_help_by_other_ways_is_help(program: Program, arguments: list[str]) -> None:
    result = program.ok(*arguments)
    assert result.out.startswith("usage: jjm")
    assert result.err == ""


def test_help_is_narrow_on_a_narrow_terminal(program: Program) -> None:
    with program.on_terminal("list", "--help", columns=60) as terminal:
        assert terminal.finish() == 0
        prose = terminal.text.partition("examples:")[0]
        assert max(len(line.rstrip()) for line in prose.splitlines()) <= 60


def test_help_of_the_list_names_every_order(program: Program) -> None:
    shown = program.ok("list", "--help").out.partition("--sort FIELD")[2].partition("--reverse")[0]
    assert [field for field in SORT_FIELDS if not re.search(rf"\b{field}\b", shown)] == []


def test_global_options_are_still_taken_by_every_command() -> None:
    from jjm_tui.cli.grammar import Command

    needed = {"tool": "x", "uri": "x:y", "operation": "0123", "key": "a", "value": "b", "shell": "bash", "file": "f"}

    def words(command: Command) -> list[str]:
        given = []
        for argument in command.arguments:
            if argument.more.get("required"):
                given += [argument.flags[0], "x"]
            elif not argument.flags[0].startswith("-") and argument.more.get("nargs") not in ("*", "?"):
                given.append(needed.get(argument.flags[0], "31415926"))
        return given

    for command in COMMANDS:
        for leaf in command.subcommands or (command,):
            path = [command.name] if leaf is command else [command.name, leaf.name]
            given = parse([*path, *words(leaf), "--demo", "--profile", "work", "--quiet", "-v"])
            assert (given.demo, given.profile, given.quiet, given.verbose) == (True, "work", True, 1), path


def readme_rows() -> list[tuple[list[str], list[str]]]:
    """The names and the examples of README's table of commands."""
    section = README.read_text(encoding="utf-8").partition("## Every command")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    return [(re.findall(r"`([^`]+)`", names), re.findall(r"`([^`]+)`", example)) for names, _, example in cells]


def test_readme_names_exactly_the_commands_of_the_program() -> None:
    named = [name for names, _ in readme_rows() for name in names]
    assert sorted(named) == sorted(command.name for command in COMMANDS)


def test_every_example_in_readme_parses() -> None:
    """The table and every indented block; ``&&`` and pipes are looked at piece by piece."""
    text = README.read_text(encoding="utf-8").splitlines()
    lines = [example for _, examples in readme_rows() for example in examples]
    lines += [line.strip() for line in text if line.startswith("    ") and line.lstrip().startswith("jjm ")]
    assert len(lines) > len(COMMANDS)
    for line in lines:
        for piece in re.split(r" && | \| ", line):
            words = shlex.split(piece, comments=True)
            if words[0] in ("jjm", "jjm-tui"):
                assert parse(words[1:]).handler is not None, piece


def test_every_command_that_readme_mentions_is_there() -> None:
    mentioned = re.findall(r"`jjm (?:--demo )?([a-z-]+)(?: ([a-z-]+)(?=[ `]))?", README.read_text(encoding="utf-8"))
    assert len(mentioned) > 10
    for name, second in mentioned:
        command = next((command for command in COMMANDS if command.name == name), None)
        assert command is not None, name
        if command.subcommands and second:
            assert second in [sub.name for sub in command.subcommands], (name, second)
