"""The drafts that wait: how many there are, and with which keys they are found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.draft_keys import CREATE_KEY, MANY_KEY, task_of
from jjm_tui.domain.text import heading, truncate
from jjm_tui.tui.keymap import Keymap
from jjm_tui.tui.widgets.tasks.task_row import DRAFT

if TYPE_CHECKING:
    from jjm_tui.services.board import Board

_TITLE_CELLS: Final = 30
_NAMED: Final = 3
"""Messages whose tasks are named; the rows of the others are marked as well."""


def drafts_line(keys: Sequence[str], board: Board, keymap: Keymap) -> str:
    """``✎ 2 drafts are not sent yet; in the list: c new task · m Fix the login bug``; empty where there is none.

    ``keys``: of the drafts.
    """
    if not keys:
        return ""
    ids = [task_id for key in keys if (task_id := task_of(key))]
    tasks = [task for task_id in ids if (task := board.task(task_id))]
    places = [
        _with_key(keymap, action_id, words)
        for key, action_id, words in (
            (CREATE_KEY, "task.create", "new task"),
            (MANY_KEY, "task.message-many", "marked tasks"),
        )
        if key in keys
    ]
    named = (truncate(heading(task.title, task.description, task.id), _TITLE_CELLS) for task in tasks[:_NAMED])
    places += [_with_key(keymap, "task.message", title) for title in named]
    if len(tasks) > _NAMED:
        places.append(f"{len(tasks) - _NAMED} more with {DRAFT}")
    if missing := len(ids) - len(tasks):
        places.append(f"{missing} to {'a task that is' if missing == 1 else 'tasks that are'} not here")
    count = "1 draft is" if len(keys) == 1 else f"{len(keys)} drafts are"
    return f"{DRAFT} {count} not sent yet; in the list: {' · '.join(places)}"


def _with_key(keymap: Keymap, action_id: str, words: str) -> str:
    return " ".join(filter(None, (keymap.first(action_id), words)))
