"""A sheet around one list of lines: the moving keys move in it, also while something is typed above it."""

from __future__ import annotations

from typing import ClassVar, Final, TypeVar

from jjm_tui.tui.screens.sheet import Sheet
from jjm_tui.tui.widgets.line_list import LineList

T = TypeVar("T")

_HALF: Final = 0.5


class LineSheet(Sheet[T]):
    """Subclasses compose a ``LineList`` among what is inside."""

    ALWAYS: ClassVar[tuple[str, ...]] = (
        *Sheet.ALWAYS,
        "move.down",
        "move.up",
        "move.first",
        "move.last",
        "move.half-down",
        "move.half-up",
    )

    @property
    def lines(self) -> LineList:
        """The list."""
        return self.query_one(LineList)

    def do_move_down(self) -> None:
        self.lines.move(1)

    def do_move_up(self) -> None:
        self.lines.move(-1)

    def do_move_first(self) -> None:
        self.lines.move_first()

    def do_move_last(self) -> None:
        self.lines.move_last()

    def do_move_half_down(self) -> None:
        self.lines.page(_HALF)

    def do_move_half_up(self) -> None:
        self.lines.page(-_HALF)
