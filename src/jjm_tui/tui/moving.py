"""The moving keys, for screens with one text or one list that they move in."""

from __future__ import annotations

from typing import Final

from textual.widget import Widget

from jjm_tui.tui.widgets.row_list import RowList

MOVES: Final = ("move.down", "move.up", "move.first", "move.last", "move.half-down", "move.half-up")
"""Actions that ``Moving`` carries out."""


class Moving:
    """Mixed into screens: moves the cursor of a ``RowList``, and scrolls everything else."""

    def moved(self) -> Widget:
        """What the keys move in now."""
        raise NotImplementedError

    def do_move_down(self) -> None:
        """The next row or line."""
        self._move(1)

    def do_move_up(self) -> None:
        """The one before."""
        self._move(-1)

    def do_move_half_down(self) -> None:
        """Half a page down."""
        self._move(max(1, self.moved().size.height // 2))

    def do_move_half_up(self) -> None:
        """Half a page up."""
        self._move(-max(1, self.moved().size.height // 2))

    def do_move_first(self) -> None:
        """To the top."""
        widget = self.moved()
        if isinstance(widget, RowList):
            widget.move_to_edge(end=False)
        else:
            widget.scroll_home(animate=False)

    def do_move_last(self) -> None:
        """To the end."""
        widget = self.moved()
        if isinstance(widget, RowList):
            widget.move_to_edge(end=True)
        else:
            widget.scroll_end(animate=False)

    def _move(self, lines: int) -> None:
        widget = self.moved()
        if isinstance(widget, RowList):
            widget.move(lines)
        else:
            widget.scroll_relative(y=lines, animate=False)
