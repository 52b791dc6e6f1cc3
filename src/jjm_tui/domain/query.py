"""The filter language of the list and the dashboard (``dashboard.md``, Filter language): parse, match, explain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from jjm_tui.domain.conversation import is_unread
from jjm_tui.domain.criteria import KEYS, Criterion, Value, matches_repository, shown, words
from jjm_tui.domain.order import SORT_FIELDS, check_sort_field, sort_tasks
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import clean_line
from jjm_tui.errors import FilterError

__all__ = [
    "FILTER_KEYS",
    "SORT_FIELDS",
    "Query",
    "Term",
    "check_sort_field",
    "is_unread",
    "matches_repository",
    "parse_query",
    "parse_view",
    "sort_tasks",
]

FILTER_KEYS: Final[tuple[str, ...]] = tuple(sorted(KEYS))
"""Every key that a filter may use, for completion and help."""

_ALIASES: Final = {
    "status": "state",
    "repository": "repo",
    "need": "needs",
    "file": "files",
    "prefix": "id",
    "pull-request": "pr",
}
_KEY: Final = re.compile(r"([A-Za-z][A-Za-z_-]*):")
_OR: Final = "OR"


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a filter. ``position`` is the 0-based column where it starts."""

    criterion: Criterion
    is_negated: bool
    position: int

    def matches(self, task: Task, now: datetime) -> bool:
        return self.criterion.test(task, now) is not self.is_negated

    def explain(self) -> str:
        return f"not ({self.criterion.sentence})" if self.is_negated else self.criterion.sentence


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed filter: a task matches when every term of at least one group does. Without groups all tasks match."""

    text: str
    groups: tuple[tuple[Term, ...], ...] = ()

    def matches(self, task: Task, now: datetime) -> bool:
        """Whether ``task`` is wanted at ``now`` (aware)."""
        if not self.groups:
            return True
        return any(all(term.matches(task, now) for term in group) for group in self.groups)

    def explain(self) -> str:
        """What the filter means, as one sentence part for people."""
        if not self.groups:
            return "all tasks"
        return "; or ".join(", and ".join(term.explain() for term in group) for group in self.groups)


@dataclass(frozen=True, slots=True)
class _Token:
    """A stretch without unquoted white space. ``values`` are its comma-separated parts after the key."""

    position: int
    is_negated: bool
    key: str | None
    key_position: int
    values: tuple[Value, ...]
    is_quoted: bool


def parse_view(name: str, text: str) -> Query:
    """Read the filter of a saved view.

    Raises:
        FilterError: it is wrong; the message names the view.
    """
    try:
        return parse_query(text)
    except FilterError as error:
        words = clean_line(f"The view {name} in the settings is wrong: {error.message}")
        raise FilterError(words, hint=error.hint, context=error.context) from error


def parse_query(text: str) -> Query:
    """Read a filter.

    Raises:
        FilterError: it is wrong; ``context["position"]`` is the 0-based column.
    """
    groups: list[list[Term]] = [[]]
    or_position = 0
    for token in _tokens(text):
        if _is_or(token):
            if not groups[-1]:
                raise wrong(token.position, "OR has nothing on its left side.", "Write it between two conditions.")
            groups.append([])
            or_position = token.position
        else:
            groups[-1].append(_term(token))
    if len(groups) > 1 and not groups[-1]:
        raise wrong(or_position, "OR has nothing on its right side.", "Write it between two conditions.")
    return Query(text, tuple(tuple(group) for group in groups if group))


def wrong(position: int, sentence: str, hint: str) -> FilterError:
    """The error for a filter that is wrong at ``position``."""
    return FilterError(
        f"The filter is wrong at column {position + 1}: {sentence}",
        hint=hint,
        context={"field": "filter", "position": position},
    )


def _is_or(token: _Token) -> bool:
    return (
        token.key is None
        and not token.is_negated
        and not token.is_quoted
        and len(token.values) == 1
        and token.values[0].text == _OR
    )


def _term(token: _Token) -> Term:
    if token.key is None and not token.values:
        raise wrong(token.position, "there is nothing between the quotes.", "Write the words to look for.")
    if token.key is None:
        return Term(words(token.values[0].text), token.is_negated, token.position)
    name = token.key.lower().replace("_", "-")
    key = KEYS.get(_ALIASES.get(name, name))
    if key is None:
        close = get_close_matches(name, [*KEYS, *_ALIASES], n=1, cutoff=0.5)
        hint = f"Did you mean {close[0]}:?" if close else "The keys are " + ", ".join(FILTER_KEYS) + "."
        raise wrong(
            token.key_position, f"there is no key '{shown(token.key)}:'.", f"{hint} Put words with a colon in quotes."
        )
    if not token.values:
        raise wrong(token.key_position, f"'{token.key}:' needs a value.", f"For example {key.example}.")
    read = key.check(token.values)
    if isinstance(read, Criterion):
        return Term(read, token.is_negated, token.position)
    raise wrong(read.position, read.sentence, read.hint or f"For example {key.example}.")


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token, position = _token(text, position)
        yield token


def _token(text: str, start: int) -> tuple[_Token, int]:
    position = start
    is_negated = text[position] == "-"
    if is_negated:
        position += 1
        if position == len(text) or text[position].isspace():
            raise wrong(start, "'-' has nothing to turn around.", 'Write it in front of a condition, or "-" in quotes.')
    match = _KEY.match(text, position)
    key_position = position
    if match is not None:
        position = match.end()
    is_quoted = position < len(text) and text[position] == '"'
    values, position = _values(text, position, by_comma=match is not None)
    key = None if match is None else match.group(1)
    return _Token(start, is_negated, key, key_position, values, is_quoted), position


def _values(text: str, position: int, *, by_comma: bool) -> tuple[tuple[Value, ...], int]:
    values: list[Value] = []
    part: list[str] = []
    start = position
    while position < len(text) and not text[position].isspace():
        character = text[position]
        if character == '"':
            quoted, position = _quoted(text, position)
            part.append(quoted)
            continue
        if character == "," and by_comma:
            values.append(Value("".join(part), start))
            part = []
            start = position + 1
        else:
            part.append(character)
        position += 1
    values.append(Value("".join(part), start))
    return tuple(value for value in values if value.text), position


def _quoted(text: str, start: int) -> tuple[str, int]:
    """The words between two quotes; a backslash keeps a quote or a backslash inside."""
    found: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == '"':
            return "".join(found), position + 1
        if character == "\\" and text[position + 1 : position + 2] in ('"', "\\"):
            position += 1
            character = text[position]
        found.append(character)
        position += 1
    raise wrong(start, "this quote is never closed.", 'Add a " at the end of the words.')
