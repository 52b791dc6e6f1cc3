"""A unified diff as the dashboard draws it: its lines made harmless, and how wide they are."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

from jjm_tui.domain import patches
from jjm_tui.domain.patches import LineKind
from jjm_tui.tui.text.cell_text import TAB_CELLS, shown

_MEASURED_LENGTH: Final = 4096
"""Characters up to which a line is measured exactly; a longer one is taken for as wide as it can be."""


class Patch(patches.Patch):
    """A diff with what is needed to show it."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.longest = 0
        """Cells of the widest line so far, or a little more."""

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
        for line in self.lines[begin:end]:
            length = len(line)
            if TAB_CELLS * length <= longest:
                continue
            if line.isascii() and "\t" not in line:
                width = length
            elif length <= _MEASURED_LENGTH:
                width = cell_len(shown(line))
            else:
                width = 2 * length + TAB_CELLS * line.count("\t")
            longest = max(longest, width)
        self.longest = longest
