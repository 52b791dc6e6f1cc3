"""Ctrl+C at moments at which the program has not begun yet, or has ended already."""

from __future__ import annotations

import subprocess
import sys

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


@pytest.mark.parametrize("arguments", [("--version",), ("keys",), ("events",)])
def test_ctrl_c_when_all_is_done_ends_it_quietly(program: Program, arguments: tuple[str, ...]) -> None:
    code, err = run(program, _WHILE_ENDING, *arguments)
    assert code == 130
    assert b"Traceback" not in err
