"""One line that is there only while something is wrong: what, since when, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from jjm_tui.domain.sync import tell_unreadable
from jjm_tui.domain.text import relative_time
from jjm_tui.services.board import Board, ConnectionStatus
from jjm_tui.services.store_troubles import StoreTrouble
from jjm_tui.tui.keymap import Keymap
from jjm_tui.tui.widgets.bar import Bar, Piece

_HELPS: Final[Mapping[ConnectionStatus, str]] = {"gave up": "last words, restart"}
"""What the connection screen is good for where that is the way out, so that it is not told twice."""


_LEAST_SIZE: Final = (80, 24)
"""Cells and rows of a terminal in which the list says it all."""


class TroubleBar(Bar):
    """``Bar.Chosen`` targets: ``connection``, or ``refresh``.

    | component class | for |
    |---|---|
    | ``bar--word``, ``bar--trouble``, ``bar--key`` | what it is, the sentence, the key to press |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--word", "bar--trouble", "bar--key"}
    DEFAULT_CSS = """
    TroubleBar {
        display: none;
        background: $panel;
        color: $text-warning;
        &.-filled { display: block; }
        & > .bar--word { text-style: bold; color: $text-warning; }
        & > .bar--trouble { color: $text-warning; }
        & > .bar--key { text-style: bold; color: $text-warning; }
    }
    """

    def show_state(self, board: Board, keymap: Keymap, now: datetime) -> None:
        """Show what is wrong with the local files, else with the server, or nothing."""
        wrong = board.store_trouble
        pieces = _of_server(board, now) if wrong is None else _of_store(wrong, keymap)
        if wrong is not None and wrong.place in ("tasks", "news") and not board.tasks and self._has_room_for_it():
            pieces = []
        self.set_class(bool(pieces), "-filled")
        self.screen.set_class(bool(pieces), "-in-trouble")
        if pieces:
            helps = "more" if wrong is not None else _HELPS.get(board.connection.status, "more")
            key = f"{keymap.first('connection')} {helps}"
            self.show([*pieces, Piece(key, "key", target="connection", right=True)])

    def _has_room_for_it(self) -> bool:
        """Whether an empty list itself has the room to say all that is wrong with the stored tasks."""
        size = self.app.size
        return size.width >= _LEAST_SIZE[0] and size.height >= _LEAST_SIZE[1]


def tells(board: Board, sentence: str) -> bool:
    """Whether the line tells already why something failed, as ``sentence`` does."""
    if board.store_trouble is not None:
        message = board.store_trouble.message
        return message in sentence or sentence in message
    why = _why(board)
    return why is not None and why in sentence


def _why(board: Board) -> str | None:
    """What is wrong with the server; that none is configured is told elsewhere."""
    if board.connection.status == "none":
        return None
    missing = tell_unreadable(board.sync.unreadable) if board.sync.unreadable else None
    return board.connection.trouble or board.sync.polling_stopped or missing


def _of_store(wrong: StoreTrouble, keymap: Keymap) -> list[Piece]:
    sentence = " ".join(filter(None, (wrong.message, wrong.hint)))
    again = f"again {wrong.again}, {keymap.first('refresh')} now" if wrong.again else ""
    return [
        Piece(f"! {wrong.what}", "word", target="connection"),
        Piece(sentence, "trouble", target="connection"),
        Piece(again, "trouble", target="refresh", right=True),
    ]


def _of_server(board: Board, now: datetime) -> list[Piece]:
    connection = board.connection
    trouble = _why(board)
    if trouble is None:
        return []
    state = "" if connection.status in ("connected", "idle") else f"{connection.status}:"
    way_out = "" if connection.status in _HELPS else connection.way_out or ""
    read = relative_time(board.sync.synced_at, now) if board.sync.synced_at is not None else "never"
    return [
        Piece("!", "word", target="connection"),
        Piece(state, "word", rank=1, target="connection", glue=" "),
        Piece(f"{trouble} {way_out}".strip(), "trouble", target="connection", glue=" "),
        Piece(f"list read {read}", "trouble", rank=2, right=True),
    ]
