"""Which parts of some lines of code are keywords, strings, comments ...: by the name of their file, with Pygments.

Runs in worker threads: loading a language takes up to a tenth of a second. What cannot be told stays plain; lines that
are very long are never given to a lexer, whose patterns may take the square of their length.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pygments.lexer import Lexer  # type: ignore[import-untyped]

CodeRole = Literal["keyword", "string", "comment", "number", "name", "type"]
"""``name``: what is defined or decorates; ``type``: types, tags and built-in names."""

Span = tuple[int, int, CodeRole]
"""First character, the one after the last, and what it is."""

CODE_ROLES: Final[tuple[CodeRole, ...]] = ("keyword", "string", "comment", "number", "name", "type")

_LONGEST_LINE: Final = 400
_MOST_CHARACTERS: Final = 8_000

_ROLES: Final[dict[str, CodeRole]] = {
    "Comment": "comment",
    "Keyword": "keyword",
    "Keyword.Type": "type",
    "Literal.Number": "number",
    "Literal.String": "string",
    "Name.Attribute": "name",
    "Name.Builtin": "type",
    "Name.Class": "name",
    "Name.Decorator": "name",
    "Name.Exception": "type",
    "Name.Function": "name",
    "Name.Tag": "type",
    "Operator.Word": "keyword",
}


def color_lines(file_name: str, lines: Sequence[str]) -> list[tuple[Span, ...]]:
    """The coloured parts of each of the lines, which follow each other in the file. Never raises."""
    spans: list[list[Span]] = [[] for _ in lines]
    kept: list[str] = []
    room = _MOST_CHARACTERS
    for line in lines:
        kept.append(line if len(line) <= min(_LONGEST_LINE, room) else "")
        room -= len(kept[-1])
    try:
        _collect(file_name, kept, spans)
    except Exception:  # noqa: BLE001 - foreign lexers meet foreign text; plain code is no failure
        return [() for _ in lines]
    return [tuple(each) for each in spans]


def _collect(file_name: str, lines: Sequence[str], spans: list[list[Span]]) -> None:
    lexer = _find_lexer(file_name)
    if lexer is None or not any(lines):
        return
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    row = 0
    for position, token, text in lexer.get_tokens_unprocessed("\n".join(lines) + "\n"):
        role = _role_of(token)
        if role is None:
            continue
        end = position + len(text)
        while starts[row + 1] <= position:
            row += 1
        within = row
        while within < len(lines) and starts[within] < end:
            first, last = max(position, starts[within]), min(end, starts[within] + len(lines[within]))
            if first < last:
                spans[within].append((first - starts[within], last - starts[within], role))
            within += 1


@lru_cache(512)
def _role_of(token: tuple[str, ...]) -> CodeRole | None:
    for length in range(len(token), 0, -1):
        if (role := _ROLES.get(".".join(token[:length]))) is not None:
            return role
    return None


@lru_cache(256)
def _find_lexer(file_name: str) -> Lexer | None:
    from pygments.lexers import get_lexer_for_filename  # type: ignore[import-untyped]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    try:
        return get_lexer_for_filename(file_name.rsplit("/", 1)[-1][-_LONGEST_LINE:], stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
