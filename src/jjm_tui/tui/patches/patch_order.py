"""The files of a diff in the order in which their tree has them."""

from __future__ import annotations

from typing import Final

from jjm_tui.domain.patch_names import names_of_git_header
from jjm_tui.domain.task import SourceFile
from jjm_tui.tui.patches.file_rows import arrange_files

_START: Final = "diff --git "


def in_tree_order(text: str, *, is_cut: bool = False) -> str:
    """A diff of git with its files in the order of ``arrange_files``.

    It stays as it is where something stands before its first file, or a file has no name: then one cannot be sure where
    files begin. ``is_cut``: its last file was cut short, and stays the last one.
    """
    if not text.startswith(_START):
        return text
    parts = [_START + part for part in f"\n{text}".split(f"\n{_START}")[1:]]
    names = [name for part in parts if (name := _name(part)) is not None]
    if len(names) < len(parts):
        return text
    rows = arrange_files(SourceFile(name) for name in dict.fromkeys(names))
    places = {row.file.filename: place for place, row in enumerate(rows) if row.file is not None}
    last = len(parts) - 1
    order = sorted(range(len(parts)), key=lambda index: (is_cut and index == last, places[names[index]]))
    end = "\n" if text.endswith("\n") else ""
    parts[-1] = parts[-1].removesuffix("\n")
    return "\n".join(parts[index] for index in order) + end


def _name(part: str) -> str | None:
    old, new = names_of_git_header(part.partition("\n")[0])
    return new or old
