"""The journal of a world: every effect that anybody had on it, and the file that keeps it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from jjm_tui.domain.times import format_time, parse_time
from jjm_tui.errors import StorageError
from jjm_tui.files import read_file
from jjm_tui.simulator.clock import SimulatedTime

CONTROL: Final = "control."
SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One effect.

    ``kind``: ``create``, ``message``, ``approve``, ``resume``, ``archive``, ``unarchive``, ``delete``, or
    ``control.…`` for a tester's hand. ``text``: the prompt, the message, or the id of the approved plan.
    ``time`` is simulated. ``detail`` holds the other arguments that are needed to play it again.
    """

    kind: str
    session_id: str
    text: str
    time: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "session": self.session_id,
            "text": self.text,
            "time": format_time(self.time),
            "detail": dict(self.detail),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["kind"], data["session"], data["text"], parse_time(data["time"]), data["detail"])


@dataclass(slots=True)
class WorldRecord:
    """Everything that makes a world what it is; the rest follows from it."""

    seed: int
    tasks: int
    start: datetime
    time: SimulatedTime
    hostile: bool = False
    entries: list[JournalEntry] = field(default_factory=list)
    faults_used: dict[str, int] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    """What a dialect keeps of its own, such as the browser server's stale task file."""

    def continues(self, earlier: WorldRecord) -> bool:
        """Whether this is the same world with nothing but more journal; the journal only ever grows."""
        known = len(earlier.entries)
        same = (self.seed, self.tasks, self.start, self.hostile) == (
            earlier.seed,
            earlier.tasks,
            earlier.start,
            earlier.hostile,
        )
        return same and self.entries[known - 1 : known] == earlier.entries[-1:]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "tasks": self.tasks,
            "hostile": self.hostile,
            "start": format_time(self.start),
            "clock": self.time.to_dict(),
            "faults_used": self.faults_used,
            "memory": self.memory,
            "journal": [entry.to_dict() for entry in self.entries],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            seed=data["seed"],
            tasks=data["tasks"],
            start=parse_time(data["start"]),
            time=SimulatedTime.from_dict(data["clock"]),
            hostile=data["hostile"],
            entries=[JournalEntry.from_dict(entry) for entry in data["journal"]],
            faults_used=dict(data["faults_used"]),
            memory=dict(data["memory"]),
        )


class StateFile:
    """A world in a file: JSON, replaced as a whole, locked beside it, shared by several processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock; other processes wait."""
        from filelock import FileLock

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"):
            yield

    def load_if_changed(self) -> WorldRecord | None:
        """The world in the file, or ``None`` when there is none, or none newer than what was last read or written.

        Raises:
            StorageError: the file is not a world.
        """
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if mark == self._seen:
            return None
        try:
            record = WorldRecord.from_dict(json.loads(read_file(self.path).decode("utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(
                f"{self.path} does not hold a simulated world.",
                hint="Remove the file, or name another one with --state.",
                context={"path": str(self.path)},
            ) from error
        except OSError as error:
            raise StorageError(
                f"{self.path} cannot be read: {error.strerror or error}.",
                hint="Check the path, or name another file with --state.",
                context={"path": str(self.path)},
            ) from error
        self._seen = mark
        return record

    def save(self, record: WorldRecord) -> None:
        """Replace the file."""
        text = json.dumps(record.to_dict(), ensure_ascii=True, indent=1)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(self.path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        stat = self.path.stat()
        self._seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)


def read_journal(path: Path) -> tuple[JournalEntry, ...]:
    """What people did to the world in a state file, oldest first, without a tester's hand.

    Raises:
        StorageError: the file is missing or is not a world.
    """
    record = StateFile(path).load_if_changed()
    if record is None:
        raise StorageError(f"There is no simulated world at {path}.", context={"path": str(path)})
    return tuple(entry for entry in record.entries if not entry.kind.startswith(CONTROL))
