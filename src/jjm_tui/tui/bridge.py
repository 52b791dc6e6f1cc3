"""From the board to the screens: what is dirty is gathered and told at most twenty times a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual.message_pump import MessagePump

from jjm_tui.services.board import Board, BoardChange
from jjm_tui.tui.once import Once

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
        owner: MessagePump,
        monotonic: Callable[[], float],
    ) -> None:
        self._show = show
        self._tick = Once(owner, self._tell)
        self._monotonic = monotonic
        self._dirty = BoardChange()
        self._told_at = -TICK
        self.stop = board.subscribe(self._heard)

    def _heard(self, change: BoardChange) -> None:
        self._dirty |= change
        if not self._tick.is_waiting:
            self._tick.start(max(self._told_at + TICK - self._monotonic(), 0.0))

    def _tell(self) -> None:
        change, self._dirty = self._dirty, BoardChange()
        self._told_at = self._monotonic()
        self._show(change)
