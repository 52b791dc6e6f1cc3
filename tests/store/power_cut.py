"""What may be on a disk after a power cut, worked out from recorded file operations.

The model is the weakest that POSIX allows: data of a file that was not synced may be there wholly, in part or not at
all; changes of names that were not followed by a sync of their folder may be there or not, each for itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jjm_tui.store.durable import FileOps

Names = dict[Path, int]
"""Path to file number; folders have the number -1."""

FOLDER = -1


@dataclass
class Recorder(FileOps):
    """Carries everything out and remembers it. ``forget_file_sync`` and ``forget_folder_sync`` are the mutants."""

    root: Path
    forget_file_sync: bool = False
    forget_folder_sync: bool = False
    trace: list[tuple[Any, ...]] = field(default_factory=list)
    names: Names = field(default_factory=dict)
    open_files: dict[int, int] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def mark(self, state: object) -> None:
        """Everything so far was acknowledged; ``state`` is what a reader must see from now on."""
        self.trace.append(("acknowledged", state))

    def make_folder(self, path: Path) -> None:
        super().make_folder(path)
        self._name(path, FOLDER)

    def create(self, path: Path) -> int:
        descriptor = super().create(path)
        self._name(path, next(self.numbers))
        self.open_files[descriptor] = self.names[path]
        return descriptor

    def open_append(self, path: Path) -> int:
        descriptor = super().open_append(path)
        if path not in self.names:
            self._name(path, next(self.numbers))
        self.open_files[descriptor] = self.names[path]
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        super().write(descriptor, data)
        self.trace.append(("write", self.open_files[descriptor], data))

    def sync(self, descriptor: int) -> None:
        if not self.forget_file_sync:
            super().sync(descriptor)
            self.trace.append(("sync", self.open_files[descriptor]))

    def close(self, descriptor: int) -> None:
        super().close(descriptor)
        del self.open_files[descriptor]

    def link(self, source: Path, target: Path) -> None:
        super().link(source, target)
        self._name(target, self.names[source])

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self.names[target] = self.names.pop(source)
        self.trace.append(("rename", source, target, self.names[target]))

    def remove(self, path: Path) -> None:
        super().remove(path)
        del self.names[path]
        self.trace.append(("remove", path))

    def sync_folder(self, folder: Path) -> None:
        if not self.forget_folder_sync:
            super().sync_folder(folder)
            self.trace.append(("sync_folder", folder))

    def _name(self, path: Path, number: int) -> None:
        self.names[path] = number
        self.trace.append(("name", path, number))


@dataclass
class Remains:
    """One legal state after a cut: file contents by path, and the folders."""

    files: dict[Path, bytes]
    folders: list[Path]
    acknowledged: list[object]
    """States acknowledged before the cut; the last one is the oldest that may be seen."""
    next_state: object
    """What was being written when the power went, if that was acknowledged later."""

    def rebuild(self, root: Path, target: Path) -> None:
        target.mkdir()
        for folder in self.folders:
            (target / folder.relative_to(root)).mkdir(parents=True, exist_ok=True)
        for path, data in self.files.items():
            (target / path.relative_to(root)).write_bytes(data)


def explore(recorder: Recorder) -> Iterator[Remains]:
    """Every different legal state for a cut after every recorded operation."""
    seen: set[object] = set()
    marks = [event[1] for event in recorder.trace if event[0] == "acknowledged"]
    for cut in range(len(recorder.trace) + 1):
        done = recorder.trace[:cut]
        acknowledged = [event[1] for event in done if event[0] == "acknowledged"]
        next_state = marks[len(acknowledged)] if len(acknowledged) < len(marks) else marks[-1]
        for files, folders in _legal_states(recorder.root, done):
            key = (len(acknowledged), frozenset(files.items()), frozenset(folders))
            if key not in seen:
                seen.add(key)
                yield Remains(files, folders, acknowledged, next_state)


def _legal_states(root: Path, done: list[tuple[Any, ...]]) -> Iterator[tuple[dict[Path, bytes], list[Path]]]:
    durable: list[tuple[Any, ...]] = []
    pending: list[tuple[Any, ...]] = []
    synced: dict[int, bytes] = {}
    written: dict[int, bytes] = {}
    for event in done:
        match event:
            case ("write", number, data):
                written[number] = written.get(number, b"") + data
            case ("sync", number):
                synced[number] = written.get(number, b"")
            case ("sync_folder", folder):
                durable += [change for change in pending if change[1].parent == folder]
                pending = [change for change in pending if change[1].parent != folder]
            case ("name" | "rename" | "remove", *_):
                pending.append(event)
    for chosen in itertools.product((False, True), repeat=len(pending)):
        names: Names = {}
        for change in [*durable, *itertools.compress(pending, chosen)]:
            _carry_out(names, change)
        reachable = {path: number for path, number in names.items() if _is_reachable(root, path, names)}
        yield from _contents(reachable, synced, written)


def _carry_out(names: Names, change: tuple[Any, ...]) -> None:
    match change:
        case ("name", path, number):
            names[path] = number
        case ("rename", source, target, number):
            names.pop(source, None)
            names[target] = number
        case ("remove", path):
            names.pop(path, None)


def _is_reachable(root: Path, path: Path, names: Names) -> bool:
    return all(names.get(parent) == FOLDER for parent in path.parents if parent != root and root in parent.parents)


def _contents(
    names: Names, synced: dict[int, bytes], written: dict[int, bytes]
) -> Iterator[tuple[dict[Path, bytes], list[Path]]]:
    folders = [path for path, number in names.items() if number == FOLDER]
    numbers = sorted({number for number in names.values() if number != FOLDER})
    choices = [_versions(synced.get(number, b""), written.get(number, b"")) for number in numbers]
    for chosen in itertools.product(*choices):
        content = dict(zip(numbers, chosen, strict=True))
        yield {path: content[number] for path, number in names.items() if number != FOLDER}, folders


def _versions(synced: bytes, written: bytes) -> list[bytes]:
    fresh = written[len(synced) :]
    if not fresh:
        return [written]
    half = fresh[: len(fresh) // 2]
    return [synced, synced + half, synced + b"\x00" * len(fresh), written]
