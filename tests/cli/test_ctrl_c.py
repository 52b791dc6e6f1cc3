"""Ctrl+C at moments at which the program has not begun yet, or has ended already, or is writing a file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import PATIENCE, Program

_WHILE_IMPORTING = """
import importlib.abc, os, signal, sys
wanted = sys.argv.pop(1)
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
from jjm_tui.__main__ import main
sys.meta_path.insert(0, Finder())
sys.exit(main())
"""

_WHILE_ENDING = """
import atexit, os, signal, sys
from jjm_tui.__main__ import main
atexit.register(os.kill, os.getpid(), signal.SIGINT)
sys.exit(main())
"""


_WHILE_RENAMING = """
import os, sys
from jjm_tui.__main__ import main
number, wanted = int(sys.argv.pop(1)), sys.argv.pop(1)
def watch(event, arguments):
    if event == "os.rename" and os.fspath(arguments[1]) == wanted:
        os.kill(os.getpid(), number)
sys.addaudithook(watch)
sys.exit(main())
"""


def run(program: Program, code: str, *arguments: str) -> tuple[int, bytes]:
    """Run Python code with these arguments; answer the exit code and standard error."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=program.environ,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("module", ["jjm_tui.cli.runner", "argparse", "jjm_tui.cli.listing", "jjm_tui.assembly"])
def test_ctrl_c_while_the_program_is_loaded_ends_it_quietly(program: Program, module: str) -> None:
    assert run(program, _WHILE_IMPORTING, module, "list", "--cached") == (130, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_while_an_export_is_written_leaves_the_whole_file_and_no_other(
    served: Program, tmp_path: Path, number: int
) -> None:
    served.ok("list")
    folder = tmp_path / "exported"
    folder.mkdir()
    output = str(folder / "tasks.json")
    code, err = run(served, _WHILE_RENAMING, str(number), output, "export", "--output", output)
    assert [path.name for path in folder.iterdir()] == ["tasks.json"]
    assert len(json.loads(Path(output).read_bytes())["tasks"]) == 12
    assert (code, err) == (130, f"12 tasks written to {output}.\n".encode())


@pytest.mark.parametrize("arguments", [("--version",), ("keys",), ("events",)])
def test_ctrl_c_when_all_is_done_ends_it_quietly(program: Program, arguments: tuple[str, ...]) -> None:
    code, err = run(program, _WHILE_ENDING, *arguments)
    assert code == 130
    assert b"Traceback" not in err
