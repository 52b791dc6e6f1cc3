"""Syntax colours of a diff, block by block, so that only what is near the screen is ever looked at."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from jjm_tui.domain.patches import CODE_KINDS, LineKind
from jjm_tui.tui.patches.patch_lines import Patch
from jjm_tui.tui.text.code_colors import Span, color_lines

_BLOCK: Final = 64
"""Lines of a hunk that are coloured at once, a few milliseconds of work in a thread."""


@dataclass(slots=True)
class PatchColors:
    """What is coloured so far. ``spans``: by line, in characters after its marks."""

    patch: Patch
    spans: dict[int, tuple[Span, ...]] = field(default_factory=dict)
    _done: set[int] = field(default_factory=set)

    def next_block(self, first: int, last: int) -> range | None:
        """The next block of lines that has a line from ``first`` to ``last`` and has no colours yet."""
        patch = self.patch
        line = max(0, first)
        while line < min(last, patch.scanned):
            if patch.kinds[line] not in CODE_KINDS:
                line += 1
                continue
            block = self._block_at(line)
            is_known = patch.is_read or block.start + _BLOCK <= patch.scanned
            if is_known and block.start not in self._done:
                return block
            line = block.stop
        return None

    def _block_at(self, line: int) -> range:
        patch = self.patch
        hunk = patch.hunks[bisect_right(patch.hunks, line) - 1]
        start = hunk + 1 + (line - hunk - 1) // _BLOCK * _BLOCK
        end = min(start + _BLOCK, patch.scanned)
        stop = next((index for index in range(line, end) if patch.kinds[index] in _BETWEEN), end)
        return range(start, stop)

    def color(self, block: range) -> dict[int, tuple[Span, ...]]:
        """The colours of a block; takes milliseconds, changes nothing. Both versions are read as a whole each."""
        patch = self.patch
        file = patch.file_at(block.start)
        if file is None:
            return {}
        spans: dict[int, tuple[Span, ...]] = {}
        for name, other in ((file.old or file.new, LineKind.ADDED), (file.new or file.old, LineKind.REMOVED)):
            lines = [line for line in block if patch.kinds[line] in CODE_KINDS and patch.kinds[line] != other]
            if other == LineKind.ADDED and not any(patch.kinds[line] == LineKind.REMOVED for line in lines):
                continue
            texts = [patch.text(line)[file.mark_cells :] for line in lines]
            spans.update(zip(lines, color_lines(name or "", texts), strict=True))
        return spans

    def keep(self, block: range, spans: dict[int, tuple[Span, ...]]) -> None:
        """Remember the colours of a block."""
        self._done.add(block.start)
        self.spans.update(spans)


_BETWEEN: Final = frozenset({LineKind.HUNK, LineKind.META, LineKind.TEXT})
