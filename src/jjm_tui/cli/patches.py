"""A unified diff cut into files without changing a byte, counted and painted."""

from __future__ import annotations

from dataclasses import dataclass

from jjm_tui.domain.patches import Patch, PatchFile, read_patch_files
from jjm_tui.domain.text import clean_line


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The part of a diff about one file: its exact text, its clean names, what became of it, counted lines.

    ``status``: ``created``, ``deleted``, ``renamed`` or ``modified``. Counts are ``None`` for what has no lines, and
    where the diff is cut or broken.
    """

    text: str
    name: str
    status: str
    additions: int | None
    deletions: int | None
    old_name: str | None = None


def split_patch(text: str) -> tuple[FilePatch, ...]:
    """The files of a diff, in order; joined, their texts are the diff again, less anything before the first file."""
    patch, files = read_patch_files(text)
    return tuple(_file_patch(patch, file) for file in files)


def _file_patch(patch: Patch, file: PatchFile) -> FilePatch:
    status = "renamed" if file.is_renamed else file.status
    old_name = None if file.old is None else clean_line(file.old)
    if file.is_binary or not file.is_whole:
        return FilePatch(patch.part(file), file.shown_name, status, None, None, old_name)
    return FilePatch(patch.part(file), file.shown_name, status, file.additions, file.deletions, old_name)


def line_style(line: str) -> str:
    """The rich style of one line of a diff."""
    if line.startswith(("diff ", "index ", "--- ", "+++ ", "new file", "deleted file", "rename ", "similarity ")):
        return "bold"
    if line.startswith("@@"):
        return "cyan"
    if line.startswith("+"):
        return "green"
    return "red" if line.startswith("-") else ""
