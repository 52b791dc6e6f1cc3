"""The terminal's title while the dashboard runs, and the one from before afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_KEEP: Final = "\x1b[22;2t"
_BRING_BACK: Final = "\x1b]2;\x07\x1b[23;2t"
"""xterm's stack of titles. A terminal without one gets an empty title, which shells fill at their next prompt."""


class TerminalTitle:
    """``jjm ● 4``: how many tasks need the person. ``write`` sends to the terminal."""

    def __init__(self, write: Callable[[str], None], *, mark: str = "●") -> None:
        self._write = write
        self._mark = mark
        self._shown: str | None = None

    def show(self, needing: int) -> None:
        """Show a count; nothing is sent when it is shown already."""
        title = f"jjm {self._mark} {needing}" if needing > 0 else "jjm"
        if title != self._shown:
            kept = _KEEP if self._shown is None else ""
            self._shown = title
            self._write(f"{kept}\x1b]2;{title}\x07")

    def restore(self, write: Callable[[str], None]) -> None:
        """Bring the title from before back, by another way: the app's own is closed by then."""
        if self._shown is not None:
            self._shown = None
            write(_BRING_BACK)
