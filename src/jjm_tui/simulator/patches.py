"""Real unified diffs, as ``git diff`` writes them, from file contents before and after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import unified_diff
from functools import lru_cache

ABSENT_BLOB = "0" * 40


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file before and after; ``None`` where it does not exist."""

    path: str
    before: str | None
    after: str | None


def hash_blob(content: str | None) -> str:
    """The id that git gives a file with this content."""
    if content is None:
        return ABSENT_BLOB
    data = content.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _lines(content: str | None) -> list[str]:
    return [] if content is None else content.splitlines(keepends=True)


@lru_cache(maxsize=4096)
def render_file_diff(change: FileChange) -> str:
    """The diff of one file with git's headers; it can be applied with ``git apply``."""
    head = [f"diff --git a/{change.path} b/{change.path}\n"]
    ids = f"index {hash_blob(change.before)[:7]}..{hash_blob(change.after)[:7]}"
    if change.before is None:
        head += ["new file mode 100644\n", f"{ids}\n"]
    elif change.after is None:
        head += ["deleted file mode 100644\n", f"{ids}\n"]
    else:
        head += [f"{ids} 100644\n"]
    old = "/dev/null" if change.before is None else f"a/{change.path}"
    new = "/dev/null" if change.after is None else f"b/{change.path}"
    body = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in unified_diff(_lines(change.before), _lines(change.after), old, new)
    )
    return "".join(head) + body


def render_diff(changes: Iterable[FileChange]) -> str:
    """The diff of several files."""
    return "".join(render_file_diff(change) for change in changes)
