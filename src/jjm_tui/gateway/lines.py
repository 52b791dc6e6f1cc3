"""Bytes to lines with a limit, and what can still be learned from a line that nobody can parse or keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_VERSION = rb'"jsonrpc"\s*:\s*"2\.0"\s*'
_VALUE = rb'\s*:\s*("(?:[^"\\]|\\.){0,64}"|-?\d{1,18})\s*'
_FIRST_ID = re.compile(_VALUE + rb"(?=[,}])")
_LAST_ID = re.compile(_VERSION + rb',\s*"id"' + _VALUE + rb'\}\s*$|"id"' + _VALUE + rb",\s*" + _VERSION + rb"\}\s*$")
"""An id beside the version of the protocol at the very end: nobody else's."""
_END_ID = re.compile(rb'"id"' + _VALUE + rb"\}\s*$")
"""The id as the last member: the brace that ends the line ends the object at the top, so it is that object's."""
_COLON = re.compile(rb"\s*:")
_SCANNED = 4096
"""Bytes looked at from either end of a broken line: real servers write the id first or last."""

SKIPPED_BYTES: Final = 256 * 1024 * 1024
"""How many bytes beyond the limit are read and thrown away before a line is taken to have no end."""


class EndlessLine(Exception):  # noqa: N818
    """A line went on and on beyond what is worth reading to its end."""


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line that is longer than accepted. Of its ``size`` bytes only the beginning and the end were kept."""

    head: bytes
    tail: bytes
    size: int
    has_end: bool = True


Line = bytes | LongLine


class LineSplitter:
    """Cuts a byte stream into lines, in linear time, keeping at most ``limit`` bytes of an unfinished one.

    A longer line is read to its end and thrown away, up to ``skipped`` bytes beyond the limit, so that what follows it
    is not lost with it.
    """

    def __init__(self, limit: int, skipped: int = SKIPPED_BYTES) -> None:
        self._limit = limit
        self._most = limit + skipped
        self._buffer = bytearray()
        self._searched = 0
        self._long: LongLine | None = None

    def feed(self, chunk: bytes) -> list[Line]:
        """Add bytes, answer the lines that are whole now, without their ends.

        Raises:
            EndlessLine: the present line is far too long; ``rest`` tells what is known of it.
        """
        lines: list[Line] = []
        if self._long is not None:
            end = chunk.find(b"\n")
            self._pass_over(chunk if end < 0 else chunk[:end])
            if end < 0:
                return lines
            lines.append(self._long)
            self._long = None
            chunk = chunk[end + 1 :]
        self._buffer += chunk
        start = 0
        while (end := self._buffer.find(b"\n", max(self._searched, start))) >= 0:
            line = self._buffer[start:end]
            lines.append(bytes(line) if len(line) <= self._limit else _ends_of(line))
            start = end + 1
        if start:
            del self._buffer[:start]
        self._searched = len(self._buffer)
        if self._searched > self._limit:
            self._long = _ends_of(self._buffer)
            self._buffer.clear()
            self._searched = 0
        return lines

    def _pass_over(self, more: bytes) -> None:
        if self._long is not None:
            size = self._long.size + len(more)
            self._long = LongLine(self._long.head, (self._long.tail + more)[-_SCANNED:], size)
            if size > self._most:
                raise EndlessLine

    def rest(self) -> Line:
        """What follows the last line end."""
        if self._long is not None:
            return LongLine(self._long.head, b"", self._long.size, has_end=False)
        return bytes(self._buffer)


def _ends_of(line: bytearray) -> LongLine:
    return LongLine(bytes(line[:_SCANNED]), bytes(line[-_SCANNED:]), len(line))


def find_long_answer_ids(line: LongLine) -> tuple[int | str, ...] | None:
    """The ids of the requests that an over-long line may have answered; none when it is an answer that does not tell.

    ``None``: it was no answer at all but words, or something that the server told by itself.
    """
    head = line.head.lstrip(b"\xef\xbb\xbf \t\r")
    if not head.startswith(b"{") or any(name == b'"method"' for name, _ in _top_names(head)):
        return None
    found = list(_top_ids(head))
    if (last := _END_ID.search(line.tail)) is not None:
        found.append(_decode_id(last.group(1)))
    return tuple(dict.fromkeys(found))


def find_answer_ids(line: bytes) -> tuple[int | str, ...]:
    """The request ids that a broken line may have been the answer to: those at its top level, as far as visible."""
    start = line.find(b"{")
    if start < 0:
        return ()
    head = line[start : start + _SCANNED]
    if b'"method"' in head[:200]:
        return ()
    found = list(_top_ids(head))
    if (last := _LAST_ID.search(line[-_SCANNED:])) is not None:
        found.append(_decode_id(last.group(1) or last.group(2)))
    return tuple(dict.fromkeys(found))


def _top_ids(head: bytes) -> Iterator[int | str]:
    for name, end in _top_names(head):
        if name == b'"id"' and (value := _FIRST_ID.match(head, end)):
            yield _decode_id(value.group(1))


def _top_names(head: bytes) -> Iterator[tuple[bytes, int]]:
    """The names of the members at the top level of an object, each with the place behind it."""
    depth = 0
    for token in _TOKEN.finditer(head):
        text = token.group()
        if text in b"{[":
            depth += 1
        elif text in b"}]":
            depth -= 1
        elif depth == 1 and _COLON.match(head, token.end()):
            yield text, token.end()


def _decode_id(raw: bytes) -> int | str:
    text = raw.decode("utf-8", "replace")
    return text[1:-1] if text.startswith('"') else int(text)
