"""The log screen: what this program did, from the file of the day, filtered by importance and text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from jjm_tui.domain.text import SHORT_ID_LENGTH
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.pages.log_tail import LEVELS, MOST_RECORDS, LogRecord, LogTail, is_at_least, record_text
from jjm_tui.tui.pages.page_lines import day_name, time_of_day
from jjm_tui.tui.screens.page import PageScreen
from jjm_tui.tui.widgets.bar import Piece
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.line_styles import BAD, KEY, MUTED, STRONG, WARNING
from jjm_tui.tui.widgets.lines import Line

_LEVEL_STYLES: Final[Mapping[str, str]] = {"debug": MUTED, "warning": WARNING, "error": BAD, "critical": BAD}
_NAMED_FROM: Final = 80
"""Cells from which the header names at least the file."""
_LONG_ID: Final = re.compile(rf"^((?:operation|task)=\w{{{SHORT_ID_LENGTH}}})\w+$")
_LEVEL_CELLS: Final = max(map(len, LEVELS)) + 1


class _Entry(NamedTuple):
    """A record, its line, and what the text filter looks at."""

    record: LogRecord
    content: Content
    text: str


class LogScreen(PageScreen):
    """The newest records, followed as they are written, by whatever copy of the program."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "log"})
    NAME = "Log"
    KEYS = ("filter", "log.more", "log.less", "open", "follow")
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType({"open": "the whole record under the cursor"})
    TITLES: ClassVar[Mapping[str, str]] = MappingProxyType({"open": "whole record", "follow": "follow the newest"})
    DEFAULT_CSS = """
    LogScreen {
        & > #text { display: none; height: 1; border: none; padding: 0 1; background: $boost; }
        & > #text.-open { display: block; }
        & > #record { display: none; height: auto; max-height: 40%; padding: 0 1; }
        & > #record { background: $surface; border-top: solid $foreground-muted; scrollbar-size-vertical: 1; }
        & > #record.-open { display: block; }
        & > #record > Static { height: auto; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, _Entry] = {}
        self._numbers = count()
        self._tail: LogTail | None = None
        self._level = ""
        self._words = ""
        self._is_reading = False

    def make_list(self) -> LineList:
        """Records with a cursor."""
        return LineList(has_cursor=True, has_tail=True, most=MOST_RECORDS)

    def compose_body(self) -> ComposeResult:
        yield self.lines
        with VerticalScroll(id="record"):
            yield Static()
        text = LineInput(placeholder="text to look for", id="text")
        yield text

    def on_mount(self) -> None:
        """Begin to read."""
        settings = self.dashboard.launch.settings.logging
        self._level = settings.level
        self._tail = LogTail(settings.folder or self.dashboard.launch.place.locations.log_dir)
        self.show_empty(Content("Reading the log…"))
        self._filter()
        self._read(self._tail, self.now())

    def clock_ticked(self, now: datetime) -> None:
        """Look for new records."""
        if self._tail is not None and not self._is_reading:
            self._read(self._tail, now)

    @work(exit_on_error=False)
    async def _read(self, tail: LogTail, now: datetime) -> None:
        self._is_reading = True
        try:
            entries, is_replaced = await asyncio.to_thread(_read_entries, tail, now)
        finally:
            self._is_reading = False
        if is_replaced:
            self._entries.clear()
            self.lines.set_lines(())
        if entries:
            self._add(entries)
        self._show_state()

    def _add(self, entries: Sequence[_Entry]) -> None:
        new = {str(next(self._numbers)): entry for entry in entries}
        self._entries.update(new)
        for key in list(self._entries)[: max(0, len(self._entries) - MOST_RECORDS)]:
            del self._entries[key]
        self.lines.add_lines(Line(entry.content, key) for key, entry in new.items())

    # what is shown

    def _passes(self, line: Line) -> bool:
        entry = self._entries.get(line.key or "")
        return entry is None or (is_at_least(entry.record, self._level) and self._words in entry.text)

    def _filter(self) -> None:
        self.lines.set_filter(self._passes)
        self._show_state()

    def _show_state(self) -> None:
        self.show_header(self._pieces())
        if self._tail is not None and not self._is_reading:
            self.show_empty(self._why_empty(self._tail))

    def _pieces(self) -> Iterator[Piece]:
        kept = self.dashboard.launch.settings.logging.level
        yield Piece(f"{self._level} and above" if self._level != LEVELS[-1] else self._level, "quiet", rank=1)
        if LEVELS.index(self._level) < LEVELS.index(kept):
            yield Piece(f"kept from {kept} on (logging.level)", "trouble", rank=4)
        if self._words:
            yield Piece(f"with “{self._words}”", "trouble", rank=2)
        shown, total = len(self.lines.lines), self.lines.total
        count = f"{total} record{'' if total == 1 else 's'}"
        yield Piece(f"{shown} of {count}" if shown != total else count, "quiet", rank=3)
        if self._tail is not None:
            path = self._tail.path_at(self.now())
            yield Piece(str(path), "quiet", rank=9, short=path.name if self.size.width >= _NAMED_FROM else None)

    def _why_empty(self, tail: LogTail) -> Content:
        if tail.trouble is not None:
            return literal(tail.trouble, WARNING)
        if self.lines.total:
            keys = self.dashboard.launch.keymap
            clears, shows = (keys.first("back"), KEY), (keys.first("log.more"), KEY)
            told = ("No record passes. ", clears, " takes the text away, ", shows, " shows less important records.")
            return Content.assemble(*told)
        path = tail.path_at(self.now())
        kept = self.dashboard.launch.settings.logging.level
        return literal(f"Nothing was logged today. Records from {kept} on go to {path} (settings: logging.level).")

    @on(LineList.Highlighted)
    def _show_record(self) -> None:
        line = self.lines.highlighted
        entry = None if line is None else self._entries.get(line.key or "")
        self.query_one("#record Static", Static).update(Content("") if entry is None else _whole(entry.record))

    # actions

    def do_open(self) -> None:
        """Show the whole record under the cursor, or stop doing so."""
        self.query_one("#record").toggle_class("-open")
        self.show_keys()

    def do_follow(self) -> None:
        """Stay at the newest record, or stop doing so."""
        self.lines.toggle_follow()

    def key_words(self, action_id: str) -> str:
        """The same key opens the record and closes it."""
        is_open = action_id == "open" and self.query_one("#record").has_class("-open")
        return "close record" if is_open else super().key_words(action_id)

    def unavailable(self, action_id: str) -> str | None:
        """There is nothing beyond the first and the last level."""
        if action_id == "log.more" and self._level == LEVELS[0]:
            return "All records are shown."
        if action_id == "log.less" and self._level == LEVELS[-1]:
            return "Only the most important records are shown."
        return super().unavailable(action_id)

    def do_log_more(self) -> None:
        """Less important records as well."""
        self._level = LEVELS[LEVELS.index(self._level) - 1]
        self._filter()

    def do_log_less(self) -> None:
        """More important records only."""
        self._level = LEVELS[LEVELS.index(self._level) + 1]
        self._filter()

    def do_filter(self) -> None:
        """Type what to look for."""
        text = self.query_one("#text", Input)
        text.add_class("-open")
        text.focus()

    @on(Input.Changed, "#text")
    def _text_changed(self, message: Input.Changed) -> None:
        self._words = message.value.casefold()
        self._filter()

    @on(Input.Submitted, "#text")
    def _text_submitted(self) -> None:
        self.lines.focus()

    def do_back(self) -> None:
        """Leave the filter, then the record, then this screen."""
        text, record = self.query_one("#text", Input), self.query_one("#record")
        if text.has_class("-open"):
            text.value = ""
            text.remove_class("-open")
            self.lines.focus()
        elif record.has_class("-open"):
            record.remove_class("-open")
            self.lines.focus()
            self.show_keys()
        else:
            super().do_back()


def _read_entries(tail: LogTail, now: datetime) -> tuple[list[_Entry], bool]:
    """What is new, ready to be shown; for a thread, as thousands of records take longer than a frame."""
    records, is_replaced = tail.read(now)
    return [_Entry(record, _record_content(record), record_text(record).casefold()) for record in records], is_replaced


def _record_content(record: LogRecord) -> Content:
    """One record on one line, as short as it can be told: the record below has every word."""
    at = "        " if record.at is None else time_of_day(record.at)
    says_it = not record.logger or record.event.startswith(record.logger.removesuffix("s"))
    logger = "" if says_it else f"{record.logger}:"
    more = f" +{len(record.more)} line{'' if len(record.more) == 1 else 's'}" if record.more else ""
    return Content.assemble(
        " ",
        (at, MUTED),
        "  ",
        (f"{record.level:<{_LEVEL_CELLS}}", _LEVEL_STYLES.get(record.level, "")),
        literal_line(logger, MUTED),
        " " if logger else "",
        literal_line(record.event),
        (more, MUTED),
        "  ",
        literal_line(_short(record.fields), MUTED),
    )


def _short(fields: str) -> str:
    """The fields of a line: short ids, and last of all which operation it was."""
    parts = [_LONG_ID.sub(r"\1", part) for part in fields.split("  ")]
    return "  ".join(sorted(parts, key=lambda part: part.startswith("operation=")))


def _whole(record: LogRecord) -> Content:
    """Everything of a record: a line per field, then its further lines."""
    at = "" if record.at is None else f"{day_name(record.at)}, {time_of_day(record.at)}"
    head = f"{at}  {record.level}  {record.logger}" if record.level else "Not a record of this program"
    parts = [literal(head, MUTED), literal(record.event, STRONG)]
    parts += [literal_line(part) for part in record.fields.split("  ") if part]
    parts += [literal(line) for line in record.more]
    return Content("\n").join(parts)
