"""Runs a program under a profiler, unchanged: ``under_profile FOLDER MODULE [ARGUMENT …]``.

The clock of the profiler is the processor time of the thread that it looks at, so that a busy machine and waiting do
not count. What is known so far is written at each SIGPROF to ``PID.1``, ``PID.2`` … in the folder, and at the end to
``PID.end``; the difference of two of them is what happened in between.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import sysconfig
import threading
import time
from cProfile import Profile
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, Self

Spent = dict[str, list[float]]
"""By place: how often it was called, seconds of its own, and seconds together with what it called."""

_ROOT = Path(__file__).parents[1]
_ROOTS = tuple(
    f"{root}{os.sep}" for root in (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), _ROOT / "src", _ROOT)
)


class Recorder:
    """Looks at the thread that makes it, while it is ``on``, and at every thread that begins meanwhile."""

    def __init__(self) -> None:
        self._main = Profile(time.thread_time)
        self._others: list[Profile] = []

    def __enter__(self) -> Self:
        threading.setprofile(self._join)
        return self

    def on(self) -> None:
        """Look at this thread from now on, until ``spent`` is asked for."""
        self._main.enable()

    def __exit__(self, *_: object) -> None:
        self._main.disable()
        threading.setprofile(None)

    def _join(self, *_: object) -> None:
        """Called by a new thread: from now on it is looked at by a profiler of its own."""
        sys.setprofile(None)
        profile = Profile(time.thread_time)
        try:
            profile.enable()
        except ValueError:  # since Python 3.12 one thread at a time can be looked at
            return
        self._others.append(profile)

    def spent(self) -> dict[str, Spent]:
        """Until now, in the first thread (``loop``) and in all others together (``threads``)."""
        self._main.disable()
        threads: Spent = {}
        for profile in tuple(self._others):
            _add(threads, profile)
        return {"loop": _add({}, self._main), "threads": threads}


def _add(spent: Spent, profile: Profile) -> Spent:
    for entry in profile.getstats():
        known = spent.setdefault(_place(entry.code), [0, 0.0, 0.0])
        for number, more in enumerate((entry.callcount, entry.inlinetime, entry.totaltime)):
            known[number] += more
    return spent


@cache
def _place(code: CodeType | str) -> str:
    """A function as ``file:name``, the file within the project or its library; what is written in C by its name."""
    if isinstance(code, str):
        return code.strip("<>").removeprefix("built-in method ")
    name, file = code.co_qualname.replace("<locals>.", ""), code.co_filename
    root = next((root for root in _ROOTS if file.startswith(root)), "")
    return f"{file.removeprefix(root)}:{name}" if root or file.startswith("<") else f"{Path(file).name}:{name}"


def main() -> Any:
    """Become the module."""
    folder, module = Path(sys.argv[1]), sys.argv[2]
    sys.argv = sys.argv[2:]
    recorder = Recorder()
    pieces = 0

    def write(name: str) -> None:
        fresh = folder / f"{os.getpid()}.new"
        fresh.write_text(json.dumps(recorder.spent()), encoding="utf-8")
        fresh.replace(folder / f"{os.getpid()}.{name}")

    def cut(*_: object) -> None:
        nonlocal pieces
        pieces += 1
        write(str(pieces))
        recorder.on()

    signal.signal(signal.SIGPROF, cut)
    try:
        with recorder:
            recorder.on()
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        write("end")


if __name__ == "__main__":
    main()
