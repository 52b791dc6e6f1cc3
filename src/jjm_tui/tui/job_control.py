"""Whether this program may be put to sleep: only where somebody is there to wake it up."""

from __future__ import annotations

import os
from pathlib import Path


def has_shell() -> bool:
    """Whether a shell of this session waits for our job, and can continue it.

    A terminal may have been opened for this program alone. The system itself never stops such a job (POSIX: an orphaned
    process group), and neither must we.
    """
    group, parent = os.getpgrp(), os.getppid()
    try:
        while parent > 1:
            if os.getpgid(parent) != group:
                return os.getsid(parent) == os.getsid(0)
            parent = _parent_of(parent)
    except OSError:  # macOS tells only our own parent, which may be make; then a shell is the likeliest
        return True
    return False


def _parent_of(pid: int) -> int:
    """The parent of a process that started us as a part of its job, as ``make`` does."""
    return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
