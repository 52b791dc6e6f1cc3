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
