"""Which tasks the person watches: shown at once, and remembered for the next start."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jjm_tui.tui.launch import Launch


def watch(launch: Launch, task_ids: Collection[str], *, stops: bool = False) -> None:
    """Watch these tasks as well, or ``stops``: no longer."""
    board, memory = launch.board, launch.memory
    board.set_watched(board.watched.difference(task_ids) if stops else board.watched.union(task_ids))
    memory.watched = sorted(board.watched)
    memory.save()


async def undo_watch(launch: Launch, task_ids: Collection[str], *, stops: bool) -> None:
    """Take back that these tasks were watched, or, with ``stops``, that they no longer were."""
    watch(launch, task_ids, stops=not stops)
