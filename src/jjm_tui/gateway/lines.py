"""Bytes to lines with a limit, and what can still be learned from a line that nobody can parse."""

from __future__ import annotations

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_VERSION = rb'"jsonrpc"\s*:\s*"2\.0"\s*'
_VALUE = rb'\s*:\s*("(?:[^"\\]|\\.){0,64}"|-?\d{1,18})\s*'
_FIRST_ID = re.compile(_VALUE + rb"(?=[,}])")
_LAST_ID = re.compile(_VERSION + rb',\s*"id"' + _VALUE + rb'\}\s*$|"id"' + _VALUE + rb",\s*" + _VERSION + rb"\}\s*$")
"""An id beside the version of the protocol at the very end: nobody else's."""
_SCANNED = 4096
"""Bytes looked at from either end of a broken line: real servers write the id first or last."""


class LineTooLong(Exception):  # noqa: N818
    """More bytes without a line end than accepted."""


class LineSplitter:
    """Cuts a byte stream into lines, in linear time, keeping at most ``limit`` bytes of an unfinished one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Add bytes, answer the lines that are whole now, without their ends.

        Raises:
            LineTooLong: the line that begins in the buffer is longer than the limit.
        """
        self._buffer += chunk
        lines: list[bytes] = []
        start = 0
        while (end := self._buffer.find(b"\n", max(self._searched, start))) >= 0:
            if end - start > self._limit:
                raise LineTooLong
            lines.append(bytes(self._buffer[start:end]))
            start = end + 1
        if start:
            del self._buffer[:start]
        self._searched = len(self._buffer)
        if self._searched > self._limit:
            raise LineTooLong
        return lines

    def rest(self) -> bytes:
        """What follows the last line end."""
        return bytes(self._buffer)


def find_answer_ids(line: bytes) -> tuple[int | str, ...]:
    """The request ids that a broken line may have been the answer to: those at its top level, as far as visible."""
    start = line.find(b"{")
    if start < 0:
        return ()
    head = line[start : start + _SCANNED]
    if b'"method"' in head[:200]:
        return ()
    found: list[int | str] = []
    depth = 0
    for token in _TOKEN.finditer(head):
        text = token.group()
        if text in b"{[":
            depth += 1
        elif text in b"}]":
            depth -= 1
        elif depth == 1 and text == b'"id"' and (value := _FIRST_ID.match(head, token.end())):
            found.append(_decode_id(value.group(1)))
    if (last := _LAST_ID.search(line[-_SCANNED:])) is not None:
        found.append(_decode_id(last.group(1) or last.group(2)))
    return tuple(dict.fromkeys(found))


def _decode_id(raw: bytes) -> int | str:
    text = raw.decode("utf-8", "replace")
    return text[1:-1] if text.startswith('"') else int(text)
