"""The blocks of a conversation: who spoke when and whether it arrived, what was said, days, remarks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from rich.cells import cell_len

from jjm_tui.domain.task import ChatMessage
from jjm_tui.domain.text import relative_time, truncate
from jjm_tui.tui.text.blocks import Block, LineBlock, Piece, markdown_blocks
from jjm_tui.tui.text.rows import Row, Run

_MARGIN: Final[Row] = (Run("  "),)
_BETWEEN: Final = " · "
_NAMES: Final[dict[str, str]] = {"user": "you", "jules": "Jules", "system": "system"}
_DELIVERIES: Final[dict[str, Piece]] = {
    "sending": ("↑ sending", ("attention",)),
    "sent": ("✓ sent", ("success",)),
    "failed": ("✗ not sent", ("error",)),
    "unconfirmed": ("? unconfirmed: it may have arrived", ("attention",)),
}


class MessageHeader(Block):
    """Who said something, how long ago, at what time, and for ours how far it got. Always one row.

    How long ago is asked for whenever the row is made, so a view that makes it again shows the present age. Where
    there is no room, the time goes first, then the age; the mark of delivery stays.
    """

    __slots__ = ("_message", "_now")

    def __init__(self, key: Hashable, message: ChatMessage, now: Callable[[], datetime]) -> None:
        super().__init__(key)
        self._message = message
        self._now = now

    @property
    def source(self) -> str:
        message = self._message
        moment = "" if message.timestamp is None else f"{message.timestamp.astimezone():%Y-%m-%d %H:%M}"
        return _BETWEEN.join(filter(None, (_NAMES[message.type], moment)))

    def rows(self, width: int) -> tuple[Row, ...]:
        message = self._message
        pieces: list[Piece] = [(_NAMES[message.type], (message.type,))]
        if message.delivery is not None:
            pieces.append(_DELIVERIES[message.delivery])
        if message.timestamp is None:
            pieces.insert(1, ("time unknown", ("muted",)))
        else:
            pieces.insert(1, (f"{message.timestamp.astimezone():%H:%M}", ("muted",)))
            pieces.insert(1, (relative_time(message.timestamp, self._now()), ("muted",)))
        while len(pieces) > (1 if message.delivery is None else 2) and _cells(pieces) > width:
            del pieces[-1 if message.delivery is None else -2]
        row: list[Run] = []
        left = width
        for text, roles in pieces:
            if row:
                row.append(Run(_BETWEEN[:left], ("muted",)))
                left -= len(row[-1].text)
            row.append(Run(truncate(text, left), roles))
            left -= cell_len(row[-1].text)
        return (tuple(row),)

    def measure(self, width: int) -> int:
        return 1


def _cells(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces) + len(_BETWEEN) * (len(pieces) - 1)


class MessageEntry(NamedTuple):
    """One message and its blocks. ``day``: its date in local time, where its time is known."""

    message: ChatMessage
    header: MessageHeader
    body: tuple[Block, ...]
    day: date | None


def message_key(message: ChatMessage) -> Hashable:
    """What makes a message the same one when it is told again."""
    return message.id or (message.type, message.timestamp, message.content)


def make_entry(message: ChatMessage, before: MessageEntry | None, now: Callable[[], datetime]) -> MessageEntry:
    """The blocks of a message; those of the ``before`` state of the same one are taken again where nothing changed."""
    if before is not None and before.message.content == message.content:
        body = before.body
    else:
        known = () if before is None else before.body
        body = tuple(markdown_blocks(message.content, margin=_MARGIN, gap=1, known=known))
        body = body or (LineBlock([("nothing was written", ("muted",))], first=_MARGIN, gap=1),)
    if before is not None and _heading(before.message) == _heading(message):
        header = before.header
    else:
        header = MessageHeader(message_key(message), message, now)
    day = None if message.timestamp is None else message.timestamp.astimezone().date()
    return MessageEntry(message, header, body, day)


def _heading(message: ChatMessage) -> tuple[object, ...]:
    return message.type, message.timestamp, message.delivery


def day_block(day: date) -> Block:
    """The line between two days."""
    return remark(f"── {day:%A} {day.day} {day:%B %Y} ──")


def remark(text: str) -> Block:
    """Something that we say, not the conversation."""
    return _Remark([(text, ("muted",))], gap=1, holds_place=False)


class _Remark(LineBlock):
    """A line that no search finds."""

    __slots__ = ()

    @property
    def text(self) -> str:
        return ""
