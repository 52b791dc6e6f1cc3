"""The conversation of one task: who said what and when, what of ours is still on its way, live at its end."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from datetime import UTC, date, datetime
from operator import is_
from typing import Any, ClassVar, Final

from textual import events
from textual.message import Message

from jjm_tui.domain.task import ChatMessage
from jjm_tui.tui.text.blocks import Block, LineBlock
from jjm_tui.tui.text.message_blocks import MessageEntry, MessageHeader, day_block, make_entry, message_key, remark
from jjm_tui.tui.widgets.blocks.block_styles import PREFIX
from jjm_tui.tui.widgets.blocks.block_view import BlockView

_OLDER_MISSING: Final = "Older messages are not here yet."
_OLDER_UNKNOWN: Final = "It is not known whether there are older messages."
_NOTHING: Final = "What Jules says, and what you send, appears here."
_NOTHING_READ: Final = "There may be some."
_WAY_ON: Final = "↑ asks for them."
_NO_MESSAGES: Final = "No messages yet."
_NO_MESSAGES_READ: Final = "No messages are known."


class Transcript(BlockView):
    """Messages in order, days between them; the newest at the end, which is followed until the person scrolls up.

    | Component class | What it colours |
    | :- | :- |
    | `block--user`, `block--jules`, `block--system` | who speaks |
    """

    AUTO_FOLLOW = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {PREFIX + author for author in ("user", "jules", "system")}
    DEFAULT_CSS = """
    Transcript {
        padding: 0 0 0 1;
        & > .block--user { color: $text-primary; text-style: bold; }
        & > .block--jules { text-style: bold; }
        & > .block--system { color: $text-muted; text-style: bold; }
    }
    """

    class OlderWanted(Message):
        """The person is at the top and wants to see what was before; may come again while they wait."""

        def __init__(self, transcript: Transcript) -> None:
            super().__init__()
            self.transcript = transcript

        @property
        def control(self) -> Transcript:
            """The transcript."""
            return self.transcript

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Transcript.OlderWanted) and message.transcript is self.transcript

    def __init__(self, **widget: Any) -> None:
        super().__init__(**widget)
        self._now = datetime.fromtimestamp(0, UTC)
        self._messages: Sequence[ChatMessage] | None = None
        self._truncated: bool | None = False
        self._way_on = _WAY_ON
        self._entries: list[MessageEntry] = []
        self._days: dict[date, deque[Block]] = {}
        self._remark: tuple[str, Block] = ("", remark(""))

    def show(
        self, messages: Sequence[ChatMessage], now: datetime, truncated: bool | None, way_on: str = _WAY_ON
    ) -> None:
        """Show a conversation, or the newer state of the one that is shown.

        Args:
            messages: In order. One with the id of a message that is shown takes its place.
            now: For ages.
            truncated: Whether older messages are missing; ``None`` where that is not known.
            way_on: How they are asked for, as a sentence; empty where they cannot be.
        """
        self.tick(now)
        before = self._messages
        is_same = before is not None and len(before) == len(messages) and all(map(is_, before, messages))
        if is_same and (truncated, way_on) == (self._truncated, self._way_on):
            return
        self._messages, self._truncated, self._way_on = tuple(messages), truncated, way_on
        entries, is_another = self._match(messages)
        self._entries = entries
        self.set_blocks(self._arrange(entries), fresh=is_another)

    def tick(self, now: datetime) -> None:
        """Time has gone by: what is on the screen says so; nothing else is painted."""
        if now != self._now:
            self._now = now
            self.redo(MessageHeader)

    def _match(self, messages: Sequence[ChatMessage]) -> tuple[list[MessageEntry], bool]:
        """The entries of all messages, and whether it is another conversation: nothing of the old one is in it."""
        pool: defaultdict[Hashable, deque[MessageEntry]] = defaultdict(deque)
        for entry in self._entries:
            pool[message_key(entry.message)].append(entry)
        entries: list[MessageEntry] = []
        is_another = True

        def now() -> datetime:
            return self._now

        for message in messages:
            known = pool.get(message_key(message))
            before = known.popleft() if known else None
            if before is not None and before.message == message:
                is_another = False
                entries.append(before)
            else:
                entries.append(make_entry(message, before, now))
        return entries, is_another

    def _arrange(self, entries: Sequence[MessageEntry]) -> list[Block]:
        """All blocks in order; days and remarks that were there are taken again."""
        known, self._days = self._days, defaultdict(deque)
        blocks: list[Block] = []
        if not entries:
            fact = _NO_MESSAGES if self._truncated is False else _NO_MESSAGES_READ
            blocks.append(LineBlock([(fact, ("strong",))], holds_place=False))
        if (words := self._words(bool(entries))) is not None:
            if words != self._remark[0]:
                self._remark = words, remark(words)
            blocks.append(self._remark[1])
        day: date | None = None
        for entry in entries:
            if entry.day is not None and entry.day != day:
                day = entry.day
                same = known.get(day)
                block = same.popleft() if same else day_block(day)
                self._days[day].append(block)
                blocks.append(block)
            blocks.append(entry.header)
            blocks += entry.body
        return blocks

    def _words(self, has_messages: bool) -> str | None:
        """What is to be said before the first message."""
        if self._truncated is False:
            return None if has_messages else _NOTHING
        older = _OLDER_MISSING if self._truncated else _OLDER_UNKNOWN
        return f"{older if has_messages else _NOTHING_READ} {self._way_on}".strip()

    # asking for older messages

    def scroll_to(self, x: float | None = None, y: float | None = None, **how: Any) -> None:
        """As everywhere; going above the first row asks for older messages."""
        super().scroll_to(x, y, **how)
        if y is not None and y < 0:
            self._ask_for_older()

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        """The wheel was turned at the top."""
        if self.scroll_y <= 0:
            self._ask_for_older()

    def person_moved(self) -> None:
        """The top was reached."""
        if self.scroll_y <= 0:
            self._ask_for_older()

    def _ask_for_older(self) -> None:
        if self._truncated is not False and self._messages is not None:
            self.post_message(self.OlderWanted(self))
