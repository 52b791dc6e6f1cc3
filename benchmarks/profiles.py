"""Where the time of each figure goes: the benchmarks once more, slowly, under a profiler (``under_profile.py``).

The regions that the benchmarks mark are looked at by differences: what was spent until their end, less what was spent
until their beginning.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Self

from benchmarks.looking import Looker
from benchmarks.report import write_between
from benchmarks.under_profile import Recorder, Spent

PROFILES = Path(__file__).with_name("PROFILES.md")
_BEGIN = "<!-- profiles: written by `make bench ARGS=--profile` -->"
_END = "<!-- end of profiles -->"

_OWN, _TOGETHER = 4, 8
"""So many places that are dear by themselves, and with what they call."""

_ALL = 0.9
_SAME = 0.97
"""What has a larger share of all, or of which the next place has nearly all, is only the way there."""

_TELLING = ("jjm_tui/", "textual/_compositor.py", "textual/screen.py", "textual/css/", "mcp/")
"""Ours, and what libraries do for us by themselves: laying out, painting, speaking the protocol."""

_LEAST = 0.01
_IMPORTING = "<frozen importlib._bootstrap>:_find_and_load"
_TOOLS = ("benchmarks/under_profile.py", "<frozen runpy>", "json/encoder.py:JSONEncoder.iterencode")
_PATIENCE = 60.0

Both = Mapping[str, Spent]
_NOTHING: Both = {"loop": {}, "threads": {}}


class Profiler(Looker):
    """Looks at every region, and gathers by the name of its figure what was spent there."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Spent]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="jjm-profile-")
        self._cuts: dict[int, int] = {}
        self._here = Recorder()

    def __enter__(self) -> Self:
        self._here.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._here.__exit__()
        self._folder.cleanup()

    def python(self, arguments: Sequence[str]) -> list[str]:
        """The module runs under a profiler; what it spent is in a file with its process's number."""
        return [sys.executable, "-m", "benchmarks.under_profile", self._folder.name, *arguments]

    @contextmanager
    def region(self, what: str, pid: int | None, *, is_whole: bool) -> Iterator[None]:
        """In a program of which is looked at from its start, there is nothing to take away."""
        if pid is not None:
            before = _NOTHING if is_whole else self._cut(pid)
            yield
            self._add(what, before, self._cut(pid))
            return
        ended, before = self._ended(), self._here.spent()
        self._here.on()
        yield
        here = self._here.spent()
        others = self._ended() - ended
        if not others:
            self._add(what, before, here)
        for path in others:
            self._add(what, _NOTHING, _read(path))

    def _ended(self) -> set[Path]:
        return set(Path(self._folder.name).glob("*.end"))

    def _cut(self, pid: int) -> Both:
        """What a running program spent until now; of one that ended, everything."""
        number = self._cuts[pid] = self._cuts.get(pid, 0) + 1
        piece, end = (Path(self._folder.name, f"{pid}.{name}") for name in (number, "end"))
        if not end.exists():
            os.kill(pid, signal.SIGPROF)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for path in (piece, end):
                if path.exists():
                    return _read(path)
            time.sleep(0.01)
        raise TimeoutError(f"The program {pid} did not tell what it spent.")

    def _add(self, what: str, before: Both, after: Both) -> None:
        known = self.found.setdefault(what.replace("_", " "), {"loop": {}, "threads": {}})
        for thread, spent in known.items():
            for place, values in after[thread].items():
                past = before[thread].get(place, (0, 0.0, 0.0))
                sums = spent.setdefault(place, [0, 0.0, 0.0])
                for number in range(3):
                    sums[number] += values[number] - past[number]


def _read(path: Path) -> Both:
    found: Both = json.loads(path.read_text(encoding="utf-8"))
    return found


def record(found: Mapping[str, Mapping[str, Spent]]) -> None:
    """Put the tables into ``PROFILES.md``, in place of the last ones."""
    write_between(PROFILES, _BEGIN, _END, "\n\n".join(_tell(what, spent) for what, spent in found.items()))


def _tell(what: str, spent: Mapping[str, Spent]) -> str:
    """One figure: how much it was in all, what of it was importing, and the dearest places."""
    parts = {thread: _without_tools(places) for thread, places in spent.items()}
    own = {thread: sum(values[1] for values in places.values()) for thread, places in parts.items()}
    total = sum(own.values()) or 1.0
    words = [f"{total * 1000:.0f} ms of processor time"]
    if own["threads"] >= _LEAST * total:
        words.append(f"{own['threads'] / total:.0%} of it in other threads than the first (*)")
    if (importing := parts["loop"].get(_IMPORTING, [0, 0, 0])[2]) >= _LEAST * total:
        words.append(f"{importing / total:.0%} importing")
    lines = [f"### {what}", "", ", ".join(words) + ".", "", "| place | together | own | calls |", "|---|---|---|---|"]
    for place, mark, (calls, alone, together) in _dearest(parts, total):
        lines.append(f"| `{place}`{mark} | {together / total:.0%} | {alone / total:.0%} | {calls:.0f} |")
    return "\n".join(lines)


def _dearest(parts: Mapping[str, Spent], total: float) -> list[tuple[str, str, list[float]]]:
    marked = [
        (place, " *" if thread == "threads" else "", values)
        for thread, places in parts.items()
        for place, values in places.items()
        if values[0] > 0
    ]
    alone = sorted(marked, key=lambda each: each[2][1], reverse=True)[:_OWN]
    ours = [each for each in marked if each[0].startswith(_TELLING) and each[2][2] < _ALL * total]
    ours.sort(key=lambda each: each[2][2], reverse=True)
    ends = [each for each, after in pairwise(ours) if after[2][2] < _SAME * each[2][2]]
    together = ends[:_TOGETHER]
    chosen = together + [each for each in alone if each not in together]
    chosen = [each for each in chosen if each[2][2] >= _LEAST * total]
    return sorted(chosen, key=lambda each: each[2][2], reverse=True)


def _without_tools(places: Spent) -> Spent:
    return {place: values for place, values in places.items() if not (place.startswith(_TOOLS) or "_lsprof" in place)}
