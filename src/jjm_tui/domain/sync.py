"""What is known about the last reading of a server's list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SyncState:
    """What is known about the last reading of the server's list, per origin. Times are aware."""

    origin: str
    synced_at: datetime | None = None
    truncated: bool = False
    complete: bool = False
    first_sync_done: bool = False
    polling_stopped: str | None = None
    """Why polling must not read pages (looks signed out), until the sign-in was checked."""
    unreadable: int = 0
    """Records of the list that could not be read, so that tasks may be missing here."""

    @property
    def is_part(self) -> bool:
        """Whether the server has tasks that its list did not give us."""
        return self.truncated or self.unreadable > 0

    @property
    def may_lack_tasks(self) -> bool:
        """Whether the server may have tasks that its list did not give us."""
        return self.is_part or not self.complete


def tell_unreadable(count: int) -> str:
    """That tasks are missing, for people."""
    if count == 1:
        return "1 task in the server's list cannot be read, and is missing here."
    return f"{count} tasks in the server's list cannot be read, and are missing here."
