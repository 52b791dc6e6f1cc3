"""The keys that the last line tells where a task is at hand: those that do something there, the most useful first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.tui.actions import ACTIONS
from jjm_tui.tui.list_view import way_to_a_server

if TYPE_CHECKING:
    from jjm_tui.services.board import Board, ConnectionStatus
    from jjm_tui.tui.keymap import Keymap
    from jjm_tui.tui.screens.detail_host import DetailHost

Hint = tuple[str, str, str]
"""A key, what it does in a word or three, and the action that a click on it carries out, if any."""

Wanted = tuple[str, str]
"""An action, and what its key does here."""

_SEARCH_KEYS: Final = (("enter", "to the matches"), ("esc", "end"))
"""The keys that work while a term is typed."""

_SEARCHED: Final = (
    ("next.needs-me", "next match"),
    ("previous.needs-me", "previous match"),
    ("filter", "search anew"),
    ("back", "end search"),
    ("help", "help"),
)
_TYPING: Final = ("composer.send", "composer.editor", "back")
_DECIDING: Final = ("task.approve", "task.resume", "task.message")
_SENDING: Final = frozenset({*_DECIDING, "task.create"})
"""What only a server can be told."""
_WAYS_ON: Final[Mapping[ConnectionStatus, Wanted]] = {
    "not ready": ("connection", "what the server needs"),
    "offline": ("refresh", "try again"),
    "could not start": ("connection", "connection"),
    "gave up": ("connection", "connection"),
}
"""What helps while the server that there is cannot be asked."""
_NO_SERVER: Final = frozenset({"none", "not ready"})
_CAN_BE_SENT_AGAIN: Final = frozenset({OperationState.NOT_SENT, OperationState.REFUSED})


def told(keymap: Keymap, wanted: Iterable[Wanted]) -> list[Hint]:
    """Hints of these actions; one without a key is left out."""
    return [(key, words, action_id) for action_id, words in wanted if (key := keymap.first(action_id))]


def titled(action_ids: Iterable[str]) -> list[Wanted]:
    """Actions with their usual words."""
    return [(action_id, ACTIONS[action_id].title) for action_id in action_ids]


def helps(host: DetailHost, action_id: str) -> bool:
    """Whether the key of an action is worth telling: it does something now, and what it decides can be sent."""
    is_in_vain = action_id in _SENDING and host.board.connection.status in _NO_SERVER
    is_in_vain |= action_id == "undo" and not host.dashboard.undo
    is_in_vain |= action_id == "task.diff" and _only_plans(host)
    is_in_vain |= action_id == "task.resume" and is_failed(host) and host.board.connection.resume_by_message is None
    return not is_in_vain and host.unavailable(action_id) is None


def is_failed(host: DetailHost) -> bool:
    """Whether the task at hand failed: that is final, so no message helps, but a new task does."""
    task = host.current_task()
    return task is not None and task.status is TaskStatus.FAILED


def _only_plans(host: DetailHost) -> bool:
    """Whether the task at hand waits with its plan and nothing is known to be changed: that comes after approving."""
    task = host.current_task()
    return task is not None and task.status is TaskStatus.WAITING_APPROVAL and not task.source_files


def typing_hints(host: DetailHost) -> list[Hint] | None:
    """The keys that work while a term or a message is typed; ``None`` while neither is."""
    if host.search is not None and host.search.has_focus_within:
        return [(key, words, "") for key, words in _SEARCH_KEYS]
    if host.is_typing():
        return told(host.dashboard.launch.keymap, titled(_TYPING))
    return None


def way_on_hints(board: Board, keymap: Keymap) -> list[Wanted]:
    """The key that helps while the server cannot be asked, before those of what only a server can be told."""
    if board.connection.status == "none":
        return [way_to_a_server(keymap)]
    way_on = _WAYS_ON.get(board.connection.status)
    return [] if way_on is None else [way_on]


def way_out_hints(host: DetailHost) -> list[Wanted]:
    """Where something that was decided about the task at hand did not arrive: the way to it."""
    task = host.current_task()
    operations = () if task is None else host.board.operations_of(task.id)
    is_left = any(each.state in _CAN_BE_SENT_AGAIN and each.sent_again_as is None for each in operations)
    return [("outbox", "outbox")] if is_left else []


def detail_hints(host: DetailHost) -> list[Hint]:
    """The keys that work while the detail is read."""
    keymap = host.dashboard.launch.keymap
    if host.is_searching():
        return told(keymap, _SEARCHED)
    hints = told(keymap, _before_tabs(host))
    if tabs := " ".join(filter(None, (keymap.first("previous.tab"), keymap.first("next.tab")))):
        hints.append((tabs, "tabs", "next.tab"))
    hints += told(keymap, _after_tabs(host))
    if host.detail.is_wider_than_shown:
        hints.insert(-2, ("← →", "sideways", ""))
    return hints


def _before_tabs(host: DetailHost) -> list[Wanted]:
    first = ("task.create", "task.resume") if is_failed(host) else _DECIDING
    return [*way_out_hints(host), *titled(each for each in first if helps(host, each))]


def _after_tabs(host: DetailHost) -> Iterator[Wanted]:
    tab, is_empty = host.detail.tab, host.detail.is_empty
    if tab == "chat" and not is_empty:
        yield "follow", "follow"
    if tab == "files" and not is_empty:
        yield from (("next.hunk", "hunk"), ("next.file", "file"))
    if host.can_search() and not is_empty:
        yield "filter", "search"
    if tab != "files" and helps(host, "task.diff"):
        yield from titled(("task.diff",))
    yield from titled(("back", "help"))
