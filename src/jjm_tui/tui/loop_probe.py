"""Finding what blocks the event loop: a heartbeat whose late beats are written down, with what ran meanwhile.

Only for measuring (``benchmarks/``): without the environment variable this module is not even imported.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import heapq
import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Final

VARIABLE: Final = "JJM_LOOP_PROBE"
"""The environment variable that names the file to write."""

_BEAT: Final = 0.005
"""Seconds between two beats; a beat that comes later by this much counts as a gap."""

_LOOK: Final = 0.02
"""A beat so many seconds late is being looked into while it lasts."""

_KEPT: Final = 200
_FRAMES: Final = 8


class LoopProbe:
    """Watches the running event loop until the process ends, then writes one JSON object to ``path``.

    ``seconds``: how long it watched; ``beats``; ``gaps``: the largest ones, largest first, each with ``at`` (seconds
    since the start of the probe, when the gap ended), ``wall`` (Unix time of the same moment), ``ms`` (how late the
    beat was), ``own_ms`` (the same without the time in which a thread of the process was ready to run and waited for a
    processor that others used), processor time since the beat before of the loop's thread (``loop_ms``), of all threads
    (``process_ms``) and of collecting garbage (``gc_ms``), and ``where`` (innermost frames of the loop's thread, seen
    once while it lasted; empty when the interpreter was never free to look).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._start = self._due = time.perf_counter()
        self._beats = 0
        self._gaps: list[tuple[float, int, dict[str, object]]] = []
        self._where: list[str] = []
        self._spent = (time.thread_time(), time.process_time())
        self._queueing = _Queueing()
        self._queued = self._queueing.seconds()
        self._collecting = self._collected = 0.0
        gc.callbacks.append(self._note_collection)
        self._ended = threading.Event()
        threading.Thread(target=self._look_on, name="loop-probe", daemon=True).start()
        atexit.register(self.write)
        self._beat()

    def write(self) -> None:
        """Write what was found so far. A file that cannot be written is no trouble."""
        self._ended.set()
        gaps = [facts for _, _, facts in sorted(self._gaps, reverse=True)]
        found = {"seconds": time.perf_counter() - self._start, "beats": self._beats, "gaps": gaps}
        with contextlib.suppress(OSError):
            self._path.write_text(json.dumps(found, indent=1), encoding="utf-8")

    def _beat(self) -> None:
        now = time.perf_counter()
        late = now - self._due
        self._beats += 1
        spent = (time.thread_time(), time.process_time())
        queued = self._queueing.seconds()
        if late > _BEAT:
            loop, process = (after - before for after, before in zip(spent, self._spent, strict=True))
            facts = {
                "at": round(now - self._start, 4),
                "wall": time.time(),
                "ms": _ms(late),
                "own_ms": _ms(max(min(late, process), late - max(0.0, queued - self._queued))),
                "loop_ms": _ms(loop),
                "process_ms": _ms(process),
                "gc_ms": _ms(self._collected),
                "where": self._where,
            }
            push = heapq.heappush if len(self._gaps) < _KEPT else heapq.heappushpop
            push(self._gaps, (late, self._beats, facts))
        self._where = []
        self._spent, self._collected, self._queued = spent, 0.0, queued
        self._due = time.perf_counter() + _BEAT
        self._loop.call_later(_BEAT, self._beat)

    def _note_collection(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            self._collected += time.perf_counter() - self._collecting

    def _look_on(self) -> None:
        while not self._ended.wait(_BEAT):
            if not self._where and time.perf_counter() - self._due > _LOOK:
                frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - the documented way to see other threads
                self._where = _describe(frame)


class _Queueing:
    """How long the threads of this process were ready to run and waited for a processor; Linux tells, others do not."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}

    def seconds(self) -> float:
        """So far, all threads together. Threads that ended no longer count."""
        folder = "/proc/self/task"
        with contextlib.suppress(OSError):
            known = {each.name for each in Path(folder).iterdir()}
            for gone in self._files.keys() - known:
                os.close(self._files.pop(gone))
            for new in known - self._files.keys():
                self._files[new] = os.open(f"{folder}/{new}/schedstat", os.O_RDONLY)
        total = 0
        for descriptor in self._files.values():
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += int(os.pread(descriptor, 64, 0).split()[1])
        return total / 1e9


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _describe(frame: FrameType | None) -> list[str]:
    stack = traceback.extract_stack(frame, limit=None) if frame is not None else []
    return [f"{Path(entry.filename).name}:{entry.lineno} {entry.name}" for entry in reversed(stack[-_FRAMES:])]
