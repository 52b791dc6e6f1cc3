"""A unified diff as the dashboard draws it: its lines made harmless, and how wide they are."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

from jjm_tui.domain import patches
from jjm_tui.domain.patches import LineKind
from jjm_tui.tui.text.cell_text import TAB_CELLS, shown

_MEASURED_LENGTH: Final = 4096
"""Characters up to which a line is measured exactly; a longer one is taken for as wide as it can be."""
_HEADER_LINES: Final = 16
"""More lines than that are not looked at to find out whether the header of their file stands for them."""

_TOLD_ABOVE: Final = (
    *("diff --git ", "diff --cc ", "diff --combined ", "index ", "--- ", "+++ ", "similarity index ", "dissimilarity "),
    *("old mode ", "new mode ", "new file mode ", "deleted file mode ", "rename ", "copy ", "Binary files "),
)
"""How header lines begin of which the header of the file tells everything."""


class Patch(patches.Patch):
    """A diff with what is needed to show it."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.longest = 0
        """Cells of the widest line so far that has a row of its own, or a little more."""

    def scan(self, count: int) -> None:
        """Look at the next ``count`` lines, and measure them."""
        begin = self.scanned
        super().scan(count)
        self._measure(begin, self.scanned)

    def text(self, line: int) -> str:
        """A line as it is shown (``cell_text.shown``)."""
        text = self.lines[line]
        if text.endswith("\r") and (self.is_crlf or self.kinds[line] in (LineKind.META, LineKind.HUNK)):
            text = text[:-1]
        return shown(text)

    def _measure(self, begin: int, end: int) -> None:
        longest = self.longest
        for position, line in enumerate(self.lines[begin:end], begin):
            length = len(line)
            if TAB_CELLS * length <= longest or self._is_in_header_of_file(position):
                continue
            if line.isascii() and "\t" not in line:
                width = length
            elif length <= _MEASURED_LENGTH:
                width = cell_len(shown(line))
            else:
                width = 2 * length + TAB_CELLS * line.count("\t")
            longest = max(longest, width)
        self.longest = longest

    def _is_in_header_of_file(self, line: int) -> bool:
        """Whether the header that is drawn above a file stands for this line, and for all above it in that file."""
        file = self.file_at(line) if self.kinds[line] == LineKind.META else None
        if file is None or line - file.start > _HEADER_LINES:
            return False
        return all(is_told_above(self, each) for each in range(file.start, line + 1))


def is_told_above(patch: Patch, line: int) -> bool:
    """Whether a line that was looked at only says what the header of its file says."""
    if patch.kinds[line] != LineKind.META or not patch.lines[line].startswith(_TOLD_ABOVE):
        return False
    file = patch.file_at(line)
    return file is not None and file.name is not None
