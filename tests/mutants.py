"""Breaks the program on purpose and sees the tests of its promises fail: ``python -m tests.mutants [--new] [WORDS…]``.

The breaks are the ``mutants`` of ``promises.toml``, each with the tests that must catch it: of those each is run by
itself. WORDS choose promises and breaks that begin with them; ``--new`` those of which ``caught.toml`` does not tell
that they were caught as they are. All happens in a copy with an environment of its own, so that processes that tests
start are broken as well. The test that failed must pass in the same copy once it is mended: otherwise it is not the
break that it caught. What caught each break is kept in ``caught.toml``, for ``docs/reliability.md``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.reliability import ROOT, SOURCE, Mutant, TriedMutant, read_caught, read_promises, write_caught

_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - .*)?$", re.MULTILINE)
_TOOLS = {
    "needs_node": ("node", "npm"),
    "needs_strace": ("strace",),
    "needs_mount": ("unshare", "mount"),
}
"""What the tests with these marks need besides Python; those without it are left out."""
_CAUGHT = "caught by "
_PATIENCE = 1200.0
"""Seconds for one test with all its parameters."""


def make_copy(folder: Path) -> Path:
    """A copy of the project; the path of its interpreter, which imports the program from there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    python = folder / ".venv" / "bin" / "python"
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    packages = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    here = sysconfig.get_paths()["purelib"]  # its own .pth files, and so the program that is installed there, stay out
    (Path(packages) / "copy.pth").write_text(f"{folder / 'src'}\n{here}\n", encoding="utf-8")
    return python


def run_test(python: Path, folder: Path, test: str) -> str | None:
    """The first that fails of a test with all its parameters, if one does.

    Raises:
        LookupError: a tool that it needs is not installed.
    """
    lacking = [mark for mark, tools in _TOOLS.items() if not all(map(shutil.which, tools))]
    which = " and ".join(f"not {mark}" for mark in lacking)
    options = ["-x", "-q", "-n", "0", "-m", which, "-p", "no:cacheprovider", "--hypothesis-profile=first failure"]
    command = [python, "-m", "pytest", *options, test]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if lacking and ran.returncode == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise LookupError(", ".join(lacking))
    if ran.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(ran.stdout[-2000:] + ran.stderr[-2000:])
    failed = _FAILED.search(ran.stdout)
    return failed[1] if failed else None


def try_mutant(python: Path, folder: Path, mutant: Mutant, test: str) -> str:
    """What became of a break, in words that begin with ``_CAUGHT`` when the test saw it."""
    file = folder / SOURCE / mutant.file
    whole = file.read_text(encoding="utf-8")
    mutant.apply(folder)
    try:
        failed = run_test(python, folder, test)
    except LookupError as error:
        return f"NOT TRIED ({error}): {test}"
    except subprocess.TimeoutExpired:
        return f"TOOK TOO LONG: {test}"
    finally:
        file.write_text(whole, encoding="utf-8")
    if failed is None:
        return f"NOT CAUGHT by {test}"
    return f"{_CAUGHT}{failed}" if passes_unbroken(python, folder, failed) else f"FAILS ANYWAY: {failed}"


@cache
def passes_unbroken(python: Path, folder: Path, test: str) -> bool:
    """Whether a test passes in the copy as it is; asked once of each."""
    return run_test(python, folder, test) is None


def _keep(mutant: TriedMutant, *, caught: bool) -> None:
    kept = read_caught()
    kept.pop(mutant.words, None)
    if caught:
        kept[mutant.words] = mutant.caught
    write_caught(kept)


def _choose(words: tuple[str, ...], *, only_new: bool) -> list[TriedMutant]:
    kept = read_caught()
    return [
        mutant
        for promises in read_promises().values()
        for promise in promises
        for mutant in promise.mutants
        if (promise.words.startswith(words) or mutant.words.startswith(words))
        and not (only_new and kept.get(mutant.words) == mutant.caught)
    ]


def main() -> int:
    """Exit code 1 when a break was not caught by all tests that have to."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("words", nargs="*", default=[""], help="how promises or breaks begin")
    parser.add_argument("--new", action="store_true", help="only what is not known to be caught as it is")
    given = parser.parse_args()
    chosen = _choose(tuple(given.words), only_new=given.new)
    done = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        python = make_copy(Path(name))
        for mutant in chosen:
            print(mutant.words, flush=True)
            verdicts = []
            for test in mutant.caught_by:
                verdicts.append(try_mutant(python, Path(name), mutant, test))
                print(f"  {verdicts[-1]}", flush=True)
            caught = all(verdict.startswith(_CAUGHT) for verdict in verdicts)
            _keep(mutant, caught=caught)
            done += caught
    print(f"{done} of {len(chosen)} breaks caught")
    return 0 if done == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
