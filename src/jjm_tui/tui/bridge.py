"""From the board to the screens: what is dirty is gathered and told at most twenty times a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.timer import Timer

from jjm_tui.services.board import Board, BoardChange

TICK: Final = 1 / 20
"""Seconds between two tellings: changes faster than that only cost (``facts.md`` 3.1, live rows)."""


class Bridge:
    """Listens to a board and hands gathered changes to ``show``.

    The first change after a quiet time is told at once, so that a key is answered without waiting.
    """

    def __init__(
        self,
        board: Board,
        show: Callable[[BoardChange], None],
        set_timer: Callable[[float, Callable[[], None]], Timer],
        monotonic: Callable[[], float],
    ) -> None:
        self._show = show
        self._set_timer = set_timer
        self._monotonic = monotonic
        self._dirty = BoardChange()
        self._is_due = False
        self._told_at = -TICK
        self.stop = board.subscribe(self._heard)

    def _heard(self, change: BoardChange) -> None:
        self._dirty |= change
        if not self._is_due:
            self._is_due = True
            wait = self._told_at + TICK - self._monotonic()
            self._set_timer(max(wait, 0.001), self._tell)

    def _tell(self) -> None:
        change, self._dirty, self._is_due = self._dirty, BoardChange(), False
        self._told_at = self._monotonic()
        self._show(change)
