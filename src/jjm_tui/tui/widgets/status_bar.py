"""The status bar: calls spent of the budget, age of what is seen, outbox; then the keys that work right now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import ClassVar, Final

from jjm_tui.domain.operation_words import count_left, word_of_state
from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import age, is_age
from jjm_tui.services.board import Board
from jjm_tui.tui.widgets.bar import Bar, Piece
from jjm_tui.tui.widgets.key_bar import rank_of_hint

_OUTBOX_RANK: Final = rank_of_hint("", 4)
"""Said shorter before one of the most useful keys goes, and not for the others."""
_DATA_RANK: Final = 60

_FAILED: Final = frozenset(map(word_of_state, (OperationState.NOT_SENT, OperationState.REFUSED)))
_UNDER_WAY: Final = word_of_state(OperationState.SENDING)

_STEP: Final = 5
"""Seconds in which the age of the data is told, upwards: nothing is older than it reads. What is younger than a step
reads ``<5s``: a number that never moves looks like a clock that stands still.
"""


class StatusBar(Bar):
    """``Bar.Chosen`` targets: ``outbox``, ``connection``, or the id of an action.

    | component class | for |
    |---|---|
    | ``bar--key``, ``bar--hint`` | a key and what it does |
    | ``bar--quiet``, ``bar--trouble`` | facts, and those that want a look |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--key", "bar--hint", "bar--quiet", "bar--trouble"}
    DEFAULT_CSS = """
    StatusBar {
        background: $panel;
        color: $foreground;
        & > .bar--key { text-style: bold; color: $text-accent; }
        & > .bar--hint { color: $foreground; }
        & > .bar--quiet { color: $foreground; }
        & > .bar--trouble { text-style: bold; color: $text-warning; }
    }
    """

    _told_age: str | None = None

    def is_overtaken(self, oldest: datetime | None, now: datetime) -> bool:
        """Whether the age that it tells is no longer true."""
        return _told_of(oldest, now) != self._told_age

    def show_state(
        self,
        board: Board,
        oldest: datetime | None,
        hints: Sequence[tuple[str, str, str]],
        now: datetime,
        *,
        note: str | None = None,
    ) -> None:
        """Show the facts and ``hints`` (key, title, action id), the most useful first.

        ``oldest``: since when the oldest visible row was not told anything by a server. ``note``: what is going on in
        the list, such as marks, before everything else.
        """
        self.show(self._compose_pieces(board, oldest, hints, now, note))

    def _compose_pieces(
        self,
        board: Board,
        oldest: datetime | None,
        hints: Sequence[tuple[str, str, str]],
        now: datetime,
        note: str | None,
    ) -> Iterator[Piece]:
        if note:
            yield Piece(note, "trouble", rank=2)
        yield from _outbox(board)
        connection = board.connection
        self._told_age = told = _told_of(oldest, now)
        if told is not None:
            yield Piece(f"oldest data {told}", "quiet", rank=_DATA_RANK, short=f"data {told}", target="connection")
        if connection.budget_limit:
            used = f"{connection.budget_used}/{connection.budget_limit}"
            yield Piece(f"calls {used}", "quiet", rank=_DATA_RANK + 1, target="connection")
        for place, (key, title, action_id) in enumerate(hints):
            rank = rank_of_hint(action_id, place)
            yield Piece(key, "key", rank=rank, target=action_id, right=True)
            yield Piece(title, "hint", rank=rank, target=action_id, right=True, glue=" ")


def _told_of(oldest: datetime | None, now: datetime) -> str | None:
    return None if oldest is None else age_of_data((now - oldest).total_seconds())


def oldest_data(tasks: Iterable[Task | None], now: datetime) -> datetime | None:
    """When a server last told of the one of these tasks that it told of longest ago.

    A task that is gone says so itself, and nobody will tell of it any more: its age would grow for ever. A time that
    is no age, as the clock was set back, comes before all others: how old that is nobody knows.
    """
    here = (task.synced_at for task in tasks if task is not None and task.on_server is not False)
    told = (at for at in here if at is not None)
    return min(told, key=lambda at: (is_age((now - at).total_seconds()), at), default=None)


def age_of_data(seconds: float) -> str:
    """How old data is at most, in steps that are told upwards: ``<5s``, ``10s``, ``1m``; ``?`` when it is no age."""
    if not is_age(seconds):
        return "?"
    return f"<{_STEP}s" if seconds < _STEP else age(ceil(seconds / _STEP) * _STEP)


def _outbox(board: Board) -> Iterator[Piece]:
    """What is not over, in the words of the outbox; on a narrow line what needs the person, and how many more."""
    counts = count_left(board.operations_left())
    if not counts:
        return
    least = max(1, len(_FAILED & counts.keys()))
    longest, *shorter = (_count(counts, named) for named in range(len(counts), least - 1, -1))
    role = "quiet" if counts.keys() == {_UNDER_WAY} else "trouble"
    yield Piece(longest, role, rank=_OUTBOX_RANK, short=tuple(shorter) or longest, target="outbox")


def _count(counts: Mapping[str, int], named: int) -> str:
    """The first so many by name, and the others as a number."""
    words = [f"{count} {word}" for word, count in counts.items()][:named]
    if more := sum(list(counts.values())[named:]):
        words.append(f"{more} more")
    return f"outbox {', '.join(words)}"
