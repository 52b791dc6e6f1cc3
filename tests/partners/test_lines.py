"""Every line that a whole life of a task writes to a server is valid by the protocol's published schema."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.partners.lines import judge

RECORDER = Path(__file__).with_name("recorder.py")
REPO = "acme/webapp"


@pytest.mark.parametrize("dialect", ["rest", "official", "browser"])
def test_commands_write_valid_lines_only(dialect: str, tmp_path: Path) -> None:
    record = tmp_path / "lines"
    program = Program(tmp_path / "home", world=tmp_path / "world.json", dialect=dialect, speed=200.0)
    command = [sys.executable, "-I", str(RECORDER), str(record), *shlex.split(program.simulator)]

    def run(*words: str) -> int:
        return program.run("--server", shlex.join(command), *words).code

    assert run("list") == 0
    made = program.run("--server", shlex.join(command), "create", "--repo", REPO, "--description", "A\nb ☃", "--json")
    task = made.json["task_id"]
    assert run("monitor", task, "--until", "waiting_approval", "--interval", "0.1") == 0
    assert run("get", task) == 0
    assert run("approve", task, "--yes") in {0, 1}
    assert run("message", task, '\x1b]52;c;AAAA\x07 [x] \u202e and a \\ and a "') in {0, 1}
    assert run("doctor") in {0, 1}
    seen, wrong = judge(record.read_bytes())
    assert wrong == []
    assert seen["tools/call"] > 8
    assert seen["initialize"] > 5


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
