"""Pictures of screens as SVG files: one per name in ``snapshots/<test module>/``, compared as text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

if TYPE_CHECKING:
    from syrupy.location import PyTestLocation

FOLDER = Path(__file__).parents[2] / "snapshots"

_IDS = re.compile(r"terminal-\d+-")
_FONTS = re.compile(r"\s*@font-face \{.*?\n    \}\n", re.DOTALL)
_SPACES = re.compile(r"[ \t]+$", re.MULTILINE)
_TEXT = re.compile(r'<text [^>]*?y="([\d.]+)"[^>]*>(.*?)</text>')


def normalised(svg: str) -> str:
    """The picture without what differs between equal screens (ids), and without fonts from the network."""
    return _SPACES.sub("", _FONTS.sub("\n", _IDS.sub("terminal-", svg)))


def words_of(svg: str) -> list[str]:
    """What can be read in the picture, line by line."""
    lines: dict[float, str] = {}
    for y, text in _TEXT.findall(svg):
        lines[float(y)] = lines.get(float(y), "") + html.unescape(text).replace("\xa0", " ")
    return [lines[y].rstrip() for y in sorted(lines)]


class SvgPicture(SingleFileSnapshotExtension):
    """A picture is named by its test, not numbered; ``test_snapshots_orphans.py`` finds those that nobody names."""

    _file_extension = "svg"
    _write_mode = WriteMode.TEXT

    def serialize(self, data: Any, **options: Any) -> str:
        return normalised(data)

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(FOLDER / test_location.basename)

    @classmethod
    def _get_file_basename(cls, *, test_location: PyTestLocation, index: Any) -> str:
        return str(index)

    def discover_snapshots(self, *, test_location: PyTestLocation) -> SnapshotCollections:
        return SnapshotCollections()

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """The words that differ; a picture as a whole would say nothing to anybody."""
        wanted, found = words_of(snapshot_data or ""), words_of(serialized_data or "")
        if wanted == found:
            yield "The words are the same; colours or styles differ: look at both pictures."
            return
        for number in range(max(len(wanted), len(found))):
            old, new = (lines[number] if number < len(lines) else "" for lines in (wanted, found))
            if old != new:
                yield f"line {number}: - {old}"
                yield f"line {number}: + {new}"
