"""One change saved, against a raw write, fsync and rename of the same bytes; and how many saves many changes take."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.looking import measured
from benchmarks.report import Figure, median
from benchmarks.samples import fill_store, make_task
from jjm_tui.assembly.clock import SystemClock
from jjm_tui.domain.task import Task
from jjm_tui.ports import TaskChange
from jjm_tui.store.durable import FileOps
from jjm_tui.store.json_file import JsonTaskStore

_ROUNDS = 15
_CHANGES = 200


def measure_one_change(folder: Path) -> list[Figure]:
    """One change of a small store and of a big one."""
    return [_one_change(folder / "small", 1_000, 10), _one_change(folder / "big", 10_000, None)]


def measure_many_changes(folder: Path) -> list[Figure]:
    """Many changes within a second."""
    return [asyncio.run(_many_changes(folder / "tasks.json"))]


def _one_change(folder: Path, count: int, budget: float | None) -> Figure:
    path = folder / "tasks.json"
    fill_store(path, count)
    data = path.read_bytes()
    what = f"one change saved, {count:_} tasks".replace("_", " ")
    saved, written = asyncio.run(_save_and_write(what, path, data))
    bare = median(written)
    detail = f"{median(saved) * 1000:.1f} ms against {bare * 1000:.1f} ms for {len(data) / 1e6:.1f} MB"
    return Figure(what, median(saved) / bare, "times a raw write", budget, detail)


async def _save_and_write(what: str, path: Path, data: bytes) -> tuple[list[float], list[float]]:
    """Seconds of each save, and of each raw write in between."""
    store = JsonTaskStore(path, SystemClock())
    saved, written = [], []
    await store.apply({make_task(0).id: _retitled("Turn 0")})  # the first one also reads the file
    for turn in range(1, _ROUNDS + 1):
        change = {make_task(turn).id: _retitled(f"Turn {turn}")}
        start = time.perf_counter()
        with measured(what):
            await store.apply(change)
        middle = time.perf_counter()
        _write_raw(path.with_name("raw.json"), data)
        end = time.perf_counter()
        saved.append(middle - start)
        written.append(end - middle)
    await store.close()
    return saved, written


def _write_raw(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)


def _retitled(title: str) -> TaskChange:
    def change(task: Task | None) -> Task | None:
        return None if task is None else replace(task, title=title)

    return change


class _CountingOps(FileOps):
    def __init__(self) -> None:
        self.saves = 0

    def rename(self, source: Path, target: Path) -> None:
        self.saves += target.name == "tasks.json"
        super().rename(source, target)


async def _many_changes(path: Path) -> Figure:
    what = f"{_CHANGES} changes in a second, 1 000 tasks"
    await asyncio.to_thread(fill_store, path, 1_000)
    ops = _CountingOps()
    store = JsonTaskStore(path, SystemClock(), ops=ops)
    await store.list_tasks()
    with measured(what):
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(_CHANGES):
                group.create_task(store.apply({make_task(number).id: _retitled(f"Change {number}")}))
                await asyncio.sleep(max(0.0, start + (number + 1) / _CHANGES - time.perf_counter()))
        seconds = time.perf_counter() - start
    await store.close()
    return Figure(what, ops.saves, "saves", 10, f"all durable {seconds:.2f} s after the first")
