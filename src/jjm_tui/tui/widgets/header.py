"""The header: profile, server, counts that act as filters, clock; one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Final

from jjm_tui.domain.counts import KINDS, Kind, TaskCounts
from jjm_tui.domain.text import age
from jjm_tui.services.board import Connection, ConnectionStatus
from jjm_tui.tui.widgets.bar import SIMULATED, Bar, Piece

CONNECTION_LOOKS: Final[dict[ConnectionStatus, tuple[str, str, str]]] = {
    "none": ("○", "no server", "trouble"),
    "not ready": ("✗", "server not ready", "failed"),
    "idle": ("○", "not started", "quiet"),
    "starting": ("◌", "starting", "quiet"),
    "connected": ("●", "connected", "good"),
    "reconnecting": ("◌", "reconnecting", "trouble"),
    "offline": ("○", "offline", "trouble"),
    "could not start": ("✗", "could not start", "failed"),
    "gave up": ("✗", "gave up", "failed"),
}
"""Glyph, word and role of each state of the connection."""

COUNT_FILTERS: Final[Mapping[str, str]] = {
    kind: "is:needs-me" if kind == "needs-me" else f"group:{kind}" for kind in KINDS
}
"""What a click on a count filters by: exactly the tasks that were counted."""

_ALWAYS: Final[frozenset[Kind]] = frozenset({"running", "done"})
"""Counts that are told when there are none, too."""

_GIVING_WAY: Final = (
    *("server", "clock", "profile", "snoozed", "cut", "connection", "unknown", "done", "queued", "paused"),
    *("trouble", "brand", "failed", "running"),
)
"""What gives way where the line is narrow, one after the other; how many need somebody never does."""
_RANKS: Final[Mapping[str, int]] = {name: rank for rank, name in enumerate(reversed(_GIVING_WAY), 1)}


_STEP: Final = 5
"""Seconds in which a silence is told: it need not be drawn every second."""


class HeaderBar(Bar):
    """Who, where, how many: the counts are those of the groups in the list. ``Bar.Chosen`` targets: a kind of task, or
    ``connection``.

    | component class | for |
    |---|---|
    | ``bar--brand`` | the program's name |
    | ``bar--attention``, ``bar--failed`` | counts that need somebody |
    | ``bar--good``, ``bar--trouble``, ``bar--quiet`` | the connection, everything calm |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bar--brand",
        "bar--attention",
        "bar--failed",
        "bar--good",
        "bar--trouble",
        "bar--quiet",
    }
    DEFAULT_CSS = """
    HeaderBar {
        background: $panel;
        color: $foreground;
        & > .bar--brand { text-style: bold; color: $text-primary; }
        & > .bar--attention { text-style: bold; color: $text-warning; }
        & > .bar--failed { text-style: bold; color: $text-error; }
        & > .bar--good { color: $text-success; }
        & > .bar--trouble { text-style: bold; color: $text-warning; }
        & > .bar--quiet { color: $foreground; }
    }
    """

    def show_state(
        self,
        profile: str,
        connection: Connection,
        counts: TaskCounts | None,
        now: datetime,
        *,
        is_cut: bool,
        is_simulated: bool = False,
    ) -> None:
        """Show how things stand at ``now``; ``is_cut``: the server's list has more than it can show. ``counts``: of all
        stored tasks, or ``None`` while those have not been read. ``is_simulated``: all of it is made up.

        The clock tells no seconds: drawing them costs a fifth of what the dashboard may take while nothing happens.
        """
        pieces = self._compose_pieces(profile, connection, counts, now, is_cut=is_cut)
        self.show([SIMULATED, *pieces] if is_simulated else pieces)

    def _compose_pieces(
        self, profile: str, connection: Connection, counts: TaskCounts | None, now: datetime, *, is_cut: bool
    ) -> Iterator[Piece]:
        yield Piece("jjm", "brand", rank=_RANKS["brand"])
        yield Piece(profile, "quiet", rank=_RANKS["profile"])
        if connection.label not in ("", profile):
            yield Piece(f"· {connection.label}", "quiet", rank=_RANKS["server"], glue=" ")
        glyph, word, role = connection_look(connection, now)
        rank = _RANKS["connection" if role in ("good", "quiet") else "trouble"]
        yield Piece(f"{glyph} {word}", role, rank=rank, short=glyph, target="connection", glue=" ")
        if is_cut:
            yield Piece("list cut by the server", "trouble", rank=_RANKS["cut"], short="list cut", target="connection")
        if counts is None:
            yield Piece("tasks not read", "quiet", glue="   ")
        else:
            yield from _count_pieces(counts)
        local = now.astimezone()
        yield Piece(local.strftime("%H:%M"), "quiet", rank=_RANKS["clock"], right=True)


def connection_look(connection: Connection, now: datetime) -> tuple[str, str, str]:
    """Glyph, word and role of a connection at ``now``, the same wherever it is told."""
    glyph, word, role = CONNECTION_LOOKS[connection.status]
    if connection.polls_elsewhere and connection.status == "idle":
        glyph, word, role = "●", "followed", "good"
    if connection.trouble is not None and word in ("connected", "followed"):
        role, word = "trouble", "trouble"
    if (silence := connection.silence(now)) is not None:
        glyph, word, role = "◌", f"no answer for {age(silence // _STEP * _STEP)}", "trouble"
    return glyph, word, role


def _count_pieces(counts: TaskCounts) -> Iterator[Piece]:
    needing = counts.needs_me
    words = f"{needing} need you" if needing != 1 else "1 needs you"
    yield Piece(words, "attention" if needing else "quiet", target="needs-me", glue="   ")
    for kind in KINDS:
        count = counts.kinds[kind]
        if kind not in ("needs-me", "archived") and (count or kind in _ALWAYS):
            short = f"{count} run" if kind == "running" else None
            words = "gone or unknown" if kind == "unknown" else kind
            yield Piece(f"{count} {words}", "quiet", rank=_RANKS[kind], short=short, target=kind)
