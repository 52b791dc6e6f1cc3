"""The dashboard, with rows that change twenty times a second: ``changing_dashboard IDS_FILE``.

The changes are put on the board as a poll or another process would, without server and store: what is measured is how
a key is answered while the screen moves. Everything else is the program as it is.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jjm_tui.services.board as room
from jjm_tui.__main__ import main as run

PERIOD = 1 / 20


class ChangingBoard(room.Board):
    """A board whose tasks of the given ids get another title, all together, for as long as it lives."""

    task_ids: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self._turn = 0

    def subscribe(self, listener: room.Listener) -> Callable[[], None]:
        """The first listener is the screen: it is there now, so the changes begin."""
        if self._turn == 0:
            self._change()
        return super().subscribe(listener)

    def _change(self) -> None:
        self._turn += 1
        known = [task for task in map(self.tasks.get, self.task_ids) if task is not None]
        self.apply({task.id: replace(task, title=f"Turn {self._turn} of {task.id}") for task in known})
        asyncio.get_running_loop().call_later(PERIOD, self._change)


def main() -> int:
    """Run the program with another kind of board."""
    ChangingBoard.task_ids = tuple(Path(sys.argv[1]).read_text(encoding="utf-8").split())
    room.Board = ChangingBoard  # type: ignore[misc]
    return run([])


if __name__ == "__main__":
    sys.exit(main())
