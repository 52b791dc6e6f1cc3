"""Breaks the program on purpose, once for each promise, and sees its tests fail: ``python -m tests.mutants [WORDS…]``.

The breaks are the ``mutant`` tables of ``promises.toml``; WORDS choose promises that begin with them. All happens in a
copy with an environment of its own, so that processes that tests start are broken as well. The test that failed must
pass in the same copy once it is mended: otherwise it is not the break that it caught. What caught each break is kept in
``caught.toml``, for ``docs/reliability.md``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from tests.reliability import ROOT, SOURCE, Mutant, Promise, read_caught, read_promises, write_caught

_FAILED = re.compile(r"^FAILED (\S+::.+?)(?: - .*)?$", re.MULTILINE)
_WHICH = "not needs_node and not needs_mount"
_LONG = "tests/soak/"
"""Where the tests are of which each is a soak: a promise that is proved by them alone has no others."""
_CAUGHT = "caught by "
_PATIENCE = 900.0
"""Seconds for the tests of one promise."""


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


def run_tests(python: Path, folder: Path, tests: tuple[str, ...]) -> str | None:
    """The first test that fails, if one does."""
    which = _WHICH if all(test.startswith(_LONG) for test in tests) else f"{_WHICH} and not soak"
    command = [python, "-m", "pytest", "-x", "-q", "-n", "0", "-m", which, "-p", "no:cacheprovider", *tests]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if ran.returncode not in (0, 1):
        raise RuntimeError(ran.stdout[-2000:] + ran.stderr[-2000:])
    failed = _FAILED.search(ran.stdout)
    return failed[1] if failed else None


def try_mutant(python: Path, folder: Path, promise: Promise, mutant: Mutant) -> str:
    """What became of a break, in words that begin with ``_CAUGHT`` when a test saw it."""
    file = folder / SOURCE / mutant.file
    whole = file.read_text(encoding="utf-8")
    mutant.apply(folder)
    try:
        failed = run_tests(python, folder, promise.tests)
    finally:
        file.write_text(whole, encoding="utf-8")
    if failed is None:
        return "NOT CAUGHT"
    again = run_tests(python, folder, (failed,))
    return f"{_CAUGHT}{failed}" if again is None else f"FAILS ANYWAY: {failed}"


def _keep(mutant: Mutant, verdict: str) -> None:
    caught = read_caught()
    caught.pop(mutant.words, None)
    if verdict.startswith(_CAUGHT):
        caught[mutant.words] = verdict.removeprefix(_CAUGHT).partition("[")[0]
    write_caught(caught)


def main() -> int:
    """Exit code 1 when a break was not caught."""
    chosen = tuple(sys.argv[1:]) or ("",)
    everything = [promise for promises in read_promises().values() for promise in promises]
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        python = make_copy(Path(name))
        for promise in everything:
            if promise.mutant is not None and promise.words.startswith(chosen):
                verdicts.append(try_mutant(python, Path(name), promise, promise.mutant))
                print(f"{promise.words}\n  {promise.mutant.words}: {verdicts[-1]}", flush=True)
                _keep(promise.mutant, verdicts[-1])
    print(f"{sum(each.startswith('caught') for each in verdicts)} of {len(verdicts)} breaks caught")
    return 0 if all(each.startswith(_CAUGHT) for each in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
