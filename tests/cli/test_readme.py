"""README's examples are really run on the demo, as they are written; what it shows of their output is what comes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program, Terminal
from tests.cli.test_help import README, readme_rows

_QUESTION = " [y/N] "
"""How every question ends that a person answers with y."""
_ENDLESS = ("--follow",)
"""Runs until it is interrupted."""
_SHOWN_COLUMNS = 100

EXAMPLES = [example for _, examples in readme_rows() for example in examples if not example.startswith("jjm setup")]


def indented() -> Iterator[list[str]]:
    """Every indented block, line by line."""
    block: list[str] = []
    for line in [*README.read_text(encoding="utf-8").splitlines(), "end"]:
        if line.startswith("    "):
            block.append(line[4:])
        elif block:
            yield block
            block = []


def shown_runs() -> list[tuple[str, str]]:
    """What is typed after ``$`` in README, and what it shows below it."""
    runs: list[tuple[str, list[str]]] = []
    for block in indented():
        for line in block if block[0].startswith("$ ") else ():
            if line.startswith("$ "):
                runs.append((line[2:], []))
            else:
                runs[-1][1].append(line.rstrip())
    return [(typed, "\n".join(output).strip("\n")) for typed, output in runs]


@pytest.fixture
def place(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """An empty folder to work in; nothing opens a real browser."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    program.extra_environ["BROWSER"] = "true"
    return program


def play(terminal: Terminal, words: list[str]) -> int:
    """Be the person: say yes where that is asked, interrupt what does not end."""
    if words[0] in ("approve", "resume", "forget"):
        terminal.wait_for(_QUESTION)
        terminal.type("y\n")
    elif set(words) & set(_ENDLESS):
        terminal.wait_for("\n")
        terminal.interrupt()
    return terminal.finish()


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_example_of_the_table_works_on_the_demo_as_it_is_written(place: Program, example: str) -> None:
    name, *words = shlex.split(example)
    assert name == "jjm"
    if words[0] == "simulator":
        assert place.ok(*words).code == 0
        return
    with place.on_terminal("--demo", *words) as terminal:
        code = play(terminal, words)
        assert code in ((130,) if set(words) & set(_ENDLESS) else (0,)), terminal.text
        assert "jjm: " not in terminal.text


@pytest.mark.slow
def test_id_in_readme_is_one_of_the_demo(place: Program) -> None:
    """All of them: those of scripts as well."""
    known = [row[0] for row in place.ok("--demo", "list").rows]
    named = set(re.findall(r"jjm [^`\n]*?(\d{6,})", README.read_text(encoding="utf-8")))
    assert len(named) > 4
    assert [each for each in named if sum(task_id.startswith(each) for task_id in known) != 1] == []


@pytest.mark.slow
def test_example_for_a_script_works_on_the_demo(place: Program) -> None:
    """``&&`` one after the other, and before a pipe what the next program reads."""
    lines = [line for block in indented() for line in block if " && jjm" in line or " | jq" in line]
    assert len(lines) == 2
    subprocess.run(["git", "init", "-q", "."], check=True)
    for line in lines:
        first, *_ = line.split(" | jq ")
        for piece in first.split(" && "):
            result = place.ok("--demo", *shlex.split(piece)[1:])
        if " | jq " in line:
            assert line.endswith("jq -r '.tasks[].url'")
            assert all(task["url"].startswith("https://") for task in json.loads(result.out)["tasks"])
    assert Path("haiku.txt").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "output"), shown_runs())
def test_output_begins_as_readme_shows_it(place: Program, typed: str, output: str) -> None:
    name, *words = shlex.split(typed)
    assert (name, words[0]) == ("jjm", "--demo")
    still = ("--demo-speed", "0.001")  # however long the start takes, the tasks are as they were at the beginning
    with place.on_terminal("--demo", *still, *words[1:], columns=_SHOWN_COLUMNS) as terminal:
        assert play(terminal, words[1:]) == 0
        assert output in "\n".join(line.rstrip() for line in terminal.text.splitlines())


def test_readme_shows_what_the_demo_puts_out() -> None:
    assert len(shown_runs()) >= 2
