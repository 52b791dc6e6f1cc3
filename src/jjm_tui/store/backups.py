"""Names beside a store file: backups by hard link, damaged files set aside, temporary files left by a crash."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from jjm_tui.store.durable import FILE_OPS, FileOps, temporary_prefix

KEEP_NEWEST: Final = 3
KEEP_DAYS: Final = 7

_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True, order=True)
class Backup:
    """An earlier version of a store file. ``replaced_at`` is when a newer version took its place."""

    replaced_at: datetime
    number: int
    path: Path


def list_backups(path: Path) -> tuple[Backup, ...]:
    """The backups of the store file ``path``, newest first."""
    prefix = f"{path.name}.backup-"
    found = (_parse_backup(path.parent / name, name.removeprefix(prefix)) for name in _names(path, prefix))
    return tuple(sorted((backup for backup in found if backup is not None), reverse=True))


def list_damaged(path: Path) -> tuple[Path, ...]:
    """The damaged versions of ``path`` that were set aside, newest first."""
    return tuple(path.parent / name for name in sorted(_names(path, f"{path.name}.damaged-"), reverse=True))


def next_backup_path(path: Path, now: datetime, known: Iterable[Backup]) -> Path:
    """A free name that sorts as the newest."""
    stamp = now.astimezone(UTC)
    newest = max(known, default=None)
    number = 0
    if newest is not None and newest.replaced_at >= stamp:
        stamp, number = newest.replaced_at, newest.number + 1
    return path.with_name(f"{path.name}.backup-{stamp.strftime(_STAMP)}" + (f"-{number}" if number else ""))


def damaged_path(path: Path, now: datetime) -> Path:
    """A free name for a damaged file that is set aside."""
    stem = f"{path.name}.damaged-{now.astimezone(UTC).strftime(_STAMP)}"
    number = 0
    while (candidate := path.with_name(stem + (f"-{number}" if number else ""))).exists():
        number += 1
    return candidate


def choose_superfluous(backups: Iterable[Backup], now: datetime) -> tuple[Backup, ...]:
    """Backups that are neither among the newest three nor the last of one of the past seven days."""
    superfluous: list[Backup] = []
    days: set[object] = set()
    oldest = now - timedelta(days=KEEP_DAYS)
    for position, backup in enumerate(sorted(backups, reverse=True)):
        day = backup.replaced_at.date()
        is_last_of_day = day not in days and backup.replaced_at >= oldest
        days.add(day)
        if position >= KEEP_NEWEST and not is_last_of_day:
            superfluous.append(backup)
    return tuple(superfluous)


def sweep(path: Path, now: datetime, ops: FileOps = FILE_OPS) -> None:
    """Remove superfluous backups and the temporary files of processes that died; only under the lock.

    What cannot be removed stays until the next time: a full or failing disk must not stop a save that succeeded.
    """
    for backup in choose_superfluous(list_backups(path), now):
        with contextlib.suppress(OSError):
            ops.remove(backup.path)
    sweep_temporaries(path, ops)


def sweep_temporaries(path: Path, ops: FileOps = FILE_OPS) -> None:
    """Remove the temporary files for ``path`` that processes left when they died; only under the lock."""
    for name in _names(path, temporary_prefix(path)):
        with contextlib.suppress(OSError):
            ops.remove(path.parent / name)


def _names(path: Path, prefix: str) -> list[str]:
    try:
        with os.scandir(path.parent) as entries:
            return [entry.name for entry in entries if entry.name.startswith(prefix)]
    except OSError:
        return []


def _parse_backup(path: Path, stamp: str) -> Backup | None:
    moment, _, number = stamp.partition("-")
    try:
        return Backup(datetime.strptime(moment, _STAMP).replace(tzinfo=UTC), int(number or 0), path)
    except ValueError:
        return None
