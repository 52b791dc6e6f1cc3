"""One line that is there only while something is wrong: what, since when, and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from jjm_tui.domain.text import relative_time
from jjm_tui.services.board import Board
from jjm_tui.tui.keymap import Keymap
from jjm_tui.tui.widgets.bar import Bar, Piece


class TroubleBar(Bar):
    """``Bar.Chosen`` target: ``connection``.

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
        """Show what is wrong with the server, or nothing."""
        connection, stopped = board.connection, board.sync.polling_stopped
        trouble = connection.trouble or stopped
        has_trouble = trouble is not None and connection.status != "none"
        self.set_class(has_trouble, "-filled")
        if not has_trouble or trouble is None:
            return
        word = "!" if connection.status in ("connected", "idle") else f"! {connection.status}"
        read = relative_time(board.sync.synced_at, now) if board.sync.synced_at is not None else "never"
        sentence = f"{trouble} {connection.way_out or ''}".strip()
        self.show(
            [
                Piece(word, "word", target="connection"),
                Piece(sentence, "trouble", target="connection"),
                Piece(f"list read {read}", "trouble", rank=2, right=True),
                Piece(f"{keymap.first('connection')} more", "key", target="connection", right=True),
            ]
        )
