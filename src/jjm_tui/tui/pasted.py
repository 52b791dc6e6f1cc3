"""Pastes: whatever stands in one is text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual._time import get_time
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.events import Paste
from textual.message import Message

from jjm_tui.domain.text import clean

_ESCAPE: Final = "\x1b"
_STAND_IN: Final = "\ufdd0"
"""Stands for an escape character inside a paste: a noncharacter, which no text may hold (Unicode, section 23.7)."""


class PasteParser(XTermParser):
    """Textual's parser of what a terminal sends, except for pastes.

    Textual 8.2.8 ends a paste at an escape character inside it: the beginning of the text comes last, and what follows
    counts as keys, ``ctrl+s`` among them. A terminal may pass them on, as in coloured output that was copied. Here the
    whole of a paste arrives as one text, with line feeds only and without an escape character.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._is_inside = False
        self._before = ""
        self._held = ""

    @property
    def patience(self) -> float | None:
        """Seconds after which a sequence that is not complete counts as it is; ``None`` when there is none."""
        return None if self._timeout_time is None else max(0.0, self._timeout_time - get_time())

    def feed(self, data: str) -> Iterable[Message]:
        """Messages of what came in; an empty text is the end of everything."""
        if data:
            data = self._shield(data)
            if not data:
                return
        for message in super().feed(data):
            if isinstance(message, Paste):
                text = message.text.replace(_STAND_IN, _ESCAPE).replace("\r\n", "\n").replace("\r", "\n")
                yield Paste(clean(text))
            else:
                yield message

    def _shield(self, data: str) -> str:
        """The same with stand-ins for escape characters inside pastes. Their ends may come in several pieces."""
        shielded = []
        data, self._held = self._held + data, ""
        while data:
            if self._is_inside:
                text, end, data = data.partition(BRACKETED_PASTE_END)
                if not end:
                    text, self._held = _without_beginning_of(BRACKETED_PASTE_END, text)
                self._is_inside = not end
                shielded.append(text.replace(_ESCAPE, _STAND_IN) + end)
                self._before = ""
            else:
                known = len(self._before)
                start = (self._before + data).find(BRACKETED_PASTE_START)
                self._is_inside = start >= 0
                cut = start + len(BRACKETED_PASTE_START) - known if self._is_inside else len(data)
                shielded.append(data[:cut])
                self._before = (self._before + data[:cut])[1 - len(BRACKETED_PASTE_START) :]
                data = data[cut:]
        return "".join(shielded)


def _without_beginning_of(mark: str, text: str) -> tuple[str, str]:
    """The text, and what at its end may be the beginning of a mark that goes on in the next piece."""
    for length in range(len(mark) - 1, 0, -1):
        if text.endswith(mark[:length]):
            return text[:-length], text[-length:]
    return text, ""
